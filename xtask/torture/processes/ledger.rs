//! What was sent to the provider and what came of it: pure, from the sandbox's own record.
//!
//! An answer counts as received once its access token was seen anywhere outside of the process that
//! got it: in a file, at the API, or in what a worker said. So nothing that evergrant claims of
//! itself excuses it.

use evergrant::Replay;
use jiff::{SignedDuration, Timestamp};

/// How long the sandbox's access tokens live.
pub(crate) const ACCESS_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// By how much the clocks of a worker and of the sandbox may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(5);

/// Every refresh token that was sent, of all grants of one token file.
#[derive(Debug)]
pub(crate) struct Ledger {
    replay: Replay,
    spends: Vec<Spend>,
    /// Up to where the spends were judged.
    judged: usize,
    /// When the present grant was made by a login, and how much had been sent before.
    login: Timestamp,
    before_login: usize,
    /// When all access tokens were ended before their time, the last time.
    ended: Option<Timestamp>,
}

/// A refresh token that has reached the provider.
#[derive(Debug, Clone)]
pub(crate) struct Spend {
    pub(crate) at: Timestamp,
    pub(crate) token: String,
    /// What it brought; `None` if it was refused.
    pub(crate) issued: Option<Issued>,
    /// Whether what it brought has come anywhere.
    pub(crate) received: bool,
    /// Whether its answer, or whoever waited for it, may have been lost.
    pub(crate) excused: bool,
}

/// What the provider issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// What all that was sent says of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As good as new.
    Clean,
    /// Sent, and it is not known to anybody what became of it.
    Doubtful,
    /// Rotated away: its successor was received.
    Spent,
}

impl Ledger {
    pub(crate) fn new(replay: Replay, login: Timestamp) -> Self {
        Self {
            replay,
            spends: Vec::new(),
            judged: 0,
            login,
            before_login: 0,
            ended: None,
        }
    }

    pub(crate) fn spent(&mut self, spend: Spend) {
        self.spends.push(spend);
    }

    pub(crate) fn logged_in(&mut self, at: Timestamp) {
        self.login = at;
        self.before_login = self.spends.len();
    }

    pub(crate) fn ended_access(&mut self, at: Timestamp) {
        self.ended = Some(at);
    }

    /// An access token was seen: its answer has arrived.
    pub(crate) fn seen(&mut self, access: &str) {
        for spend in &mut self.spends {
            spend.received |= spend.brought(access);
        }
    }

    /// The number of the spend that brought an access token.
    pub(crate) fn origin(&self, access: &str) -> Option<usize> {
        self.spends.iter().position(|spend| spend.brought(access))
    }

    /// Whether something was received after the spend of that number, or a login has come.
    pub(crate) fn is_overtaken(&self, number: usize) -> bool {
        let later = self.spends.get(number + 1..).unwrap_or_default();
        number < self.before_login || later.iter().any(|spend| spend.received)
    }

    /// The spend that first brought a refresh token; `None` for a login's.
    pub(crate) fn first_to_bring(&self, refresh: &str) -> Option<&Spend> {
        let brought = |spend: &&Spend| {
            spend
                .issued
                .as_ref()
                .is_some_and(|it| it.refresh == refresh)
        };
        self.spends.iter().find(brought)
    }

    pub(crate) fn standing(&self, token: &str) -> Standing {
        standing(&self.spends, token)
    }

    /// When the access token that a client lives on has ended, or will.
    pub(crate) fn access_end(&self) -> Timestamp {
        self.access_end_before(self.spends.len())
    }

    /// What of all that has been sent since the last time the provider's profile forbids, in words.
    pub(crate) fn judge(&mut self) -> Vec<String> {
        self.infer();
        let new = self.judged..self.spends.len();
        self.judged = self.spends.len();
        new.filter_map(|number| self.wrong(number)).collect()
    }

    /// Who sends a token that only one answer brought must have received that answer.
    fn infer(&mut self) {
        let tokens: Vec<String> = self
            .spends
            .iter()
            .map(|spend| spend.token.clone())
            .collect();
        for token in tokens {
            let mut bringers = self.spends.iter_mut().filter(|spend| {
                let issued = spend.issued.as_ref();
                spend.token != token && issued.is_some_and(|issued| issued.refresh == token)
            });
            if let (Some(only), None) = (bringers.next(), bringers.next()) {
                only.received = true;
            }
        }
    }

    fn wrong(&self, number: usize) -> Option<String> {
        let (before, spend) = (&self.spends[..number], &self.spends[number]);
        let standing = standing(before, &spend.token);
        let allowed = match (standing, self.replay) {
            (Standing::Clean, _) | (Standing::Doubtful, Replay::AtOnce) => true,
            (Standing::Doubtful, Replay::WhenNeeded) => self.is_needed(number),
            (Standing::Doubtful, Replay::Never) | (Standing::Spent, _) => false,
        };
        let token = &spend.token;
        (!allowed).then(|| {
            let replay = self.replay;
            format!("refresh token {token}, which is {standing:?}, was sent under {replay:?}")
        })
    }

