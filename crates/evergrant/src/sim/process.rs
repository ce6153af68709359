//! Processes: a keeper of their own each, callers who want bearers, and an end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use super::database::RowStore;
use super::disk::ProcessDisk;
use super::sabotage::{EarlySave, Forgetful};
use super::wire::{Insistent, Wire};
use super::world::{Pid, State, TOKEN_FILE, World, connection, is_death};
use super::{Sabotage, fate, seal};
use crate::provider::Rotation;
use crate::store::disk::Disk;
use crate::transport::Network;
use crate::{
    Bearer, Error, ErrorKind, Event, FileStore, Form, Keeper, OAuthClient, Provider, Refusal,
    Result, Store, TokenFile,
};

/// The provider's name.
pub(super) const PROVIDER: &str = "simulated";
/// Many callers come at the same times.
const BELL: Duration = Duration::from_secs(600);
/// How long the last exchanges and saves may take once nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_secs(300);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts one process after the other, until it is over.
pub(super) async fn supervise(world: World) {
    while !world.lock().over {
        let pid = begin(&world);
        let running = tokio::spawn(live(world.clone(), pid));
        world.lock().put_on_leash(pid, running.abort_handle());
        if let Err(end) = running.await
            && end.is_panic()
        {
            let payload = end.into_panic();
            if !is_death(&*payload) {
                std::panic::resume_unwind(payload);
            }
        }
        let pause = world.lock().dice.within(Duration::from_secs(240));
        tokio::time::sleep(pause).await;
    }
}

fn begin(world: &World) -> Pid {
    let belief = world.belief();
    let mut state = world.lock();
    state.tally.starts += 1;
    state.judge_belief(&belief);
    state.start_process()
}

/// One process, from its start to its end in peace.
async fn live(world: World, pid: Pid) {
    let Ok(keeper) = keeper(&world, pid) else {
        world.lock().violate("the keeper can't be built".to_owned());
        return;
    };
    let callers = world.lock().scenario.callers;
    let errands = world.lock().dice.below(24);
    let callers = (0..callers).map(|_| {
        let caller = Caller {
            world: world.clone(),
            pid,
            keeper: keeper.clone(),
        };
        Box::pin(caller.run(errands)) as Task
    });
    together(callers.collect()).await;
    if tokio::time::timeout(PATIENCE * 40, keeper.drain())
        .await
        .is_err()
    {
        world.lock().violate(format!("process {pid} never ends"));
    }
    world.lock().end_process(pid);
}

