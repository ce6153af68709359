//! The statements of leases and of fenced writes. What most of them do stands in `routines.rs`; those of
//! every refresh are run together (`together.rs`).

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use zeroize::Zeroizing;

use super::server::{self, Server, Trouble, Value};
use super::together::{Step, Together};
use super::{COLUMNS, WIDTH, kept};
use crate::store::fenced::{Fence, Kept, Rows, Taken, Write};
use crate::store::record::STORY_KEPT;
use crate::{BoxFuture, Clock as _, ConnectionId, Fingerprint, Result, SystemClock};

const RENEW: &str = "SELECT evergrant.renew_lease($1, $2, $3, $4)";
const REWRITE: &str = "SELECT evergrant.rewrite_tokens($1, $2, $3, $4, $5, $6)";

/// How many statements of a kind may be under way: one that is lost on the way must not hold up all others.
const AT_ONCE: usize = 2;
/// Writes wait for a disk, and one that comes meanwhile would have to wait for that too.
const WRITES_AT_ONCE: usize = 4;

// The steps' functions are called in the order of the arrays: names' order.
const TAKE: &str = "
    WITH hurry AS MATERIALIZED (SELECT set_config('lock_timeout',
        coalesce($1, current_setting('lock_timeout')), true) AS is_set)
    SELECT lease.*, number FROM hurry,
        unnest($2, $3, $4, $5) WITH ORDINALITY AS step (id, owner, life, grace, number),
        LATERAL evergrant.take_lease(step.id, owner, life, grace) AS lease
    WHERE is_set IS NOT NULL";
const GIVE_BACK: &str = "
    WITH hurry AS MATERIALIZED (SELECT set_config('lock_timeout',
        coalesce($1, current_setting('lock_timeout')), true) AS is_set)
    SELECT evergrant.give_lease_back(id, owner, epoch), number FROM hurry,
        unnest($2, $3, $4) WITH ORDINALITY AS step (id, owner, epoch, number)
    WHERE is_set IS NOT NULL";
const WRITE: &str = "
    WITH hurry AS MATERIALIZED (SELECT set_config('lock_timeout',
        coalesce($1, current_setting('lock_timeout')), true) AS is_set)
    SELECT evergrant.write_record(id, owner, epoch, provider, realm, access, refresh, document,
        generation, is_spending, version, replaced, string_to_array(spent, ' '), held, line,
        is_trimming, $2, is_restored), number FROM hurry,
        unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        WITH ORDINALITY AS step (id, owner, epoch, provider, realm, access, refresh, document,
            generation, is_spending, version, replaced, spent, held, line, is_trimming,
            is_restored, number)
    WHERE is_set IS NOT NULL";

/// What is asked of the server for leases and fenced writes.
#[derive(Debug)]
pub(super) struct Statements {
    server: Arc<Server>,
    takings: Arc<Together<Taking>>,
    writings: Arc<Together<Writing>>,
    returns: Arc<Together<Return>>,
}

impl Statements {
    pub(super) fn on(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            takings: Together::on(server, AT_ONCE),
            writings: Together::on(server, WRITES_AT_ONCE),
            returns: Together::on(server, AT_ONCE),
        }
    }
}

impl Rows for Statements {
    fn take<'a>(
        &'a self,
        id: &'a ConnectionId,
        owner: &'a str,
        life: Duration,
        grace: Duration,
    ) -> BoxFuture<'a, Result<Option<Taken>>> {
        Box::pin(self.takings.ask(Taking {
            id: id.clone(),
            owner: owner.to_owned(),
            life,
            grace,
        }))
    }

    fn renew<'a>(&'a self, fence: Fence<'a>, life: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 4] = [
                (&fence.id.as_str(), Type::TEXT),
                (&fence.owner, Type::TEXT),
                (&fence.epoch, Type::INT8),
                (&life.as_secs_f64(), Type::FLOAT8),
            ];
            self.server.is_done(RENEW, &parameters).await
        })
    }

    fn give_back<'a>(&'a self, fence: Fence<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.returns.ask(Return(Behind::of(fence))))
    }

    fn read<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Kept>>> {
        Box::pin(async move {
            let sql = format!("SELECT {COLUMNS}, version FROM evergrant.connections WHERE id = $1");
            let rows = self
                .server
                .query(&sql, &[(&id.as_str(), Type::TEXT)])
                .await?;
            rows.first().map(of).transpose()
        })
    }

    fn write<'a>(&'a self, fence: Fence<'a>, write: Write) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.writings.ask(Writing {
            fence: Behind::of(fence),
            spent: words(&write.spent),
            write,
        }))
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
            self.server.is_done(REWRITE, &parameters).await
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
            Ok(!self.server.query(sql, &parameters).await?.is_empty())
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

/// A lease that somebody would have.
struct Taking {
    id: ConnectionId,
    owner: String,
    life: Duration,
    grace: Duration,
}

impl Step for Taking {
    type Answer = Option<Taken>;
    type Server = Server;

    fn id(&self) -> &ConnectionId {
        &self.id
    }

    fn run<'a>(
        server: &'a Server,
        steps: &'a [Self],
        hurry: Option<Duration>,
    ) -> BoxFuture<'a, Result<Vec<Result<Option<Taken>>>, Trouble>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 5] = [
                (&milliseconds(hurry), Type::TEXT),
                (&all(steps, |it| it.id.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.owner.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.life.as_secs_f64()), Type::FLOAT8_ARRAY),
                (&all(steps, |it| it.grace.as_secs_f64()), Type::FLOAT8_ARRAY),
            ];
            let rows = server.try_query(TAKE, &parameters).await?;
            // Nothing is said of those that can't be had.
            let taken = |row: &Row| {
                Ok(Some(Taken {
                    epoch: server::column(row, WIDTH + 1)?,
                    kept: of(row)?,
                }))
            };
            answers(steps.len(), &rows, WIDTH + 2, || Ok(None), taken)
        })
    }
}

