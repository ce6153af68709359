//! What a seed decides before anything happens.

use std::time::Duration;

use super::dice::Dice;
use super::provider::{ACCESS_LIFE, Rotating};
use crate::Replay;

const MINUTE: Duration = Duration::from_secs(60);

/// The circumstances of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    /// How many processes share the files, and how many callers each of them has.
    pub(super) processes: usize,
    pub(super) callers: usize,
    /// What the provider does, and what the client has been told of it.
    pub(super) rotating: Rotating,
    pub(super) retires: bool,
    pub(super) replay: Replay,
    /// Each of these happens once in so many times; never if it is 0.
    pub(super) mishap: usize,
    pub(super) disk_fault: usize,
    pub(super) crash_near_exchange: usize,
    /// How long there is peace between two blows of fate.
    pub(super) peace: Duration,
    /// Whether the file system can't reserve room but by writing zeros.
    pub(super) zero_filled: bool,
    /// Whether the processes seal their tokens.
    pub(super) sealed: bool,
    /// Whether the journal is about to be summed up.
    pub(super) long_story: bool,
    /// How far the processes' clocks may be apart.
    pub(super) skew: Duration,
    pub(super) lasting: Duration,
}

impl Scenario {
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        let (rotating, replay) = rotation(dice);
        let skews = [Duration::ZERO, MINUTE * 2, ACCESS_LIFE];
        Self {
            processes: 1 + dice.below(4),
            callers: 1 + dice.below(3),
            rotating,
            retires: dice.once_in(2),
            replay,
            mishap: dice.pick(&[0, 2, 4, 12]).unwrap_or(0),
            disk_fault: dice.pick(&[0, 0, 400, 50]).unwrap_or(0),
            crash_near_exchange: dice.pick(&[0, 2, 2, 6]).unwrap_or(0),
            peace: MINUTE * (10 + u32::try_from(dice.below(50)).unwrap_or(0)),
            zero_filled: dice.once_in(4),
            sealed: dice.once_in(8),
            long_story: dice.once_in(2000),
            skew: dice.pick(&skews).unwrap_or(Duration::ZERO),
            lasting: MINUTE * (70 + u32::try_from(dice.below(110)).unwrap_or(0)),
        }
    }
}

/// How tokens rotate, and a replay that such a provider's users could have been told of.
fn rotation(dice: &mut Dice) -> (Rotating, Replay) {
    let careful = [Replay::Never, Replay::WhenNeeded];
    let any = [Replay::Never, Replay::WhenNeeded, Replay::AtOnce];
    let span = [MINUTE, MINUTE * 30, MINUTE * 60 * 24];
    let span = dice.pick(&span).unwrap_or(MINUTE);
    let (rotating, replays): (_, &[Replay]) = match dice.below(4) {
        0 | 1 => (Rotating::Strictly, &careful),
        2 => (Rotating::AfterWindow(span), &any),
        _ => (Rotating::WithGrace(span), &any),
    };
    (rotating, dice.pick(replays).unwrap_or(Replay::Never))
}
