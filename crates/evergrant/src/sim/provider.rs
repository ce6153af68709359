//! The provider: the ground truth about which tokens live.

use std::fmt::Write as _;
use std::time::Duration;

use super::dice::Dice;

/// How long an access token lives.
pub(super) const ACCESS_LIFE: Duration = Duration::from_secs(3600);

/// How refresh tokens rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotating {
    /// At each use; a second use ends the grant.
    Strictly,
    /// Not before so long after it was issued; an old one is refused.
    AfterWindow(Duration),
    /// At each use; for so long the last one brings the newest again.
    WithGrace(Duration),
}

/// Which grant, refresh token, access token: their places in the provider's books.
pub(super) type Family = usize;
pub(super) type Refresh = usize;
pub(super) type Access = usize;

/// All that was ever issued.
#[derive(Debug)]
pub(super) struct Provider {
    rotating: Rotating,
    /// Whether new access tokens end the old ones.
    retires: bool,
    families: Vec<Grant>,
    refresh: Vec<RefreshToken>,
    access: Vec<AccessToken>,
}

#[derive(Debug)]
struct Grant {
    newest: Refresh,
    newest_access: Access,
    ended: Option<Ended>,
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Revoked,
    Reused,
}

#[derive(Debug)]
struct RefreshToken {
    text: String,
    family: Family,
    issued: Duration,
    replaced: Option<Duration>,
}

#[derive(Debug)]
struct AccessToken {
    text: String,
    family: Family,
    expires: Duration,
}

/// A pair of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) refresh: Refresh,
    pub(super) access: Access,
}

impl Provider {
    pub(super) fn new(rotating: Rotating, retires: bool) -> Self {
        Self {
            rotating,
            retires,
            families: Vec::new(),
            refresh: Vec::new(),
            access: Vec::new(),
        }
    }

    /// A human's consent.
    pub(super) fn log_in(&mut self, now: Duration, dice: &mut Dice) -> Pair {
        let family = self.families.len();
        self.families.push(Grant {
            newest: 0,
            newest_access: 0,
            ended: None,
        });
        self.issue_refresh(family, now, dice);
        self.issue_access(family, now, dice)
    }

    /// Uses a refresh token; `None` is `invalid_grant`.
    pub(super) fn spend(&mut self, token: Refresh, now: Duration, dice: &mut Dice) -> Option<Pair> {
        let family = self.refresh.get(token)?.family;
        if self.families[family].ended.is_some() {
            return None;
        }
        let is_newest = self.families[family].newest == token;
        match self.rotating {
            Rotating::Strictly if !is_newest => {
                self.families[family].ended = Some(Ended::Reused);
                return None;
            }
            Rotating::AfterWindow(_) if !is_newest => return None,
            Rotating::AfterWindow(window) if now < self.refresh[token].issued + window => {}
            Rotating::WithGrace(grace) if !is_newest => {
                let replaced = self.refresh[token].replaced?;
                if now > replaced + grace || !self.is_last_but_one(token) {
                    return None;
                }
            }
            _ => {
                self.refresh[token].replaced = Some(now);
                self.issue_refresh(family, now, dice);
            }
        }
        Some(self.issue_access(family, now, dice))
    }

    pub(super) fn revoke(&mut self, family: Family) {
        self.families[family].ended = Some(Ended::Revoked);
    }

    /// Whether the API takes a token.
    pub(super) fn accepts(&self, token: Access, now: Duration) -> bool {
        let AccessToken {
            family, expires, ..
        } = self.access[token];
        let grant = &self.families[family];
        let retired = self.retires && grant.newest_access != token;
        grant.ended.is_none() && now < expires && !retired
    }

    pub(super) fn ended(&self, family: Family) -> Option<Ended> {
        self.families[family].ended
    }

    pub(super) fn newest(&self, family: Family) -> Refresh {
        self.families[family].newest
    }

    pub(super) fn family(&self, token: Refresh) -> Family {
        self.refresh[token].family
    }

    pub(super) fn refresh_text(&self, token: Refresh) -> &str {
        &self.refresh[token].text
    }

    pub(super) fn access_text(&self, token: Access) -> &str {
        &self.access[token].text
    }

