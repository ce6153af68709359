//! The server: how it is reached, asked, and what its refusals mean.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio::sync::OnceCell;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql, Type};

use super::address::{place, settings};
use super::news::News;
use super::{origin, schema};
use crate::{Error, ErrorKind, Result};

/// How many connections a process has at most.
const CONNECTIONS: usize = 16;
/// How long a statement may take, or a connection to come about.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The same for one that changes each row.
const ALL_ROWS: Duration = Duration::from_secs(1_800);

/// A parameter of a statement.
pub(super) type Value<'a> = &'a (dyn ToSql + Sync);

/// One database on one server.
pub(super) struct Server {
    pool: Pool,
    place: String,
    ready: OnceCell<()>,
    news: News,
}

/// Why a statement came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection has ended, or none came about.
    Gone(Error),
    /// The server has refused it, and nothing was done.
    Refused(Error),
    /// Anything else.
    Other(Error),
}

impl Server {
    pub(super) fn new(url: &str) -> Result<Self> {
        let (config, tls) = settings(url)?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config.clone(), tls.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| {
                let what = "the connections to the database can't be set up";
                Error::new(ErrorKind::Config, what).with_source(error)
            })?;
        Ok(Self {
            pool,
            place: place(&config),
            ready: OnceCell::new(),
            news: News::new(config, tls),
        })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Runs a statement, in a transaction of its own. It may be run twice if the connection ends, so
    /// it must be one that does no harm then.
    pub(super) async fn query(&self, sql: &str, values: &[(Value<'_>, Type)]) -> Result<Vec<Row>> {
        let asked = self.try_query(sql, values).await;
        asked.map_err(Trouble::into_error)
    }

    /// Does so too, and says what has gone wrong.
    pub(super) async fn try_query(
        &self,
        sql: &str,
        values: &[(Value<'_>, Type)],
    ) -> Result<Vec<Row>, Trouble> {
        let ready = self.ready.get_or_try_init(|| self.prepare()).await;
        ready.map_err(Trouble::Other)?;
        match self.ask(sql, values).await {
            Err(Trouble::Gone(_)) => self.ask(sql, values).await,
            asked => asked,
        }
    }

    /// Lets all processes know that something has changed, soon and without waiting for it.
    pub(super) fn announce(self: &Arc<Self>) {
        if !self.news.begin_to_tell() {
            return;
        }
        let server = Arc::clone(self);
        tokio::spawn(async move {
            server.news.gather().await;
            let sql = "WITH brisk AS MATERIALIZED ( \
                           SELECT set_config('synchronous_commit', 'off', true) AS mode) \
                       SELECT pg_notify('evergrant', '') FROM brisk WHERE mode IS NOT NULL";
            // A hint: whoever misses it looks by himself before long.
            drop(server.query(sql, &[]).await);
        });
    }

    pub(super) async fn stirred(&self) {
        self.news.arrived().await;
    }

    /// Runs a statement that goes through all rows.
    pub(super) async fn query_all(&self, sql: &str) -> Result<Vec<Row>> {
        self.ready.get_or_try_init(|| self.prepare()).await?;
        let asked = self.ask_for(ALL_ROWS, sql, &[]).await;
        asked.map_err(Trouble::into_error)
    }

    /// Looks whether the tables have come here from elsewhere since the last time.
    pub(super) async fn look_at_origin(&self) -> Result<()> {
        self.ready.get_or_try_init(|| self.prepare()).await?;
        self.settle_origin().await
    }

    async fn settle_origin(&self) -> Result<()> {
        let rows = self.ask(origin::COUNT, &[]).await;
        let rows = rows.map_err(Trouble::into_error)?;
        if origin::is_settled(rows.first())? {
            return Ok(());
        }
        let mut client = self.client().await.map_err(Trouble::into_error)?;
        origin::settle(&mut client).await
    }

    /// Sees to it that the tables are there, and that it is known whence they are.
    async fn prepare(&self) -> Result<()> {
        self.make_tables().await?;
        self.settle_origin().await
    }

    async fn make_tables(&self) -> Result<()> {
        let there = self
            .ask("SELECT to_regclass('evergrant.version') IS NOT NULL", &[])
            .await
            .map_err(Trouble::into_error)?;
        if let Some(row) = there.first()
            && column(row, 0)?
        {
            let sql = "SELECT version, oldest FROM evergrant.version";
            let version = self.ask(sql, &[]).await.map_err(Trouble::into_error)?;
            if let Some(row) = version.first()
                && schema::is_ready(column(row, 0)?, column(row, 1)?)?
            {
                return Ok(());
            }
        }
        let mut client = self.client().await.map_err(Trouble::into_error)?;
        let transaction = client
            .transaction()
            .await
            .map_err(|error| refused(&error))?;
        schema::migrate(transaction).await
    }

    async fn client(&self) -> Result<Object, Trouble> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => Trouble::Gone(unreached(&error)),
            other => {
                let cause = other.to_string();
                Trouble::Gone(unavailable("the database can't be reached").with_source(cause))
            }
        })
    }

    async fn ask(&self, sql: &str, values: &[(Value<'_>, Type)]) -> Result<Vec<Row>, Trouble> {
        self.ask_for(PATIENCE, sql, values).await
    }

    async fn ask_for(
        &self,
        patience: Duration,
        sql: &str,
        values: &[(Value<'_>, Type)],
    ) -> Result<Vec<Row>, Trouble> {
        let client = self.client().await?;
        let answer = tokio::time::timeout(patience, client.query_typed(sql, values)).await;
        match answer {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) if error.is_closed() || is_leaving(&error) => {
                // The others of the pool have ended with it.
                drop(Object::take(client));
                self.pool.retain(|client, _| !client.is_closed());
                Err(Trouble::Gone(refused(&error)))
            }
            Ok(Err(error)) if error.as_db_error().is_some() => {
                Err(Trouble::Refused(refused(&error)))
            }
            Ok(Err(error)) => Err(Trouble::Other(refused(&error))),
            Err(_) => {
                drop(Object::take(client));
                let what = "the database has not answered in time";
                Err(Trouble::Other(unavailable(what)))
            }
        }
    }
}

impl Trouble {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Gone(error) | Self::Refused(error) | Self::Other(error) => error,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.place).finish()
    }
}

/// A column of a row.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|_| {
        let what = format!("column {index} of the database's answer is not what it should be");
        Error::new(ErrorKind::Store, what)
    })
}

