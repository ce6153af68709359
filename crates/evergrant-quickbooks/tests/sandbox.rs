//! The client against the sandbox, over real sockets: what is read, what each failure is taken
//! for, what is asked again and what is not.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its set-up too"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use evergrant::Remedy;
use evergrant_quickbooks::{Client, EntityKind, ErrorKind, Pace, Request};
use evergrant_sandbox::{Denial, Effect, Fault, ThrottleForm, Where};
use http::{Method, StatusCode};
use tokio::task::JoinSet;

use support::{Books, acme, answer};

#[tokio::test]
async fn an_employee_is_read() {
    let books = Books::open().await;
    let bill = books
        .client
        .read_entity(EntityKind::Employee, "58")
        .await
        .unwrap();
    assert_eq!(bill.kind(), Some(EntityKind::Employee));
    assert_eq!(bill.id().as_deref(), Some("58"));
    assert_eq!(bill.text("DisplayName").as_deref(), Some("Bill Miller"));
    assert_eq!(
        bill.text("PrimaryAddr.City").as_deref(),
        Some("Middlefield")
    );
    let created = bill.created().unwrap();
    assert_eq!(created.timestamp().to_string(), "2015-07-24T16:34:35Z");
    assert_eq!(created.offset().seconds(), -7 * 3600);
    let request = &books.sandbox.control().requests()[0];
    assert_eq!(request.query.as_deref(), Some("minorversion=75"));
}

#[tokio::test]
async fn an_expired_token_is_nothing_that_the_caller_sees() {
    let books = Books::over_tls().await;
    books.sandbox.control().expire_access_tokens();
    let bill = books
        .client
        .read_entity(EntityKind::Employee, "58")
        .await
        .unwrap();
    assert_eq!(bill.id().as_deref(), Some("58"));
    assert_eq!(books.counters().token_calls, 1);
}

#[tokio::test]
async fn the_company_is_read() {
    let books = Books::open().await;
    let info = books.client.company_info().await.unwrap();
    assert_eq!(info.kind(), Some(EntityKind::CompanyInfo));
    assert!(info.text("CompanyName").is_some());
    let request = books.client.reading(EntityKind::CompanyInfo, "1").unwrap();
    let answer = books.client.send(request).await.unwrap().json().unwrap();
    let time = answer.at(&"time".parse().unwrap());
    assert!(time.is_some(), "the whole answer, envelope and all");
}

#[tokio::test]
async fn amounts_come_through_as_they_were_written() {
    let books = Books::open().await;
    let wire = r#"{"SalesReceipt":{"Id":"7","TotalAmt":639.00,"ExchangeRate":0.10000000000000001,"HomeTotalAmt":0},"time":"x"}"#;
    books.answer_once(200, wire);
    let receipt = books
        .client
        .read_entity(EntityKind::SalesReceipt, "7")
        .await
        .unwrap();
    assert_eq!(
        receipt.json().pretty(),
        "{\n  \"Id\": \"7\",\n  \"TotalAmt\": 639.00,\n  \"ExchangeRate\": 0.10000000000000001,\n  \"HomeTotalAmt\": 0\n}"
    );
}

#[tokio::test]
async fn queries_select_count_and_find_nothing() {
    let books = Books::open().await;
    let rows = books
        .client
        .query("select * from Employee startposition 2 maxresults 3");
    let rows = rows.await.unwrap();
    assert_eq!(rows.entities.len(), 3);
    assert_eq!((rows.start_position, rows.max_results), (Some(2), Some(3)));
    assert!(
        rows.entities
            .iter()
            .all(|row| row.kind() == Some(EntityKind::Employee))
    );

    let all = books.client.query("select * from Employee").await.unwrap();
    let count = books
        .client
        .query("select count(*) from Employee")
        .await
        .unwrap();
    assert_eq!(count.total_count, Some(all.entities.len() as u64));
    assert!(count.entities.is_empty());

    let nobody = "select * from Employee where GivenName = 'O\\'Nobody & + #1 100%'";
    let nobody = books.client.query(nobody).await.unwrap();
    assert!(nobody.entities.is_empty() && nobody.start_position.is_none());
}

#[tokio::test]
async fn a_query_that_cannot_be_parsed_is_to_be_amended() {
    let books = Books::open().await;
    let error = books
        .client
        .query("select * from Employee where")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Invalid, Remedy::Amend)
    );
    assert!(error.fault().unwrap().has(4000), "{error}");
}

