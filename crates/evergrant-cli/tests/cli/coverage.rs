//! Every entity and operation of the schema has a command that makes its request, and what is not
//! in the schema is refused. Generated from the table, so that a new line in it is tested too.

use evergrant_quickbooks::{EntityKind, Operation};

use crate::support::Lab;

const OPERATIONS: [Operation; 11] = [
    Operation::Create,
    Operation::Read,
    Operation::Update,
    Operation::SparseUpdate,
    Operation::Delete,
    Operation::Void,
    Operation::Query,
    Operation::Cdc,
    Operation::Batch,
    Operation::Pdf,
    Operation::Send,
];

/// The command line that does it, and what its request has in it.
fn command(kind: EntityKind, operation: Operation) -> (Vec<&'static str>, String) {
    let (path, name) = (kind.path(), kind.name());
    let words = match operation {
        Operation::Create => vec!["create", name, "-f", "object.json", "--dry-run"],
        Operation::Update => vec!["update", name, "-f", "object.json", "--dry-run"],
        Operation::SparseUpdate => {
            vec!["update", name, "-f", "object.json", "--sparse", "--dry-run"]
        }
        Operation::Delete => vec!["delete", name, "-f", "object.json", "--dry-run"],
        Operation::Void => vec!["void", name, "-f", "object.json", "--dry-run"],
        Operation::Send => vec!["send", name, "1", "--dry-run"],
        Operation::Pdf => vec!["pdf", name, "1", "--dry-run"],
        Operation::Batch => vec!["batch", "batch.jsonl", "--dry-run"],
        Operation::Read => vec!["get", name, "1", "-v"],
        Operation::Query => vec!["list", name, "--limit", "1", "-v"],
        Operation::Cdc => vec!["cdc", "--since", "1h", "--entities", name, "-v"],
    };
    let expected = match operation {
        Operation::Query => format!("from%20{}", kind.name()),
        Operation::Cdc => format!("cdc?entities={}", kind.name()),
        Operation::Batch => format!("\"{}\"", kind.name()),
        Operation::Void | Operation::Delete => "operation=".to_owned(),
        Operation::Send => format!("/{path}/1/send"),
        Operation::Pdf => format!("/{path}/1/pdf"),
        Operation::Read if kind == EntityKind::Entitlements => {
            "/manage/entitlements/v3/".to_owned()
        }
        _ => format!("/{path}"),
    };
    (words, expected)
}

#[test]
fn every_operation_of_every_entity_has_its_request() {
    let lab = Lab::new();
    lab.write("object.json", r#"{"Id":"1","SyncToken":"0","Name":"x"}"#);
    let mut missing = Vec::new();
    for &kind in EntityKind::ALL {
        lab.write(
            "batch.jsonl",
            format!("{{\"{}\":{{\"Name\":\"x\"}}}}", kind.name()),
        );
        for operation in OPERATIONS.into_iter().filter(|it| kind.allows(*it)) {
            let (words, expected) = command(kind, operation);
            let ran = lab.run(&words);
            let said = format!("{}{}", ran.stdout, ran.stderr).to_ascii_lowercase();
            // Whether the object is there is the books' affair; that it was asked for is ours.
            if !said.contains(&expected.to_ascii_lowercase()) {
                missing.push(format!("{kind} {operation:?}: no {expected:?} in {ran:?}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_is_not_in_the_schema_is_refused() {
    let lab = Lab::new();
    lab.write("object.json", r#"{"Id":"1","SyncToken":"0","Name":"x"}"#);
    let writes = [
        Operation::Create,
        Operation::Update,
        Operation::SparseUpdate,
        Operation::Delete,
        Operation::Void,
        Operation::Send,
    ];
    for &kind in EntityKind::ALL {
        for operation in writes.into_iter().filter(|it| !kind.allows(*it)) {
            let (words, _) = command(kind, operation);
            lab.run(&words)
                .failed(2, &[kind.name(), "nothing was sent"]);
        }
    }
    assert_eq!(lab.sandbox.control().counters().requests, 0);
}
