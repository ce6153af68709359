//! The state of everything, and what can happen to it: the model, as the checker sees it.

use evergrant::Replay;
use stateright::{Model, Property};

use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::mishap::Mishaps;
use crate::process::{Process, Step};
use crate::promise;
use crate::provider::{Provider, Rotation};

/// One world to explore.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) processes: usize,
    /// What the provider does.
    pub(crate) rotation: Rotation,
    /// What its profile allows.
    pub(crate) replay: Replay,
    pub(crate) mishaps: Mishaps,
    /// A login may be pasted in between a save's last look at the token file and its rename.
    pub(crate) pastes_anytime: bool,
    pub(crate) mutation: Option<Mutation>,
}

/// A mistake put into the protocol, to see whether the checker finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// The room is filled and renamed without a sync.
    FileNotSynced,
    /// The directory is not synced after the rename.
    DirectoryNotSynced,
    /// What somebody died over is noted as saved before its name is durable.
    NotedBeforeDurable,
    /// The refresh token is sent before the mark is durable.
    MarkNotSynced,
    /// A refresh token is marked that the journal does not know, and later taken for the answer to that.
    MarkedUnnoted,
    /// New tokens are shown as soon as they come.
    PublishedFirst,
    /// What was read before the lease was taken is spent.
    NotReread,
    /// A request without an answer is sent again, whatever the profile says.
    RetriedBlindly,
    /// The lease is given back while the request is under way.
    LeaseNotHeld,
    /// An attempt that was surely not made settles the doubt about an earlier one.
    DoubtForgotten,
    /// Tokens that can't be saved are given up.
    DroppedWhenNotSaved,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) provider: Provider,
    pub(crate) disk: Disk,
    /// Kept in order, since it does not matter which is which: that spares the checker the worlds
    /// that differ in nothing else.
    pub(crate) processes: Vec<Process>,
    pub(crate) ledger: Ledger,
    left: Mishaps,
}

/// What happens next. A number says to which process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// It takes its next step.
    Advance(usize),
    /// It sends, and the provider finds that the token's window is over.
    SendAfterWindow(usize),
    NeverReach(usize),
    LoseRequest(usize),
    LoseReply(usize),
    Fault(usize),
    Kill(usize),
    /// Of all that was not synced, this is left.
    CutPower(Box<Disk>),
    Expire,
    LogIn,
}

impl Setting {
    pub(crate) fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}

impl Model for Setting {
    type State = World;
    type Action = Action;

    /// A token file that somebody put there, its access token over.
    fn init_states(&self) -> Vec<World> {
        let mut provider = Provider::new();
        let tokens = provider.consent();
        provider.expire();
        vec![World {
            provider,
            disk: Disk::with(tokens),
            processes: vec![Process::default(); self.processes],
            ledger: Ledger::owing(tokens),
            left: self.mishaps,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for process in 0..self.processes {
            world.steps_of(self, process, actions);
            world.mishaps_of(self, process, actions);
        }
        world.mishaps_of_all(self, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.take(self, action);
        next.processes.sort_unstable();
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = promise::promises();
        properties.extend(promise::trials());
        properties
    }
}

impl World {
    pub(crate) fn is_served(&self, process: usize) -> bool {
        let published = self.processes[process].published;
        published.is_some_and(|tokens| self.provider.is_alive(tokens))
    }

    pub(crate) fn is_lease_free(&self, setting: &Setting) -> bool {
        let mut processes = self.processes.iter();
        !processes.any(|process| process.step.holds_lease(setting))
    }

    fn steps_of(&self, setting: &Setting, process: usize, actions: &mut Vec<Action>) {
        if self.can_advance(setting, process) {
            actions.push(Action::Advance(process));
        }
        let sends = matches!(self.processes[process].step, Step::Send(_));
        if sends && setting.rotation == Rotation::Window {
            actions.push(Action::SendAfterWindow(process));
        }
    }

    fn mishaps_of(&self, setting: &Setting, process: usize, actions: &mut Vec<Action>) {
        let it = self.processes[process];
        if self.left.losses > 0 {
            match it.step {
                Step::Send(_) => {
                    actions.extend([Action::NeverReach(process), Action::LoseRequest(process)]);
                }
                Step::Await(..) => actions.push(Action::LoseReply(process)),
                _ => {}
            }
        }
        if self.left.faults > 0 && self.after_fault(setting, process).is_some() {
            actions.push(Action::Fault(process));
        }
        if self.left.kills > 0 && it != Process::default() {
            actions.push(Action::Kill(process));
        }
    }

    fn mishaps_of_all(&self, setting: &Setting, actions: &mut Vec<Action>) {
        if self.left.power_cuts > 0 {
            let found = self.disk.after_power_cut().into_iter();
            actions.extend(found.map(|disk| Action::CutPower(Box::new(disk))));
        }
        if self.left.expiries > 0 {
            actions.push(Action::Expire);
        }
        let mut processes = self.processes.iter();
        let is_instant = processes.any(|process| process.step.is_about_to_replace());
        if self.left.logins > 0 && (setting.pastes_anytime || !is_instant) {
            actions.push(Action::LogIn);
        }
    }

    fn take(&mut self, setting: &Setting, action: Action) {
        self.left.count(&action);
        match action {
            Action::Advance(process) => self.advance(setting, process, false),
            Action::SendAfterWindow(process) => self.advance(setting, process, true),
            Action::NeverReach(process) => self.never_reach(setting, process),
            Action::LoseRequest(process) => self.lose_request(setting, process),
            Action::LoseReply(process) => self.lose_reply(setting, process),
            Action::Fault(process) => self.fault(setting, process),
            Action::Kill(process) => self.kill(process),
            Action::CutPower(found) => self.cut_power(*found),
            Action::Expire => self.expire(),
            Action::LogIn => self.log_in(),
        }
    }
}

impl Mishaps {
    fn count(&mut self, action: &Action) {
        match action {
            Action::Advance(_) | Action::SendAfterWindow(_) => {}
            Action::NeverReach(_) | Action::LoseRequest(_) | Action::LoseReply(_) => {
                self.losses -= 1;
            }
            Action::Fault(_) => self.faults -= 1,
            Action::Kill(_) => self.kills -= 1,
            Action::CutPower(_) => self.power_cuts -= 1,
            Action::Expire => self.expiries -= 1,
            Action::LogIn => self.logins -= 1,
        }
    }
}
