//! A connection as the databases keep it: its tokens in columns of their own, everything else that
//! must stay known in one document, and what each change adds to the ledger and to the story. Pure.
//!
//! The document is the same fold of happenings that a token file's journal adds up to, so whatever
//! the store, the same things are remembered and the same is made of them. Only the ledger of spent
//! refresh tokens is kept outside of the document: it grows for as long as a connection lives.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Pause;
use super::journal::{self, Entry, Held, History};
use super::registry::Adoption;
use crate::seal::{is_sealed, key_of, without_keys};
use crate::{
    AccessToken, Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Fingerprint, Form,
    Generation, Grant, KeyId, Lapse, Outcome, Place, RefreshToken, Result, Sealer, TokenSet,
};

/// What a token is sealed as.
const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";
/// How much of its story a connection keeps.
pub(super) const STORY_KEPT: u32 = 200;
/// How long what was put back is not spent.
#[cfg(feature = "postgres")]
const PUT_BACK_RESTS: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);
/// In which generations old chapters are thrown away: not in each, which would cost more.
pub(super) const STORY_TRIM: u64 = 16;

/// Access and refresh token as they are kept. Owned is sealed text only, which is no secret.
pub(super) type KeptTokens<'a> = [Option<Cow<'a, str>>; 2];

/// What a database gives of a connection.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) provider: String,
    pub(crate) realm: Option<String>,
    pub(crate) access: Option<String>,
    pub(crate) refresh: Option<String>,
    pub(crate) pause: Option<Pause>,
    pub(crate) document: String,
    /// The refresh token that was rotated away last, where the database keeps that in reach.
    pub(crate) replaced: Option<String>,
}

impl Row {
    /// The key with which its tokens are sealed, if they are.
    pub(super) fn key(&self) -> Option<KeyId> {
        let text = self.refresh.as_deref().or(self.access.as_deref())?;
        key_of(text)
    }
}

/// A connection's record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(super) provider: String,
    pub(super) realm: Option<String>,
    pub(super) access: Option<AccessToken>,
    pub(super) refresh: Option<RefreshToken>,
    history: History,
    pub(super) pause: Option<Pause>,
}

/// What a change adds to the row's neighbours.
#[derive(Debug)]
pub(super) struct Change {
    /// A line of the story.
    pub(super) line: Vec<u8>,
    /// Refresh tokens for the ledger.
    pub(super) spent: Vec<Fingerprint>,
    /// The generation that was there before.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            dead_code,
            reason = "where one process writes at a time, there is no other"
        )
    )]
    pub(super) replaced: Generation,
    /// The refresh token that is held now: what is held is not spent, even if it once was.
    pub(super) held: Option<Fingerprint>,
}

impl Record {
    /// Makes sense of the row of `id`, whose tokens `sealer` opens if they are sealed.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if its document can't be read, or is not about its tokens;
    /// [`ErrorKind::Sealed`] if they don't open.
    pub(crate) fn of(row: Row, id: &ConnectionId, sealer: Option<&Sealer>) -> Result<Self> {
        let history: History = serde_json::from_str(&row.document).map_err(|error| {
            let place = (error.line(), error.column());
            damaged(&format!("its document can't be read at {place:?}"))
        })?;
        let record = Self {
            provider: row.provider,
            realm: row.realm,
            access: opened(row.access, at(id, ACCESS), sealer)?.map(AccessToken::new),
            refresh: opened(row.refresh, at(id, REFRESH), sealer)?.map(RefreshToken::new),
            history,
            pause: row.pause,
        };
        let found = Held::named(&record.tokens(), Generation::default());
        match &record.history.held {
            Some(held) if !held.same_tokens(&found) => {
                Err(damaged("its document is about other tokens"))
            }
            _ => Ok(record),
        }
    }

    /// Compares with what is remembered outside of the database, which a backup does not bring back.
    #[cfg(feature = "sqlite")]
    pub(super) fn recall(&mut self, generation: Generation, refresh: Option<&str>) {
        self.history.is_behind(generation, refresh);
    }

