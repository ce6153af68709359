//! The other language of the API, and compressed bodies.

use std::io::{Read, Write};

use evergrant_sandbox::{Handle, Options};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{REALM, Reply, Wire, start, text};

struct Client {
    sandbox: Handle,
    wire: Wire<TcpStream>,
    bearer: String,
}

impl Client {
    async fn new() -> Self {
        let sandbox = start(Options::default()).await;
        let wire = Wire::plain(&sandbox).await;
        let bearer = format!(
            "Bearer {}",
            text(&sandbox.issue_grant(REALM), "access_token")
        );
        Self {
            sandbox,
            wire,
            bearer,
        }
    }

    async fn ask(&mut self, method: &str, path: &str, accept: &str, body: &str) -> Reply {
        let target = format!("/v3/company/{REALM}/{path}");
        let headers = [("authorization", self.bearer.as_str()), ("accept", accept)];
        let reply = self.wire.send(method, &target, &headers, body).await;
        reply.unwrap()
    }

    async fn xml(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let reply = self.ask(method, path, "application/xml", body).await;
        let content_type = reply.header("content-type").unwrap();
        assert!(
            content_type.starts_with("application/xml"),
            "{}",
            reply.body
        );
        assert!(reply.body.starts_with("<?xml"), "{}", reply.body);
        reply
    }
}

/// The text of the first element of this name.
fn inside<'a>(document: &'a str, name: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}

#[tokio::test]
async fn an_entity_lives_its_life_in_xml() {
    let mut client = Client::new().await;
    let body = r#"<?xml version="1.0" encoding="utf-8"?>
        <Customer xmlns="http://schema.intuit.com/finance/v3"><DisplayName>Ink &amp; Quill</DisplayName>
        <PrimaryEmailAddr><Address>a@b.example</Address></PrimaryEmailAddr><Taxable>false</Taxable></Customer>"#;
    let made = client.xml("POST", "customer", body).await;
    assert_eq!(made.status, 200);
    assert!(
        made.body
            .contains("<Customer domain=\"QBO\" sparse=\"false\">"),
        "{}",
        made.body
    );
    assert_eq!(inside(&made.body, "DisplayName"), "Ink &amp; Quill");
    let id = inside(&made.body, "Id").to_owned();
    let sparse = format!(
        "<Customer sparse=\"true\"><Id>{id}</Id><SyncToken>0</SyncToken><Notes>n</Notes></Customer>"
    );
    let changed = client.xml("POST", "customer", &sparse).await;
    assert_eq!(inside(&changed.body, "SyncToken"), "1");
    assert_eq!(inside(&changed.body, "Address"), "a@b.example");
    let invoice = format!(
        "<ns0:Invoice xmlns:ns0=\"http://schema.intuit.com/finance/v3\"><ns0:CustomerRef>{id}</ns0:CustomerRef>\
         <ns0:Line><ns0:Amount>12.50</ns0:Amount><ns0:DetailType>SalesItemLineDetail</ns0:DetailType>\
         <ns0:SalesItemLineDetail><ns0:ItemRef>1</ns0:ItemRef></ns0:SalesItemLineDetail></ns0:Line></ns0:Invoice>"
    );
    let made = client.xml("POST", "invoice", &invoice).await;
    assert_eq!(inside(&made.body, "TotalAmt"), "12.50");
    let link = format!("<CustomerRef name=\"Ink &amp; Quill\">{id}</CustomerRef>");
    assert!(made.body.contains(&link), "{}", made.body);
    let invoice = inside(&made.body, "Id").to_owned();
    let body = format!("<Invoice><Id>{invoice}</Id><SyncToken>0</SyncToken></Invoice>");
    let gone = client.xml("POST", "invoice?operation=delete", &body).await;
    assert!(
        gone.body
            .contains("<Invoice domain=\"QBO\" status=\"Deleted\">"),
        "{}",
        gone.body
    );
}

