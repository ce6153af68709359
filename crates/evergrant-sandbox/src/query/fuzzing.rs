//! Any text as a query.

use std::sync::LazyLock;

use serde_json::Value;

use super::{LARGEST_PAGE, answer};
use crate::company::Company;
use crate::seed::Seed;
use crate::settings::Settings;

/// The text of a query, put to the sample company.
///
/// # Panics
/// If the answer is neither a fault of the query language's nor a page as it should be.
pub fn query(data: &[u8]) {
    static COMPANY: LazyLock<Company> =
        LazyLock::new(|| Company::open(&Seed::sample().companies[0], jiff::Timestamp::UNIX_EPOCH));
    let text = String::from_utf8_lossy(data);
    match answer(&COMPANY, &text, &Settings::default()) {
        Ok(response) => check_page(&text, &response),
        Err(fault) => assert!(["4000", "4001"].contains(&fault.code), "{fault:?}"),
    }
}

fn check_page(text: &str, response: &str) {
    let response: Value = serde_json::from_str(response).unwrap_or_default();
    let Some(response) = response.as_object() else {
        panic!("{text}: no object");
    };
    if let Some(count) = response.get("totalCount") {
        assert!(count.is_u64() && response.len() == 1, "{text}");
        return;
    }
    let rows = response.values().find_map(Value::as_array);
    let Some(rows) = rows else {
        assert!(response.is_empty(), "{text}: a page without rows");
        return;
    };
    assert!((1..=LARGEST_PAGE).contains(&rows.len()), "{text}");
    assert_eq!(response["maxResults"], rows.len(), "{text}");
    assert!(response["startPosition"].as_u64() >= Some(1), "{text}");
    assert!(rows.iter().all(|row| row["Id"].is_string()), "{text}");
}
