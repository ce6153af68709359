//! Many connections: more than a survey shows at once, and ones that come while a schedule sleeps.
#![cfg(all(feature = "postgres", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AccessToken, Clock as _, Connection, ConnectionId, Event, Generation, Grant, Keeper, Lease,
    Next, PostgresStore, Reason, RefreshToken, Registry, Replay, SystemClock, TokenSet, open,
};
use evergrant_sandbox::Rotation;
use jiff::SignedDuration;
use postgres::throw_away::{Server, run};
use support::{REALM, Told, World};
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

fn connection(id: &str) -> Connection {
    Connection {
        id: ConnectionId::new(id),
        provider: "intuit-sandbox".to_owned(),
        realm: Some("123146096291789".to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new("access")),
            refresh: Some(RefreshToken::new("refresh")),
            ..TokenSet::default()
        }),
        generation: Generation(1),
        attempt: None,
        refusals: Vec::new(),
    }
}

async fn save(store: &dyn Registry, id: &str) {
    save_as(store, connection(id)).await;
}

async fn save_as(store: &dyn Registry, new: Connection) {
    let wait = Duration::from_secs(30);
    let lease = store.lease(&new.id, wait).await.unwrap();
    store.save(&lease, &new, Generation(0)).await.unwrap();
    store.release(lease).await;
}

/// How often each connection is shown, all pages together, and how many pages that were.
async fn shown(store: &dyn Registry) -> (BTreeMap<String, usize>, usize) {
    let (mut times, mut pages, mut mark) = (BTreeMap::new(), 0, None);
    loop {
        let survey = store.survey(mark.as_ref()).await.unwrap();
        pages += 1;
        for sighting in survey.sightings {
            *times.entry(sighting.id.as_str().to_owned()).or_default() += 1;
        }
        match survey.next {
            Next::More(next) => mark = Some(next),
            Next::From(_) | Next::Anew => return (times, pages),
        }
    }
}

fn assert_each_once(times: &BTreeMap<String, usize>, count: usize) {
    assert_eq!(times.len(), count, "some were not shown");
    assert!(
        times.values().all(|&times| times == 1),
        "some were shown twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_shows_each_once_whatever_the_numbers_of_their_changes() {
    let url = postgres::database();
    let store = open(&url, None, None).unwrap();
    save(&*store, "first").await;
    // As if each had been changed by one of thousands of transactions, whose numbers have one to four
    // digits.
    let copies = "INSERT INTO evergrant.connections \
                      (id, provider, realm, access_token, refresh_token, document, generation, \
                       version, changed) \
                  SELECT 'copy-' || n, provider, realm, access_token, refresh_token, document, \
                      generation, version, (1 + n * 7919 % 4999)::text::xid8 \
                  FROM evergrant.connections, generate_series(1, 12000) AS n WHERE id = 'first'";
    run(&url, copies).unwrap();
    let (times, pages) = shown(&*store).await;
    assert_each_once(&times, 12_001);
    assert!(pages > 2, "it was all on {pages} pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_shows_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let store = open(&url, None, None).unwrap();
    let saves = (0..4_500).map(|number| {
        let store = store.clone();
        async move { save(&*store, &format!("company-{number}")).await }
    });
    futures_util::future::join_all(saves).await;
    let (times, pages) = shown(&*store).await;
    assert_each_once(&times, 4_500);
    assert!(pages > 2, "it was all on {pages} pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_host_adds_is_looked_after_before_the_schedule_wakes_by_itself() {
    let (world, told, url) = (World::start().await, Told::default(), postgres::database());
    let lasting = |id: &str, hours| Connection {
        provider: "sandbox".to_owned(),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new("of no importance")),
            access_expires: Some(SystemClock.now() + SignedDuration::from_hours(hours)),
            refresh: Some(RefreshToken::new(
                world.sandbox.issue_grant(REALM)["refresh_token"]
                    .as_str()
                    .unwrap(),
            )),
            ..TokenSet::default()
        }),
        ..connection(id)
    };
    let elsewhere = open(&url, None, None).unwrap();
    save_as(&*elsewhere, lasting("at rest", 24)).await;
    let provider = support::provider(&world.base_url(), Replay::AtOnce);
    let keeper = Keeper::builder(open(&url, None, None).unwrap())
        .provider(provider, support::client())
        .on_notice(told.listen())
        .build()
        .unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { keeper.run(stop.cancelled_owned()).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let is_refreshed = |it: &Event| {
        matches!(
            it,
            Event::Refreshed {
                reason: Reason::Expired,
                ..
            }
        )
    };
    assert_eq!(told.count(is_refreshed), 0);
    save_as(&*elsewhere, lasting("just added", -1)).await;
    // The schedule sleeps for 37 s when nothing stirs.
    for _ in 0..150 {
        if told.count(is_refreshed) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(told.count(is_refreshed), 1, "{:?}", told.events());
    stop.cancel();
    running.await.unwrap();
}

/// Leases of all, asked for at once.
async fn lease_all(store: &Arc<dyn Registry>, ids: &[ConnectionId]) -> Vec<Option<Lease>> {
    let asked = ids.iter().map(|id| {
        let (store, id) = (Arc::clone(store), id.clone());
        tokio::spawn(async move { store.lease(&id, Duration::ZERO).await })
    });
    let leases = futures_util::future::join_all(asked).await;
    leases
        .into_iter()
        .map(|lease| lease.unwrap().ok())
        .collect()
}

fn names(count: usize) -> Vec<ConnectionId> {
    let name = |number| ConnectionId::new(format!("c-{number:03}"));
    (0..count).map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_take_the_same_leases_at_once_never_wait_for_each_other_in_a_ring() {
    let url = postgres::database();
    let hosts: Vec<_> = (0..3).map(|_| open(&url, None, None).unwrap()).collect();
    let ids = names(200);
    for _ in 0..3 {
        let mut reversed = ids.clone();
        reversed.reverse();
        let all = [ids.clone(), reversed, ids.clone()];
        let taking = hosts
            .iter()
            .zip(&all)
            .map(|(host, ids)| lease_all(host, ids));
        let taken = futures_util::future::join_all(taking).await;
        let mut held: Vec<_> = taken.into_iter().flatten().flatten().collect();
        held.sort_by(|one, other| one.id().cmp(other.id()));
        assert!(held.iter().map(Lease::id).eq(&ids), "{} leases", held.len());
        let returns = held.into_iter().map(|lease| hosts[0].release(lease));
        futures_util::future::join_all(returns).await;
    }
}

/// While it is held, whoever would change the row waits.
async fn lock_row(url: &str, id: &ConnectionId) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let lock = format!("BEGIN; SELECT id FROM evergrant.connections WHERE id = '{id}' FOR UPDATE");
    client.batch_execute(&lock).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_has_locked_is_nobody_elses_trouble() {
    let (url, ids) = (postgres::database(), names(40));
    let store = open(&url, None, None).unwrap();
    let saves = ids.iter().map(|id| save(&*store, id.as_str()));
    futures_util::future::join_all(saves).await;
    let (locked, others) = ids.split_last().unwrap();

    let lock = lock_row(&url, locked).await;
    let (waits, id) = (Arc::clone(&store), locked.clone());
    let waits = tokio::spawn(async move { waits.lease(&id, Duration::ZERO).await });
    let mut leases = lease_all(&store, others).await;
    assert!(leases.iter().all(Option::is_some));
    drop(lock);
    leases.push(Some(waits.await.unwrap().unwrap()));

    let lock = lock_row(&url, locked).await;
    let save = |lease: Option<Lease>| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let lease = lease.unwrap();
            let next = Connection {
                generation: Generation(2),
                ..connection(lease.id().as_str())
            };
            store.save(&lease, &next, Generation(1)).await.unwrap();
            lease
        })
    };
    let mut saves: Vec<_> = leases.into_iter().map(save).collect();
    let waits = saves.pop().unwrap();
    for lease in futures_util::future::join_all(saves).await {
        store.release(lease.unwrap()).await;
    }
    drop(lock);
    store.release(waits.await.unwrap()).await;
    for id in &ids {
        let stored = store.load(id).await.unwrap().unwrap();
        assert_eq!(stored.generation, Generation(2));
    }
}