    /// Takes the record for an old copy, if `is_spent` knows its refresh token as one that was rotated
    /// away.
    #[cfg(feature = "postgres")]
    pub(super) fn recognise(&mut self, is_spent: impl Fn(&Fingerprint) -> bool) {
        if self.held_refresh().is_some_and(is_spent) {
            self.history.spend_held();
        }
    }

    /// Whether it was taken for an old copy and does not say so itself.
    #[cfg(feature = "postgres")]
    pub(super) fn is_unmarked(&self, id: &ConnectionId) -> bool {
        let is_marked = |lapsed: &journal::Lapsed| lapsed.refresh.as_ref() == self.held_refresh();
        self.is_old_copy(id) && !self.history.lapsed.as_ref().is_some_and(is_marked)
    }

    /// Marks it as an old copy, for all who have not seen its token spent; `None` if that is done.
    #[cfg(feature = "postgres")]
    pub(super) fn marked(&mut self, id: &ConnectionId, since: Timestamp) -> Option<Change> {
        let stored = self.connection(id).filter(|_| self.is_unmarked(id))?;
        let over = Connection {
            grant: Grant::Lapsed {
                lapse: Lapse::Spent,
                since,
                tokens: stored.tokens().clone(),
            },
            generation: stored.generation.next(),
            ..stored
        };
        Some(self.change(Entry::saved(&over)))
    }

    /// Puts `later` in its place if it is an old copy of that, and has it rest for a while; `None` if
    /// it is not, or can't be told from a fresh login.
    #[cfg(feature = "postgres")]
    pub(super) fn put_back(&mut self, later: &Connection, at: Timestamp) -> Option<Change> {
        let stored = self.connection(&later.id)?;
        let (own, theirs) = (stored.tokens(), later.tokens());
        let was_before = stored.generation < later.generation
            && own.obtained.is_some_and(|own| Some(own) < theirs.obtained)
            && stored.realm == later.realm;
        let refresh = theirs.refresh.as_ref().map(RefreshToken::fingerprint)?;
        if Some(&refresh) == self.held_refresh() || !(was_before || self.is_old_copy(&later.id)) {
            return None;
        }
        self.history.spend_held();
        let new = Connection {
            generation: stored.generation.max(later.generation).next(),
            attempt: None,
            refusals: Vec::new(),
            ..later.clone()
        };
        self.take(&new);
        let put = self.change(Entry::saved(&new));
        let rest = self.change(Entry::attempt(&Attempt {
            spends: refresh,
            started: at,
            outcome: Outcome::NotSpent,
            failures: 0,
            retry_at: at.saturating_add(PUT_BACK_RESTS).ok(),
            why: Some("the store was set back, and has this from a process's memory".to_owned()),
        }));
        Some(Change {
            line: [put.line, rest.line].concat(),
            ..put
        })
    }

    #[cfg(feature = "postgres")]
    fn is_old_copy(&self, id: &ConnectionId) -> bool {
        let stored = self.connection(id);
        let lapse = stored.as_ref().map(|stored| &stored.grant);
        matches!(
            lapse,
            Some(Grant::Lapsed {
                lapse: Lapse::Spent,
                ..
            })
        )
    }

