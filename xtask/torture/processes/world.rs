//! One token file, the sandbox that its grant is from, and the judge between the two.
//!
//! Only the sandbox's record, the files and what a fresh process reads in them are evidence. A round
//! is whatever happens between two calls of [`World::settle`]; no worker is at work when it is
//! called.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use evergrant::{Connection, Grant, Lapse, Replay, policy};
use evergrant_sandbox::{Deed, Fault, Fingerprint, Handle, LoggedRequest, Options, Sandbox};
use jiff::SignedDuration;
use serde_json::Value;

use super::database::held;
use super::ledger::{ACCESS_LIFE, Issued, Ledger, Spend, Standing};
use super::orders::{Errand, Orders, Said, Wish};
use super::place::{Kept, Place};
use super::process::{End, HANGS, Process};
use super::tally::{Tally, What};
use super::worker::{REALM, connection, registry, store};
use super::{Result, Stage};
use crate::dice::Dice;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many requests the sandbox remembers.
const REMEMBERED: u64 = 1000;

/// How the provider rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A refresh token is for one use, and the grant ends when it comes again.
    Strict,
    /// The same one comes back for a day, as Intuit does.
    Window,
    /// Each refresh rotates; the old token is good for a while.
    Graceful,
}

impl Mode {
    pub(crate) const COUNT: usize = 3;
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Strict, Self::Window, Self::Graceful];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Window => "window",
            Self::Graceful => "graceful",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == word)
    }

    fn rotation(self) -> evergrant_sandbox::Rotation {
        use evergrant_sandbox::Rotation;
        let days = |days: u64| std::time::Duration::from_secs(days * 24 * 3600);
        match self {
            Self::Strict => Rotation::Strict,
            Self::Window => Rotation::Window { every: days(1) },
            // Longer than any life here, so that every loss is somebody's fault.
            Self::Graceful => Rotation::Graceful { grace: days(90) },
        }
    }
}

/// What the provider does, and what the workers are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) mode: Mode,
    pub(crate) replay: Replay,
}

impl Profile {
    pub(crate) fn draw(dice: &mut Dice, mode: Mode) -> Self {
        let replay = match mode {
            Mode::Strict => dice.pick([Replay::WhenNeeded, Replay::Never]),
            Mode::Window | Mode::Graceful => {
                dice.pick([Replay::AtOnce, Replay::AtOnce, Replay::WhenNeeded])
            }
        };
        Self { mode, replay }
    }
}

/// A grant under torture.
pub(crate) struct World<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) sandbox: Handle,
    pub(crate) place: Place,
    pub(crate) profile: Profile,
    pub(crate) tally: Tally,
    /// What must not have happened, in words.
    pub(crate) violations: Vec<String>,
    /// What has happened, a line each.
    pub(crate) story: Vec<String>,
    ledger: Ledger,
    /// How far the clocks have been set ahead.
    ahead: SignedDuration,
    /// How many of the sandbox's requests were entered.
    entered: u64,
    /// Something has befallen a worker since one was last seen to do well: a doubt may be left.
    troubled: bool,
}

/// What lies on the disk.
struct OnDisk {
    /// The token file's tokens.
    file: Option<Issued>,
    /// Those of a save that was cut off before its rename.
    next: Option<Issued>,
}

/// What a round has left of the grant.
enum State {
    Alive,
    Unavoidable,
    GivenUp,
    Lost(String),
}

impl<'a> World<'a> {
    /// # Errors
    /// If no sandbox can be started.
    pub(crate) fn start(stage: &'a Stage, profile: Profile, place: Place) -> Result<Self> {
        let options = Options {
            https: None,
            rotation: profile.mode.rotation(),
            ..Options::default()
        };
        let sandbox = stage.runtime.block_on(Sandbox::start(options))?;
        let ledger = Ledger::new(profile.replay, sandbox.control().now());
        let mut world = Self {
            stage,
            sandbox,
            place,
            profile,
            tally: Tally::default(),
            violations: Vec::new(),
            story: Vec::new(),
            ledger,
            ahead: SignedDuration::ZERO,
            entered: 0,
            troubled: false,
        };
        world.tally.count(What::Lives);
        world.log_in()?;
        Ok(world)
    }

    pub(crate) fn tell(&mut self, line: impl Into<String>) {
        self.story.push(line.into());
    }

    /// Time passes, for the sandbox and for every worker that is sent on an errand from now on.
    pub(crate) fn pass(&mut self, time: SignedDuration) {
        self.ahead += time;
        if let Ok(time) = std::time::Duration::try_from(time) {
            self.sandbox.control().advance(time);
        }
    }

    /// The access tokens end before their time.
    pub(crate) fn end_access(&mut self) {
        let control = self.sandbox.control();
        control.expire_access_tokens();
        self.ledger.ended_access(control.now());
    }

