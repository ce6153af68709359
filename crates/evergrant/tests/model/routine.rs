//! The refresh routine, step by step, as it goes when nothing interferes. The names of the steps'
//! counterparts in the crate are in the table at the head of this test.

use evergrant::Replay;

use crate::disk::Contents;
use crate::journal::{Attempt, Held, Lapse, Line, Outcome};
use crate::process::{Install, Received, Spend, Step};
use crate::provider::{Answer, Tokens};
use crate::store::{self, Connection};
use crate::world::{Mutation, Setting, World};

/// What is decided on what was read under the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Somebody else has done the work.
    Serve,
    /// It was over before.
    Lapsed(Lapse),
    /// It is over, since its refresh token may be spent and may not be sent again.
    GiveUp,
    Spend,
}

/// `policy::decide`, for a process that has nothing to serve.
pub(crate) fn decide(found: &Connection, is_alive: bool, replay: Replay) -> Decision {
    if is_alive {
        return Decision::Serve;
    }
    if let Some(lapse) = found.lapsed {
        return Decision::Lapsed(lapse);
    }
    if found.doubt.is_some() && replay == Replay::Never {
        return Decision::GiveUp;
    }
    Decision::Spend
}

impl World {
    pub(crate) fn can_advance(&self, setting: &Setting, process: usize) -> bool {
        match self.processes[process].step {
            Step::Serve => !self.is_served(process),
            Step::Lease => self.is_lease_free(setting),
            // Only a process that has given the lease back meanwhile can find it taken.
            step @ Step::Await(..) => step.holds_lease(setting) || self.is_lease_free(setting),
            _ => true,
        }
    }

    /// `window_over` is for the provider to know: the token that is sent has seen its window close.
    pub(crate) fn advance(&mut self, setting: &Setting, process: usize, window_over: bool) {
        let next = match self.processes[process].step {
            Step::Serve => self.look(setting, process),
            Step::Lease => self.take_lease(),
            Step::Finish(install) => self.finish(setting, install),
            Step::Note { was_renamed } => self.note(setting, was_renamed),
            Step::Reread => self.reread(setting, process),
            Step::Reserve(spend) => self.reserve(spend),
            Step::Mark(spend) => self.mark(setting, spend),
            Step::SyncMark(spend) => self.sync_mark(setting, spend),
            Step::Send(spend) => self.send(setting, spend, window_over),
            Step::Await(spend, Answer::Tokens(new)) => self.receive(setting, process, spend, new),
            Step::Await(spend, Answer::InvalidGrant) => self.receive_refusal(spend),
            Step::Check(received) => self.check(process, received),
            Step::Fill(received) => self.fill(received),
            Step::Install(received, install) => self
                .put_in_place(setting, install)
                .map_or(Step::Publish(received), |next| {
                    Step::Install(received, next)
                }),
            Step::Publish(received) => self.log_and_publish(process, received),
            Step::Settle(spend, outcome) => self.settle(spend, outcome),
            Step::Refused(spend) => self.refused(process, spend),
            Step::Lapse(spend, lapse) => self.lapse(process, spend, lapse),
            Step::SyncSettled | Step::SyncLapse(_) => self.close(),
        };
        self.processes[process].step = next;
    }

    /// Without the lease only one thing can be done: serve what is there while it lives.
    fn look(&mut self, setting: &Setting, process: usize) -> Step {
        let Some(found) = Connection::load(&self.disk) else {
            return Step::Serve;
        };
        if self.provider.is_alive(found.tokens) {
            return self.publish(process, found.tokens);
        }
        if setting.has(Mutation::NotReread) {
            self.processes[process].seen = Some(found);
        }
        Step::Lease
    }

    /// Where there is no room left, it was renamed into place, now or by somebody who died then.
    fn take_lease(&mut self) -> Step {
        if store::is_save_unfinished(&self.disk) {
            return Step::Finish(Install::Sync);
        }
        let was_renamed = self.disk.next().is_none();
        self.disk.remove_next();
        Step::Note { was_renamed }
    }

    /// The room is filled again, with what it held: what a killed process wrote may not be synced.
    fn finish(&mut self, setting: &Setting, install: Install) -> Step {
        if install == Install::Sync {
            self.credit_recovery();
        }
        let done = Step::Note { was_renamed: true };
        self.put_in_place(setting, install)
            .map_or(done, Step::Finish)
    }

    /// What a dead process had received is in good hands again.
    fn credit_recovery(&mut self) {
        let attempt = self.disk.history().open_attempt();
        let room = self.disk.next().and_then(Contents::tokens);
        if let Some((attempt, tokens)) = attempt.zip(room) {
            let latest = self.provider.latest_consent();
            self.ledger.received(attempt.spends, tokens, latest);
        }
    }

    /// Before it is noted that tokens came by a save of ours, their name is made durable, which
    /// somebody died over. Else a power cut could bring the room back that holds them, with nothing
    /// left to tell that they are the newest.
    fn note(&mut self, setting: &Setting, was_renamed: bool) -> Step {
        let Some(held) = store::unknown(&self.disk) else {
            return Step::Reread;
        };
        let is_careless = setting.has(Mutation::MarkedUnnoted);
        let are_ours = store::are_ours(&self.disk, was_renamed, is_careless);
        if are_ours && !setting.has(Mutation::NotedBeforeDurable) {
            self.disk.sync_directory();
        }
        // Its durability rides on the mark's.
        self.disk.append(if are_ours {
            Line::Saved(held)
        } else {
            Line::Adopted(held)
        });
        Step::Reread
    }

