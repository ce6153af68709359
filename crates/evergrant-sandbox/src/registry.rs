//! Who is registered: the clients with their keys, and the world that a company belongs to.
//!
//! Intuit gives an app two pairs of keys, one for sandbox companies and one for real ones. Here a client and a
//! company may each be bound to one of the two worlds; what is bound to none is at home in both, so that nobody who
//! does not ask about environments need know of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::host::Environment;

/// A registered client: a pair of keys.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    #[serde(rename = "client_id")]
    pub(crate) id: String,
    #[serde(rename = "client_secret")]
    pub(crate) secret: String,
    /// Where consent may return to; anywhere suitable if empty.
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
    /// Development or Production keys.
    #[serde(default)]
    pub(crate) environment: Option<Environment>,
}

/// All clients, and the companies that are bound to a world. The first client is the one of the options.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Registry {
    clients: Vec<Client>,
    companies: BTreeMap<String, Environment>,
}

impl Registry {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            clients: vec![client],
            companies: BTreeMap::new(),
        }
    }

    pub(crate) fn clients(&self) -> &[Client] {
        &self.clients
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Registers a client, in place of the one with the same id if there is one.
    pub(crate) fn register(&mut self, client: Client) {
        match self.clients.iter_mut().find(|known| known.id == client.id) {
            Some(known) => *known = client,
            None => self.clients.push(client),
        }
    }

    /// Binds a company to a world, or to none.
    pub(crate) fn bind(&mut self, realm: &str, environment: Option<Environment>) {
        match environment {
            Some(environment) => self.companies.insert(realm.to_owned(), environment),
            None => self.companies.remove(realm),
        };
    }

    /// The world that a company is bound to.
    pub(crate) fn environment(&self, realm: &str) -> Option<Environment> {
        self.companies.get(realm).copied()
    }

    /// Whether this client's keys open this company.
    pub(crate) fn opens(&self, client: &str, realm: &str) -> bool {
        let keys = self.client(client).and_then(|client| client.environment);
        agree(keys, self.environment(realm))
    }
}

/// Whether two bindings do not contradict each other.
pub(crate) fn agree(one: Option<Environment>, other: Option<Environment>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str, environment: Option<Environment>) -> Client {
        Client {
            id: id.to_owned(),
            secret: "s".to_owned(),
            redirect_uris: Vec::new(),
            environment,
        }
    }

    #[test]
    fn keys_open_the_companies_of_their_world() {
        let mut registry = Registry::new(client("any", None));
        registry.register(client("production", Some(Environment::Production)));
        registry.bind("1", Some(Environment::Sandbox));
        assert!(registry.opens("any", "1"));
        assert!(!registry.opens("production", "1"));
        assert!(registry.opens("production", "2"), "a company bound to none");
        registry.bind("1", None);
        assert!(registry.opens("production", "1"));
    }

    #[test]
    fn registering_again_replaces_the_keys() {
        let mut registry = Registry::new(client("any", None));
        registry.register(Client {
            secret: "other".to_owned(),
            ..client("any", None)
        });
        assert_eq!(registry.clients().len(), 1);
        assert_eq!(registry.client("any").unwrap().secret, "other");
    }
}
