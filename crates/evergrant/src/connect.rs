//! The two ends of a grant's life that a human asks for: consent redeemed, grant revoked.
//!
//! Both keep the order of the refresh routine: lease, re-read, prove the store writable, then the
//! one call that can't be repeated, then the save.

use std::sync::Arc;

use crate::authorize::Granted;
use crate::breaker::Lesson;
use crate::keeper::{Keeper, Registered, Slot};
use crate::refresh::{LEASE_WAIT, save_at_last, sentence};
use crate::store::Lease;
use crate::token_endpoint::{Failure, Issued, TokenEndpoint};
use crate::{
    Attempt, Connection, Consent, Error, ErrorKind, Event, Generation, Grant, Lapse, Outcome,
    Result, TokenSet,
};

/// Redeems the code of a checked callback, once, and saves the grant.
pub(crate) async fn redeem(
    keeper: &Keeper,
    consent: Consent,
    granted: Granted,
) -> Result<Connection> {
    let slot = keeper.slot(&consent.connection);
    let registered = keeper.registered(&consent.provider)?;
    let lease = keeper.store().lease(slot.id(), LEASE_WAIT).await?;
    let stored = keeper.store().load(slot.id()).await?;
    let expected = stored.as_ref().and_then(|old| old.realm.clone());
    require_same_company(&slot, expected.as_deref(), granted.realm.as_deref())?;
    let attempt = begun(keeper, &granted);
    keeper.store().record(&lease, &attempt).await?;
    let endpoint = TokenEndpoint {
        transport: keeper.transport(),
        observer: keeper.observer(),
        connection: slot.id(),
        provider: &registered.provider,
        client: &registered.client,
    };
    let exchanged = endpoint
        .exchange_code(&granted.code, &consent.redirect, &consent.verifier)
        .await;
    learn(keeper, &registered, &exchanged.result);
    let issued = match exchanged.result {
        Ok(issued) => issued,
        Err(failure) => {
            tell(keeper, &slot, exchanged.told);
            let over = Attempt {
                outcome: Outcome::NotSpent,
                why: Some(sentence(&failure.error, &[granted.code.expose()])),
                ..attempt
            };
            drop(keeper.store().record(&lease, &over).await);
            return Err(code_refused(failure.error, failure.invalid_grant));
        }
    };
    let replaces = stored
        .as_ref()
        .map_or(Generation::default(), |old| old.generation);
    let mut new = Connection {
        id: slot.id().clone(),
        provider: consent.provider.clone(),
        realm: granted.realm.or(expected),
        grant: Grant::Live(TokenSet::issued(issued, keeper.now(), None)),
        generation: replaces.next(),
        attempt: None,
        refusals: Vec::new(),
    };
    keeper.adopt_provider(&slot, &new)?;
    save_consent(keeper, &slot, &lease, &mut new, replaces).await?;
    tell(keeper, &slot, exchanged.told);
    keeper.publish(&slot, &new);
    keeper.notify(slot.id(), || Event::Connected {
        generation: new.generation,
    });
    Ok(new)
}

fn begun(keeper: &Keeper, granted: &Granted) -> Attempt {
    Attempt {
        spends: granted.code.fingerprint(),
        started: keeper.now(),
        outcome: Outcome::Open,
        failures: 0,
        retry_at: None,
        why: Some("consent was given".to_owned()),
    }
}

/// Saves what consent has brought. What was pasted in since is older than this consent.
async fn save_consent(
    keeper: &Keeper,
    slot: &Slot,
    lease: &Lease,
    new: &mut Connection,
    mut replaces: Generation,
) -> Result<()> {
    while !save_at_last(keeper, slot, lease, new, replaces).await {
        replaces = keeper.connection(slot.id()).await?.generation;
        new.generation = replaces.next();
    }
    Ok(())
}

/// A human who connects tries the app for all its connections.
fn learn(keeper: &Keeper, registered: &Registered, result: &Result<Issued, Failure>) {
    let Registered { provider, client } = registered;
    let lesson = match result {
        Ok(_) => Lesson::AppTaken,
        Err(failure) if failure.app_refused => {
            Lesson::AppRefused(failure.error.context().to_owned())
        }
        Err(_) => return,
    };
    let now = keeper.moment();
    keeper.breaker().learn(provider, client, lesson, now);
}

fn tell(keeper: &Keeper, slot: &Slot, event: Option<Event>) {
    if let Some(event) = event {
        keeper.notify(slot.id(), || event);
    }
}

/// Consent for another company must not overwrite this one's grant.
fn require_same_company(slot: &Slot, expected: Option<&str>, granted: Option<&str>) -> Result<()> {
    match (expected, granted) {
        (Some(expected), Some(granted)) if expected != granted => Err(Error::new(
            ErrorKind::Config,
            format!(
                "consent was given for company {granted}, but this connection is company \
                 {expected}; nothing was changed: connect it under another name"
            ),
        )
        .for_connection(slot.id())),
        _ => Ok(()),
    }
}

/// For a code, `invalid_grant` does not speak of a grant that we hold (RFC 6749 §5.2).
fn code_refused(error: Error, invalid_grant: bool) -> Error {
    if !invalid_grant {
        return error;
    }
    Error::new(
        ErrorKind::Config,
        "the authorization code was not accepted: it was used before, is older than a few minutes, \
         or the redirect URI differs from the registered one; begin again",
    )
    .with_source(error)
}

/// Revokes the grant at the provider, then marks it.
pub(crate) async fn revoke(keeper: &Keeper, slot: &Arc<Slot>) -> Result<()> {
    let lease = keeper.store().lease(slot.id(), LEASE_WAIT).await?;
    let connection = keeper.connection(slot.id()).await?;
    let registered = keeper.adopt_provider(slot, &connection)?;
    let tokens = connection.tokens().clone();
    let endpoint = TokenEndpoint {
        transport: keeper.transport(),
        observer: keeper.observer(),
        connection: slot.id(),
        provider: &registered.provider,
        client: &registered.client,
    };
    // Either token ends the grant; the refresh token is the one that surely still lives.
    match (&tokens.refresh, &tokens.access) {
        (Some(refresh), _) => endpoint.revoke(refresh.expose()).await?,
        (None, Some(access)) => endpoint.revoke(access.expose()).await?,
        (None, None) => {}
    }
    let over = Connection {
        grant: Grant::Lapsed {
            lapse: Lapse::Disconnected,
            since: keeper.now(),
            tokens,
        },
        generation: connection.generation.next(),
        attempt: None,
        ..connection.clone()
    };
    keeper
        .store()
        .save(&lease, &over, connection.generation)
        .await?;
    slot.withdraw();
    keeper.notify(slot.id(), || Event::Disconnected);
    Ok(())
}
