//! The decisions, as pure functions: no I/O, no clock, no randomness but what is passed in.

use jiff::{SignedDuration, Timestamp};

use crate::{Connection, Grant, Lapse, Outcome, Provider, Reason, Refusal, Replay, TokenSet};

/// The longest time between two attempts of one connection.
const LONGEST_BACKOFF: SignedDuration = SignedDuration::from_mins(5);
/// The time after the first failure.
const FIRST_BACKOFF: SignedDuration = SignedDuration::from_millis(500);
/// How long a refused app is not asked for: at first, and at the longest.
const FIRST_APP_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_APP_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// An access token is never renewed ahead of need by more than this part of its life.
const MARGIN_PART: i32 = 6;
/// By up to which part of its time an idle grant is refreshed earlier.
const IDLE_PART: i32 = 8;
/// By how much the provider's clock may correct ours.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// For how long an access token of unknown age is taken to live.
const LONGEST_ACCESS: SignedDuration = SignedDuration::from_hours(1);
/// How many refreshes refusals may cause within the provider's `min_age`.
pub(crate) const REFUSALS_ALLOWED: usize = 2;

/// What to do for a caller who wants to use a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Use the access token.
    Use,
    /// Use it, and renew it in the background.
    UseAndRefresh(Reason),
    /// Renew first.
    Refresh(Reason),
    /// Renewing has failed a moment ago: not before `until`.
    Wait {
        /// The end of the back-off.
        until: Timestamp,
    },
    /// Nothing but consent helps.
    Lapsed(Lapse),
}

/// What to do with `connection` at `now` for a caller who needs a usable access token.
///
/// `jitter` in `0.0..1.0` spreads the moment of renewal over the second half of the margin, so
/// that many processes do not move in step.
pub fn decide(
    connection: &Connection,
    provider: &Provider,
    now: Timestamp,
    jitter: f64,
) -> Decision {
    let tokens = connection.tokens();
    let life = access_state(tokens, provider, now, jitter);
    if let Grant::Lapsed { lapse, .. } = connection.grant {
        // A refused refresh token says nothing of the access token; a revocation ends both.
        let usable = lapse != Lapse::Disconnected && matches!(life, Access::Alive | Access::Ending);
        return if usable {
            Decision::Use
        } else {
            Decision::Lapsed(lapse)
        };
    }
    let reason = match life {
        Access::Ending if may_attempt(connection, now) && !in_doubt(connection) => {
            return Decision::UseAndRefresh(Reason::Expiring);
        }
        Access::Alive | Access::Ending => return Decision::Use,
        Access::Missing => Reason::Missing,
        Access::Over => Reason::Expired,
    };
    decide_refresh(connection, provider, now, reason)
}

/// What to do when a refresh is wanted for `reason` whatever the access token's age.
pub fn decide_refresh(
    connection: &Connection,
    provider: &Provider,
    now: Timestamp,
    reason: Reason,
) -> Decision {
    if let Grant::Lapsed { lapse, .. } = connection.grant {
        return Decision::Lapsed(lapse);
    }
    let tokens = connection.tokens();
    if tokens.refresh.is_none() {
        return Decision::Lapsed(Lapse::NoRefreshToken);
    }
    let doubted = in_doubt(connection);
    if doubted && provider.rotation.replay == Replay::Never {
        return Decision::Lapsed(Lapse::LostReply);
    }
    if doubted
        && provider.rotation.replay == Replay::WhenNeeded
        && let Some(until) = lives_until(connection, now, reason)
    {
        return Decision::Wait { until };
    }
    match retry_at(connection, now) {
        Some(until) if until > now && reason != Reason::Forced => Decision::Wait { until },
        _ if doubted => Decision::Refresh(Reason::Recovering),
        _ => Decision::Refresh(reason),
    }
}

/// Until when there is an access token to live on, though a refresh is wanted for `reason`.
fn lives_until(connection: &Connection, now: Timestamp, reason: Reason) -> Option<Timestamp> {
    let tokens = connection.tokens();
    tokens.access.as_ref()?;
    let attempt = connection.attempt.as_ref()?;
    let end = tokens
        .access_expires
        .unwrap_or(later(attempt.started, LONGEST_ACCESS));
    (end > now && reason != Reason::Rejected).then_some(end)
}

