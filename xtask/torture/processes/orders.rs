//! What a worker is told, and what it says: the line between the driver and its processes.

use evergrant::Replay;
use jiff::SignedDuration;

use super::Result;

/// What a worker is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Where the sandbox is.
    pub(crate) base: String,
    /// The token file, or the database's URL.
    pub(crate) home: String,
    pub(crate) replay: Replay,
    /// What befalls it at a step of the refresh.
    pub(crate) at: Option<(Step, Blow)>,
    /// The size in bytes that no file of its may exceed (`RLIMIT_FSIZE`).
    pub(crate) file_limit: Option<u64>,
    pub(crate) sabotage: Option<Sabotage>,
}

/// The named steps of the refresh routine, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Leased,
    Reread,
    Spending,
    Sending,
    Answered,
    Saved,
    Refreshed,
    Released,
}

/// What a worker does to itself at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    Kill,
    Stop,
}

/// A mistake in a worker that must be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// It says that it has saved before it has, and so publishes early.
    EarlySave,
    /// It does not record which refresh token it is about to spend.
    NoJournal,
    /// Its lease excludes nobody.
    NoLease,
}

/// One job, and what time it is: so many seconds are to be added to the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errand {
    pub(crate) ahead: SignedDuration,
    pub(crate) wish: Wish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A bearer that lives, and a call to the API.
    Call,
    /// A refresh, whether needed or not, and a call.
    Refresh,
}

/// What a worker says, a line each. Tokens are named as the sandbox names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Ready,
    /// It is about to strike itself.
    At(Step),
    Spending,
    /// It holds this access token as one that may be used.
    Got(String),
    /// This access token is durable, it was told.
    Saved(String),
    /// New tokens can't be saved for now.
    Undurable,
    /// The errand is over: a status, or the kind of an error.
    Answer(String),
}

const STEPS: [(Step, &str); Step::COUNT] = [
    (Step::Leased, "leased"),
    (Step::Reread, "reread"),
    (Step::Spending, "spending"),
    (Step::Sending, "sending"),
    (Step::Answered, "answered"),
    (Step::Saved, "saved"),
    (Step::Refreshed, "refreshed"),
    (Step::Released, "released"),
];
const BLOWS: [(Blow, &str); 2] = [(Blow::Kill, "kill"), (Blow::Stop, "stop")];
const SABOTAGES: [(Sabotage, &str); 3] = [
    (Sabotage::EarlySave, "early-save"),
    (Sabotage::NoJournal, "no-journal"),
    (Sabotage::NoLease, "no-lease"),
];
const REPLAYS: [(Replay, &str); 3] = [
    (Replay::AtOnce, "at-once"),
    (Replay::WhenNeeded, "when-needed"),
    (Replay::Never, "never"),
];
const WISHES: [(Wish, &str); 2] = [(Wish::Call, "call"), (Wish::Refresh, "refresh")];
/// Stands for what is not ordered.
const NOTHING: &str = "-";

impl Step {
    pub(crate) const COUNT: usize = 8;
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Leased,
        Self::Reread,
        Self::Spending,
        Self::Sending,
        Self::Answered,
        Self::Saved,
        Self::Refreshed,
        Self::Released,
    ];

    pub(crate) fn name(self) -> &'static str {
        name(&STEPS, self)
    }

    fn named(word: &str) -> Option<Self> {
        named(&STEPS, word)
    }
}

impl Sabotage {
    pub(crate) fn named(word: &str) -> Option<Self> {
        named(&SABOTAGES, word)
    }
}

