//! Whether the tables are where they were made, or have come from elsewhere: out of a dump, or in a copy
//! of the database.
//!
//! Two rows say in which database, and by which transaction each, they were written. Whatever brings
//! rows back writes them by transactions of its own, one for all of a table's, so at least one of the two
//! says something else than the server does. Until that has been noticed, and every connection been
//! marked as restored, no statement spends a token. Copies of whole files are not recognised by it:
//! servers that fail over, and backups of volumes, keep their transactions.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::schema::LOCK;
use super::server::{column, refused};
use crate::Result;

/// The step of the schema that brings this.
pub(super) const STEP: &str = "
    ALTER TABLE evergrant.connections
        -- The fingerprint of the refresh token that was rotated away last.
        ADD COLUMN replaced text,
        -- The tokens are from a backup, and nobody has said that they may be spent.
        ADD COLUMN restored boolean NOT NULL DEFAULT false;
    -- No key: what rewrites tables by key would write these rows anew.
    CREATE TABLE evergrant.origin (written xid8 NOT NULL, database oid NOT NULL);
    CREATE VIEW evergrant.lineage AS
        SELECT count(*) AS rows, count(*) FILTER (WHERE is_own) AS own,
            count(*) = 2 AND count(*) FILTER (WHERE is_own) = 2 AS is_own
        FROM (
            SELECT xmin::text::numeric = written::text::numeric % 4294967296
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AS is_own
            FROM evergrant.origin) AS each;
    INSERT INTO evergrant.origin
        SELECT pg_current_xact_id(), oid FROM pg_database WHERE datname = current_database();
    ";

/// How many rows there are, and how many of them were written here.
pub(super) const COUNT: &str = "SELECT rows, own FROM evergrant.lineage";

/// The second row, by another transaction than the first.
const SECOND: &str = "
    INSERT INTO evergrant.origin
        SELECT pg_current_xact_id(), oid FROM pg_database, evergrant.lineage
        WHERE datname = current_database() AND rows = 1 AND own = 1";

/// All connections are from a backup, or from another database; nobody holds their leases any more, and
/// who has looked at the other database has to look at all of them anew.
const RESTORED: &str = "
    DELETE FROM evergrant.origin;
    INSERT INTO evergrant.origin
        SELECT pg_current_xact_id(), oid FROM pg_database WHERE datname = current_database();
    UPDATE evergrant.connections SET restored = true, version = version + 1,
        changed = pg_current_xact_id(), lease_owner = NULL, lease_until = NULL, spending = false";

/// What the rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// They were written here.
    Own,
    /// One was, and the other is yet to be written.
    Half,
    /// They were brought here.
    Foreign,
}

/// Whether nothing is to be done, by the answer to [`COUNT`].
pub(super) fn is_settled(counted: Option<&Row>) -> Result<bool> {
    Ok(origin(counted)? == Origin::Own)
}

/// Marks what was brought here, and makes the rows say that they are of here from now on.
pub(super) async fn settle(client: &mut Client) -> Result<()> {
    if step(client).await? == Origin::Foreign {
        step(client).await?;
    }
    Ok(())
}

/// One transaction; what was to be done in it.
async fn step(client: &mut Client) -> Result<Origin> {
    // Even what brings back each row by a transaction of its own does so by one after the other.
    let burnt = client.batch_execute("SELECT pg_current_xact_id()").await;
    burnt.map_err(|error| refused(&error))?;
    let transaction = client.transaction().await;
    let transaction = transaction.map_err(|error| refused(&error))?;
    let run = async |sql: &str| {
        let ran = transaction.batch_execute(sql).await;
        ran.map_err(|error| refused(&error))
    };
    run(LOCK).await?;
    let counted = transaction.query_typed(COUNT, &[]).await;
    let found = origin(counted.map_err(|error| refused(&error))?.first())?;
    match found {
        Origin::Own => {}
        Origin::Half => run(SECOND).await?,
        Origin::Foreign => run(RESTORED).await?,
    }
    transaction
        .commit()
        .await
        .map_err(|error| refused(&error))?;
    Ok(found)
}

fn origin(counted: Option<&Row>) -> Result<Origin> {
    let Some(row) = counted else {
        return Ok(Origin::Foreign);
    };
    let (rows, own): (i64, i64) = (column(row, 0)?, column(row, 1)?);
    Ok(match (rows, own) {
        (2, 2) => Origin::Own,
        (1, 1) => Origin::Half,
        _ => Origin::Foreign,
    })
}
