//! What may go wrong, and where it leaves a process.

use evergrant::Replay;

use crate::disk::Disk;
use crate::journal::Outcome;
use crate::process::{Process, Spend, Step};
use crate::world::{Mutation, Setting, World};

/// How often each may still happen. That makes the exploration finite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Mishaps {
    /// All access tokens reach their end.
    pub(crate) expiries: u8,
    /// A process is killed.
    pub(crate) kills: u8,
    /// The power is cut.
    pub(crate) power_cuts: u8,
    /// A connection can't be made, or a request or its reply goes astray.
    pub(crate) losses: u8,
    /// The disk refuses to write, to sync or to rename.
    pub(crate) faults: u8,
    /// A human logs in anew and pastes the tokens into the token file.
    pub(crate) logins: u8,
}

impl World {
    /// The connection could not be made: the provider knows of nothing. That says nothing of an
    /// earlier try.
    pub(crate) fn never_reach(&mut self, setting: &Setting, process: usize) {
        let Step::Send(spend) = self.processes[process].step else {
            return;
        };
        let outcome = if spend.replayed || spend.is_doubted(setting) {
            Outcome::Unanswered
        } else {
            Outcome::NotSpent
        };
        self.processes[process].step = Step::Settle(spend, outcome);
    }

    /// The request left this machine and never arrived. From here that looks like a lost reply.
    pub(crate) fn lose_request(&mut self, setting: &Setting, process: usize) {
        let Step::Send(spend) = self.processes[process].step else {
            return;
        };
        self.ledger.sent(spend.token, setting.replay);
        self.processes[process].step = self.after_silence(setting, spend);
    }

    /// The provider has acted, and its reply never arrives.
    pub(crate) fn lose_reply(&mut self, setting: &Setting, process: usize) {
        let Step::Await(spend, _) = self.processes[process].step else {
            return;
        };
        self.processes[process].step = self.after_silence(setting, spend);
    }

    fn after_silence(&mut self, setting: &Setting, spend: Spend) -> Step {
        self.ledger.lost(spend.token);
        let blindly = setting.has(Mutation::RetriedBlindly);
        if spend.replayed || !(blindly || setting.replay == Replay::AtOnce) {
            return Step::Settle(spend, Outcome::Unanswered);
        }
        Step::Send(Spend {
            replayed: true,
            ..spend
        })
    }

    /// Where a process goes on if the disk refuses what it is about to do; `None` where nothing is
    /// promised of a write anyway.
    pub(crate) fn after_fault(&self, setting: &Setting, process: usize) -> Option<Step> {
        let is_dropped = setting.has(Mutation::DroppedWhenNotSaved);
        match self.processes[process].step {
            Step::Finish(_) | Step::Reserve(_) | Step::SyncMark(_) => Some(Step::Serve),
            Step::Fill(_) | Step::Install(..) if is_dropped => Some(Step::Serve),
            Step::Fill(received) | Step::Install(received, _) => Some(Step::Check(received)),
            _ => None,
        }
    }

    pub(crate) fn fault(&mut self, setting: &Setting, process: usize) {
        let Some(next) = self.after_fault(setting, process) else {
            return;
        };
        match (self.processes[process].step, next) {
            // Held, and served from memory until the save works.
            (_, Step::Check(held)) => self.processes[process].published = Some(held.tokens),
            (Step::Reserve(_), _) => self.disk.remove_next(),
            (Step::SyncMark(spend), _) => self.take_mark_back(setting, spend),
            _ => {}
        }
        self.processes[process].step = next;
    }

    /// No durable mark, no attempt; an earlier one stays what it was.
    fn take_mark_back(&mut self, setting: &Setting, spend: Spend) {
        self.disk.remove_next();
        let before = spend.doubt.filter(|_| spend.is_doubted(setting));
        self.record(spend, before.unwrap_or(Outcome::NotSpent));
    }

    /// All that it has in memory is gone; what it wrote is in the page cache.
    pub(crate) fn kill(&mut self, process: usize) {
        if let Some((token, received)) = self.processes[process].step.secret() {
            self.ledger.died(token, received);
        }
        self.processes[process] = Process::default();
    }

    /// So is the page cache; `found` is what is left on the disk.
    pub(crate) fn cut_power(&mut self, found: Disk) {
        for process in 0..self.processes.len() {
            self.kill(process);
        }
        self.disk = found;
    }

    pub(crate) fn expire(&mut self) {
        self.provider.expire();
        for process in &mut self.processes {
            process.published = None;
        }
    }

    pub(crate) fn log_in(&mut self) {
        let tokens = self.provider.consent();
        self.disk.paste(tokens);
        self.ledger.pasted(tokens);
    }
}

impl Spend {
    fn is_doubted(&self, setting: &Setting) -> bool {
        self.doubt.is_some() && !setting.has(Mutation::DoubtForgotten)
    }
}
