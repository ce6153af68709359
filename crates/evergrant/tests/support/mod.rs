//! What the tests share: a sandbox, a token file of its making, and keepers over them.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file uses its part; a test stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evergrant::{
    AuthClient, Body, ClientSecret, Connection, ConnectionId, Event, FileStore, Keeper,
    KeeperBuilder, KeyRing, Notice, OAuthClient, Provider, Replay, Result, RevokeBody, Rotation,
    Sealer, TokenFile,
};
use evergrant_sandbox::{Counters, Handle, Options, Sandbox};
use http::{Request, Response};

pub use evergrant_sandbox::{Effect, Fault, Where};

pub const REALM: &str = "123146096291789";

/// A sandbox with one grant, whose token file is adopted.
pub struct World {
    pub sandbox: Handle,
    pub directory: tempfile::TempDir,
    tls: bool,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Options::default(), false).await
    }

    pub async fn with_rotation(rotation: evergrant_sandbox::Rotation) -> Self {
        let options = Options {
            rotation,
            ..Options::default()
        };
        Self::with(options, false).await
    }

    pub async fn over_tls() -> Self {
        Self::with(Options::default(), true).await
    }

    pub async fn with(options: Options, tls: bool) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let world = Self {
            sandbox,
            directory: tempfile::tempdir().unwrap(),
            tls,
        };
        world.new_login();
        world
    }

    /// Puts a fresh grant into the token file, as a human would after consent.
    pub fn new_login(&self) {
        let grant = self.sandbox.issue_grant(REALM);
        write(&self.token_file(), grant.to_string());
    }

    pub fn token_file(&self) -> PathBuf {
        self.directory.path().join("token.json")
    }

    pub fn tokens(&self) -> serde_json::Value {
        let contents = std::fs::read(self.token_file()).unwrap();
        serde_json::from_slice(&contents).unwrap()
    }

    pub fn base_url(&self) -> String {
        let url = if self.tls {
            self.sandbox.https_url()
        } else {
            self.sandbox.http_url()
        };
        url.unwrap()
    }

    pub fn employee(&self) -> String {
        format!("{}/v3/company/{REALM}/employee/58", self.base_url())
    }

    pub fn expire(&self) {
        self.sandbox.control().expire_access_tokens();
    }

    pub fn counters(&self) -> Counters {
        self.sandbox.control().counters()
    }

    pub fn fault(&self, fault: Fault) {
        self.sandbox.control().add_fault(fault);
    }

    pub fn builder(&self) -> KeeperBuilder {
        let builder = keeper_builder(&self.base_url(), &self.token_file(), Replay::AtOnce);
        if self.tls {
            builder.trust_pem(self.sandbox.ca_pem())
        } else {
            builder
        }
    }

    pub fn keeper(&self) -> Keeper {
        self.builder().build().unwrap()
    }

    pub async fn stored(&self) -> Connection {
        self.keeper().connection(&acme()).await.unwrap()
    }

    pub async fn get(&self, client: &AuthClient) -> Result<Response<Body>> {
        client.send(get(&self.employee())).await
    }

    /// One request by a keeper of its own, as a program of one call makes it.
    pub async fn get_once(&self) -> Result<Response<Body>> {
        self.get(&self.keeper().client(&acme())).await
    }
}

pub fn acme() -> ConnectionId {
    ConnectionId::new("acme")
}

pub fn get(url: &str) -> Request<Body> {
    Request::get(url).body(Body::default()).unwrap()
}

pub fn keeper_builder(base: &str, token_file: &Path, replay: Replay) -> KeeperBuilder {
    let store = FileStore::new().with(acme(), kept_in(token_file));
    keeper_of(store, base, replay)
}

/// The same with tokens that are sealed with these keys.
pub fn sealed_keeper_builder(base: &str, token_file: &Path, keys: &str) -> KeeperBuilder {
    keeper_of(sealed_store(token_file, keys), base, Replay::AtOnce)
}

pub fn sealed_store(token_file: &Path, keys: &str) -> FileStore {
    let sealer = Sealer::new(KeyRing::parse(keys).unwrap());
    FileStore::new().with_sealed(acme(), kept_in(token_file), sealer)
}

fn kept_in(token_file: &Path) -> TokenFile {
    TokenFile {
        path: token_file.to_owned(),
        provider: "sandbox".to_owned(),
        realm: Some(REALM.to_owned()),
    }
}

fn keeper_of(store: FileStore, base: &str, replay: Replay) -> KeeperBuilder {
    Keeper::builder(Arc::new(store))
        .provider(provider(base, replay), client())
        .patience(Duration::from_secs(4))
}

pub fn provider(base: &str, replay: Replay) -> Provider {
    let url = |path: &str| format!("{base}{path}").parse().unwrap();
    Provider {
        revoke_url: Some(url("/v2/oauth2/tokens/revoke")),
        revoke_body: RevokeBody::Json,
        api_origins: vec![url("/")],
        rotation: Rotation {
            replay,
            evidence: "the sandbox",
        },
        scopes: vec!["com.intuit.quickbooks.accounting".to_owned()],
        ..Provider::standard(
            "sandbox",
            url("/connect/oauth2"),
            url("/oauth2/v1/tokens/bearer"),
        )
    }
}

pub fn client() -> OAuthClient {
    OAuthClient {
        id: "evergrant-sandbox-client".to_owned(),
        secret: Some(ClientSecret::new("evergrant-sandbox-secret")),
    }
}

#[expect(clippy::disallowed_methods, reason = "the test plays another tool")]
pub fn write(path: &Path, contents: impl AsRef<[u8]>) {
    std::fs::write(path, contents).unwrap();
}

/// Everything that a keeper told, to be looked through.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<Notice>>>);

impl Told {
    pub fn listen(&self) -> impl Fn(&Notice) + Send + Sync + 'static {
        let told = Arc::clone(&self.0);
        move |notice| told.lock().unwrap().push(notice.clone())
    }

    pub fn events(&self) -> Vec<Event> {
        let told = self.0.lock().unwrap();
        told.iter().map(|notice| notice.event.clone()).collect()
    }

    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events().iter().filter(|event| wanted(event)).count()
    }
}
