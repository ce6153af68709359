//! What `AuthClient` costs on top of the HTTP client that it sends with.
//!
//! Both read the same employee from the same sandbox over TLS, in short turns: on one line, where
//! the time is mostly the way to the sandbox and back, and on many, where every microsecond of work
//! of ours is one less for a request. Both run on one thread.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AuthClient, Body, ConnectionId, FileStore, Keeper, OAuthClient, Provider, TokenFile,
};
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Request, StatusCode, Uri};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::Url;

use crate::load::{rate, repeat};
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};
use crate::{Result, client, runtime};

/// Some hundred requests, and short enough that both turns of a round meet the same weather.
const SLICE: Duration = Duration::from_millis(100);
const MANY: usize = 50;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// An employee is not a thousandth of it.
const BODY_LIMIT: usize = 1024 * 1024;

/// Measures `rounds` rounds of each.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let server = Server::start(Scheme::Https)?;
    let grant = server.issue_grant()?;
    let contest = Contest {
        evergrant: Evergrant::new(&server, &grant)?,
        bare: Bare::new(&server, &grant)?,
        runtime: runtime()?,
    };
    let one = contest.run(1, rounds)?;
    let many = contest.run(MANY, rounds)?;
    let goal = |lines: &str, pair: &Pair| {
        let ratio = pair.evergrant.over(&pair.bare).median();
        Goal::new(
            format!("{lines}: AuthClient / bare client"),
            ratio,
            Bound::AtLeast(0.98),
        )
    };
    Ok(Report {
        name: "overhead",
        how: format!("{rounds} rounds of a tenth of a second each in turns, over TLS on loopback"),
        goals: vec![goal("one at a time", &one), goal("50 at once", &many)],
        figures: one
            .figures("one at a time")
            .chain(many.figures("50 at once"))
            .collect(),
    })
}

struct Contest {
    evergrant: Evergrant,
    bare: Bare,
    runtime: Runtime,
}

/// Requests a second of the two, slice by slice.
#[derive(Default)]
struct Pair {
    evergrant: Sample,
    bare: Sample,
}

impl Contest {
    /// The first slice of each is not counted: it makes the connections.
    fn run(&self, lines: usize, rounds: usize) -> Result<Pair> {
        self.evergrant(lines)?;
        self.bare(lines)?;
        let mut pair = Pair::default();
        for round in 0..rounds {
            // Who goes first changes, or being second would be measured too.
            if round % 2 == 0 {
                pair.evergrant.push(self.evergrant(lines)?);
                pair.bare.push(self.bare(lines)?);
            } else {
                pair.bare.push(self.bare(lines)?);
                pair.evergrant.push(self.evergrant(lines)?);
            }
        }
        Ok(pair)
    }

    fn evergrant(&self, lines: usize) -> Result<f64> {
        let line = || {
            let reader = self.evergrant.clone();
            repeat(SLICE, move || reader.clone().read())
        };
        self.runtime.block_on(rate(lines, line))
    }

    fn bare(&self, lines: usize) -> Result<f64> {
        let line = || {
            let reader = self.bare.clone();
            repeat(SLICE, move || reader.clone().read())
        };
        self.runtime.block_on(rate(lines, line))
    }
}

impl Pair {
    fn figures(self, lines: &str) -> impl Iterator<Item = Figure> {
        let figure = |who, sample| Figure::new(format!("{lines}: {who}"), "requests/s", sample);
        [
            figure("AuthClient", self.evergrant),
            figure("bare client", self.bare),
        ]
        .into_iter()
    }
}

/// Reads the employee as a program that uses the library does.
#[derive(Clone)]
struct Evergrant {
    client: AuthClient,
    url: Uri,
}

impl Evergrant {
    fn new(server: &Server, grant: &Value) -> Result<Self> {
        let id = ConnectionId::new("bench");
        let file = TokenFile {
            path: server.write("overhead.json", &grant.to_string())?,
            provider: "sandbox".to_owned(),
            realm: None,
        };
        let token_url = Url::parse(server.variable("EVERGRANT_TOKEN_URL")?)?;
        let mut provider = Provider::standard("sandbox", token_url.clone(), token_url);
        provider.api_origins = vec![Url::parse(server.variable("EVERGRANT_BASE_URL")?)?];
        let oauth_client = OAuthClient {
            id: server.variable("EVERGRANT_CLIENT_ID")?.to_owned(),
            secret: None,
        };
        let keeper = Keeper::builder(Arc::new(FileStore::new().with(id.clone(), file)))
            .provider(provider, oauth_client)
            .trust_pem(fs::read(server.variable("EVERGRANT_CA_FILE")?)?)
            .build()?;
        Ok(Self {
            client: keeper.client(&id),
            url: server.employee_url()?.parse()?,
        })
    }

    async fn read(self) -> std::result::Result<(), String> {
        let request = Request::get(self.url).header(ACCEPT, JSON);
        let request = request.body(Body::default()).map_err(|e| e.to_string())?;
        let answer = self.client.send(request).await.map_err(|e| e.to_string())?;
        let status = answer.status();
        let body = answer.into_body().bytes(BODY_LIMIT).await;
        check(status, &body.map_err(|e| e.to_string())?)
    }
}

/// Reads it with the client underneath, the header made once and for all.
#[derive(Clone)]
struct Bare {
    client: reqwest::Client,
    url: Url,
    authorization: HeaderValue,
}

impl Bare {
    fn new(server: &Server, grant: &Value) -> Result<Self> {
        let token = grant["access_token"].as_str().ok_or("no access token")?;
        Ok(Self {
            client: client::bare(&fs::read(server.variable("EVERGRANT_CA_FILE")?)?)?,
            url: server.employee_url()?.parse()?,
            authorization: HeaderValue::from_str(&format!("Bearer {token}"))?,
        })
    }

    async fn read(self) -> std::result::Result<(), String> {
        let request = self.client.get(self.url).header(ACCEPT, JSON);
        let request = request.header(AUTHORIZATION, self.authorization);
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let status = answer.status();
        check(status, &answer.bytes().await.map_err(|e| e.to_string())?)
    }
}

fn check(status: StatusCode, body: &[u8]) -> std::result::Result<(), String> {
    if status != StatusCode::OK || body.is_empty() {
        return Err(format!(
            "the sandbox answered {status} with {} bytes",
            body.len()
        ));
    }
    Ok(())
}
