//! The command line.

use evergrant::sim::Kept;

use crate::processes::{self, Mode, Sabotage};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Args {
    /// Plays many simulated runs.
    Simulate(Simulation),
    /// Tells one of them.
    Tell(u64, Kept),
    /// Kills real processes.
    Kill(Kill),
    /// Makes many objects.
    Write(Writes),
}

/// Creates, and how often the program that makes them is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Writes {
    pub(crate) creates: u64,
    pub(crate) kills: u64,
    pub(crate) seed: u64,
    /// How many creates a request carries.
    pub(crate) items: u64,
    /// What the provider says of when to come again, in seconds, if it says it.
    pub(crate) retry_after: Option<u64>,
}

/// Many simulated runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Simulation {
    /// How many.
    pub(crate) seeds: u64,
    /// The first one's seed.
    pub(crate) from: u64,
    pub(crate) threads: usize,
    /// Where the grants are kept.
    pub(crate) kept: Kept,
}

/// Real processes, and how many of them are killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kill {
    /// How many at least, in the midst of their work.
    pub(crate) kills: u64,
    /// The first life's seed; the next one has the next.
    pub(crate) seed: u64,
    /// How many lives are led at a time.
    pub(crate) threads: usize,
    /// How many processes share one grant, once for each way of rotating; none at all if 0.
    pub(crate) processes: usize,
    /// How many processes are stopped for longer than anybody waits for a lease or an answer.
    pub(crate) stops: u64,
    /// The one way of rotating, if not all three.
    pub(crate) rotation: Option<Mode>,
    /// Nothing new is begun after so many minutes.
    pub(crate) minutes: u64,
    /// What is broken on purpose.
    pub(crate) sabotage: Option<Sabotage>,
    /// Every life is told, and not only those that broke a promise.
    pub(crate) told: bool,
    /// Where the grants are kept.
    pub(crate) kept: processes::Kept,
}

pub(crate) const USAGE: &str = "\
cargo xtask torture [--seeds N] [--from S] [--threads T] [--store file|database]
cargo xtask torture --seed S [--store file|database]

  plays N runs of the refresh protocol over a simulated world (10000 runs, from seed 0, on two
  threads, in token files, unless told otherwise), or tells one of them. In a database that hosts
  share, leases run out while their holders are stopped

cargo xtask torture --kills N [--seed S] [--threads T] [--rotation strict|window|graceful]
                    [--processes P] [--stops N] [--minutes M] [--told]
                    [--sabotage early-save|no-journal|no-lease]
                    [--store file|sqlite|postgres]

  kills real processes N times in the midst of their work on real token files against a sandbox on
  loopback: at every step of the refresh, at random moments, and just after the provider has
  answered; loses answers, fills disks, limits the size of files, stops processes, and lets P
  processes (64) share one grant. N stops (12) last longer than the lease is waited for. Lives are
  numbered from seed S (1) on and go on for M minutes (60) at most, eight at a time. With a database in
  the place of token files, no disk is filled; PostgreSQL's server is killed, too

cargo xtask torture writes [--creates N] [--kills K] [--seed S] [--items I] [--retry-after SECONDS]

  makes N invoices (100000) by `evergrant batch`, I of them (30) to a request, against a sandbox that
  drops 5 of 100 answers, throttles 5 (saying when to come again, or not) and fails after 1; kills it
  K times (20) and goes on with --resume; and counts
";

impl Args {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// What can't be understood, in a sentence.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let words: Vec<String> = words.into_iter().collect();
        if let [first, rest @ ..] = words.as_slice()
            && first == "writes"
        {
            return Writes::parse(rest.to_vec()).map(Self::Write);
        }
        if words.iter().any(|word| word == "--kills") {
            return Kill::parse(words).map(Self::Kill);
        }
        let mut plan = Simulation {
            seeds: 10_000,
            from: 0,
            threads: 2,
            kept: Kept::File,
        };
        let mut told = None;
        let mut words = words.into_iter();
        while let Some(option) = words.next() {
            let word = words.next();
            if option == "--store" {
                plan.kept = known(&option, word, kept)?;
                continue;
            }
            let number = number(&option, word)?;
            match option.as_str() {
                "--seeds" => plan.seeds = number,
                "--from" => plan.from = number,
                "--threads" => plan.threads = threads(number),
                "--seed" => told = Some(number),
                unknown => return Err(format!("no option `{unknown}` without --kills")),
            }
        }
        let kept = plan.kept;
        Ok(told.map_or(Self::Simulate(plan), |seed| Self::Tell(seed, kept)))
    }
}

