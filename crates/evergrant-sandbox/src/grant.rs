//! Grants and their tokens: the rotation state machine, pure.
//!
//! No I/O, no clock and no randomness: the caller passes the time and freshly minted token values, and the same
//! calls give the same answers. Tokens are kept by value in maps, superseded ones too, since telling a superseded
//! token from one never issued is what rotation is about.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::settings::{Pkce, Rotation, Settings, signed};
use crate::time::saturating_add;

/// The life of a grant, which only a new consent begins again: five years.
const GRANT_LIFE: SignedDuration = SignedDuration::from_secs(157_680_000);
/// The life of an authorization code, the longest that RFC 6749 (section 4.1.2) recommends.
pub(crate) const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Expired access tokens remembered for each grant, so that they are called expired and not unknown.
const EXPIRED_REMEMBERED: usize = 16;

/// The scope that opens the accounting API.
pub(crate) const ACCOUNTING: &str = "com.intuit.quickbooks.accounting";

/// All grants, with every token that was ever issued for them.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Grants {
    grants: Vec<Grant>,
    codes: HashMap<String, Code>,
    refresh: HashMap<String, Refresh>,
    access: HashMap<String, Access>,
}

/// What a user allowed on the consent page.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The id of the client that asked.
    pub(crate) client: String,
    /// The company; none if no scope of the consent concerns one.
    pub(crate) realm: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// A consent on its way back to the client as an authorization code.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) consent: Consent,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) expires: Timestamp,
    /// The grant it was exchanged for: a code is good once.
    pub(crate) redeemed: Option<GrantId>,
}

/// A PKCE challenge (RFC 7636), already normalised: what the verifier must come to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Challenge {
    Plain(String),
    S256(String),
}

/// Index of a grant; grants are marked, never removed.
pub(crate) type GrantId = usize;

/// Newly minted token values for the state machine to hand out, or to drop when it has no use for them.
pub(crate) struct Fresh {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// What the token endpoint answers with. Lives are in seconds.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) access_left: i64,
    pub(crate) refresh: String,
    pub(crate) refresh_left: i64,
    pub(crate) hard_left: i64,
    /// Whether this call put a new refresh token in force.
    pub(crate) rotated: bool,
}

/// Why the token endpoint says `invalid_grant`.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Refused {
    /// A refresh token never issued, superseded, or past its idle or hard limit.
    NotFound,
    /// What was sent was never a refresh token, or its grant was revoked.
    Invalid,
    /// An authorization code that is unknown, used, too old, or for somebody else.
    BadCode,
}

/// What an access token is worth at the API.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Verdict {
    Live(Fingerprint),
    /// Good, but for another company.
    WrongRealm(Fingerprint),
    /// Good, but its consent does not cover the accounting API.
    NoScope(Fingerprint),
    /// Expired, ended early, or its grant was revoked.
    Expired(Fingerprint),
    Unknown,
}

/// A grant as the control interface shows it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GrantSummary {
    /// The company, if any scope concerns one.
    pub realm: Option<String>,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// When consent was given.
    pub born: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The current refresh token.
    pub refresh_token: Fingerprint,
    /// When the current refresh token was first issued.
    pub refresh_token_issued: Timestamp,
    /// Access tokens that are good now.
    pub live_access_tokens: usize,
}

