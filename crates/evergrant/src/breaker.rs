//! The breaker: what a process has learnt of a token endpoint, so that a thousand connections don't
//! learn it a thousand times.
//!
//! Two things concern more than the connection that met them. A provider that refuses our app
//! (`invalid_client`: a secret that was changed, an app that was suspended) refuses it for every
//! connection; and a provider that asks to be asked less often means all of us. While either lasts,
//! nothing is sent and nothing is marked, and each grant stays as it is. Once a pause is over, one
//! connection tries for all.
//!
//! It lives in memory alone: a program that is started anew, with mended settings, asks at once. So
//! does whoever asks by hand.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::Moment;
use crate::{
    ClientSecret, Error, ErrorKind, Fingerprint, OAuthClient, Provider, Reason, Result, policy,
};

/// How long the one who tries for all may take before another does.
const TRIAL: SignedDuration = SignedDuration::from_secs(60);

/// What the keepers of one process have learnt of token endpoints. Clones share it.
#[derive(Clone, Default)]
pub struct Breaker(Arc<Mutex<Pauses>>);

#[derive(Default)]
struct Pauses {
    apps: HashMap<App, Refused>,
    endpoints: HashMap<String, Pause>,
}

/// An app at a token endpoint. Another secret is another app: it has not been refused yet.
#[derive(Clone, PartialEq, Eq, Hash)]
struct App {
    endpoint: String,
    client: String,
    secret: Option<Fingerprint>,
}

/// A time in which nothing is sent.
#[derive(Debug, Clone, Copy)]
struct Pause {
    since: Moment,
    span: SignedDuration,
}

/// An app that its provider does not take.
#[derive(Debug)]
struct Refused {
    pause: Pause,
    /// How many refusals in a row have led to it.
    refusals: u32,
    /// In the words in which the first connection was told, so that all are told the same.
    why: String,
}

/// What the answer to an exchange says of the app and the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lesson {
    /// The app was taken for who it is.
    AppTaken,
    /// The app was refused, in these words.
    AppRefused(String),
    /// The endpoint wants to be left alone for so long.
    SlowDown(SignedDuration),
    /// Neither.
    Nothing,
}

impl Breaker {
    /// One that has learnt nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an exchange may be made now; then it may be the one that tries for all, and what
    /// comes of it must be told with [`learn`](Self::learn).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] while the app is refused, [`ErrorKind::Throttled`] while the endpoint
    /// wants to be left alone.
    pub(crate) fn admit(
        &self,
        provider: &Provider,
        client: &OAuthClient,
        reason: Reason,
        now: Moment,
    ) -> Result<()> {
        if reason == Reason::Forced {
            return Ok(());
        }
        let url = provider.token_url.as_str();
        let mut pauses = self.pauses();
        if let Some(left) = pauses.endpoints.get(url).and_then(|it| it.left(now)) {
            return Err(throttled(url, left));
        }
        let Some(refused) = pauses.apps.get_mut(&App::of(provider, client)) else {
            return Ok(());
        };
        if refused.pause.left(now).is_some() {
            return Err(Error::new(ErrorKind::Config, refused.why.clone()));
        }
        refused.pause = Pause {
            since: now,
            span: TRIAL,
        };
        Ok(())
    }

    /// Takes in what an exchange has shown.
    pub(crate) fn learn(
        &self,
        provider: &Provider,
        client: &OAuthClient,
        lesson: Lesson,
        now: Moment,
    ) {
        let app = App::of(provider, client);
        let mut pauses = self.pauses();
        match lesson {
            Lesson::AppTaken => drop(pauses.apps.remove(&app)),
            Lesson::AppRefused(why) => {
                let refusals = pauses.apps.get(&app).map_or(0, |before| before.refusals);
                let refusals = refusals.saturating_add(1);
                let pause = Pause {
                    since: now,
                    span: policy::app_pause(refusals),
                };
                let refused = Refused {
                    pause,
                    refusals,
                    why,
                };
                pauses.apps.insert(app, refused);
            }
            Lesson::SlowDown(span) => {
                let before = pauses.endpoints.get(&app.endpoint);
                let longer = before.and_then(|it| it.left(now)).unwrap_or_default();
                let pause = Pause {
                    since: now,
                    span: span.max(longer),
                };
                pauses.endpoints.insert(app.endpoint.clone(), pause);
                pauses.end_trial(&app);
            }
            // Who was to try for all has found out nothing: the next one may.
            Lesson::Nothing => pauses.end_trial(&app),
        }
    }