/// Polls all in their order, so that chance in the runtime's queues decides nothing.
async fn together(mut tasks: Vec<Task>) {
    std::future::poll_fn(|context| {
        tasks.retain_mut(|task| task.as_mut().poll(context).is_pending());
        if tasks.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// A process that comes when all is over: whether it gets a bearer that the API takes.
pub(super) async fn last_try(world: &World) -> bool {
    let pid = begin(world);
    let Ok(keeper) = keeper(world, pid) else {
        return false;
    };
    let caller = Caller {
        world: world.clone(),
        pid,
        keeper,
    };
    for _ in 0..3 {
        if caller.errand().await {
            return true;
        }
        tokio::time::sleep(PATIENCE * 2).await;
    }
    false
}

/// The store on a disk.
pub(super) fn file_store(world: &World, disk: Arc<dyn Disk>) -> FileStore {
    let file = TokenFile {
        path: TOKEN_FILE.into(),
        provider: PROVIDER.to_owned(),
        realm: None,
    };
    let sealed = world.lock().scenario.sealed;
    match seal::sealer().filter(|_| sealed) {
        Some(sealer) => FileStore::on(disk).with_sealed(connection(), file, sealer),
        None => FileStore::on(disk).with(connection(), file),
    }
}

fn keeper(world: &World, pid: Pid) -> Result<Keeper> {
    let disk = ProcessDisk {
        world: world.clone(),
        pid: Some(pid),
    };
    let (sabotage, has_database) = {
        let state = world.lock();
        (state.plan.sabotage, state.has_database())
    };
    let store = file_store(world, Arc::new(disk));
    let store: Arc<dyn Store> = match sabotage {
        _ if has_database => Arc::new(RowStore::of(world, Some(pid))),
        Some(Sabotage::EarlySave) => Arc::new(EarlySave::new(store)),
        Some(Sabotage::NoReread) => Arc::new(Forgetful::new(store)),
        _ => Arc::new(store),
    };
    let wire = Wire {
        world: world.clone(),
        pid,
    };
    let network: Arc<dyn Network> = match sabotage {
        Some(Sabotage::BlindRetry) => Arc::new(Insistent(wire)),
        _ => Arc::new(wire),
    };
    let (listener, chance) = (world.clone(), world.clone());
    Keeper::builder(store)
        .provider(provider(world)?, client())
        .clock(world.clock(pid))
        .on_notice(move |notice| listener.lock().hear(pid, &notice.event))
        .simulated(network, move || chance.lock().dice.part())
        .build()
}

fn provider(world: &World) -> Result<Provider> {
    let url = Url::parse("https://provider.example/token")
        .map_err(|error| Error::new(ErrorKind::Config, "no URL").with_source(error))?;
    let mut provider = Provider::standard(PROVIDER, url.clone(), url);
    provider.rotation = Rotation {
        replay: world.lock().scenario.replay,
        evidence: "the seed says so",
    };
    Ok(provider)
}

fn client() -> OAuthClient {
    OAuthClient {
        id: "client".to_owned(),
        secret: None,
    }
}

impl State {
    fn hear(&mut self, pid: Pid, event: &Event) {
        match event {
            Event::Undurable { .. } => self.processes[pid].undurable = true,
            Event::Saved { .. } => self.processes[pid].undurable = false,
            _ => {}
        }
        if !matches!(event, Event::Sending { .. }) {
            self.tell(|| format!("process {pid}: {event:?}"));
        }
    }
}

/// Somebody in a process who wants to call the API now and then.
struct Caller {
    world: World,
    pid: Pid,
    keeper: Keeper,
}

impl Caller {
    async fn run(self, errands: usize) {
        for _ in 0..=errands {
            self.rest().await;
            if self.world.lock().over {
                return;
            }
            self.errand().await;
        }
    }

    async fn rest(&self) {
        let time = {
            let mut state = self.world.lock();
            let now = state.now();
            if state.dice.once_in(3) {
                let bells = now.as_secs() / BELL.as_secs() + 1;
                BELL * u32::try_from(bells).unwrap_or(1) - now
            } else {
                let most = state.dice.within(BELL * 4);
                state.dice.within(most)
            }
        };
        tokio::time::sleep(time).await;
    }

    /// Gets a bearer and calls the API with it; whether the API took it.
    async fn errand(&self) -> bool {
        if self.rewrites() {
            drop(self.rewrite().await);
        }
        let patience = {
            let mut state = self.world.lock();
            let impatient = !state.over && state.dice.once_in(8);
            impatient.then(|| state.dice.within(Duration::from_secs(3)))
        };
        match patience {
            Some(patience) => tokio::time::timeout(patience, self.call())
                .await
                .unwrap_or(false),
            None => self.call().await,
        }
    }

    fn rewrites(&self) -> bool {
        let mut state = self.world.lock();
        state.scenario.sealed && !state.over && state.dice.once_in(8)
    }

    /// Seals the tokens anew, or writes them in clear.
    async fn rewrite(&self) -> Result<()> {
        let form = if self.world.lock().dice.once_in(2) {
            Form::Clear
        } else {
            Form::Sealed
        };
        let store = self.keeper.store();
        let lease = store.lease(&connection(), PATIENCE).await?;
        store.rewrite(&lease, form).await
    }

    async fn call(&self) -> bool {
        let bearer = match self.bearer().await {
            Ok(bearer) => bearer,
            Err(error) => {
                self.complain(&error);
                return false;
            }
        };
        if self.api_takes(&bearer) {
            return true;
        }
        let refusal = if self.world.lock().dice.once_in(4) {
            Refusal::Unclear
        } else {
            Refusal::Token
        };
        let newer = self.keeper.rejected(&connection(), &bearer, refusal).await;
        match newer {
            Ok(Some(newer)) => self.api_takes(&newer),
            Ok(None) | Err(_) => false,
        }
    }

    /// Sometimes a human hears that he must log in again, and does.
    fn complain(&self, error: &Error) {
        if !matches!(error.kind(), ErrorKind::Lapsed(_)) {
            return;
        }
        let pause = {
            let mut state = self.world.lock();
            let heard = !state.over && state.dice.once_in(3);
            heard.then(|| state.dice.within(BELL))
        };
        if let Some(pause) = pause {
            tokio::spawn(fate::log_in_again(self.world.clone(), pause));
        }
    }

    async fn bearer(&self) -> Result<Bearer> {
        let (choice, life) = {
            let mut state = self.world.lock();
            (state.dice.below(16), state.dice.within(BELL * 7))
        };
        let (id, over) = (connection(), self.world.lock().over);
        let life = SignedDuration::try_from(life).unwrap_or_default();
        match choice {
            0 if !over => self.keeper.refresh(&id).await,
            1 if !over => self.keeper.bearer_with(&id, life).await,
            _ => self.keeper.bearer(&id).await,
        }
    }

    fn api_takes(&self, bearer: &Bearer) -> bool {
        let taken = {
            let mut state = self.world.lock();
            state.judge_sight(self.pid, bearer);
            state.api_takes(bearer)
        };
        if taken {
            let slot = self.keeper.slot(&connection());
            self.keeper.accepted(&slot, bearer.generation);
        }
        taken
    }
}

impl State {
    fn api_takes(&mut self, bearer: &Bearer) -> bool {
        let Some(access) = self.provider.find_access(bearer.token.expose()) else {
            return false;
        };
        let taken = self.provider.accepts(access, self.now());
        if taken && !self.over && self.dice.once_in(80) {
            self.ledger.refused.push(access);
            return false;
        }
        taken
    }
}
