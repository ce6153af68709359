//! The judge: knows what was sent and issued, and compares it with what was done and believed.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde::de::IgnoredAny;

use super::Kept;
use super::disk::ProcessDisk;
use super::process::file_store;
use super::provider::{Ended, Family, Pair, Refresh};
use super::seal;
use super::world::{JOURNAL, Pid, State, TOKEN_FILE, World, connection};
use crate::{AccessToken, Bearer, Connection, Grant, Lapse, Replay, Store, policy};

/// Every time that a refresh token was sent.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    spends: Vec<Spend>,
    /// The grant that the humans want to be kept.
    pub(super) intended: Family,
    /// They have put an old copy in its place, and with it thrown the newest token away.
    pub(super) thrown_away: bool,
    /// Access tokens that the API has refused though they were good.
    pub(super) refused: Vec<usize>,
    /// Refresh tokens under whose lease a process died or could not write: they may be marked as
    /// sent though they were not.
    pub(super) interrupted: Vec<Refresh>,
}

#[derive(Debug)]
struct Spend {
    token: Refresh,
    by: Pid,
    known: Known,
    minted: Option<Pair>,
    /// The provider has looked at it, and brought nothing.
    turned_down: bool,
    /// What it brought was safe from then on.
    durable: bool,
    /// A caller has been given what it brought, as safe.
    shown: bool,
    /// Its process died before what it brought was safe.
    orphaned: bool,
    /// Its process has lost its lease before what it brought was safe: it may yet come with it.
    overtaken: bool,
    /// What it brought was safe, but the line that says so was lost, or never written.
    forgotten: bool,
}

/// What the process that sent it can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// No usable answer: the token may be spent.
    Nothing,
    /// The provider did not take it.
    Refused,
    Received(Pair),
}

/// What all that was sent says of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// As good as new.
    Clean,
    /// Sent, and nobody alive knows what became of it.
    Doubtful,
    /// Rotated away: its successor was received.
    Spent,
    /// Rotated away, but the machine has lost the line that said so: only an old copy brings it
    /// back, and nobody can tell it from a good one.
    Forgotten,
}

impl Ledger {
    pub(super) fn learn(&mut self, spend: usize, known: Known) {
        self.spends[spend].known = known;
    }

    pub(super) fn minted(&mut self, spend: usize, issued: Option<Pair>) {
        self.spends[spend].turned_down = issued.is_none();
        self.spends[spend].minted = issued;
    }

    /// A process has died with what it had in memory.
    pub(super) fn bury(&mut self, pid: Pid) {
        for spend in self.spends.iter_mut().filter(|spend| spend.by == pid) {
            spend.orphaned |= !spend.durable;
        }
    }

    /// Somebody else has the lease of a process that was about to spend.
    pub(super) fn overtake(&mut self, pid: Pid) {
        for spend in self.spends.iter_mut().filter(|spend| spend.by == pid) {
            spend.overtaken |= !spend.durable;
        }
    }

    fn standing(&self, token: Refresh) -> Standing {
        let sent = self.spends.iter().filter(|spend| spend.token == token);
        sent.fold(Standing::Clean, |standing, spend| spend.leaves(standing))
    }

    /// Whether somebody was told that it is no good when nothing had been sent that was in doubt: what
    /// others have sent since does not change that.
    fn is_known_as_dead(&self, token: Refresh) -> bool {
        let mut standing = Standing::Clean;
        let mut sent = self.spends.iter().filter(|spend| spend.token == token);
        sent.any(|spend| {
            let was_clean = standing == Standing::Clean;
            standing = spend.leaves(standing);
            was_clean && spend.turned_down && spend.known == Known::Refused
        })
    }

    /// Whether anything was ever sent of which a process could not learn, or keep, the outcome.
    fn is_excused(&self, token: Refresh) -> bool {
        let mut sent = self.spends.iter().filter(|spend| spend.token == token);
        sent.any(|spend| {
            let kept = spend.durable && !spend.forgotten;
            let unseen = spend.orphaned || spend.overtaken;
            spend.known == Known::Nothing || (unseen && !kept) || spend.forgotten
        })
    }

    fn replies_lost(&self) -> usize {
        let lost = |spend: &&Spend| spend.known == Known::Nothing || spend.orphaned;
        let acted = self.spends.iter().filter(|spend| spend.minted.is_some());
        acted.filter(lost).count()
    }

    /// The exchange that first brought a refresh token; `None` for a login's.
    fn origin(&self, token: Refresh) -> Option<&Spend> {
        let brought = |spend: &&Spend| spend.minted.is_some_and(|pair| pair.refresh == token);
        self.spends.iter().find(brought)
    }
}

impl Spend {
    /// How a refresh token stands after it, that stood so before.
    fn leaves(&self, standing: Standing) -> Standing {
        match self.known {
            Known::Refused => standing,
            Known::Received(pair) if pair.refresh == self.token => Standing::Clean,
            Known::Received(_) if self.forgotten => Standing::Forgotten,
            Known::Received(_) if !self.is_out_of_sight() => Standing::Spent,
            _ if matches!(standing, Standing::Spent | Standing::Forgotten) => standing,
            Known::Nothing | Known::Received(_) => Standing::Doubtful,
        }
    }