    fn pauses(&self) -> MutexGuard<'_, Pauses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").finish_non_exhaustive()
    }
}

impl Pauses {
    fn end_trial(&mut self, app: &App) {
        let refused = self.apps.get_mut(app);
        if let Some(refused) = refused.filter(|it| it.pause.span == TRIAL) {
            refused.pause.span = SignedDuration::ZERO;
        }
    }
}

impl App {
    fn of(provider: &Provider, client: &OAuthClient) -> Self {
        Self {
            endpoint: provider.token_url.to_string(),
            client: client.id.clone(),
            secret: client.secret.as_ref().map(ClientSecret::fingerprint),
        }
    }
}

impl Pause {
    /// What is left of it.
    fn left(&self, now: Moment) -> Option<SignedDuration> {
        let left = self.span.saturating_sub(self.since.age(now));
        left.is_positive().then_some(left)
    }
}

fn throttled(url: &str, left: SignedDuration) -> Error {
    let wait = Duration::try_from(left).unwrap_or_default();
    Error::new(
        ErrorKind::Throttled,
        format!("{url} has asked us to slow down"),
    )
    .retry_after(wait)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::of(&Still(
            Timestamp::constant(1_800_000_000, 0) + secs(seconds),
        ))
    }

    fn secs(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    #[derive(Debug)]
    struct Still(Timestamp);

    impl crate::Clock for Still {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    fn provider() -> Provider {
        let url: url::Url = "https://p.example/token".parse().unwrap();
        Provider::standard("p", url.clone(), url)
    }

    fn client(secret: &str) -> OAuthClient {
        OAuthClient {
            id: "app".to_owned(),
            secret: Some(ClientSecret::new(secret)),
        }
    }

    fn refusal() -> Lesson {
        Lesson::AppRefused("who are you?".to_owned())
    }

    fn admit(breaker: &Breaker, secret: &str, now: i64) -> Result<()> {
        breaker.admit(&provider(), &client(secret), Reason::Expired, at(now))
    }

    fn learn(breaker: &Breaker, lesson: Lesson, now: i64) {
        breaker.learn(&provider(), &client("old"), lesson, at(now));
    }

    #[test]
    fn h34_a_refused_app_is_left_alone_and_then_tried_by_one() {
        let breaker = Breaker::new();
        assert!(admit(&breaker, "old", 0).is_ok());
        learn(&breaker, refusal(), 0);
        let error = admit(&breaker, "old", 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string(), "who are you?");
        // A human asks, or has mended the secret.
        let forced = breaker.admit(&provider(), &client("old"), Reason::Forced, at(1));
        assert!(forced.is_ok());
        assert!(admit(&breaker, "new", 1).is_ok());

        let pause = policy::app_pause(1).as_secs();
        assert!(admit(&breaker, "old", pause - 1).is_err());
        assert!(admit(&breaker, "old", pause).is_ok(), "one tries");
        assert!(admit(&breaker, "old", pause).is_err(), "the others wait");
        learn(&breaker, Lesson::Nothing, pause + 1);
        assert!(
            admit(&breaker, "old", pause + 1).is_ok(),
            "it found out nothing"
        );
        learn(&breaker, refusal(), pause + 2);
        let longer = policy::app_pause(2).as_secs();
        assert!(longer > pause);
        assert!(admit(&breaker, "old", pause + 1 + longer).is_err());
        assert!(admit(&breaker, "old", pause + 2 + longer).is_ok());
        learn(&breaker, Lesson::AppTaken, pause + 3 + longer);
        assert!(admit(&breaker, "old", pause + 3 + longer).is_ok());
        assert!(
            admit(&breaker, "old", pause + 3 + longer).is_ok(),
            "all may"
        );
    }

    #[test]
    fn h47_a_cooldown_is_everybodys_and_never_cut_short() {
        let breaker = Breaker::new();
        learn(&breaker, Lesson::SlowDown(secs(30)), 0);
        learn(&breaker, Lesson::SlowDown(secs(1)), 1);
        learn(&breaker, Lesson::AppTaken, 2);
        let error = admit(&breaker, "another app", 29).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        let after = Some(Duration::from_secs(1));
        assert_eq!(error.remedy(), crate::Remedy::SlowDown { after });
        assert!(admit(&breaker, "another app", 30).is_ok());
    }
}