#[tokio::test]
async fn a_missing_employee_is_told_with_the_whole_exchange() {
    let books = Books::open().await;
    let error = books
        .client
        .read_entity(EntityKind::Employee, "99999")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::NotFound, Remedy::Locate)
    );
    assert!(error.fault().unwrap().has(610));
    let exchange = error.exchange().unwrap();
    assert_eq!(exchange.status, StatusCode::BAD_REQUEST);
    assert!(exchange.request.url.path().ends_with("/employee/99999"));
    assert_eq!(
        exchange.request.headers["authorization"],
        "Bearer [redacted]"
    );
    assert_eq!(exchange.request.headers["accept"], "application/json");
    assert!(error.intuit_tid().is_some());
    assert!(exchange.body.starts_with(b"{") && !exchange.is_cut);
    books.shows_no_token(&error);
}

#[tokio::test]
async fn a_wrong_company_is_known_and_costs_no_refresh() {
    let books = Books::open().await;
    let other = books.client_of("4620816365201690220");
    let error = other
        .read_entity(EntityKind::Employee, "58")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::WrongCompany, Remedy::Configure)
    );
    assert!(
        error.advice().contains("4620816365201690220"),
        "{}",
        error.advice()
    );
    assert_eq!(books.counters().token_calls, 0);
}

#[tokio::test]
async fn denials_are_told_apart_and_cost_no_refresh() {
    let books = Books::open().await;
    for (denial, kind, remedy) in [
        (
            Denial::WrongCluster,
            ErrorKind::WrongEnvironment,
            Remedy::Configure,
        ),
        (Denial::NoAccess, ErrorKind::Forbidden, Remedy::Permit),
        (Denial::NotAuthorized, ErrorKind::Forbidden, Remedy::Permit),
    ] {
        let control = books.sandbox.control();
        control.change_settings(|settings| settings.denial = Some(denial));
        let error = books.read().await.unwrap_err();
        assert_eq!((error.kind(), error.remedy()), (kind, remedy), "{denial:?}");
        books.shows_no_token(&error);
    }
    assert_eq!(books.counters().token_calls, 0);
}

#[tokio::test]
async fn a_token_that_stays_refused_asks_for_a_reconnect() {
    let books = Books::open().await;
    let refused = r#"{"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: AB0116planted","code":"3200"}],"type":"AUTHENTICATION"}}"#;
    books.fault(Fault::new(Where::Api, answer(401, refused)).times(2));
    let error = books.read().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unauthorized, Remedy::Reconnect)
    );
    assert_eq!(books.counters().token_calls, 1);
    let shown = format!("{error} {error:?} {:?}", error.exchange().unwrap().body);
    assert!(!shown.contains("planted"), "{shown}");
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    for form in [ThrottleForm::Json, ThrottleForm::Xml] {
        let books = Books::open().await;
        let control = books.sandbox.control();
        control.change_settings(|settings| settings.throttle_form = form);
        books.fault(Fault::new(Where::Api, Effect::Throttle).times(3));
        let pace = Pace {
            first_pause: Duration::from_millis(5),
            ..Pace::intuit()
        };
        let client = books.client.clone().with_pace(pace);
        client
            .read_entity(EntityKind::Employee, "58")
            .await
            .unwrap();
        assert_eq!(books.counters().requests, 4, "{form:?}");
    }
}

#[tokio::test]
async fn a_throttle_that_lasts_goes_to_the_caller() {
    let books = Books::open().await;
    books.fault(Fault::new(Where::Api, Effect::Throttle).times(9));
    let pace = Pace {
        first_pause: Duration::from_secs(60),
        patience: Duration::from_secs(30),
        ..Pace::intuit()
    };
    let client = books.client.clone().with_pace(pace);
    let error = client.read_entity(EntityKind::Employee, "58").await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(matches!(
        error.remedy(),
        Remedy::SlowDown { after: Some(_) }
    ));
    assert_eq!(books.counters().requests, 1);
}

#[tokio::test]
async fn a_success_with_a_fault_in_it_is_a_failure() {
    let books = Books::open().await;
    books.answer_once(200, r#"{"Fault":{"Error":[{"Message":"Invalid Company Status","Detail":"Subscription period has ended or canceled or there was a billing problem : x","code":"6190"}],"type":"ValidationFault"},"time":"x"}"#);
    let error = books
        .client
        .send(Request::get("employee/58"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Forbidden, Remedy::Permit)
    );
    let exchange = error.exchange().unwrap();
    assert_eq!(exchange.status, StatusCode::OK);
    assert_eq!(
        exchange.request.headers["authorization"],
        "Bearer [redacted]"
    );
}

#[tokio::test]
async fn h21_a_page_in_place_of_json_is_no_success() {
    let books = Books::open().await;
    books.fault(Fault::new(Where::Api, Effect::Html { status: 200 }).times(3));
    let error = books.read().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(books.counters().requests, 3);
}

#[tokio::test]
async fn a_read_outlives_a_short_failure() {
    let inside = r#"{"Fault":{"Error":[{"Message":"m","code":"10000"}],"type":"SystemFault"}}"#;
    let mut reads = JoinSet::new();
    for effect in [
        Effect::Html { status: 503 },
        answer(500, inside),
        answer(200, inside),
        answer(504, ""),
        Effect::Truncate,
    ] {
        reads.spawn(async move {
            let books = Books::open().await;
            books.fault(Fault::new(Where::Api, effect.clone()).times(2));
            let bill = books.read().await;
            assert!(bill.is_ok(), "{effect:?} {bill:?}");
            assert_eq!(books.counters().requests, 3, "{effect:?}");
        });
    }
    reads.join_all().await;
}

#[tokio::test]
async fn a_long_failure_goes_to_the_caller() {
    let books = Books::open().await;
    books.fault(Fault::new(Where::Api, Effect::Html { status: 503 }).times(9));
    let error = books.read().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unavailable, Remedy::Retry { after: None })
    );
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(books.counters().requests, 3);
}

