//! The command line of the simulation's driver.

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    /// How many runs.
    pub(crate) seeds: u64,
    /// The first one's seed.
    pub(crate) from: u64,
    pub(crate) threads: usize,
    /// The one run that is to be told.
    pub(crate) replay: Option<u64>,
}

pub(crate) const USAGE: &str = "\
cargo xtask torture [--seeds N] [--from S] [--threads T]
cargo xtask torture --seed S

  plays N runs of the refresh protocol over a simulated world (10000 runs, from seed 0, on two
  threads, unless told otherwise), or tells one of them
";

impl Args {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// What can't be understood, in a sentence.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = Self {
            seeds: 10_000,
            from: 0,
            threads: 2,
            replay: None,
        };
        let mut words = words.into_iter();
        while let Some(option) = words.next() {
            let number = number(&option, words.next())?;
            match option.as_str() {
                "--seeds" => args.seeds = number,
                "--from" => args.from = number,
                "--threads" => args.threads = usize::try_from(number).unwrap_or(1).clamp(1, 256),
                "--seed" => args.replay = Some(number),
                unknown => return Err(format!("no option `{unknown}`")),
            }
        }
        Ok(args)
    }
}

fn number(option: &str, word: Option<String>) -> Result<u64, String> {
    word.and_then(|word| word.parse().ok())
        .ok_or_else(|| format!("{option} wants a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let args = parse("--seeds 5 --from 7 --threads 0").unwrap();
        assert_eq!((args.seeds, args.from, args.threads), (5, 7, 1));
        assert_eq!(parse("--seed 9").unwrap().replay, Some(9));
        assert_eq!(parse("").unwrap().seeds, 10_000);
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--seeds", "--seeds x", "--sneeds 5", "5"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
