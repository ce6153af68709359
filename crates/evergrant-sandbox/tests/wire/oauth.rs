//! The token and revocation endpoints.

use std::time::Duration;

use evergrant_sandbox::{Handle, Options, Rotation};
use serde_json::Value;

use crate::client::{FORM, REALM, Reply, Wire, basic, employee, frozen, start, text};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn rotating(rotation: Rotation) -> (Handle, Value) {
    let sandbox = frozen(Options {
        rotation,
        ..Options::default()
    })
    .await;
    let tokens = sandbox.issue_grant(REALM);
    (sandbox, tokens)
}

async fn refresh(sandbox: &Handle, tokens: &Value) -> Reply {
    let token = text(tokens, "refresh_token");
    Wire::plain(sandbox)
        .await
        .refresh(sandbox, token)
        .await
        .unwrap()
}

async fn read_status(sandbox: &Handle, tokens: &Value) -> u16 {
    Wire::plain(sandbox)
        .await
        .get(&employee("58"), text(tokens, "access_token"))
        .await
        .status
}

#[tokio::test]
async fn a_token_answer_has_intuits_shape_and_headers() {
    let (sandbox, tokens) = rotating(Rotation::default()).await;
    let reply = refresh(&sandbox, &tokens).await;
    assert_eq!(reply.status, 200);
    let expected = format!(
        r#"{{"expires_in":3600,"x_refresh_token_expires_in":8726400,"refresh_token":"{}","access_token":"{}","token_type":"bearer"}}"#,
        text(&tokens, "refresh_token"),
        text(&reply.json(), "access_token"),
    );
    assert_eq!(reply.body, expected);
    assert_eq!(
        reply.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    assert_eq!(reply.header("cache-control"), Some("no-cache, no-store"));
    assert_eq!(reply.header("pragma"), Some("no-cache"));
    assert!(
        reply
            .header("intuit_tid")
            .unwrap()
            .starts_with("1-5f7349e0-")
    );
    assert_eq!(reply.header("date"), Some("Tue, 29 Sep 2020 14:51:12 GMT"));
    assert_eq!(reply.header("strict-transport-security"), None);
    let members = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        members(&tokens),
        members(&reply.json()),
        "issue_grant answers as the endpoint does"
    );
}

#[tokio::test]
async fn the_hard_limit_is_told_to_those_who_ask() {
    let (sandbox, tokens) = rotating(Rotation::default()).await;
    let body = format!(
        "grant_type=refresh_token&refresh_token={}",
        text(&tokens, "refresh_token")
    );
    let basic = basic(&sandbox);
    let headers = [
        ("authorization", basic.as_str()),
        FORM,
        ("x-include-refresh-token-hard-expires-in", "true"),
    ];
    sandbox.control().advance(HOUR);
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire
        .send("POST", "/oauth2/v1/tokens/bearer", &headers, &body)
        .await
        .unwrap();
    assert_eq!(
        reply.json()["x_refresh_token_hard_expires_in"],
        157_680_000 - 3600
    );
}

#[tokio::test]
async fn window_returns_the_same_refresh_token_for_a_day() {
    let (sandbox, first) = rotating(Rotation::default()).await;
    sandbox.control().advance(HOUR);
    let second = refresh(&sandbox, &first).await.json();
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["x_refresh_token_expires_in"], 8_726_400 - 3600);
    sandbox.control().advance(DAY);
    let third = refresh(&sandbox, &second).await.json();
    assert_ne!(third["refresh_token"], second["refresh_token"]);
    let spent = refresh(&sandbox, &second).await;
    assert_eq!(
        (spent.status, spent.body.as_str()),
        (400, r#"{"error":"invalid_grant"}"#)
    );
    assert_eq!(spent.body.len(), 25);
    assert_eq!(refresh(&sandbox, &third).await.status, 200);
    let counters = sandbox.control().counters();
    assert_eq!((counters.token_calls, counters.refreshes), (4, 3));
    assert_eq!((counters.rotations, counters.invalid_grants), (1, 1));
}

