//! The command line of the measurements.

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) what: What,
    /// How many rounds, if not the measurement's own number.
    pub(crate) rounds: Option<usize>,
    /// How many rows, where rows are measured, if not the measurement's own number.
    pub(crate) rows: Option<usize>,
    /// Whether to print JSON instead of a table.
    pub(crate) json: bool,
}

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Gateway,
    Oneshot,
    Overhead,
    Sandbox,
    List,
    Storm,
    Webhooks,
}

pub(crate) const USAGE: &str = "\
cargo xtask bench WHAT [--runs N] [--rows N] [--json]

  gateway    `evergrant serve` beside nginx as a plain reverse proxy; needs nginx and wrk (5 rounds)
  oneshot    whole processes: evergrant beside curl and a program without its care (40 rounds)
  overhead   requests through AuthClient beside the HTTP client underneath (100 rounds)
  sandbox    how many reads a second the sandbox answers, and how soon it starts (10 rounds)
  list       a million invoices to files, beside two other clients, which are installed (3 rounds)
  storm      a thousand callers of the gateway at the instant at which a token ends (5 rounds)
  webhooks   200 senders of webhooks to the gateway at one instant (20 rounds)
";

impl Args {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// What can't be understood, in a sentence.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let (mut what, mut rounds, mut rows, mut json) = (None, None, None, false);
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--json" => json = true,
                "--runs" => rounds = Some(number(words.next())?),
                "--rows" => rows = Some(number(words.next())?),
                name => what = Some(What::parse(name)?),
            }
        }
        let what = what.ok_or("which measurement?")?;
        Ok(Self {
            what,
            rounds,
            rows,
            json,
        })
    }
}

impl What {
    fn parse(name: &str) -> Result<Self, String> {
        match name {
            "gateway" => Ok(Self::Gateway),
            "oneshot" => Ok(Self::Oneshot),
            "overhead" => Ok(Self::Overhead),
            "sandbox" => Ok(Self::Sandbox),
            "list" => Ok(Self::List),
            "storm" => Ok(Self::Storm),
            "webhooks" => Ok(Self::Webhooks),
            unknown => Err(format!("no measurement or option `{unknown}`")),
        }
    }
}

fn number(word: Option<String>) -> Result<usize, String> {
    let number = word.and_then(|word| word.parse().ok());
    number
        .filter(|n| *n > 0)
        .ok_or_else(|| "--runs and --rows want a number above zero".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split_whitespace().map(ToOwned::to_owned))
    }

    #[test]
    fn words_are_understood() {
        let args = |what, rounds, rows, json| {
            Ok(Args {
                what,
                rounds,
                rows,
                json,
            })
        };
        assert_eq!(parse("oneshot"), args(What::Oneshot, None, None, false));
        assert_eq!(
            parse("--json overhead --runs 5"),
            args(What::Overhead, Some(5), None, true)
        );
        assert_eq!(
            parse("list --rows 9"),
            args(What::List, None, Some(9), false)
        );
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in [
            "",
            "--json",
            "oneshot --runs",
            "oneshot --runs 0",
            "quick",
            "--fast sandbox",
        ] {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}
