//! Many processes on one grant: each expiry, all want a bearer at once, and some are killed.

use std::thread::sleep;
use std::time::Duration;

use jiff::SignedDuration;

use super::orders::Wish;
use super::place::Place;
use super::process::{HANGS, Process};
use super::tally::What;
use super::world::{Mode, Profile, World};
use super::{Outcome, Result, Stage};
use crate::dice::Dice;

const EXPIRIES: u64 = 8;
/// Every so many of a crowd, one is killed in an expiry in which there are kills.
const KILLED: usize = 6;
/// Within which time the kills of an expiry are spread.
const SPREAD: u64 = 150_000;

/// Plays one crowd.
///
/// # Errors
/// If the driver itself can't go on.
pub(crate) fn play(
    stage: &Stage,
    place: Place,
    seed: u64,
    mode: Mode,
    size: usize,
) -> Result<Outcome> {
    let mut dice = Dice::new(seed);
    let profile = Profile::draw(&mut dice, mode);
    let mut world = World::start(stage, profile, place)?;
    world.tell(format!("{size} processes, {profile:?}"));
    world.tally.count(What::Crowds);
    let orders = world.orders();
    let start = |world: &mut World| world.start_worker(&orders, false);
    let mut crowd = Vec::new();
    for _ in 0..size {
        crowd.push(start(&mut world)?);
    }
    for expiry in 0..EXPIRIES {
        world.tell(format!("expiry {expiry}"));
        world.pass(SignedDuration::from_hours(2));
        let killed = if expiry % 2 == 0 {
            0
        } else {
            size.div_ceil(KILLED)
        };
        meet(&mut world, &mut crowd, killed, &mut dice)?;
        while crowd.len() < size {
            crowd.push(start(&mut world)?);
        }
    }
    let mut ends = Vec::new();
    for process in crowd {
        ends.push(process.end()?);
    }
    world.settle(&ends, false)?;
    world.prove_usable()?;
    Ok(world.into())
}

/// All want a bearer; that many are killed meanwhile.
fn meet(world: &mut World, crowd: &mut Vec<Process>, killed: usize, dice: &mut Dice) -> Result<()> {
    let before = world.refreshes();
    for process in crowd.iter_mut() {
        process.said.clear();
        process.go(world.errand(Wish::Call));
    }
    let mut ends = Vec::new();
    for _ in 0..killed {
        sleep(Duration::from_micros(dice.below(SPREAD / killed as u64)));
        let victim = usize::try_from(dice.below(crowd.len() as u64))?;
        let end = crowd.swap_remove(victim).kill()?;
        let idle = end.answers() > 0;
        world.tally.count(if idle {
            What::KilledIdle
        } else {
            What::KilledInCrowd
        });
        ends.push(end);
    }
    let mut served = 0;
    for process in crowd.iter_mut() {
        match process.answer(HANGS) {
            Some(answer) if answer == "200" => served += 1,
            Some(answer) => world.tell(format!("answered {answer}")),
            None => world.violate(What::Hung, "one of a crowd hangs"),
        }
    }
    world.tally.count(What::CrowdExpiries);
    if killed == 0 {
        let refreshes = world.refreshes() - before;
        if refreshes != 1 {
            let words = format!("{refreshes} refreshes for one expiry of a crowd");
            world.violate(What::DoubleSpends, words);
        }
        if served != crowd.len() {
            let words = format!("{served} of {} were served", crowd.len());
            world.violate(What::Lost, words);
        }
    }
    world.settle(&ends, killed > 0)
}