#[tokio::test]
async fn strict_spends_at_once_and_reuse_revokes_the_family() {
    let (sandbox, first) = rotating(Rotation::Strict).await;
    let second = refresh(&sandbox, &first).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(read_status(&sandbox, &second).await, 200);
    assert_eq!(
        refresh(&sandbox, &first).await.body,
        r#"{"error":"invalid_grant"}"#
    );
    assert_eq!(read_status(&sandbox, &second).await, 401);
    let revoked = refresh(&sandbox, &second).await;
    let expected =
        r#"{"error_description":"Incorrect or invalid refresh token","error":"invalid_grant"}"#;
    assert_eq!((revoked.status, revoked.body.as_str()), (400, expected));
}

#[tokio::test]
async fn graceful_answers_the_previous_token_for_a_while() {
    let (sandbox, first) = rotating(Rotation::Graceful { grace: 2 * HOUR }).await;
    let second = refresh(&sandbox, &first).await.json();
    sandbox.control().advance(HOUR);
    let replayed = refresh(&sandbox, &first).await.json();
    assert_eq!(replayed["refresh_token"], second["refresh_token"]);
    assert_ne!(replayed["access_token"], second["access_token"]);
    sandbox.control().advance(HOUR);
    assert_eq!(
        refresh(&sandbox, &first).await.body,
        r#"{"error":"invalid_grant"}"#
    );
    assert_eq!(refresh(&sandbox, &second).await.status, 200);
}

#[tokio::test]
async fn an_idle_grant_ends() {
    let (sandbox, tokens) = rotating(Rotation::default()).await;
    sandbox.control().advance(101 * DAY);
    assert_eq!(
        refresh(&sandbox, &tokens).await.body,
        r#"{"error":"invalid_grant"}"#
    );
}

