//! The journal beside a token file: what the file's own shape has no room for.
//!
//! One JSON object a line, only ever appended; the state is the fold of all lines. A line that a
//! crash has torn, or an event that a later version added, is passed over; a summary of a later
//! version is not, since it stands for all that came before. No line holds a secret: tokens are named
//! by fingerprint.

#[cfg(any(test, feature = "test-util"))]
pub(super) mod fuzzing;
mod ledger;
mod version;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use ledger::Ledger;
pub(super) use version::Later;
use version::Version;

use crate::{
    Attempt, Chapter, Connection, Fingerprint, Generation, Grant, Happening, Lapse, Outcome,
    TokenSet,
};

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What {
    /// A grant that we did not write was found in the token file.
    Adopted(Held),
    /// A refresh was begun, or settled without tokens.
    Attempt(Attempt),
    /// New tokens were saved.
    Saved(Held),
    /// The API has taken the token of this generation.
    Accepted { generation: Generation },
    /// The grant of this refresh token is over.
    Lapsed {
        generation: Generation,
        refresh: Option<Fingerprint>,
        lapse: Lapse,
    },
    /// All that older lines said, in one.
    Summary(Box<History>),
}

/// Tokens by name, with what the token file can't say about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) generation: Generation,
    pub(super) refresh: Option<Fingerprint>,
    pub(super) access: Option<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) obtained: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access_expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) grant_expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) refusals: Vec<Timestamp>,
}

/// What the lines add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    /// The grant that the file held when we last looked or wrote.
    pub(super) held: Option<Held>,
    pub(super) attempt: Option<Attempt>,
    /// The attempt before, if nobody knows its outcome and it was to spend something else: a code
    /// was redeemed while the refresh token was in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aside: Option<Attempt>,
    pub(super) lapsed: Option<Lapsed>,
    /// Refresh tokens that were rotated away: never to be sent again.
    #[serde(
        default,
        rename = "ledger",
        alias = "spent",
        skip_serializing_if = "Ledger::is_empty"
    )]
    spent: Ledger,
    #[serde(default)]
    version: Version,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lapsed {
    pub(super) refresh: Option<Fingerprint>,
    pub(super) lapse: Lapse,
    pub(super) since: Timestamp,
}

impl Entry {
    pub(super) fn adopted(at: Timestamp, held: Held) -> Self {
        let what = What::Adopted(held);
        Self { at, what }
    }

    pub(super) fn accepted(at: Timestamp, generation: Generation) -> Self {
        let what = What::Accepted { generation };
        Self { at, what }
    }

    /// New tokens were found to have been saved by a process that died before it could note it.
    pub(super) fn recovered(at: Timestamp, held: Held) -> Self {
        let what = What::Saved(held);
        Self { at, what }
    }

    pub(super) fn attempt(attempt: &Attempt) -> Self {
        Self {
            at: attempt.started,
            what: What::Attempt(attempt.clone()),
        }
    }

    /// What a save of `new` means: other tokens, or the end of the present ones.
    pub(super) fn saved(new: &Connection) -> Self {
        let tokens = new.tokens();
        match new.grant {
            Grant::Lapsed { lapse, since, .. } => Self {
                at: since,
                what: What::Lapsed {
                    generation: new.generation,
                    refresh: Held::of(new).refresh,
                    lapse,
                },
            },
            Grant::Live(_) => Self {
                at: tokens.obtained.unwrap_or(Timestamp::UNIX_EPOCH),
                what: What::Saved(Held::of(new)),
            },
        }
    }

    pub(super) fn summary(at: Timestamp, history: History) -> Self {
        let what = What::Summary(Box::new(history));
        Self { at, what }
    }

    /// The line, with its end.
    pub(super) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

impl Held {
    /// These very tokens, either of which may be missing.
    pub(super) fn same_tokens(&self, other: &Self) -> bool {
        self.refresh == other.refresh && self.access == other.access
    }