/// When the schedule should refresh `connection`: ahead of the access token's end, often enough for
/// the grant not to idle out, and not before a back-off has ended. `None` when there is nothing to
/// do for it before its record changes.
///
/// `jitter` in `0.0..1.0` makes it earlier, by up to half the margin or an eighth of the idle time,
/// so that many connections do not move in step. A refresh token that may be spent is left alone
/// for as long as the access token can live.
pub fn next_due(
    connection: &Connection,
    provider: &Provider,
    now: Timestamp,
    jitter: f64,
) -> Option<Timestamp> {
    let Grant::Live(tokens) = &connection.grant else {
        return None;
    };
    tokens.refresh.as_ref()?;
    let due = match &connection.attempt {
        _ if tokens.access.is_none() => now,
        Some(attempt) if in_doubt(connection) => tokens
            .access_expires
            .unwrap_or(later(attempt.started, LONGEST_ACCESS)),
        // What was found without its age is refreshed once, and has one from then on.
        _ if tokens.access_expires.is_none() && tokens.obtained.is_none() => now,
        _ => [
            renew_from(tokens, provider, jitter),
            idle_from(tokens, provider, jitter),
        ]
        .into_iter()
        .flatten()
        .min()?,
    };
    Some(retry_at(connection, now).map_or(due, |retry| retry.max(due)))
}

/// Why the schedule should refresh `connection` at `now`; `None` if it should not.
pub fn due(
    connection: &Connection,
    provider: &Provider,
    now: Timestamp,
    jitter: f64,
) -> Option<Reason> {
    next_due(connection, provider, now, jitter).filter(|due| *due <= now)?;
    Some(
        match access_state(connection.tokens(), provider, now, jitter) {
            Access::Missing => Reason::Missing,
            Access::Over => Reason::Expired,
            Access::Ending => Reason::Expiring,
            Access::Alive if connection.tokens().obtained.is_none() => Reason::UnknownAge,
            Access::Alive => Reason::Idle,
        },
    )
}

/// When the provider issued what was received at `now` and dated `date`: the earlier of the two, so
/// that neither a slow answer nor a clock of ours that is ahead makes a token look younger than it
/// is. A date that differs by more than a few minutes, or by much of the token's life, corrects
/// nothing: other programs of this machine share its clock, and must agree on what is recorded.
pub fn issued_at(
    now: Timestamp,
    date: Option<Timestamp>,
    life: Option<SignedDuration>,
) -> Timestamp {
    let most = life.map_or(MOST_SKEW, |life| MOST_SKEW.min(life / MARGIN_PART));
    date.filter(|date| within(*date, now, most)).unwrap_or(now)
}

/// Whether tokens are known to be no older than `age`.
pub fn is_younger(tokens: &TokenSet, age: SignedDuration, now: Timestamp) -> bool {
    tokens.obtained.is_some_and(|since| within(since, now, age))
}

/// From when on the access token should be renewed ahead of its end; `None` if that is unknown.
pub fn renew_from(tokens: &TokenSet, provider: &Provider, jitter: f64) -> Option<Timestamp> {
    let end = tokens.access_expires?;
    Some(later(end, -margin(tokens, provider, jitter)))
}

/// Whether the access token can't be relied on for `life`: it ends sooner, or its age is unknown. A
/// token whose whole life is hardly longer is not expected to have more than most of it.
pub fn ends_within(tokens: &TokenSet, now: Timestamp, life: SignedDuration) -> bool {
    let most = tokens
        .access_life()
        .map_or(life, |whole| life.min(whole - whole / MARGIN_PART));
    match tokens.access_expires {
        Some(end) => end < later(now, most),
        None => tokens.obtained.is_none(),
    }
}

