//! Every fault, seen from the socket.

use std::time::Duration;

use evergrant_sandbox::{Deed, Effect, Fault, Handle, Options, Rotation, Where};

use crate::client::{REALM, Wire, employee, start, text};

async fn ready(fault: Fault) -> (Handle, String) {
    let sandbox = start(Options {
        rotation: Rotation::Strict,
        ..Options::default()
    })
    .await;
    sandbox.control().add_fault(fault);
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    (sandbox, token)
}

#[tokio::test]
async fn another_answer_is_sent_instead() {
    let effect = Effect::Answer {
        status: 503,
        headers: [("retry-after".to_owned(), "7".to_owned())].into(),
        body: "busy".to_owned(),
        after: false,
    };
    let (sandbox, token) = ready(Fault::new(Where::Api, effect).times(2)).await;
    let mut wire = Wire::plain(&sandbox).await;
    for _ in 0..2 {
        let reply = wire.get(&employee("58"), &token).await;
        assert_eq!((reply.status, reply.body.as_str()), (503, "busy"));
        assert_eq!(reply.header("retry-after"), Some("7"));
        assert!(reply.header("intuit_tid").is_some());
    }
    assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    let counters = sandbox.control().counters();
    assert_eq!(
        (counters.reads, counters.faults, counters.requests),
        (1, 2, 3)
    );
}

#[tokio::test]
async fn another_answer_can_hide_what_was_done() {
    let effect = Effect::Answer {
        status: 504,
        headers: [].into(),
        body: String::new(),
        after: true,
    };
    let (sandbox, _) = ready(Fault::new(Where::Token, effect)).await;
    let refresh_token = text(&sandbox.issue_grant(REALM), "refresh_token").to_owned();
    let reply = Wire::plain(&sandbox)
        .await
        .refresh(&sandbox, &refresh_token)
        .await
        .unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (504, ""));
    assert_eq!(sandbox.control().counters().rotations, 1);
}

#[tokio::test]
async fn html_pages_come_where_json_is_expected() {
    let (sandbox, token) = ready(Fault::new(Where::Any, Effect::Html { status: 503 })).await;
    let reply = Wire::plain(&sandbox)
        .await
        .get(&employee("58"), &token)
        .await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (503, Some("text/html;charset=UTF-8"))
    );
    assert!(reply.body.contains("<h1>503 Service Unavailable</h1>"));
}

#[tokio::test]
async fn throttling_on_demand_has_a_body_at_the_api_only() {
    let (sandbox, token) = ready(Fault::new(Where::Any, Effect::Throttle).times(2)).await;
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.json()["fault"]["error"][0]["code"], "3001");
    let reply = wire.refresh(&sandbox, "any").await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (429, ""));
}

#[tokio::test]
async fn a_delay_waits_and_then_answers() {
    let (sandbox, token) = ready(Fault::new(Where::Api, Effect::Delay { millis: 60 })).await;
    let mut wire = Wire::plain(&sandbox).await;
    let started = tokio::time::Instant::now();
    assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_though_its_client_gave_up() {
    let (sandbox, _) = ready(Fault::new(Where::Token, Effect::Delay { millis: 300 })).await;
    let refresh_token = text(&sandbox.issue_grant(REALM), "refresh_token").to_owned();
    let mut wire = Wire::plain(&sandbox).await;
    let impatient = wire.refresh(&sandbox, &refresh_token);
    assert!(
        tokio::time::timeout(Duration::from_millis(30), impatient)
            .await
            .is_err()
    );
    drop(wire);
    let rotated = async {
        while sandbox.control().counters().rotations == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), rotated)
        .await
        .unwrap();
}

#[tokio::test]
async fn drop_before_closes_and_does_nothing() {
    let (sandbox, _) = ready(Fault::new(Where::Token, Effect::DropBefore)).await;
    let refresh_token = text(&sandbox.issue_grant(REALM), "refresh_token").to_owned();
    let mut wire = Wire::plain(&sandbox).await;
    assert!(wire.refresh(&sandbox, &refresh_token).await.is_none());
    assert!(wire.is_closed().await);
    assert_eq!(sandbox.control().counters().refreshes, 0);
    let request = &sandbox.control().requests()[0];
    assert_eq!(
        (request.status, request.faulted, request.deed),
        (None, true, Deed::Other)
    );
    let reply = Wire::plain(&sandbox)
        .await
        .refresh(&sandbox, &refresh_token)
        .await
        .unwrap();
    assert_eq!(reply.status, 200, "the token was not spent");
}

#[tokio::test]
async fn drop_after_closes_when_all_is_done() {
    let (sandbox, _) = ready(Fault::new(Where::Token, Effect::DropAfter)).await;
    let refresh_token = text(&sandbox.issue_grant(REALM), "refresh_token").to_owned();
    let mut wire = Wire::plain(&sandbox).await;
    assert!(wire.refresh(&sandbox, &refresh_token).await.is_none());
    assert!(wire.is_closed().await);
    let request = &sandbox.control().requests()[0];
    assert_eq!((request.status, request.deed), (None, Deed::Rotation));
    let reply = Wire::plain(&sandbox)
        .await
        .refresh(&sandbox, &refresh_token)
        .await
        .unwrap();
    assert_eq!(reply.status, 400, "the token was spent");
}

#[tokio::test]
async fn a_truncated_answer_stops_half_way() {
    let (sandbox, token) = ready(Fault::new(Where::Api, Effect::Truncate)).await;
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.whole);
    let announced: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert_eq!(reply.body.len(), announced / 2);
    assert!(reply.body.starts_with(r#"{"Employee":{"#));
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn of_an_empty_answer_only_the_end_is_left() {
    let (sandbox, _) = ready(Fault::new(Where::Any, Effect::Truncate)).await;
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire.send("GET", "/nowhere", &[], "").await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (404, ""));
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn close_after_answers_in_full_and_then_closes_unannounced() {
    let (sandbox, token) = ready(Fault::new(Where::Api, Effect::CloseAfter)).await;
    let mut wire = Wire::plain(&sandbox).await;
    let reply = wire.get(&employee("58"), &token).await;
    assert!(reply.status == 200 && reply.whole);
    assert_eq!(reply.header("connection"), None);
    assert!(wire.is_closed().await);
    let mut wire = Wire::plain(&sandbox).await;
    assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    assert_eq!(
        wire.get(&employee("58"), &token).await.status,
        200,
        "the connection is kept"
    );
    assert_eq!(sandbox.control().counters().connections, 2);
}

#[tokio::test]
async fn a_fault_strikes_only_its_path() {
    let fault = Fault::new(Where::Any, Effect::DropBefore)
        .on("GET", "/v3/company/123146096291789/query")
        .forever();
    let (sandbox, token) = ready(fault).await;
    let mut wire = Wire::plain(&sandbox).await;
    assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    let target = format!("/v3/company/{REALM}/query?query=x");
    assert!(wire.send("GET", &target, &[], "").await.is_none());
    sandbox.control().clear_faults();
    assert_eq!(
        Wire::plain(&sandbox)
            .await
            .send("GET", &target, &[], "")
            .await
            .unwrap()
            .status,
        401
    );
}
