//! The provider at the other end: what it answers when a refresh token is sent to it.
//!
//! Tokens are numbers, given out once. Everything that the provider knows is here; what happens to
//! its answer on the way is the world's business.

/// How refresh tokens rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Each is good for one use. A second use revokes the grant.
    Strict,
    /// Each is good for one use, but the last one spent may be sent again and brings the newest.
    Graceful,
    /// The same one comes back until its window closes. Then it rotates, and the old one is
    /// refused.
    Window,
}

/// A refresh token: the consent from which it descends, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Refresh {
    pub(crate) consent: u8,
    pub(crate) number: u8,
}

/// What an answer, and so a token file, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Tokens {
    pub(crate) refresh: Refresh,
    pub(crate) access: u8,
}

/// The answer of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Answer {
    Tokens(Tokens),
    InvalidGrant,
}

/// What the provider remembers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    grants: Vec<Grant>,
    /// The last number given to a token.
    issued: u8,
    /// Access tokens up to this one are over.
    expired: u8,
}

/// One human's consent, and where its rotation stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Grant {
    newest: u8,
    previous: Option<u8>,
    revoked: bool,
}

impl Provider {
    /// Before the first consent.
    pub(crate) fn new() -> Self {
        Self {
            grants: Vec::new(),
            issued: 0,
            expired: 0,
        }
    }

    /// A human logs in. Earlier grants go on.
    pub(crate) fn consent(&mut self) -> Tokens {
        let refresh = Refresh {
            consent: self.latest_consent() + 1,
            number: self.issued + 1,
        };
        self.grants.push(Grant {
            newest: refresh.number,
            previous: None,
            revoked: false,
        });
        self.issue(refresh)
    }

    /// Which consent is the latest; 0 before the first.
    pub(crate) fn latest_consent(&self) -> u8 {
        u8::try_from(self.grants.len()).unwrap()
    }

    /// `token` arrives at the token endpoint. `window_over`: its window has closed.
    pub(crate) fn spend(
        &mut self,
        rotation: Rotation,
        token: Refresh,
        window_over: bool,
    ) -> Answer {
        if !self.honours(rotation, token) {
            if rotation == Rotation::Strict {
                self.grant(token).revoked = true;
            }
            return Answer::InvalidGrant;
        }
        let rotates = match rotation {
            Rotation::Strict => true,
            Rotation::Graceful => self.grant(token).newest == token.number,
            Rotation::Window => window_over,
        };
        let number = self.issued + 1;
        let grant = self.grant(token);
        if rotates {
            grant.previous = Some(grant.newest);
            grant.newest = number;
        }
        let newest = Refresh {
            number: grant.newest,
            ..token
        };
        Answer::Tokens(self.issue(newest))
    }

    /// Whether `token`, sent now, would bring tokens.
    pub(crate) fn honours(&self, rotation: Rotation, token: Refresh) -> bool {
        let grant = &self.grants[usize::from(token.consent) - 1];
        let is_newest = grant.newest == token.number;
        let in_grace = rotation == Rotation::Graceful && grant.previous == Some(token.number);
        !grant.revoked && (is_newest || in_grace)
    }

    /// Every access token given out so far is over.
    pub(crate) fn expire(&mut self) {
        self.expired = self.issued;
    }

    pub(crate) fn is_alive(&self, tokens: Tokens) -> bool {
        tokens.access > self.expired
    }

    fn grant(&mut self, token: Refresh) -> &mut Grant {
        &mut self.grants[usize::from(token.consent) - 1]
    }

    fn issue(&mut self, refresh: Refresh) -> Tokens {
        self.issued += 1;
        Tokens {
            refresh,
            access: self.issued,
        }
    }
}