    /// The refresh token that is held, by name.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn held_refresh(&self) -> Option<&Fingerprint> {
        self.history.held.as_ref()?.refresh.as_ref()
    }

    /// Access and refresh token as they are kept: sealed, if there is a sealer.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if the keys can't be had.
    pub(super) fn kept(
        &self,
        id: &ConnectionId,
        sealer: Option<&Sealer>,
    ) -> Result<KeptTokens<'_>> {
        let (access, refresh) = (self.access.as_ref(), self.refresh.as_ref());
        let (access, refresh) = (
            access.map(AccessToken::expose),
            refresh.map(RefreshToken::expose),
        );
        let Some(sealer) = sealer else {
            return Ok([access.map(Cow::Borrowed), refresh.map(Cow::Borrowed)]);
        };
        let sealed = |text: Option<&str>, member| {
            let sealed = text.map(|text| sealer.seal(text, at(id, member)));
            sealed.transpose().map(|sealed| sealed.map(Cow::Owned))
        };
        Ok([sealed(access, ACCESS)?, sealed(refresh, REFRESH)?])
    }

    /// The same in the form that is asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there is no sealer, [`ErrorKind::Sealed`] if the keys can't be had,
    /// [`ErrorKind::NotFound`] if there are no tokens.
    pub(super) fn kept_as(
        &self,
        form: Form,
        id: &ConnectionId,
        sealer: Option<&Sealer>,
    ) -> Result<KeptTokens<'_>> {
        if self.connection(id).is_none() {
            return Err(Error::new(ErrorKind::NotFound, "there are no tokens"));
        }
        match form {
            Form::Sealed if sealer.is_none() => {
                Err(Error::new(ErrorKind::Config, "no sealing key is given"))
            }
            Form::Sealed => self.kept(id, sealer),
            Form::Clear => self.kept(id, None),
        }
    }

    /// Whether `attempt` is the last one, as far as is known.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "a lease that runs out is Postgres's alone")
    )]
    pub(super) fn is_last(&self, attempt: &Attempt) -> bool {
        let last = self.history.attempt.as_ref();
        last.is_none_or(|last| (&last.spends, last.started) == (&attempt.spends, attempt.started))
    }

    pub(super) fn document(&self) -> String {
        // A record of plain values always serializes.
        serde_json::to_string(&self.history).unwrap_or_default()
    }

    pub(super) fn generation(&self) -> Generation {
        self.history.generation()
    }

    /// The connection; `None` before its first grant and after it was removed.
    pub(crate) fn connection(&self, id: &ConnectionId) -> Option<Connection> {
        let held = self.history.held.as_ref()?;
        if self.access.is_none() && self.refresh.is_none() {
            return None;
        }
        let tokens = TokenSet {
            access_expires: held.access_expires,
            refresh_expires: held.refresh_expires,
            grant_expires: held.grant_expires,
            obtained: held.obtained,
            ..self.tokens()
        };
        let attempt = held
            .refresh
            .as_ref()
            .and_then(|refresh| self.history.attempt_on(refresh));
        Some(Connection {
            id: id.clone(),
            provider: self.provider.clone(),
            realm: self.realm.clone(),
            attempt: attempt.cloned(),
            refusals: held.refusals.clone(),
            grant: self.history.judge(tokens, held),
            generation: held.generation,
        })
    }

    /// Adds an attempt.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if it is paused, and the attempt would spend.
    pub(super) fn attempted(&mut self, attempt: &Attempt) -> Result<Change> {
        if let Some(pause) = self.pause.filter(|_| attempt.outcome == Outcome::Open) {
            let what = format!(
                "the access token must be refreshed, but {pause}; nothing was spent: {}",
                pause.end()
            );
            return Err(Error::new(ErrorKind::Config, what));
        }
        Ok(self.change(Entry::attempt(attempt)))
    }

    /// Puts `new` in the place of the generation `replaces`; `None` if it is there already, by an
    /// earlier try whose success was not told.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if another generation is stored.
    pub(super) fn saved(
        &mut self,
        new: &Connection,
        replaces: Generation,
    ) -> Result<Option<Change>> {
        let stored = self.generation();
        if self.is_in_place(new) {
            return Ok(None);
        }
        if stored != replaces {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("generation {stored} is stored, not {replaces}"),
            ));
        }
        if let Grant::Live(_) = new.grant {
            self.take(new);
        }
        Ok(Some(self.change(Entry::saved(new))))
    }

    /// Does so with what the attempt begun at `own` has brought. Whoever has taken the lease from that one's
    /// holder may have sent the same refresh token since; if it is still held, his doubt about it stays.
    ///
    /// # Errors
    /// Like [`saved`](Self::saved).
    #[cfg(feature = "postgres")]
    pub(super) fn answered(
        &mut self,
        own: Option<Timestamp>,
        new: &Connection,
        replaces: Generation,
    ) -> Result<Option<Change>> {
        let others = |attempt: &&Attempt| own.is_some_and(|own| attempt.started != own);
        let doubt = self.history.open_attempt().filter(others).cloned();
        let saved = self.saved(new, replaces)?;
        let is_alive = matches!(new.grant, Grant::Live(_));
        let doubt = doubt.filter(|doubt| is_alive && self.held_refresh() == Some(&doubt.spends));
        let Some(doubt) = doubt else {
            return Ok(saved);
        };
        let Some(saved) = saved else {
            return Ok(None);
        };
        let left = self.change(Entry::attempt(&doubt));
        Ok(Some(Change {
            line: [saved.line, left.line].concat(),
            ..saved
        }))
    }

    /// Notes that the API has taken the token of `generation`; `None` if that changes nothing.
    pub(super) fn accepted(&mut self, at: Timestamp, generation: Generation) -> Option<Change> {
        let held = self.history.held.as_ref()?;
        if held.generation != generation || held.refusals.is_empty() {
            return None;
        }
        Some(self.change(Entry::accepted(at, generation)))
    }

    /// Takes in a grant that came from outside, `is_spent` saying what the ledger knows of its
    /// refresh token.
    pub(super) fn adopted(
        &mut self,
        at: Timestamp,
        found: &Connection,
        is_spent: bool,
    ) -> (Adoption, Option<Change>) {
        let is_held = |refresh: &RefreshToken| {
            let held = self.history.held.as_ref();
            held.is_some_and(|held| held.refresh.as_ref() == Some(&refresh.fingerprint()))
        };
        let is_held = found.tokens().refresh.as_ref().is_some_and(is_held);
        let stored = self.connection(&found.id);
        let came_back = matches!(
            &stored,
            Some(Connection {
                grant: Grant::Lapsed {
                    lapse: Lapse::HandedOver,
                    ..
                },
                ..
            })
        );
        if is_held && stored.is_some() && !came_back {
            return (Adoption::Known(self.generation()), None);
        }
        if is_spent {
            return (Adoption::Spent, None);
        }
        if is_held {
            self.history.take_back();
        }
        let new = Connection {
            generation: self.generation().next(),
            ..found.clone()
        };
        self.take(&new);
        let change = self.change(Entry::adopted(at, Held::of(&new)));
        (Adoption::Taken(new.generation), Some(change))
    }

    /// Forgets the tokens; which ones were spent stays known.
    pub(super) fn removed(&mut self, at: Timestamp) -> Change {
        let bare = Held::named(&TokenSet::default(), self.generation().next());
        (self.access, self.refresh) = (None, None);
        self.change(Entry::adopted(at, bare))
    }

    /// Tokens that are not those that a backup has brought are nobody's doubt.
    fn take(&mut self, new: &Connection) {
        let tokens = new.tokens();
        let refresh = tokens.refresh.as_ref().map(RefreshToken::fingerprint);
        if refresh.as_ref() != self.held_refresh() {
            self.pause = self.pause.filter(|pause| *pause != Pause::Restored);
        }
        self.provider.clone_from(&new.provider);
        self.realm.clone_from(&new.realm);
        self.access.clone_from(&tokens.access);
        self.refresh.clone_from(&tokens.refresh);
    }

    fn change(&mut self, entry: Entry) -> Change {
        let replaced = self.generation();
        let line = entry.to_line();
        self.history.add(entry);
        let spent = self.history.take_spent();
        let held = self.held_refresh().filter(|held| !spent.contains(held));
        Change {
            line,
            replaced,
            held: held.cloned(),
            spent,
        }
    }

    fn is_in_place(&self, new: &Connection) -> bool {
        let held = self.history.held.as_ref();
        let Some(held) = held.filter(|held| held.generation == new.generation) else {
            return false;
        };
        let stored = self.connection(&new.id).map(|stored| stored.grant);
        held.same_tokens(&Held::of(new))
            && match (&new.grant, stored) {
                (Grant::Live(_), Some(Grant::Live(_))) => true,
                (Grant::Lapsed { lapse, .. }, Some(Grant::Lapsed { lapse: stored, .. })) => {
                    *lapse == stored
                }
                _ => false,
            }
    }

    fn tokens(&self) -> TokenSet {
        TokenSet {
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            ..TokenSet::default()
        }
    }
}

