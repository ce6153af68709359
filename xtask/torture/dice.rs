//! Chance that a seed decides: SplitMix64, the same numbers on every machine.

/// A sequence of numbers that its seed fixes.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// Whether that happens which happens once in `every` times.
    pub(crate) fn once_in(&mut self, every: u64) -> bool {
        self.below(every) == 0
    }

    /// One of `from`, which has some.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        let at = self.below(N as u64);
        from[usize::try_from(at).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_sequence() {
        let mut dice = Dice::new(1);
        assert_eq!(dice.roll(), 0x910A_2DEC_8902_5CC1);
        assert_eq!(Dice::new(1).roll(), 0x910A_2DEC_8902_5CC1);
        assert!((0..100).all(|_| dice.below(3) < 3));
        assert_eq!(dice.pick([7]), 7);
    }
}
