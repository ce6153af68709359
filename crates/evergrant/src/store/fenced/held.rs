//! A lease that is held: taken, renewed, fenced, given back.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use super::Reader;
use super::rows::{Fence, Kept, Rows, Write};
use crate::secret::hex;
use crate::store::Pause;
use crate::store::record::{Change, KeptTokens, Record, STORY_TRIM};
use crate::{Attempt, ConnectionId, Error, ErrorKind, Result};

/// For how many lives a lease that has run out is kept for a holder who was about to spend.
const GRACE: u32 = 2;

/// A lease on one connection. Given back when dropped.
pub(super) struct Held {
    inner: Arc<Inner>,
    renewal: AbortHandle,
}

struct Inner {
    rows: Arc<dyn Rows>,
    reader: Reader,
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
    /// When the attempt was begun that was marked under this lease.
    marked: Mutex<Option<Timestamp>>,
    is_given_back: AtomicBool,
}

impl Held {
    /// Takes the lease if it can be had now.
    pub(super) async fn try_take(
        rows: &Arc<dyn Rows>,
        id: &ConnectionId,
        life: Duration,
        reader: &Reader,
    ) -> Result<Option<Self>> {
        let mut owner = [0; 16];
        SystemRandom::new()
            .fill(&mut owner)
            .map_err(|_| Error::new(ErrorKind::Store, "there is no randomness to be had"))?;
        let inner = Arc::new(Inner {
            rows: Arc::clone(rows),
            reader: reader.clone(),
            id: id.clone(),
            owner: hex(&owner),
            epoch: AtomicI64::new(0),
            life,
            until: Arc::default(),
            known: Mutex::default(),
            marked: Mutex::default(),
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
        let (rows, until) = (Arc::clone(&self.inner.rows), Arc::clone(&self.inner.until));
        move || milliseconds(rows.moment()) < until.load(Ordering::Acquire)
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

    /// Remembers which attempt is the one of this lease.
    pub(super) fn mark(&self, attempt: &Attempt) {
        *lock(&self.inner.marked) = Some(attempt.started);
    }

    pub(super) fn marked(&self) -> Option<Timestamp> {
        *lock(&self.inner.marked)
    }

    pub(super) async fn read(&self) -> Result<(Record, i64)> {
        let inner = &*self.inner;
        let Some(kept) = inner.rows.read(&inner.id).await? else {
            let what = "the record was deleted from the database";
            return Err(Error::new(ErrorKind::Store, what).for_connection(&inner.id));
        };
        let read = inner.record(kept)?;
        *inner.known() = Some(read.clone());
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
        let [access, refresh] = record.kept(&inner.id, inner.reader.sealer.as_ref())?;
        let write = Write {
            provider: record.provider.clone(),
            realm: record.realm.clone(),
            access: access.map(owned),
            refresh: refresh.map(owned),
            document: record.document(),
            generation: number(record.generation().0),
            is_spending,
            is_restored: record.pause == Some(Pause::Restored),
            version,
            replaced: number(change.replaced.0),
            spent: change.spent.clone(),
            held: change.held.clone(),
            line: String::from_utf8_lossy(&change.line).into_owned(),
            is_trimming: record.generation().0.is_multiple_of(STORY_TRIM),
        };
        let is_written = inner.rows.write(inner.fence(), write).await?;
        if is_written {
            inner.reader.witness.note(&change.spent);
        }
        *inner.known() = is_written.then(|| (record.clone(), version + 1));
        Ok(is_written)
    }

    /// Writes the tokens in another form, if the record is still of `version`.
    pub(super) async fn rewrite(
        &self,
        [access, refresh]: &KeptTokens<'_>,
        version: i64,
    ) -> Result<bool> {
        let inner = &*self.inner;
        let tokens = [access.as_deref(), refresh.as_deref()];
        let is_written = inner.rows.rewrite(inner.fence(), tokens, version).await?;
        *inner.known() = None;
        Ok(is_written)
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
    /// The record of a row and its version; an empty one before it was first written.
    fn record(&self, kept: Kept) -> Result<(Record, i64)> {
        let record = match kept.row {
            Some(row) => self.reader.only(row, &self.id)?,
            None => Record::default(),
        };
        Ok((record, kept.version))
    }

    async fn take(&self) -> Result<bool> {
        let asked = self.rows.moment();
        let taking = self
            .rows
            .take(&self.id, &self.owner, self.life, self.life * GRACE);
        let Some(taken) = taking.await? else {
            return Ok(false);
        };
        self.epoch.store(taken.epoch, Ordering::Release);
        self.lasts_from(asked);
        // A record that can't be read is for who reads it to complain of.
        *self.known() = self.record(taken.kept).ok();
        Ok(true)
    }

    async fn renew(&self) -> Result<bool> {
        let asked = self.rows.moment();
        let is_ours = self.rows.renew(self.fence(), self.life).await?;
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
        // If it can't be given back, it runs out.
        drop(self.rows.give_back(self.fence()).await);
    }

    fn fence(&self) -> Fence<'_> {
        Fence {
            id: &self.id,
            owner: &self.owner,
            epoch: self.epoch.load(Ordering::Acquire),
        }
    }

    /// It was asked for then, so it lasts no shorter than that.
    fn lasts_from(&self, asked: Duration) {
        let until = milliseconds(asked.saturating_add(self.life));
        self.until.store(until, Ordering::Release);
    }

    fn known(&self) -> MutexGuard<'_, Option<(Record, i64)>> {
        lock(&self.known)
    }
}

fn owned(text: Cow<'_, str>) -> Zeroizing<String> {
    Zeroizing::new(text.into_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
