//! One grant's life, a round at a time: a worker is sent on an errand, and something happens to it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Where};
use tokio::time::Instant;

use super::Result;
use super::ledger::ACCESS_LIFE;
use super::orders::{Blow, Orders, Said, Step, Wish};
use super::place::{self, Kept, Place};
use super::process::{End, HANGS, Process};
use super::tally::What;
use super::world::{World, draw_pause};
use crate::dice::Dice;

/// How long an errand takes, before one was measured.
const TYPICAL: Duration = Duration::from_millis(12);
/// Who has to save and can't goes on trying, and does not answer.
const CANT_SAVE: Duration = Duration::from_millis(700);
/// How long others are watched while the holder of the lease stands still.
const STANDSTILL: Duration = Duration::from_millis(120);
/// How many milliseconds an exchange takes that is to be struck in its midst.
const SLOW: u64 = 60;

/// What is to happen in a round; a seed fixes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Round {
    pause: jiff::SignedDuration,
    wish: Wish,
    /// The access tokens are ended, so that the API says 401.
    ended: bool,
    mishap: Option<Mishap>,
    fate: Fate,
}

/// What goes wrong between the worker and the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    DropAfter,
    Truncate,
    DropBefore,
    Page,
    PageAfter,
    Throttle,
}

/// What happens to the worker.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Lives,
    DiesAt(Step),
    /// In so many thousandths of the time that an errand takes.
    DiesAfter(u64),
    /// So many microseconds after the provider has acted.
    DiesOnAnswer(u64),
    /// It stands still at a step, while another one wants the same; then it goes on, or dies.
    Stops(Step, Blow),
    SizeLimit {
        bytes: u64,
        of_journal: bool,
        ignoring: bool,
    },
    /// The disk has so many pages left, or none by the time that the answer comes.
    FullDisk {
        pages: u64,
        in_exchange: bool,
    },
    /// What was received can't be saved for a while.
    CantSave,
    /// The server is killed, so many microseconds after the errand began or the provider has acted; the
    /// worker with it, or not.
    ServerDies {
        micros: u64,
        on_answer: bool,
        with_worker: bool,
    },
}

impl Round {
    /// Draws the plan of a round; on a small disk it is filled now and then.
    pub(crate) fn draw(dice: &mut Dice, small: bool) -> Self {
        let fate = Fate::draw(dice, small);
        let calm = matches!(
            fate,
            Fate::FullDisk { .. } | Fate::CantSave | Fate::DiesOnAnswer(_)
        );
        let mishap = (dice.once_in(6) && !calm).then(|| Mishap::draw(dice));
        let pause = draw_pause(dice);
        // Where the access token still lives, a refresh must be asked for.
        let [needed, other] = if pause < ACCESS_LIFE {
            [Wish::Refresh, Wish::Call]
        } else {
            [Wish::Call, Wish::Refresh]
        };
        Self {
            pause,
            wish: dice.pick([needed, needed, needed, other]),
            ended: dice.once_in(8),
            mishap,
            fate,
        }
    }
}

impl Round {
    /// What befalls token files alone becomes something that befalls databases.
    pub(crate) fn on(self, kept: Kept) -> Self {
        if kept == Kept::File {
            return self;
        }
        let fate = match (self.fate, kept) {
            (Fate::FullDisk { .. } | Fate::CantSave | Fate::SizeLimit { .. }, Kept::Sqlite) => {
                Fate::DiesAt(Step::Answered)
            }
            (
                Fate::SizeLimit {
                    bytes,
                    of_journal,
                    ignoring,
                },
                Kept::Postgres,
            ) => Fate::ServerDies {
                micros: bytes,
                on_answer: of_journal,
                with_worker: ignoring,
            },
            (Fate::FullDisk { .. } | Fate::CantSave, Kept::Postgres) => Fate::ServerDies {
                micros: 0,
                on_answer: true,
                with_worker: false,
            },
            (fate, _) => fate,
        };
        Self { fate, ..self }
    }
}