/// Whether one more refusal may cause a refresh: at most two within `min_age`, or within half the
/// token's life if that is shorter, unless the API has taken a token since; and only one if it does
/// not say that the token is to blame. Stops a storm of refreshes over a 401 that none of them
/// cures.
pub fn may_refresh_after_refusal(
    connection: &Connection,
    provider: &Provider,
    now: Timestamp,
    refusal: Refusal,
) -> bool {
    let window = min_age(connection.tokens(), provider);
    let recent = connection
        .refusals
        .iter()
        .filter(|at| within(**at, now, window))
        .count();
    match refusal {
        Refusal::Token => recent < REFUSALS_ALLOWED,
        Refusal::Unclear => recent == 0,
        Refusal::NotTheToken => false,
    }
}

/// How long to wait after `failures` failures in a row; `jitter` in `0.0..1.0` shortens it by up
/// to a half. A provider's `Retry-After` is never undercut.
pub fn backoff(failures: u32, jitter: f64, retry_after: Option<SignedDuration>) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = FIRST_BACKOFF
        .saturating_mul(1 << doublings)
        .min(LONGEST_BACKOFF);
    let wait = full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0);
    retry_after.map_or(wait, |told| told.max(wait))
}

/// For how long a provider that has refused our app so many times in a row is not asked again by any
/// of its connections: half a minute at first, for a secret that is being changed right now, ten
/// minutes at the longest, for one that waits for somebody's morning.
pub fn app_pause(refusals: u32) -> SignedDuration {
    let doublings = refusals.saturating_sub(1).min(16);
    FIRST_APP_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_APP_PAUSE)
}

/// The state of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Missing,
    Alive,
    Ending,
    Over,
}

fn access_state(tokens: &TokenSet, provider: &Provider, now: Timestamp, jitter: f64) -> Access {
    if tokens.access.is_none() {
        return Access::Missing;
    }
    // A token of unknown age is tried: a 401 will tell.
    let Some(end) = tokens.access_expires else {
        return Access::Alive;
    };
    if end <= now {
        Access::Over
    } else if renew_from(tokens, provider, jitter).is_some_and(|from| from <= now) {
        Access::Ending
    } else {
        Access::Alive
    }
}

