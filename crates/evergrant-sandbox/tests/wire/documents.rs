//! Files, pdf and mail: what the API makes of objects besides JSON.

use evergrant_sandbox::{Handle, Options};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{REALM, Wire, frozen, start, text};

fn at(path: &str) -> String {
    format!("/v3/company/{REALM}/{path}")
}

async fn ready(sandbox: &Handle) -> (Wire<TcpStream>, String) {
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    (Wire::plain(sandbox).await, token)
}

/// A customer's invoice over one item, as the API returns it.
async fn invoice(wire: &mut Wire<TcpStream>, token: &str) -> Value {
    let mut make = async |path: &str, body: Value| {
        let made = wire.post_json(&at(path), token, &body.to_string()).await;
        assert_eq!(made.status, 200, "{}", made.body);
        made.json()
    };
    let customer = make("customer", json!({"DisplayName": "Larkspur"})).await;
    let income = json!({"Name": "Plants", "AccountType": "Income"});
    let income = make("account", income).await;
    let item = json!({
        "Name": "Roses",
        "Type": "Service",
        "IncomeAccountRef": {"value": income["Account"]["Id"]},
    });
    let item = make("item", item).await;
    let line = json!({
        "Amount": 12.5,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Item"]["Id"]}},
    });
    let invoice = json!({
        "CustomerRef": {"value": customer["Customer"]["Id"]},
        "Line": [line],
    });
    make("invoice", invoice).await["Invoice"].take()
}

async fn upload(wire: &mut Wire<TcpStream>, token: &str, parts: &[(&str, &str, &str)]) -> Value {
    let mut body = String::new();
    for (disposition, kind, content) in parts {
        body.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--edge--\r\n");
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=edge"),
    ];
    let reply = wire.send("POST", &at("upload"), &headers, &body).await;
    let reply = reply.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["AttachableResponse"].take()
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_again() {
    let sandbox = frozen(Options::default()).await;
    let (mut wire, token) = ready(&sandbox).await;
    let invoice = invoice(&mut wire, &token).await;
    let metadata = json!({
        "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": invoice["Id"]}}],
        "Note": "as agreed",
        "FileName": "offer.txt",
        "ContentType": "text/plain",
    });
    let made = upload(
        &mut wire,
        &token,
        &[
            (
                "name=\"file_metadata_01\"",
                "application/json",
                &metadata.to_string(),
            ),
            (
                "name=\"file_content_01\"; filename=\"other.txt\"",
                "text/plain",
                "ten roses",
            ),
            (
                "name=\"file_content_02\"; filename=\"two.bin\"",
                "application/x-two",
                "2",
            ),
            ("name=\"file_metadata_03\"", "application/json", "no JSON"),
            ("name=\"file_content_03\"", "text/plain", "lost"),
        ],
    )
    .await;
    let first = &made[0]["Attachable"];
    assert_eq!(first["FileName"], "offer.txt");
    assert_eq!(first["Size"], 9);
    assert_eq!(
        first["AttachableRef"][0]["EntityRef"]["value"],
        invoice["Id"]
    );
    let second = &made[1]["Attachable"];
    assert_eq!(second["FileName"], "two.bin");
    assert_eq!(second["ContentType"], "application/x-two");
    assert_eq!(made[2]["Fault"]["Error"][0]["code"], "2010");
}

#[tokio::test]
async fn an_address_of_a_file_is_good_for_a_quarter_of_an_hour() {
    let sandbox = frozen(Options::default()).await;
    let (mut wire, token) = ready(&sandbox).await;
    let parts = [("name=\"file_content_01\"", "text/plain", "ten roses")];
    let made = upload(&mut wire, &token, &parts).await;
    let first = &made[0]["Attachable"];
    let id = text(first, "Id");
    let access = text(first, "FileAccessUri");
    assert_eq!(access, at(&format!("download/{id}")));
    let url = wire.get(access, &token).await.body;
    let address = url.strip_prefix("http://sandbox.test").unwrap();
    let file = wire.send("GET", address, &[], "").await.unwrap();
    assert_eq!((file.status, file.body.as_str()), (200, "ten roses"));
    assert_eq!(file.header("content-type"), Some("text/plain"));

    sandbox
        .control()
        .advance(std::time::Duration::from_secs(900));
    let late = wire.send("GET", address, &[], "").await.unwrap();
    assert_eq!(late.status, 403);
    let read = wire
        .get(&at(&format!("attachable/{id}")), &token)
        .await
        .json();
    let fresh = text(&read["Attachable"], "TempDownloadUri").to_owned();
    let address = fresh.strip_prefix("http://sandbox.test").unwrap();
    assert_eq!(
        wire.send("GET", address, &[], "").await.unwrap().status,
        200
    );
    assert_eq!(wire.get(&at("download/999"), &token).await.status, 400);
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let sandbox = start(Options::default()).await;
    let (mut wire, token) = ready(&sandbox).await;
    let bearer = format!("Bearer {token}");
    for (kind, body) in [
        ("application/json", "{}"),
        ("multipart/form-data; boundary=x", "--x\r\ncut"),
        ("multipart/form-data; boundary=x", "--x--"),
    ] {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        let reply = wire
            .send("POST", &at("upload"), &headers, body)
            .await
            .unwrap();
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(reply.json()["Fault"]["Error"][0]["code"].is_string());
    }
}

