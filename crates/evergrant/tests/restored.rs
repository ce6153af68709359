//! Databases that are set back: restored from a dump, copied, or set back in a way that leaves no trace.
//! Every refresh token is for one use, so that one that is sent again is seen, and would end the grant.
#![cfg(all(unix, feature = "postgres", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AccessToken, Adoption, Clock as _, Connection, ErrorKind, Event, Generation, Grant, Keeper,
    Lapse, Pause, PostgresStore, RefreshToken, Registry, Replay, SqliteStore, Store, SystemClock,
    TokenSet,
};
use evergrant_sandbox::Rotation;
use postgres::throw_away::{dump, restore, run};
use support::{Told, World, acme};
use tokio_util::sync::CancellationToken;

const SHORT: Duration = Duration::from_secs(5);

/// A store as a program of one host opens it.
fn on_host(url: &str, folder: &Path) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::at(url).unwrap().remembering_in(folder))
}

fn keeper(world: &World, store: Arc<dyn Registry>) -> Keeper {
    listening(world, store, &Told::default())
}

fn listening(world: &World, store: Arc<dyn Registry>, told: &Told) -> Keeper {
    Keeper::builder(store)
        .provider(
            support::provider(&world.base_url(), Replay::Never),
            support::client(),
        )
        .patience(Duration::ZERO)
        .on_notice(told.listen())
        .build()
        .unwrap()
}

/// A grant that the sandbox has just issued.
fn issued(world: &World) -> Connection {
    let tokens = world.sandbox.issue_grant(support::REALM);
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Connection {
        id: acme(),
        provider: "sandbox".to_owned(),
        realm: Some(support::REALM.to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(text("access_token"))),
            refresh: Some(RefreshToken::new(text("refresh_token"))),
            obtained: Some(SystemClock.now()),
            ..TokenSet::default()
        }),
        generation: Generation::default(),
        attempt: None,
        refusals: Vec::new(),
    }
}

async fn adopted(store: &dyn Registry, found: &Connection) -> Adoption {
    let lease = store.lease(&found.id, SHORT).await.unwrap();
    let adoption = store.adopt(&lease, found).await.unwrap();
    store.release(lease).await;
    adoption
}

async fn pause(store: &dyn Registry) -> Option<Pause> {
    let survey = store.survey(None).await.unwrap();
    survey.sightings[0].pause
}

async fn lapse(store: &dyn Registry) -> Option<Lapse> {
    match store.load(&acme()).await.unwrap().unwrap().grant {
        Grant::Lapsed { lapse, .. } => Some(lapse),
        Grant::Live(_) => None,
    }
}