    pub(crate) fn arm(&self, fault: Fault) {
        self.sandbox.control().add_fault(fault);
    }

    pub(crate) fn orders(&self) -> Orders {
        Orders {
            base: self.sandbox.http_url().unwrap_or_default(),
            home: self.place.home(),
            replay: self.profile.replay,
            at: None,
            file_limit: None,
            sabotage: self.stage.sabotage,
        }
    }

    /// # Errors
    /// If no process can be started.
    pub(crate) fn start_worker(&mut self, orders: &Orders, ignoring: bool) -> Result<Process> {
        self.tally.count(What::Starts);
        Process::start(&self.stage.program, orders, ignoring)
    }

    pub(crate) fn errand(&self, wish: Wish) -> Errand {
        let ahead = self.ahead;
        Errand { ahead, wish }
    }

    /// Something has befallen a worker that may leave a doubt behind.
    pub(crate) fn trouble(&mut self) {
        self.troubled = true;
    }

    /// Refreshes that the provider has carried out.
    pub(crate) fn refreshes(&self) -> u64 {
        self.sandbox.control().counters().refreshes
    }

    /// What must not happen.
    pub(crate) fn violate(&mut self, what: What, words: impl Into<String>) {
        self.tally.count(what);
        let words = words.into();
        self.tell(format!("VIOLATION: {words}"));
        self.violations.push(words);
    }

    /// Closes a round: enters what was sent, judges it, and puts a new grant in the place of one
    /// that is gone. `ends`: of the workers that have ended; `excused`: one of them was killed, or an
    /// answer was kept back.
    ///
    /// # Errors
    /// If something can't be examined.
    pub(crate) fn settle(&mut self, ends: &[End], excused: bool) -> Result<()> {
        self.await_quiet()?;
        self.sandbox.control().clear_faults();
        self.troubled |= excused;
        self.enter(excused)?;
        let disk = self.read_disk();
        self.judge_sights(ends, &disk);
        for wrong in self.ledger.judge() {
            self.violate(What::DoubleSpends, wrong);
        }
        let belief = self.belief();
        self.judge_belief(belief.as_ref(), &disk);
        match self.state(belief.as_ref(), &disk) {
            State::Alive => Ok(()),
            State::Unavoidable => self.bury(What::Unavoidable, belief.as_ref()),
            State::GivenUp => self.bury(What::GivenUp, belief.as_ref()),
            State::Lost(why) => {
                self.violate(What::Lost, why);
                self.log_in()
            }
        }
    }

    /// A fresh process, to which nothing happens, must be able to use the grant.
    ///
    /// # Errors
    /// If it can't be started or does not end.
    pub(crate) fn prove_usable(&mut self) -> Result<()> {
        // Past every access token's end, and every back-off's.
        self.pass(ACCESS_LIFE * 2);
        let answer = self.ask_fresh()?;
        if answer != "200" {
            let words = format!("the grant lives, but a fresh process is answered {answer}");
            self.violate(What::Lost, words);
            return self.log_in();
        }
        self.troubled = false;
        Ok(())
    }

    /// Waits until the sandbox has done with all that was sent to it: a request lives on in its
    /// socket when its sender is killed. Whoever comes after it and is answered, more than once, has
    /// seen it done: the sandbox has one thread.
    fn await_quiet(&self) -> Result<()> {
        let url = self.sandbox.http_url().unwrap_or_default();
        let address = url.trim_start_matches("http://");
        let mut line = TcpStream::connect(address)?;
        line.set_read_timeout(Some(HANGS))?;
        for _ in 0..3 {
            line.write_all(b"GET /_sandbox/clock HTTP/1.1\r\nhost: sandbox\r\n\r\n")?;
            let mut answer = Vec::new();
            while !answer.ends_with(b"}\n") {
                let mut piece = [0; 1024];
                let length = line.read(&mut piece)?;
                if length == 0 {
                    return Err("the sandbox has hung up".into());
                }
                answer.extend_from_slice(&piece[..length]);
            }
        }
        Ok(())
    }

    /// What a fresh process is answered.
    fn ask_fresh(&mut self) -> Result<String> {
        let orders = self.orders();
        let mut process = self.start_worker(&orders, false)?;
        process.go(self.errand(Wish::Call));
        let answer = process
            .answer(HANGS)
            .unwrap_or_else(|| "nothing".to_owned());
        let end = process.end()?;
        self.tell(format!("a fresh process: {answer}"));
        self.enter(false)?;
        let disk = self.read_disk();
        self.judge_sights(&[end], &disk);
        for wrong in self.ledger.judge() {
            self.violate(What::DoubleSpends, wrong);
        }
        Ok(answer)
    }