#[derive(Clone, Serialize, Deserialize)]
struct Grant {
    consent: Consent,
    born: Timestamp,
    current: String,
    revoked: bool,
    /// In the order they were issued.
    access: VecDeque<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Refresh {
    grant: GrantId,
    issued: Timestamp,
    superseded: Option<Timestamp>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Access {
    grant: GrantId,
    expires: Timestamp,
    fingerprint: Fingerprint,
}

impl Grants {
    /// Begins a grant, as a code exchange does.
    pub(crate) fn begin(
        &mut self,
        consent: Consent,
        fresh: Fresh,
        now: Timestamp,
        settings: &Settings,
    ) -> Issued {
        let id = self.grants.len();
        self.grants.push(Grant {
            consent,
            born: now,
            current: fresh.refresh.clone(),
            revoked: false,
            access: VecDeque::new(),
        });
        self.refresh.insert(
            fresh.refresh,
            Refresh {
                grant: id,
                issued: now,
                superseded: None,
            },
        );
        self.issue(id, fresh.access, now, settings, true)
    }

    /// Remembers a code until it is exchanged.
    pub(crate) fn offer(&mut self, value: String, code: Code) {
        self.codes.insert(value, code);
    }

    /// Exchanges a code. A second exchange of the same code revokes the grant of the first.
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        fresh: Fresh,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Issued, Refused> {
        let Some(offered) = self.codes.get_mut(code) else {
            return Err(Refused::BadCode);
        };
        if let Some(first) = offered.redeemed {
            self.end(first);
            return Err(Refused::BadCode);
        }
        if now >= offered.expires
            || offered.redirect_uri != redirect_uri
            || (settings.pkce == Pkce::Checked && !offered.accepts(verifier))
        {
            return Err(Refused::BadCode);
        }
        offered.redeemed = Some(self.grants.len());
        let consent = Consent {
            client: offered.consent.client.clone(),
            realm: offered.consent.realm.clone(),
            scopes: offered.consent.scopes.clone(),
        };
        Ok(self.begin(consent, fresh, now, settings))
    }

    /// Answers a refresh.
    pub(crate) fn refresh(
        &mut self,
        token: &str,
        fresh: Fresh,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Issued, Refused> {
        let Some(&Refresh {
            grant: id,
            issued,
            superseded,
        }) = self.refresh.get(token)
        else {
            return Err(self.never_issued(token));
        };
        if self.grants[id].revoked {
            return Err(Refused::Invalid);
        }
        if now >= self.ends(id, issued, settings) {
            return Err(Refused::NotFound);
        }
        if let Some(since) = superseded {
            return self.replay(id, since, fresh.access, now, settings);
        }
        let rotates = match settings.rotation {
            Rotation::Window { every } => now.duration_since(issued) >= signed(every),
            Rotation::Strict | Rotation::Graceful { .. } => true,
        };
        if rotates {
            self.rotate(id, fresh.refresh, now);
        }
        Ok(self.issue(id, fresh.access, now, settings, rotates))
    }

    /// Revokes the grant that a token belongs to; false if the token is good for nothing any more.
    pub(crate) fn revoke(&mut self, token: &str, now: Timestamp) -> bool {
        let by_refresh = self
            .refresh
            .get(token)
            .filter(|refresh| refresh.superseded.is_none());
        let by_access = self.access.get(token).filter(|access| now < access.expires);
        let Some(id) = by_refresh
            .map(|found| found.grant)
            .or(by_access.map(|found| found.grant))
        else {
            return false;
        };
        if self.grants[id].revoked {
            return false;
        }
        self.end(id);
        true
    }

    /// Revokes every grant, as users do who disconnect the app.
    pub(crate) fn revoke_all(&mut self) {
        (0..self.grants.len()).for_each(|id| self.end(id));
    }

    /// Ends every access token, leaving the refresh tokens as they are.
    pub(crate) fn expire_access_tokens(&mut self) {
        for access in self.access.values_mut() {
            access.expires = Timestamp::MIN;
        }
    }

    /// Judges an access token that asks for a company.
    pub(crate) fn judge(&self, token: &str, realm: &str, now: Timestamp) -> Verdict {
        let Some(access) = self.access.get(token) else {
            return Verdict::Unknown;
        };
        if now >= access.expires {
            return Verdict::Expired(access.fingerprint);
        }
        let consent = &self.grants[access.grant].consent;
        if !consent.scopes.iter().any(|scope| scope == ACCOUNTING) {
            return Verdict::NoScope(access.fingerprint);
        }
        if consent.realm.as_deref() != Some(realm) {
            return Verdict::WrongRealm(access.fingerprint);
        }
        Verdict::Live(access.fingerprint)
    }

    /// What an access token was issued for, good or not.
    pub(crate) fn consent(&self, token: &str) -> Option<&Consent> {
        let access = self.access.get(token)?;
        Some(&self.grants[access.grant].consent)
    }

    /// Whether nothing speaks against this client's using this token: one that nobody knows is nobody's.
    pub(crate) fn belongs(&self, token: &str, client: &str) -> bool {
        let by_refresh = self.refresh.get(token).map(|refresh| refresh.grant);
        let grant = by_refresh.or_else(|| self.access.get(token).map(|access| access.grant));
        grant.is_none_or(|id| self.grants[id].consent.client == client)
    }

    /// Whether a code, if there is such, was given to this client.
    pub(crate) fn offered_to(&self, code: &str, client: &str) -> bool {
        let offered = self.codes.get(code);
        offered.is_none_or(|code| code.consent.client == client)
    }

    /// The scopes of a good access token.
    pub(crate) fn scopes(&self, token: &str, now: Timestamp) -> Option<&[String]> {
        let access = self
            .access
            .get(token)
            .filter(|access| now < access.expires)?;
        Some(&self.grants[access.grant].consent.scopes)
    }

    /// All grants, oldest first.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<GrantSummary> {
        self.grants
            .iter()
            .map(|grant| self.summary(grant, now))
            .collect()
    }

    fn summary(&self, grant: &Grant, now: Timestamp) -> GrantSummary {
        let is_live = |token: &&String| self.access.get(*token).is_some_and(|it| now < it.expires);
        GrantSummary {
            realm: grant.consent.realm.clone(),
            scopes: grant.consent.scopes.clone(),
            born: grant.born,
            revoked: grant.revoked,
            refresh_token: Fingerprint::of(&grant.current),
            refresh_token_issued: self
                .refresh
                .get(&grant.current)
                .map_or(grant.born, |it| it.issued),
            live_access_tokens: grant.access.iter().filter(is_live).count(),
        }
    }

    /// A superseded refresh token has come again.
    fn replay(
        &mut self,
        id: GrantId,
        since: Timestamp,
        access: String,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Issued, Refused> {
        let grace = match settings.rotation {
            Rotation::Graceful { grace } => grace,
            Rotation::Window { .. } => settings.window_grace,
            Rotation::Strict => Duration::ZERO,
        };
        if now.duration_since(since) < signed(grace) {
            return Ok(self.issue(id, access, now, settings, false));
        }
        if settings.reuse_revokes_family || settings.rotation == Rotation::Strict {
            self.end(id);
        }
        Err(Refused::NotFound)
    }

    fn rotate(&mut self, id: GrantId, next: String, now: Timestamp) {
        let spent = std::mem::replace(&mut self.grants[id].current, next.clone());
        if let Some(record) = self.refresh.get_mut(&spent) {
            record.superseded = Some(now);
        }
        self.refresh.insert(
            next,
            Refresh {
                grant: id,
                issued: now,
                superseded: None,
            },
        );
    }

    /// Puts an access token in force beside the current refresh token.
    fn issue(
        &mut self,
        id: GrantId,
        access: String,
        now: Timestamp,
        settings: &Settings,
        rotated: bool,
    ) -> Issued {
        if settings.refresh_kills_access_tokens {
            self.end_access_tokens(id);
        }
        self.forget_expired(id, now);
        let expires = saturating_add(now, signed(settings.access_life));
        let fingerprint = Fingerprint::of(&access);
        self.access.insert(
            access.clone(),
            Access {
                grant: id,
                expires,
                fingerprint,
            },
        );
        let grant = &mut self.grants[id];
        grant.access.push_back(access.clone());
        let refresh = grant.current.clone();
        let hard_left = saturating_add(grant.born, GRANT_LIFE)
            .duration_since(now)
            .as_secs();
        let issued = self
            .refresh
            .get(&refresh)
            .map_or(now, |record| record.issued);
        Issued {
            access,
            access_left: signed(settings.access_life).as_secs(),
            refresh_left: if settings.idle_life_tells_hard_end {
                hard_left
            } else {
                self.ends(id, issued, settings)
                    .duration_since(now)
                    .as_secs()
            },
            refresh,
            hard_left,
            rotated,
        }
    }

    /// When a refresh token issued at `issued` stops working if nothing happens.
    fn ends(&self, id: GrantId, issued: Timestamp, settings: &Settings) -> Timestamp {
        let hard = saturating_add(self.grants[id].born, GRANT_LIFE);
        saturating_add(issued, signed(settings.refresh_life)).min(hard)
    }

    fn end(&mut self, id: GrantId) {
        self.grants[id].revoked = true;
        self.end_access_tokens(id);
    }

    fn end_access_tokens(&mut self, id: GrantId) {
        for token in &self.grants[id].access {
            if let Some(access) = self.access.get_mut(token) {
                access.expires = Timestamp::MIN;
            }
        }
    }

    fn forget_expired(&mut self, id: GrantId, now: Timestamp) {
        let tokens = &mut self.grants[id].access;
        while tokens.len() > EXPIRED_REMEMBERED
            && tokens
                .front()
                .and_then(|token| self.access.get(token))
                .is_none_or(|it| it.expires <= now)
        {
            if let Some(token) = tokens.pop_front() {
                self.access.remove(&token);
            }
        }
    }

    /// Intuit tells a token it has lost from text that was never a refresh token.
    fn never_issued(&self, token: &str) -> Refused {
        let looks_right = token.starts_with("RT1-") || token.starts_with("AB11");
        if looks_right {
            Refused::NotFound
        } else {
            Refused::Invalid
        }
    }
}

impl Code {
    fn accepts(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(Challenge::Plain(expected)), Some(verifier)) => expected == verifier,
            (Some(Challenge::S256(expected)), Some(verifier)) => *expected == s256(verifier),
        }
    }
}

/// `BASE64URL(SHA256(verifier))`, RFC 7636 section 4.6.
fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const DAY: SignedDuration = SignedDuration::from_hours(24);

