//! Connections in a PostgreSQL database: one grant, many hosts.
//!
//! A lease is three columns of the connection's row: who holds it, until when by the server's clock,
//! and an epoch that rises each time it changes hands. It is taken and renewed in statements of their
//! own, so no database connection is held during an HTTP call and transaction poolers may stand
//! between. Every write of tokens names the epoch of its lease and the generation that it read, in one
//! statement: whoever was stopped for longer than his lease lasts finds that his writes change nothing.
//!
//! While a refresh token is about to be spent, a lease that has run out is kept free for its holder for
//! some time more: he may be stopped with the answer on its way to him, and for a token that can be
//! used but once nobody else could do any good.
//!
//! What tokens depend on is committed synchronously, whatever the server's or the pooler's default.
//!
//! A database that was restored from a dump, or copied, is recognised (`origin.rs`), and nothing is spent
//! from it before somebody has said that it is the only one. One that was set back in another way shows
//! tokens that this host has seen spent (`witness.rs`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::fenced::{Fenced, Reader, second};
use super::record;
use super::{
    Adoption, BoxFuture, Lease, Mark, Next, Pause, Registry, Remark, Sighting, Store, Survey,
};
use crate::{
    Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Form, Generation, KeyId, Result,
    Sealer,
};

mod address;
mod health;
mod news;
mod origin;
mod routines;
mod schema;
mod server;
mod statements;
mod together;

use server::Server;
use statements::Statements;

/// How many connections a survey shows at once.
const PAGE: i64 = 5_000;
/// The columns that make a record, in the order in which they are read.
const COLUMNS: &str = "provider, realm, access_token, refresh_token, paused, document, \
                       restored OR NOT (SELECT is_own FROM evergrant.lineage) AS restored, replaced";
/// How many columns that are.
const WIDTH: usize = 8;

/// Keeps connections in a PostgreSQL database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    server: Arc<Server>,
    fenced: Fenced,
}

impl PostgresStore {
    /// In the database of a URL: `postgres://USER@HOST/DATABASE`, with the parameters that `psql`
    /// understands and `sslrootcert=PATH` for a certificate authority of one's own. Nothing is
    /// connected to yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if it is not such a URL.
    pub fn at(url: &str) -> Result<Self> {
        let server = Arc::new(Server::new(url)?);
        let fenced = Fenced::over(Arc::new(Statements::on(&server)));
        Ok(Self { server, fenced })
    }

    /// Seals tokens from the next save on, if there is a sealer.
    #[must_use]
    pub fn sealed_by(mut self, sealer: Option<Sealer>) -> Self {
        self.fenced.reader.sealer = sealer;
        self
    }

    /// Remembers in a folder of this host's own which refresh tokens were spent, so that a database that
    /// was set back to an earlier state is recognised by processes to come.
    #[must_use]
    pub fn remembering_in(mut self, folder: &Path) -> Self {
        self.fenced.reader.remember_in(folder);
        self
    }

    /// Lets a lease that is not renewed last `life`; 20 s unless told otherwise. All who share a
    /// database should agree on it.
    #[must_use]
    pub fn lease_life(mut self, life: Duration) -> Self {
        self.fenced.life = life;
        self
    }
}

