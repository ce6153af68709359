//! A lease that is held: taken, renewed, fenced, given back.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::task::AbortHandle;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use zeroize::Zeroizing;

use super::server::{self, Server, Value};
use super::{COLUMNS, kept};
use crate::secret::hex;
use crate::store::record::{Change, Record, STORY_KEPT, STORY_TRIM};
use crate::{Clock as _, ConnectionId, Error, ErrorKind, Fingerprint, Result, Sealer, SystemClock};

/// For how many lives a lease that has run out is kept for a holder who was about to spend.
const GRACE: u32 = 2;

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
            spending = $10,
            changed = CASE WHEN $10 THEN changed ELSE pg_current_xact_id() END
        FROM firm
        WHERE mode IS NOT NULL AND id = $1 AND lease_owner = $2 AND lease_epoch = $3
            AND version = $11 AND generation = $12
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

/// A lease on one connection. Given back when dropped.
pub(super) struct Held {
    inner: Arc<Inner>,
    renewal: AbortHandle,
}

struct Inner {
    server: Arc<Server>,
    sealer: Option<Sealer>,
    id: ConnectionId,
    /// Random: who restarts is somebody else.
    owner: String,
    epoch: AtomicI64,
    life: Duration,
    /// Until then nobody else can have it, by this machine's clock that counts from its start, in
    /// milliseconds.
    until: Arc<AtomicU64>,
    /// What was last read or written, with its version.
    known: Mutex<Option<(Record, i64)>>,
    is_given_back: AtomicBool,
}

impl Held {
    /// Takes the lease if it can be had now.
    pub(super) async fn try_take(
        server: &Arc<Server>,
        id: &ConnectionId,
        life: Duration,
        sealer: Option<&Sealer>,
    ) -> Result<Option<Self>> {
        let mut owner = [0; 16];
        SystemRandom::new()
            .fill(&mut owner)
            .map_err(|_| Error::new(ErrorKind::Store, "there is no randomness to be had"))?;
        let inner = Arc::new(Inner {
            server: Arc::clone(server),
            sealer: sealer.cloned(),
            id: id.clone(),
            owner: hex(&owner),
            epoch: AtomicI64::new(0),
            life,
            until: Arc::default(),
            known: Mutex::default(),
            is_given_back: AtomicBool::new(false),
        });
        if !inner.take().await? {
            return Ok(None);
        }
        let renewal = tokio::spawn(Arc::clone(&inner).go_on_renewing()).abort_handle();
        Ok(Some(Self { inner, renewal }))
    }

    /// Says, without asking anybody, whether the lease can't be somebody else's yet.
    pub(super) fn surely(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let until = Arc::clone(&self.inner.until);
        move || moment() < until.load(Ordering::Acquire)
    }

    /// Takes it again, if it was lost and is to be had; whether it was.
    pub(super) async fn take(&self) -> Result<bool> {
        self.inner.take().await
    }

    /// Whether it is still ours, by the server's word.
    pub(super) async fn renew(&self) -> Result<bool> {
        self.inner.renew().await
    }

    /// What was last read or written under this lease.
    pub(super) fn known(&self) -> Option<(Record, i64)> {
        self.inner.known().clone()
    }

    pub(super) async fn read(&self) -> Result<(Record, i64)> {
        let Inner { server, id, .. } = &*self.inner;
        let sql = format!("SELECT {COLUMNS}, version FROM evergrant.connections WHERE id = $1");
        let rows = server.query(&sql, &[(&id.as_str(), Type::TEXT)]).await?;
        let Some(row) = rows.first() else {
            let what = "the record was deleted from the database";
            return Err(Error::new(ErrorKind::Store, what).for_connection(id));
        };
        let read = (self.inner.record(row)?, server::column(row, 6)?);
        *self.inner.known() = Some(read.clone());
        Ok(read)
    }