impl Writes {
    fn parse(words: Vec<String>) -> Result<Self, String> {
        let mut plan = Self {
            creates: 100_000,
            kills: 20,
            seed: 1,
            items: 30,
            retry_after: None,
        };
        let mut words = words.into_iter();
        while let Some(option) = words.next() {
            let number = number(&option, words.next())?;
            match option.as_str() {
                "--creates" => plan.creates = number,
                "--kills" => plan.kills = number,
                "--seed" => plan.seed = number,
                "--items" => plan.items = number.clamp(1, 30),
                "--retry-after" => plan.retry_after = Some(number),
                unknown => return Err(format!("no option `{unknown}` with writes")),
            }
        }
        Ok(plan)
    }
}

impl Default for Kill {
    fn default() -> Self {
        Self {
            kills: 0,
            seed: 1,
            threads: 8,
            processes: 64,
            stops: 12,
            rotation: None,
            minutes: 60,
            sabotage: None,
            told: false,
            kept: processes::Kept::File,
        }
    }
}

impl Kill {
    fn parse(words: Vec<String>) -> Result<Self, String> {
        let mut plan = Self::default();
        let mut words = words.into_iter();
        while let Some(option) = words.next() {
            if option == "--told" {
                plan.told = true;
                continue;
            }
            let word = words.next();
            match option.as_str() {
                "--rotation" => plan.rotation = Some(known(&option, word, Mode::named)?),
                "--store" => plan.kept = known(&option, word, processes::Kept::named)?,
                "--sabotage" => plan.sabotage = Some(known(&option, word, Sabotage::named)?),
                _ => plan.count(&option, number(&option, word)?)?,
            }
        }
        if plan.kept != processes::Kept::File {
            // A lease in a database can be lost: that is played by `torture hosts`.
            plan.stops = 0;
        }
        Ok(plan)
    }

    fn count(&mut self, option: &str, number: u64) -> Result<(), String> {
        match option {
            "--kills" => self.kills = number,
            "--seed" => self.seed = number,
            "--threads" => self.threads = threads(number),
            "--processes" => self.processes = usize::try_from(number).unwrap_or(64).min(1000),
            "--stops" => self.stops = number.min(100),
            "--minutes" => self.minutes = number,
            unknown => return Err(format!("no option `{unknown}` with --kills")),
        }
        Ok(())
    }
}

fn kept(name: &str) -> Option<Kept> {
    match name {
        "file" => Some(Kept::File),
        "database" => Some(Kept::Database),
        _ => None,
    }
}

fn threads(number: u64) -> usize {
    usize::try_from(number).unwrap_or(1).clamp(1, 256)
}

fn number(option: &str, word: Option<String>) -> Result<u64, String> {
    word.and_then(|word| word.parse().ok())
        .ok_or_else(|| format!("{option} wants a number"))
}

fn known<T>(option: &str, word: Option<String>, named: fn(&str) -> Option<T>) -> Result<T, String> {
    let word = word.unwrap_or_default();
    named(&word).ok_or_else(|| format!("{option} can't be `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn runs_of_the_simulation_are_asked_for() {
        let Ok(Args::Simulate(plan)) = parse("--seeds 5 --from 7 --threads 0") else {
            panic!("not the simulation");
        };
        assert_eq!((plan.seeds, plan.from, plan.threads), (5, 7, 1));
        assert_eq!(plan.kept, Kept::File);
        assert_eq!(parse("--seed 9"), Ok(Args::Tell(9, Kept::File)));
        let told = parse("--store database --seed 9");
        assert_eq!(told, Ok(Args::Tell(9, Kept::Database)));
        assert!(matches!(parse(""), Ok(Args::Simulate(plan)) if plan.seeds == 10_000));
    }

    #[test]
    fn kills_are_asked_for() {
        let line = "--kills 50 --seed 3 --rotation strict --sabotage no-lease --told";
        let Ok(Args::Kill(plan)) = parse(line) else {
            panic!("no kills");
        };
        assert_eq!((plan.kills, plan.seed, plan.told), (50, 3, true));
        assert_eq!(plan.rotation, Some(Mode::Strict));
        assert_eq!(plan.sabotage, Some(Sabotage::NoLease));
        assert_eq!((plan.processes, plan.stops), (64, 12));
        assert_eq!(plan.kept, processes::Kept::File);
        let Ok(Args::Kill(plan)) = parse("--kills 5 --store postgres") else {
            panic!("no kills");
        };
        assert_eq!((plan.kept, plan.stops), (processes::Kept::Postgres, 0));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--seeds",
            "--seeds x",
            "--sneeds 5",
            "5",
            "--stops 5",
            "--store",
            "--store attic",
            "--kills",
            "--kills 5 --seeds 5",
            "--kills 5 --rotation round",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