#[tokio::test]
async fn an_access_token_lives_its_hour_though_refreshed() {
    let (sandbox, first) = rotating(Rotation::default()).await;
    let second = refresh(&sandbox, &first).await.json();
    assert_eq!(read_status(&sandbox, &first).await, 200);
    sandbox
        .control()
        .change_settings(|settings| settings.refresh_kills_access_tokens = true);
    let third = refresh(&sandbox, &second).await.json();
    assert_eq!(read_status(&sandbox, &second).await, 401);
    assert_eq!(read_status(&sandbox, &third).await, 200);
    sandbox.control().advance(HOUR);
    assert_eq!(read_status(&sandbox, &third).await, 401);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let cases = [
        (
            "grant_type=refresh_token&refresh_token=RT1-1-H0-1unknown",
            r#"{"error":"invalid_grant"}"#,
        ),
        (
            "grant_type=refresh_token&refresh_token=garbage",
            r#"{"error_description":"Incorrect or invalid refresh token","error":"invalid_grant"}"#,
        ),
        (
            "grant_type=authorization_code&code=x&redirect_uri=http%3A%2F%2Flocalhost",
            r#"{"error_description":"Token invalid","error":"invalid_grant"}"#,
        ),
        ("grant_type=refresh_token", r#"{"error":"invalid_request"}"#),
        (
            "grant_type=refresh_token&refresh_token=",
            r#"{"error":"invalid_request"}"#,
        ),
        ("refresh_token=RT1-1", r#"{"error":"invalid_request"}"#),
        (
            "grant_type=refresh_token&refresh_token=a&refresh_token=b",
            r#"{"error":"invalid_request"}"#,
        ),
        (
            "grant_type=password&username=a&password=b",
            r#"{"error":"unsupported_grant_type"}"#,
        ),
    ];
    for (body, expected) in cases {
        let reply = wire.token(&sandbox, body).await.unwrap();
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (400, expected),
            "{body}"
        );
        assert_eq!(reply.header("cache-control"), Some("no-cache, no-store"));
    }
    let json = [
        ("authorization", &*basic(&sandbox)),
        ("content-type", "application/json"),
    ];
    let reply = wire
        .send("POST", "/oauth2/v1/tokens/bearer", &json, "{}")
        .await
        .unwrap();
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (400, r#"{"error":"invalid_request"}"#)
    );
    let reply = wire
        .send("GET", "/oauth2/v1/tokens/bearer", &[], "")
        .await
        .unwrap();
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn the_client_proves_itself_by_header_or_body() {
    let sandbox = start(Options::default()).await;
    let tokens = sandbox.issue_grant(REALM);
    let mut wire = Wire::plain(&sandbox).await;
    let request = format!(
        "grant_type=refresh_token&refresh_token={}",
        text(&tokens, "refresh_token")
    );
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let in_body = format!("{request}&client_id={id}&client_secret={secret}");
    let reply = wire
        .send("POST", "/oauth2/v1/tokens/bearer", &[FORM], &in_body)
        .await
        .unwrap();
    assert_eq!(reply.status, 200);
    let wrong_secret = format!("{request}&client_id={id}&client_secret=%20{secret}");
    for (authorization, body) in [
        ("", wrong_secret.as_str()),
        ("Basic bm90OmtleXM=", &request),
        ("Basic !", &request),
        ("", &request),
    ] {
        let headers = [FORM, ("authorization", authorization)];
        let reply = wire
            .send("POST", "/oauth2/v1/tokens/bearer", &headers, body)
            .await
            .unwrap();
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (401, r#"{"error":"invalid_client"}"#)
        );
    }
}

#[tokio::test]
async fn revoking_is_empty_and_works_once() {
    let sandbox = start(Options::default()).await;
    let tokens = sandbox.issue_grant(REALM);
    let mut wire = Wire::plain(&sandbox).await;
    let path = "/v2/oauth2/tokens/revoke";
    let json = ("content-type", "application/json");
    let body = format!(r#"{{"token":"{}"}}"#, text(&tokens, "refresh_token"));

    let stranger = wire.send("POST", path, &[json], &body).await.unwrap();
    assert_eq!(
        (stranger.status, stranger.body.as_str()),
        (401, r#"{"error":"invalid_client"}"#)
    );

    let basic = basic(&sandbox);
    let headers = [("authorization", basic.as_str()), json];
    let first = wire.send("POST", path, &headers, &body).await.unwrap();
    assert_eq!((first.status, first.body.as_str()), (200, ""));
    let second = wire.send("POST", path, &headers, &body).await.unwrap();
    assert_eq!((second.status, second.body.as_str()), (400, ""));
    assert!(second.header("intuit_tid").is_some());
    assert_eq!(read_status(&sandbox, &tokens).await, 401);

    let other = sandbox.issue_grant(REALM);
    let form = format!("token={}", text(&other, "access_token"));
    let headers = [("authorization", basic.as_str()), FORM];
    assert_eq!(
        wire.send("POST", path, &headers, &form)
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(refresh(&sandbox, &other).await.status, 400);
    assert_eq!(sandbox.control().counters().revocations, 2);
}

#[tokio::test]
async fn discovery_tells_addresses_that_work() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    for path in [
        "/.well-known/openid_configuration",
        "/.well-known/openid_sandbox_configuration",
    ] {
        let document = wire.send("GET", path, &[], "").await.unwrap().json();
        assert_eq!(
            document["token_endpoint"],
            "http://sandbox.test/oauth2/v1/tokens/bearer"
        );
        assert_eq!(
            document["revocation_endpoint"],
            "http://sandbox.test/v2/oauth2/tokens/revoke"
        );
        assert_eq!(document["response_types_supported"][0], "code");
    }
    let keys = wire.send("GET", "/op/v1/jwks", &[], "").await.unwrap();
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(
        wire.send("GET", "/nowhere", &[], "").await.unwrap().status,
        404
    );

    let tokens = sandbox.issue_grant(REALM);
    let user = wire
        .get("/v1/openid_connect/userinfo", text(&tokens, "access_token"))
        .await;
    assert_eq!(user.json()["givenName"], "Rowan");
    assert_eq!(
        wire.get("/v1/openid_connect/userinfo", "none").await.status,
        401
    );
}