    /// Writes the record in the place of `version`; `false` if the fence is down: the lease or the
    /// record is not what it was.
    pub(super) async fn write(
        &self,
        record: &Record,
        version: i64,
        change: &Change,
        is_spending: bool,
    ) -> Result<bool> {
        let inner = &*self.inner;
        let number = |generation: u64| i64::try_from(generation).unwrap_or(i64::MAX);
        let generation = number(record.generation().0);
        let replaced = number(change.replaced.0);
        let spent: Vec<&str> = change.spent.iter().map(Fingerprint::as_str).collect();
        let line = String::from_utf8_lossy(&change.line);
        let [access, refresh] = record.kept(&inner.id, inner.sealer.as_ref())?;
        let is_trimming = record.generation().0.is_multiple_of(STORY_TRIM);
        let parameters: [(Value<'_>, Type); 17] = [
            (&inner.id.as_str(), Type::TEXT),
            (&inner.owner, Type::TEXT),
            (&inner.epoch(), Type::INT8),
            (&record.provider, Type::TEXT),
            (&record.realm, Type::TEXT),
            (&text(access.as_ref()), Type::TEXT),
            (&text(refresh.as_ref()), Type::TEXT),
            (&record.document(), Type::TEXT),
            (&generation, Type::INT8),
            (&is_spending, Type::BOOL),
            (&version, Type::INT8),
            (&replaced, Type::INT8),
            (&spent, Type::TEXT_ARRAY),
            (&change.held.as_ref().map(Fingerprint::as_str), Type::TEXT),
            (&line, Type::TEXT),
            (&is_trimming, Type::BOOL),
            (&i64::from(STORY_KEPT), Type::INT8),
        ];
        let rows = inner.server.query(WRITE, &parameters).await?;
        let is_written = !rows.is_empty();
        *inner.known() = is_written.then(|| (record.clone(), version + 1));
        Ok(is_written)
    }

    /// Writes the tokens in another form, if the record is still of `version`.
    pub(super) async fn rewrite(
        &self,
        [access, refresh]: &[Option<Zeroizing<String>>; 2],
        version: i64,
    ) -> Result<bool> {
        let inner = &*self.inner;
        let parameters: [(Value<'_>, Type); 6] = [
            (&inner.id.as_str(), Type::TEXT),
            (&inner.owner, Type::TEXT),
            (&inner.epoch(), Type::INT8),
            (&text(access.as_ref()), Type::TEXT),
            (&text(refresh.as_ref()), Type::TEXT),
            (&version, Type::INT8),
        ];
        let rows = inner.server.query(REWRITE, &parameters).await?;
        *inner.known() = None;
        Ok(!rows.is_empty())
    }

    /// Gives the lease back at once.
    pub(super) async fn give_back(&self) {
        self.renewal.abort();
        self.inner.give_back().await;
    }
}

/// Who drops a lease without giving it back has it done in the background; where that can't be, it
/// runs out.
impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
        if self.inner.is_given_back.load(Ordering::Acquire) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let inner = Arc::clone(&self.inner);
            runtime.spawn(async move { inner.give_back().await });
        }
    }
}

impl Inner {
    /// The record of a row; an empty one before it was first written.
    fn record(&self, row: &Row) -> Result<Record> {
        match kept(row, 0)? {
            Some(kept) => Record::of(kept, &self.id, self.sealer.as_ref())
                .map_err(|error| error.for_connection(&self.id)),
            None => Ok(Record::default()),
        }
    }

    async fn take(&self) -> Result<bool> {
        let asked = moment();
        let (life, grace) = (self.life.as_secs_f64(), (self.life * GRACE).as_secs_f64());
        let sql = format!("{TAKE} {COLUMNS}, version, lease_epoch");
        let parameters: [(Value<'_>, Type); 4] = [
            (&self.id.as_str(), Type::TEXT),
            (&self.owner, Type::TEXT),
            (&life, Type::FLOAT8),
            (&grace, Type::FLOAT8),
        ];
        let rows = self.server.query(&sql, &parameters).await?;
        let Some(row) = rows.first() else {
            return Ok(false);
        };
        self.epoch.store(server::column(row, 7)?, Ordering::Release);
        self.lasts_from(asked);
        // A record that can't be read is for who reads it to complain of.
        *self.known() = self.record(row).ok().zip(server::column(row, 6).ok());
        Ok(true)
    }

    async fn renew(&self) -> Result<bool> {
        let asked = moment();
        let parameters: [(Value<'_>, Type); 4] = [
            (&self.id.as_str(), Type::TEXT),
            (&self.owner, Type::TEXT),
            (&self.epoch(), Type::INT8),
            (&self.life.as_secs_f64(), Type::FLOAT8),
        ];
        let is_ours = !self.server.query(RENEW, &parameters).await?.is_empty();
        if is_ours {
            self.lasts_from(asked);
        }
        Ok(is_ours)
    }

    async fn go_on_renewing(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.life / 3).await;
            // What fails now may succeed before it has run out, and else the fence tells.
            drop(self.renew().await);
        }
    }

    async fn give_back(&self) {
        if self.is_given_back.swap(true, Ordering::AcqRel) {
            return;
        }
        let parameters: [(Value<'_>, Type); 3] = [
            (&self.id.as_str(), Type::TEXT),
            (&self.owner, Type::TEXT),
            (&self.epoch(), Type::INT8),
        ];
        // If it can't be given back, it runs out.
        drop(self.server.query(GIVE_BACK, &parameters).await);
    }

    fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// It was asked for then, so it lasts no shorter than that.
    fn lasts_from(&self, asked: u64) {
        let life = u64::try_from(self.life.as_millis()).unwrap_or(u64::MAX);
        self.until
            .store(asked.saturating_add(life), Ordering::Release);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<(Record, i64)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(token: Option<&Zeroizing<String>>) -> Option<&str> {
    token.map(|token| token.as_str())
}

/// Milliseconds since this machine was started, its sleep included; where nobody can tell, of the
/// wall clock.
fn moment() -> u64 {
    let since = SystemClock.since_boot().map(|since| since.as_millis());
    let milliseconds = since.unwrap_or_else(|| i128::from(SystemClock.now().as_millisecond()));
    u64::try_from(milliseconds).unwrap_or(0)
}