    /// Whether there was no access token left to live on.
    fn is_needed(&self, number: usize) -> bool {
        let at = later(self.spends[number].at, CLOCKS_DIFFER);
        let since = self.access_since(number);
        let ended = self.ended.is_some_and(|ended| ended >= since);
        ended || at >= self.access_end_before(number)
    }

    fn access_end_before(&self, number: usize) -> Timestamp {
        let since = self.access_since(number);
        match self.ended {
            Some(ended) if ended >= since => ended,
            _ => later(since, ACCESS_LIFE),
        }
    }

    fn access_since(&self, number: usize) -> Timestamp {
        let before = self.spends[..number].iter().rev();
        let last = before.filter(|spend| spend.received).map(|spend| spend.at);
        last.fold(self.login, Timestamp::max)
    }
}

impl Spend {
    fn brought(&self, access: &str) -> bool {
        let issued = self.issued.as_ref();
        issued.is_some_and(|issued| issued.access == access)
    }
}

fn standing(spends: &[Spend], token: &str) -> Standing {
    let mut standing = Standing::Clean;
    for spend in spends.iter().filter(|spend| spend.token == token) {
        let issued = spend.issued.as_ref().filter(|_| spend.received);
        standing = match issued {
            Some(issued) if issued.refresh == token => Standing::Clean,
            Some(_) => return Standing::Spent,
            None => Standing::Doubtful,
        };
    }
    standing
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn spend(minutes: i64, token: &str, brings: &str) -> Spend {
        let (access, refresh) = brings.split_once('/').unwrap();
        Spend {
            at: NOON + SignedDuration::from_mins(minutes),
            token: token.to_owned(),
            issued: Some(Issued {
                access: access.to_owned(),
                refresh: refresh.to_owned(),
            }),
            received: false,
            excused: true,
        }
    }

    fn ledger(replay: Replay, spends: &[Spend]) -> Ledger {
        let mut ledger = Ledger::new(replay, NOON);
        ledger.spends.extend_from_slice(spends);
        ledger
    }

    const PROFILES: [Replay; 3] = [Replay::AtOnce, Replay::WhenNeeded, Replay::Never];

    #[test]
    fn a_token_whose_successor_was_received_is_never_sent_again() {
        let spends = [spend(1, "r1", "a1/r2"), spend(90, "r1", "a2/r2")];
        for replay in PROFILES {
            let mut seen = ledger(replay, &spends);
            seen.seen("a1");
            assert_eq!(seen.judge().len(), 1, "{replay:?}");
            assert!(seen.judge().is_empty(), "once");
        }
    }

    #[test]
    fn who_sends_the_successor_has_received_it() {
        let spends = [
            spend(1, "r1", "a1/r2"),
            spend(61, "r2", "a2/r3"),
            spend(62, "r1", "a3/r3"),
        ];
        assert_eq!(ledger(Replay::AtOnce, &spends).judge().len(), 1);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_as_the_profile_allows() {
        let early = [spend(1, "r1", "a1/r2"), spend(30, "r1", "a2/r2")];
        let late = [spend(1, "r1", "a1/r2"), spend(61, "r1", "a2/r2")];
        for (replay, is_wrong_early, is_wrong_late) in [
            (Replay::AtOnce, 0, 0),
            (Replay::WhenNeeded, 1, 0),
            (Replay::Never, 1, 1),
        ] {
            assert_eq!(ledger(replay, &early).judge().len(), is_wrong_early);
            assert_eq!(ledger(replay, &late).judge().len(), is_wrong_late);
        }
        let mut ended = ledger(Replay::WhenNeeded, &early);
        ended.ended_access(NOON + SignedDuration::from_mins(20));
        assert!(ended.judge().is_empty(), "there was nothing to live on");
    }

    #[test]
    fn a_token_that_comes_back_may_be_sent_again() {
        let spends = [spend(1, "r1", "a1/r1"), spend(2, "r1", "a2/r1")];
        let mut back = ledger(Replay::Never, &spends);
        back.seen("a1");
        assert_eq!(back.standing("r1"), Standing::Doubtful, "a2 is under way");
        back.seen("a2");
        assert!(back.judge().is_empty());
        assert_eq!(back.standing("r1"), Standing::Clean);
    }

    #[test]
    fn what_came_first_is_known() {
        let mut book = ledger(
            Replay::AtOnce,
            &[spend(1, "r1", "a1/r2"), spend(2, "r1", "a2/r2")],
        );
        assert_eq!(
            book.first_to_bring("r2").unwrap().at,
            NOON + SignedDuration::from_mins(1)
        );
        assert!(book.first_to_bring("r1").is_none());
        assert!(!book.is_overtaken(0));
        book.seen("a2");
        assert!(book.is_overtaken(0));
        assert_eq!(book.origin("a2"), Some(1));
        assert_eq!(book.access_end(), NOON + SignedDuration::from_mins(62));
    }
}
