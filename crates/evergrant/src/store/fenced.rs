//! Connections in rows that many hosts share, under leases that can run out.
//!
//! This is the part of the store for PostgreSQL that decides; what a row is and how a transaction is
//! asked for is behind [`Rows`], so the simulation plays this very code over a database of its own.
//!
//! Every write names the lease's owner and epoch, and the version and generation that were read, in one
//! transaction: the fence. Whoever was stopped for longer than his lease lasts finds that his writes
//! change nothing. He takes the lease anew if he can, reads again, and writes what is still to be
//! written: tokens that he has received are never dropped for the lease's sake alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Lease;
use super::record::{Change, Record, Row};
use super::witness::Witness;
use crate::{
    Attempt, Clock as _, Connection, ConnectionId, Error, ErrorKind, Fingerprint, Form, Generation,
    KeyId, Outcome, RefreshToken, Result, Sealer, SystemClock,
};

mod held;
mod rows;

use held::Held;
pub(crate) use rows::{Fence, Kept, Rows, Taken, Write};

/// How long a lease lasts that is not renewed.
const LEASE_LIFE: Duration = Duration::from_secs(20);
/// How often a taken lease is tried again: at first, and at the longest.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// How often a record is read anew because it has changed between a read and a write.
const TRIES: usize = 5;

/// Leases and fenced writes over the rows of a database. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Fenced {
    rows: Arc<dyn Rows>,
    pub(crate) life: Duration,
    pub(crate) reader: Reader,
}

/// What it takes to make sense of a row. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reader {
    pub(crate) sealer: Option<Sealer>,
    witness: Arc<Witness>,
}

impl Reader {
    /// Remembers in `folder` which tokens were spent.
    pub(super) fn remember_in(&mut self, folder: &Path) {
        self.witness = Arc::new(Witness::in_folder(folder));
    }

    /// Takes in what is known of rows that are about to be read.
    pub(super) fn prepare<'a>(&self, rows: impl Iterator<Item = &'a Row>) {
        self.witness.catch_up();
        let replaced = rows.filter_map(|row| row.replaced.as_deref());
        let replaced: Vec<_> = replaced.filter_map(Fingerprint::named).collect();
        self.witness.note(&replaced);
    }

    /// The record of a row, which is seen through if it is an old copy.
    pub(super) fn record(&self, row: Row, id: &ConnectionId) -> Result<Record> {
        let record = Record::of(row, id, self.sealer.as_ref());
        let mut record = record.map_err(|error| error.for_connection(id))?;
        record.recognise(|refresh| self.witness.knows(refresh));
        Ok(record)
    }

    fn only(&self, row: Row, id: &ConnectionId) -> Result<Record> {
        self.prepare(std::iter::once(&row));
        self.record(row, id)
    }
}

impl Fenced {
    pub(crate) fn over(rows: Arc<dyn Rows>) -> Self {
        Self {
            rows,
            life: LEASE_LIFE,
            reader: Reader::default(),
        }
    }

    pub(crate) async fn load(&self, id: &ConnectionId) -> Result<Option<Connection>> {
        let kept = self.rows.read(id).await;
        let kept = kept.map_err(|error| error.for_connection(id))?;
        let Some(row) = kept.and_then(|kept| kept.row) else {
            return Ok(None);
        };
        Ok(self.reader.only(row, id)?.connection(id))
    }

    /// What came with the lease, or what is there if that is not known any more.
    pub(crate) async fn reread(&self, lease: &Lease) -> Result<Option<Connection>> {
        match held(lease)?.known() {
            Some((record, _)) => Ok(record.connection(lease.id())),
            None => self.load(lease.id()).await,
        }
    }

