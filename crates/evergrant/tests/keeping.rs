//! The schedule, the clocks and the story, from outside: against the sandbox, in token files.
//!
//! The schedule sleeps for up to 37 seconds, so these tests run on tokio's paused time, which jumps
//! to the next timer whenever nothing else is to be done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use evergrant::{
    AccessToken, Clock, Connection, ConnectionId, End, ErrorKind, Event, FileStore, Generation,
    Grant, Happening, Keeper, Lapse, MemoryStore, Outcome, Reason, RefreshToken, Replay, Store,
    TokenFile, TokenSet,
};
use jiff::{SignedDuration, Timestamp};
use support::{Effect, Fault, REALM, Told, Where, World, acme};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Both clocks, which go on with tokio's time and can be moved.
#[derive(Debug, Clone)]
struct Hands {
    start: Instant,
    at: Timestamp,
    wall: Arc<AtomicI64>,
    boot: Arc<AtomicI64>,
}

impl Hands {
    /// Both clocks show what they should, as the sandbox's does.
    fn right() -> Self {
        Self {
            start: Instant::now(),
            at: evergrant::SystemClock.now(),
            wall: Arc::default(),
            boot: Arc::default(),
        }
    }

    fn move_wall(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    fn move_boot(&self, seconds: i64) {
        self.boot.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The machine sleeps: time passes, but no timer of the process moves.
    fn suspend(&self, seconds: i64) {
        self.move_wall(seconds);
        self.move_boot(seconds);
    }

    fn passed(&self, moved: &AtomicI64) -> SignedDuration {
        let ran = SignedDuration::try_from(self.start.elapsed()).unwrap();
        ran + SignedDuration::from_secs(moved.load(Ordering::SeqCst))
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.at + self.passed(&self.wall)
    }

    fn since_boot(&self) -> Option<SignedDuration> {
        Some(self.passed(&self.boot))
    }
}

/// A schedule at work.
struct Running {
    told: Told,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(builder: evergrant::KeeperBuilder, hands: &Hands) -> Self {
        let told = Told::default();
        let builder = builder.clock(hands.clone()).on_notice(told.listen());
        let keeper = builder.build().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move { keeper.run(stopped).await });
        Self { told, stop, task }
    }

    /// Waits until so many such events were told.
    async fn until(&self, count: usize, wanted: impl Fn(&Event) -> bool) {
        for _ in 0..12_000 {
            if self.told.count(&wanted) >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not told within two minutes: {:?}", self.told.events());
    }

    async fn stop(self) -> Told {
        self.stop.cancel();
        self.task.await.unwrap();
        self.told
    }
}

fn refreshed(event: &Event) -> bool {
    matches!(event, Event::Refreshed { .. })
}

fn refused(event: &Event) -> bool {
    matches!(event, Event::RefreshFailed { .. })
}

fn stalled(event: &Event) -> bool {
    matches!(event, Event::Stalled { .. })
}

fn adopted(event: &Event) -> bool {
    matches!(event, Event::Adopted { .. })
}

fn lapsed(event: &Event) -> bool {
    matches!(event, Event::Lapsed { .. })
}

#[tokio::test(start_paused = true)]
async fn h39_a_machine_that_slept_refreshes_within_a_nap_of_waking() {
    let (world, hands) = (World::start().await, Hands::right());
    let running = Running::start(world.builder(), &hands);
    running.until(1, refreshed).await;
    tokio::time::sleep(5 * MINUTE).await;
    assert_eq!(running.told.count(refreshed), 1, "an hour's token lasts");
    hands.suspend(2 * HOUR);
    let woken = Instant::now();
    running.until(2, refreshed).await;
    assert!(woken.elapsed() < Duration::from_secs(45));
    assert_eq!(world.counters().unauthorized, 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_ahead_of_its_end_and_never_much_earlier() {
    let (world, hands) = (World::start().await, Hands::right());
    let running = Running::start(world.builder(), &hands);
    running.until(1, refreshed).await;
    tokio::time::sleep(49 * MINUTE).await;
    assert_eq!(running.told.count(refreshed), 1);
    tokio::time::sleep(7 * MINUTE).await;
    assert_eq!(running.told.count(refreshed), 2);
    let reasons = running
        .stop()
        .await
        .events()
        .into_iter()
        .filter_map(|it| match it {
            Event::Refreshed { reason, .. } => Some(reason),
            _ => None,
        });
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [Reason::UnknownAge, Reason::Expiring]
    );
}

#[tokio::test(start_paused = true)]
async fn h38_a_token_is_over_by_the_boot_clock_though_the_wall_clock_was_set_back() {
    let (world, hands) = (World::start().await, Hands::right());
    let keeper = world.builder().clock(hands.clone()).build().unwrap();
    keeper.refresh(&acme()).await.unwrap();
    keeper.bearer(&acme()).await.unwrap();
    assert_eq!(world.counters().token_calls, 1);
    hands.move_wall(-DAY);
    hands.move_boot(2 * HOUR);
    keeper.bearer(&acme()).await.unwrap();
    assert_eq!(world.counters().token_calls, 2, "over, says the boot clock");
    keeper.bearer(&acme()).await.unwrap();
    keeper
        .bearer_with(&acme(), SignedDuration::from_mins(20))
        .await
        .unwrap();
    assert_eq!(
        world.counters().token_calls,
        2,
        "the new one is an hour's again"
    );
}

#[tokio::test(start_paused = true)]
async fn h38_a_token_that_is_read_again_grows_no_younger() {
    let (world, hands) = (World::start().await, Hands::right());
    let keeper = world.builder().clock(hands.clone()).build().unwrap();
    keeper.refresh(&acme()).await.unwrap();
    hands.move_wall(-DAY);
    hands.move_boot(55 * 60);
    world.fault(Fault::new(Where::Token, Effect::Html { status: 503 }).forever());
    for _ in 0..2 {
        // The first one's refresh fails; the second one's finds that it is too early for another.
        keeper.bearer(&acme()).await.unwrap();
        keeper.drain().await;
    }
    assert_eq!(world.counters().refreshes, 1);
    world.sandbox.control().clear_faults();
    hands.move_boot(10 * 60);
    keeper.bearer(&acme()).await.unwrap();
    assert_eq!(
        world.counters().refreshes,
        2,
        "an hour and five minutes old"
    );
}

#[tokio::test(start_paused = true)]
async fn h40_a_wrong_clock_costs_one_401_at_most_and_no_grant() {
    for wrong in [
        -10 * 365 * DAY,
        -DAY,
        -HOUR,
        -120,
        120,
        HOUR,
        DAY,
        10 * 365 * DAY,
    ] {
        let (world, hands) = (World::start().await, Hands::right());
        world.get_once().await.unwrap();
        world.keeper().refresh(&acme()).await.unwrap();
        // Booted with a wrong clock, long after the token has died.
        world.expire();
        hands.move_wall(wrong);
        let keeper = world.builder().clock(hands.clone()).build().unwrap();
        let client = keeper.client(&acme());
        for _ in 0..3 {
            assert_eq!(world.get(&client).await.unwrap().status(), 200, "{wrong}");
        }
        assert!(world.counters().unauthorized <= 1, "{wrong}");
        assert!(world.counters().token_calls <= 2, "{wrong}");
        // Set right at last, and used on for an hour and by other programs.
        let before = world.counters().unauthorized;
        hands.move_wall(-wrong);
        hands.suspend(2 * HOUR);
        world.expire();
        assert_eq!(world.get(&client).await.unwrap().status(), 200, "{wrong}");
        let other = world.builder().clock(hands.clone()).build().unwrap();
        assert_eq!(
            world.get(&other.client(&acme())).await.unwrap().status(),
            200
        );
        assert!(world.counters().unauthorized - before <= 1, "{wrong}");
        assert!(matches!(world.stored().await.grant, Grant::Live(_)));
    }
}

// On real time, since the sandbox dates its answers by that.
#[tokio::test]
async fn h40_the_providers_date_makes_tokens_older_by_a_little_only() {
    for (ahead, corrected) in [(0, 0), (100, 100), (240, 240), (HOUR, 0)] {
        let (world, hands) = (World::start().await, Hands::right());
        hands.move_wall(ahead);
        let keeper = world.builder().clock(hands.clone()).build().unwrap();
        let before = hands.now();
        keeper.refresh(&acme()).await.unwrap();
        let corrected = SignedDuration::from_secs(corrected);
        let latest = hands.now() - corrected;
        // A date has whole seconds only.
        let earliest = before - corrected - SignedDuration::from_secs(2);
        let obtained = world.stored().await.tokens().obtained.unwrap();
        assert!(
            earliest <= obtained && obtained <= latest,
            "{ahead}: {obtained}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn h41_failures_after_waking_are_no_verdict() {
    let (world, hands) = (World::start().await, Hands::right());
    let running = Running::start(world.builder(), &hands);
    running.until(1, refreshed).await;
    let busy = Effect::Html { status: 503 };
    world.fault(Fault::new(Where::Token, busy).times(6));
    hands.suspend(9 * HOUR);
    running.until(2, refreshed).await;
    let told = running.stop().await;
    assert!(told.count(refused) >= 6);
    assert_eq!(told.count(lapsed), 0);
    assert_eq!(told.count(stalled), 0, "time healed it");
}

#[tokio::test(start_paused = true)]
async fn h36_a_lapsed_grant_is_left_alone_until_a_new_login() {
    let (world, hands) = (World::start().await, Hands::right());
    world.sandbox.control().revoke_grants();
    let running = Running::start(world.builder(), &hands);
    running.until(1, lapsed).await;
    tokio::time::sleep(60 * MINUTE).await;
    assert_eq!(world.counters().token_calls, 1);
    assert_eq!(running.told.count(lapsed), 1);
    assert_eq!(running.told.count(stalled), 0, "told as a lapse already");
    let later = Running::start(world.builder(), &hands);
    later.until(1, stalled).await;
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(
        later.stop().await.count(stalled),
        1,
        "who starts later is told"
    );
    world.new_login();
    running.until(1, adopted).await;
    running.until(1, refreshed).await;
    assert!(matches!(world.stored().await.grant, Grant::Live(_)));
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(
        running.told.count(adopted),
        1,
        "that it is over is told once"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn h36_wrong_keys_are_tried_ever_less_often_and_told_once() {
    let (world, hands) = (World::start().await, Hands::right());
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    let wrong = evergrant::OAuthClient {
        id: "somebody-else".to_owned(),
        secret: None,
    };
    let running = Running::start(world.builder().provider(provider, wrong), &hands);
    tokio::time::sleep(60 * MINUTE).await;
    let calls = world.counters().token_calls;
    assert!((5..40).contains(&calls), "{calls} calls in an hour");
    let told = running.stop().await;
    assert_eq!(told.count(stalled), 1);
    assert!(matches!(world.stored().await.grant, Grant::Live(_)));
}

#[tokio::test(start_paused = true)]
async fn h37_what_is_broken_does_not_end_the_schedule_nor_hold_up_the_rest() {
    let (world, hands) = (World::start().await, Hands::right());
    let directory = world.directory.path();
    support::write(&directory.join("broken.json"), "{\"access_token\":");
    let file = |name: &str, provider: &str| TokenFile {
        path: directory.join(name),
        provider: provider.to_owned(),
        realm: Some(REALM.to_owned()),
    };
    let store = FileStore::new()
        .with(acme(), file("token.json", "sandbox"))
        .with(ConnectionId::new("absent"), file("absent.json", "sandbox"))
        .with(ConnectionId::new("broken"), file("broken.json", "sandbox"))
        .with(
            ConnectionId::new("foreign"),
            file("token.json", "unheard-of"),
        );
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    let builder = Keeper::builder(Arc::new(store)).provider(provider, support::client());
    let running = Running::start(builder, &hands);
    running.until(1, refreshed).await;
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(
        running.told.count(stalled),
        3,
        "the absent, the broken and the foreign, once each"
    );
    support::write(
        &directory.join("broken.json"),
        world.sandbox.issue_grant(REALM).to_string(),
    );
    running.until(2, refreshed).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn h19_a_stop_waits_for_the_exchange_in_flight_and_its_save() {
    let (world, hands) = (World::start().await, Hands::right());
    world.sandbox.control().change_settings(|it| {
        it.rotation = evergrant_sandbox::Rotation::Strict;
    });
    let before = world.tokens();
    world.fault(Fault::new(Where::Token, Effect::Delay { millis: 200 }));
    let running = Running::start(world.builder(), &hands);
    running
        .until(1, |it| matches!(it, Event::Spending { .. }))
        .await;
    let told = running.stop().await;
    assert_eq!(told.count(|it| matches!(it, Event::Saved { .. })), 1);
    assert_ne!(world.tokens()["refresh_token"], before["refresh_token"]);
    assert_eq!(world.counters().token_calls, 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_grant_is_refreshed_before_it_idles_out() {
    let (world, hands) = (World::start().await, Hands::right());
    let issued = world.sandbox.issue_grant(REALM);
    let now = hands.now();
    let hours = SignedDuration::from_hours;
    let store = MemoryStore::new();
    store.insert(connection(
        "acme",
        TokenSet {
            access: Some(AccessToken::new("of no importance")),
            access_expires: Some(now + hours(24 * 300)),
            refresh: Some(RefreshToken::new(issued["refresh_token"].as_str().unwrap())),
            refresh_expires: Some(now + hours(24 * 94)),
            grant_expires: None,
            obtained: Some(now - hours(24 * 6)),
        },
    ));
    let mut provider = support::provider(&world.base_url(), Replay::AtOnce);
    provider.idle_refresh = Some(hours(24 * 7));
    let builder = Keeper::builder(Arc::new(store)).provider(provider, support::client());
    let running = Running::start(builder, &hands);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(world.counters().token_calls, 0);
    hands.suspend(DAY);
    running
        .until(1, |it| {
            matches!(
                it,
                Event::Refreshed {
                    reason: Reason::Idle,
                    ..
                }
            )
        })
        .await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_that_comes_near_is_told_once_for_each_threshold() {
    let (world, hands) = (World::start().await, Hands::right());
    let days = |days: i64| hands.now() + SignedDuration::from_secs(days * DAY);
    let store = MemoryStore::new();
    store.insert(connection(
        "acme",
        TokenSet {
            access: Some(AccessToken::new("a")),
            access_expires: Some(days(900)),
            refresh: Some(RefreshToken::new("r")),
            refresh_expires: Some(days(100)),
            grant_expires: Some(days(15)),
            obtained: Some(hands.now()),
        },
    ));
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    let builder = Keeper::builder(Arc::new(store)).provider(provider, support::client());
    let running = Running::start(builder, &hands);
    for _ in 0..16 {
        tokio::time::sleep(5 * MINUTE).await;
        hands.suspend(DAY);
    }
    let told = running
        .stop()
        .await
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Expiring { warning, .. } => Some((warning.end, warning.days)),
            _ => None,
        });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (End::Hard, 30),
            (End::Hard, 14),
            (End::Hard, 7),
            (End::Hard, 1)
        ]
    );
    assert_eq!(world.counters().token_calls, 0);
}

#[tokio::test(start_paused = true)]
async fn h46_connections_of_one_age_are_not_renewed_in_step() {
    let (world, hands) = (World::start().await, Hands::right());
    let now = hands.now();
    let store = MemoryStore::new();
    for number in 0..40 {
        let issued = world.sandbox.issue_grant(REALM);
        store.insert(connection(
            &format!("company-{number}"),
            TokenSet {
                access: Some(AccessToken::new(issued["access_token"].as_str().unwrap())),
                access_expires: Some(now + SignedDuration::from_secs(HOUR)),
                refresh: Some(RefreshToken::new(issued["refresh_token"].as_str().unwrap())),
                refresh_expires: None,
                grant_expires: None,
                obtained: Some(now),
            },
        ));
    }
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    let builder = Keeper::builder(Arc::new(store)).provider(provider, support::client());
    let running = Running::start(builder, &hands);
    tokio::time::sleep(49 * MINUTE).await;
    let mut minutes = HashSet::new();
    for minute in 0..7 {
        let before = world.counters().refreshes;
        tokio::time::sleep(MINUTE).await;
        if world.counters().refreshes > before {
            minutes.insert(minute);
        }
    }
    assert_eq!(world.counters().refreshes, 40);
    assert!(minutes.len() >= 3, "{minutes:?}");
    running.stop().await;
}

#[tokio::test]
async fn the_story_names_every_spend_and_its_outcome_and_no_secret() {
    let world = World::with_rotation(evergrant_sandbox::Rotation::Strict).await;
    let first = world.tokens();
    world.keeper().refresh(&acme()).await.unwrap();
    let token = world.tokens()["refresh_token"].as_str().unwrap().to_owned();
    let rude = Effect::Answer {
        status: 401,
        headers: std::collections::BTreeMap::new(),
        body: format!(
            "{{\"error\":\"unauthorized_client\",\"error_description\":\"bad {token}\"}}"
        ),
        after: false,
    };
    world.fault(Fault::new(Where::Token, rude));
    world.keeper().refresh(&acme()).await.unwrap_err();
    world.sandbox.control().revoke_grants();
    let lapse = world.keeper().refresh(&acme()).await.unwrap_err();
    assert_eq!(lapse.kind(), ErrorKind::Lapsed(Lapse::Revoked));

    let story = world.keeper().story(&acme()).await.unwrap();
    let [adopted, _, saved, _, failed, _, over] = story.as_slice() else {
        panic!("{story:#?}");
    };
    assert!(matches!(
        adopted.what,
        Happening::Adopted {
            generation: Generation(1),
            ..
        }
    ));
    let Happening::Saved { replaces, .. } = &saved.what else {
        panic!("{saved:?}");
    };
    let old = RefreshToken::new(first["refresh_token"].as_str().unwrap());
    assert_eq!(*replaces, Some(old.fingerprint()));
    let Happening::Failed {
        outcome: Outcome::NotSpent,
        why: Some(why),
        ..
    } = &failed.what
    else {
        panic!("{failed:?}");
    };
    assert!(why.contains("bad [redacted]"), "{why}");
    assert!(matches!(
        over.what,
        Happening::Lapsed {
            lapse: Lapse::Revoked,
            ..
        }
    ));
    let shown = format!("{story:?}");
    let journal = std::fs::read_to_string(world.directory.path().join("token.json.journal"));
    for text in [shown, journal.unwrap()] {
        assert!(!text.contains(&token) && !text.contains(old.expose()));
    }
}

#[tokio::test]
async fn a_store_without_a_record_has_no_story() {
    assert_eq!(MemoryStore::new().story(&acme()).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_who_refresh_what_is_old_one_does() {
    let world = World::start().await;
    let age = SignedDuration::from_mins(30);
    let keepers: Vec<_> = (0..8).map(|_| world.keeper()).collect();
    let mut asked = tokio::task::JoinSet::new();
    for keeper in keepers {
        asked.spawn(async move { keeper.refresh_if_older(&acme(), age).await });
    }
    for outcome in asked.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(world.counters().token_calls, 1);
    let young = world.keeper().refresh_if_older(&acme(), age).await.unwrap();
    assert!(young.is_none());
    assert_eq!(world.counters().token_calls, 1);
}

fn connection(name: &str, tokens: TokenSet) -> Connection {
    Connection {
        id: ConnectionId::new(name),
        provider: "sandbox".to_owned(),
        realm: Some(REALM.to_owned()),
        grant: Grant::Live(tokens),
        generation: Generation(1),
        attempt: None,
        refusals: Vec::new(),
    }
}