    /// Nobody but perhaps one without a lease knows what came of it.
    fn is_out_of_sight(&self) -> bool {
        self.orphaned || (self.overtaken && !self.durable)
    }
}

impl World {
    /// What any process would read now. Nothing befalls the judge's reading.
    pub(super) fn belief(&self) -> Option<Connection> {
        if self.lock().has_database() {
            return self.lock().database_says();
        }
        let disk = ProcessDisk {
            world: self.clone(),
            pid: None,
        };
        let store = file_store(self, Arc::new(disk));
        let id = connection();
        let mut context = Context::from_waker(Waker::noop());
        match pin!(store.load(&id)).poll(&mut context) {
            Poll::Ready(Ok(found)) => found,
            Poll::Ready(Err(_)) | Poll::Pending => None,
        }
    }
}

/// While it goes on.
impl State {
    /// A refresh token goes out: may it? Gives the number under which that is booked.
    pub(super) fn judge_spend(
        &mut self,
        by: Pid,
        token: Refresh,
        belief: &Option<Connection>,
    ) -> usize {
        let standing = self.ledger.standing(token);
        let replay = self.scenario.replay;
        let allowed = match (standing, replay) {
            (Standing::Clean | Standing::Forgotten, _) | (Standing::Doubtful, Replay::AtOnce) => {
                true
            }
            (Standing::Doubtful, Replay::WhenNeeded) => self.is_needed(by, belief.as_ref()),
            (Standing::Doubtful, Replay::Never) | (Standing::Spent, _) => false,
        };
        if !allowed {
            self.tally.double_spends += 1;
            self.violate(format!(
                "process {by} sends refresh token {token}, which is {standing:?}, under {replay:?}"
            ));
        } else if standing == Standing::Doubtful {
            self.tally.replays += 1;
        }
        self.ledger.spends.push(Spend {
            token,
            by,
            known: Known::Nothing,
            minted: None,
            turned_down: false,
            durable: false,
            shown: false,
            orphaned: false,
            overtaken: false,
            forgotten: false,
        });
        self.ledger.spends.len() - 1
    }

    /// Whether there is no access token left to live on.
    fn is_needed(&self, pid: Pid, belief: Option<&Connection>) -> bool {
        let Some(tokens) = belief.map(Connection::tokens) else {
            return true;
        };
        let alive = tokens
            .access_expires
            .is_some_and(|end| end > self.latest_time_of_day(pid));
        let text = tokens.access.as_ref().map(AccessToken::expose);
        let known = text.and_then(|text| self.provider.find_access(text));
        let accepted = known.is_some_and(|access| {
            self.provider.accepts(access, self.now()) && !self.ledger.refused.contains(&access)
        });
        !(alive && accepted)
    }

    /// Something has become durable: are there tokens that were waiting for it?
    pub(super) fn note_durable(&mut self) {
        for spend in self.ledger.spends.iter_mut().rev().take(4) {
            if let Known::Received(pair) = spend.known
                && !spend.durable
            {
                let text = self.provider.access_text(pair.access);
                spend.durable = match self.plan.kept {
                    Kept::File => self.files.holds_durably(text),
                    Kept::Database => self.database.holds_durably(text),
                };
            }
        }
    }

    /// Does the journal know what was saved?
    pub(super) fn note_forgotten(&mut self) {
        if self.has_database() {
            // What was saved and that it was are one transaction.
            return;
        }
        let journal = self.files.read(Path::new(JOURNAL)).unwrap_or_default();
        let journal = whole_lines(journal);
        for spend in self.ledger.spends.iter_mut().filter(|spend| spend.durable) {
            if let Known::Received(pair) = spend.known
                && !spend.forgotten
            {
                let token = AccessToken::new(self.provider.access_text(pair.access));
                spend.forgotten = !journal.contains(token.fingerprint().as_str());
            }
        }
    }

    /// Something has befallen a process: whatever it was about to do under its lease may now look
    /// done.
    pub(super) fn note_interruption(&mut self, pid: Pid) {
        if self.has_database() {
            if self.database.is_held_by(pid)
                && let Some(token) = self.refresh_token_in(&self.database.refresh_text())
            {
                self.ledger.interrupted.push(token);
            }
            return;
        }
        if self.locks.iter().all(|lock| lock.holder != pid) {
            return;
        }
        let present = self.files.read(Path::new(TOKEN_FILE)).unwrap_or_default();
        if let Some(token) = self.refresh_token_in(&String::from_utf8_lossy(present)) {
            self.ledger.interrupted.push(token);
        }
    }

    pub(super) fn refresh_token_in(&self, text: &str) -> Option<Refresh> {
        let text = seal::clear(text);
        let mut quoted = text.split('"');
        quoted.find_map(|text| self.provider.find_refresh(text))
    }

