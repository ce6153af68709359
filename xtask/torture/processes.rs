//! Real processes on real files and databases, killed again and again, and a judge who trusts none of them.
//!
//! The sandbox runs inside of the driver and speaks over loopback; the workers are this same program
//! again, in the part of somebody who uses the library.
//! - `orders`: what the two tell each other; `worker`, `sabotage`: the other side of it;
//! - `process`: a worker from outside; `place`, `database`: where its tokens are;
//! - `world`: a grant, its sandbox and the judgement of each round, with `ledger` as its memory;
//! - `life`: one grant, a mishap a round; `crowd`: many processes on one grant; `stop`: processes
//!   that stand still for longer than anybody waits;
//! - `tally`: the table.
//!
//! A seed fixes what is planned for a life. It does not fix the microsecond at which a signal
//! arrives, so a loss that needs an unlucky moment may need the same seed more than once.
//!
//! A kill takes nothing from the page cache. What a power cut takes is the simulation's to find.

mod crowd;
mod database;
mod ledger;
mod life;
mod orders;
mod place;
mod process;
mod sabotage;
mod stop;
mod tally;
#[path = "../../crates/evergrant/tests/support/throw_away.rs"]
mod throw_away;
mod worker;
mod world;

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

pub(crate) use orders::Sabotage;
pub(crate) use place::Kept;
pub(crate) use worker::work;
pub(crate) use world::Mode;

use crate::args::Kill;
use crate::dice::Dice;
use life::{Life, Round};
use tally::Tally;
use world::{Profile, World};

/// What goes wrong here is the driver's own trouble: a violated promise is no error.
pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The first word of a worker's command line.
pub(crate) const WORKER: &str = "worker";

/// How many kills a grant's life has, and how many rounds at most.
const KILLS_OF_LIFE: u64 = 50;
const LONGEST_LIFE: usize = 400;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);
/// How many broken lives are told.
const TOLD: usize = 5;

/// What all lives stand on.
pub(crate) struct Stage {
    runtime: Handle,
    program: PathBuf,
    sabotage: Option<Sabotage>,
    /// Whether small file systems can be mounted.
    small_disks: bool,
}

/// How a life went.
pub(crate) struct Outcome {
    mode: Mode,
    tally: Tally,
    violations: Vec<String>,
    story: Vec<String>,
}

impl From<World<'_>> for Outcome {
    fn from(world: World<'_>) -> Self {
        Self {
            mode: world.profile.mode,
            tally: world.tally,
            violations: world.violations,
            story: world.story,
        }
    }
}

/// Leads lives until so many processes were killed; whether no promise was broken.
///
/// # Errors
/// If the driver itself can't go on.
pub(crate) fn kill(plan: &Kill) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One, so that the sandboxes do things in their order.
        .worker_threads(1)
        .enable_all()
        .build()?;
    let stage = Stage {
        runtime: runtime.handle().clone(),
        program: std::env::current_exe()?,
        sabotage: plan.sabotage,
        small_disks: place::Place::small().is_ok(),
    };
    if !stage.small_disks {
        eprintln!(
            "NO FULL DISKS: a small file system can't be mounted (that takes root, on Linux)"
        );
    }
    let sum = Sum::new(plan);
    let (next, lives) = (AtomicU64::new(0), plan.kills.div_ceil(KILLS_OF_LIFE));
    thread::scope(|scope| {
        for number in 0..plan.stops {
            let (sum, stage) = (&sum, &stage);
            scope.spawn(move || {
                let mode = mode_of(plan, number);
                sum.add(Kind::Stop, number, stop::play(stage, number, mode));
            });
        }
        for _ in 0..plan.threads {
            scope.spawn(|| {
                while let Some(number) = claimed(&next, lives).filter(|_| sum.has_time()) {
                    let seed = plan.seed.wrapping_add(number);
                    sum.add(Kind::Life, seed, live(&stage, plan, seed));
                }
            });
        }
        if plan.processes > 0 {
            for mode in modes(plan) {
                let (seed, size) = (plan.seed, plan.processes);
                let place = place::Place::on_disk(plan.kept);
                let crowd = place.and_then(|it| crowd::play(&stage, it, seed, mode, size));
                sum.add(Kind::Crowd, seed, crowd);
            }
        }
    });
    Ok(sum.report())
}

fn claimed(next: &AtomicU64, end: u64) -> Option<u64> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    (number < end).then_some(number)
}

fn modes(plan: &Kill) -> Vec<Mode> {
    plan.rotation.map_or(Mode::ALL.to_vec(), |mode| vec![mode])
}

/// A seed names its way of rotating, unless all have the same.
fn mode_of(plan: &Kill, seed: u64) -> Mode {
    let modes = modes(plan);
    let at = usize::try_from(seed % modes.len() as u64).unwrap_or(0);
    modes[at]
}

