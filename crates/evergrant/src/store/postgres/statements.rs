//! The statements of leases and of fenced writes: each is a transaction of its own.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::server::{self, Server, Value};
use super::{COLUMNS, WIDTH, kept};
use crate::store::fenced::{Fence, Kept, Rows, Taken, Write};
use crate::store::record::STORY_KEPT;
use crate::{BoxFuture, Clock as _, ConnectionId, Result, SystemClock};

/// Takes the lease if it is free, has run out, or is ours already.
const TAKE: &str = "
    WITH brisk AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS mode)
    INSERT INTO evergrant.connections AS c (id, lease_owner, lease_epoch, lease_until)
    SELECT $1, $2, 1, clock_timestamp() + $3 * interval '1 second' FROM brisk WHERE mode IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET lease_owner = $2, lease_epoch = c.lease_epoch + 1,
        lease_until = clock_timestamp() + $3 * interval '1 second', spending = false
    WHERE c.lease_until IS NULL OR c.lease_owner = $2 OR clock_timestamp() > c.lease_until
        + CASE WHEN c.spending THEN $4 * interval '1 second' ELSE interval '0' END
    RETURNING ";
/// As long as nobody else has taken it, even if it has run out.
const RENEW: &str = "
    WITH brisk AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS mode)
    UPDATE evergrant.connections SET lease_until = clock_timestamp() + $4 * interval '1 second'
    FROM brisk WHERE mode IS NOT NULL AND id = $1 AND lease_owner = $2 AND lease_epoch = $3
    RETURNING id";
const GIVE_BACK: &str = "
    WITH brisk AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS mode)
    UPDATE evergrant.connections SET lease_owner = NULL, lease_until = NULL, spending = false
    FROM brisk WHERE mode IS NOT NULL AND id = $1 AND lease_owner = $2 AND lease_epoch = $3
    RETURNING id";
/// Writes the record, with what the change adds, if the lease is still of this epoch and the record
/// still as it was read. The server may be set to answer before a commit is durable; not for this.
const WRITE: &str = "
    WITH firm AS MATERIALIZED (
        SELECT set_config('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply'
            ELSE 'on' END, true) AS mode),
    written AS (
        UPDATE evergrant.connections SET provider = $4, realm = $5, access_token = $6,
            refresh_token = $7, document = $8, generation = $9, version = version + 1,
            spending = $10, restored = restored AND $18,
            replaced = coalesce(($13)[array_upper($13, 1)], replaced),
            changed = CASE WHEN $10 THEN changed ELSE pg_current_xact_id() END
        FROM firm
        WHERE mode IS NOT NULL AND id = $1 AND lease_owner = $2 AND lease_epoch = $3
            AND version = $11 AND generation = $12 AND NOT ($10 AND (restored OR NOT (
                SELECT is_own FROM evergrant.lineage)))
        RETURNING id),
    ledger AS (
        INSERT INTO evergrant.spent (id, fingerprint)
        SELECT id, unnest($13) FROM written ON CONFLICT DO NOTHING),
    unspent AS (
        DELETE FROM evergrant.spent USING written
        WHERE spent.id = written.id AND fingerprint = $14),
    told AS (
        INSERT INTO evergrant.story (id, line) SELECT id, $15 FROM written),
    trimmed AS (
        DELETE FROM evergrant.story USING written
        WHERE story.id = written.id AND $16 AND seq <= (
            SELECT seq FROM evergrant.story AS old WHERE old.id = $1
            ORDER BY seq DESC LIMIT 1 OFFSET $17))
    SELECT id FROM written";

/// The same tokens in another form: nobody need look at them anew.
const REWRITE: &str = "
    WITH firm AS MATERIALIZED (
        SELECT set_config('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply'
            ELSE 'on' END, true) AS mode)
    UPDATE evergrant.connections SET access_token = $4, refresh_token = $5, version = version + 1
    FROM firm
    WHERE mode IS NOT NULL AND id = $1 AND lease_owner = $2 AND lease_epoch = $3 AND version = $6
    RETURNING id";