impl Fate {
    fn draw(dice: &mut Dice, small: bool) -> Self {
        let step = dice.pick(Step::ALL);
        if small && dice.once_in(4) {
            return Self::FullDisk {
                pages: dice.below(7),
                in_exchange: dice.once_in(2),
            };
        }
        match dice.below(100) {
            0..40 => Self::DiesAt(step),
            40..62 => Self::DiesAfter(dice.below(1300)),
            62..84 => Self::DiesOnAnswer(dice.below(2500)),
            84..86 => Self::Stops(step, dice.pick([Blow::Kill, Blow::Stop])),
            86..88 => Self::CantSave,
            88..94 => Self::SizeLimit {
                bytes: dice.below(16 * 1024),
                of_journal: dice.once_in(2),
                ignoring: dice.once_in(2),
            },
            _ => Self::Lives,
        }
    }
}

impl Mishap {
    fn draw(dice: &mut Dice) -> Self {
        dice.pick([
            Self::DropAfter,
            Self::DropAfter,
            Self::Truncate,
            Self::PageAfter,
            Self::DropBefore,
            Self::Page,
            Self::Throttle,
        ])
    }

    fn effect(self) -> Effect {
        let page = |after| Effect::Answer {
            status: 502,
            headers: std::collections::BTreeMap::new(),
            body: "<html>bad gateway</html>".to_owned(),
            after,
        };
        match self {
            Self::DropAfter => Effect::DropAfter,
            Self::Truncate => Effect::Truncate,
            Self::DropBefore => Effect::DropBefore,
            Self::Page => page(false),
            Self::PageAfter => page(true),
            Self::Throttle => Effect::Throttle,
        }
    }

    /// Whether the provider acts, and its answer does not arrive.
    fn keeps_answer_back(self) -> bool {
        matches!(self, Self::DropAfter | Self::Truncate | Self::PageAfter)
    }
}

/// A life under way.
pub(crate) struct Life<'a> {
    pub(crate) world: World<'a>,
    /// How long an errand takes that nothing happens to.
    typical: Duration,
}

impl<'a> Life<'a> {
    pub(crate) fn new(world: World<'a>) -> Self {
        let typical = TYPICAL;
        Self { world, typical }
    }

    /// Plays a round and judges it.
    ///
    /// # Errors
    /// If the driver itself can't go on.
    pub(crate) fn play(&mut self, round: &Round) -> Result<()> {
        self.world.tell(format!("{round:?}"));
        self.world.pass(round.pause);
        if round.ended {
            self.world.end_access();
        }
        if let Some(mishap) = round.mishap {
            self.world.arm(Fault::new(Where::Token, mishap.effect()));
        }
        let faults = self.world.sandbox.control().counters().faults;
        let ends = self.befall(round)?;
        let struck = self.world.sandbox.control().counters().faults > faults;
        let kept_back = struck && round.mishap.is_some_and(Mishap::keeps_answer_back);
        if struck && round.mishap.is_some() {
            self.world.tally.count(if kept_back {
                What::RepliesLost
            } else {
                What::RequestsFailed
            });
            self.world.trouble();
        }
        let killed = ends.iter().any(End::was_killed);
        if ends.iter().any(End::exceeded_limit) {
            self.world.trouble();
        }
        self.world.place.await_idle();
        self.world.settle(&ends, killed || kept_back)?;
        if round.fate == Fate::Lives && round.mishap.is_none() {
            self.world.prove_usable()?;
        }
        Ok(())
    }

    fn befall(&mut self, round: &Round) -> Result<Vec<End>> {
        let plain = self.world.orders();
        let end = match round.fate {
            Fate::Lives => self.let_live(round)?,
            Fate::DiesAt(step) => {
                let at = Some((step, Blow::Kill));
                let mut process = self.send(round, &Orders { at, ..plain }, false)?;
                process.answer(HANGS);
                let end = process.end()?;
                if end.was_killed() {
                    self.world.tally.count(What::KilledAt(step));
                }
                end
            }
            Fate::DiesAfter(part) => {
                let process = self.send(round, &plain, false)?;
                sleep(self.typical * u32::try_from(part)? / 1000);
                self.kill(process, What::KilledAtMoment)?
            }
            Fate::DiesOnAnswer(micros) => self.kill_on_answer(round, micros)?,
            Fate::Stops(step, blow) => return self.stand_still(round, step, blow),
            Fate::SizeLimit { .. } => self.limit_size(round)?,
            Fate::FullDisk {
                in_exchange: true, ..
            } => self.fill_disk_meanwhile(round)?,
            Fate::FullDisk { pages, .. } => self.fill_disk(round, pages)?,
            Fate::CantSave => self.prevent_save(round)?,
            Fate::ServerDies { .. } => self.crash_server(round)?,
        };
        Ok(vec![end])
    }