    pub(crate) async fn lease(&self, id: &ConnectionId, wait: Duration) -> Result<Lease> {
        let (mut pause, longest) = POLL;
        let mut waited = Duration::ZERO;
        loop {
            let held = Held::try_take(&self.rows, id, self.life, &self.reader).await?;
            if let Some(held) = held {
                let surely = held.surely();
                return Ok(Lease::new(id.clone(), held).ending(surely));
            }
            if waited >= wait {
                let what = "another process has held the lease for long";
                return Err(Error::new(ErrorKind::Busy, what).for_connection(id));
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(longest);
        }
    }

    pub(crate) async fn release(lease: Lease) {
        if let Ok(held) = held(&lease) {
            held.give_back().await;
        }
    }

    pub(crate) async fn record(&self, lease: &Lease, attempt: &Attempt) -> Result<()> {
        let is_spending = attempt.outcome == Outcome::Open;
        if is_spending {
            held(lease)?.mark(attempt);
        }
        let recorded = self.change(lease, is_spending, move |record| {
            // What somebody else has begun since is not for us to close.
            if !is_spending && !record.is_last(attempt) {
                return Ok(((), None));
            }
            // Sealing the answer must not fail for want of a key.
            self.reader
                .sealer
                .as_ref()
                .map(Sealer::newest)
                .transpose()?;
            Ok(((), Some(record.attempted(attempt)?)))
        });
        recorded.await
    }

    pub(crate) async fn save(
        &self,
        lease: &Lease,
        new: &Connection,
        replaces: Generation,
    ) -> Result<()> {
        let own = held(lease)?.marked();
        let saved = self.change(lease, false, |record| {
            Ok(((), record.answered(own, new, replaces)?))
        });
        saved.await
    }

    /// Puts `later` back unless it is known as spent itself.
    pub(super) async fn put_back(&self, lease: &Lease, later: &Connection) -> Result<bool> {
        let refresh = later.tokens().refresh.as_ref();
        let refresh = refresh.map(RefreshToken::fingerprint);
        if refresh.is_none_or(|refresh| self.reader.witness.knows(&refresh)) {
            return Ok(false);
        }
        let put = self.change(lease, false, |record| {
            let change = record.put_back(later, second());
            Ok((change.is_some(), change))
        });
        put.await
    }

    /// Lets everybody know that what is stored is an old copy, if somebody has the time.
    pub(super) async fn mark(&self, id: &ConnectionId) -> Result<()> {
        let lease = self.lease(id, Duration::ZERO).await?;
        let marked = self.change(&lease, false, |record| {
            Ok(((), record.marked(id, second())))
        });
        let marked = marked.await;
        Self::release(lease).await;
        marked
    }

    pub(crate) async fn accepted(&self, id: &ConnectionId, generation: Generation) -> Result<()> {
        for _ in 0..TRIES {
            let Some(kept) = self.rows.read(id).await? else {
                return Ok(());
            };
            let Some(row) = kept.row else { return Ok(()) };
            let mut record = self.reader.only(row, id)?;
            if record.accepted(second(), generation).is_none() {
                return Ok(());
            }
            let document = record.document();
            let noting = self.rows.note_accepted(id, &document, kept.version);
            if noting.await? {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(crate) async fn sealed_with(&self, id: &ConnectionId) -> Result<Option<KeyId>> {
        let kept = self.rows.read(id).await?;
        Ok(kept.and_then(|kept| kept.row).and_then(|row| row.key()))
    }

    pub(crate) async fn rewrite(&self, lease: &Lease, form: Form) -> Result<()> {
        let (id, held) = (lease.id(), held(lease)?);
        for _ in 0..TRIES {
            let (record, version) = held.read().await?;
            let tokens = record.kept_as(form, id, self.reader.sealer.as_ref());
            let tokens = tokens.map_err(|error| error.for_connection(id))?;
            if held.rewrite(&tokens, version).await? {
                return Ok(());
            }
            if !held.renew().await? {
                break;
            }
        }
        Err(lost(id))
    }

    /// Changes the record under the lease: reads it (or takes what was read before), edits it, and
    /// writes it if nothing has changed meanwhile.
    pub(super) async fn change<T>(
        &self,
        lease: &Lease,
        is_spending: bool,
        edit: impl Fn(&mut Record) -> Result<(T, Option<Change>)>,
    ) -> Result<T> {
        let held = held(lease)?;
        let mut known = held.known();
        for _ in 0..TRIES {
            let is_fresh = known.is_none();
            let (mut record, version) = match known.take() {
                Some(known) => known,
                None => held.read().await?,
            };
            let (value, change) = match edit(&mut record) {
                Ok((value, Some(change))) => (value, change),
                Ok((value, None)) if is_fresh => return Ok(value),
                Err(error) if is_fresh => return Err(error.for_connection(lease.id())),
                // What was read before says nothing about now.
                Ok((_, None)) | Err(_) => continue,
            };
            if held.write(&record, version, &change, is_spending).await? {
                return Ok(value);
            }
            let may_go_on = held.renew().await? || (!is_spending && held.take().await?);
            if !may_go_on {
                return Err(lost(lease.id()));
            }
        }
        let what = "the record changes faster than it can be written";
        Err(Error::new(ErrorKind::Unavailable, what).for_connection(lease.id()))
    }
}

fn held(lease: &Lease) -> Result<&Held> {
    lease.guard().ok_or_else(|| {
        let what = "the lease is another store's";
        Error::new(ErrorKind::Store, what).for_connection(lease.id())
    })
}

fn lost(id: &ConnectionId) -> Error {
    let what = "the lease has run out and somebody else has it; nothing was changed";
    Error::new(ErrorKind::Unavailable, what).for_connection(id)
}

/// When a line of the story was written: nothing is decided on it.
pub(crate) fn second() -> Timestamp {
    let now = SystemClock.now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