    pub(super) fn of(connection: &Connection) -> Self {
        let tokens = connection.tokens();
        Self {
            refusals: connection.refusals.clone(),
            ..Self::named(tokens, connection.generation)
        }
    }

    pub(super) fn named(tokens: &TokenSet, generation: Generation) -> Self {
        Self {
            generation,
            refresh: tokens
                .refresh
                .as_ref()
                .map(crate::RefreshToken::fingerprint),
            access: tokens.access.as_ref().map(crate::AccessToken::fingerprint),
            obtained: tokens.obtained,
            access_expires: tokens.access_expires,
            refresh_expires: tokens.refresh_expires,
            grant_expires: tokens.grant_expires,
            refusals: Vec::new(),
        }
    }
}

impl History {
    /// Adds all lines of a journal up.
    ///
    /// # Errors
    /// [`Later`] if a later version has summed it up in a way that is not known here.
    pub(super) fn read(journal: &[u8]) -> Result<Self, Later> {
        let mut history = Self::default();
        for line in lines(journal) {
            match serde_json::from_slice::<Entry>(line) {
                Ok(entry) => history.add(entry),
                Err(_) => version::require_known(line)?,
            }
        }
        Ok(history)
    }

    pub(super) fn add(&mut self, entry: Entry) {
        match entry.what {
            What::Adopted(held) => self.adopted(held),
            What::Attempt(attempt) => self.attempted(attempt),
            What::Saved(held) => self.saved(held),
            What::Accepted { generation } => self.accepted(generation),
            What::Lapsed {
                generation,
                refresh,
                lapse,
            } => {
                if let Some(held) = &mut self.held {
                    held.generation = generation;
                }
                // What was given up for the doubt about an attempt lives if that doubt can be removed.
                self.attempt.take_if(|_| lapse != Lapse::LostReply);
                self.lapsed(Lapsed {
                    refresh,
                    lapse,
                    since: entry.at,
                });
            }
            What::Summary(history) => *self = *history,
        }
    }

    fn accepted(&mut self, generation: Generation) {
        if let Some(held) = &mut self.held
            && held.generation == generation
        {
            held.refusals.clear();
        }
    }

    /// What was in doubt may be spent, so an old copy of it is as good as spent. A doubt about the
    /// adopted token itself stays.
    fn adopted(&mut self, held: Held) {
        for attempt in [self.aside.take(), self.attempt.take()]
            .into_iter()
            .flatten()
        {
            if Some(&attempt.spends) == held.refresh.as_ref() {
                self.attempt = Some(attempt);
            } else if attempt.outcome != Outcome::NotSpent {
                self.spent.insert(&attempt.spends);
            }
        }
        self.held = Some(held);
    }

    fn attempted(&mut self, attempt: Attempt) {
        let before = self.open_attempt().filter(|b| b.spends != attempt.spends);
        if let Some(before) = before.cloned() {
            self.aside = Some(before);
        }
        self.attempt = Some(attempt);
    }

    /// The last attempt to spend this refresh token, if it was not settled with tokens.
    pub(super) fn attempt_on(&self, refresh: &Fingerprint) -> Option<&Attempt> {
        [&self.attempt, &self.aside]
            .into_iter()
            .flatten()
            .find(|attempt| attempt.spends == *refresh)
    }

    /// A token whose mark gives way to another's stays dead.
    fn lapsed(&mut self, lapsed: Lapsed) {
        let before = self
            .lapsed
            .replace(lapsed)
            .and_then(|before| before.refresh);
        let present = self.lapsed.as_ref().and_then(|mark| mark.refresh.as_ref());
        if let Some(before) = before
            && Some(&before) != present
        {
            self.spent.insert(&before);
        }
    }