    fn send(&mut self, round: &Round, orders: &Orders, ignoring: bool) -> Result<Process> {
        let mut process = self.world.start_worker(orders, ignoring)?;
        process.go(self.world.errand(round.wish));
        Ok(process)
    }

    fn kill(&mut self, process: Process, what: What) -> Result<End> {
        let end = process.kill()?;
        let idle = end.answers() > 0;
        let what = if idle { What::KilledIdle } else { what };
        self.world.tally.count(what);
        Ok(end)
    }

    fn let_live(&mut self, round: &Round) -> Result<End> {
        let orders = self.world.orders();
        let mut process = self.send(round, &orders, false)?;
        let begun = Instant::now();
        match process.answer(HANGS) {
            Some(answer) => self.world.tell(format!("answered {answer}")),
            None => self.world.violate(What::Hung, "a worker hangs"),
        }
        // A machine that was busy for a moment is forgotten again.
        self.typical = (self.typical * 3 + begun.elapsed().min(TYPICAL * 20)) / 4;
        process.end()
    }

    fn kill_on_answer(&mut self, round: &Round, micros: u64) -> Result<End> {
        let process = self.send_until_answer(round)?;
        sleep(Duration::from_micros(micros));
        self.kill(process, What::KilledAfterAnswer)
    }

    /// Sends a worker on its errand, and returns when the provider has acted, or after its answer.
    fn send_until_answer(&mut self, round: &Round) -> Result<Process> {
        let before = self.world.refreshes();
        let orders = self.world.orders();
        let mut process = self.send(round, &orders, false)?;
        let begun = Instant::now();
        while self.world.refreshes() == before && begun.elapsed() < HANGS {
            if process.answer(Duration::from_micros(50)).is_some() {
                break;
            }
        }
        Ok(process)
    }

    /// What a worker has received it holds until the server is back; nobody has to do anything.
    fn crash_server(&mut self, round: &Round) -> Result<End> {
        let Fate::ServerDies {
            micros,
            on_answer,
            with_worker,
        } = round.fate
        else {
            return Err("no crash".into());
        };
        let orders = self.world.orders();
        let mut process = match on_answer {
            true => self.send_until_answer(round)?,
            false => self.send(round, &orders, false)?,
        };
        sleep(Duration::from_micros(micros));
        self.world.place.crash();
        self.world.trouble();
        if with_worker {
            return self.kill(process, What::KilledWithServer);
        }
        self.world.tally.count(What::Crashes);
        self.expect_answer(&mut process);
        process.end()
    }

    /// One holds the lease and stands still; another wants a bearer too, and waits or does without.
    fn stand_still(&mut self, round: &Round, step: Step, blow: Blow) -> Result<Vec<End>> {
        let plain = self.world.orders();
        let at = Some((step, Blow::Stop));
        let mut holder = self.send(
            round,
            &Orders {
                at,
                ..plain.clone()
            },
            false,
        )?;
        let stands = holder.listen(HANGS, |said| {
            said.answer().is_some() || matches!(said, Said::At(_))
        });
        let mut other = self.world.start_worker(&plain, false)?;
        other.go(self.world.errand(Wish::Call));
        let answered = other.answer(STANDSTILL).is_some();
        if stands && !holder.has_answered() {
            self.world.tally.count(What::Stops);
        }
        let first = match blow {
            Blow::Kill => self.kill(holder, What::KilledStopped)?,
            Blow::Stop => {
                holder.go_on();
                if !holder.has_answered() {
                    holder.answer(HANGS);
                }
                holder.end()?
            }
        };
        if !answered && other.answer(HANGS).is_none() {
            self.world
                .violate(What::Hung, "who waited for the lease hangs");
        }
        Ok(vec![first, other.end()?])
    }