    /// A grant, a clock and fresh values, so that a test reads as a course of events.
    struct World {
        grants: Grants,
        settings: Settings,
        now: Timestamp,
        minted: u32,
    }

    impl World {
        fn new(rotation: Rotation) -> (Self, Issued) {
            let settings = Settings {
                rotation,
                ..Settings::default()
            };
            let now = "2026-01-01T00:00:00Z".parse().unwrap();
            let mut world = Self {
                grants: Grants::default(),
                settings,
                now,
                minted: 0,
            };
            let fresh = world.fresh();
            let consent = Consent {
                client: "app".to_owned(),
                realm: Some("1".into()),
                scopes: vec![ACCOUNTING.into()],
            };
            let first = world
                .grants
                .begin(consent, fresh, world.now, &world.settings);
            (world, first)
        }

        fn fresh(&mut self) -> Fresh {
            self.minted += 1;
            Fresh {
                access: format!("A{}", self.minted),
                refresh: format!("RT1-{}", self.minted),
            }
        }

        fn refresh(&mut self, token: &str) -> Result<Issued, Refused> {
            let fresh = self.fresh();
            self.grants.refresh(token, fresh, self.now, &self.settings)
        }

        fn pass(&mut self, time: SignedDuration) {
            self.now += time;
        }

        fn judge(&self, access: &str) -> Verdict {
            self.grants.judge(access, "1", self.now)
        }