    /// A caller has been given a bearer: was it safe by then?
    pub(super) fn judge_sight(&mut self, pid: Pid, bearer: &Bearer) {
        let text = bearer.token.expose();
        let Some(access) = self.provider.find_access(text) else {
            self.violate(format!("process {pid} was given a token of nobody's"));
            return;
        };
        let mut spends = self.ledger.spends.iter_mut();
        let brought = |spend: &&mut Spend| spend.minted.is_some_and(|pair| pair.access == access);
        let Some(spend) = spends.find(brought) else {
            return;
        };
        if spend.shown {
            return;
        }
        let safe = spend.durable
            || match self.plan.kept {
                Kept::File => self.files.holds_durably(text),
                Kept::Database => self.database.holds_durably(text),
            };
        if safe || !self.processes[spend.by].undurable {
            spend.shown = true;
        }
        if spend.shown && !safe {
            self.tally.shown_early += 1;
            self.violate(format!(
                "process {pid} shows access token {access}, which a power cut could take"
            ));
        }
    }

    /// What the store says of the grant, beside what is so.
    pub(super) fn judge_belief(&mut self, belief: &Option<Connection>) {
        let Some(belief) = belief else { return };
        let Some(token) = self.believed(belief) else {
            return;
        };
        let standing = self.ledger.standing(token);
        let family = self.provider.family(token);
        let lives = self.provider.ended(family).is_none() && self.provider.newest(family) == token;
        let excused = self.ledger.is_excused(token);
        let interrupted = self.ledger.interrupted.contains(&token);
        let wrong = match belief.grant {
            Grant::Live(_) => {
                let finished = self.is_about_to_be_finished();
                let sure = matches!(standing, Standing::Clean | Standing::Forgotten);
                !sure && !policy::in_doubt(belief) && !finished
            }
            Grant::Lapsed { lapse, .. } => match lapse {
                Lapse::Revoked => {
                    let in_doubt = standing == Standing::Doubtful;
                    lives || (in_doubt && !self.ledger.is_known_as_dead(token))
                }
                Lapse::LostReply => !excused && !interrupted,
                Lapse::Spent => lives && standing == Standing::Clean && !excused && !interrupted,
                _ => true,
            },
        };
        self.tally.beliefs += 1;
        if wrong {
            self.tally.misjudged += 1;
            let (grant, attempt) = (name(&belief.grant), &belief.attempt);
            self.violate(format!(
                "refresh token {token} is {standing:?}, but is held to be {grant}, {attempt:?}"
            ));
        }
    }

    fn believed(&self, belief: &Connection) -> Option<Refresh> {
        let text = belief.tokens().refresh.as_ref()?;
        self.provider.find_refresh(text.expose())
    }

    /// The newest tokens lie beside the file, to be put in its place with the next lease.
    fn is_about_to_be_finished(&self) -> bool {
        let newest = self.provider.newest(self.ledger.intended);
        let next = format!("{TOKEN_FILE}.next");
        let text = self.provider.refresh_text(newest);
        self.files.shows(Path::new(&next), text)
    }
}

/// At the end.
impl State {
    /// `usable`: a fresh process could get a bearer that the API takes.
    pub(super) fn judge_end(&mut self, belief: &Option<Connection>, usable: bool) {
        self.judge_belief(belief);
        self.tally.replies_lost = self.ledger.replies_lost();
        let family = self.ledger.intended;
        if usable {
            self.tally.kept += 1;
            return;
        }
        if self.provider.ended(family) == Some(Ended::Revoked) {
            self.tally.revoked += 1;
            return;
        }
        if self.ledger.thrown_away {
            self.tally.thrown_away += 1;
            return;
        }
        if self.provider.ended(family) == Some(Ended::Reused) || self.is_excused(belief) {
            self.tally.unavoidable += 1;
            return;
        }
        let stored = belief.as_ref().and_then(|belief| self.believed(belief));
        if stored.is_some_and(|token| self.ledger.interrupted.contains(&token)) {
            self.tally.given_up += 1;
            return;
        }
        self.tally.lost += 1;
        let believed = belief.as_ref().map(|belief| name(&belief.grant));
        self.violate(format!("the grant is lost; the store says {believed:?}"));
    }

    /// Whether the newest token never came, or came to a process that died before it was safe.
    fn is_excused(&self, belief: &Option<Connection>) -> bool {
        let newest = self.provider.newest(self.ledger.intended);
        let stored = belief.as_ref().and_then(|belief| self.believed(belief));
        if stored == Some(newest) {
            return self.ledger.is_excused(newest);
        }
        self.ledger.origin(newest).is_some_and(|origin| {
            let received = matches!(origin.known, Known::Received(_)) && !origin.orphaned;
            !origin.durable && !origin.shown && !received
        })
    }
}

/// What of a journal can be read.
fn whole_lines(journal: &[u8]) -> String {
    let lines = journal.split(|byte| matches!(byte, b'\n' | 0));
    lines
        .filter(|line| serde_json::from_slice::<IgnoredAny>(line).is_ok())
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect()
}

fn name(grant: &Grant) -> String {
    match grant {
        Grant::Live(_) => "live".to_owned(),
        Grant::Lapsed { lapse, .. } => format!("{lapse:?}"),
    }
}
