//! Who holds which refresh token, in the stores that grants are taken into.
//!
//! A store is read through once for each run, however many grants come; what is taken in meanwhile is
//! added. Two runs at the same time don't see each other: it is a look at what people do by mistake, not
//! a lock.

use std::collections::BTreeMap;

use evergrant::{Connection, ConnectionId, Fingerprint, Grant, Next, Registry};

use crate::failure::Result;

/// The holders of each store, by its place.
#[derive(Default)]
pub(super) struct Holders(BTreeMap<String, Held>);

/// The name by which a store holds each refresh token that is alive in it.
#[derive(Default)]
pub(super) struct Held(BTreeMap<Fingerprint, ConnectionId>);

impl Holders {
    /// Those of one store.
    pub(super) async fn of(&mut self, place: &str, registry: &dyn Registry) -> Result<&mut Held> {
        if !self.0.contains_key(place) {
            self.0.insert(place.to_owned(), Held::read(registry).await?);
        }
        Ok(self.0.entry(place.to_owned()).or_default())
    }
}

impl Held {
    async fn read(registry: &dyn Registry) -> Result<Self> {
        let mut held = Self::default();
        let mut mark = None;
        loop {
            let survey = registry.survey(mark.as_ref()).await?;
            // A row that can't be read is no reason to take nothing in.
            let readable = survey
                .sightings
                .into_iter()
                .filter_map(|it| it.connection.ok()?);
            readable.for_each(|connection| held.add(&connection));
            match survey.next {
                Next::More(further) => mark = Some(further),
                Next::From(_) | Next::Anew => return Ok(held),
            }
        }
    }

    /// Notes a connection, if its grant is alive.
    pub(super) fn add(&mut self, connection: &Connection) {
        if let (Grant::Live(_), Some(token)) = (&connection.grant, token(connection)) {
            self.0.insert(token, connection.id.clone());
        }
    }

    /// Who else holds the connection's refresh token.
    pub(super) fn other_than(&self, connection: &Connection) -> Option<ConnectionId> {
        let holder = self.0.get(&token(connection)?)?;
        (*holder != connection.id).then(|| holder.clone())
    }
}

fn token(connection: &Connection) -> Option<Fingerprint> {
    let refresh = connection.tokens().refresh.as_ref();
    refresh.map(evergrant::RefreshToken::fingerprint)
}