    fn saved(&mut self, held: Held) {
        for attempt in [self.aside.take(), self.attempt.take()]
            .into_iter()
            .flatten()
        {
            if Some(&attempt.spends) != held.refresh.as_ref() {
                self.spent.insert(&attempt.spends);
            }
        }
        // A provider that gives a token back has not spent it, and its grant is not over.
        if let Some(refresh) = &held.refresh {
            self.spent.remove(refresh);
            self.lapsed
                .take_if(|mark| mark.refresh.as_ref() == Some(refresh));
        }
        self.held = Some(held);
    }

    pub(super) fn is_spent(&self, refresh: &Fingerprint) -> bool {
        self.spent.contains(refresh)
    }

    /// The refresh tokens found spent, for a store that keeps them in a place of their own.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn take_spent(&mut self) -> Vec<Fingerprint> {
        self.spent.take()
    }

    /// Somebody remembers a later generation than this history does, with this refresh token: what is
    /// held here is older, and, unless it is the same token, was rotated away.
    #[cfg(feature = "sqlite")]
    pub(super) fn is_behind(&mut self, generation: Generation, refresh: Option<&str>) {
        let Some(held) = self
            .held
            .as_mut()
            .filter(|held| held.generation < generation)
        else {
            return;
        };
        held.generation = generation;
        let present = held.refresh.clone();
        if let Some(present) = present.filter(|present| Some(present.as_str()) != refresh) {
            self.spent.insert(&present);
        }
    }

    /// The refresh token that is held was spent, as somebody knows who is outside of this record.
    #[cfg(feature = "postgres")]
    pub(super) fn spend_held(&mut self) {
        let held = self.held.as_ref();
        if let Some(refresh) = held.and_then(|held| held.refresh.clone()) {
            self.spent.insert(&refresh);
        }
    }

    /// Forgets that a grant was handed over: it has come back.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn take_back(&mut self) {
        self.lapsed = None;
    }

    /// Whether the grant of `tokens` still lives, as far as is known. A mark counts for the refresh
    /// token that it names and no other, so a fresh login is never taken for the dead one.
    pub(super) fn judge(&self, tokens: TokenSet, found: &Held) -> Grant {
        if let Some(lapsed) = &self.lapsed
            && lapsed.refresh == found.refresh
        {
            return Grant::Lapsed {
                lapse: lapsed.lapse,
                since: lapsed.since,
                tokens,
            };
        }
        if let Some(refresh) = &found.refresh
            && self.is_spent(refresh)
        {
            let obtained = self.held.as_ref().and_then(|held| held.obtained);
            return Grant::Lapsed {
                lapse: Lapse::Spent,
                since: obtained.unwrap_or(Timestamp::UNIX_EPOCH),
                tokens,
            };
        }
        Grant::Live(tokens)
    }

    /// Whether the file held this refresh token when we last looked or wrote.
    pub(super) fn holds(&self, refresh: &Fingerprint) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.refresh.as_ref() == Some(refresh))
    }

    /// Whether the outcome of an attempt before the last one, on another token, is unknown too.
    pub(super) fn has_aside(&self) -> bool {
        self.aside.is_some()
    }

    /// An attempt whose outcome nobody knows.
    pub(super) fn open_attempt(&self) -> Option<&Attempt> {
        let attempt = self.attempt.as_ref()?;
        (attempt.outcome != Outcome::NotSpent).then_some(attempt)
    }

    pub(super) fn generation(&self) -> Generation {
        self.held
            .as_ref()
            .map_or(Generation::default(), |held| held.generation)
    }
}

/// The lines of a journal, torn ones among them. A line that the disk has taken and lost, as after a
/// sync that failed, reads as zeros, its end included: it must not swallow the next one.
fn lines(journal: &[u8]) -> impl Iterator<Item = &[u8]> {
    journal.split(|byte| ends_line(*byte))
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | 0)
}

/// What the lines tell, in the order in which they were written.
pub(super) fn story(journal: &[u8]) -> Vec<Chapter> {
    let mut refresh = None;
    lines(journal)
        .filter_map(|line| serde_json::from_slice::<Entry>(line).ok())
        .filter_map(|entry| {
            let what = told(entry.what, &mut refresh)?;
            Some(Chapter { at: entry.at, what })
        })
        .collect()
}

