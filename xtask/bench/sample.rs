//! Numbers of many rounds, and what they come to.
//!
//! Medians, for a machine that does other things too has outliers on one side only; and ratios are
//! taken round by round before their median, so that a slow moment slows both sides of a ratio.

/// What was measured in each round, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The middle value; between the two in the middle if there are two. Zero if there are none.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        match sorted.as_slice() {
            [] => 0.0,
            all if all.len() % 2 == 1 => all[half],
            all => f64::midpoint(all[half - 1], all[half]),
        }
    }

    /// The ratio to another sample, round by round.
    pub(crate) fn over(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(own, other)| own / other).collect())
    }

    /// What it is more than another sample, round by round.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(own, other)| own - other).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        Sample(values.to_vec())
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let check = |values: &[f64], median: f64| {
            assert!(
                (sample(values).median() - median).abs() < 1e-9,
                "{values:?}"
            );
        };
        check(&[], 0.0);
        check(&[3.0], 3.0);
        check(&[9.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 9.0, 2.0], 3.0);
    }

    #[test]
    fn ratios_are_taken_in_pairs() {
        // The machine was ten times slower in the second round: the ratio does not notice.
        let ratio = sample(&[1.0, 10.0, 1.0]).over(&sample(&[2.0, 20.0, 2.0]));
        assert!((ratio.min() - 0.5).abs() < 1e-9);
        assert!((ratio.max() - 0.5).abs() < 1e-9);
    }
}