        fn is_live(&self, access: &str) -> bool {
            matches!(self.judge(access), Verdict::Live(_))
        }
    }

    #[test]
    fn window_returns_the_same_token_for_a_day_and_counts_down() {
        let (mut world, first) = World::new(Rotation::default());
        assert_eq!((first.access_left, first.refresh_left), (3600, 8_726_400));
        world.pass(HOUR);
        let second = world.refresh(&first.refresh).unwrap();
        assert_eq!(second.refresh, first.refresh);
        assert!(!second.rotated);
        assert_eq!(second.refresh_left, 8_726_400 - 3600);
        assert_eq!(second.hard_left, 157_680_000 - 3600);
    }

    #[test]
    fn window_rotates_at_the_first_refresh_after_a_day_and_kills_the_old_one() {
        let (mut world, first) = World::new(Rotation::default());
        world.pass(DAY);
        let second = world.refresh(&first.refresh).unwrap();
        assert!(second.rotated && second.refresh != first.refresh);
        assert_eq!(second.refresh_left, 8_726_400);
        assert_eq!(
            world.refresh(&first.refresh).unwrap_err(),
            Refused::NotFound
        );
        assert!(world.refresh(&second.refresh).is_ok(), "reuse did no harm");
    }

    #[test]
    fn window_can_be_told_to_punish_reuse() {
        let (mut world, first) = World::new(Rotation::default());
        world.settings.reuse_revokes_family = true;
        world.pass(DAY);
        let second = world.refresh(&first.refresh).unwrap();
        world.refresh(&first.refresh).unwrap_err();
        assert_eq!(
            world.refresh(&second.refresh).unwrap_err(),
            Refused::Invalid
        );
    }