/// A lease that its holder gives back.
struct Return(Behind);

impl Step for Return {
    type Answer = ();
    type Server = Server;

    fn id(&self) -> &ConnectionId {
        &self.0.id
    }

    fn run<'a>(
        server: &'a Server,
        steps: &'a [Self],
        hurry: Option<Duration>,
    ) -> BoxFuture<'a, Result<Vec<Result<()>>, Trouble>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 4] = [
                (&milliseconds(hurry), Type::TEXT),
                (&all(steps, |it| it.0.id.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.0.owner.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.0.epoch), Type::INT8_ARRAY),
            ];
            server.try_query(GIVE_BACK, &parameters).await?;
            // If it was somebody else's by then, that is all right.
            Ok(steps.iter().map(|_| Ok(())).collect())
        })
    }
}

/// A row that is to be written.
struct Writing {
    fence: Behind,
    write: Write,
    /// Between blanks: what an array in an array must be.
    spent: String,
}

impl Step for Writing {
    type Answer = bool;
    type Server = Server;

    fn id(&self) -> &ConnectionId {
        &self.fence.id
    }

    fn run<'a>(
        server: &'a Server,
        steps: &'a [Self],
        hurry: Option<Duration>,
    ) -> BoxFuture<'a, Result<Vec<Result<bool>>, Trouble>> {
        Box::pin(async move {
            let parameters: [(Value<'_>, Type); 19] = [
                (&milliseconds(hurry), Type::TEXT),
                (&i64::from(STORY_KEPT), Type::INT8),
                (&all(steps, |it| it.fence.id.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.fence.owner.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.fence.epoch), Type::INT8_ARRAY),
                (
                    &all(steps, |it| it.write.provider.as_str()),
                    Type::TEXT_ARRAY,
                ),
                (
                    &all(steps, |it| it.write.realm.as_deref()),
                    Type::TEXT_ARRAY,
                ),
                (
                    &all(steps, |it| text(it.write.access.as_ref())),
                    Type::TEXT_ARRAY,
                ),
                (
                    &all(steps, |it| text(it.write.refresh.as_ref())),
                    Type::TEXT_ARRAY,
                ),
                (
                    &all(steps, |it| it.write.document.as_str()),
                    Type::TEXT_ARRAY,
                ),
                (&all(steps, |it| it.write.generation), Type::INT8_ARRAY),
                (&all(steps, |it| it.write.is_spending), Type::BOOL_ARRAY),
                (&all(steps, |it| it.write.version), Type::INT8_ARRAY),
                (&all(steps, |it| it.write.replaced), Type::INT8_ARRAY),
                (&all(steps, |it| it.spent.as_str()), Type::TEXT_ARRAY),
                (
                    &all(steps, |it| it.write.held.as_ref().map(Fingerprint::as_str)),
                    Type::TEXT_ARRAY,
                ),
                (&all(steps, |it| it.write.line.as_str()), Type::TEXT_ARRAY),
                (&all(steps, |it| it.write.is_trimming), Type::BOOL_ARRAY),
                (&all(steps, |it| it.write.is_restored), Type::BOOL_ARRAY),
            ];
            let rows = server.try_query(WRITE, &parameters).await?;
            let nothing = || Ok(false);
            answers(steps.len(), &rows, 1, nothing, |row| server::column(row, 0))
        })
    }
}

/// A [`Fence`] that outlives who has put it up.
struct Behind {
    id: ConnectionId,
    owner: String,
    epoch: i64,
}

impl Behind {
    fn of(fence: Fence<'_>) -> Self {
        Self {
            id: fence.id.clone(),
            owner: fence.owner.to_owned(),
            epoch: fence.epoch,
        }
    }
}

/// A column of the steps.
fn all<'a, S, T>(steps: &'a [S], column: impl Fn(&'a S) -> T) -> Vec<T> {
    steps.iter().map(column).collect()
}

/// What the rows say of so many steps, whose numbers are in the column `number`, and `nothing` of those of
/// which they say nothing.
fn answers<T>(
    count: usize,
    rows: &[Row],
    number: usize,
    nothing: impl Fn() -> Result<T>,
    said: impl Fn(&Row) -> Result<T>,
) -> Result<Vec<Result<T>>, Trouble> {
    let mut answers: Vec<_> = (0..count).map(|_| nothing()).collect();
    for row in rows {
        let number: i64 = server::column(row, number).map_err(Trouble::Other)?;
        let place = usize::try_from(number - 1).ok();
        if let Some(answer) = place.and_then(|place| answers.get_mut(place)) {
            *answer = said(row);
        }
    }
    Ok(answers)
}

/// How long a lock is waited for, as the server is told it: as ever, if nothing is said.
fn milliseconds(hurry: Option<Duration>) -> Option<String> {
    hurry.map(|hurry| hurry.as_millis().to_string())
}

fn text(kept: Option<&Zeroizing<String>>) -> Option<&str> {
    kept.map(|kept| kept.as_str())
}

fn words(fingerprints: &[Fingerprint]) -> String {
    let words: Vec<_> = fingerprints.iter().map(Fingerprint::as_str).collect();
    words.join(" ")
}
