//! What `AuthClient` costs on top of the HTTP client that it sends with.
//!
//! They read the same employee from the same sandbox over TLS, in short turns: on one line, where
//! the time is mostly the way to the sandbox and back, and on many, where every microsecond of work
//! of ours is one less for a request. All run on one thread. reqwest runs beside them because it is
//! what a program without evergrant would most likely use.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AuthClient, Body, ConnectionId, FileStore, Keeper, OAuthClient, Provider, TokenFile,
};
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::Url;

use crate::load::{rate, repeat};
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};
use crate::underneath::{Underneath, underneath};
use crate::{Result, client, runtime};

/// Some hundred requests, and short enough that both turns of a round meet the same weather.
const SLICE: Duration = Duration::from_millis(100);
const MANY: usize = 50;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NAME: HeaderValue = HeaderValue::from_static("evergrant-bench");
/// An employee is not a thousandth of it.
const BODY_LIMIT: usize = 1024 * 1024;

/// Measures `rounds` rounds of each.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let server = Server::start(Scheme::Https)?;
    let grant = server.issue_grant()?;
    let contest = Contest {
        evergrant: Evergrant::new(&server, &grant)?,
        bare: Bare::new(&server, &grant)?,
        reqwest: Reqwest::new(&server, &grant)?,
        runtime: runtime()?,
    };
    let one = contest.run(1, rounds)?;
    let many = contest.run(MANY, rounds)?;
    let goals = |lines: &str, rates: &Rates| {
        let goal = |peer: &str, sample: &Sample| {
            let ratio = rates.evergrant.over(sample).median();
            let label = format!("{lines}: AuthClient / {peer}");
            Goal::new(label, ratio, Bound::AtLeast(0.98))
        };
        [
            goal("bare client underneath", &rates.bare),
            goal("reqwest", &rates.reqwest),
        ]
    };
    Ok(Report {
        name: "overhead",
        how: format!("{rounds} rounds of a tenth of a second each in turns, over TLS on loopback"),
        goals: [goals("one at a time", &one), goals("50 at once", &many)].concat(),
        figures: one
            .figures("one at a time")
            .chain(many.figures("50 at once"))
            .collect(),
    })
}

struct Contest {
    evergrant: Evergrant,
    bare: Bare,
    reqwest: Reqwest,
    runtime: Runtime,
}

/// Requests a second, slice by slice.
#[derive(Default)]
struct Rates {
    evergrant: Sample,
    bare: Sample,
    reqwest: Sample,
}

impl Contest {
    /// The first slice of each is not counted: it makes the connections.
    fn run(&self, lines: usize, rounds: usize) -> Result<Rates> {
        let mut warm_up = Rates::default();
        (0..3).try_for_each(|turn| self.turn(turn, lines, &mut warm_up))?;
        let mut rates = Rates::default();
        for round in 0..rounds {
            // Who goes first changes, or being second would be measured too.
            (round..round + 3).try_for_each(|turn| self.turn(turn, lines, &mut rates))?;
        }
        Ok(rates)
    }

    fn turn(&self, turn: usize, lines: usize, rates: &mut Rates) -> Result<()> {
        match turn % 3 {
            0 => rates.evergrant.push(self.rate(&self.evergrant, lines)?),
            1 => rates.bare.push(self.rate(&self.bare, lines)?),
            _ => rates.reqwest.push(self.rate(&self.reqwest, lines)?),
        }
        Ok(())
    }

    fn rate<R: Reader>(&self, reader: &R, lines: usize) -> Result<f64> {
        let line = || {
            let reader = reader.clone();
            repeat(SLICE, move || reader.clone().read())
        };
        self.runtime.block_on(rate(lines, line))
    }
}

impl Rates {
    fn figures(self, lines: &str) -> impl Iterator<Item = Figure> {
        let figure = |who, sample| Figure::new(format!("{lines}: {who}"), "requests/s", sample);
        [
            figure("AuthClient", self.evergrant),
            figure("bare client underneath", self.bare),
            figure("reqwest", self.reqwest),
        ]
        .into_iter()
    }
}

/// Reads the employee once.
trait Reader: Clone + Send + 'static {
    fn read(self) -> impl Future<Output = std::result::Result<(), String>> + Send;
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
}

impl Reader for Evergrant {
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
    client: Underneath,
    url: Uri,
    authorization: HeaderValue,
}

impl Bare {
    fn new(server: &Server, grant: &Value) -> Result<Self> {
        Ok(Self {
            client: underneath(&fs::read(server.variable("EVERGRANT_CA_FILE")?)?)?,
            url: server.employee_url()?.parse()?,
            authorization: authorization(grant)?,
        })
    }
}

impl Reader for Bare {
    async fn read(self) -> std::result::Result<(), String> {
        let request = Request::get(self.url)
            .header(ACCEPT, JSON)
            .header(AUTHORIZATION, self.authorization)
            .header(USER_AGENT, NAME)
            .body(Full::default())
            .map_err(|e| e.to_string())?;
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|e| e.to_string())?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        check(status, &body.map_err(|e| e.to_string())?.to_bytes())
    }
}

/// Reads it with the client that most programs take.
#[derive(Clone)]
struct Reqwest {
    client: reqwest::Client,
    url: Url,
    authorization: HeaderValue,
}

impl Reqwest {
    fn new(server: &Server, grant: &Value) -> Result<Self> {
        Ok(Self {
            client: client::bare(&fs::read(server.variable("EVERGRANT_CA_FILE")?)?)?,
            url: server.employee_url()?.parse()?,
            authorization: authorization(grant)?,
        })
    }
}

impl Reader for Reqwest {
    async fn read(self) -> std::result::Result<(), String> {
        let request = self.client.get(self.url).header(ACCEPT, JSON);
        let request = request
            .header(AUTHORIZATION, self.authorization)
            .header(USER_AGENT, NAME);
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let status = answer.status();
        check(status, &answer.bytes().await.map_err(|e| e.to_string())?)
    }
}

fn authorization(grant: &Value) -> Result<HeaderValue> {
    let token = grant["access_token"].as_str().ok_or("no access token")?;
    Ok(HeaderValue::from_str(&format!("Bearer {token}"))?)
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
