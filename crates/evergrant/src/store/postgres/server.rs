//! The server: how it is reached, asked, and what its refusals mean.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::OnceCell;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::news::News;
use super::{origin, schema};
use crate::transport::trust::tls_config;
use crate::{Error, ErrorKind, Result};

/// How many connections a process has at most.
const CONNECTIONS: usize = 16;
/// How long a statement may take, or a connection to come about.
const PATIENCE: Duration = Duration::from_secs(10);
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
enum Trouble {
    /// The connection has ended, or none came about.
    Gone(Error),
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
        self.ready.get_or_try_init(|| self.prepare()).await?;
        match self.ask(sql, values).await {
            Ok(rows) => Ok(rows),
            Err(Trouble::Other(error)) => Err(error),
            Err(Trouble::Gone(_)) => self.ask(sql, values).await.map_err(Trouble::into_error),
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
        self.pool.get().await.map_err(|error| {
            let cause = error.to_string();
            Trouble::Gone(unavailable("the database can't be reached").with_source(cause))
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
    fn into_error(self) -> Error {
        match self {
            Self::Gone(error) | Self::Other(error) => error,
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
        SqlState::INSUFFICIENT_PRIVILEGE | SqlState::INVALID_PASSWORD
    ) {
        Error::new(ErrorKind::Config, said_so)
    } else {
        Error::new(ErrorKind::Store, said_so)
    }
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

/// What a URL says, and how the server is to be recognised.
fn settings(url: &str) -> Result<(Config, MakeRustlsConnect)> {
    let bad = |why: String| {
        let what = format!("the store's URL can't be used: {why}");
        Error::new(ErrorKind::Config, what)
    };
    let mut url: Url = url.parse().map_err(|_| bad("it is no URL".to_owned()))?;
    let (own, theirs): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .partition(|(name, _)| name == "sslrootcert");
    url.set_query(None);
    if !theirs.is_empty() {
        url.query_pairs_mut().extend_pairs(theirs);
    }
    // Its own error could quote what it was given.
    let mut config: Config = url
        .as_str()
        .parse()
        .map_err(|_| bad("a parameter of it is not understood".to_owned()))?;
    config
        .application_name("evergrant")
        .connect_timeout(PATIENCE)
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    let authority = match own.first() {
        Some((_, path)) => {
            let pem = std::fs::read(path).map_err(|error| bad(format!("{path}: {error}")))?;
            Some(pem)
        }
        None => None,
    };
    let mut tls = tls_config(authority.as_deref())?;
    // Those are the Web's.
    tls.alpn_protocols.clear();
    Ok((config, MakeRustlsConnect::new(tls)))
}

/// The database in words: never with a password.
fn place(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let hosts: Vec<String> = hosts.collect();
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or("postgres");
    format!("PostgreSQL database {database} at {}", hosts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h50_a_url_is_never_shown_with_its_password() {
        let server = Server::new("postgres://me:planted@db.example:5433/grants").unwrap();
        assert_eq!(server.place(), "PostgreSQL database grants at db.example");
        assert!(!format!("{server:?}").contains("planted"));
        for bad in [
            "postgres://me:planted@db/x?colour=planted",
            "postgres://me:planted@db:port/x",
        ] {
            let error = settings(bad).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }
}
