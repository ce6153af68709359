//! Databases for tests, on the server that `EVERGRANT_TEST_POSTGRES` names, as `cargo xtask test` sets
//! it, or else on one that is started for this test program.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "each test file uses its part; a test stops at the first surprise"
)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

#[path = "throw_away.rs"]
pub mod throw_away;

use throw_away::Server;

/// Where a server is named by its maintenance database.
pub const VARIABLE: &str = "EVERGRANT_TEST_POSTGRES";

/// The URL of a new, empty database.
pub fn database() -> String {
    let server = match std::env::var(VARIABLE) {
        Ok(url) => url,
        Err(_) => own().url(),
    };
    database_on(&server)
}

/// The URL of a new, empty database on this server.
pub fn database_on(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("evergrant_{}_{count}", std::process::id());
    let fresh = format!("CREATE DATABASE {name} TEMPLATE template0");
    drop(throw_away::run(
        server,
        &format!("DROP DATABASE IF EXISTS {name}"),
    ));
    throw_away::run(server, &fresh).unwrap();
    let (root, _) = server.rsplit_once('/').unwrap();
    format!("{root}/{name}")
}

fn own() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match Server::start() {
        Ok(server) => server,
        Err(why) => panic!(
            "\n\nThe tests of the Postgres store need a server, and there is none: {why}.\n\
             Run `cargo xtask test`, which installs and starts one, or set {VARIABLE}.\n"
        ),
    })
}