    #[test]
    fn strict_revokes_the_family_when_a_spent_token_comes_again() {
        let (mut world, first) = World::new(Rotation::Strict);
        let second = world.refresh(&first.refresh).unwrap();
        assert!(second.rotated && world.is_live(&first.access) && world.is_live(&second.access));
        assert_eq!(
            world.refresh(&first.refresh).unwrap_err(),
            Refused::NotFound
        );
        assert!(!world.is_live(&second.access));
        assert_eq!(
            world.refresh(&second.refresh).unwrap_err(),
            Refused::Invalid
        );
    }

    #[test]
    fn graceful_answers_a_replay_with_the_newest_token() {
        let grace = Duration::from_secs(7200);
        let (mut world, first) = World::new(Rotation::Graceful { grace });
        let second = world.refresh(&first.refresh).unwrap();
        world.pass(HOUR);
        let replayed = world.refresh(&first.refresh).unwrap();
        assert_eq!(replayed.refresh, second.refresh);
        world.pass(HOUR);
        assert_eq!(
            world.refresh(&first.refresh).unwrap_err(),
            Refused::NotFound
        );
        assert!(world.refresh(&second.refresh).is_ok());
    }

    #[test]
    fn an_idle_token_ends_with_its_window_and_a_grant_after_five_years() {
        let (mut world, first) = World::new(Rotation::default());
        let life = signed(world.settings.refresh_life);
        world.pass(life - SignedDuration::from_secs(1));
        let second = world.refresh(&first.refresh).unwrap();
        world.pass(life);
        assert_eq!(
            world.refresh(&second.refresh).unwrap_err(),
            Refused::NotFound
        );

        let (mut world, mut latest) = World::new(Rotation::default());
        while latest.hard_left > 90 * 86_400 {
            world.pass(DAY * 90);
            latest = world.refresh(&latest.refresh).unwrap();
        }
        assert_eq!(latest.refresh_left, latest.hard_left);
        world.pass(SignedDuration::from_secs(latest.hard_left));
        assert_eq!(
            world.refresh(&latest.refresh).unwrap_err(),
            Refused::NotFound
        );
    }

    #[test]
    fn access_tokens_live_an_hour_each() {
        let (mut world, first) = World::new(Rotation::default());
        world.pass(HOUR - SignedDuration::from_secs(1));
        assert!(world.is_live(&first.access));
        let second = world.refresh(&first.refresh).unwrap();
        world.pass(SignedDuration::from_secs(1));
        assert_eq!(
            world.judge(&first.access),
            Verdict::Expired(Fingerprint::of(&first.access))
        );
        assert!(world.is_live(&second.access));
        let other = world.grants.judge(&second.access, "2", world.now);
        assert_eq!(other, Verdict::WrongRealm(Fingerprint::of(&second.access)));
        assert_eq!(world.judge("never issued"), Verdict::Unknown);
    }

    #[test]
    fn a_refresh_can_be_told_to_end_the_earlier_access_tokens() {
        let (mut world, first) = World::new(Rotation::default());
        world.settings.refresh_kills_access_tokens = true;
        let second = world.refresh(&first.refresh).unwrap();
        assert!(!world.is_live(&first.access) && world.is_live(&second.access));
    }