/// A token as it is, whether or not it is kept sealed.
fn opened(
    text: Option<String>,
    place: Place<'_>,
    sealer: Option<&Sealer>,
) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    if !is_sealed(&text) {
        return Ok(Some(text));
    }
    match sealer {
        Some(sealer) => Ok(Some(sealer.open(&text, place)?.as_str().to_owned())),
        None => Err(without_keys(&text, place.member)),
    }
}

fn at<'a>(connection: &'a ConnectionId, member: &'a str) -> Place<'a> {
    Place { connection, member }
}

/// What the lines of a story tell.
pub(super) fn story(lines: &[Vec<u8>]) -> Vec<Chapter> {
    journal::story(&lines.concat())
}

fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::Store, format!("the record is damaged: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn acme() -> ConnectionId {
        ConnectionId::new("acme")
    }

    fn connection(generation: u64, refresh: &str) -> Connection {
        Connection {
            id: acme(),
            provider: "p".to_owned(),
            realm: None,
            grant: Grant::Live(TokenSet {
                access: Some(AccessToken::new(format!("access for {refresh}"))),
                refresh: Some(RefreshToken::new(refresh)),
                ..TokenSet::default()
            }),
            generation: Generation(generation),
            attempt: None,
            refusals: Vec::new(),
        }
    }

    fn attempt(spends: &str) -> Attempt {
        Attempt {
            spends: RefreshToken::new(spends).fingerprint(),
            started: NOW,
            outcome: Outcome::Open,
            failures: 0,
            retry_at: None,
            why: None,
        }
    }

    fn row(record: &Record, refresh: &str) -> Row {
        Row {
            provider: record.provider.clone(),
            realm: None,
            access: Some(format!("access for {refresh}")),
            refresh: Some(refresh.to_owned()),
            pause: None,
            document: record.document(),
            replaced: None,
        }
    }

    fn print(token: &str) -> Fingerprint {
        RefreshToken::new(token).fingerprint()
    }

    #[test]
    fn a_rotation_puts_the_old_token_into_the_ledger() {
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        record.attempted(&attempt("a")).unwrap();
        let change = record.saved(&connection(2, "b"), Generation(1)).unwrap();
        let change = change.unwrap();
        assert_eq!(change.spent, [print("a")]);
        assert_eq!(change.held, Some(print("b")));
        let again = Record::of(row(&record, "b"), &acme(), None).unwrap();
        assert_eq!(again.generation(), Generation(2));
        assert!(again.connection(&acme()).unwrap().attempt.is_none());
    }

    #[test]
    fn a_save_whose_success_was_not_told_is_no_conflict() {
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        let again = record.saved(&connection(1, "a"), Generation(0)).unwrap();
        assert!(again.is_none());
        let other = record.saved(&connection(1, "b"), Generation(0));
        assert_eq!(other.unwrap_err().kind(), ErrorKind::Conflict);
    }

    /// One who lost his lease while he was stopped saves what he had received; meanwhile somebody has
    /// sent the same refresh token, and got no answer.
    #[cfg(feature = "postgres")]
    #[test]
    fn h05_the_doubt_of_a_later_holder_outlives_our_answer() {
        let saved = |own, refresh: &str| {
            let mut record = Record::default();
            record.saved(&connection(1, "a"), Generation(0)).unwrap();
            let theirs = Attempt {
                started: NOW + jiff::SignedDuration::from_secs(70),
                outcome: Outcome::Unanswered,
                ..attempt("a")
            };
            record.attempted(&theirs).unwrap();
            let new = connection(2, refresh);
            record.answered(own, &new, Generation(1)).unwrap();
            let left = record.connection(&acme()).unwrap().attempt;
            (left.is_some(), record.history.is_spent(&print("a")))
        };
        let theirs = NOW + jiff::SignedDuration::from_secs(70);
        assert_eq!(saved(Some(NOW), "a"), (true, false));
        assert_eq!(saved(Some(theirs), "a"), (false, false));
        assert!(!saved(Some(NOW), "b").0, "the token in doubt is not held");
    }

    /// So that who has left the doubt, and only he, can say that there was no cause for it.
    #[test]
    fn what_was_given_up_for_a_lost_reply_says_whose_that_was() {
        let left = |lapse| {
            let mut record = Record::default();
            record.saved(&connection(1, "a"), Generation(0)).unwrap();
            record.attempted(&attempt("a")).unwrap();
            let over = Connection {
                grant: Grant::Lapsed {
                    lapse,
                    since: NOW,
                    tokens: connection(1, "a").tokens().clone(),
                },
                ..connection(2, "a")
            };
            record.saved(&over, Generation(1)).unwrap();
            let over = record.connection(&acme()).unwrap();
            assert!(matches!(over.grant, Grant::Lapsed { .. }));
            over.attempt.map(|attempt| attempt.started)
        };
        assert_eq!(left(Lapse::LostReply), Some(NOW));
        assert_eq!(left(Lapse::Revoked), None);
    }

    #[test]
    fn h12_what_is_known_is_not_taken_twice_and_what_is_spent_not_at_all() {
        let mut record = Record::default();
        let mut adopt =
            |refresh: &str, is_spent| record.adopted(NOW, &connection(0, refresh), is_spent).0;
        assert_eq!(adopt("a", false), Adoption::Taken(Generation(1)));
        assert_eq!(adopt("a", false), Adoption::Known(Generation(1)));
        assert_eq!(adopt("b", false), Adoption::Taken(Generation(2)));
        assert_eq!(adopt("a", true), Adoption::Spent);
    }

    #[test]
    fn what_was_handed_over_can_come_back() {
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        let tokens = connection(1, "a").tokens().clone();
        let given = Connection {
            grant: Grant::Lapsed {
                lapse: Lapse::HandedOver,
                since: NOW,
                tokens,
            },
            ..connection(2, "a")
        };
        record.saved(&given, Generation(1)).unwrap();
        let (adoption, _) = record.adopted(NOW, &connection(0, "a"), false);
        assert_eq!(adoption, Adoption::Taken(Generation(3)));
        let back = record.connection(&acme()).unwrap();
        assert!(matches!(back.grant, Grant::Live(_)));
    }

    #[test]
    fn what_was_removed_is_gone_and_can_be_brought_back() {
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        record.removed(NOW);
        assert!(record.connection(&acme()).is_none());
        assert_eq!(record.generation(), Generation(2));
        let (adoption, _) = record.adopted(NOW, &connection(0, "a"), false);
        assert_eq!(adoption, Adoption::Taken(Generation(3)));
    }

    #[test]
    fn a_paused_one_spends_nothing() {
        let mut record = Record {
            pause: Some(Pause::Asked),
            ..Record::default()
        };
        let refused = record.attempted(&attempt("a"));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Config);
    }

    #[test]
    fn h31_sealed_tokens_open_with_their_key_alone() {
        let keys = "0000000000000000000000000000000000000000000000000000000000000001";
        let sealer = Sealer::new(crate::KeyRing::parse(keys).unwrap());
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        let [access, refresh] = record.kept(&acme(), Some(&sealer)).unwrap();
        let sealed = || Row {
            access: access.as_deref().map(str::to_owned),
            refresh: refresh.as_deref().map(str::to_owned),
            ..row(&record, "a")
        };
        assert!(is_sealed(&sealed().refresh.unwrap()));
        let back = Record::of(sealed(), &acme(), Some(&sealer)).unwrap();
        assert_eq!(back.refresh.unwrap().expose(), "a");
        let error = Record::of(sealed(), &acme(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Sealed);
        let other = ConnectionId::new("other");
        assert!(Record::of(sealed(), &other, Some(&sealer)).is_err());
    }

    #[test]
    fn a_document_about_other_tokens_is_damage() {
        let mut record = Record::default();
        record.saved(&connection(1, "a"), Generation(0)).unwrap();
        let error = Record::of(row(&record, "planted"), &acme(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(!format!("{error:?}").contains("planted"));
    }
}
