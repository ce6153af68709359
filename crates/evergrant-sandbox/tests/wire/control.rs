//! The controls over HTTP.

use evergrant_sandbox::{Handle, Options};
use serde_json::{Value, json};

use crate::client::{REALM, Wire, employee, start, text};

async fn control(sandbox: &Handle, method: &str, path: &str, body: &str) -> (u16, Value) {
    let target = format!("/_sandbox{path}");
    let reply = Wire::plain(sandbox)
        .await
        .send(method, &target, &[], body)
        .await
        .unwrap();
    (reply.status, reply.json())
}

#[tokio::test]
async fn lists_itself_and_every_listed_control_exists() {
    let sandbox = start(Options::default()).await;
    let (status, list) = control(&sandbox, "GET", "", "").await;
    assert_eq!(status, 200);
    let names: Vec<&String> = list.as_object().unwrap().keys().collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let (method, path) = name.split_once(" /_sandbox").unwrap();
        assert_ne!(control(&sandbox, method, path, "").await.0, 404, "{name}");
    }
    assert_eq!(control(&sandbox, "GET", "/nothing", "").await.0, 404);
    assert_eq!(control(&sandbox, "DELETE", "/clock", "").await.0, 404);
}

#[tokio::test]
async fn moves_the_clock() {
    let sandbox = start(Options::default()).await;
    let body = r#"{"freeze":true,"set":"2026-11-22T12:00:00Z"}"#;
    let (_, clock) = control(&sandbox, "POST", "/clock", body).await;
    assert_eq!(
        clock,
        json!({"now": "2026-11-22T12:00:00Z", "frozen": true})
    );
    let (_, clock) = control(&sandbox, "POST", "/clock", r#"{"advance":-60}"#).await;
    assert_eq!(clock["now"], "2026-11-22T11:59:00Z");
    assert_eq!(control(&sandbox, "GET", "/clock", "").await.1, clock);
    for (by, then) in [
        ("60 min", "2026-11-22T12:59:00Z"),
        ("24h", "2026-11-23T12:59:00Z"),
        ("101d", "2027-03-04T12:59:00Z"),
        ("5 years", "2032-03-04T12:59:00Z"),
    ] {
        let body = json!({"advance": by}).to_string();
        let (_, clock) = control(&sandbox, "POST", "/clock", &body).await;
        assert_eq!(clock["now"], then, "{by}");
    }
    assert_eq!(
        control(&sandbox, "POST", "/clock", r#"{"advance":"soon"}"#)
            .await
            .0,
        400
    );
    assert_eq!(
        control(&sandbox, "POST", "/clock", r#"{"advanse":1}"#)
            .await
            .0,
        400
    );
    let both = r#"{"advance":1,"set":"2026-11-22T12:00:00Z"}"#;
    assert_eq!(control(&sandbox, "POST", "/clock", both).await.0, 400);
}

#[tokio::test]
async fn issues_expires_and_revokes() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let (_, tokens) = control(&sandbox, "POST", "/grants", "").await;
    let access = text(&tokens, "access_token");
    assert_eq!(wire.get(&employee("58"), access).await.status, 200);
    control(&sandbox, "POST", "/expire", "").await;
    assert_eq!(wire.get(&employee("58"), access).await.status, 401);
    let refresh_token = text(&tokens, "refresh_token");
    assert_eq!(
        wire.refresh(&sandbox, refresh_token).await.unwrap().status,
        200
    );
    let (_, grants) = control(&sandbox, "GET", "/grants", "").await;
    assert_eq!(
        (&grants[0]["realm"], &grants[0]["revoked"]),
        (&json!(REALM), &json!(false))
    );
    assert_eq!(grants[0]["live_access_tokens"], 1);
    control(&sandbox, "POST", "/revoke", "").await;
    assert_eq!(
        wire.refresh(&sandbox, refresh_token).await.unwrap().status,
        400
    );
    let (_, other) = control(&sandbox, "POST", "/grants", r#"{"realm":"77"}"#).await;
    assert_eq!(
        wire.get("/v3/company/77/employee/58", text(&other, "access_token"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn changes_settings_by_name() {
    let sandbox = start(Options::default()).await;
    let patch =
        r#"{"rotation":{"mode":"graceful","grace":60},"access_life":5,"denial":"no_access"}"#;
    let (status, settings) = control(&sandbox, "PATCH", "/settings", patch).await;
    assert_eq!((status, &settings["rotation"]["grace"]), (200, &json!(60)));
    assert_eq!(settings["limits"], false, "what is not named stays");
    assert_eq!(sandbox.issue_grant(REALM)["expires_in"], 5);
    assert_eq!(
        control(&sandbox, "PATCH", "/settings", r#"{"rotations":1}"#)
            .await
            .0,
        400
    );
    assert_eq!(control(&sandbox, "GET", "/settings", "").await.1, settings);
}

#[tokio::test]
async fn arms_and_disarms_faults() {
    let sandbox = start(Options::default()).await;
    let fault = r#"{"where":"api","what":{"html":{"status":503}},"times":null}"#;
    let (status, faults) = control(&sandbox, "POST", "/faults", fault).await;
    assert_eq!(
        (status, &faults[0]["what"]["html"]["status"]),
        (200, &json!(503))
    );
    let mut wire = Wire::plain(&sandbox).await;
    assert_eq!(wire.get(&employee("58"), "x").await.status, 503);
    assert_eq!(control(&sandbox, "DELETE", "/faults", "").await.0, 200);
    assert_eq!(wire.get(&employee("58"), "x").await.status, 401);
    assert_eq!(
        control(
            &sandbox,
            "POST",
            "/faults",
            r#"{"what":{"html":{"status":7}}}"#
        )
        .await
        .0,
        400
    );
    assert_eq!(
        control(&sandbox, "POST", "/faults", r#"{"what":"explode"}"#)
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn arms_all_faults_of_a_list_or_none() {
    let sandbox = start(Options::default()).await;
    let good = r#"{"where":"api","what":"throttle","percent":20,"seed":7}"#;
    let list = format!("[{good},{good}]");
    let (status, armed) = control(&sandbox, "POST", "/faults", &list).await;
    assert_eq!((status, armed.as_array().unwrap().len()), (200, 2));
    let (status, told) = control(
        &sandbox,
        "POST",
        "/faults",
        &format!(r#"[{good},{{"on":"api"}}]"#),
    )
    .await;
    assert_eq!(status, 400, "{told}");
    assert!(told["error"].as_str().unwrap().contains("`on`"), "{told}");
    assert_eq!(
        control(&sandbox, "GET", "/faults", "").await.1,
        armed,
        "nothing of it is armed"
    );
}

#[tokio::test]
async fn tells_what_happened_without_telling_tokens() {
    let sandbox = start(Options::default()).await;
    let tokens = sandbox.issue_grant(REALM);
    let (access, refresh) = (
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
    );
    let mut wire = Wire::plain(&sandbox).await;
    wire.get(&format!("{}?minorversion=75", employee("58")), access)
        .await;
    let renewed = wire.refresh(&sandbox, refresh).await.unwrap().json();
    wire.get("/connect/oauth2?client_id=x&code=secret", "")
        .await;

    let (_, log) = control(&sandbox, "GET", "/requests", "").await;
    assert_eq!(log.as_array().unwrap().len(), 3, "controls are not logged");
    assert_eq!(
        (&log[0]["deed"], &log[0]["query"]),
        (&json!("read"), &json!("minorversion=75"))
    );
    let print = evergrant_sandbox::Fingerprint::of(access).to_string();
    assert_eq!(log[0]["access_token"], print);
    assert_eq!(log[1]["refresh_token"], log[1]["issued_refresh_token"]);
    let told = log.to_string() + &control(&sandbox, "GET", "/grants", "").await.1.to_string();
    for secret in [
        access,
        refresh,
        text(&renewed, "access_token"),
        sandbox.client_secret(),
        "code=secret",
    ] {
        assert!(!told.contains(secret));
    }
    let (_, counters) = control(&sandbox, "GET", "/counters", "").await;
    assert_eq!(
        (&counters["reads"], &counters["refreshes"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_reset_goes_back_to_the_beginning() {
    let sandbox = start(Options::default()).await;
    let tokens = sandbox.issue_grant(REALM);
    let mut wire = Wire::plain(&sandbox).await;
    let path = format!("/v3/company/{REALM}/employee");
    let change = r#"{"Id":"58","SyncToken":"0","sparse":true,"Title":"Mr"}"#;
    let access = text(&tokens, "access_token");
    assert_eq!(wire.post_json(&path, access, change).await.status, 200);
    sandbox
        .control()
        .advance(std::time::Duration::from_secs(1000));
    control(&sandbox, "PATCH", "/settings", r#"{"limits":true}"#).await;
    control(&sandbox, "POST", "/reset", "").await;
    assert_eq!(wire.get(&employee("58"), access).await.status, 401);
    assert!(!sandbox.control().settings().limits);
    assert!(sandbox.control().grants().is_empty());
    let fresh = sandbox.issue_grant(REALM);
    let read = wire
        .get(&employee("58"), text(&fresh, "access_token"))
        .await;
    assert_eq!(read.json()["Employee"]["SyncToken"], "0");
    assert_eq!(sandbox.control().counters().requests, 2);
}