/// Time heals it.
pub(super) fn unavailable(what: &str) -> Error {
    Error::new(ErrorKind::Unavailable, what.to_owned())
}

/// What the server's refusal means. Only its first line is told: the rest may quote the row.
pub(super) fn refused(error: &tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        return unavailable("the connection to the database has ended")
            .with_source(error.to_string());
    };
    let said_so = format!(
        "the database says: {} ({})",
        said.message(),
        said.code().code()
    );
    if is_leaving(error) || is_passing(said.code()) {
        unavailable(&said_so)
    } else if matches!(
        *said.code(),
        SqlState::INSUFFICIENT_PRIVILEGE
            | SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME
    ) {
        Error::new(ErrorKind::Config, said_so)
    } else {
        Error::new(ErrorKind::Store, said_so)
    }
}

/// Why no connection came about: what a human must mend does not heal with time.
fn unreached(error: &tokio_postgres::Error) -> Error {
    if error.as_db_error().is_some() {
        return refused(error);
    }
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(current) = cause {
        causes.push(current.to_string());
        cause = current.source();
    }
    let why = causes.pop().unwrap_or_else(|| error.to_string());
    if why.contains("certificate") || why.contains("does not support TLS") {
        let what = "the database's TLS is not what the URL asks for (sslmode, sslrootcert)";
        return Error::new(ErrorKind::Config, what).with_source(why);
    }
    unavailable("the database can't be reached").with_source(why)
}

/// The server stops, starts, or has become one that only reads.
fn is_leaving(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
    })
}

fn is_passing(code: &SqlState) -> bool {
    [
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IDLE_SESSION_TIMEOUT,
    ]
    .contains(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h50_a_server_is_never_shown_with_its_password() {
        let server = Server::new("postgres://me:planted@db.example:5433/grants").unwrap();
        assert!(server.place().contains("db.example"));
        assert!(!format!("{server:?}").contains("planted"));
    }
}