    fn limit_size(&mut self, round: &Round) -> Result<End> {
        let Fate::SizeLimit {
            bytes,
            of_journal,
            ignoring,
        } = round.fate
        else {
            return Err("no limit".into());
        };
        let mut journal = self.world.place.file().into_os_string();
        journal.push(".journal");
        let limit = if of_journal {
            // Between the lines of one refresh.
            place::size(journal.as_ref()) + bytes / 16
        } else {
            bytes
        };
        let orders = Orders {
            file_limit: Some(limit),
            ..self.world.orders()
        };
        let mut process = self.send(round, &orders, ignoring)?;
        let answer = process.answer(CANT_SAVE);
        let end = match answer {
            Some(_) => process.end()?,
            None => process.give_up_on(CANT_SAVE)?,
        };
        self.world
            .tell(format!("limit {limit}: {answer:?}, {end:?}"));
        if end.exceeded_limit() {
            self.world.tally.count(What::SizeDeath);
        } else if end.was_killed() {
            self.world.tally.count(What::KilledUnsaved);
        } else if answer.as_deref() == Some("Store") {
            self.world.tally.count(What::SizeLimit);
            self.world.trouble();
        }
        Ok(end)
    }

    /// Nothing may be spent that can't be saved.
    fn fill_disk(&mut self, round: &Round, pages: u64) -> Result<End> {
        let orders = self.world.orders();
        self.world.place.fill(pages)?;
        let mut process = self.send(round, &orders, false)?;
        let answer = process.answer(HANGS);
        self.world.place.free();
        self.world
            .tell(format!("{pages} pages were left: {answer:?}"));
        match answer.as_deref() {
            Some("Store") => {
                self.world.tally.count(What::FullDisk);
                self.world.trouble();
            }
            Some(_) => {}
            None => self
                .world
                .violate(What::Hung, "a worker hangs on a full disk"),
        }
        process.end()
    }

    /// What is received has its room, though there is none left otherwise.
    fn fill_disk_meanwhile(&mut self, round: &Round) -> Result<End> {
        let mut process = self.send_slowly(round)?;
        self.world.place.fill(0)?;
        if !process.has_answered() {
            self.world.tally.count(What::FilledMeanwhile);
            process.answer(CANT_SAVE);
        }
        self.world.place.free();
        self.expect_answer(&mut process);
        process.end()
    }

    /// Whoever has received tokens and can't save them holds them until it can.
    fn prevent_save(&mut self, round: &Round) -> Result<End> {
        let mut process = self.send_slowly(round)?;
        let mut next = self.world.place.file().into_os_string();
        next.push(".next");
        // A directory in its place: whatever is tried, nothing can be written there.
        drop(fs::remove_file(&next));
        fs::create_dir(&next)?;
        let begun = Instant::now();
        while !process.has_answered() && begun.elapsed() < HANGS {
            if process.listen(CANT_SAVE, |said| *said == Said::Undurable) {
                self.world.tally.count(What::Held);
                break;
            }
        }
        fs::remove_dir(&next)?;
        self.expect_answer(&mut process);
        process.end()
    }

    /// Sends a worker on its errand, and returns in the midst of its exchange, or after its answer.
    fn send_slowly(&mut self, round: &Round) -> Result<Process> {
        let slow = Effect::Delay { millis: SLOW };
        self.world.arm(Fault::new(Where::Token, slow));
        let orders = self.world.orders();
        let mut process = self.send(round, &orders, false)?;
        let begun = Instant::now();
        while !self.world.sandbox.control().faults().is_empty() && begun.elapsed() < HANGS {
            if process.answer(Duration::from_millis(1)).is_some() {
                break;
            }
        }
        Ok(process)
    }

    fn expect_answer(&mut self, process: &mut Process) {
        if !process.has_answered() && process.answer(HANGS).is_none() {
            let words = "what was received is not saved though it could be";
            self.world.violate(What::Hung, words);
        }
    }
}

impl Process {
    fn has_answered(&self) -> bool {
        self.said.iter().any(|said| said.answer().is_some())
    }

    /// Waits a little for its own end; kills it then.
    fn give_up_on(mut self, time: Duration) -> Result<End> {
        self.listen(time, |_| false);
        self.kill()
    }
}

/// The place of a life: small every eighth time, if that can be had.
///
/// # Errors
/// If there is no place at all.
pub(crate) fn draw_place(dice: &mut Dice, kept: Kept, small_allowed: bool) -> Result<Place> {
    let small = dice.once_in(6);
    if small && small_allowed && kept == Kept::File {
        return Place::small();
    }
    Place::on_disk(kept)
}