    /// What a text names.
    pub(super) fn find_refresh(&self, text: &str) -> Option<Refresh> {
        let number = number(text)?;
        (self.refresh.get(number)?.text == text).then_some(number)
    }

    pub(super) fn find_access(&self, text: &str) -> Option<Access> {
        let number = number(text)?;
        (self.access.get(number)?.text == text).then_some(number)
    }

    fn is_last_but_one(&self, token: Refresh) -> bool {
        let family = self.refresh[token].family;
        let mut kin = self.refresh.iter().enumerate().rev();
        let others = kin.by_ref().filter(|(_, kin)| kin.family == family);
        others.skip(1).map(|(number, _)| number).next() == Some(token)
    }

    fn issue_refresh(&mut self, family: Family, now: Duration, dice: &mut Dice) {
        let number = self.refresh.len();
        self.families[family].newest = number;
        self.refresh.push(RefreshToken {
            text: named("refresh", number, dice),
            family,
            issued: now,
            replaced: None,
        });
    }

    fn issue_access(&mut self, family: Family, now: Duration, dice: &mut Dice) -> Pair {
        let number = self.access.len();
        self.families[family].newest_access = number;
        self.access.push(AccessToken {
            text: named("access", number, dice),
            family,
            expires: now + ACCESS_LIFE,
        });
        Pair {
            refresh: self.families[family].newest,
            access: number,
        }
    }
}

/// `refresh-3-0f9c…`: easy to find again, impossible to guess.
fn named(what: &str, number: usize, dice: &mut Dice) -> String {
    let mut text = format!("{what}-{number}-");
    // Writing to a text does not fail.
    let _ = write!(text, "{:016x}", dice.roll());
    text
}

fn number(text: &str) -> Option<usize> {
    text.split('-').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const LATER: Duration = Duration::from_secs(500);

    fn provider(rotating: Rotating) -> (Provider, Dice, Pair) {
        let mut dice = Dice::new(1);
        let mut provider = Provider::new(rotating, false);
        let first = provider.log_in(NOW, &mut dice);
        (provider, dice, first)
    }

    #[test]
    fn a_strict_one_ends_the_grant_at_the_second_use() {
        let (mut provider, mut dice, first) = provider(Rotating::Strictly);
        let second = provider.spend(first.refresh, NOW, &mut dice).unwrap();
        assert!(provider.accepts(second.access, NOW));
        assert_eq!(provider.spend(first.refresh, NOW, &mut dice), None);
        assert_eq!(provider.ended(0), Some(Ended::Reused));
        assert!(!provider.accepts(second.access, NOW));
        assert_eq!(provider.spend(second.refresh, NOW, &mut dice), None);
    }

    #[test]
    fn within_the_window_the_same_token_comes_back() {
        let window = Rotating::AfterWindow(Duration::from_secs(300));
        let (mut provider, mut dice, first) = provider(window);
        let same = provider.spend(first.refresh, NOW, &mut dice).unwrap();
        assert_eq!(same.refresh, first.refresh);
        let next = provider.spend(first.refresh, LATER, &mut dice).unwrap();
        assert_ne!(next.refresh, first.refresh);
        assert_eq!(provider.spend(first.refresh, LATER, &mut dice), None);
        assert_eq!(provider.ended(0), None);
    }

    #[test]
    fn within_the_grace_the_old_token_brings_the_newest() {
        let grace = Rotating::WithGrace(Duration::from_secs(300));
        let (mut provider, mut dice, first) = provider(grace);
        let second = provider.spend(first.refresh, NOW, &mut dice).unwrap();
        let again = provider.spend(first.refresh, NOW, &mut dice).unwrap();
        assert_eq!(again.refresh, second.refresh);
        assert_eq!(provider.spend(first.refresh, LATER, &mut dice), None);
        assert!(provider.spend(second.refresh, LATER, &mut dice).is_some());
    }

    #[test]
    fn a_text_finds_its_token_and_no_other() {
        let (provider, _, first) = provider(Rotating::Strictly);
        let text = provider.refresh_text(first.refresh);
        assert_eq!(provider.find_refresh(text), Some(first.refresh));
        assert_eq!(provider.find_refresh("refresh-0-0"), None);
        assert_eq!(provider.find_refresh("refresh"), None);
    }
}