#[tokio::test]
async fn queries_batches_changes_and_reports_are_told_in_xml() {
    let mut client = Client::new().await;
    let query = "query?query=select%20*%20from%20Class%20maxresults%202";
    let page = client.xml("GET", query, "").await;
    assert!(
        page.body
            .contains("<QueryResponse startPosition=\"1\" maxResults=\"2\">"),
        "{}",
        page.body
    );
    let count = client
        .xml("GET", "query?query=select%20count(*)%20from%20Class", "")
        .await;
    assert!(
        count.body.contains("<QueryResponse totalCount=\""),
        "{}",
        count.body
    );
    let batch = r#"<IntuitBatchRequest xmlns="http://schema.intuit.com/finance/v3">
        <BatchItemRequest bId="a" operation="create"><Class><Name>North</Name></Class></BatchItemRequest>
        <BatchItemRequest bId="b"><Query>select * from Nonsense</Query></BatchItemRequest></IntuitBatchRequest>"#;
    let batch = client.xml("POST", "batch", batch).await;
    assert!(
        batch
            .body
            .contains("<BatchItemResponse bId=\"a\"><Class domain=\"QBO\""),
        "{}",
        batch.body
    );
    assert!(
        batch
            .body
            .contains("<Fault type=\"ValidationFault\"><Error code=\"4001\">"),
        "{}",
        batch.body
    );
    let since = (client.sandbox.control().now() - jiff::SignedDuration::from_hours(1)).to_string();
    let changes = client
        .xml(
            "GET",
            &format!("cdc?entities=Class,Term&changedSince={since}"),
            "",
        )
        .await;
    assert_eq!(inside(&changes.body, "Name"), "North");
    assert!(
        changes
            .body
            .contains("<QueryResponse></QueryResponse></CDCResponse>"),
        "{}",
        changes.body
    );
    let report = client.xml("GET", "reports/TrialBalance", "").await;
    assert!(report.body.contains("<Report xmlns="), "{}", report.body);
    assert!(
        report.body.contains("<ColData value=\"Checking\" id=\""),
        "{}",
        report.body
    );
}

#[tokio::test]
async fn faults_are_told_in_the_language_asked_for() {
    let mut client = Client::new().await;
    let missing = client.xml("GET", "customer/999999", "").await;
    assert_eq!(missing.status, 400);
    assert!(
        missing
            .body
            .contains("<Fault type=\"ValidationFault\"><Error code=\"610\" element=\"\">")
    );
    let broken = client
        .xml("POST", "customer", "<Customer><DisplayName>")
        .await;
    assert!(
        broken.body.contains("<Error code=\"2010\">"),
        "{}",
        broken.body
    );
    client.sandbox.control().expire_access_tokens();
    let expired = client.xml("GET", "customer/1", "").await;
    assert_eq!(expired.status, 401);
    assert!(
        expired
            .body
            .contains("<Fault type=\"AUTHENTICATION\"><Error code=\"3200\">")
    );
}

#[tokio::test]
async fn who_does_not_say_is_answered_as_he_writes_or_as_is_set() {
    let mut client = Client::new().await;
    let is_json = |reply: &Reply| reply.body.starts_with('{');
    assert!(is_json(&client.ask("GET", "customer/1", "*/*", "").await));
    let both = "application/xml;q=0.5, application/json";
    assert!(is_json(&client.ask("GET", "customer/1", both, "").await));
    let body = "<Class><Name>South</Name></Class>";
    assert!(!is_json(&client.ask("POST", "class", "*/*", body).await));
    let patch = r#"{"default_format": "xml"}"#;
    client
        .wire
        .send("PATCH", "/_sandbox/settings", &[], patch)
        .await
        .unwrap();
    assert!(!is_json(&client.ask("GET", "customer/1", "*/*", "").await));
    assert!(is_json(
        &client
            .ask("GET", "customer/1", "application/json", "")
            .await
    ));
}

#[tokio::test]
async fn bodies_are_compressed_for_who_accepts_it_and_expanded_when_they_come_so() {
    let client = Client::new().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(json!({"Name": "East"}).to_string().as_bytes())
        .unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "POST /v3/company/{REALM}/class HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-encoding: gzip\r\n\
         accept-encoding: gzip, deflate\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        client.bearer,
        body.len()
    );
    let url = client.sandbox.http_url().unwrap();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&answer[..end]);
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    let mut text = String::new();
    GzDecoder::new(&answer[end..])
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains(r#""Name":"East""#), "{text}");
}