    fn reread(&mut self, setting: &Setting, process: usize) -> Step {
        let seen = self.processes[process].seen.take();
        let Some(found) = seen.or_else(|| Connection::load(&self.disk)) else {
            return Step::Serve;
        };
        let spend = Spend {
            token: found.tokens.refresh,
            replaces: found.generation,
            doubt: found.doubt,
            replayed: false,
        };
        let is_alive = self.provider.is_alive(found.tokens);
        match decide(&found, is_alive, setting.replay) {
            Decision::Serve => self.publish(process, found.tokens),
            Decision::Lapsed(_) => Step::Serve,
            Decision::GiveUp => Step::Lapse(spend, Lapse::LostReply),
            Decision::Spend => Step::Reserve(spend),
        }
    }

    /// Before the mark: one that outlived a want of room would be a doubt about a token that was
    /// never sent.
    fn reserve(&mut self, spend: Spend) -> Step {
        self.disk.reserve();
        Step::Mark(spend)
    }

    /// A login pasted in just before the re-read is noted first: a mark on a token that the journal
    /// does not know would look like one whose answer was saved, to who does not look twice.
    fn mark(&mut self, setting: &Setting, spend: Spend) -> Step {
        if let Some(held) = store::unknown(&self.disk)
            && !setting.has(Mutation::MarkedUnnoted)
        {
            self.disk.append(Line::Adopted(held));
        }
        self.record(spend, Outcome::Open);
        Step::SyncMark(spend)
    }

    pub(crate) fn record(&mut self, spend: Spend, outcome: Outcome) {
        self.disk.append(Line::Attempt(Attempt {
            spends: spend.token,
            outcome,
        }));
    }

    fn sync_mark(&mut self, setting: &Setting, spend: Spend) -> Step {
        if !setting.has(Mutation::MarkNotSynced) {
            self.disk.sync_journal();
        }
        Step::Send(spend)
    }

    fn send(&mut self, setting: &Setting, spend: Spend, window_over: bool) -> Step {
        self.ledger.sent(spend.token, setting.replay);
        let answer = self
            .provider
            .spend(setting.rotation, spend.token, window_over);
        Step::Await(spend, answer)
    }

    fn receive(&mut self, setting: &Setting, process: usize, spend: Spend, tokens: Tokens) -> Step {
        let latest = self.provider.latest_consent();
        self.ledger.received(spend.token, tokens, latest);
        if setting.has(Mutation::PublishedFirst) {
            self.publish(process, tokens);
        }
        Step::Check(Received { spend, tokens })
    }

    fn receive_refusal(&mut self, spend: Spend) -> Step {
        self.ledger.answered(spend.token);
        Step::Refused(spend)
    }

    /// Another generation than the one to replace is a fresh login, which wins.
    fn check(&mut self, process: usize, received: Received) -> Step {
        match Connection::load(&self.disk) {
            Some(stored) if stored.generation == received.spend.replaces => Step::Fill(received),
            Some(winner) => self.publish(process, winner.tokens),
            None => Step::Check(received),
        }
    }

    fn fill(&mut self, received: Received) -> Step {
        self.disk.fill(received.tokens);
        Step::Install(received, Install::Sync)
    }

    /// What comes after `install`; `None` when the token file is in place.
    fn put_in_place(&mut self, setting: &Setting, install: Install) -> Option<Install> {
        match install {
            Install::Sync => {
                if !setting.has(Mutation::FileNotSynced) {
                    self.disk.sync_next();
                }
                Some(Install::Rename)
            }
            Install::Rename => {
                self.disk.rename();
                Some(Install::SyncDirectory)
            }
            Install::SyncDirectory => {
                if !setting.has(Mutation::DirectoryNotSynced) {
                    self.disk.sync_directory();
                }
                None
            }
        }
    }

    fn log_and_publish(&mut self, process: usize, received: Received) -> Step {
        self.disk.append(Line::Saved(Held {
            generation: received.spend.replaces + 1,
            tokens: received.tokens,
        }));
        self.publish(process, received.tokens)
    }

    /// Also how a process adopts what somebody else has saved.
    fn publish(&mut self, process: usize, tokens: Tokens) -> Step {
        let is_safe = self.is_safe(tokens);
        self.ledger.shown(is_safe);
        self.processes[process].published = Some(tokens);
        Step::Serve
    }

    fn settle(&mut self, spend: Spend, outcome: Outcome) -> Step {
        self.record(spend, outcome);
        Step::SyncSettled
    }

    fn refused(&mut self, process: usize, spend: Spend) -> Step {
        let Some(stored) = Connection::load(&self.disk) else {
            return Step::Serve;
        };
        if stored.tokens.refresh != spend.token {
            return self.publish(process, stored.tokens);
        }
        let lapse = if spend.doubt.is_some() || spend.replayed {
            Lapse::LostReply
        } else {
            Lapse::Revoked
        };
        Step::Lapse(spend, lapse)
    }

    /// A mark, which a fresh login outlives: it names the refresh token.
    fn lapse(&mut self, process: usize, spend: Spend, lapse: Lapse) -> Step {
        self.processes[process].published = None;
        let stored = Connection::load(&self.disk);
        if stored.is_none_or(|stored| stored.generation != spend.replaces) {
            return Step::Serve;
        }
        self.disk.append(Line::Lapsed {
            generation: spend.replaces + 1,
            refresh: spend.token,
            lapse,
        });
        Step::SyncLapse(spend)
    }

    fn close(&mut self) -> Step {
        self.disk.sync_journal();
        self.disk.remove_next();
        Step::Serve
    }
}