    #[test]
    fn old_access_tokens_are_forgotten() {
        let (mut world, first) = World::new(Rotation::default());
        for _ in 0..100 {
            world.pass(HOUR);
            world.settings.rotation = Rotation::Window {
                every: Duration::MAX,
            };
            world.refresh(&first.refresh).unwrap();
        }
        assert!(world.grants.access.len() <= EXPIRED_REMEMBERED + 1);
        assert_eq!(world.judge(&first.access), Verdict::Unknown);
    }

    #[test]
    fn text_that_was_never_a_refresh_token_is_told_apart() {
        let (mut world, first) = World::new(Rotation::default());
        assert_eq!(world.refresh("RT1-9-H0-1x").unwrap_err(), Refused::NotFound);
        assert_eq!(world.refresh("garbage").unwrap_err(), Refused::Invalid);
        assert_eq!(world.refresh(&first.access).unwrap_err(), Refused::Invalid);
    }

    #[test]
    fn revoking_either_token_ends_both_once() {
        let (mut world, first) = World::new(Rotation::default());
        assert!(world.grants.revoke(&first.access, world.now));
        assert!(!world.is_live(&first.access));
        assert_eq!(world.refresh(&first.refresh).unwrap_err(), Refused::Invalid);
        assert!(!world.grants.revoke(&first.refresh, world.now));
        assert!(!world.grants.revoke("never issued", world.now));
    }

    fn offer(world: &mut World, challenge: Option<Challenge>) {
        let consent = Consent {
            client: "app".to_owned(),
            realm: Some("1".into()),
            scopes: vec![ACCOUNTING.into()],
        };
        let code = Code {
            consent,
            redirect_uri: "http://localhost/cb".into(),
            challenge,
            expires: world.now + CODE_LIFE,
            redeemed: None,
        };
        world.grants.offer("code".into(), code);
    }

    fn exchange(
        world: &mut World,
        redirect: &str,
        verifier: Option<&str>,
    ) -> Result<Issued, Refused> {
        let fresh = world.fresh();
        world.grants.exchange(
            "code",
            redirect,
            verifier,
            fresh,
            world.now,
            &world.settings,
        )
    }

    #[test]
    fn a_code_is_good_once_and_its_reuse_kills_the_first_tokens() {
        let (mut world, _) = World::new(Rotation::default());
        offer(&mut world, None);
        let wrong = exchange(&mut world, "http://localhost/other", None);
        assert_eq!(wrong.unwrap_err(), Refused::BadCode);
        let issued = exchange(&mut world, "http://localhost/cb", None).unwrap();
        assert!(world.is_live(&issued.access));
        let again = exchange(&mut world, "http://localhost/cb", None);
        assert_eq!(again.unwrap_err(), Refused::BadCode);
        assert!(!world.is_live(&issued.access));
        assert_eq!(
            world.refresh(&issued.refresh).unwrap_err(),
            Refused::Invalid
        );
    }

    #[test]
    fn a_code_does_not_keep() {
        let (mut world, _) = World::new(Rotation::default());
        offer(&mut world, None);
        world.pass(CODE_LIFE);
        let late = exchange(&mut world, "http://localhost/cb", None);
        assert_eq!(late.unwrap_err(), Refused::BadCode);
    }

    #[test]
    fn a_challenge_must_be_met() {
        let (mut world, _) = World::new(Rotation::default());
        // The pair of RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        offer(&mut world, Some(Challenge::S256(challenge.into())));
        let cb = "http://localhost/cb";
        assert_eq!(
            exchange(&mut world, cb, None).unwrap_err(),
            Refused::BadCode
        );
        assert_eq!(
            exchange(&mut world, cb, Some("wrong")).unwrap_err(),
            Refused::BadCode
        );
        assert!(exchange(&mut world, cb, Some(verifier)).is_ok());

        offer(&mut world, Some(Challenge::Plain("same".into())));
        assert_eq!(
            exchange(&mut world, cb, Some("other")).unwrap_err(),
            Refused::BadCode
        );
        assert!(exchange(&mut world, cb, Some("same")).is_ok());
    }
}
