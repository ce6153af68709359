//! The tables, and how an older database becomes a newer one.
//!
//! Steps are added, never changed, and only add to what there is, so programs of the version before go
//! on working while a newer one has taken theirs. Should a step ever have to break that, it says so by
//! the oldest version that may go on.

use deadpool_postgres::Transaction;

use super::server::refused;
use super::{origin, routines};
use crate::{Error, ErrorKind, Result};

/// The steps, and the version of the first program that understands the tables after each.
const STEPS: [(&str, i32); 4] = [
    (FIRST, 1),
    (origin::STEP, 1),
    (routines::STEP, 1),
    (routines::PLANNED_ONCE, 1),
];

const FIRST: &str = "
    CREATE TABLE evergrant.connections (
        id text PRIMARY KEY,
        provider text NOT NULL DEFAULT '',
        realm text,
        access_token text,
        refresh_token text,
        paused boolean NOT NULL DEFAULT false,
        document text,
        generation bigint NOT NULL DEFAULT 0,
        -- Counts the writes of the columns above.
        version bigint NOT NULL DEFAULT 0,
        -- The transaction of the last change that others may want to see.
        changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
        lease_owner text,
        lease_epoch bigint NOT NULL DEFAULT 0,
        lease_until timestamptz,
        -- The holder is about to spend the refresh token.
        spending boolean NOT NULL DEFAULT false
    ) WITH (fillfactor = 60);
    CREATE INDEX connections_by_change ON evergrant.connections (changed, id);
    CREATE TABLE evergrant.spent (
        id text NOT NULL,
        fingerprint text NOT NULL,
        PRIMARY KEY (id, fingerprint)
    );
    CREATE TABLE evergrant.story (
        id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        line text NOT NULL,
        PRIMARY KEY (id, seq)
    );
    CREATE UNLOGGED TABLE evergrant.pace (
        app text PRIMARY KEY,
        next timestamptz NOT NULL
    );
    ";

/// What a new database needs before its first step.
const BEGINNING: &str = "
    CREATE SCHEMA IF NOT EXISTS evergrant;
    CREATE TABLE IF NOT EXISTS evergrant.version (
        version integer NOT NULL,
        oldest integer NOT NULL
    );
";

/// One process migrates at a time: the number is this program's own.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7307498714123657842)";

/// Whether a database at `version`, which programs from `oldest` on understand, is ready for us.
///
/// # Errors
/// [`ErrorKind::Config`] if it is too new.
pub(super) fn is_ready(version: i32, oldest: i32) -> Result<bool> {
    if oldest > ours() {
        return Err(Error::new(
            ErrorKind::Config,
            "the database was changed by a later version of this program, which no longer lets this \
             one use it; nothing in it was touched",
        ));
    }
    Ok(version >= ours())
}

/// Takes the steps that are missing, all or none.
pub(super) async fn migrate(transaction: Transaction<'_>) -> Result<()> {
    let run = async |sql: &str| {
        transaction
            .batch_execute(sql)
            .await
            .map_err(|e| refused(&e))
    };
    run(LOCK).await?;
    run(BEGINNING).await?;
    let sql = "SELECT version, oldest FROM evergrant.version";
    let found = transaction
        .query_typed(sql, &[])
        .await
        .map_err(|error| refused(&error))?;
    let version = match found.first() {
        Some(row) => {
            let version: i32 = super::server::column(row, 0)?;
            if is_ready(version, super::server::column(row, 1)?)? {
                return Ok(());
            }
            version
        }
        None => 0,
    };
    let done = usize::try_from(version).unwrap_or(0);
    let mut oldest = 1;
    for (step, breaks) in STEPS.iter().skip(done) {
        run(step).await?;
        oldest = oldest.max(*breaks);
    }
    let now = ours();
    run(&format!(
        "DELETE FROM evergrant.version; INSERT INTO evergrant.version VALUES ({now}, {oldest})"
    ))
    .await?;
    transaction.commit().await.map_err(|error| refused(&error))
}

fn ours() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}
