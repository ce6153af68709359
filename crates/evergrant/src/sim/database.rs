//! The database that several hosts share, as what decides in the store for PostgreSQL sees it.
//!
//! It has the one row of the run's grant, and transactions are serial, as a row's lock makes them.
//! Commits go into one log: a commit that is waited for takes all before it along, and a crash takes
//! back some of the last ones that nobody has waited for. A connection may end before a statement
//! took effect, or after; then the statement is sent again, once, as the store's server does it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::disk::Call;
use super::process::PROVIDER;
use super::provider::Pair;
use super::world::{Pid, State, World, connection};
use super::{Sabotage, seal};
use crate::store::fenced::{Fence, Fenced, Kept, Rows, Taken, Write};
use crate::store::record::{Record, Row};
use crate::{
    AccessToken, Attempt, BoxFuture, Connection, ConnectionId, Error, ErrorKind, Form, Generation,
    Grant, Lease, RefreshToken, Result, Store, TokenSet,
};

/// How long a human waits for a lease.
const HUMAN_PATIENCE: Duration = Duration::from_secs(3600);
/// What was committed so long ago is on the disk, waited for or not.
const FLUSHED: Duration = Duration::from_millis(600);
/// In how many statements a process is stopped before one.
const BEFORE_A_STATEMENT: usize = 40;
/// The longest way of a statement, or of its answer.
const WAY: Duration = Duration::from_millis(20);

/// What the server has, and what of it a crash could take back.
#[derive(Debug, Default)]
pub(super) struct Database {
    present: Contents,
    /// What was there before each commit that nobody has waited for.
    unsynced: VecDeque<(Duration, Contents)>,
}

/// The row.
#[derive(Debug, Clone, Default)]
struct Contents {
    provider: String,
    realm: Option<String>,
    access: Option<String>,
    refresh: Option<String>,
    document: Option<String>,
    generation: i64,
    version: i64,
    owner: Option<String>,
    /// The owner's process; nobody's is a human's.
    holder: Option<Pid>,
    epoch: i64,
    until: Duration,
    is_spending: bool,
}

impl Database {
    /// Changes the row; the change is on the disk at once if it is waited for.
    fn commit(&mut self, now: Duration, is_firm: bool, change: impl FnOnce(&mut Contents)) {
        self.unsynced.push_back((now, self.present.clone()));
        change(&mut self.present);
        if is_firm {
            self.unsynced.clear();
        }
    }

    /// Whether `token` is in the row after the worst crash.
    pub(super) fn holds_durably(&self, token: &str) -> bool {
        let durable = self
            .unsynced
            .front()
            .map_or(&self.present, |(_, before)| before);
        durable
            .access
            .as_deref()
            .is_some_and(|text| seal::clear(text) == token)
    }

    pub(super) fn is_held_by(&self, pid: Pid) -> bool {
        self.present.holder == Some(pid)
    }

    pub(super) fn refresh_text(&self) -> String {
        self.present.refresh.clone().unwrap_or_default()
    }
}

impl Contents {
    fn kept(&self) -> Kept {
        let row = self.document.clone().map(|document| Row {
            provider: self.provider.clone(),
            realm: self.realm.clone(),
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            pause: None,
            document,
            replaced: None,
        });
        Kept {
            row,
            version: self.version,
        }
    }

    fn is_behind(&self, fence: Fence<'_>) -> bool {
        self.owner.as_deref() == Some(fence.owner) && self.epoch == fence.epoch
    }

    fn is_free(&self, owner: &str, now: Duration, grace: Duration) -> bool {
        let grace = if self.is_spending {
            grace
        } else {
            Duration::ZERO
        };
        self.owner.as_deref().is_none_or(|holder| holder == owner) || now > self.until + grace
    }

    fn put(&mut self, write: &Write) {
        let text = |text: &Zeroizing<String>| text.to_string();
        self.provider.clone_from(&write.provider);
        self.realm.clone_from(&write.realm);
        self.access = write.access.as_ref().map(text);
        self.refresh = write.refresh.as_ref().map(text);
        self.document = Some(write.document.clone());
        self.generation = write.generation;
        self.is_spending = write.is_spending;
        self.version += 1;
    }
}

impl State {
    /// The server ends without a word, and some of what nobody has waited for is gone.
    pub(super) fn crash_database(&mut self) {
        if !self.has_database() {
            return;
        }
        self.tell(|| "the database crashes".to_owned());
        self.flush();
        let lost = self.dice.below(self.database.unsynced.len() + 1);
        let kept = self.database.unsynced.len() - lost;
        if let Some((_, before)) = self.database.unsynced.get(kept) {
            self.database.present = before.clone();
        }
        self.database.unsynced.clear();
    }

