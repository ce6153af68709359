//! How far a batch file has been carried out: lines that are only ever added, each synced.
//!
//! ```text
//! {"file":"9f86d081884c7d65","items":30}
//! {"begin":0,"requestid":"5e3c…"}
//! {"end":0}
//! ```
//! A last line that a crash cut off counts as not written.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use evergrant_quickbooks::RequestId;
use serde::{Deserialize, Serialize};

use super::LARGEST;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The journal of one file.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    state: State,
}

/// How far it has come.
#[derive(Debug)]
struct State {
    /// How many items a request has.
    items: usize,
    /// How many requests are done.
    done: usize,
    /// What was sent and not seen through.
    begun: Option<(usize, RequestId)>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Head { file: String, items: usize },
    Begin { begin: usize, requestid: String },
    End { end: usize },
}

impl Journal {
    /// A new journal of requests with so many `items`; with `resume` the one that is there, which
    /// knows how many they have had.
    ///
    /// # Errors
    /// One is there and is not to be resumed, or it is of other content.
    pub(super) fn open(path: &Path, content: &[u8], items: usize, resume: bool) -> Result<Self> {
        let old = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unwritable(path, error)),
        };
        let old = old.filter(|text| !text.trim().is_empty());
        if old.is_some() && !resume {
            let what = format!("{} is there: this file was begun before", path.display());
            return Err(Failure::new(
                Exit::Usage,
                what,
                "nothing was sent: go on with --resume, or remove it to do all of it again",
            ));
        }
        let state = match &old {
            Some(text) => replayed(path, text, &fingerprint(content))?,
            None => State {
                items,
                done: 0,
                begun: None,
            },
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(path);
        let file = file.map_err(|error| unwritable(path, error))?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            state,
        };
        match old {
            // After a line that was cut off, a new one begins.
            Some(text) if !text.ends_with('\n') => journal.append("\n")?,
            Some(_) => {}
            None => journal.write(&Line::Head {
                file: fingerprint(content),
                items,
            })?,
        }
        Ok(journal)
    }

    /// How many items a request has.
    pub(super) fn items(&self) -> usize {
        self.state.items
    }

    /// How many requests are done.
    pub(super) fn done(&self) -> usize {
        self.state.done
    }

    /// Notes that a request is about to be sent, and returns its id: the old one, if it was begun
    /// before.
    pub(super) fn begin(&mut self, number: usize) -> Result<RequestId> {
        if let Some((begun, id)) = &self.state.begun
            && *begun == number
        {
            return Ok(id.clone());
        }
        let id = RequestId::random();
        self.write(&Line::Begin {
            begin: number,
            requestid: id.to_string(),
        })?;
        Ok(id)
    }

    /// Notes that a request's outcomes are known and told.
    pub(super) fn end(&mut self, number: usize) -> Result<()> {
        self.write(&Line::End { end: number })
    }

    fn write(&mut self, line: &Line) -> Result<()> {
        let text = serde_json::to_string(line).map_err(|error| unwritable(&self.path, error))?;
        self.append(&(text + "\n"))
    }

    fn append(&mut self, text: &str) -> Result<()> {
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| unwritable(&self.path, error))
    }
}

/// What the lines of a journal add up to.
fn replayed(path: &Path, text: &str, fingerprint: &str) -> Result<State> {
    let lines: Vec<Line> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let items = match lines.first() {
        Some(Line::Head { file, items }) if file == fingerprint => Some(*items),
        _ => None,
    };
    let Some(items) = items.filter(|items| (1..=LARGEST).contains(items)) else {
        let what = format!("{} is the journal of other content", path.display());
        return Err(Failure::new(
            Exit::Usage,
            what,
            "nothing was sent: give the file as it was, or remove the journal to do all of it again",
        ));
    };
    let mut done = 0;
    let mut begun = None;
    for line in lines {
        match line {
            Line::Head { .. } => {}
            Line::Begin { begin, requestid } => {
                begun = requestid.parse().ok().map(|id| (begin, id));
            }
            Line::End { end } => {
                done = end + 1;
                begun = None;
            }
        }
    }
    Ok(State { items, done, begun })
}

/// FNV-1a: tells whether the file is the same one, and need not withstand anybody.
fn fingerprint(content: &[u8]) -> String {
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}-{}", content.len())
}

fn unwritable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    let what = format!("the journal {} can't be read or written", path.display());
    Failure::new(
        Exit::Store,
        what,
        "nothing more was sent: mend that place, then --resume",
    )
    .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &[u8] = b"{\"Customer\":{}}\n";

    #[test]
    fn what_was_begun_is_asked_for_with_the_same_id() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl.journal");
        let mut journal = Journal::open(&path, CONTENT, 30, false).unwrap();
        journal.begin(0).unwrap();
        journal.end(0).unwrap();
        let id = journal.begin(1).unwrap();
        drop(journal);
        assert!(Journal::open(&path, CONTENT, 30, false).is_err());
        assert!(Journal::open(&path, b"other", 30, true).is_err());
        let mut again = Journal::open(&path, CONTENT, 7, true).unwrap();
        assert_eq!((again.items(), again.done()), (30, 1));
        assert_eq!(again.begin(1).unwrap(), id);
        again.end(1).unwrap();
        assert_ne!(again.begin(2).unwrap(), id);
    }

    #[test]
    fn a_line_that_was_cut_off_was_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, CONTENT, 30, false).unwrap();
        journal.begin(0).unwrap();
        journal.file.write_all(b"{\"end\":").unwrap();
        drop(journal);
        let mut again = Journal::open(&path, CONTENT, 30, true).unwrap();
        assert_eq!(again.done(), 0);
        again.end(0).unwrap();
        drop(again);
        assert_eq!(Journal::open(&path, CONTENT, 30, true).unwrap().done(), 1);
    }

    #[test]
    fn resuming_what_was_never_begun_begins_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal"), CONTENT, 30, true).unwrap();
        assert_eq!(journal.done(), 0);
    }
}