impl Store for PostgresStore {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        Box::pin(async {
            let sql = "SELECT id FROM evergrant.connections \
                       WHERE access_token IS NOT NULL OR refresh_token IS NOT NULL ORDER BY id";
            let rows = self.server.query(sql, &[]).await?;
            rows.iter().map(|row| name(row, 0)).collect()
        })
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(self.fenced.load(id))
    }

    fn reread<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(self.fenced.reread(lease))
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(self.fenced.lease(id, wait))
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.fenced.record(lease, attempt))
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.fenced.save(lease, new, replaces).await?;
            self.server.announce();
            Ok(())
        })
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.fenced.accepted(id, generation))
    }

    fn story<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Vec<Chapter>>> {
        Box::pin(async move {
            let sql = "SELECT line FROM evergrant.story WHERE id = $1 ORDER BY seq";
            let rows = self
                .server
                .query(sql, &[(&id.as_str(), Type::TEXT)])
                .await?;
            let lines: Result<Vec<Vec<u8>>> = rows
                .iter()
                .map(|row| Ok(server::column::<String>(row, 0)?.into_bytes()))
                .collect();
            Ok(record::story(&lines?))
        })
    }

    fn survey<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFuture<'a, Result<Survey>> {
        Box::pin(async move {
            let from = Place::of(mark);
            if from.horizon.is_none() {
                self.server.look_at_origin().await?;
            }
            let parameters = [
                (&from.changed as server::Value<'_>, Type::TEXT),
                (&from.id, Type::TEXT),
                (&PAGE, Type::INT8),
                (&from.horizon.is_none(), Type::BOOL),
            ];
            let rows = self.server.query(&survey_sql(), &parameters).await?;
            let (survey, old_copies) = page(&rows, from, &self.fenced.reader)?;
            self.tell_of(old_copies);
            Ok(survey)
        })
    }

    fn stirred(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.server.stirred())
    }

    fn book<'a>(
        &'a self,
        app: &'a str,
        per_second: u32,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        Box::pin(async move {
            let sql = "WITH brisk AS MATERIALIZED ( \
                           SELECT set_config('synchronous_commit', 'off', true) AS mode) \
                       INSERT INTO evergrant.pace AS p (app, next) \
                       SELECT $1, clock_timestamp() + $2 * interval '1 second' FROM brisk \
                       WHERE mode IS NOT NULL \
                       ON CONFLICT (app) DO UPDATE SET next = \
                           greatest(p.next, clock_timestamp()) + $2 * interval '1 second' \
                       RETURNING extract(epoch FROM p.next - clock_timestamp())::float8 - $2";
            let step = 1.0 / f64::from(per_second.max(1));
            let parameters = [
                (&app as server::Value<'_>, Type::TEXT),
                (&step, Type::FLOAT8),
            ];
            let rows = self.server.query(sql, &parameters).await?;
            let wait: f64 = match rows.first() {
                Some(row) => server::column(row, 0)?,
                None => 0.0,
            };
            Ok(Some(
                Duration::try_from_secs_f64(wait.max(0.0)).unwrap_or_default(),
            ))
        })
    }

    fn put_back<'a>(
        &'a self,
        lease: &'a Lease,
        later: &'a Connection,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            if self.is_in_ledger(lease.id(), later).await? {
                return Ok(false);
            }
            let is_put_back = self.fenced.put_back(lease, later).await?;
            if is_put_back {
                self.server.announce();
            }
            Ok(is_put_back)
        })
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        Box::pin(Fenced::release(lease))
    }

    fn sealed_with<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<KeyId>>> {
        Box::pin(self.fenced.sealed_with(id))
    }

    fn rewrite<'a>(&'a self, lease: &'a Lease, form: Form) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.fenced.rewrite(lease, form))
    }

    fn place(&self, id: &ConnectionId) -> String {
        format!("{id} in {}", self.server.place())
    }
}

impl Registry for PostgresStore {
    fn adopt<'a>(
        &'a self,
        lease: &'a Lease,
        found: &'a Connection,
    ) -> BoxFuture<'a, Result<Adoption>> {
        Box::pin(async move {
            let is_spent = self.is_in_any_ledger(found).await?;
            let adoption = self.fenced.change(lease, false, |record| {
                Ok(record.adopted(second(), found, is_spent))
            });
            let adoption = adoption.await?;
            self.server.announce();
            Ok(adoption)
        })
    }

    fn remove<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let removal = self.fenced.change(lease, false, |record| {
                Ok(((), Some(record.removed(second()))))
            });
            removal.await?;
            self.server.announce();
            Ok(())
        })
    }

    fn pause<'a>(&'a self, id: &'a ConnectionId, paused: bool) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let sql = "UPDATE evergrant.connections SET paused = $2, restored = restored AND $2, \
                       version = version + 1, changed = pg_current_xact_id() \
                       WHERE id = $1 AND document IS NOT NULL RETURNING id";
            let parameters = [
                (&id.as_str() as server::Value<'_>, Type::TEXT),
                (&paused, Type::BOOL),
            ];
            let rows = self.server.query(sql, &parameters).await?;
            self.server.announce();
            if rows.is_empty() {
                let what = "there is no such connection";
                return Err(Error::new(ErrorKind::NotFound, what).for_connection(id));
            }
            Ok(())
        })
    }

    fn resume_restored(&self) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.server.look_at_origin().await?;
            let sql = "WITH resumed AS ( \
                           UPDATE evergrant.connections SET restored = false, \
                               version = version + 1, changed = pg_current_xact_id() \
                           WHERE restored RETURNING 1) \
                       SELECT count(*) FROM resumed";
            let rows = self.server.query_all(sql).await?;
            self.server.announce();
            let count: i64 = match rows.first() {
                Some(row) => server::column(row, 0)?,
                None => 0,
            };
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }

    fn examine(&self) -> BoxFuture<'_, Result<Vec<Remark>>> {
        Box::pin(async {
            self.server.look_at_origin().await?;
            health::examine(&self.server).await
        })
    }
}

