//! How many of the calls that Intuit meters have been made.
//!
//! Reads, queries and reports of production companies ("CorePlus") are counted by company and
//! month, and the smallest plan ends at 500,000 of them; writes are free. A [`Meter`] keeps the
//! numbers in a directory, one file for a company and month, which grows by one byte a call: so any
//! number of processes can count in it, nothing needs a lock, and nothing is lost when one is
//! killed. With a budget, the call that would exceed it is not made.
//!
//! Intuit counts what succeeds, and so does this. Months are taken to be those of UTC.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use evergrant::{Clock, SystemClock};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::pace::Lane;
use crate::{Error, ErrorKind, RealmId, Request, Result};

/// What comes after the company and month in a file's name.
const EXTENSION: &str = "calls";

/// Counts metered calls, and stops when a budget is spent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Meter {
    home: Arc<Path>,
    budget: Option<u64>,
}

/// A month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
}

/// What a company was called for in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The company.
    pub realm: RealmId,
    /// The month.
    pub month: Month,
    /// The metered calls.
    pub calls: u64,
}

impl Meter {
    /// A meter that keeps its numbers in the directory `home`, which is made when it is needed.
    pub fn at(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into().into(),
            budget: None,
        }
    }

    /// The same with a limit of calls for each company and month.
    #[must_use]
    pub fn with_budget(mut self, calls: u64) -> Self {
        self.budget = Some(calls);
        self
    }

    /// How many metered calls were made to `realm` in `month`.
    ///
    /// # Errors
    /// If the number can't be read.
    pub fn count(&self, realm: &RealmId, month: Month) -> io::Result<u64> {
        match fs::metadata(self.path(realm, month)) {
            Ok(file) => Ok(file.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// All numbers there are, by company and month.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn all(&self) -> io::Result<Vec<Usage>> {
        let files = match fs::read_dir(&self.home) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for file in files {
            let file = file?;
            if let Some((realm, month)) = named(&file.path()) {
                let calls = file.metadata()?.len();
                all.push(Usage {
                    realm,
                    month,
                    calls,
                });
            }
        }
        all.sort_by(|a, b| (a.realm.as_str(), a.month).cmp(&(b.realm.as_str(), b.month)));
        Ok(all)
    }

    /// Refuses a call for which there is nothing left.
    pub(crate) fn admit(&self, realm: &RealmId, request: &Request) -> Result<()> {
        let Some(budget) = self.budget.filter(|_| metered(request) > 0) else {
            return Ok(());
        };
        let month = Month::at(SystemClock.now());
        let made = self
            .count(realm, month)
            .map_err(|error| unreadable(&error))?;
        if made < budget {
            return Ok(());
        }
        let context = format!(
            "{made} metered calls were made to company {realm} in {month}, and {budget} is the budget"
        );
        Err(Error::not_sent(ErrorKind::BudgetSpent, context))
    }

    /// Counts a call that succeeded. What can't be counted is not worth losing an answer for.
    pub(crate) fn counted(&self, realm: &RealmId, request: &Request) {
        let calls = metered(request);
        if calls > 0 {
            let _ = self.add(realm, Month::at(SystemClock.now()), calls);
        }
    }

    fn add(&self, realm: &RealmId, month: Month, calls: usize) -> io::Result<()> {
        fs::create_dir_all(&self.home)?;
        let path = self.path(realm, month);
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(&b".".repeat(calls))
    }

    fn path(&self, realm: &RealmId, month: Month) -> PathBuf {
        // A realm is a number, but a name of a file must not become a path whatever it is.
        let is_plain =
            |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let realm: String = realm.as_str().chars().filter(is_plain).collect();
        self.home.join(format!("{realm}.{month}.{EXTENSION}"))
    }
}

/// As how many calls Intuit counts it: what only reads is one, a batch the queries in it.
fn metered(request: &Request) -> usize {
    if request.is_safe() {
        return 1;
    }
    match request.lane() {
        Lane::Batch => occurrences(request.body(), b"\"Query\":\""),
        Lane::Call => 0,
    }
}

/// A member can't be mistaken: within a JSON string its quotes would be escaped.
fn occurrences(body: &[u8], member: &[u8]) -> usize {
    body.windows(member.len())
        .filter(|window| *window == member)
        .count()
}

fn unreadable(error: &io::Error) -> Error {
    let context = format!("the budget is not known, since the calls made can't be read: {error}");
    Error::not_sent(ErrorKind::BudgetSpent, context)
}

fn named(path: &Path) -> Option<(RealmId, Month)> {
    let name = path.file_name()?.to_str()?;
    let mut parts = name.rsplitn(3, '.');
    let (extension, month, realm) = (parts.next()?, parts.next()?, parts.next()?);
    (extension == EXTENSION).then_some(())?;
    Some((realm.into(), month.parse().ok()?))
}

impl Month {
    /// The month of an instant, in UTC.
    pub fn at(now: Timestamp) -> Self {
        let day = now.to_zoned(TimeZone::UTC).date();
        Self {
            year: day.year(),
            month: day.month(),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a month is written like 2026-11")]
pub struct BadMonth;

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> std::result::Result<Self, BadMonth> {
        let (year, month) = text.split_once('-').ok_or(BadMonth)?;
        let year = year.parse().map_err(|_| BadMonth)?;
        let month = month.parse().map_err(|_| BadMonth)?;
        let is_month = (1..=12).contains(&month);
        is_month.then_some(Self { year, month }).ok_or(BadMonth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> (tempfile::TempDir, Meter) {
        let home = tempfile::tempdir().unwrap();
        let meter = Meter::at(home.path().join("usage"));
        (home, meter)
    }

    #[test]
    fn calls_are_counted_by_company_and_month() {
        let (_home, meter) = meter();
        let (one, other) = (RealmId::from("1"), RealmId::from("2"));
        let month = Month::at("2026-11-30T23:59:59Z".parse().unwrap());
        assert_eq!(meter.all().unwrap(), []);
        assert_eq!(meter.count(&one, month).unwrap(), 0);
        for realm in [&one, &one, &other] {
            meter.add(realm, month, 1).unwrap();
        }
        meter.add(&one, "2026-12".parse().unwrap(), 1).unwrap();
        let shown: Vec<String> = meter
            .all()
            .unwrap()
            .iter()
            .map(|usage| format!("{} {} {}", usage.realm, usage.month, usage.calls))
            .collect();
        assert_eq!(shown, ["1 2026-11 2", "1 2026-12 1", "2 2026-11 1"]);
    }

    #[test]
    fn many_count_in_one_file() {
        let (_home, meter) = meter();
        let realm = RealmId::from("1");
        let month: Month = "2026-11".parse().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| meter.add(&realm, month, 1).unwrap()));
            }
        });
        assert_eq!(meter.count(&realm, month).unwrap(), 200);
    }

    #[test]
    fn a_spent_budget_refuses_reads_and_lets_writes_pass() {
        let (_home, meter) = meter();
        let meter = meter.with_budget(2);
        let realm = RealmId::from("1");
        let read = Request::get("employee/58");
        let write = Request::new(http::Method::POST, "employee");
        for _ in 0..2 {
            meter.admit(&realm, &read).unwrap();
            meter.counted(&realm, &read);
            meter.counted(&realm, &write);
        }
        let refused = meter.admit(&realm, &read).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BudgetSpent);
        meter.admit(&realm, &write).unwrap();
    }

    #[test]
    fn queries_in_a_batch_count_each() {
        let body = r#"{"BatchItemRequest":[{"bId":"1","Query":"select \"Query\":\""},{"bId":"2","Query":"x"},{"bId":"3","operation":"create"}]}"#;
        let batch = Request::new(http::Method::POST, "batch").with_json(body);
        assert_eq!(metered(&batch), 2);
    }

    #[test]
    fn no_realm_leads_out_of_the_directory() {
        let (home, meter) = meter();
        let path = meter.path(&RealmId::from("../../x"), "2026-01".parse().unwrap());
        assert!(path.starts_with(home.path()) && !path.to_string_lossy().contains(".."));
    }
}