fn margin(tokens: &TokenSet, provider: &Provider, jitter: f64) -> SignedDuration {
    let most = tokens
        .access_life()
        .map_or(provider.refresh_margin, |life| {
            provider.refresh_margin.min(life / MARGIN_PART)
        })
        .max(SignedDuration::ZERO);
    most.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

fn min_age(tokens: &TokenSet, provider: &Provider) -> SignedDuration {
    tokens
        .access_life()
        .map_or(provider.min_age, |life| provider.min_age.min(life / 2))
}

/// Whether an attempt on the present refresh token has no known outcome.
pub fn in_doubt(connection: &Connection) -> bool {
    let Some(attempt) = &connection.attempt else {
        return false;
    };
    let present = connection.tokens().refresh.as_ref();
    attempt.outcome != Outcome::NotSpent
        && present.is_some_and(|token| token.fingerprint() == attempt.spends)
}

fn may_attempt(connection: &Connection, now: Timestamp) -> bool {
    connection.tokens().refresh.is_some() && retry_at(connection, now).is_none_or(|at| at <= now)
}

/// The end of the back-off. One that was set in the future has been set by another clock, or before
/// this one was set back, and would last for nobody knows how long: it does not count.
fn retry_at(connection: &Connection, now: Timestamp) -> Option<Timestamp> {
    let attempt = connection.attempt.as_ref()?;
    let until = attempt.retry_at?;
    (attempt.started <= now).then_some(until)
}

/// From when on the grant should be refreshed although nobody needs it.
fn idle_from(tokens: &TokenSet, provider: &Provider, jitter: f64) -> Option<Timestamp> {
    let every = provider.idle_refresh?;
    let earlier = (every / IDLE_PART).mul_f64(jitter.clamp(0.0, 1.0));
    Some(later(tokens.obtained?, every - earlier))
}

/// `span` after `time`; the ends of representable time stand for themselves.
fn later(time: Timestamp, span: SignedDuration) -> Timestamp {
    time.saturating_add(span).unwrap_or(if span.is_negative() {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// `at` lies within `window` before `now`. A time in the future does not: the clock has moved.
fn within(at: Timestamp, now: Timestamp, window: SignedDuration) -> bool {
    let age = now.duration_since(at);
    !age.is_negative() && age < window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessToken, Attempt, ConnectionId, Generation, RefreshToken, provider::Rotation};
    use proptest::prelude::*;
    use url::Url;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn provider() -> Provider {
        let url = Url::parse("https://provider.example").unwrap();
        Provider::standard("p", url.clone(), url)
    }

    /// An hour's token with so many seconds left.
    fn connection(left: i64) -> Connection {
        let expires = later(NOW, SignedDuration::from_secs(left));
        Connection {
            id: ConnectionId::new("acme"),
            provider: "p".to_owned(),
            realm: None,
            grant: Grant::Live(TokenSet {
                access: Some(AccessToken::new("a")),
                access_expires: Some(expires),
                refresh: Some(RefreshToken::new("r")),
                refresh_expires: None,
                grant_expires: None,
                obtained: Some(later(expires, SignedDuration::from_hours(-1))),
            }),
            generation: Generation(1),
            attempt: None,
            refusals: Vec::new(),
        }
    }

    fn attempt(outcome: Outcome, retry_in: Option<i64>) -> Attempt {
        Attempt {
            spends: RefreshToken::new("r").fingerprint(),
            started: NOW,
            outcome,
            failures: 1,
            retry_at: retry_in.map(|s| later(NOW, SignedDuration::from_secs(s))),
            why: None,
        }
    }

    #[test]
    fn h34_a_refused_app_is_asked_less_and_less_often() {
        let pauses = [1, 2, 3, 6, 99].map(|refusals| app_pause(refusals).as_secs());
        assert_eq!(pauses, [30, 60, 120, 600, 600]);
        assert_eq!(app_pause(0), app_pause(1));
    }

    #[test]
    fn an_access_token_is_used_until_it_ends() {
        for (left, expected) in [
            (3600, Decision::Use),
            (601, Decision::Use),
            (599, Decision::UseAndRefresh(Reason::Expiring)),
            (1, Decision::UseAndRefresh(Reason::Expiring)),
            (0, Decision::Refresh(Reason::Expired)),
            (-86400, Decision::Refresh(Reason::Expired)),
        ] {
            assert_eq!(
                decide(&connection(left), &provider(), NOW, 0.0),
                expected,
                "{left} s left"
            );
        }
    }

    #[test]
    fn a_token_of_unknown_age_is_tried() {
        let mut c = connection(0);
        let Grant::Live(tokens) = &mut c.grant else {
            unreachable!()
        };
        tokens.access_expires = None;
        assert_eq!(decide(&c, &provider(), NOW, 0.0), Decision::Use);
    }

    #[test]
    fn h15_a_doubtful_refresh_token_is_left_alone_while_the_access_token_lives() {
        let mut c = connection(30);
        c.attempt = Some(attempt(Outcome::Open, None));
        assert_eq!(decide(&c, &provider(), NOW, 0.0), Decision::Use);
        let mut c = connection(-1);
        c.attempt = Some(attempt(Outcome::Unanswered, None));
        assert_eq!(
            decide(&c, &provider(), NOW, 0.0),
            Decision::Refresh(Reason::Recovering)
        );
        let mut strict = provider();
        strict.rotation = Rotation {
            replay: Replay::Never,
            evidence: "test",
        };
        assert_eq!(
            decide(&c, &strict, NOW, 0.0),
            Decision::Lapsed(Lapse::LostReply)
        );
    }

    #[test]
    fn h15_nobody_who_could_wait_sends_a_doubtful_refresh_token_again() {
        let mut c = connection(30);
        c.attempt = Some(attempt(Outcome::Unanswered, None));
        let mut p = provider();
        let until = later(NOW, SignedDuration::from_secs(30));
        for reason in [Reason::Forced, Reason::Expiring, Reason::Idle] {
            let decision = decide_refresh(&c, &p, NOW, reason);
            assert_eq!(decision, Decision::Wait { until }, "{reason:?}");
        }
        let again = Decision::Refresh(Reason::Recovering);
        assert_eq!(decide_refresh(&c, &p, NOW, Reason::Rejected), again);
        p.rotation.replay = Replay::AtOnce;
        assert_eq!(decide_refresh(&c, &p, NOW, Reason::Forced), again);
    }

    #[test]
    fn h47_a_doubtful_refresh_token_waits_like_any_other() {
        let mut c = connection(-1);
        c.attempt = Some(attempt(Outcome::Unanswered, Some(7)));
        let until = later(NOW, SignedDuration::from_secs(7));
        assert_eq!(decide(&c, &provider(), NOW, 0.0), Decision::Wait { until });
    }

    #[test]
    fn h35_an_attempt_on_another_refresh_token_is_no_doubt() {
        let mut c = connection(-1);
        c.attempt = Some(Attempt {
            spends: RefreshToken::new("older").fingerprint(),
            ..attempt(Outcome::Open, None)
        });
        assert_eq!(
            decide(&c, &provider(), NOW, 0.0),
            Decision::Refresh(Reason::Expired)
        );
    }

    #[test]
    fn h36_a_failed_refresh_waits_and_a_lapsed_grant_is_not_asked_again() {
        let mut c = connection(-1);
        c.attempt = Some(attempt(Outcome::NotSpent, Some(5)));
        let until = later(NOW, SignedDuration::from_secs(5));
        assert_eq!(decide(&c, &provider(), NOW, 0.0), Decision::Wait { until });
        assert_eq!(
            decide(&c, &provider(), until, 0.0),
            Decision::Refresh(Reason::Expired)
        );
        let tokens = c.tokens().clone();
        c.grant = Grant::Lapsed {
            lapse: Lapse::Revoked,
            since: NOW,
            tokens,
        };
        assert_eq!(
            decide(&c, &provider(), NOW, 0.0),
            Decision::Lapsed(Lapse::Revoked)
        );
        assert_eq!(next_due(&c, &provider(), NOW, 0.0), None);
    }

    #[test]
    fn refusals_cause_two_refreshes_a_minute_at_most() {
        let mut c = connection(3000);
        assert!(may_refresh_after_refusal(
            &c,
            &provider(),
            NOW,
            Refusal::Token
        ));
        assert!(may_refresh_after_refusal(
            &c,
            &provider(),
            NOW,
            Refusal::Unclear
        ));
        c.refusals = vec![NOW];
        assert!(may_refresh_after_refusal(
            &c,
            &provider(),
            NOW,
            Refusal::Token
        ));
        assert!(!may_refresh_after_refusal(
            &c,
            &provider(),
            NOW,
            Refusal::Unclear
        ));
        c.refusals = vec![NOW, NOW];
        assert!(!may_refresh_after_refusal(
            &c,
            &provider(),
            NOW,
            Refusal::Token
        ));
        let minute_later = later(NOW, SignedDuration::from_secs(60));
        assert!(may_refresh_after_refusal(
            &c,
            &provider(),
            minute_later,
            Refusal::Token
        ));
    }

    #[test]
    fn h40_a_back_off_from_the_future_does_not_count() {
        let mut c = connection(-1);
        c.attempt = Some(Attempt {
            started: later(NOW, SignedDuration::from_hours(24)),
            ..attempt(Outcome::NotSpent, Some(86_405))
        });
        assert_eq!(
            decide(&c, &provider(), NOW, 0.0),
            Decision::Refresh(Reason::Expired)
        );
        assert!(next_due(&c, &provider(), NOW, 0.0).unwrap() < NOW);
    }

    #[test]
    fn h40_no_clock_ends_a_grant() {
        let mut c = connection(-1);
        let Grant::Live(tokens) = &mut c.grant else {
            unreachable!()
        };
        tokens.refresh_expires = Some(later(NOW, SignedDuration::from_hours(-1)));
        tokens.grant_expires = tokens.refresh_expires;
        assert_eq!(
            decide(&c, &provider(), NOW, 0.0),
            Decision::Refresh(Reason::Expired),
            "only the provider's word does"
        );
    }

    #[test]
    fn h40_a_date_of_the_providers_corrects_a_little_and_never_towards_younger() {
        let seconds = SignedDuration::from_secs;
        let hour = Some(seconds(3600));
        for (date, life, correction) in [
            (Some(-2), hour, -2),
            (Some(-299), hour, -299),
            (Some(-301), hour, 0),
            (Some(60), hour, 0),
            (Some(-86_400), hour, 0),
            (Some(-299), None, -299),
            (Some(-11), Some(seconds(60)), 0),
            (None, hour, 0),
        ] {
            let date = date.map(|offset| later(NOW, seconds(offset)));
            let expected = later(NOW, seconds(correction));
            assert_eq!(issued_at(NOW, date, life), expected, "{date:?}");
        }
    }

    #[test]
    fn an_idle_grant_is_due_in_time_and_a_doubtful_one_when_nothing_else_is_left() {
        let hours = SignedDuration::from_hours;
        let idle = Provider {
            idle_refresh: Some(hours(160)),
            ..provider()
        };
        let mut c = connection(3600 * 1000);
        let Grant::Live(tokens) = &mut c.grant else {
            unreachable!()
        };
        tokens.obtained = Some(later(NOW, hours(-150)));
        assert_eq!(next_due(&c, &idle, NOW, 0.0), Some(later(NOW, hours(10))));
        assert_eq!(due(&c, &idle, NOW, 0.0), None);
        assert_eq!(due(&c, &idle, NOW, 0.99), Some(Reason::Idle));

        let mut c = connection(30);
        c.attempt = Some(attempt(Outcome::Unanswered, None));
        assert_eq!(due(&c, &idle, NOW, 0.0), None);
        let end = later(NOW, SignedDuration::from_secs(30));
        assert_eq!(due(&c, &idle, end, 0.0), Some(Reason::Expired));
    }

    #[test]
    fn a_grant_whose_age_nobody_tells_is_refreshed_once() {
        let mut c = connection(0);
        let Grant::Live(tokens) = &mut c.grant else {
            unreachable!()
        };
        (tokens.access_expires, tokens.obtained) = (None, None);
        assert_eq!(next_due(&c, &provider(), NOW, 0.5), Some(NOW));
        assert_eq!(due(&c, &provider(), NOW, 0.5), Some(Reason::UnknownAge));
        let Grant::Live(tokens) = &mut c.grant else {
            unreachable!()
        };
        tokens.obtained = Some(NOW);
        assert_eq!(next_due(&c, &provider(), NOW, 0.5), None);
    }

    proptest! {
        #[test]
        fn h46_a_fresh_token_is_never_renewed_and_a_dead_one_never_used(
            left in -100_000i64..100_000, jitter in 0.0f64..1.0
        ) {
            let decision = decide(&connection(left), &provider(), NOW, jitter);
            if left > 600 { prop_assert_eq!(decision, Decision::Use); }
            if left <= 0 { prop_assert_eq!(decision, Decision::Refresh(Reason::Expired)); }
            if (1..=300).contains(&left) {
                prop_assert_eq!(decision, Decision::UseAndRefresh(Reason::Expiring));
            }
        }

        #[test]
        fn due_always_comes_before_expiry(left in 1i64..100_000, jitter in 0.0f64..1.0) {
            let c = connection(left);
            let due = next_due(&c, &provider(), NOW, jitter).unwrap();
            prop_assert!(due < c.tokens().access_expires.unwrap());
        }

        #[test]
        fn h47_backoff_grows_and_never_undercuts_the_provider(
            failures in 1u32..40, jitter in 0.0f64..1.0, told in 0i64..1000
        ) {
            let wait = backoff(failures, jitter, None);
            prop_assert!(wait <= backoff(failures + 1, jitter, None));
            prop_assert!(wait <= LONGEST_BACKOFF && wait >= FIRST_BACKOFF / 2);
            let told = SignedDuration::from_secs(told);
            prop_assert!(backoff(failures, jitter, Some(told)) >= told);
        }

        #[test]
        fn h40_no_clock_makes_a_decision_panic(seconds in i64::MIN..i64::MAX, jitter in -1.0f64..2.0) {
            let now = Timestamp::from_second(seconds.clamp(-377_705_023_201, 253_402_207_200)).unwrap();
            let c = connection(10);
            let _ = decide(&c, &provider(), now, jitter);
            let _ = next_due(&c, &provider(), now, jitter);
            let _ = may_refresh_after_refusal(&c, &provider(), now, Refusal::Token);
        }
    }
}
