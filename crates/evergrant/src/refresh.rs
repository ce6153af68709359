//! The one refresh routine. Its order is the promise of this crate:
//!
//! 1. Take the connection's flight (in `keeper.rs`): one a process, in a task that outlives its
//!    caller.
//! 2. Take the **lease**: nobody else may spend this refresh token, in any process. Never go on
//!    without it.
//! 3. **Re-read** the store under the lease. If somebody else has done the work, publish theirs.
//! 4. **Mark**: record durably which refresh token is about to be spent, and prove that the store
//!    can take the answer. If that fails, nothing is spent. Meanwhile the connection to the token
//!    endpoint is made, with nothing said on it.
//! 5. **Exchange**: send exactly the refresh token that was just read, once.
//! 6. **Save** the new tokens durably. If that fails, hold them, serve from them, and retry until
//!    it works: they are never dropped.
//! 7. **Publish** to the callers of this process, and only now.
//! 8. Give the lease back.
//!
//! When step 5 gives no tokens, only a well-formed `invalid_grant` lapses the grant, and only after
//! the store was read once more; everything else keeps the old tokens.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::breaker::Lesson;
use crate::keeper::{Keeper, Registered, Slot};
use crate::policy;
use crate::store::Lease;
use crate::token_endpoint::{Dialled, Exchanged, Failure, TokenEndpoint};
use crate::{
    AccessToken, Attempt, Bearer, ClientSecret, Connection, Error, ErrorKind, Event, Fingerprint,
    Grant, Lapse, Outcome, Reason, RefreshToken, Replay, Result,
};

mod keep;
mod need;
mod words;

pub(crate) use keep::save_at_last;
use need::Verdict;
pub(crate) use need::{Need, Renewal};
use words::chain;
pub(crate) use words::sentence;