    /// The grant is gone, as it had to be: what evergrant does then, and a human's new login.
    fn bury(&mut self, what: What, belief: Option<&Connection>) -> Result<()> {
        self.tally.count(what);
        self.tell(format!("{what:?}"));
        let is_marked = belief.is_some_and(|it| matches!(it.grant, Grant::Lapsed { .. }));
        let revoked = self
            .sandbox
            .control()
            .grants()
            .last()
            .is_some_and(|it| it.revoked);
        let now = self.sandbox.control().now();
        let time_left = self.ledger.access_end().duration_since(now);
        if !is_marked && !revoked && time_left > SignedDuration::from_mins(1) {
            let answer = self.ask_fresh()?;
            if answer == "200" {
                self.tally.count(What::LivedOn);
            } else {
                let words = format!("there was an access token to live on, but: {answer}");
                self.violate(What::Misjudged, words);
            }
        }
        self.pass(ACCESS_LIFE * 2);
        let answer = self.ask_fresh()?;
        if answer == format!("Lapsed({:?})", Lapse::LostReply) {
            self.tally.count(What::SaidLost);
        } else {
            let words = format!("a reply was lost, but a fresh process is answered {answer}");
            self.violate(What::Misjudged, words);
        }
        self.log_in()
    }

    /// A human's consent, pasted into the token file.
    #[expect(clippy::disallowed_methods, reason = "this plays another tool")]
    fn log_in(&mut self) -> Result<()> {
        let grant = self.sandbox.issue_grant(REALM);
        match registry(&self.place.home())? {
            Some(registry) => self.hand_in(&*registry, &grant)?,
            None => {
                self.place.free();
                fs::write(self.place.file(), grant.to_string())?;
            }
        }
        self.ledger.logged_in(self.sandbox.control().now());
        self.troubled = false;
        self.tell("a login");
        Ok(())
    }

    /// Enters what has reached the sandbox since the last time.
    fn enter(&mut self, excused: bool) -> Result<()> {
        let control = self.sandbox.control();
        let (count, log) = (control.counters().requests, control.requests());
        let new = count - self.entered;
        if new > REMEMBERED {
            return Err("the sandbox has forgotten requests of this round".into());
        }
        self.entered = count;
        let new = usize::try_from(new)?.min(log.len());
        for request in &log[log.len() - new..] {
            self.enter_one(request, excused);
        }
        Ok(())
    }

    fn enter_one(&mut self, request: &LoggedRequest, excused: bool) {
        self.tell(format!("  {}", words(request)));
        if let Some(access) = &request.access_token {
            self.ledger.seen(&access.to_string());
        }
        let Some(token) = &request.refresh_token else {
            return;
        };
        let token = token.to_string();
        if self.ledger.standing(&token) == Standing::Doubtful {
            self.tally.count(What::Replays);
        }
        let named = |it: &Option<Fingerprint>| it.as_ref().map(ToString::to_string);
        let issued = named(&request.issued_access_token)
            .zip(named(&request.issued_refresh_token))
            .map(|(access, refresh)| Issued { access, refresh });
        self.tally.add(What::Spends, u64::from(issued.is_some()));
        self.tally
            .add(What::Rotations, u64::from(request.deed == Deed::Rotation));
        self.ledger.spent(Spend {
            at: request.at,
            token,
            issued,
            received: false,
            excused,
        });
    }

    fn read_disk(&mut self) -> OnDisk {
        let disk = if self.place.kept() == Kept::File {
            let file = self.place.file();
            let mut next = file.clone().into_os_string();
            next.push(".next");
            OnDisk {
                file: tokens(fs::read(file).ok()),
                next: tokens(fs::read(next).ok()),
            }
        } else {
            OnDisk {
                file: self.belief().as_ref().and_then(held),
                next: None,
            }
        };
        for tokens in [&disk.file, &disk.next].into_iter().flatten() {
            self.ledger.seen(&tokens.access);
        }
        disk
    }

    /// Whatever was shown must be on the disk by now, or have been replaced.
    fn judge_sights(&mut self, ends: &[End], disk: &OnDisk) {
        let held_back = ends.iter().any(|end| end.said.contains(&Said::Undurable));
        let said = ends.iter().flat_map(|end| &end.said);
        let shown: Vec<String> = said
            .filter_map(|said| match said {
                Said::Got(token) | Said::Saved(token) => Some(token.clone()),
                _ => None,
            })
            .collect();
        for access in shown {
            let Some(number) = self.ledger.origin(&access) else {
                continue;
            };
            self.ledger.seen(&access);
            if !held_back && !disk.holds(&access) && !self.ledger.is_overtaken(number) {
                let words = format!("access token {access} was shown and is not on the disk");
                self.violate(What::ShownEarly, words);
            }
        }
    }

    /// What any process that starts now reads.
    fn belief(&self) -> Option<Connection> {
        let store = store(&self.place.home()).ok()?;
        let id = connection();
        self.patiently(async || store.load(&id).await).ok()?
    }

