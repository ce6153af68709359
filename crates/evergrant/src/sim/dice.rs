//! Chance that a seed decides: SplitMix64, the same numbers on every machine.

use std::time::Duration;

/// A sequence of numbers that its seed fixes.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`; 0 if there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let roll = self.roll();
        roll.checked_rem(end as u64)
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(0)
    }

    /// Whether that happens which happens once in `every` times; never if that is 0.
    pub(super) fn once_in(&mut self, every: usize) -> bool {
        every != 0 && self.below(every) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }

    /// A number in `0.0..1.0`.
    pub(super) fn part(&mut self) -> f64 {
        let high = u32::try_from(self.roll() >> 32).unwrap_or(0);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// A time in `0..end`, to the millisecond, which is how finely the timers tell moments apart.
    pub(super) fn within(&mut self, end: Duration) -> Duration {
        let most = usize::try_from(end.as_millis()).unwrap_or(usize::MAX);
        Duration::from_millis(self.below(most) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_sequence() {
        let mut dice = Dice::new(1);
        assert_eq!(dice.roll(), 0x910A_2DEC_8902_5CC1);
        let again = Dice::new(1).roll();
        assert_eq!(again, 0x910A_2DEC_8902_5CC1);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut dice = Dice::new(7);
        for _ in 0..1000 {
            assert!(dice.below(3) < 3);
            assert!((0.0..1.0).contains(&dice.part()));
        }
        assert_eq!(dice.below(0), 0);
        assert!(!dice.once_in(0));
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
