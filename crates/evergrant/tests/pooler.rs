//! A transaction pooler between evergrant and PostgreSQL: many stores on one connection of the server's.
//! Runs where PgBouncer is on the machine (Debian's package is `pgbouncer`), and says so where it is not.
#![cfg(all(unix, feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and tells why it did nothing"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AccessToken, Connection, ConnectionId, Generation, Grant, Keeper, PostgresStore, RefreshToken,
    Registry as _, Remark, Replay, Store as _, TokenSet,
};
use evergrant_sandbox::Rotation;
use postgres::throw_away::{Pooler, Server};
use support::World;
use tokio::task::JoinSet;

const HOSTS: usize = 4;
const CONNECTIONS: usize = 12;
const ROUNDS: u64 = 3;

fn issued(world: &World, number: usize) -> Connection {
    let tokens = world.sandbox.issue_grant(support::REALM);
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Connection {
        id: ConnectionId::new(format!("c{number}")),
        provider: "sandbox".to_owned(),
        realm: Some(support::REALM.to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(text("access_token"))),
            refresh: Some(RefreshToken::new(text("refresh_token"))),
            ..TokenSet::default()
        }),
        generation: Generation(1),
        attempt: None,
        refusals: Vec::new(),
    }
}

fn keeper(world: &World, url: &str) -> Keeper {
    Keeper::builder(Arc::new(PostgresStore::at(url).unwrap()))
        .provider(
            support::provider(&world.base_url(), Replay::Never),
            support::client(),
        )
        .patience(Duration::from_secs(20))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_hosts_share_one_connection_of_the_servers_and_spend_each_token_once() {
    let server = Server::start().unwrap();
    let Some(pooler) = Pooler::start(&server).unwrap() else {
        eprintln!("PgBouncer is not installed: nothing was tried with a transaction pooler");
        return;
    };
    let world = World::with_rotation(Rotation::Strict).await;
    let url = pooler.url_of(&postgres::database_on(&server.url()));
    let store = PostgresStore::at(&url).unwrap();
    for number in 0..CONNECTIONS {
        let new = issued(&world, number);
        let lease = store.lease(&new.id, Duration::from_secs(5)).await.unwrap();
        store.save(&lease, &new, Generation(0)).await.unwrap();
        store.release(lease).await;
    }
    let remarks = store.examine().await.unwrap();
    let tells = |it: &Remark| it.what.contains("a pooler stands between");
    assert!(remarks.iter().any(tells), "{remarks:?}");
    let keepers: Vec<Keeper> = (0..HOSTS).map(|_| keeper(&world, &url)).collect();
    for _ in 0..ROUNDS {
        world.expire();
        let mut asking = JoinSet::new();
        for keeper in &keepers {
            for number in 0..CONNECTIONS {
                let client = keeper.client(&ConnectionId::new(format!("c{number}")));
                let request = support::get(&world.employee());
                asking.spawn(async move { client.send(request).await.unwrap().status() });
            }
        }
        for status in asking.join_all().await {
            assert_eq!(status, 200);
        }
    }
    let counters = world.counters();
    let expected = u64::try_from(CONNECTIONS).unwrap() * ROUNDS;
    assert_eq!((counters.refreshes, counters.invalid_grants), (expected, 0));
}