    /// What a restart takes the grant for, beside what it is.
    fn judge_belief(&mut self, belief: Option<&Connection>, disk: &OnDisk) {
        self.tally.count(What::Beliefs);
        let (Some(belief), Some(file)) = (belief, &disk.file) else {
            self.violate(What::Misjudged, "the token file can't be read any more");
            return;
        };
        let doubted = policy::in_doubt(belief);
        let is_newest = self.newest().0 == file.refresh;
        let standing = self.ledger.standing(&file.refresh);
        let wrong = match &belief.grant {
            Grant::Live(_) if doubted => (!self.troubled).then_some("a doubt without a cause"),
            Grant::Live(_) if disk.next.is_some() || is_newest => None,
            Grant::Live(_) => Some("a token that is spent is taken for a good one"),
            Grant::Lapsed { lapse, .. } if *lapse != Lapse::LostReply => {
                Some("nobody has revoked or restored anything")
            }
            Grant::Lapsed { .. } => {
                let may_be_lost = standing == Standing::Doubtful
                    || (self.profile.replay == Replay::Never && self.troubled);
                (!may_be_lost).then_some("no reply was lost")
            }
        };
        if let Some(wrong) = wrong {
            let (grant, attempt) = (name(&belief.grant), &belief.attempt);
            let token = &file.refresh;
            let words = format!("{wrong}: {token}, {standing:?}, held to be {grant}, {attempt:?}");
            self.violate(What::Misjudged, words);
        }
    }

    /// The provider's newest refresh token of the present grant, and whether the grant is revoked.
    fn newest(&self) -> (String, bool) {
        let grants = self.sandbox.control().grants();
        grants.last().map_or((String::new(), true), |grant| {
            (grant.refresh_token.to_string(), grant.revoked)
        })
    }

    fn state(&self, belief: Option<&Connection>, disk: &OnDisk) -> State {
        let (newest, revoked) = self.newest();
        let lapsed = belief.is_none_or(|it| matches!(it.grant, Grant::Lapsed { .. }));
        let held = [&disk.file, &disk.next].into_iter().flatten();
        let is_held = held.map(|tokens| &tokens.refresh).any(|it| *it == newest);
        let forbidden = self.profile.replay == Replay::Never
            && disk.next.is_none()
            && belief.is_some_and(policy::in_doubt);
        let will_answer = is_held || self.profile.mode == Mode::Graceful;
        if will_answer && !revoked && !lapsed && !forbidden {
            return State::Alive;
        }
        match self.ledger.first_to_bring(&newest) {
            _ if is_held && !revoked && self.profile.replay == Replay::Never && self.troubled => {
                State::GivenUp
            }
            Some(spend) if spend.excused && !spend.received => State::Unavoidable,
            origin => State::Lost(format!(
                "the grant is lost: newest {newest}, revoked: {revoked}, on the disk: {is_held}, \
                 marked: {lapsed}, brought by {origin:?}"
            )),
        }
    }
}

impl OnDisk {
    fn holds(&self, access: &str) -> bool {
        let tokens = [&self.file, &self.next];
        tokens.into_iter().flatten().any(|it| it.access == access)
    }
}

/// The tokens in a file's contents by name, if they are whole.
fn tokens(contents: Option<Vec<u8>>) -> Option<Issued> {
    let contents: Value = serde_json::from_slice(&contents?).ok()?;
    let named = |member: &str| Some(Fingerprint::of(contents.get(member)?.as_str()?).to_string());
    Some(Issued {
        access: named("access_token")?,
        refresh: named("refresh_token")?,
    })
}

fn words(request: &LoggedRequest) -> String {
    let LoggedRequest {
        at,
        path,
        status,
        deed,
        refresh_token,
        issued_refresh_token,
        issued_access_token,
        ..
    } = request;
    let path = path.rsplit('/').nth(1).unwrap_or(path);
    format!(
        "{at} {path} {deed:?} {status:?} {refresh_token:?} -> {issued_refresh_token:?} \
         {issued_access_token:?}"
    )
}

fn name(grant: &Grant) -> String {
    match grant {
        Grant::Live(_) => "live".to_owned(),
        Grant::Lapsed { lapse, .. } => format!("{lapse:?}"),
    }
}

/// How long passes between two rounds, mostly long enough for the access token to end.
pub(crate) fn draw_pause(dice: &mut Dice) -> SignedDuration {
    let hour = SignedDuration::from_hours(1);
    dice.pick([
        SignedDuration::from_secs(20),
        SignedDuration::from_mins(20),
        SignedDuration::from_mins(52),
        hour * 2,
        hour * 2,
        hour * 3,
        hour * 7,
        DAY + hour,
    ])
}