impl PostgresStore {
    /// Whether the database knows the refresh token of `found` as spent.
    async fn is_in_ledger(&self, id: &ConnectionId, found: &Connection) -> Result<bool> {
        let Some(refresh) = found.tokens().refresh.as_ref() else {
            return Ok(false);
        };
        let fingerprint = refresh.fingerprint();
        let sql = "SELECT 1 FROM evergrant.spent WHERE id = $1 AND fingerprint = $2";
        let parameters = [
            (&id.as_str() as server::Value<'_>, Type::TEXT),
            (&fingerprint.as_str(), Type::TEXT),
        ];
        Ok(!self.server.query(sql, &parameters).await?.is_empty())
    }

    /// Whether a connection of this database has spent the refresh token of `found`, by whatever name.
    async fn is_in_any_ledger(&self, found: &Connection) -> Result<bool> {
        let Some(refresh) = found.tokens().refresh.as_ref() else {
            return Ok(false);
        };
        let fingerprint = refresh.fingerprint();
        let sql = "SELECT 1 FROM evergrant.spent JOIN evergrant.connections USING (id) \
                   WHERE fingerprint = $1 LIMIT 1";
        let parameters = [(&fingerprint.as_str() as server::Value<'_>, Type::TEXT)];
        Ok(!self.server.query(sql, &parameters).await?.is_empty())
    }

    /// Marks old copies that this host alone may have recognised, in the background: a hint for others,
    /// who would find out by asking the provider.
    fn tell_of(&self, old_copies: Vec<ConnectionId>) {
        if old_copies.is_empty() {
            return;
        }
        let (fenced, server) = (self.fenced.clone(), Arc::clone(&self.server));
        tokio::spawn(async move {
            for id in old_copies {
                drop(fenced.mark(&id).await);
            }
            server.announce();
        });
    }
}

/// What has changed since. A mark of transactions that are yet to come is from before the database was
/// set back: then all is shown from the beginning.
/// The order is that of the column, by its whole name: the bare one would be the text that is selected
/// under it, which puts 1000 before 999 and has no index.
fn survey_sql() -> String {
    format!(
        "SELECT {COLUMNS}, id, changed::text, pg_snapshot_xmin(pg_current_snapshot())::text \
         FROM evergrant.connections WHERE document IS NOT NULL AND (changed, id) > ( \
             CASE WHEN $4 AND $1::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) \
             THEN '0'::xid8 ELSE $1::text::xid8 END, $2) \
         ORDER BY connections.changed, connections.id LIMIT $3"
    )
}

/// How far a survey has come: all changes of the transactions before `changed`, and, of that one's,
/// those of the names up to `id`. Transactions end in another order than they begin in, so the next
/// survey begins with the oldest that was still going on when the first page was read.
#[derive(Debug, Clone)]
struct Place {
    changed: String,
    id: String,
    horizon: Option<String>,
}

impl Place {
    fn of(mark: Option<&Mark>) -> Self {
        let mut parts = mark.map_or("", |mark| mark.0.as_str()).splitn(3, ' ');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        Self {
            changed: next().unwrap_or("0").to_owned(),
            horizon: next().filter(|part| *part != "-").map(str::to_owned),
            id: next().unwrap_or_default().to_owned(),
        }
    }
}

/// What a page shows, and which of it is an old copy without saying so.
fn page(rows: &[Row], from: Place, reader: &Reader) -> Result<(Survey, Vec<ConnectionId>)> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(kept) = kept(row, 0)? {
            found.push((name(row, WIDTH)?, kept));
        }
    }
    reader.prepare(found.iter().map(|(_, kept)| kept));
    let mut old_copies = Vec::new();
    let sightings = found.into_iter().map(|(id, kept)| {
        let pause = kept.pause;
        let record = reader.record(kept, &id);
        if record.as_ref().is_ok_and(|record| record.is_unmarked(&id)) {
            old_copies.push(id.clone());
        }
        Sighting {
            connection: record.map(|record| record.connection(&id)),
            pause,
            id,
        }
    });
    let sightings = sightings.collect();
    let text = |row: Option<&Row>, column| row.map(|row| server::column::<String>(row, column));
    let horizon = match from.horizon {
        Some(horizon) => horizon,
        None => text(rows.first(), WIDTH + 2)
            .transpose()?
            .unwrap_or(from.changed),
    };
    let next = match rows.last() {
        Some(last) if i64::try_from(rows.len()) == Ok(PAGE) => {
            let changed: String = server::column(last, WIDTH + 1)?;
            let id: String = server::column(last, WIDTH)?;
            Next::More(Mark(format!("{changed} {horizon} {id}")))
        }
        _ => Next::From(Mark(format!("{horizon} - "))),
    };
    Ok((Survey { sightings, next }, old_copies))
}

/// What a row keeps whose columns begin with `first`; `None` before it was first written.
fn kept(row: &Row, first: usize) -> Result<Option<record::Row>> {
    let Some(document) = server::column::<Option<String>>(row, first + 5)? else {
        return Ok(None);
    };
    let pause = match (
        server::column(row, first + 6)?,
        server::column(row, first + 4)?,
    ) {
        (true, _) => Some(Pause::Restored),
        (false, true) => Some(Pause::Asked),
        (false, false) => None,
    };
    Ok(Some(record::Row {
        provider: server::column(row, first)?,
        realm: server::column(row, first + 1)?,
        access: server::column(row, first + 2)?,
        refresh: server::column(row, first + 3)?,
        pause,
        document,
        replaced: server::column(row, first + 7)?,
    }))
}

fn name(row: &Row, column: usize) -> Result<ConnectionId> {
    Ok(ConnectionId::new(server::column::<String>(row, column)?))
}
