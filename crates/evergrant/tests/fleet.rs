//! What many connections cost: how long until the schedule knows all of them, how much memory that
//! takes, and how fast they are refreshed, by a provider that answers in no time and by one that takes
//! its time. Figures, not verdicts; it fails only if something is lost.
//!
//! `cargo xtask bench fleet`, with `EVERGRANT_FLEET=100000,1000000,2000` for rows in SQLite, rows in
//! Postgres, and refreshes; a store of 0 rows is left out. To learn what a row costs in memory, measure
//! one store alone: what an earlier one has left free is used again.
#![cfg(all(target_os = "linux", feature = "sqlite", feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement stops at the first surprise, and tells its figures"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use evergrant::{
    AccessToken, Connection, ConnectionId, Event, Generation, Grant, Keeper, MemoryStore,
    RefreshToken, Registry, Replay, TokenSet,
};
use evergrant_sandbox::Rotation;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use support::{Effect, Fault, Where, World};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How many refreshes are under way at once.
const AT_ONCE: usize = 64;
/// How long a provider takes for an answer: the sandbox takes next to nothing, and what it takes are the
/// processors that evergrant and the database could use.
const ANSWER: Duration = Duration::from_millis(100);

/// The same token calls without evergrant, on new connections.
#[derive(Clone, Copy)]
struct Ceiling {
    /// How long the token endpoint takes for each answer, besides its work.
    answer: Duration,
    a_second: f64,
}

/// When something happened, counted from the start of the schedule.
struct Times {
    /// The first lease was taken.
    begun: Duration,
    /// The first connection was refreshed.
    first: Duration,
    /// The last one.
    all: Duration,
}

fn sizes() -> [usize; 3] {
    let text = std::env::var("EVERGRANT_FLEET").unwrap_or("20000,50000,500".to_owned());
    let sizes: Vec<usize> = text.split(',').map(|size| size.parse().unwrap()).collect();
    sizes.try_into().unwrap()
}

fn connection(id: &str, access: String, refresh: String, expires: Timestamp) -> Connection {
    Connection {
        id: ConnectionId::new(id),
        provider: "sandbox".to_owned(),
        realm: Some(support::REALM.to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(access)),
            access_expires: Some(expires),
            refresh: Some(RefreshToken::new(refresh)),
            refresh_expires: Some(expires + SignedDuration::from_hours(2_000)),
            grant_expires: None,
            obtained: Some(expires - SignedDuration::from_hours(1)),
        }),
        generation: Generation(1),
        attempt: None,
        refusals: Vec::new(),
    }
}

/// One that the sandbox knows, and that is due.
fn due(world: &World, number: usize) -> Connection {
    let grant = world.sandbox.issue_grant(support::REALM);
    let text = |name: &str| grant[name].as_str().unwrap().to_owned();
    let id = format!("due-{number}");
    let expires = Timestamp::now() - SignedDuration::from_mins(1);
    connection(&id, text("access_token"), text("refresh_token"), expires)
}

/// One that nobody need do anything about for a long time; its tokens are as long as Intuit's.
fn fresh(number: usize) -> Connection {
    let access = format!("{number:0>900}");
    let refresh = format!("{number:0>50}");
    let expires = Timestamp::now() + SignedDuration::from_hours(24);
    connection(&format!("fresh-{number}"), access, refresh, expires)
}

async fn fill(store: &Arc<dyn Registry>, all: Vec<Connection>) {
    let mut tasks = JoinSet::new();
    for chunk in all.chunks(all.len().div_ceil(128).max(1)) {
        let (store, chunk) = (Arc::clone(store), chunk.to_vec());
        tasks.spawn(async move {
            for new in chunk {
                let wait = Duration::from_secs(60);
                let lease = store.lease(&new.id, wait).await.unwrap();
                store.save(&lease, &new, Generation(0)).await.unwrap();
                store.release(lease).await;
            }
        });
    }
    tasks.join_all().await;
}

