//! Writes through answers that never come: made once, or said to be open.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its set-up too"
)]

mod support;

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::time::Duration;

use evergrant::Remedy;
use evergrant_quickbooks::{
    Client, Entity, EntityKind, ErrorKind, Json, Op, Pace, Query, RequestId,
};
use evergrant_sandbox::{Effect, Fault, Options, Where};
use tokio::task::JoinSet;

use support::{Books, answer};

fn employee(name: &str) -> Entity {
    let text = format!(r#"{{"GivenName":"{name}","FamilyName":"Once"}}"#);
    Entity::new(EntityKind::Employee, &Json::parse(text.as_bytes()).unwrap()).unwrap()
}

/// A client in no hurry to give up, and in no need to wait for long.
fn quick(books: &Books) -> Client {
    books.client.clone().with_pace(Pace {
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(10),
        ..Pace::unlimited()
    })
}

#[tokio::test]
async fn an_object_is_made_changed_and_hidden() {
    let books = Books::open().await;
    let client = &books.client;
    let made = client.create(&employee("Ada")).await.unwrap();
    assert_eq!(made.sync_token().as_deref(), Some("0"));

    let id = made.id().unwrap();
    let change = format!(r#"{{"Id":"{id}","SyncToken":"0","GivenName":"Augusta"}}"#);
    let change = Entity::new(
        EntityKind::Employee,
        &Json::parse(change.as_bytes()).unwrap(),
    );
    let changed = client.patch(&change.unwrap()).await.unwrap();
    assert_eq!(changed.text("GivenName").as_deref(), Some("Augusta"));
    assert_eq!(changed.text("FamilyName").as_deref(), Some("Once"));

    let replaced = client.update(&changed).await.unwrap();
    assert_eq!(replaced.text("FamilyName").as_deref(), Some("Once"));
    let hidden = client.deactivate(&replaced).await.unwrap();
    assert_eq!(hidden.text("Active").as_deref(), Some("false"));
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again() {
    for effect in [
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::Truncate,
        Effect::Throttle,
        Effect::Html { status: 503 },
        answer(500, ""),
    ] {
        let books = Books::open().await;
        let client = quick(&books);
        books.fault(Fault::new(Where::Api, effect.clone()).times(2));
        let made = client.create(&employee("Ada")).await;
        assert!(made.is_ok(), "{effect:?} {made:?}");
        assert_eq!(books.counters().writes, 1, "{effect:?}");
    }
}

#[tokio::test]
async fn what_stays_open_is_said_to_be_and_can_be_gone_on_with() {
    let books = Books::open().await;
    let client = books.client.clone().with_pace(Pace {
        patience: Duration::ZERO,
        ..Pace::unlimited()
    });
    books.read().await.unwrap();
    books.fault(Fault::new(Where::Api, Effect::DropAfter).times(1));
    let write = client.create(&employee("Ada"));
    let id = write.request_id().clone();
    let error = write.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.remedy(), Remedy::Verify);
    assert_eq!(error.request_id(), Some(&id));
    assert!(error.advice().contains(id.as_str()), "{}", error.advice());

    let again = client.create(&employee("Ada")).with_request_id(id);
    assert!(again.await.unwrap().id().is_some());
    assert_eq!(books.counters().writes, 1);
}

#[tokio::test]
async fn a_doubt_outlives_a_different_failure() {
    let books = Books::open().await;
    let client = quick(&books);
    books.read().await.unwrap();
    books.fault(Fault::new(Where::Api, Effect::DropAfter));
    books.fault(Fault::new(Where::Api, answer(403, "")).times(9));
    let error = client.create(&employee("Ada")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert!(error.request_id().is_some());
}

#[tokio::test]
async fn a_refusal_is_final_and_changes_nothing() {
    let books = Books::open().await;
    let stale = Entity::stub(EntityKind::Employee, "58", "77");
    let error = books.client.patch(&stale).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Stale, Remedy::Reread)
    );
    assert_eq!(books.counters().requests, 1);
}

#[tokio::test]
async fn a_change_is_applied_again_to_what_is_there_now() {
    let books = Books::open().await;
    let before = books.read().await.unwrap();
    let other = Json::parse(br#"{"Id":"58","SyncToken":"0","MiddleName":"Other"}"#).unwrap();
    let other = Entity::new(EntityKind::Employee, &other).unwrap();
    let token = before.sync_token().unwrap();
    let first = books.client.patch(&other).reapplying(1).await.unwrap();
    assert_ne!(first.sync_token().unwrap(), token);

    let mine = format!(r#"{{"Id":"58","SyncToken":"{token}","GivenName":"Willy"}}"#);
    let mine = Entity::new(EntityKind::Employee, &Json::parse(mine.as_bytes()).unwrap()).unwrap();
    let refused = books.client.patch(&mine).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Stale);
    let merged = books.client.patch(&mine).reapplying(2).await.unwrap();
    assert_eq!(merged.text("GivenName").as_deref(), Some("Willy"));
    assert_eq!(merged.text("MiddleName").as_deref(), Some("Other"));
}

#[tokio::test]
async fn what_cannot_be_written_is_not_sent() {
    let books = Books::open().await;
    let write = books
        .client
        .delete(&Entity::stub(EntityKind::Employee, "58", "0"));
    assert_eq!(write.request().unwrap_err().kind(), ErrorKind::Unsendable);
    let error = write.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsendable);
    assert_eq!(books.counters().requests, 0);
}

/// Answers get lost, requests get lost, some are throttled, some fail.
fn make_trouble(books: &Books) {
    for (seed, (effect, percent)) in [
        (Effect::DropAfter, 4),
        (Effect::DropBefore, 1),
        (Effect::Throttle, 5),
        (answer(500, ""), 1),
    ]
    .into_iter()
    .enumerate()
    {
        let mut fault = Fault::new(Where::Api, effect).forever();
        fault.method = Some("POST".to_owned());
        fault.percent = Some(percent);
        fault.seed = seed as u64;
        books.fault(fault);
    }
}

#[tokio::test]
async fn each_of_many_is_made_once_whatever_happens() {
    const MANY: u64 = 300;
    const KILLED: u64 = 20;
    let books = Books::open().await;
    let employees = Query::of(EntityKind::Employee);
    let before = books.client.count(&employees).await.unwrap();
    let client = quick(&books);
    make_trouble(&books);
    let mut tasks = JoinSet::new();
    for number in 0..MANY {
        let write = client.create(&employee(&format!("E{number}")));
        tasks.spawn(async move { write.await.map(drop) });
    }
    let noted = |number: u64| {
        let id: RequestId = format!("noted-{number}").parse().unwrap();
        let write = client.create(&employee(&format!("K{number}")));
        write.with_request_id(id)
    };
    for number in 0..KILLED {
        let killed =
            tokio::time::timeout(Duration::from_millis(number), noted(number).into_future());
        tasks.spawn(async move {
            let _ = killed.await;
            Ok(())
        });
    }
    for made in tasks.join_all().await {
        made.unwrap();
    }
    // As the next process does with the ids that the killed one had noted.
    for number in 0..KILLED {
        noted(number).await.unwrap();
    }
    books.sandbox.control().clear_faults();
    let after = client.count(&employees).await.unwrap();
    assert_eq!(after - before, MANY + KILLED);

    let mut rows = client.rows::<Entity>(&employees.page_size(50));
    let mut ids = BTreeSet::new();
    while let Some(row) = rows.next().await {
        assert!(ids.insert(row.unwrap().id().unwrap()), "none comes twice");
    }
    assert_eq!(ids.len() as u64, after);
}

#[tokio::test]
async fn rows_are_filtered_by_what_a_builder_escaped() {
    let books = Books::open().await;
    let mut odd = employee("Od\\\\d \\\"x\\\" O'Brien & + %");
    odd = books.client.create(&odd).await.unwrap();
    let given = odd.text("GivenName").unwrap();
    let query = Query::of(EntityKind::Employee)
        .filter("GivenName", Op::Eq, given)
        .unwrap();
    let mut rows = books.client.rows::<Entity>(&query);
    assert_eq!(rows.next().await.unwrap().unwrap().id(), odd.id());
    assert!(rows.next().await.is_none());
    assert_eq!(books.client.count(&query).await.unwrap(), 1);
}

#[tokio::test]
async fn the_limits_are_kept_to_and_used() {
    let books = Books::with(Options {
        limits: true,
        ..Options::default()
    })
    .await;
    let client = books.client.clone().with_pace(Pace::intuit());
    let mut tasks = JoinSet::new();
    for _ in 0..31 {
        let client = client.clone();
        tasks.spawn(async move { client.read_entity(EntityKind::Employee, "58").await });
    }
    for read in tasks.join_all().await {
        read.unwrap();
    }
    assert_eq!(
        books.counters().requests,
        31,
        "no call was refused and made again"
    );
}
