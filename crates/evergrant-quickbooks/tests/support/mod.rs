//! A client and the sandbox that it talks to.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test uses its part, and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use evergrant::{
    AccessToken, ClientSecret, Connection, ConnectionId, Generation, Grant, Keeper, MemoryStore,
    OAuthClient, RefreshToken, TokenSet,
};
use evergrant_quickbooks::{
    Client, Endpoints, EntityKind, Environment, Error, Overrides, intuit_at,
};
use evergrant_sandbox::{Counters, Effect, Fault, Handle, Options, Sandbox, Where};

/// A sandbox, a keeper with a grant of its company, a client.
pub struct Books {
    pub sandbox: Handle,
    pub keeper: Keeper,
    pub client: Client,
    tokens: serde_json::Value,
    tls: bool,
}

impl Books {
    pub async fn open() -> Self {
        Self::start(false, Options::default()).await
    }

    pub async fn over_tls() -> Self {
        Self::start(true, Options::default()).await
    }

    /// Another sandbox than the usual one.
    pub async fn with(options: Options) -> Self {
        Self::start(false, options).await
    }

    async fn start(tls: bool, options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let tokens = sandbox.issue_grant(sandbox.realm());
        let base = if tls {
            sandbox.https_url()
        } else {
            sandbox.http_url()
        };
        let base: url::Url = base.unwrap().parse().unwrap();
        let overrides = Overrides {
            base_url: Some(base.clone()),
            token_url: Some(base.join("/oauth2/v1/tokens/bearer").unwrap()),
            ..Overrides::default()
        };
        let environment = Environment::Sandbox;
        let endpoints = Endpoints::of(environment).overridden(overrides);
        let provider = intuit_at(environment, &endpoints);
        let store = MemoryStore::new();
        store.insert(connection(&provider.name, sandbox.realm(), &tokens));
        let keys = OAuthClient {
            id: sandbox.client_id().to_owned(),
            secret: Some(ClientSecret::new(sandbox.client_secret())),
        };
        let keeper = Keeper::builder(Arc::new(store))
            .provider(provider, keys)
            .trust_pem(sandbox.ca_pem())
            .build()
            .unwrap();
        let client = Client::new(keeper.client(&acme()), base, sandbox.realm());
        Self {
            sandbox,
            keeper,
            client,
            tokens,
            tls,
        }
    }

    pub fn base_url(&self) -> String {
        let url = if self.tls {
            self.sandbox.https_url()
        } else {
            self.sandbox.http_url()
        };
        url.unwrap()
    }

    pub fn client_of(&self, realm: &str) -> Client {
        let base = self.base_url().parse().unwrap();
        Client::new(self.keeper.client(&acme()), base, realm)
    }

    pub async fn read(&self) -> Result<evergrant_quickbooks::Entity, Error> {
        self.client.read_entity(EntityKind::Employee, "58").await
    }

    pub fn fault(&self, fault: Fault) {
        self.sandbox.control().add_fault(fault);
    }

    pub fn answer_once(&self, status: u16, body: &str) {
        self.fault(Fault::new(Where::Api, answer(status, body)));
    }

    pub fn counters(&self) -> Counters {
        self.sandbox.control().counters()
    }

    pub fn shows_no_token(&self, error: &Error) {
        let exchange = error.exchange().unwrap();
        let shown = format!(
            "{error} {error:?} {} {exchange:?} {:?} {:?}",
            error.advice(),
            exchange.request,
            exchange.body
        );
        for secret in ["access_token", "refresh_token"] {
            assert!(
                !shown.contains(self.tokens[secret].as_str().unwrap()),
                "{shown}"
            );
        }
    }
}

pub fn acme() -> ConnectionId {
    ConnectionId::new("acme")
}

/// A grant whose access token is of unknown age, as from a bare token file.
fn connection(provider: &str, realm: &str, tokens: &serde_json::Value) -> Connection {
    let secret = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Connection {
        id: acme(),
        provider: provider.to_owned(),
        realm: Some(realm.to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(secret("access_token"))),
            access_expires: None,
            refresh: Some(RefreshToken::new(secret("refresh_token"))),
            refresh_expires: None,
            grant_expires: None,
            obtained: None,
        }),
        generation: Generation(1),
        attempt: None,
        refusals: Vec::new(),
    }
}

pub fn answer(status: u16, body: &str) -> Effect {
    Effect::Answer {
        status,
        headers: BTreeMap::new(),
        body: body.to_owned(),
        after: false,
    }
}
