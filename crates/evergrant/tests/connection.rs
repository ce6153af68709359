//! The HTTP connection: kept alive, healed by itself, and never the cause of a doubled write.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use evergrant::{Body, ErrorKind, OAuthClient, Replay};
use http::Request;
use support::{Effect, Fault, REALM, Where, World, acme};

fn api_fault(effect: Effect) -> Fault {
    Fault::new(Where::Api, effect)
}

fn post(world: &World, body: &str) -> Request<Body> {
    let url = format!("{}/v3/company/{REALM}/employee", world.base_url());
    Request::post(url)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn requests_share_one_tls_connection() {
    let world = World::over_tls().await;
    let client = world.keeper().client(&acme());
    for _ in 0..20 {
        let response = world.get(&client).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.extensions().is_empty(), "{response:?}");
        response.into_body().bytes(1 << 20).await.unwrap();
    }
    assert_eq!(world.counters().connections, 1);
}

#[tokio::test]
async fn a_token_exchange_has_a_connection_of_its_own() {
    let world = World::over_tls().await;
    let keeper = world.keeper();
    world.get(&keeper.client(&acme())).await.unwrap();
    keeper.refresh(&acme()).await.unwrap();
    keeper.refresh(&acme()).await.unwrap();
    assert_eq!(world.counters().connections, 3);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_heals_by_itself() {
    for tls in [false, true] {
        let world = World::with(evergrant_sandbox::Options::default(), tls).await;
        let client = world.keeper().client(&acme());
        for _ in 0..10 {
            world.fault(api_fault(Effect::CloseAfter));
            let response = world.get(&client).await.unwrap();
            assert_eq!(response.status(), 200);
            response.into_body().bytes(1 << 20).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_read_whose_answer_was_lost_is_asked_again_once() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    world.fault(api_fault(Effect::DropAfter));
    assert_eq!(world.get(&client).await.unwrap().status(), 200);
    world.fault(api_fault(Effect::DropBefore).times(2));
    let error = world.get(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_transient());
}

#[tokio::test]
async fn h48_a_write_whose_answer_was_lost_is_never_sent_again() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    world.fault(api_fault(Effect::DropAfter));
    let new = r#"{"GivenName":"Once","FamilyName":"Only"}"#;
    let error = client.send(post(&world, new)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unanswered, "{error}");
    assert_eq!(error.remedy(), evergrant::Remedy::Verify);
    assert_eq!(world.counters().writes, 1);
}

#[tokio::test]
async fn h48_a_write_turned_away_for_its_token_is_sent_again_with_its_body() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    world.expire();
    let new = r#"{"GivenName":"Once","FamilyName":"Only"}"#;
    let response = client.send(post(&world, new)).await.unwrap();
    assert_eq!(response.status(), 200);
    let answer = response.into_body().bytes(1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("Only"));
    assert_eq!(world.counters().writes, 1);
}

#[tokio::test]
async fn h48_a_body_that_passes_once_is_not_resent() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    world.expire();
    let piece = Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"{\"GivenName\":\"S\"}"));
    let stream = Body::stream(futures_util::stream::iter([piece]));
    let mut request = post(&world, "");
    *request.body_mut() = stream;
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(world.counters().token_calls, 0);
}

#[tokio::test]
async fn a_bearer_never_leaves_for_another_origin() {
    let world = World::start().await;
    let other = World::start().await;
    let client = world.keeper().client(&acme());
    let error = client
        .send(support::get(&other.employee()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(other.counters().requests, 0);
    let location = [("location".to_owned(), other.employee())].into();
    world.fault(api_fault(Effect::Answer {
        status: 302,
        headers: location,
        body: String::new(),
        after: false,
    }));
    assert_eq!(world.get(&client).await.unwrap().status(), 302);
    assert_eq!(
        other.counters().requests,
        0,
        "a redirect is shown, not followed"
    );
}

#[tokio::test]
async fn the_callers_own_authorization_is_replaced() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    let mut request = support::get(&world.employee());
    let own = http::HeaderValue::from_static("Bearer mine");
    request.headers_mut().append("authorization", own.clone());
    request.headers_mut().append("authorization", own);
    assert_eq!(client.send(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token.json");
    let built = support::keeper_builder("http://198.51.100.7", &path, Replay::AtOnce).build();
    assert_eq!(built.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_matter_of_configuration_and_sends_nothing() {
    let world = World::over_tls().await;
    let keeper = support::keeper_builder(&world.base_url(), &world.token_file(), Replay::AtOnce)
        .build()
        .unwrap();
    let error = world.get(&keeper.client(&acme())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.to_string().contains("unknown authority"), "{error}");
    assert_eq!(world.counters().requests, 0);
}

#[tokio::test]
async fn an_unreachable_host_is_unavailable_and_costs_no_token() {
    let world = World::start().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let keeper = support::keeper_builder(&nobody, &world.token_file(), Replay::AtOnce)
        .patience(Duration::ZERO)
        .build()
        .unwrap();
    let before = world.tokens();
    let client = keeper.client(&acme());
    let url = format!("{nobody}/v3/company/{REALM}/employee/58");
    let error = client.send(support::get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let error = keeper.refresh(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(world.tokens(), before);
    let attempt = world.stored().await.attempt.unwrap();
    assert_eq!(
        attempt.outcome,
        evergrant::Outcome::NotSpent,
        "never connected"
    );
}

#[tokio::test]
async fn h50_no_secret_is_in_any_debug_or_error() {
    let world = World::start().await;
    let secrets = {
        let tokens = world.tokens();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        [
            text("access_token"),
            text("refresh_token"),
            "evergrant-sandbox-secret".to_owned(),
        ]
    };
    let told = support::Told::default();
    let builder = world.builder().on_notice(told.listen());
    let mut shown = format!("{builder:?}");
    let keeper = builder.build().unwrap();
    let client = keeper.client(&acme());
    let bearer = keeper.bearer(&acme()).await.unwrap();
    let stored = world.stored().await;
    let consent = keeper
        .begin_connect(&acme(), "sandbox", "http://localhost/cb")
        .unwrap();
    let request = support::get(&world.employee());
    shown += &format!("{keeper:?}{client:?}{bearer:?}{stored:?}{consent:?}{request:?}");
    let app: OAuthClient = support::client();
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    shown += &format!("{app:?}{provider:?}");
    let html: BTreeMap<String, String> = BTreeMap::new();
    for status in [400, 401, 500] {
        world.fault(Fault::new(
            Where::Token,
            Effect::Answer {
                status,
                headers: html.clone(),
                body: format!(
                    "{{\"error\":\"x\",\"error_description\":\"{}\"}}",
                    "d".repeat(5000)
                ),
                after: false,
            },
        ));
        let error = keeper.refresh(&acme()).await;
        shown += &format!("{error:?}");
    }
    world.sandbox.control().clear_faults();
    world.expire();
    shown += &format!("{:?}", world.get(&client).await.unwrap());
    shown += &format!("{:?}", told.events());
    let new = world.tokens();
    for secret in secrets.iter().map(String::as_str).chain([
        new["access_token"].as_str().unwrap(),
        new["refresh_token"].as_str().unwrap(),
    ]) {
        assert!(!shown.contains(secret), "a secret is shown");
        assert!(
            !shown.contains(&secret[..secret.len().min(24)]),
            "part of a secret is shown"
        );
    }
}
