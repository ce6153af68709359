//! Starting, stopping, and what a handle is.

use evergrant_sandbox::{Options, Sandbox, Seed, StartError};
use tokio::net::TcpStream;

use crate::client::{REALM, Wire, start, text};

async fn refuses(url: &str) -> bool {
    TcpStream::connect(url.rsplit('/').next().unwrap())
        .await
        .is_err()
}

#[tokio::test]
async fn stopping_closes_connections_and_ports() {
    let sandbox = start(Options::default()).await;
    let (http, https) = (sandbox.http_url().unwrap(), sandbox.https_url().unwrap());
    let mut wire = Wire::plain(&sandbox).await;
    assert_eq!(
        wire.send("GET", "/_sandbox", &[], "").await.unwrap().status,
        200
    );
    sandbox.clone().stop().await;
    assert!(wire.is_closed().await);
    assert!(refuses(&http).await && refuses(&https).await);
}

#[tokio::test]
async fn dropping_the_last_handle_stops_it() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let clone = sandbox.clone();
    drop(sandbox);
    assert_eq!(
        wire.send("GET", "/_sandbox", &[], "").await.unwrap().status,
        200
    );
    drop(clone);
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn listens_only_where_it_is_told() {
    let plain = start(Options {
        https: None,
        ..Options::default()
    })
    .await;
    assert_eq!((plain.https_url(), plain.ca_pem()), (None, ""));
    let secure = start(Options {
        http: None,
        ..Options::default()
    })
    .await;
    assert_eq!(secure.http_url(), None);
    assert!(secure.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn a_taken_port_is_an_error_with_its_address() {
    let first = start(Options::default()).await;
    let taken = first
        .http_url()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let error = Sandbox::start(Options {
        http: Some(taken),
        ..Options::default()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, StartError::Bind { address, .. } if address == taken));
    assert_eq!(error.to_string(), format!("cannot listen on {taken}"));
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_seed_of_ones_own_is_served() {
    let seed = r#"{"companies":[{"realm":"5","user":"U","Employee":[{"Id":"1","DisplayName":"Solo","Active":true}]}]}"#;
    let sandbox = start(Options {
        seed: Seed::from_json(seed).unwrap(),
        ..Options::default()
    })
    .await;
    assert_eq!(sandbox.realm(), "5");
    let tokens = sandbox.issue_grant("5");
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire
        .get("/v3/company/5/employee/1", text(&tokens, "access_token"))
        .await;
    assert_eq!(reply.json()["Employee"]["DisplayName"], "Solo");
}

#[tokio::test]
async fn debug_output_holds_no_secret() {
    let sandbox = start(Options::default()).await;
    let tokens = sandbox.issue_grant(REALM);
    let shown = format!(
        "{:?} {:?} {:?}",
        Options::default(),
        sandbox,
        sandbox.control()
    );
    for secret in [
        sandbox.client_secret(),
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