/// How long the lease of a connection is waited for: longer than a holder's exchange, its replay
/// and its save can take.
pub(crate) const LEASE_WAIT: Duration = Duration::from_secs(75);
/// Waits between looks for a winner's grant after `invalid_grant`.
const WINNER_WAITS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
];
/// Waits before tries to take back what somebody else has given up.
const TAKE_BACK_WAITS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// Meets `need`, trying again while the keeper's patience lasts and time can heal the failure. The
/// lease is given back between tries.
pub(crate) async fn renew(keeper: &Keeper, slot: &Arc<Slot>, need: &Need) -> Result<Renewal> {
    let begun = keeper.moment();
    loop {
        let error = match renew_once(keeper, slot, need).await {
            Err(error) if error.is_transient() && error.kind() != ErrorKind::Busy => error,
            settled => return settled,
        };
        let wait = match error.remedy() {
            crate::Remedy::Retry { after } | crate::Remedy::SlowDown { after } => {
                after.unwrap_or(Duration::from_millis(500))
            }
            _ => Duration::ZERO,
        };
        let spent = Duration::try_from(begun.age(keeper.moment())).unwrap_or_default();
        if spent + wait > keeper.patience() {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

async fn renew_once(keeper: &Keeper, slot: &Arc<Slot>, need: &Need) -> Result<Renewal> {
    let wait = match need {
        // Whoever holds it is about to do what is due.
        Need::Kept { .. } => Duration::ZERO,
        _ => LEASE_WAIT,
    };
    let lease = keeper.store().lease(slot.id(), wait).await?;
    keeper.notify(slot.id(), || Event::Leased);
    let connection = keeper.reread(slot, &lease).await?;
    let registered = keeper.adopt_provider(slot, &connection)?;
    keeper.notify(slot.id(), || Event::Reread {
        generation: connection.generation,
    });
    let now = keeper.judged_at(slot, connection.generation);
    let spending = Spending {
        keeper,
        slot,
        registered: &registered,
        lease: &lease,
        connection,
    };
    let outcome = match need.decide(&spending.connection, &registered.provider, now) {
        Verdict::Serve => spending.serve_stored(),
        Verdict::Futile => Ok(Renewal::Futile),
        Verdict::Wait(until) => Err(spending.not_yet(until)),
        Verdict::Lapsed(lapse) => Err(spending.lapse(lapse).await?),
        Verdict::Spend(reason) => spending.spend(reason).await,
    };
    keeper.store().release(lease).await;
    keeper.notify(slot.id(), || Event::Released);
    outcome
}

/// One pass through steps 3 to 8, the lease held.
struct Spending<'a> {
    keeper: &'a Keeper,
    slot: &'a Arc<Slot>,
    registered: &'a Registered,
    lease: &'a Lease,
    /// As it was read under the lease.
    connection: Connection,
}

impl Spending<'_> {
    async fn spend(self, reason: Reason) -> Result<Renewal> {
        let Some(token) = self.connection.tokens().refresh.clone() else {
            return Err(self.lapse(Lapse::NoRefreshToken).await?);
        };
        self.require_client()?;
        self.require_welcome(reason)?;
        let (attempt, call) = self.prepare(&token, reason).await?;
        self.require_lease(&attempt).await?;
        let (exchanged, replayed) = self.exchange(call, &token).await;
        match exchanged.result {
            Ok(issued) => {
                self.learn(Lesson::AppTaken);
                self.keep(issued, reason, exchanged.told).await
            }
            Err(failure) => {
                self.tell(exchanged.told);
                self.settle(failure, attempt, replayed).await
            }
        }
    }

    /// The time by which this connection is judged, back-offs included.
    fn now(&self) -> Timestamp {
        let generation = self.connection.generation;
        self.keeper.judged_at(self.slot, generation)
    }

    fn tell(&self, event: Option<Event>) {
        if let Some(event) = event {
            self.keeper.notify(self.slot.id(), || event);
        }
    }

    /// Without a client id the provider can only refuse, so nothing is spent.
    fn require_client(&self) -> Result<()> {
        if !self.registered.client.id.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            "the access token must be refreshed, and for that the client id and secret of your \
             app are needed",
        )
        .for_connection(self.slot.id()))
    }

    /// Nothing is spent, or even marked, where the provider has refused this app a moment ago, or
    /// has asked all of us to slow down.
    fn require_welcome(&self, reason: Reason) -> Result<()> {
        let Registered { provider, client } = self.registered;
        let now = self.keeper.moment();
        let admitted = self.keeper.breaker().admit(provider, client, reason, now);
        admitted.map_err(|error| error.for_connection(self.slot.id()))
    }

    fn learn(&self, lesson: Lesson) {
        let Registered { provider, client } = self.registered;
        let now = self.keeper.moment();
        self.keeper.breaker().learn(provider, client, lesson, now);
    }

    /// Step 4, and the way to the token endpoint. One that has grown old while a slow disk took the
    /// mark is made anew.
    async fn prepare(&self, token: &RefreshToken, reason: Reason) -> Result<(Attempt, Dialled)> {
        let endpoint = self.endpoint();
        let (attempt, call) = tokio::join!(self.mark(token, reason), endpoint.dial());
        let attempt = attempt?;
        let call = match call {
            Ok(call) if call.is_stale() => endpoint.dial().await,
            call => call,
        };
        Ok((attempt, call))
    }

    /// Notes which token is about to be spent, durably.
    async fn mark(&self, token: &RefreshToken, reason: Reason) -> Result<Attempt> {
        let earlier = self
            .connection
            .attempt
            .as_ref()
            .filter(|attempt| attempt.spends == token.fingerprint());
        let attempt = Attempt {
            spends: token.fingerprint(),
            started: self.now(),
            outcome: Outcome::Open,
            failures: earlier.map_or(0, |attempt| attempt.failures),
            retry_at: None,
            why: Some(reason.to_string()),
        };
        self.keeper.store().record(self.lease, &attempt).await?;
        self.keeper.notify(self.slot.id(), || Event::Spending {
            reason,
            refresh: attempt.spends.clone(),
            replays: attempt.failures,
        });
        Ok(attempt)
    }

    /// A look before what can't be undone: a process that was stopped between the mark and here may
    /// have lost the lease meanwhile, where a lease can be lost. Nothing was sent, and that is noted
    /// if it still can be. The last look is the request body's, when a connection has been made.
    async fn require_lease(&self, attempt: &Attempt) -> Result<()> {
        if self.lease.is_held() {
            return Ok(());
        }
        let what = "the lease ran out before anything was sent";
        let unsent = Attempt {
            outcome: self.outcome(Outcome::NotSpent),
            why: Some(what.to_owned()),
            ..attempt.clone()
        };
        self.note(&unsent).await;
        Err(Error::new(ErrorKind::Unavailable, what).for_connection(self.slot.id()))
    }

    /// What an attempt of this outcome leaves: that this one was not spent says nothing of an earlier
    /// one that may have been.
    fn outcome(&self, of_this: Outcome) -> Outcome {
        if policy::in_doubt(&self.connection) {
            return Outcome::Unanswered;
        }
        of_this
    }

    /// Notes what an attempt has come to. If that can't be written, it stays open in the store, which
    /// is the safe side.
    async fn note(&self, settled: &Attempt) {
        let is_ours = self.lease.is_held();
        drop(self.keeper.store().record(self.lease, settled).await);
        if is_ours || settled.outcome != Outcome::NotSpent {
            return;
        }
        for wait in TAKE_BACK_WAITS {
            tokio::time::sleep(wait).await;
            // It may have come back to us meanwhile, and then nobody else can have it.
            let taken = if self.lease.is_held() {
                self.take_back_under(self.lease, settled).await
            } else {
                self.take_back(settled).await
            };
            if taken.is_ok() {
                return;
            }
        }
    }

    /// While we were stopped, somebody has taken the lease from us, and gives the refresh token up, or
    /// has already, since nobody but us can know that it was never sent. The lease is waited for anew
    /// to say so. Where nobody may ask twice, nobody else has sent it either, as long as the doubt is the
    /// one that we have left: then what was given up lives. Another attempt after ours means that ours
    /// was noted after all, though nobody could tell us.
    async fn take_back(&self, unsent: &Attempt) -> Result<()> {
        let store = self.keeper.store();
        let lease = store.lease(self.slot.id(), LEASE_WAIT).await?;
        let taken = self.take_back_under(&lease, unsent).await;
        store.release(lease).await;
        taken
    }

    async fn take_back_under(&self, lease: &Lease, unsent: &Attempt) -> Result<()> {
        let stored = self.keeper.connection(self.slot.id()).await?;
        let last = stored.attempt.as_ref().map(|attempt| attempt.started);
        if last != Some(unsent.started) {
            return Ok(());
        }
        let Grant::Lapsed { lapse, .. } = stored.grant else {
            return self.keeper.store().record(lease, unsent).await;
        };
        let may_nobody_ask_twice = self.registered.provider.rotation.replay == Replay::Never;
        let is_ours = refresh_fingerprint(&stored) == refresh_fingerprint(&self.connection);
        if !may_nobody_ask_twice || lapse != Lapse::LostReply || !is_ours {
            return Ok(());
        }
        let replaces = stored.generation;
        let alive = Connection {
            grant: Grant::Live(stored.tokens().clone()),
            generation: replaces.next(),
            attempt: None,
            ..stored
        };
        self.keeper.store().save(lease, &alive, replaces).await
    }

    /// Step 5. An answer that was lost on the way is asked for again at once where the provider
    /// gives the same or the newest token back; says whether that was done.
    async fn exchange(&self, call: Dialled, token: &RefreshToken) -> (Exchanged, bool) {
        let endpoint = self.endpoint();
        let first = endpoint.refresh(call, token, self.lease.proviso()).await;
        let lost = matches!(&first.result, Err(failure) if failure.reply_lost);
        let may_replay = self.registered.provider.rotation.replay == Replay::AtOnce;
        if !lost || !may_replay || !self.lease.is_held() {
            return (first, false);
        }
        self.tell(first.told);
        let call = endpoint.dial().await;
        let again = endpoint.refresh(call, token, self.lease.proviso());
        (again.await, true)
    }

    fn endpoint(&self) -> TokenEndpoint<'_> {
        TokenEndpoint {
            transport: self.keeper.transport(),
            observer: self.keeper.observer(),
            connection: self.slot.id(),
            provider: &self.registered.provider,
            client: &self.registered.client,
        }
    }

    fn adopt(&self, winner: &Connection) -> Renewal {
        self.keeper.publish(self.slot, winner);
        self.keeper.notify(self.slot.id(), || Event::Adopted {
            generation: winner.generation,
        });
        self.bearer(winner)
    }

    /// Step 3, when the store already has what is needed.
    fn serve_stored(&self) -> Result<Renewal> {
        if self.slot.generation() == Some(self.connection.generation) {
            self.keeper.publish(self.slot, &self.connection);
            return Ok(self.bearer(&self.connection));
        }
        Ok(self.adopt(&self.connection))
    }

    /// No tokens came: what that means for the grant.
    async fn settle(self, failure: Failure, attempt: Attempt, replayed: bool) -> Result<Renewal> {
        if failure.invalid_grant {
            self.learn(Lesson::AppTaken);
            return self.refused(&attempt, replayed).await;
        }
        let now = self.now();
        let failures = attempt.failures.saturating_add(1);
        // Who mends a wrong secret wants to try it at once.
        let told = failure.retry_after;
        let wait = (failure.error.kind() != ErrorKind::Config)
            .then(|| policy::backoff(failures, self.keeper.jitter(), told));
        self.learn(lesson(&failure, wait));
        let retry_at = wait.and_then(|wait| now.saturating_add(wait).ok());
        let outcome = match failure.outcome {
            _ if replayed => Outcome::Unanswered,
            outcome => self.outcome(outcome),
        };
        let settled = Attempt {
            outcome,
            failures,
            retry_at,
            why: Some(self.why(&failure.error)),
            ..attempt
        };
        self.note(&settled).await;
        self.keeper.notify(self.slot.id(), || Event::RefreshFailed {
            kind: failure.error.kind(),
            detail: chain(&failure.error),
            failures,
            retry_at,
        });
        let wait = retry_at.map(|at| at.duration_since(now));
        Err(match wait.and_then(|wait| Duration::try_from(wait).ok()) {
            Some(wait) => failure.error.retry_after(wait),
            None => failure.error,
        })
    }

    /// Why a refresh has failed, fit for the record.
    fn why(&self, error: &Error) -> String {
        let tokens = self.connection.tokens();
        let client = &self.registered.client;
        let secrets = [
            tokens.refresh.as_ref().map(RefreshToken::expose),
            tokens.access.as_ref().map(AccessToken::expose),
            client.secret.as_ref().map(ClientSecret::expose),
        ];
        sentence(error, &secrets.into_iter().flatten().collect::<Vec<_>>())
    }

    /// `invalid_grant`: look for a winner first, then mark the grant. Nothing is deleted.
    async fn refused(self, attempt: &Attempt, replayed: bool) -> Result<Renewal> {
        for wait in WINNER_WAITS {
            tokio::time::sleep(wait).await;
            let stored = self.keeper.connection(self.slot.id()).await?;
            let present = stored.tokens().refresh.as_ref();
            if present.is_some_and(|token| token.fingerprint() != attempt.spends) {
                return Ok(self.adopt(&stored));
            }
        }
        let doubted = replayed || policy::in_doubt(&self.connection);
        let now = self.keeper.now();
        let tokens = self.connection.tokens();
        let is_over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
        let lapse = if doubted {
            Lapse::LostReply
        } else if is_over(tokens.grant_expires) {
            Lapse::HardLimit
        } else if is_over(tokens.refresh_expires) {
            Lapse::Idle
        } else {
            Lapse::Revoked
        };
        Err(self.lapse(lapse).await?)
    }

    /// Marks the grant as over, and says so.
    async fn lapse(&self, lapse: Lapse) -> Result<Error> {
        let error =
            Error::new(ErrorKind::Lapsed(lapse), lapse.to_string()).for_connection(self.slot.id());
        self.slot.withdraw();
        if let Grant::Live(tokens) = &self.connection.grant
            && tokens.refresh.is_some()
        {
            let over = Connection {
                grant: Grant::Lapsed {
                    lapse,
                    since: self.keeper.now(),
                    tokens: tokens.clone(),
                },
                generation: self.connection.generation.next(),
                attempt: None,
                ..self.connection.clone()
            };
            let replaces = self.connection.generation;
            self.keeper
                .store()
                .save(self.lease, &over, replaces)
                .await?;
            self.keeper
                .notify(self.slot.id(), || Event::Lapsed { lapse });
        }
        Ok(error)
    }

    fn not_yet(&self, until: Timestamp) -> Error {
        let wait = until.duration_since(self.now());
        let wait = Duration::try_from(wait).unwrap_or_default();
        Error::new(
            ErrorKind::Unavailable,
            "the last refresh has failed, and it is too early to try again",
        )
        .for_connection(self.slot.id())
        .retry_after(wait)
    }

    fn bearer(&self, connection: &Connection) -> Renewal {
        Bearer::of(connection).map_or(Renewal::Futile, Renewal::Bearer)
    }
}

/// What a failed exchange says of the app and of the endpoint, beyond this connection.
fn lesson(failure: &Failure, wait: Option<SignedDuration>) -> Lesson {
    let is_throttled = failure.error.kind() == ErrorKind::Throttled;
    match wait {
        _ if failure.app_refused => Lesson::AppRefused(failure.error.context().to_owned()),
        Some(wait) if is_throttled || failure.retry_after.is_some() => Lesson::SlowDown(wait),
        _ => Lesson::Nothing,
    }
}

fn refresh_fingerprint(connection: &Connection) -> Option<Fingerprint> {
    let token = connection.tokens().refresh.as_ref();
    token.map(RefreshToken::fingerprint)
}