/// Waits for what happens in the background.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn in_postgres() -> (World, String) {
    let world = World::with_rotation(Rotation::Strict).await;
    let url = postgres::database();
    let store = PostgresStore::at(&url).unwrap();
    let taken = adopted(&store, &issued(&world)).await;
    assert_eq!(taken, Adoption::Taken(Generation(1)));
    (world, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_a_restored_dump_spends_nothing_before_somebody_has_said_that_it_may() {
    let (world, url) = in_postgres().await;
    let folder = world.directory.path().join("host");
    let backup = dump(&url).unwrap();
    let before = keeper(&world, on_host(&url, &folder));
    before.refresh(&acme()).await.unwrap();
    drop(before);
    restore(&url, &backup).unwrap();

    let stranger: Arc<PostgresStore> = Arc::new(PostgresStore::at(&url).unwrap());
    let new = keeper(&world, Arc::clone(&stranger) as _);
    let error = new.refresh(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.to_string().contains("resume --restored"), "{error}");
    assert_eq!(pause(&*stranger).await, Some(Pause::Restored));

    // Who has seen the token spent says so to all.
    let old = on_host(&url, &folder);
    old.survey(None).await.unwrap();
    until("marked", async || {
        lapse(&*stranger).await == Some(Lapse::Spent)
    })
    .await;
    assert_eq!(stranger.resume_restored().await.unwrap(), 1);
    assert_eq!(pause(&*stranger).await, None);
    let error = new.refresh(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::Spent), "{error:?}");
    let counters = world.counters();
    assert_eq!((counters.refreshes, counters.invalid_grants), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_goes_on_when_somebody_has_said_that_it_may() {
    let (world, url) = in_postgres().await;
    let backup = dump(&url).unwrap();
    restore(&url, &backup).unwrap();
    let store = Arc::new(PostgresStore::at(&url).unwrap());
    let kept = keeper(&world, Arc::clone(&store) as _);
    kept.refresh(&acme()).await.unwrap_err();
    assert_eq!(world.counters().token_calls, 0);
    assert_eq!(store.resume_restored().await.unwrap(), 1);
    kept.refresh(&acme()).await.unwrap();
    // Twice restored is asked twice, and one at a time can be resumed as well.
    restore(&url, &dump(&url).unwrap()).unwrap();
    assert_eq!(pause(&*store).await, Some(Pause::Restored));
    store.pause(&acme(), false).await.unwrap();
    kept.refresh(&acme()).await.unwrap();
    assert_eq!(world.counters().invalid_grants, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_into_a_restored_database_is_nobodys_doubt() {
    let (world, url) = in_postgres().await;
    let backup = dump(&url).unwrap();
    restore(&url, &backup).unwrap();
    let store = Arc::new(PostgresStore::at(&url).unwrap());
    assert_eq!(pause(&*store).await, Some(Pause::Restored));
    adopted(&*store, &issued(&world)).await;
    assert_eq!(pause(&*store).await, None);
    keeper(&world, store).refresh(&acme()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_a_process_that_holds_the_later_pair_puts_it_back() {
    let (world, url) = in_postgres().await;
    let told = Told::default();
    let store = on_host(&url, &world.directory.path().join("host"));
    let running = listening(&world, Arc::clone(&store) as _, &told);
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let schedule = tokio::spawn({
        let running = running.clone();
        async move { running.run(stopped).await }
    });
    let backup = dump(&url).unwrap();
    running.refresh(&acme()).await.unwrap();
    running.refresh(&acme()).await.unwrap();
    let held = store.load(&acme()).await.unwrap().unwrap();
    restore(&url, &backup).unwrap();
    // Anybody's look at it is told to all.
    let other = PostgresStore::at(&url).unwrap();
    other.survey(None).await.unwrap();
    adopted(&other, &issued_elsewhere(&world)).await;

    let refresh = |it: &Connection| it.tokens().refresh.as_ref().unwrap().fingerprint();
    until("put back", async || {
        let found = other.load(&acme()).await.unwrap().unwrap();
        refresh(&found) == refresh(&held)
    })
    .await;
    let found = other.load(&acme()).await.unwrap().unwrap();
    assert!(matches!(found.grant, Grant::Live(_)), "{found:?}");
    assert!(found.generation > held.generation);
    let rest = found.attempt.unwrap().retry_at.unwrap();
    assert!(rest > SystemClock.now(), "a still later one may come");
    assert_eq!(pause(&other).await, None);
    until("told", async || {
        told.count(|event| matches!(event, Event::PutBack { .. })) == 1
    })
    .await;
    stop.cancel();
    schedule.await.unwrap();
    let counters = world.counters();
    assert_eq!((counters.refreshes, counters.invalid_grants), (2, 0));
}

/// Another connection's: whatever is taken in is told to all.
fn issued_elsewhere(world: &World) -> Connection {
    Connection {
        id: evergrant::ConnectionId::new("other"),
        ..issued(world)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_a_database_that_was_set_back_without_a_trace_shows_what_was_spent() {
    let (world, url) = in_postgres().await;
    let folder = world.directory.path().join("host");
    let store = on_host(&url, &folder);
    run(
        &url,
        "CREATE TABLE old AS SELECT * FROM evergrant.connections",
    )
    .unwrap();
    keeper(&world, store).refresh(&acme()).await.unwrap();
    // As a volume that was put back has it.
    let columns = "provider, realm, access_token, refresh_token, document, generation, version, \
                   changed, lease_owner, lease_until, spending, replaced";
    let set_back = format!(
        "UPDATE evergrant.connections SET ({columns}) = (SELECT {columns} FROM old); \
         DELETE FROM evergrant.spent"
    );
    run(&url, &set_back).unwrap();
    let again = on_host(&url, &folder);
    assert_eq!(lapse(&*again).await, Some(Lapse::Spent));
    let error = keeper(&world, again).refresh(&acme()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lapsed(Lapse::Spent), "{error:?}");
    assert_eq!(world.counters().invalid_grants, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_to_its_own_tables_is_no_restore() {
    let (world, url) = in_postgres().await;
    for upkeep in ["VACUUM FULL", "VACUUM FREEZE", "ANALYZE"] {
        run(&url, upkeep).unwrap();
    }
    let store = Arc::new(PostgresStore::at(&url).unwrap());
    assert_eq!(pause(&*store).await, None);
    keeper(&world, store).refresh(&acme()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_database_is_none_of_the_originals() {
    let (world, url) = in_postgres().await;
    let (root, name) = url.rsplit_once('/').unwrap();
    let copy = format!("{root}/{name}_copy");
    let make = format!("CREATE DATABASE {name}_copy TEMPLATE {name}");
    until("nobody is connected", async || {
        run(&format!("{root}/postgres"), &make).is_ok()
    })
    .await;
    let copied = Arc::new(PostgresStore::at(&copy).unwrap());
    assert_eq!(pause(&*copied).await, Some(Pause::Restored));
    keeper(&world, copied).refresh(&acme()).await.unwrap_err();
    assert_eq!(world.counters().token_calls, 0);
    let original = Arc::new(PostgresStore::at(&url).unwrap());
    keeper(&world, original).refresh(&acme()).await.unwrap();
}

#[tokio::test]
async fn a_sqlite_database_without_its_memory_spends_nothing_before_it_is_told() {
    let world = World::with_rotation(Rotation::Strict).await;
    let (path, copy) = (
        world.directory.path().join("a.db"),
        world.directory.path().join("copy.db"),
    );
    let store = SqliteStore::at(&path);
    adopted(&store, &issued(&world)).await;
    copy_alone(&path, &copy);
    let copied = Arc::new(SqliteStore::at(&copy));
    let kept = keeper(&world, Arc::clone(&copied) as _);
    let error = kept.refresh(&acme()).await.unwrap_err();
    assert!(error.to_string().contains("resume --restored"), "{error}");
    assert_eq!(pause(&*copied).await, Some(Pause::Restored));
    assert_eq!(world.counters().token_calls, 0);
    assert_eq!(copied.resume_restored().await.unwrap(), 1);
    kept.refresh(&acme()).await.unwrap();
    assert_eq!(pause(&store).await, None, "the original is none");
}

/// The database with what is not folded into it yet, without what stands beside it.
fn copy_alone(from: &Path, to: &Path) {
    let at = |path: &Path, suffix: &str| format!("{}{suffix}", path.display());
    for suffix in ["", "-wal"] {
        std::fs::copy(at(from, suffix), at(to, suffix)).unwrap();
    }
}