#[tokio::test]
async fn a_long_wait_is_not_waited_out() {
    let books = Books::open().await;
    let effect = Effect::Answer {
        status: 503,
        headers: BTreeMap::from([("Retry-After".to_owned(), "120".to_owned())]),
        body: String::new(),
        after: false,
    };
    books.fault(Fault::new(Where::Api, effect));
    let error = books.read().await.unwrap_err();
    let after = Some(Duration::from_secs(120));
    assert_eq!(error.remedy(), Remedy::Retry { after });
    assert_eq!(books.counters().requests, 1);
}

#[tokio::test]
async fn an_employee_is_made_by_a_request_of_ones_own() {
    let books = Books::open().await;
    let made = books.client.send(hiring()).await.unwrap();
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.intuit_tid().is_some());
    let id = made
        .json()
        .unwrap()
        .at(&"Employee.Id".parse().unwrap())
        .unwrap()
        .bare();
    let read = books
        .client
        .read_entity(EntityKind::Employee, &id)
        .await
        .unwrap();
    assert_eq!(read.text("FamilyName").as_deref(), Some("Lovelace"));
}

#[tokio::test]
async fn h48_a_change_is_never_made_twice() {
    for (effect, made, remedy) in [
        (Effect::DropAfter, 1, Remedy::Verify),
        (Effect::Truncate, 1, Remedy::Verify),
        (answer(500, ""), 0, Remedy::Verify),
        (answer(504, ""), 0, Remedy::Verify),
        (
            Effect::Html { status: 503 },
            0,
            Remedy::Retry { after: None },
        ),
    ] {
        let books = Books::open().await;
        // A connection that is known to live: a fresh one that broke would be another story.
        books.read().await.unwrap();
        books.fault(Fault::new(Where::Api, effect.clone()));
        let error = books.client.send(hiring()).await.unwrap_err();
        assert_eq!(error.remedy(), remedy, "{effect:?} {error}");
        assert_eq!(books.counters().requests, 2, "{effect:?}");
        assert_eq!(books.counters().writes, made, "{effect:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_sent() {
    let books = Books::open().await;
    let refused = books
        .client
        .read_entity(EntityKind::ExchangeRate, "1")
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.remedy()),
        (ErrorKind::Unsendable, Remedy::Amend)
    );
    let astray = books
        .client
        .send(Request::get("../9/employee/1"))
        .await
        .unwrap_err();
    assert_eq!(astray.kind(), ErrorKind::Unsendable);
    let elsewhere = books
        .client
        .send(Request::get("https://other.example/v3/x"))
        .await;
    let elsewhere = elsewhere.unwrap_err();
    assert_eq!(
        elsewhere.kind(),
        ErrorKind::Connection(evergrant::ErrorKind::Config)
    );
    assert_eq!(books.counters().requests, 0);
}

#[tokio::test]
async fn a_revoked_grant_is_the_cores_to_tell() {
    let books = Books::open().await;
    books.sandbox.control().revoke_grants();
    let error = books.read().await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Connection(evergrant::ErrorKind::Lapsed(_))
        ),
        "{error:?}"
    );
    assert_eq!(error.remedy(), Remedy::Reconnect);
    assert!(error.advice().contains("reconnect"));
}

#[tokio::test]
async fn a_gateway_with_a_path_is_called_under_it() {
    let books = Books::open().await;
    let base = format!("{}/qbo/", books.base_url());
    let client = Client::new(
        books.keeper.client(&acme()),
        base.parse().unwrap(),
        books.sandbox.realm(),
    );
    books.fault(Fault::new(
        Where::Any,
        answer(200, r#"{"Employee":{"Id":"58"}}"#),
    ));
    client
        .read_entity(EntityKind::Employee, "58")
        .await
        .unwrap();
    let path = format!("/qbo/v3/company/{}/employee/58", books.sandbox.realm());
    assert_eq!(books.sandbox.control().requests()[0].path, path);
}

fn hiring() -> Request {
    Request::new(Method::POST, "employee")
        .with_json(r#"{"GivenName":"Ada","FamilyName":"Lovelace"}"#)
}
