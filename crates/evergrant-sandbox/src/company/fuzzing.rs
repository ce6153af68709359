//! Any bytes as an entity's body.

use std::sync::{LazyLock, Mutex};

use jiff::Timestamp;
use serde_json::Value;

use super::{Company, Writing};
use crate::lock::hold;
use crate::schema::Kind;
use crate::seed::Seed;
use crate::settings::Settings;
use crate::{api, batch};

/// What a body is refused with.
const CODES: [&str; 18] = [
    "500", "610", "2010", "2020", "2030", "2050", "2080", "2170", "2500", "4000", "4001", "5010",
    "6000", "6070", "6140", "6210", "6240", "6540",
];

/// A body, in JSON or XML, put to the sample company: the first byte says what kind of entity it is and what is to be done with it.
///
/// # Panics
/// If it is answered with neither an entity nor a fault that is known, or the books are out of balance.
pub fn entity(data: &[u8]) {
    static COMPANY: LazyLock<Mutex<Company>> = LazyLock::new(|| {
        Mutex::new(Company::open(
            &Seed::sample().companies[0],
            Timestamp::UNIX_EPOCH,
        ))
    });
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let kind = &Kind::all()[usize::from(*first) % Kind::all().len()];
    let is_batch = usize::from(*first) / Kind::all().len() > 4;
    let body = if is_batch {
        batch::parsed(body)
    } else {
        api::entity(kind, body)
    };
    let Ok(body) = body else {
        return;
    };
    let mut company = hold(&COMPANY);
    let writing = Writing {
        now: Timestamp::UNIX_EPOCH,
        allows_duplicate_numbers: false,
    };
    let answer = match usize::from(*first) / Kind::all().len() {
        0 | 1 => company.write(kind, &body, &writing),
        2 => company.delete(kind, &body, &writing),
        3 => company.void(kind, &body, &writing),
        4 => company.make_tax_code(&body, &writing),
        _ => batch::answer(&mut company, &body, &writing, &Settings::default()),
    };
    match answer {
        Ok(text) => assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}"),
        Err(fault) => assert!(CODES.contains(&fault.code), "{fault:?}"),
    }
    let accounts = company.store.shelf(Kind::named("Account")).records.keys();
    assert_eq!(
        accounts.map(|id| company.ledger.account(*id)).sum::<i64>(),
        0,
        "out of balance"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Dice;

    /// Bodies that are nearly right, with a byte or a value of them changed.
    #[test]
    fn bodies_gone_wrong_are_refused_in_order() {
        let bodies = [
            r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":10.5,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"5"},"Qty":2}}],"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"2"}}}"#,
            r#"{"VendorRef":{"value":"31"},"TotalAmt":5,"PayType":"Check","CheckPayment":{"BankAccountRef":{"value":"35"}},"Line":[{"Amount":5,"LinkedTxn":[{"TxnId":"1","TxnType":"Bill"}]}]}"#,
            r#"{"VendorRef":{"value":"31"},"Line":[{"Amount":7,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"11"},"Qty":1e9}}]}"#,
            r#"{"Line":[{"Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"7"}}},{"Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"35"}}}]}"#,
            r#"{"Id":"1","SyncToken":"0","sparse":true,"DisplayName":"X","Name":"Y","Active":false,"ParentRef":{"value":"2"}}"#,
            r#"{"Id":1,"SyncToken":0,"TxnDate":"2020-01-01","CustomerRef":{"value":"1"},"TotalAmt":-3,"DocNumber":"5"}"#,
        ];
        let values = [
            "null",
            "[]",
            "{}",
            "-1",
            "1e10",
            "\"\"",
            "\"1\"",
            "true",
            "99999999999999999999",
            "\"2020-02-30\"",
        ];
        let dice = Dice::new(5);
        let below = |limit: usize| usize::try_from(dice.roll() % limit as u64).unwrap();
        for _ in 0..3000 {
            let mut body = bodies[below(bodies.len())].to_owned();
            let places: Vec<usize> = body
                .match_indices(':')
                .map(|(place, _)| place + 1)
                .collect();
            let place = places[below(places.len())];
            let end = body[place..]
                .find([',', '}', ']'])
                .map_or(body.len(), |length| place + length);
            if below(3) > 0 {
                body.replace_range(place..end, values[below(values.len())]);
            }
            let mut data = vec![u8::try_from(below(256)).unwrap()];
            data.extend(body.as_bytes());
            entity(&data);
        }
    }
}