/// A server that ends may forget that a lease was given back; it is not waited for for long here.
fn with_short_leases(url: &str) -> PostgresStore {
    let store = PostgresStore::at(url).unwrap();
    store.lease_life(Duration::from_secs(1))
}

fn strict_keeper(world: &World, url: &str) -> Keeper {
    let provider = support::provider(&world.base_url(), Replay::Never);
    Keeper::builder(Arc::new(with_short_leases(url)))
        .provider(provider, support::client())
        .patience(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// All hosts make a request with each connection, while the server ends and comes back.
async fn ask_with_all(world: &World, hosts: &[Keeper], ids: &[ConnectionId], server: &Server) {
    world.expire();
    let mut asking = JoinSet::new();
    for (host, id) in hosts
        .iter()
        .flat_map(|host| ids.iter().map(move |id| (host, id)))
    {
        let (client, url) = (host.client(id), world.employee());
        asking.spawn(async move {
            loop {
                match client.send(support::get(&url)).await {
                    Ok(answer) => return answer.status(),
                    Err(error) => assert!(error.is_transient(), "{error:?}"),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    for wait in [20, 500] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        server.crash();
    }
    let answers = asking.join_all().await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_many_grants_outlive_a_server_that_ends_in_the_middle_of_their_refreshes() {
    let (server, ids) = (Server::start().unwrap(), names(40));
    let url = postgres::database_on(&server.url());
    let world = World::with_rotation(Rotation::Strict).await;
    let store = with_short_leases(&url);
    for id in &ids {
        let issued = world.sandbox.issue_grant(REALM);
        let text = |name: &str| issued[name].as_str().unwrap().to_owned();
        let tokens = TokenSet {
            access: Some(AccessToken::new(text("access_token"))),
            refresh: Some(RefreshToken::new(text("refresh_token"))),
            ..TokenSet::default()
        };
        let new = Connection {
            provider: "sandbox".to_owned(),
            realm: Some(REALM.to_owned()),
            grant: Grant::Live(tokens),
            ..connection(id.as_str())
        };
        save_as(&store, new).await;
    }
    let hosts: Vec<_> = (0..3).map(|_| strict_keeper(&world, &url)).collect();
    // No more: that the API has taken a token is a note that a server which ends may lose, and after two
    // refusals in a row without one a third is not met with a refresh.
    for _ in 0..2 {
        ask_with_all(&world, &hosts, &ids, &server).await;
    }
    let counters = world.counters();
    assert_eq!((counters.refreshes, counters.invalid_grants), (80, 0));
}
