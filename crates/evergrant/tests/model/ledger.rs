//! What must be remembered to tell whether the promises were kept. No process can read it.

use evergrant::Replay;

use crate::provider::{Refresh, Tokens};

/// Who knows what became of a refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Fate {
    /// It was never sent, or the provider has given it back.
    #[default]
    Unspent,
    /// It was sent, and its sender is waiting.
    InFlight,
    /// It was sent, and whatever was answered, nobody knows it any more.
    Unknown,
    /// It was sent, and the answer is known.
    Answered,
}

/// A promise that was broken at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    SpentTwice,
    ShownTooEarly,
}

/// What was sent, received and shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ledger {
    /// By the refresh token's number.
    fates: Vec<Fate>,
    /// The refresh token that we were given last and have to keep. `None`: it died with its process
    /// before it could be made durable.
    owed: Option<Refresh>,
    broken: Option<Broken>,
}

impl Ledger {
    pub(crate) fn owing(tokens: Tokens) -> Self {
        Self {
            fates: Vec::new(),
            owed: Some(tokens.refresh),
            broken: None,
        }
    }

    pub(crate) fn owed(&self) -> Option<Refresh> {
        self.owed
    }

    pub(crate) fn has_broken(&self, promise: Broken) -> bool {
        self.broken == Some(promise)
    }

    pub(crate) fn sent(&mut self, token: Refresh, replay: Replay) {
        let may_be_sent = match self.fate(token) {
            Fate::Unspent => true,
            Fate::Unknown => replay != Replay::Never,
            Fate::InFlight | Fate::Answered => false,
        };
        if !may_be_sent {
            self.broken.get_or_insert(Broken::SpentTwice);
        }
        *self.fate(token) = Fate::InFlight;
    }

    /// The answer to `token` will never come.
    pub(crate) fn lost(&mut self, token: Refresh) {
        *self.fate(token) = Fate::Unknown;
    }

    /// Tokens came for `token`. Those of an earlier consent than the `latest` are not owed: the
    /// human has replaced them.
    pub(crate) fn received(&mut self, token: Refresh, tokens: Tokens, latest: u8) {
        let given_back = tokens.refresh == token;
        *self.fate(token) = if given_back {
            Fate::Unspent
        } else {
            Fate::Answered
        };
        if tokens.refresh.consent == latest {
            self.owed = Some(tokens.refresh);
        }
    }

    /// What became of `token` is known, to the store or to a living process.
    pub(crate) fn answered(&mut self, token: Refresh) {
        *self.fate(token) = Fate::Answered;
    }

    pub(crate) fn pasted(&mut self, tokens: Tokens) {
        self.owed = Some(tokens.refresh);
    }

    /// A process died that alone knew what became of `token`, and, if `received`, alone held what
    /// it brought.
    pub(crate) fn died(&mut self, token: Refresh, received: Option<Tokens>) {
        if *self.fate(token) != Fate::Unspent {
            self.lost(token);
        }
        if received.is_some_and(|tokens| self.owed == Some(tokens.refresh)) {
            self.owed = None;
        }
    }

    pub(crate) fn shown(&mut self, is_safe: bool) {
        if !is_safe {
            self.broken.get_or_insert(Broken::ShownTooEarly);
        }
    }

    fn fate(&mut self, token: Refresh) -> &mut Fate {
        let index = usize::from(token.number);
        if self.fates.len() <= index {
            self.fates.resize(index + 1, Fate::default());
        }
        &mut self.fates[index]
    }
}
