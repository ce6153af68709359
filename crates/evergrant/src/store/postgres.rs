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

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::fenced::{Fenced, Rows, second};
use super::record::{self, Record};
use super::{Adoption, BoxFuture, Lease, Mark, Next, Registry, Sighting, Store, Survey};
use crate::{
    Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Form, Generation, KeyId, Result,
    Sealer,
};

mod news;
mod schema;
mod server;
mod statements;

use server::Server;

/// How many connections a survey shows at once.
const PAGE: i64 = 5_000;
/// The columns that make a record, in the order in which they are read.
const COLUMNS: &str = "provider, realm, access_token, refresh_token, paused, document";

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
        let fenced = Fenced::over(Arc::clone(&server) as Arc<dyn Rows>);
        Ok(Self { server, fenced })
    }

    /// Seals tokens from the next save on, if there is a sealer.
    #[must_use]
    pub fn sealed_by(mut self, sealer: Option<Sealer>) -> Self {
        self.fenced.sealer = sealer;
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
            let sql = format!(
                "SELECT {COLUMNS}, id, changed::text, \
                 pg_snapshot_xmin(pg_current_snapshot())::text FROM evergrant.connections \
                 WHERE (changed, id) > ($1::text::xid8, $2) AND document IS NOT NULL \
                 ORDER BY changed, id LIMIT $3"
            );
            let parameters = [
                (&from.changed as server::Value<'_>, Type::TEXT),
                (&from.id, Type::TEXT),
                (&PAGE, Type::INT8),
            ];
            let rows = self.server.query(&sql, &parameters).await?;
            page(&rows, from, self.fenced.sealer.as_ref())
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
            let refresh = found.tokens().refresh.as_ref();
            let is_spent = match refresh.map(crate::RefreshToken::fingerprint) {
                Some(fingerprint) => {
                    let sql = "SELECT 1 FROM evergrant.spent WHERE id = $1 AND fingerprint = $2";
                    let parameters = [
                        (&lease.id().as_str() as server::Value<'_>, Type::TEXT),
                        (&fingerprint.as_str(), Type::TEXT),
                    ];
                    !self.server.query(sql, &parameters).await?.is_empty()
                }
                None => false,
            };
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
            let sql = "UPDATE evergrant.connections SET paused = $2, version = version + 1, \
                       changed = pg_current_xact_id() \
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

fn page(rows: &[Row], from: Place, sealer: Option<&Sealer>) -> Result<Survey> {
    let mut sightings = Vec::with_capacity(rows.len());
    for row in rows {
        let id = name(row, 6)?;
        let Some(kept) = kept(row, 0)? else { continue };
        sightings.push(Sighting {
            paused: kept.paused,
            connection: Record::of(kept, &id, sealer).map(|record| record.connection(&id)),
            id,
        });
    }
    let text = |row: Option<&Row>, column| row.map(|row| server::column::<String>(row, column));
    let horizon = match from.horizon {
        Some(horizon) => horizon,
        None => text(rows.first(), 8).transpose()?.unwrap_or(from.changed),
    };
    let next = match rows.last() {
        Some(last) if i64::try_from(rows.len()) == Ok(PAGE) => {
            let changed: String = server::column(last, 7)?;
            let id: String = server::column(last, 6)?;
            Next::More(Mark(format!("{changed} {horizon} {id}")))
        }
        _ => Next::From(Mark(format!("{horizon} - "))),
    };
    Ok(Survey { sightings, next })
}

/// What a row keeps whose columns begin with `first`; `None` before it was first written.
fn kept(row: &Row, first: usize) -> Result<Option<record::Row>> {
    let Some(document) = server::column::<Option<String>>(row, first + 5)? else {
        return Ok(None);
    };
    Ok(Some(record::Row {
        provider: server::column(row, first)?,
        realm: server::column(row, first + 1)?,
        access: server::column(row, first + 2)?,
        refresh: server::column(row, first + 3)?,
        paused: server::column(row, first + 4)?,
        document,
    }))
}

fn name(row: &Row, column: usize) -> Result<ConnectionId> {
    Ok(ConnectionId::new(server::column::<String>(row, column)?))
}
