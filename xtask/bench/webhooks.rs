//! Webhooks from many senders at one instant: how soon each is answered, which is when it is durable.
//!
//! Each sender has a connection of its own that is open before, and sends one event. What is taken in is
//! handed to a program at the same time, as it would be.

use crate::Result;
use crate::crowd::{Crowd, percentile};
use crate::gateway::Proxy;
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};

const SENDERS: usize = 200;
const VERIFIER: &str = "a-verifier-token";
const SETTINGS: &str = "[serve.webhooks]\nverifier_file = \"verifier\"\ncommand = [\"true\"]\n";

/// Measures `rounds` of them.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let server = Server::start(Scheme::Http)?;
    server.write(".config/evergrant/verifier", VERIFIER)?;
    server.write(".config/evergrant/evergrant.toml", SETTINGS)?;
    let proxy = Proxy::evergrant(&server)?;
    let mut crowd = Crowd::gather(&proxy.address, SENDERS)?;
    let (mut median, mut slow, mut last) =
        (Sample::default(), Sample::default(), Sample::default());
    for round in 0..rounds {
        let took = crowd.ask(|sender| delivery(&proxy.address, round, sender))?;
        median.push(percentile(&took, 50));
        slow.push(percentile(&took, 99));
        last.push(percentile(&took, 100));
    }
    Ok(Report {
        name: "webhooks",
        how: format!("{SENDERS} senders at once, {rounds} rounds"),
        goals: vec![Goal::new(
            "the last answer, ms",
            last.median(),
            Bound::AtMost(50.0),
        )],
        figures: vec![
            Figure::new("half are answered within", "ms", median),
            Figure::new("99 of 100 are answered within", "ms", slow),
            Figure::new("all are answered within", "ms", last),
        ],
    })
}

fn delivery(address: &str, round: usize, sender: usize) -> String {
    let body = format!(
        r#"[{{"specversion":"1.0","id":"event-{round}-{sender}","source":"intuit.x","type":"qbo.invoice.created.v1","time":"2026-01-01T00:00:00Z","intuitentityid":"{sender}","intuitaccountid":"310687","data":{{}}}}]"#
    );
    let signature = evergrant_quickbooks::webhook::sign(VERIFIER, body.as_bytes());
    let length = body.len();
    format!(
        "POST /webhooks HTTP/1.1\r\nHost: {address}\r\nIntuit-Signature: {signature}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
