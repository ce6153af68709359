//! Webhooks as an endpoint sees them: real posts, signatures, and the schedule of retries under the sandbox's clock.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergrant_sandbox::{Handle, Options, Webhook, WebhookFormat};
use ring::hmac;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;

use crate::client::{REALM, Wire, frozen, start};

/// A post as it arrived.
struct Post {
    headers: Vec<(String, String)>,
    body: String,
}

impl Post {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        &found.unwrap().1
    }
}

/// Takes one post and answers with a status.
async fn take(listener: &TcpListener, status: &str) -> Post {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufStream::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    let mut post = Post {
        headers,
        body: String::new(),
    };
    let mut body = vec![0; post.header("content-length").parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    post.body = String::from_utf8(body).unwrap();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    post
}

async fn endpoint(sandbox: &Handle, format: WebhookFormat) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let webhook: Webhook =
        serde_json::from_value(json!({"url": url, "format": format, "verifier": "key"})).unwrap();
    sandbox.control().add_webhook(webhook).unwrap();
    listener
}

async fn tell(sandbox: &Handle, entity: &str) {
    let event = json!({"entity": entity, "id": "12", "operation": "create"}).to_string();
    let headers = [("content-type", "application/json")];
    let mut wire = Wire::plain(sandbox).await;
    let told = wire
        .send("POST", "/_sandbox/webhooks/test", &headers, &event)
        .await;
    assert_eq!(told.unwrap().status, 200);
}

/// Waits until the sandbox has noted what came of so many attempts at the first delivery.
async fn settled(sandbox: &Handle, attempts: usize) -> Value {
    loop {
        let deliveries = sandbox.control().webhook_deliveries();
        if deliveries[0].attempts.len() >= attempts {
            return serde_json::to_value(&deliveries[0]).unwrap();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn both_formats_arrive_signed() {
    let sandbox = start(Options::default()).await;
    let new = endpoint(&sandbox, WebhookFormat::CloudEvents).await;
    let old = endpoint(&sandbox, WebhookFormat::Legacy).await;
    tell(&sandbox, "Invoice").await;
    for (listener, is_new) in [(new, true), (old, false)] {
        let post = take(&listener, "200 OK").await;
        let body: Value = serde_json::from_str(&post.body).unwrap();
        if is_new {
            assert_eq!(body[0]["type"], "qbo.invoice.created.v1");
            assert_eq!(body[0]["intuitaccountid"], REALM);
        } else {
            assert_eq!(body["eventNotifications"][0]["realmId"], REALM);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let signature = STANDARD.decode(post.header("intuit-signature")).unwrap();
        hmac::verify(&key, post.body.as_bytes(), &signature).unwrap();
        assert_eq!(post.header("user-agent"), "intuit_notification_server/0.1");
    }
}

#[tokio::test]
async fn a_refusal_is_tried_again_when_the_clock_says_so() {
    let sandbox = frozen(Options::default()).await;
    let listener = endpoint(&sandbox, WebhookFormat::CloudEvents).await;
    tell(&sandbox, "Customer").await;
    let first = take(&listener, "503 Busy").await;
    settled(&sandbox, 1).await;
    sandbox.control().advance(std::time::Duration::from_secs(9));
    tell(&sandbox, "Vendor").await;
    assert_eq!(
        settled(&sandbox, 1).await["attempts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    sandbox.control().advance(std::time::Duration::from_secs(1));
    let again = take(&listener, "200 OK").await;
    assert_eq!(again.body, first.body);
    let delivery = settled(&sandbox, 2).await;
    assert_eq!(delivery["acknowledged"], true);
    let held_back = take(&listener, "200 OK").await;
    assert!(
        held_back.body.contains("qbo.vendor.created"),
        "{}",
        held_back.body
    );
}

#[tokio::test]
async fn webhooks_that_cannot_work_are_refused() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    for body in [
        r#"{"url": "https://x.example/"}"#,
        r#"{"url": "http://x/", "entities": ["Report"]}"#,
    ] {
        let headers = [("content-type", "application/json")];
        let refused = wire
            .send("POST", "/_sandbox/webhooks", &headers, body)
            .await
            .unwrap();
        assert_eq!(refused.status, 400, "{body}");
    }
    assert!(sandbox.control().webhooks().is_empty());
}