/// What a line tells; `refresh` is the refresh token held so far. A summary tells nothing new.
fn told(what: What, refresh: &mut Option<Fingerprint>) -> Option<Happening> {
    Some(match what {
        What::Adopted(held) => {
            refresh.clone_from(&held.refresh);
            Happening::Adopted {
                generation: held.generation,
                refresh: held.refresh,
                access: held.access,
            }
        }
        What::Attempt(attempt) if attempt.outcome == Outcome::Open => Happening::Spent {
            spends: attempt.spends,
            failures: attempt.failures,
            why: attempt.why,
        },
        What::Attempt(attempt) => Happening::Failed {
            spends: attempt.spends,
            outcome: attempt.outcome,
            failures: attempt.failures,
            retry_at: attempt.retry_at,
            why: attempt.why,
        },
        What::Saved(held) => {
            let before = std::mem::replace(refresh, held.refresh.clone());
            Happening::Saved {
                generation: held.generation,
                replaces: before.filter(|before| Some(before) != held.refresh.as_ref()),
                refresh: held.refresh,
                access: held.access,
                access_expires: held.access_expires,
            }
        }
        What::Accepted { generation } => Happening::Accepted { generation },
        What::Lapsed {
            generation,
            refresh,
            lapse,
        } => Happening::Lapsed {
            generation,
            refresh,
            lapse,
        },
        What::Summary(history) => {
            *refresh = history.held.and_then(|held| held.refresh);
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefreshToken;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn fingerprint(token: &str) -> Fingerprint {
        RefreshToken::new(token).fingerprint()
    }

    fn held(generation: u64, refresh: &str) -> Held {
        Held {
            generation: Generation(generation),
            refresh: Some(fingerprint(refresh)),
            access: None,
            obtained: Some(NOW),
            access_expires: None,
            refresh_expires: None,
            grant_expires: None,
            refusals: Vec::new(),
        }
    }

    fn attempt(spends: &str) -> Attempt {
        Attempt {
            spends: fingerprint(spends),
            started: NOW,
            outcome: Outcome::Open,
            failures: 0,
            retry_at: None,
            why: None,
        }
    }

    fn saved(held: Held) -> Entry {
        Entry {
            at: NOW,
            what: What::Saved(held),
        }
    }

    fn journal(entries: &[Entry]) -> Vec<u8> {
        entries.iter().flat_map(Entry::to_line).collect()
    }

    #[test]
    fn h13_a_rotated_token_is_spent_and_one_given_back_is_not() {
        let lines = journal(&[
            Entry::adopted(NOW, held(1, "a")),
            Entry::attempt(&attempt("a")),
            saved(held(2, "a")),
            Entry::attempt(&attempt("a")),
            saved(held(3, "b")),
        ]);
        let history = History::read(&lines).unwrap();
        assert!(history.is_spent(&fingerprint("a")));
        assert!(!history.is_spent(&fingerprint("b")));
        assert_eq!(history.generation(), Generation(3));
        assert!(history.open_attempt().is_none());
    }

    #[test]
    fn an_attempt_without_an_outcome_stays_open_after_a_crash() {
        let mut lines = journal(&[
            Entry::adopted(NOW, held(1, "a")),
            Entry::attempt(&attempt("a")),
        ]);
        lines.extend_from_slice(b"{\"at\":\"2027-01-15T08:00:00Z\",\"event\":\"sav");
        let history = History::read(&lines).unwrap();
        assert_eq!(
            history.open_attempt().unwrap().spends,
            fingerprint("a"),
            "a torn line is no line"
        );
    }

    #[test]
    fn a_line_that_the_disk_has_lost_does_not_swallow_the_next() {
        let mut before = journal(&[Entry::adopted(NOW, held(1, "a"))]);
        let lost = Entry::adopted(NOW, held(2, "b")).to_line().len();
        for kept in [0, 1, lost / 2, lost - 1] {
            let mut lines = before.clone();
            lines.extend_from_slice(&Entry::adopted(NOW, held(2, "b")).to_line()[..kept]);
            lines.resize(before.len() + lost, 0);
            lines.extend(journal(&[Entry::attempt(&attempt("a"))]));
            let history = History::read(&lines).unwrap();
            assert!(history.attempt.is_some(), "{kept} bytes were kept");
        }
        before.push(0);
        assert!(History::read(&before).unwrap().held.is_some());
    }

    #[test]
    fn a_summary_says_what_the_lines_said() {
        let lines = journal(&[
            Entry::adopted(NOW, held(1, "a")),
            Entry::attempt(&attempt("a")),
            saved(held(2, "b")),
            Entry::attempt(&attempt("b")),
        ]);
        let long = History::read(&lines).unwrap();
        let short = History::read(&Entry::summary(NOW, long.clone()).to_line()).unwrap();
        assert_eq!(short.held, long.held);
        assert_eq!(short.attempt, long.attempt);
        assert!(short.is_spent(&fingerprint("a")));
    }

    #[test]
    fn a_summary_of_the_first_version_is_read_and_one_of_a_later_is_not() {
        let spent = fingerprint("a");
        let first = format!(
            "{{\"at\":\"2026-11-22T08:00:00Z\",\"event\":\"summary\",\"held\":null,\"attempt\":null,\
             \"lapsed\":null,\"spent\":[\"{}\"]}}\n",
            spent.as_str()
        );
        let history = History::read(first.as_bytes()).unwrap();
        assert!(history.is_spent(&spent));
        let now = Entry::summary(NOW, history).to_line();
        let text = String::from_utf8(now).unwrap();
        assert!(text.contains("\"version\":2"), "{text}");
        assert!(!text.contains("spent"), "{text}");
        let later = text.replace("\"version\":2", "\"version\":3");
        assert!(History::read(later.as_bytes()).is_err());
        // Torn, it is no line.
        assert!(History::read(&later.as_bytes()[..later.len() - 3]).is_ok());
    }

    #[test]
    fn a_line_of_a_later_version_is_passed_over() {
        let mut lines = journal(&[saved(held(7, "a"))]);
        lines.extend_from_slice(b"{\"at\":\"2027-01-15T08:00:00Z\",\"event\":\"teleported\"}\n");
        assert_eq!(History::read(&lines).unwrap().generation(), Generation(7));
    }

    #[test]
    fn the_story_tells_what_happened_and_what_rotated() {
        let failed = Attempt {
            outcome: Outcome::NotSpent,
            failures: 1,
            why: Some("no way".to_owned()),
            ..attempt("a")
        };
        let lines = journal(&[
            Entry::adopted(NOW, held(1, "a")),
            Entry::attempt(&attempt("a")),
            Entry::attempt(&failed),
            saved(held(2, "a")),
            Entry::summary(NOW, History::default()),
            Entry::summary(NOW, History::read(&saved(held(2, "a")).to_line()).unwrap()),
            saved(held(3, "b")),
        ]);
        let told: Vec<_> = story(&lines).into_iter().map(|it| it.what).collect();
        let [adopted, spent, failure, kept, rotated] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert!(matches!(
            adopted,
            Happening::Adopted {
                generation: Generation(1),
                ..
            }
        ));
        assert!(matches!(spent, Happening::Spent { failures: 0, .. }));
        assert!(matches!(failure, Happening::Failed { why: Some(why), .. } if why == "no way"));
        assert!(matches!(kept, Happening::Saved { replaces: None, .. }));
        let Happening::Saved {
            replaces, refresh, ..
        } = rotated
        else {
            panic!("{rotated:?}");
        };
        assert_eq!(*replaces, Some(fingerprint("a")));
        assert_eq!(*refresh, Some(fingerprint("b")));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = History::read(&bytes);
        }
    }
}