    /// What the row says of the grant.
    pub(super) fn database_says(&self) -> Option<Connection> {
        let row = self.database.present.kept().row?;
        let id = connection();
        let record = Record::of(row, &id, seal::sealer().as_ref()).ok()?;
        record.connection(&id)
    }

    fn flush(&mut self) {
        let now = self.now();
        let unsynced = &mut self.database.unsynced;
        while unsynced.front().is_some_and(|(at, _)| *at + FLUSHED < now) {
            unsynced.pop_front();
        }
    }

    /// Whoever takes a lease from one who was about to spend can't know whether he has.
    fn note_overtaking(&mut self, owner: &str) {
        let present = &self.database.present;
        let Some(pid) = present
            .holder
            .filter(|_| present.owner.as_deref() != Some(owner))
        else {
            return;
        };
        if present.is_spending {
            self.tell(|| format!("process {pid} has lost its lease"));
            self.tally.overtaken += usize::from(self.processes[pid].alive);
            self.note_interruption(pid);
            self.ledger.overtake(pid);
        }
    }
}

/// A process's way to the database; nobody's is a human's, which nothing befalls.
#[derive(Debug, Clone)]
struct ProcessRows {
    world: World,
    pid: Option<Pid>,
}

/// How a statement goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It never arrives.
    Lost,
    /// It takes effect, and nobody is told.
    Untold,
    /// The same, and the server crashes.
    Crash,
}

impl ProcessRows {
    /// One statement, sent again if its connection ends.
    async fn ask<T>(&self, call: Call, mut work: impl FnMut(&mut State) -> T) -> Result<T> {
        let Some(pid) = self.pid else {
            return Ok(work(&mut self.world.lock()));
        };
        for _ in 0..2 {
            self.world.lock().maybe_stop(pid, BEFORE_A_STATEMENT);
            self.world.halt(pid).await;
            let [there, back] = self.ways();
            self.world.pass(pid, there).await;
            let trouble = self.trouble(pid, call);
            if trouble != Some(Trouble::Lost) {
                let done = work(&mut self.world.lock());
                if trouble == Some(Trouble::Crash) {
                    self.world.lock().crash_database();
                }
                self.world.pass(pid, back).await;
                self.world.halt(pid).await;
                if trouble.is_none() {
                    return Ok(done);
                }
            }
        }
        let what = "the simulated database can't be reached";
        Err(Error::new(ErrorKind::Unavailable, what))
    }

    fn ways(&self) -> [Duration; 2] {
        let mut state = self.world.lock();
        [state.dice.within(WAY), state.dice.within(WAY)]
    }

    fn trouble(&self, pid: Pid, call: Call) -> Option<Trouble> {
        let mut state = self.world.lock();
        let fault = state.fault(call)?;
        state.tally.disk_faults += 1;
        state.note_interruption(pid);
        let trouble = match fault {
            io::ErrorKind::Other => {
                let all = [Trouble::Lost, Trouble::Untold, Trouble::Crash];
                state.dice.pick(&all).unwrap_or(Trouble::Lost)
            }
            _ => Trouble::Lost,
        };
        state.tell(|| format!("process {pid}: a statement is {trouble:?}"));
        Some(trouble)
    }
}

const WRITES: Call = Call::Grows(1);

