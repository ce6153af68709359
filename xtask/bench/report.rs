//! Figures and goals, for a reader and for a program.

use std::fmt;

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::sample::Sample;

/// What a measurement found.
#[derive(Debug)]
pub(crate) struct Report {
    /// The measurement's name on the command line.
    pub(crate) name: &'static str,
    /// How it was measured, in a line.
    pub(crate) how: String,
    pub(crate) figures: Vec<Figure>,
    pub(crate) goals: Vec<Goal>,
}

/// Something measured in every round.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) label: String,
    pub(crate) unit: &'static str,
    pub(crate) sample: Sample,
}

/// What a figure is meant to be.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    pub(crate) label: String,
    pub(crate) value: f64,
    pub(crate) bound: Bound,
}

/// On which side of a number a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    pub(crate) fn new(label: impl Into<String>, unit: &'static str, sample: Sample) -> Self {
        Self {
            label: label.into(),
            unit,
            sample,
        }
    }

    fn json(&self) -> Value {
        json!({
            "label": self.label,
            "unit": self.unit,
            "min": self.sample.min(),
            "median": self.sample.median(),
            "max": self.sample.max(),
        })
    }
}

impl Goal {
    pub(crate) fn new(label: impl Into<String>, value: f64, bound: Bound) -> Self {
        Self {
            label: label.into(),
            value,
            bound,
        }
    }

    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(limit) => self.value <= limit,
            Bound::AtLeast(limit) => self.value >= limit,
        }
    }

    fn json(&self) -> Value {
        json!({
            "label": self.label,
            "value": self.value,
            "goal": self.bound.to_string(),
            "met": self.is_met(),
        })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "at most {limit}"),
            Self::AtLeast(limit) => write!(f, "at least {limit}"),
        }
    }
}

impl Report {
    /// One JSON object, on one line.
    pub(crate) fn json(&self, machine: &Machine) -> Value {
        json!({
            "bench": self.name,
            "how": self.how,
            "figures": self.figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "goals": self.goals.iter().map(Goal::json).collect::<Vec<_>>(),
            "machine": machine.json(),
        })
    }

    /// A table for a terminal.
    pub(crate) fn table(&self, machine: &Machine) -> String {
        let mut lines = vec![format!("{}: {}", self.name, self.how), String::new()];
        lines.push(row("", ["min", "median", "max"], ""));
        for figure in &self.figures {
            let sample = &figure.sample;
            let numbers = [sample.min(), sample.median(), sample.max()].map(number);
            lines.push(row(
                &figure.label,
                numbers.each_ref().map(String::as_str),
                figure.unit,
            ));
        }
        lines.push(String::new());
        for goal in &self.goals {
            let verdict = if goal.is_met() { "met" } else { "missed" };
            let value = number(goal.value);
            lines.push(format!(
                "{:<46} {value:>9}  {}: {verdict}",
                goal.label, goal.bound
            ));
        }
        lines.push(format!("\nmachine: {machine}"));
        lines.join("\n")
    }
}

fn row(label: &str, [min, median, max]: [&str; 3], unit: &str) -> String {
    let row = format!("{label:<46} {min:>9} {median:>9} {max:>9}  {unit}");
    row.trim_end().to_owned()
}

/// Three or four digits are as much as a measurement is good for.
fn number(value: f64) -> String {
    let decimals = match value {
        ..10.0 => 3,
        10.0..1000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged_on_the_right_side() {
        let check = |value, bound, met| assert_eq!(Goal::new("", value, bound).is_met(), met);
        check(0.39, Bound::AtMost(0.4), true);
        check(0.41, Bound::AtMost(0.4), false);
        check(0.99, Bound::AtLeast(0.98), true);
        check(0.97, Bound::AtLeast(0.98), false);
        check(f64::NAN, Bound::AtLeast(0.98), false);
    }

    #[test]
    fn numbers_have_a_sensible_length() {
        let check = |value, text: &str| assert_eq!(number(value), text);
        check(0.4, "0.400");
        check(13.249, "13.2");
        check(30_123.4, "30123");
    }
}
