//! An answer with tokens: saved whatever it takes, then shown.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::words::chain;
use super::{Renewal, Spending, refresh_fingerprint};
use crate::keeper::{Keeper, Slot};
use crate::policy::{self, REFUSALS_ALLOWED};
use crate::store::Lease;
use crate::token_endpoint::Issued;
use crate::{
    AccessToken, Connection, ErrorKind, Event, Generation, Grant, Lapse, Reason, Result, TokenSet,
};

/// How often a save is begun anew because somebody has put old tokens back meanwhile.
const COPIES_OUTDONE: usize = 8;
/// The longest wait between two tries to save.
const LONGEST_SAVE_WAIT: Duration = Duration::from_secs(5);

impl Spending<'_> {
    /// Steps 6 and 7. What was received is saved, or held until it is, unless a human's fresh login
    /// has come in between. What there is to tell waits until then.
    pub(super) async fn keep(
        self,
        issued: Issued,
        reason: Reason,
        told: Option<Event>,
    ) -> Result<Renewal> {
        let mut new = self.renewed(issued, reason);
        let mut replaces = self.connection.generation;
        let mut rounds = 0;
        while !save_at_last(self.keeper, self.slot, self.lease, &new, replaces).await {
            rounds += 1;
            let winner = self.keeper.connection(self.slot.id()).await?;
            if rounds == COPIES_OUTDONE || !self.is_given_up(&winner, &new) {
                self.tell(told);
                return self.yield_to(&winner, &new).await;
            }
            replaces = winner.generation;
            new.generation = replaces.next();
        }
        self.tell(told);
        let [before, after] = [&self.connection, &new].map(refresh_fingerprint);
        let tokens = new.tokens();
        self.keeper.notify(self.slot.id(), || Event::Saved {
            place: self.keeper.store().place(self.slot.id()),
            generation: new.generation,
            refresh: after.clone(),
            access: tokens.access.as_ref().map(AccessToken::fingerprint),
        });
        self.keeper.publish(self.slot, &new);
        self.keeper.notify(self.slot.id(), || Event::Refreshed {
            reason,
            rotated: before != after,
            generation: new.generation,
            expires: tokens.access_expires,
        });
        Ok(self.bearer(&new))
    }

    /// Somebody has saved another grant meanwhile, which is used; unless that is an older state of
    /// this one, since the store was set back.
    async fn yield_to(&self, winner: &Connection, new: &Connection) -> Result<Renewal> {
        if !self.keeper.put_back(self.slot, self.lease, new).await? {
            return Ok(self.adopt(winner));
        }
        let stored = self.keeper.connection(self.slot.id()).await?;
        Ok(self.adopt(&stored))
    }

    /// Whether what is stored has nothing but the very token whose answer we hold: put back from an
    /// old copy after it was rotated away, or marked as over by somebody who took the lease from us
    /// while we were stopped, though it was not.
    fn is_given_up(&self, winner: &Connection, new: &Connection) -> bool {
        let [spent, stored, ours] = [&self.connection, winner, new].map(refresh_fingerprint);
        let may_yield = match &winner.grant {
            Grant::Live(_) => ours != spent,
            Grant::Lapsed { lapse, .. } => {
                matches!(lapse, Lapse::LostReply | Lapse::Revoked | Lapse::Spent)
            }
        };
        may_yield && stored == spent
    }

    fn renewed(&self, issued: Issued, reason: Reason) -> Connection {
        let now = self.keeper.now();
        let old = self.connection.tokens();
        let mut refusals = self.connection.refusals.clone();
        if reason == Reason::Rejected {
            refusals.push(now);
        }
        let excess = refusals.len().saturating_sub(REFUSALS_ALLOWED);
        refusals.drain(..excess);
        Connection {
            grant: Grant::Live(TokenSet::issued(issued, now, Some(old))),
            generation: self.connection.generation.next(),
            attempt: None,
            refusals,
            ..self.connection.clone()
        }
    }
}

/// Saves until it is saved; callers are served meanwhile. `false`: somebody without our lease has
/// saved a newer grant.
pub(crate) async fn save_at_last(
    keeper: &Keeper,
    slot: &Slot,
    lease: &Lease,
    new: &Connection,
    replaces: Generation,
) -> bool {
    let mut wait = Duration::from_millis(50);
    loop {
        match keeper.store().save(lease, new, replaces).await {
            Ok(()) => return true,
            Err(error) if error.kind() == ErrorKind::Conflict => return false,
            Err(error) => {
                keeper.publish(slot, new);
                keeper.notify(slot.id(), || Event::Undurable {
                    detail: chain(&error),
                });
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_SAVE_WAIT);
    }
}

impl TokenSet {
    /// What the provider issued, received at `now`. A refresh token that it does not send stays the old one
    /// (RFC 6749 §6), and so do the ends that it does not tell.
    pub(crate) fn issued(issued: Issued, now: Timestamp, old: Option<&Self>) -> Self {
        let obtained = policy::issued_at(now, issued.date, issued.access_life);
        let end = |life: Option<SignedDuration>| obtained.saturating_add(life?).ok();
        Self {
            access: Some(issued.access),
            access_expires: end(issued.access_life),
            refresh: issued
                .refresh
                .or_else(|| old.and_then(|old| old.refresh.clone())),
            refresh_expires: end(issued.refresh_life)
                .or_else(|| old.and_then(|old| old.refresh_expires)),
            grant_expires: end(issued.grant_life).or_else(|| old.and_then(|old| old.grant_expires)),
            obtained: Some(obtained),
        }
    }
}