#[tokio::test]
async fn forms_are_printed_and_mailed() {
    let sandbox = start(Options::default()).await;
    let (mut wire, token) = ready(&sandbox).await;
    let invoice = invoice(&mut wire, &token).await;
    let id = text(&invoice, "Id");
    let printed = wire.get(&at(&format!("invoice/{id}/pdf")), &token).await;
    assert_eq!(printed.header("content-type"), Some("application/pdf"));
    assert!(printed.body.starts_with("%PDF-1.") && printed.body.contains("(Roses)"));

    let mut send = async |path: String| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        wire.send("POST", &at(&path), &headers, "").await.unwrap()
    };
    let nowhere = send(format!("invoice/{id}/send")).await;
    assert!(nowhere.body.contains("BillEmail"), "{}", nowhere.body);
    let badly = send(format!("invoice/{id}/send?sendTo=rowan")).await;
    assert_eq!(badly.json()["Fault"]["Error"][0]["code"], "2210");
    let sent = send(format!("invoice/{id}/send?sendTo=rowan%40larkspur.example")).await;
    let sent = &sent.json()["Invoice"];
    assert_eq!(sent["EmailStatus"], "EmailSent");
    assert_eq!(sent["BillEmail"]["Address"], "rowan@larkspur.example");
    assert_eq!(sent["SyncToken"], invoice["SyncToken"]);
    assert_eq!(send(format!("invoice/{id}/send")).await.status, 200);
    assert_eq!(send("employee/58/send".to_owned()).await.status, 400);
    assert_eq!(
        send("invoice/99999/send?sendTo=a%40b.example".to_owned())
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let sandbox = start(Options::default()).await;
    let (mut wire, token) = ready(&sandbox).await;
    let parts = [(
        "name=\"file_content_01\"; filename=\"a.txt\"",
        "text/plain",
        "kept",
    )];
    let made = upload(&mut wire, &token, &parts).await;
    let id = text(&made[0]["Attachable"], "Id").to_owned();
    let control = sandbox.control();
    let before = control.changes();
    let snapshot = control.snapshot();

    control.revoke_grants();
    assert_eq!(wire.get(&at("employee/58"), &token).await.status, 401);
    control.restore(&snapshot).unwrap();
    assert!(control.changes() > before);
    let made = invoice(&mut wire, &token).await;
    let invoice_path = at(&format!("invoice/{}", text(&made, "Id")));
    assert_eq!(wire.get(&invoice_path, &token).await.status, 200);
    control.restore(&snapshot).unwrap();
    assert_eq!(wire.get(&invoice_path, &token).await.status, 400);

    // Another sandbox goes on from it, with the same tokens and files.
    let other = start(Options::default()).await;
    other.control().restore(&snapshot).unwrap();
    let mut wire = Wire::plain(&other).await;
    let url = wire.get(&at(&format!("download/{id}")), &token).await.body;
    let address = url.strip_prefix("http://sandbox.test").unwrap();
    assert_eq!(
        wire.send("GET", address, &[], "").await.unwrap().body,
        "kept"
    );
    assert!(other.control().restore("{}").is_err());
    assert!(
        other
            .control()
            .restore(&snapshot.replacen("\"version\":1", "\"version\":9", 1))
            .is_err()
    );
}

#[tokio::test]
async fn snapshots_are_kept_by_name() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let mut ask = async |method: &str, path: &str, body: &str| {
        let headers = [("content-type", "application/json")];
        let path = format!("/_sandbox{path}");
        wire.send(method, &path, &headers, body).await.unwrap()
    };
    assert_eq!(
        ask("POST", "/snapshot", r#"{"name": "clean"}"#)
            .await
            .status,
        200
    );
    assert_eq!(
        ask("PATCH", "/settings", r#"{"limits": true}"#)
            .await
            .status,
        200
    );
    assert_eq!(
        ask("POST", "/restore", r#"{"name": "none"}"#).await.status,
        400
    );
    assert_eq!(
        ask("POST", "/restore", r#"{"name": "clean"}"#).await.status,
        200
    );
    let settings = ask("GET", "/settings", "").await.json();
    assert_eq!(settings["limits"], false);
    let whole = ask("GET", "/snapshot", "").await.body;
    assert_eq!(
        ask("PATCH", "/settings", r#"{"limits": true}"#)
            .await
            .status,
        200
    );
    assert_eq!(ask("PUT", "/snapshot", &whole).await.status, 200);
    assert_eq!(ask("GET", "/settings", "").await.json()["limits"], false);
    assert_eq!(ask("PUT", "/snapshot", "{}").await.status, 400);
}