impl Rows for ProcessRows {
    fn take<'a>(
        &'a self,
        _id: &'a ConnectionId,
        owner: &'a str,
        life: Duration,
        grace: Duration,
    ) -> BoxFuture<'a, Result<Option<Taken>>> {
        Box::pin(self.ask(WRITES, move |state| {
            let now = state.now();
            if !state.database.present.is_free(owner, now, grace) {
                return None;
            }
            state.note_overtaking(owner);
            state.tally.leases += 1;
            state.database.commit(now, false, |row| {
                row.owner = Some(owner.to_owned());
                row.holder = self.pid;
                row.epoch += 1;
                row.until = now + life;
                row.is_spending = false;
            });
            let row = &state.database.present;
            Some(Taken {
                epoch: row.epoch,
                kept: row.kept(),
            })
        }))
    }

    fn renew<'a>(&'a self, fence: Fence<'a>, life: Duration) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.ask(WRITES, move |state| {
            let now = state.now();
            let is_ours = state.database.present.is_behind(fence);
            if is_ours {
                state
                    .database
                    .commit(now, false, |row| row.until = now + life);
            }
            is_ours
        }))
    }

    fn give_back<'a>(&'a self, fence: Fence<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.ask(WRITES, move |state| {
            let now = state.now();
            if state.database.present.is_behind(fence) {
                state.database.commit(now, false, |row| {
                    (row.owner, row.holder, row.is_spending) = (None, None, false);
                });
            }
        }))
    }

    fn read<'a>(&'a self, _id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Kept>>> {
        Box::pin(self.ask(Call::Looks, |state| Some(state.database.present.kept())))
    }

    fn write<'a>(&'a self, fence: Fence<'a>, write: Write) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.ask(WRITES, move |state| {
            let (now, row) = (state.now(), &state.database.present);
            let is_as_read = row.version == write.version && row.generation == write.replaced;
            let may = row.is_behind(fence) && is_as_read;
            if !may && !state.is_sabotaged(Sabotage::NoFence) {
                state.tally.fenced += 1;
                return false;
            }
            let is_firm = !state.is_sabotaged(Sabotage::NoSync);
            state.database.commit(now, is_firm, |row| row.put(&write));
            state.note_durable();
            true
        }))
    }

    fn rewrite<'a>(
        &'a self,
        fence: Fence<'a>,
        [access, refresh]: [Option<&'a str>; 2],
        version: i64,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.ask(WRITES, move |state| {
            let (now, row) = (state.now(), &state.database.present);
            let may = row.is_behind(fence) && row.version == version;
            if may {
                state.database.commit(now, true, |row| {
                    row.access = access.map(str::to_owned);
                    row.refresh = refresh.map(str::to_owned);
                    row.version += 1;
                });
            }
            may
        }))
    }

    fn note_accepted<'a>(
        &'a self,
        _id: &'a ConnectionId,
        document: &'a str,
        version: i64,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.ask(WRITES, move |state| {
            let now = state.now();
            let may = state.database.present.version == version;
            if may {
                state.database.commit(now, true, |row| {
                    row.document = Some(document.to_owned());
                    row.version += 1;
                });
            }
            may
        }))
    }

    fn moment(&self) -> Duration {
        let state = self.world.lock();
        if state.is_sabotaged(Sabotage::NoLook) {
            return Duration::ZERO;
        }
        state.now()
    }
}

/// The store of one process: what decides is the real one.
#[derive(Debug)]
pub(super) struct RowStore(Fenced);

impl RowStore {
    pub(super) fn of(world: &World, pid: Option<Pid>) -> Self {
        let world = world.clone();
        let is_sealed = world.lock().scenario.sealed;
        let mut fenced = Fenced::over(Arc::new(ProcessRows { world, pid }));
        fenced.reader.sealer = seal::sealer().filter(|_| is_sealed);
        Self(fenced)
    }
}

impl Store for RowStore {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        Box::pin(async { Ok(vec![connection()]) })
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(self.0.load(id))
    }

    fn reread<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(self.0.reread(lease))
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(self.0.lease(id, wait))
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.record(lease, attempt))
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.save(lease, new, replaces))
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.accepted(id, generation))
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        Box::pin(Fenced::release(lease))
    }

    fn rewrite<'a>(&'a self, lease: &'a Lease, form: Form) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.rewrite(lease, form))
    }

    fn place(&self, _id: &ConnectionId) -> String {
        "the simulated database".to_owned()
    }
}

/// A human logs in with a tool of ours, under the lease.
pub(super) async fn log_in(world: &World) {
    let store = RowStore::of(world, None);
    let Ok(lease) = store.lease(&connection(), HUMAN_PATIENCE).await else {
        return;
    };
    let before = world.lock().database.present.generation;
    let replaces = Generation(u64::try_from(before).unwrap_or(0));
    let new = world.lock().consent(replaces.next());
    if store.save(&lease, &new, replaces).await.is_err() {
        world.lock().violate("a login can't be saved".to_owned());
    }
    store.release(lease).await;
}

impl State {
    fn consent(&mut self, generation: Generation) -> Connection {
        let now = self.now();
        let Pair { refresh, access } = self.provider.log_in(now, &mut self.dice);
        self.tell(|| "a human logs in".to_owned());
        self.ledger.intended = self.provider.family(refresh);
        self.ledger.thrown_away = false;
        let access = self.dice.once_in(2).then_some(access);
        Connection {
            id: connection(),
            provider: PROVIDER.to_owned(),
            realm: None,
            grant: Grant::Live(TokenSet {
                access: access.map(|access| AccessToken::new(self.provider.access_text(access))),
                refresh: Some(RefreshToken::new(self.provider.refresh_text(refresh))),
                ..TokenSet::default()
            }),
            generation,
            attempt: None,
            refusals: Vec::new(),
        }
    }
}
