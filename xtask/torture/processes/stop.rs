//! A process that stands still for longer than anybody waits: for the lease, or for an answer.

use std::thread::sleep;
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Where};
use jiff::SignedDuration;
use tokio::time::Instant;

use super::orders::{Blow, Orders, Said, Step, Wish};
use super::place::{Kept, Place};
use super::process::{End, HANGS, Process};
use super::tally::What;
use super::world::{Mode, Profile, World};
use super::{Outcome, Result, Stage};
use crate::dice::Dice;

/// Longer than a lease is waited for (75 s).
const PAST_LEASE: Duration = Duration::from_secs(79);
/// How long that can take where pauses are long, as on a machine with too much to do.
const LEASE_WAITED: Duration = Duration::from_secs(300);
/// Longer than an exchange may take (30 s).
const PAST_EXCHANGE: Duration = Duration::from_secs(36);
/// How long the exchange takes in whose midst a process is stopped, in milliseconds.
const SLOW: u64 = 1500;

/// Where it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// With the lease in its hands.
    At(Step),
    /// Between the request and its answer, which arrives while it stands.
    MidExchange,
}

/// Plays one stop: the cases in turn.
///
/// # Errors
/// If the driver itself can't go on.
pub(crate) fn play(stage: &Stage, number: u64, mode: Mode) -> Result<Outcome> {
    let case = match number % 4 {
        0 => Case::At(Step::Spending),
        1 | 3 => Case::MidExchange,
        _ => Case::At(Step::Saved),
    };
    let profile = Profile::draw(&mut Dice::new(number), mode);
    let mut world = World::start(stage, profile, Place::on_disk(Kept::File)?)?;
    world.tell(format!("{case:?}, {profile:?}"));
    world.pass(SignedDuration::from_hours(26));
    let before = world.refreshes();
    let ends = match case {
        Case::At(step) => at_step(&mut world, step)?,
        Case::MidExchange => vec![mid_exchange(&mut world)?],
    };
    world.tally.count(What::LongStops);
    let refreshes = world.refreshes() - before;
    if refreshes != 1 {
        let words = format!("{refreshes} refreshes where one was due");
        world.violate(What::DoubleSpends, words);
    }
    world.settle(&ends, false)?;
    world.prove_usable()?;
    Ok(world.into())
}

/// Another one waits for the lease, in vain: it is told so, and spends nothing.
fn at_step(world: &mut World, step: Step) -> Result<Vec<End>> {
    let plain = world.orders();
    let at = Some((step, Blow::Stop));
    let mut holder = sent(
        world,
        &Orders {
            at,
            ..plain.clone()
        },
    )?;
    holder.listen(HANGS, |said| matches!(said, Said::At(_)));
    let mut other = sent(world, &plain)?;
    let begun = Instant::now();
    match other.answer(LEASE_WAITED).as_deref() {
        // The tokens are on the disk by then: whoever reads them needs no lease.
        Some("200") if step == Step::Saved => {}
        Some("Busy") => world.tally.count(What::LeaseDenied),
        other => world.violate(
            What::Hung,
            format!("waiting for the lease ends in {other:?}"),
        ),
    }
    sleep(PAST_LEASE.saturating_sub(begun.elapsed()));
    holder.go_on();
    expect_served(world, &mut holder);
    Ok(vec![holder.end()?, other.end()?])
}

/// The answer has arrived long before it can be read; it must not be thrown away as too late.
fn mid_exchange(world: &mut World) -> Result<End> {
    world.arm(Fault::new(Where::Token, Effect::Delay { millis: SLOW }));
    let plain = world.orders();
    let mut process = sent(world, &plain)?;
    let begun = Instant::now();
    while !world.sandbox.control().faults().is_empty() && begun.elapsed() < HANGS {
        sleep(Duration::from_millis(1));
    }
    process.stop();
    sleep(PAST_EXCHANGE);
    process.go_on();
    expect_served(world, &mut process);
    process.end()
}

fn sent(world: &mut World, orders: &Orders) -> Result<Process> {
    let mut process = world.start_worker(orders, false)?;
    process.go(world.errand(Wish::Call));
    Ok(process)
}

fn expect_served(world: &mut World, process: &mut Process) {
    let answer = process.answer(HANGS);
    if answer.as_deref() != Some("200") {
        let words = format!("who was stopped goes on and is answered {answer:?}");
        world.violate(What::Lost, words);
    }
}