fn live(stage: &Stage, plan: &Kill, seed: u64) -> Result<Outcome> {
    let mut dice = Dice::new(seed);
    let profile = Profile::draw(&mut dice, mode_of(plan, seed));
    let place = life::draw_place(&mut dice, plan.kept, stage.small_disks)?;
    let small = place.is_small();
    let mut life = Life::new(World::start(stage, profile, place)?);
    life.world
        .tell(format!("seed {seed}, {profile:?}, small disk: {small}"));
    let kills = plan.kills.min(KILLS_OF_LIFE);
    for _ in 0..LONGEST_LIFE {
        if life.world.tally.kills() >= kills {
            break;
        }
        life.play(&Round::draw(&mut dice, small).on(plan.kept))?;
    }
    life.world.prove_usable()?;
    Ok(life.world.into())
}

/// What a part of the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Life,
    Crowd,
    Stop,
}

/// What all lives have come to.
struct Sum<'a> {
    plan: &'a Kill,
    begun: Instant,
    found: Mutex<Found>,
}

struct Found {
    tallies: [Tally; Mode::COUNT],
    broken: usize,
    /// Parts that could not be played to their end.
    failed: usize,
    told: Instant,
}

impl<'a> Sum<'a> {
    fn new(plan: &'a Kill) -> Self {
        let begun = Instant::now();
        let found = Found {
            tallies: [Tally::default(); Mode::COUNT],
            broken: 0,
            failed: 0,
            told: begun,
        };
        Self {
            plan,
            begun,
            found: Mutex::new(found),
        }
    }

    fn has_time(&self) -> bool {
        self.begun.elapsed() < Duration::from_secs(self.plan.minutes.saturating_mul(60))
    }

    fn add(&self, kind: Kind, seed: u64, outcome: Result<Outcome>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(outcome) => found.add(kind, seed, self.plan, &outcome),
            Err(problem) => {
                found.failed += 1;
                eprintln!("{kind:?} {seed}: {problem}");
            }
        }
        if found.told.elapsed() > PROGRESS {
            found.told = Instant::now();
            let (kills, wanted) = (found.kills(), self.plan.kills);
            let (broken, seconds) = (found.broken, self.begun.elapsed().as_secs());
            eprintln!("{kills} of {wanted} kills, {broken} broken lives, {seconds} s");
        }
    }

    /// Prints the table; whether all went as it must.
    fn report(self) -> bool {
        let found = self
            .found
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let seconds = self.begun.elapsed().as_secs_f64();
        print!("{}", tally::table(&found.tallies));
        println!("{:36}{:>40}", "broken lives", found.broken);
        println!("{:36}{seconds:>40.1}", "seconds");
        let enough = found.kills() >= self.plan.kills;
        if !enough {
            println!("there were not as many kills as were asked for");
        }
        enough && found.broken == 0 && found.failed == 0
    }
}

impl Found {
    fn kills(&self) -> u64 {
        self.tallies.iter().map(Tally::kills).sum()
    }

    fn add(&mut self, kind: Kind, seed: u64, plan: &Kill, outcome: &Outcome) {
        for (tally, mode) in self.tallies.iter_mut().zip(Mode::ALL) {
            if mode == outcome.mode {
                *tally += outcome.tally;
            }
        }
        let broken = !outcome.violations.is_empty();
        self.broken += usize::from(broken);
        if plan.told || (broken && self.broken <= TOLD) {
            println!("── {kind:?} {seed}");
            outcome.story.iter().for_each(|line| println!("{line}"));
        }
        if broken {
            println!(
                "── {kind:?} {seed} has broken a promise: {}",
                again(kind, seed, plan)
            );
            outcome.violations.iter().for_each(|it| println!("  {it}"));
        }
    }
}

/// How the same part is played again.
fn again(kind: Kind, seed: u64, plan: &Kill) -> String {
    let rotation = plan
        .rotation
        .map(|mode| format!(" --rotation {}", mode.name()));
    let rotation = rotation.unwrap_or_default();
    let kills = plan.kills.min(KILLS_OF_LIFE);
    let part = match kind {
        Kind::Life => format!("--kills {kills} --seed {seed} --processes 0 --stops 0"),
        Kind::Crowd => {
            format!(
                "--kills 0 --seed {seed} --processes {} --stops 0",
                plan.processes
            )
        }
        Kind::Stop => format!("--kills 0 --processes 0 --stops {}", seed + 1),
    };
    let store = match plan.kept {
        Kept::File => "",
        Kept::Sqlite => " --store sqlite",
        Kept::Postgres => " --store postgres",
    };
    format!("cargo xtask torture {part}{rotation}{store}")
}
