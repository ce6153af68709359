//! A grant that is kept in a database: handed in, and looked at while a server may be starting.

use std::time::Duration;

use evergrant::{AccessToken, Connection, Generation, Grant, RefreshToken, Registry, TokenSet};
use evergrant_sandbox::Fingerprint;
use serde_json::Value;
use tokio::time::Instant;

use super::Result;
use super::ledger::Issued;
use super::process::HANGS;
use super::worker::{PROVIDER, REALM, connection};
use super::world::World;

/// How long to wait for a server that is starting, each time.
const AGAIN: Duration = Duration::from_millis(100);

impl World<'_> {
    /// A human's consent. A worker's lease may outlive it for a while, and so
    /// may a server's restart.
    pub(super) fn hand_in(&self, registry: &dyn Registry, grant: &Value) -> Result<()> {
        let text = |name: &str| grant[name].as_str().unwrap_or_default().to_owned();
        let found = Connection {
            id: connection(),
            provider: PROVIDER.to_owned(),
            realm: Some(REALM.to_owned()),
            grant: Grant::Live(TokenSet {
                access: Some(AccessToken::new(text("access_token"))),
                refresh: Some(RefreshToken::new(text("refresh_token"))),
                ..TokenSet::default()
            }),
            generation: Generation::default(),
            attempt: None,
            refusals: Vec::new(),
        };
        self.patiently(async || {
            let lease = registry.lease(&found.id, HANGS).await?;
            let adoption = registry.adopt(&lease, &found).await;
            registry.release(lease).await;
            adoption
        })?;
        Ok(())
    }

    /// Asks again for as long as time may heal what is wrong: a server is starting.
    pub(super) fn patiently<T>(&self, ask: impl AsyncFn() -> evergrant::Result<T>) -> Result<T> {
        let begun = Instant::now();
        self.stage.runtime.block_on(async {
            loop {
                match ask().await {
                    Err(error) if error.is_transient() && begun.elapsed() < HANGS => {
                        tokio::time::sleep(AGAIN).await;
                    }
                    answer => return Ok(answer?),
                }
            }
        })
    }
}

/// The tokens of a record, by name.
pub(super) fn held(connection: &Connection) -> Option<Issued> {
    let tokens = connection.tokens();
    let (access, refresh) = (tokens.access.as_ref()?, tokens.refresh.as_ref()?);
    Some(Issued {
        access: Fingerprint::of(access.expose()).to_string(),
        refresh: Fingerprint::of(refresh.expose()).to_string(),
    })
}
