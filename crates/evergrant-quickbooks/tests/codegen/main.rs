//! What is made of `schema/quickbooks.json`: the table that the crate carries, and its `model`.
//!
//! As a test it fails when what is in the tree is not what would be made now; `cargo xtask codegen`
//! runs it with `EVERGRANT_CODEGEN=write`, and then it writes.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a generator stops at the first surprise, and its files need not be durable"
)]

mod model;
mod names;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[test]
fn generated_files_are_current() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/quickbooks.json");
    let text = fs::read_to_string(source).unwrap();
    let files = generate(&text);
    if std::env::var_os("EVERGRANT_CODEGEN").is_some_and(|what| what == "write") {
        write(&files);
        return;
    }
    for (path, text) in &files {
        let present = fs::read_to_string(home().join(path)).unwrap_or_default();
        assert!(
            present == *text,
            "{path} is stale: run `cargo xtask codegen`"
        );
    }
}

/// The generated files by their paths inside `src`.
fn generate(source: &str) -> BTreeMap<String, String> {
    let schema: Value = serde_json::from_str(source).unwrap();
    let mut files = BTreeMap::from([("schema/table.json".to_owned(), compact(source))]);
    model::files(&schema, &mut files);
    files
}

/// The same JSON, member order kept, without the spaces.
fn compact(source: &str) -> String {
    let checked: Value = serde_json::from_str(source).unwrap();
    assert!(checked.is_object());
    let lines = source.lines().map(str::trim_start);
    let mut text: String = lines.collect();
    for (spaced, tight) in [("\": ", "\":"), (", \"", ",\""), ("}, {", "},{")] {
        text = text.replace(spaced, tight);
    }
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), checked);
    text.push('\n');
    text
}

fn write(files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