impl Rows for Server {
    fn take<'a>(
        &'a self,
        id: &'a ConnectionId,
        owner: &'a str,
        life: Duration,
        grace: Duration,
    ) -> BoxFuture<'a, Result<Option<Taken>>> {
        Box::pin(async move {
            let sql = format!("{TAKE} {COLUMNS}, version, lease_epoch");
            let parameters: [(Value<'_>, Type); 4] = [
                (&id.as_str(), Type::TEXT),
                (&owner, Type::TEXT),
                (&life.as_secs_f64(), Type::FLOAT8),
                (&grace.as_secs_f64(), Type::FLOAT8),
            ];
            let rows = self.query(&sql, &parameters).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            Ok(Some(Taken {
                epoch: server::column(row, WIDTH + 1)?,
                kept: of(row)?,
            }))
        })
    }

    fn renew<'a>(&'a self, fence: Fence<'a>, life: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 4] = [
                (&fence.id.as_str(), Type::TEXT),
                (&fence.owner, Type::TEXT),
                (&fence.epoch, Type::INT8),
                (&life.as_secs_f64(), Type::FLOAT8),
            ];
            Ok(!self.query(RENEW, &parameters).await?.is_empty())
        })
    }

    fn give_back<'a>(&'a self, fence: Fence<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 3] = [
                (&fence.id.as_str(), Type::TEXT),
                (&fence.owner, Type::TEXT),
                (&fence.epoch, Type::INT8),
            ];
            self.query(GIVE_BACK, &parameters).await.map(drop)
        })
    }

    fn read<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Kept>>> {
        Box::pin(async move {
            let sql = format!("SELECT {COLUMNS}, version FROM evergrant.connections WHERE id = $1");
            let rows = self.query(&sql, &[(&id.as_str(), Type::TEXT)]).await?;
            rows.first().map(of).transpose()
        })
    }

    fn write<'a>(&'a self, fence: Fence<'a>, write: Write<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 18] = [
                (&fence.id.as_str(), Type::TEXT),
                (&fence.owner, Type::TEXT),
                (&fence.epoch, Type::INT8),
                (&write.provider, Type::TEXT),
                (&write.realm, Type::TEXT),
                (&write.access, Type::TEXT),
                (&write.refresh, Type::TEXT),
                (&write.document, Type::TEXT),
                (&write.generation, Type::INT8),
                (&write.is_spending, Type::BOOL),
                (&write.version, Type::INT8),
                (&write.replaced, Type::INT8),
                (&write.spent, Type::TEXT_ARRAY),
                (&write.held, Type::TEXT),
                (&write.line, Type::TEXT),
                (&write.is_trimming, Type::BOOL),
                (&i64::from(STORY_KEPT), Type::INT8),
                (&write.is_restored, Type::BOOL),
            ];
            Ok(!self.query(WRITE, &parameters).await?.is_empty())
        })
    }

    fn rewrite<'a>(
        &'a self,
        fence: Fence<'a>,
        [access, refresh]: [Option<&'a str>; 2],
        version: i64,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 6] = [
                (&fence.id.as_str(), Type::TEXT),
                (&fence.owner, Type::TEXT),
                (&fence.epoch, Type::INT8),
                (&access, Type::TEXT),
                (&refresh, Type::TEXT),
                (&version, Type::INT8),
            ];
            Ok(!self.query(REWRITE, &parameters).await?.is_empty())
        })
    }

    fn note_accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        document: &'a str,
        version: i64,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let sql = "UPDATE evergrant.connections SET document = $2, version = version + 1 \
                       WHERE id = $1 AND version = $3 RETURNING id";
            let parameters: [(Value<'_>, Type); 3] = [
                (&id.as_str(), Type::TEXT),
                (&document, Type::TEXT),
                (&version, Type::INT8),
            ];
            Ok(!self.query(sql, &parameters).await?.is_empty())
        })
    }

    fn moment(&self) -> Duration {
        let since = SystemClock.since_boot().map(|since| since.as_millis());
        let milliseconds = since.unwrap_or_else(|| i128::from(SystemClock.now().as_millisecond()));
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
    }
}

/// What a row keeps that was asked for by [`COLUMNS`] and its version.
fn of(row: &Row) -> Result<Kept> {
    Ok(Kept {
        row: kept(row, 0)?,
        version: server::column(row, WIDTH)?,
    })
}
