//! The statements of leases and of fenced writes: each is a transaction of its own. What most of them do
//! stands in `routines.rs`.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::server::{self, Server, Value};
use super::{COLUMNS, WIDTH, kept};
use crate::store::fenced::{Fence, Kept, Rows, Taken, Write};
use crate::store::record::STORY_KEPT;
use crate::{BoxFuture, Clock as _, ConnectionId, Result, SystemClock};

const TAKE: &str = "SELECT * FROM evergrant.take_lease($1, $2, $3, $4)";
const RENEW: &str = "SELECT evergrant.renew_lease($1, $2, $3, $4)";
const GIVE_BACK: &str = "SELECT evergrant.give_lease_back($1, $2, $3)";
const WRITE: &str = "SELECT evergrant.write_record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
                     $12, $13, $14, $15, $16, $17, $18)";
const REWRITE: &str = "SELECT evergrant.rewrite_tokens($1, $2, $3, $4, $5, $6)";

impl Rows for Server {
    fn take<'a>(
        &'a self,
        id: &'a ConnectionId,
        owner: &'a str,
        life: Duration,
        grace: Duration,
    ) -> BoxFuture<'a, Result<Option<Taken>>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 4] = [
                (&id.as_str(), Type::TEXT),
                (&owner, Type::TEXT),
                (&life.as_secs_f64(), Type::FLOAT8),
                (&grace.as_secs_f64(), Type::FLOAT8),
            ];
            let rows = self.query(TAKE, &parameters).await?;
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
            self.is_done(RENEW, &parameters).await
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
            self.is_done(WRITE, &parameters).await
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
            self.is_done(REWRITE, &parameters).await
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

impl Server {
    /// Runs a function that says whether it has done what it is for.
    async fn is_done(&self, sql: &str, parameters: &[(Value<'_>, Type)]) -> Result<bool> {
        let rows = self.query(sql, parameters).await?;
        rows.first().map_or(Ok(false), |row| server::column(row, 0))
    }
}

/// What a row keeps that was asked for by [`COLUMNS`] and its version.
fn of(row: &Row) -> Result<Kept> {
    Ok(Kept {
        row: kept(row, 0)?,
        version: server::column(row, WIDTH)?,
    })
}
