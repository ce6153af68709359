//! The refresh routine against the sandbox: who refreshes, what each answer means for the grant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    ConnectionId, Error, ErrorKind, Event, FileStore, Grant, Keeper, Lapse, Notice, Reason,
    TokenFile,
};
use evergrant_sandbox::Rotation;
use support::{Effect, Fault, Told, Where, World, acme};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn modes() -> [Rotation; 3] {
    [
        Rotation::Window { every: DAY },
        Rotation::Strict,
        Rotation::Graceful { grace: DAY },
    ]
}

fn token_fault(effect: Effect) -> Fault {
    Fault::new(Where::Token, effect)
}

fn answer(status: u16, body: &str) -> Effect {
    Effect::Answer {
        status,
        headers: std::collections::BTreeMap::new(),
        body: body.to_owned(),
        after: false,
    }
}

#[tokio::test]
async fn an_expired_token_is_refreshed_unseen_and_the_next_run_makes_no_refresh() {
    for rotation in modes() {
        let world = World::with_rotation(rotation).await;
        world.expire();
        assert_eq!(world.get_once().await.unwrap().status(), 200);
        assert_eq!(world.counters().token_calls, 1);
        assert_eq!(world.get_once().await.unwrap().status(), 200);
        assert_eq!(world.counters().token_calls, 1);
        assert_eq!(world.counters().unauthorized, 1, "{rotation:?}");
    }
}