/// Copies of the row `fresh-0` under other names: what their tokens are does not matter here.
fn multiply(database: &str, rows: usize) {
    let sql = format!(
        "INSERT INTO evergrant.connections \
           (id, provider, realm, access_token, refresh_token, document, generation, version) \
         SELECT 'copy-' || n, provider, realm, access_token, refresh_token, document, generation, \
           version FROM evergrant.connections, generate_series(1, {rows}) AS n \
         WHERE id = 'fresh-0'"
    );
    postgres::throw_away::run(database, &sql).unwrap();
    postgres::throw_away::run(database, "VACUUM ANALYZE evergrant.connections").unwrap();
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// A sandbox whose token endpoint takes so long for each answer.
async fn provider(answer: Duration) -> World {
    let world = World::with_rotation(Rotation::Strict).await;
    set_answer(&world, answer);
    world
}

fn set_answer(world: &World, answer: Duration) {
    world.sandbox.control().clear_faults();
    if answer.is_zero() {
        return;
    }
    let millis = u64::try_from(answer.as_millis()).unwrap();
    world.fault(Fault::new(Where::Token, Effect::Delay { millis }).forever());
}

/// Runs the schedule until so many refreshes are done.
async fn refresh(world: &World, store: Arc<dyn Registry>, count: usize) -> Times {
    let done = Arc::new(AtomicUsize::new(0));
    let [begun, first] = [(); 2].map(|()| Arc::new(OnceLock::new()));
    let (told, began) = (Arc::clone(&done), Instant::now());
    let noted = [&begun, &first].map(Arc::clone);
    let keeper = Keeper::builder(store)
        .provider(
            support::provider(&world.base_url(), Replay::AtOnce),
            support::client(),
        )
        .refreshes_at_once(AT_ONCE)
        .on_notice(move |notice| match notice.event {
            Event::Leased => {
                noted[0].get_or_init(|| began.elapsed());
            }
            Event::Refreshed { .. } => {
                noted[1].get_or_init(|| began.elapsed());
                told.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        })
        .build()
        .unwrap();
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let running = tokio::spawn(async move { keeper.run(stopped).await });
    while done.load(Ordering::Relaxed) < count {
        assert!(
            began.elapsed() < Duration::from_secs(1_800),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let all = began.elapsed();
    stop.cancel();
    running.await.unwrap();
    let [begun, first] = [begun, first].map(|noted| *noted.get().unwrap());
    Times { begun, first, all }
}

/// The same token calls and nothing else, so many at once: what no keeper can be faster than. `kept`
/// connections are used again; a keeper makes a new one for each call.
async fn bare(world: &World, count: usize, kept: bool) -> f64 {
    let grants: Vec<String> = (0..count)
        .map(|_| {
            let grant = world.sandbox.issue_grant(support::REALM);
            grant["refresh_token"].as_str().unwrap().to_owned()
        })
        .collect();
    let grants = Arc::new(Mutex::new(grants));
    let uri: Uri = format!("{}/oauth2/v1/tokens/bearer", world.base_url())
        .parse()
        .unwrap();
    let idle = if kept { AT_ONCE } else { 0 };
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle)
        .build_http::<Full<Bytes>>();
    let support_client = support::client();
    let secret = support_client.secret.as_ref().unwrap().expose();
    let basic = STANDARD.encode(format!("{}:{secret}", support_client.id));
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..AT_ONCE {
        let (grants, client, uri, basic) = (
            Arc::clone(&grants),
            client.clone(),
            uri.clone(),
            basic.clone(),
        );
        tasks.spawn(async move {
            loop {
                let next = grants.lock().unwrap().pop();
                let Some(token) = next else { return };
                let form = format!("grant_type=refresh_token&refresh_token={token}");
                let request = Request::post(&uri)
                    .header("authorization", format!("Basic {basic}"))
                    .header("accept", "application/json")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(Full::from(form))
                    .unwrap();
                let answer = client.request(request).await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.into_body().collect().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    count as f64 / began.elapsed().as_secs_f64()
}

/// The rates on new connections, as each is what a store is compared with.
async fn ceilings(count: usize) -> [Ceiling; 2] {
    let mut ceilings = [Duration::ZERO, ANSWER].map(|answer| Ceiling {
        answer,
        a_second: 0.0,
    });
    for ceiling in &mut ceilings {
        let world = provider(ceiling.answer).await;
        for kept in [true, false] {
            ceiling.a_second = bare(&world, count, kept).await;
            let (how, which) = (
                if kept { "kept" } else { "new" },
                where_answers(ceiling.answer),
            );
            let rate = ceiling.a_second;
            println!("bare token calls on {how} connections{which}: {rate:.0} a second");
        }
    }
    ceilings
}

fn where_answers(take: Duration) -> String {
    if take.is_zero() {
        return String::new();
    }
    format!(" where an answer takes {} ms", take.as_millis())
}

async fn measure(
    name: &str,
    store: Arc<dyn Registry>,
    [rows, count]: [usize; 2],
    ceilings: &[Ceiling],
) {
    let world = provider(Duration::ZERO).await;
    let before = resident();
    fill(&store, vec![due(&world, 0)]).await;
    let cold = refresh(&world, Arc::clone(&store), 1).await.first;
    let each = resident().saturating_sub(before) / rows.max(1);
    if rows > 0 {
        println!(
            "{name}: {rows} rows; the first of all is refreshed after {:.2} s; {each} bytes \
             resident a row",
            cold.as_secs_f64()
        );
    }
    for (turn, ceiling) in ceilings.iter().enumerate() {
        set_answer(&world, ceiling.answer);
        let numbers = (1..=count).map(|number| turn * count + number);
        fill(&store, numbers.map(|number| due(&world, number)).collect()).await;
        let times = refresh(&world, Arc::clone(&store), count).await;
        let rate = count as f64 / (times.all - times.begun).as_secs_f64();
        let (share, which) = (rate / ceiling.a_second, where_answers(ceiling.answer));
        println!("{name}: {rate:.0} refreshes a second{which}, {share:.2} of the bare calls");
    }
    assert_eq!(world.counters().invalid_grants, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn what_many_connections_cost() {
    let [in_sqlite, in_postgres, count] = sizes();
    let ceilings = ceilings(count).await;
    if in_sqlite > 0 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let store = evergrant::open(&url, None, None).unwrap();
        fill(&store, (0..in_sqlite).map(fresh).collect()).await;
        drop(store);
        let store = evergrant::open(&url, None, None).unwrap();
        measure("sqlite", store, [in_sqlite, count], &ceilings).await;
    }
    if in_postgres > 0 {
        let url = postgres::database();
        let store = evergrant::open(&url, None, None).unwrap();
        fill(&store, vec![fresh(0)]).await;
        multiply(&url, in_postgres);
        measure("postgres", store, [in_postgres, count], &ceilings).await;
    }
    let store = Arc::new(MemoryStore::new());
    measure("memory", store, [0, count], &ceilings).await;
}
