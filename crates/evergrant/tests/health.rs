//! What stores have to say of themselves when they are looked at.
#![cfg(all(feature = "postgres", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "support/postgres.rs"]
mod postgres;

use evergrant::{Remark, open};
use postgres::throw_away::run;

fn find<'a>(remarks: &'a [Remark], text: &str) -> &'a Remark {
    let found = remarks.iter().find(|remark| remark.what.contains(text));
    found.unwrap_or_else(|| panic!("nothing is said of {text}: {remarks:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_of_each_setting_that_its_promises_rest_on() {
    let url = postgres::database();
    let store = open(&url, None, None).unwrap();
    let remarks = store.examine().await.unwrap();
    // The tests' server is made to be forgotten.
    assert!(find(&remarks, "fsync is off").mend.is_some());
    for good in [
        "PostgreSQL 1",
        "it is the primary",
        "full_page_writes is on",
        "synchronous_commit is off by default, and pinned for tokens",
        "clock and the database's agree",
        "does not leave its machine",
        "tables are of version 4",
        "heard of at once",
        "none of its connections",
    ] {
        assert_eq!(find(&remarks, good).mend, None, "{good}");
    }
    let name = url.rsplit('/').next().unwrap();
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    run(&url, &read_only).unwrap();
    let error = open(&url, None, None).unwrap().examine().await.unwrap_err();
    assert!(error.is_transient(), "a failover mends it: {error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_version_before_takes_the_step_that_is_missing() {
    let url = postgres::database();
    open(&url, None, None).unwrap().list().await.unwrap();
    let before = "ALTER FUNCTION evergrant.write_record RESET ALL; \
                  UPDATE evergrant.version SET version = 3";
    run(&url, before).unwrap();
    open(&url, None, None).unwrap().list().await.unwrap();
    let version = "SELECT version, oldest FROM evergrant.version";
    assert_eq!(run(&url, version).unwrap(), "4|1", "the one before goes on");
    let planned = "SELECT proconfig FROM pg_proc WHERE proname = 'write_record'";
    let planned = run(&url, planned).unwrap();
    assert_eq!(planned, "{plan_cache_mode=force_generic_plan}");
}

#[tokio::test]
async fn sqlite_tells_whether_it_is_whole_and_synced() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let remarks = open(&url, None, None).unwrap().examine().await.unwrap();
    for good in [
        "write-ahead log",
        "is synced",
        "is whole",
        "of this machine",
    ] {
        assert_eq!(find(&remarks, good).mend, None, "{good}");
    }
}