impl Orders {
    /// The words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let or_nothing = |word: Option<String>| word.unwrap_or_else(|| NOTHING.to_owned());
        let at = self.at.map(|(step, blow)| {
            let blow = name(&BLOWS, blow);
            format!("{}={blow}", step.name())
        });
        vec![
            self.base.clone(),
            self.home.clone(),
            name(&REPLAYS, self.replay).to_owned(),
            or_nothing(at),
            or_nothing(self.file_limit.map(|limit| limit.to_string())),
            or_nothing(self.sabotage.map(|it| name(&SABOTAGES, it).to_owned())),
        ]
    }

    /// # Errors
    /// If these are not the words of orders.
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let [base, home, replay, at, file_limit, sabotage] = words else {
            return Err("a worker wants six words".into());
        };
        let given = |word: &str| (word != NOTHING).then(|| word.to_owned());
        let at = given(at).map(|at| parse_blow(&at).ok_or("no such blow"));
        let sabotage = given(sabotage).map(|word| Sabotage::named(&word).ok_or("no such sabotage"));
        let limit = given(file_limit).map(|limit| limit.parse());
        Ok(Self {
            base: base.clone(),
            home: home.clone(),
            replay: named(&REPLAYS, replay).ok_or("no such replay")?,
            at: at.transpose()?,
            file_limit: limit.transpose()?,
            sabotage: sabotage.transpose()?,
        })
    }
}

impl Errand {
    pub(crate) fn line(self) -> String {
        format!("{} {}", self.ahead.as_secs(), name(&WISHES, self.wish))
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (ahead, wish) = line.split_once(' ')?;
        Some(Self {
            ahead: SignedDuration::from_secs(ahead.parse().ok()?),
            wish: named(&WISHES, wish)?,
        })
    }
}

impl Said {
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Ready => "ready".to_owned(),
            Self::At(step) => format!("at {}", step.name()),
            Self::Spending => "spending".to_owned(),
            Self::Got(token) => format!("got {token}"),
            Self::Saved(token) => format!("saved {token}"),
            Self::Undurable => "undurable".to_owned(),
            Self::Answer(answer) => format!("=> {answer}"),
        }
    }

    /// `None`: a line that its death has torn.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "ready" => Self::Ready,
            "at" => Self::At(Step::named(rest)?),
            "spending" => Self::Spending,
            "got" => Self::Got(rest.to_owned()),
            "saved" => Self::Saved(rest.to_owned()),
            "undurable" => Self::Undurable,
            "=>" => Self::Answer(rest.to_owned()),
            _ => return None,
        })
    }
}

fn parse_blow(word: &str) -> Option<(Step, Blow)> {
    let (step, blow) = word.split_once('=')?;
    Some((Step::named(step)?, named(&BLOWS, blow)?))
}

fn name<T: Copy + PartialEq>(names: &[(T, &'static str)], of: T) -> &'static str {
    let found = names.iter().find(|(it, _)| *it == of);
    found.map_or(NOTHING, |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &str)], word: &str) -> Option<T> {
    let found = names.iter().find(|(_, name)| *name == word);
    found.map(|(it, _)| *it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_arrive_as_they_were_given() {
        let plain = Orders {
            base: "http://127.0.0.1:1".to_owned(),
            home: "a/token.json".to_owned(),
            replay: Replay::WhenNeeded,
            at: None,
            file_limit: None,
            sabotage: None,
        };
        let full = Orders {
            at: Some((Step::Saved, Blow::Stop)),
            file_limit: Some(4096),
            sabotage: Some(Sabotage::NoLease),
            ..plain.clone()
        };
        for orders in [plain, full] {
            assert_eq!(Orders::parse(&orders.words()).unwrap(), orders);
        }
        assert!(Orders::parse(&["-".to_owned()]).is_err());
    }

    #[test]
    fn lines_arrive_as_they_were_said() {
        for said in [
            Said::Ready,
            Said::At(Step::Reread),
            Said::Got("1a2b".to_owned()),
            Said::Saved("3c4d".to_owned()),
            Said::Undurable,
            Said::Answer("Lapsed(LostReply)".to_owned()),
        ] {
            assert_eq!(Said::parse(&said.line()), Some(said));
        }
        assert_eq!(Said::parse("at sav"), None);
        let errand = Errand {
            ahead: SignedDuration::from_hours(2),
            wish: Wish::Refresh,
        };
        assert_eq!(Errand::parse(&errand.line()), Some(errand));
    }
}