#[tokio::test]
async fn h01_a_hundred_requests_at_the_instant_of_expiry_make_one_token_call() {
    for rotation in modes() {
        let world = World::with_rotation(rotation).await;
        let client = world.keeper().client(&acme());
        assert_eq!(world.get(&client).await.unwrap().status(), 200);
        world.expire();
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (client, url) = (client.clone(), world.employee());
            requests.spawn(async move { client.send(support::get(&url)).await });
        }
        for response in requests.join_all().await {
            assert_eq!(response.unwrap().status(), 200);
        }
        assert_eq!(world.counters().token_calls, 1, "{rotation:?}");
        assert_eq!(world.counters().invalid_grants, 0);
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_sent_again_while_another_is_on_its_way() {
    let world = World::start().await;
    let client = world.keeper().client(&acme());
    world.get(&client).await.unwrap();
    world.expire();
    world.fault(token_fault(Effect::Delay { millis: 300 }));
    let mut requests = tokio::task::JoinSet::new();
    let mut ask = || {
        let (client, url) = (client.clone(), world.employee());
        requests.spawn(async move { client.send(support::get(&url)).await });
    };
    ask();
    while world.counters().token_calls == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (0..20).for_each(|_| ask());
    for response in requests.join_all().await {
        assert_eq!(response.unwrap().status(), 200);
    }
    assert_eq!(world.counters().unauthorized, 1);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn h49_a_late_refusal_of_an_old_token_makes_no_refresh() {
    let world = World::start().await;
    let keeper = world.keeper();
    let old = keeper.bearer(&acme()).await.unwrap();
    let new = keeper.refresh(&acme()).await.unwrap();
    let refusal = evergrant::Refusal::Token;
    let given = keeper
        .rejected(&acme(), &old, refusal)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(given.generation, new.generation);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn h17_a_caller_who_goes_away_does_not_take_the_refresh_down() {
    let world = World::with_rotation(Rotation::Strict).await;
    world.expire();
    world.fault(token_fault(Effect::Delay { millis: 150 }));
    let keeper = world.keeper();
    let client = keeper.client(&acme());
    let gone = tokio::time::timeout(Duration::from_millis(60), world.get(&client)).await;
    assert!(gone.is_err(), "the caller has given up");
    keeper.drain().await;
    assert_eq!(world.counters().refreshes, 1);
    assert_eq!(world.get_once().await.unwrap().status(), 200);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn h18_no_waiter_spends_the_token_again_when_the_first_caller_vanishes() {
    let world = World::with_rotation(Rotation::Strict).await;
    world.expire();
    world.fault(token_fault(Effect::Delay { millis: 150 }));
    let client = world.keeper().client(&acme());
    let first = tokio::time::timeout(Duration::from_millis(60), world.get(&client));
    let second = world.get(&client);
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_err());
    assert_eq!(second.unwrap().status(), 200);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn h33_nothing_but_invalid_grant_ends_a_grant() {
    let html = Effect::Html { status: 200 };
    let throttled = answer(429, "");
    for effect in [
        answer(500, ""),
        answer(502, "<html>"),
        answer(503, "{}"),
        answer(504, ""),
        answer(408, ""),
        answer(403, "<html>captive portal</html>"),
        answer(404, "not here"),
        answer(301, ""),
        answer(400, "invalid_grant"),
        answer(400, "{\"error\":"),
        answer(400, "{\"fault\":\"invalid_grant\"}"),
        answer(400, "{\"error\":\"invalid_request\"}"),
        answer(400, "{\"error\":\"temporarily_unavailable\"}"),
        answer(401, "{\"error\":\"invalid_client\"}"),
        answer(400, "{\"error\":\"unauthorized_client\"}"),
        answer(500, "{\"error\":\"invalid_grant\"}"),
        answer(200, ""),
        answer(200, "{}"),
        answer(200, "{\"access_token\":\"\"}"),
        answer(200, "{\"error\":\"invalid_grant\"}"),
        html,
        throttled,
        Effect::DropBefore,
    ] {
        let world = World::with_rotation(Rotation::Strict).await;
        world.expire();
        let before = world.tokens();
        world.fault(token_fault(effect.clone()).forever());
        let keeper = world.builder().patience(Duration::ZERO).build().unwrap();
        let error = world.get(&keeper.client(&acme())).await.unwrap_err();
        assert!(
            !matches!(error.kind(), ErrorKind::Lapsed(_)),
            "{effect:?}: {error}"
        );
        assert_eq!(world.tokens(), before, "{effect:?}");
        assert!(
            matches!(world.stored().await.grant, Grant::Live(_)),
            "{effect:?}"
        );
        world.sandbox.control().clear_faults();
        assert_eq!(world.get_once().await.unwrap().status(), 200, "{effect:?}");
    }
}

#[tokio::test]
async fn h34_a_refused_client_is_a_matter_of_configuration_and_can_be_mended_at_once() {
    let world = World::start().await;
    world.expire();
    let wrong = evergrant::OAuthClient {
        secret: Some(evergrant::ClientSecret::new("wrong")),
        ..support::client()
    };
    let provider = support::provider(&world.base_url(), evergrant::Replay::AtOnce);
    let keeper = world.builder().provider(provider, wrong).build().unwrap();
    let error = world.get(&keeper.client(&acme())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(world.get_once().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_a_client_id_nothing_is_spent() {
    let world = World::start().await;
    world.expire();
    let nobody = evergrant::OAuthClient {
        id: String::new(),
        secret: None,
    };
    let provider = support::provider(&world.base_url(), evergrant::Replay::AtOnce);
    let keeper = world.builder().provider(provider, nobody).build().unwrap();
    let error = world.get(&keeper.client(&acme())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(world.counters().token_calls, 0);
}

#[tokio::test]
async fn h36_a_revoked_grant_lapses_once_and_is_not_asked_again() {
    let world = World::start().await;
    world.sandbox.control().revoke_grants();
    for _ in 0..3 {
        let error = world.get_once().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::Revoked), "{error}");
    }
    assert_eq!(world.counters().token_calls, 1);
    assert!(matches!(world.stored().await.grant, Grant::Lapsed { .. }));
    assert!(
        world.tokens()["refresh_token"].is_string(),
        "marked, never deleted"
    );
}

#[tokio::test]
async fn h35_a_fresh_login_is_not_taken_for_the_dead_one() {
    let world = World::start().await;
    world.sandbox.control().revoke_grants();
    let keeper = world.keeper();
    let client = keeper.client(&acme());
    assert!(world.get(&client).await.is_err());
    world.new_login();
    assert_eq!(world.get(&client).await.unwrap().status(), 200);
    world.expire();
    assert_eq!(world.get(&client).await.unwrap().status(), 200);
}

#[tokio::test]
async fn h15_a_lost_reply_is_asked_for_again_at_once() {
    for effect in [Effect::DropAfter, Effect::Truncate] {
        for rotation in [
            Rotation::Window { every: DAY },
            Rotation::Graceful { grace: DAY },
        ] {
            let world = World::with_rotation(rotation).await;
            world.expire();
            world.fault(token_fault(effect.clone()));
            assert_eq!(world.get_once().await.unwrap().status(), 200, "{effect:?}");
            assert_eq!(world.counters().token_calls, 2);
            assert_eq!(world.counters().invalid_grants, 0);
        }
    }
}

#[tokio::test]
async fn h15_a_lost_reply_of_a_strict_provider_is_called_by_its_name() {
    let world = World::with_rotation(Rotation::Strict).await;
    world.expire();
    world.fault(token_fault(Effect::DropAfter));
    let error = world.get_once().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::LostReply), "{error}");
}

#[tokio::test]
async fn h15_where_replay_is_not_known_to_be_safe_the_access_token_is_used_up_first() {
    let world = World::with_rotation(Rotation::Strict).await;
    let builder = |replay| support::keeper_builder(&world.base_url(), &world.token_file(), replay);
    let keeper = builder(evergrant::Replay::WhenNeeded).build().unwrap();
    let client = keeper.client(&acme());
    world.fault(token_fault(Effect::DropBefore));
    let error = keeper.refresh(&acme()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(world.get(&client).await.unwrap().status(), 200);
    assert_eq!(
        world.counters().token_calls,
        1,
        "no replay while the token lives"
    );
    world.expire();
    assert_eq!(world.get(&client).await.unwrap().status(), 200);
    assert_eq!(world.counters().token_calls, 2);

    let never = builder(evergrant::Replay::Never).build().unwrap();
    world.expire();
    world.fault(token_fault(Effect::DropAfter));
    assert!(world.get(&never.client(&acme())).await.is_err());
    let error = world.get(&never.client(&acme())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::LostReply));
    assert_eq!(world.counters().token_calls, 3, "never replayed");
}

#[tokio::test]
async fn h15_an_answer_that_nothing_was_spent_does_not_end_an_earlier_doubt() {
    let world = World::with_rotation(Rotation::Strict).await;
    world.expire();
    let keeper = support::keeper_builder(
        &world.base_url(),
        &world.token_file(),
        evergrant::Replay::WhenNeeded,
    )
    .build()
    .unwrap();
    world.fault(token_fault(Effect::DropAfter));
    world.fault(token_fault(Effect::Answer {
        status: 503,
        headers: [("retry-after".to_owned(), "60".to_owned())].into(),
        body: String::new(),
        after: false,
    }));
    assert!(world.get(&keeper.client(&acme())).await.is_err());
    assert_eq!(world.counters().token_calls, 2);
    let attempt = keeper.connection(&acme()).await.unwrap().attempt.unwrap();
    assert_eq!(attempt.outcome, evergrant::Outcome::Unanswered);
}

#[tokio::test]
async fn h16_the_token_endpoint_is_asked_once_and_no_redirect_is_followed() {
    let world = World::start().await;
    world.expire();
    let elsewhere = format!("{}/elsewhere", world.base_url());
    let headers = [("location".to_owned(), elsewhere)].into();
    world.fault(token_fault(Effect::Answer {
        status: 307,
        headers,
        body: String::new(),
        after: false,
    }));
    assert!(world.get_once().await.is_err());
    let paths: Vec<String> = world
        .sandbox
        .control()
        .requests()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert!(
        !paths.iter().any(|path| path.contains("elsewhere")),
        "{paths:?}"
    );
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn h20_odd_but_usable_answers_are_used() {
    for body in [
        r#"{"access_token":"odd","token_type":"BEARER","expires_in":"3600"}"#,
        r#"{"access_token":"odd","refresh_token":""}"#,
        r#"{"access_token":"odd","refresh_token":null,"expires_in":3600.5,"extra":[1]}"#,
    ] {
        let world = World::start().await;
        let before = world.tokens();
        world.fault(token_fault(answer(200, body)));
        let bearer = world.keeper().refresh(&acme()).await.unwrap();
        assert_eq!(bearer.token.expose(), "odd");
        assert_eq!(world.tokens()["refresh_token"], before["refresh_token"]);
        assert_eq!(world.tokens()["access_token"], "odd");
    }
}

#[tokio::test]
async fn h32_after_invalid_grant_a_winner_is_looked_for() {
    let world = World::with_rotation(Rotation::Strict).await;
    world.expire();
    let keeper = world.keeper();
    // While the refresh waits for its answer, a human logs in again; then the answer is a refusal.
    world.fault(token_fault(Effect::Delay { millis: 100 }));
    world.fault(token_fault(answer(400, r#"{"error":"invalid_grant"}"#)));
    world.sandbox.control().revoke_grants();
    let client = keeper.client(&acme());
    let login = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        world.new_login();
    };
    let (response, ()) = tokio::join!(world.get(&client), login);
    assert_eq!(response.unwrap().status(), 200);
    assert!(matches!(world.stored().await.grant, Grant::Live(_)));
}

#[tokio::test]
async fn h13_a_spent_token_is_refused_before_it_is_sent() {
    let world = World::with_rotation(Rotation::Strict).await;
    let backup = std::fs::read(world.token_file()).unwrap();
    world.keeper().refresh(&acme()).await.unwrap();
    support::write(&world.token_file(), backup);
    world.expire();
    let error = world.get_once().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::Spent), "{error}");
    assert_eq!(world.counters().invalid_grants, 0);
}

#[tokio::test]
async fn h13_a_copy_of_the_token_that_is_being_spent_gives_way_to_its_answer() {
    let world = World::with_rotation(Rotation::Strict).await;
    let mut copy = world.tokens();
    copy["access_token"] = "old".into();
    let (copy, file) = (copy.to_string(), world.token_file());
    // Put back when the token is as good as sent.
    let put_back = move |notice: &Notice| {
        if let Event::Spending { .. } = notice.event {
            support::write(&file, &copy);
        }
    };
    let spent = world.tokens()["refresh_token"].clone();
    let keeper = world.builder().on_notice(put_back).build().unwrap();
    keeper.refresh(&acme()).await.unwrap();
    assert_ne!(world.tokens()["refresh_token"], spent);
    assert_eq!(world.get_once().await.unwrap().status(), 200);
    assert_eq!(world.counters().invalid_grants, 0);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test]
async fn a_refusal_that_is_not_the_tokens_fault_makes_no_refresh() {
    let world = World::start().await;
    let wrong = world.employee().replace(support::REALM, "999");
    let client = world.keeper().client(&acme());
    let forbidden = r#"Bearer error="insufficient_scope""#;
    let headers = [("www-authenticate".to_owned(), forbidden.to_owned())].into();
    world.fault(Fault::new(
        Where::Api,
        Effect::Answer {
            status: 401,
            headers,
            body: "no".to_owned(),
            after: false,
        },
    ));
    let response = client.send(support::get(&wrong)).await.unwrap();
    assert_eq!(response.status(), 401);
    let sent = response
        .extensions()
        .get::<evergrant::SentRequest>()
        .unwrap();
    assert_eq!(sent.headers["authorization"], "Bearer [redacted]");
    assert_eq!(&response.into_body().bytes(100).await.unwrap()[..], b"no");
    assert_eq!(world.counters().token_calls, 0);
}

#[tokio::test]
async fn a_401_that_no_refresh_cures_causes_two_refreshes_at_most() {
    let world = World::start().await;
    world.fault(
        Fault::new(Where::Api, {
            let challenge = r#"Bearer error="invalid_token""#.to_owned();
            Effect::Answer {
                status: 401,
                headers: [("www-authenticate".to_owned(), challenge)].into(),
                body: String::new(),
                after: false,
            }
        })
        .forever(),
    );
    for _ in 0..5 {
        assert_eq!(world.get_once().await.unwrap().status(), 401);
    }
    assert_eq!(world.counters().token_calls, 2, "across processes too");
}

#[tokio::test]
async fn a_401_that_says_nothing_causes_one_refresh_until_the_api_takes_a_token() {
    let world = World::start().await;
    let bare = || Fault::new(Where::Api, answer(401, ""));
    world.fault(bare());
    assert_eq!(world.get_once().await.unwrap().status(), 200);
    assert_eq!(world.counters().token_calls, 1);
    world.fault(bare());
    assert_eq!(world.get_once().await.unwrap().status(), 200);
    assert_eq!(world.counters().token_calls, 2, "the last one was taken");
    world.fault(bare().forever());
    for _ in 0..3 {
        assert_eq!(world.get_once().await.unwrap().status(), 401);
    }
    assert_eq!(world.counters().token_calls, 3);
}

#[tokio::test]
async fn the_keeper_waits_out_a_short_trouble_and_says_when_it_gives_up() {
    let world = World::start().await;
    world.expire();
    world.fault(token_fault(answer(503, "")).times(2));
    let told = Told::default();
    let keeper = world.builder().on_notice(told.listen()).build().unwrap();
    assert_eq!(
        world.get(&keeper.client(&acme())).await.unwrap().status(),
        200
    );
    assert_eq!(
        told.count(|event| matches!(event, Event::RefreshFailed { .. })),
        2
    );
    let headers = [("retry-after".to_owned(), "7".to_owned())].into();
    world.fault(
        token_fault(Effect::Answer {
            status: 429,
            headers,
            body: String::new(),
            after: false,
        })
        .forever(),
    );
    world.expire();
    let error = world.get_once().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    let evergrant::Remedy::SlowDown { after } = error.remedy() else {
        panic!("{error:?}")
    };
    assert_eq!(
        after,
        Some(Duration::from_secs(7)),
        "Retry-After is honoured"
    );
}

#[tokio::test]
async fn a_refresh_is_told_step_by_step_in_order() {
    let world = World::start().await;
    world.expire();
    let told = Told::default();
    let keeper = world.builder().on_notice(told.listen()).build().unwrap();
    world.get(&keeper.client(&acme())).await.unwrap();
    let names: Vec<&str> = told
        .events()
        .iter()
        .map(|event| match event {
            Event::Sending { .. } => "sending",
            Event::Answered { status, .. } if status.is_success() => "answered",
            Event::Answered { .. } => "turned away",
            Event::Refused { .. } => "refused",
            Event::Leased => "leased",
            Event::Reread { .. } => "reread",
            Event::Spending {
                reason: Reason::Rejected,
                ..
            } => "spending",
            Event::Saved { .. } => "saved",
            Event::Refreshed { rotated: false, .. } => "refreshed",
            Event::Released => "released",
            _ => "something else",
        })
        .collect();
    assert_eq!(
        names,
        [
            "sending",
            "turned away",
            "refused",
            "leased",
            "reread",
            "spending",
            "sending",
            "answered",
            "saved",
            "refreshed",
            "released",
            "sending",
            "answered"
        ]
    );
}

#[tokio::test]
async fn h38_an_access_token_that_is_known_to_be_over_is_not_sent() {
    let world = World::start().await;
    world
        .sandbox
        .control()
        .change_settings(|settings| settings.access_life = Duration::from_secs(1));
    let keeper = world.keeper();
    keeper.refresh(&acme()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        world.get(&keeper.client(&acme())).await.unwrap().status(),
        200
    );
    assert_eq!(world.counters().unauthorized, 0);
}

#[tokio::test]
async fn a_bearer_can_be_asked_for_with_time_left() {
    let world = World::start().await;
    let keeper = world.keeper();
    let minutes = |n| jiff::SignedDuration::from_mins(n);
    let first = keeper.bearer_with(&acme(), minutes(5)).await.unwrap();
    assert_eq!(world.counters().refreshes, 1, "its age was unknown");
    let same = keeper.bearer_with(&acme(), minutes(5)).await.unwrap();
    assert_eq!(same.generation, first.generation);
    let longer = keeper.bearer_with(&acme(), minutes(3000)).await.unwrap();
    assert_eq!(
        longer.generation, first.generation,
        "no token lives that long"
    );
}

#[tokio::test]
async fn a_revocation_endpoint_that_wants_the_other_form_gets_it() {
    let world = World::start().await;
    let refusal = r#"{"error":"invalid_request","error_description":"token missing"}"#;
    world.fault(Fault::new(Where::Revoke, answer(400, refusal)));
    world.keeper().disconnect(&acme()).await.unwrap();
    assert_eq!(world.counters().revocations, 1);
    world.new_login();
    world.fault(Fault::new(Where::Revoke, answer(503, "")));
    let error = world.keeper().disconnect(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        world.get_once().await.unwrap().status(),
        200,
        "it is as it was"
    );
}

#[tokio::test]
async fn logging_out_revokes_and_doing_it_twice_is_fine() {
    let world = World::start().await;
    let keeper = world.keeper();
    keeper.disconnect(&acme()).await.unwrap();
    assert_eq!(world.counters().revocations, 1);
    let error: Error = keeper.bearer(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::Disconnected));
    keeper.disconnect(&acme()).await.unwrap();
    world.new_login();
    assert_eq!(world.get_once().await.unwrap().status(), 200);
}

/// A keeper of so many connections of one app, all of which need a refresh.
fn many(
    world: &World,
    count: usize,
    client: evergrant::OAuthClient,
) -> (Keeper, Vec<ConnectionId>) {
    let mut store = FileStore::new();
    let ids: Vec<_> = (0..count)
        .map(|number| ConnectionId::new(format!("company-{number}")))
        .collect();
    for id in &ids {
        let path = world.directory.path().join(format!("{id}.json"));
        support::write(&path, world.sandbox.issue_grant(support::REALM).to_string());
        let file = TokenFile {
            path,
            provider: "sandbox".to_owned(),
            realm: None,
        };
        store = store.with(id.clone(), file);
    }
    world.expire();
    let provider = support::provider(&world.base_url(), evergrant::Replay::AtOnce);
    let builder = Keeper::builder(Arc::new(store)).provider(provider, client);
    (builder.patience(Duration::ZERO).build().unwrap(), ids)
}

/// Why a connection, whose access token the API has refused, gets no other.
async fn refusal(keeper: &Keeper, id: &ConnectionId, world: &World) -> Error {
    world.get(&keeper.client(id)).await.unwrap_err()
}

#[tokio::test]
async fn h34_one_refusal_of_the_app_is_enough_for_all_its_connections() {
    let world = World::start().await;
    let wrong = evergrant::OAuthClient {
        secret: Some(evergrant::ClientSecret::new("wrong")),
        ..support::client()
    };
    let (keeper, ids) = many(&world, 12, wrong);
    for id in &ids {
        let error = refusal(&keeper, id, &world).await;
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        let connection = keeper.connection(id).await.unwrap();
        assert!(matches!(connection.grant, Grant::Live(_)), "kept");
    }
    assert_eq!(world.counters().token_calls, 1);
    // Who asks by hand is let through.
    assert!(keeper.refresh(&ids[3]).await.is_err());
    assert_eq!(world.counters().token_calls, 2);
}

#[tokio::test]
async fn h47_one_429_quiets_all_connections_for_as_long_as_it_says() {
    let world = World::start().await;
    let answer = Effect::Answer {
        status: 429,
        headers: [("retry-after".to_owned(), "600".to_owned())].into(),
        body: String::new(),
        after: false,
    };
    world.fault(Fault::new(Where::Token, answer));
    let (keeper, ids) = many(&world, 12, support::client());
    for id in &ids {
        let error = refusal(&keeper, id, &world).await;
        assert_eq!(error.kind(), ErrorKind::Throttled, "{error}");
        let evergrant::Remedy::SlowDown { after } = error.remedy() else {
            panic!("{error:?}");
        };
        assert!(after.unwrap() > Duration::from_secs(590), "{after:?}");
    }
    assert_eq!(world.counters().token_calls, 1);
}
