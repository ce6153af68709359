//! The network between a process and the token endpoint: each point at which an exchange can fail.

use std::pin::Pin;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use url::form_urlencoded;

use super::judge::Known;
use super::provider::{Pair, Refresh};
use super::world::{Pid, State, World};
use crate::transport::{Answer, Lost, Network};
use crate::{Body, Error, ErrorKind, Result};

/// When a client gives an exchange up.
const TIMEOUT: Duration = Duration::from_secs(30);
/// In how many exchanges a process is stopped before the request leaves, and before its answer is read.
const NEAR_THE_EXCHANGE: usize = 8;
/// More than any request of ours.
const BODY_LIMIT: usize = 64 * 1024;

/// A process's way to the provider.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) world: World,
    pub(super) pid: Pid,
}

/// What can befall an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    NeverConnected,
    RequestLost,
    ReplyLost,
    /// The request arrives when the client has given up.
    Late,
    Truncated,
    /// Somebody on the way answers success with a page.
    Page {
        acted: bool,
    },
    Failed {
        status: u16,
        acted: bool,
    },
    Refused {
        status: u16,
    },
}

const MISHAPS: [Mishap; 15] = [
    Mishap::NeverConnected,
    Mishap::NeverConnected,
    Mishap::RequestLost,
    Mishap::ReplyLost,
    Mishap::ReplyLost,
    Mishap::Late,
    Mishap::Truncated,
    Mishap::Page { acted: false },
    Mishap::Page { acted: true },
    Mishap::Failed {
        status: 500,
        acted: true,
    },
    Mishap::Failed {
        status: 504,
        acted: true,
    },
    Mishap::Failed {
        status: 502,
        acted: false,
    },
    Mishap::Refused { status: 503 },
    Mishap::Refused { status: 429 },
    Mishap::Refused { status: 401 },
];

impl Network for Wire {
    fn carry(
        &self,
        _method: Method,
        _uri: Uri,
        _headers: HeaderMap,
        body: Body,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, Lost>> + Send + '_>> {
        Box::pin(async move {
            // It takes its time until there is a connection for the body to be sent on.
            self.maybe_halt().await;
            match body.bytes(BODY_LIMIT).await {
                Ok(form) => self.exchange(&form).await,
                Err(error) => Err(Lost { sent: false, error }),
            }
        })
    }
}

impl Wire {
    async fn exchange(&self, form: &[u8]) -> Result<Answer, Lost> {
        self.world.survive(self.pid);
        let belief = self.world.belief();
        let (token, mishap, latency) = {
            let mut state = self.world.lock();
            let token = state.token_in(form);
            let mishap = state.mishap();
            let slow = if state.dice.once_in(8) { 14_000 } else { 900 };
            let latency = state.dice.within(Duration::from_millis(slow));
            state.tally.exchanges += 1;
            (token, mishap, latency)
        };
        let Some(token) = token else {
            return Ok(answered(StatusCode::BAD_REQUEST, INVALID_GRANT));
        };
        if mishap == Some(Mishap::NeverConnected) {
            self.tell(token, "never connects");
            self.world.pass(self.pid, latency).await;
            return Err(lost(false));
        }
        let spend = self.world.lock().judge_spend(self.pid, token, &belief);
        self.tell(token, &format!("is sent, {mishap:?}"));
        self.world.lock().tempt(self.pid);
        if matches!(mishap, Some(Mishap::RequestLost | Mishap::Late)) {
            if mishap == Some(Mishap::Late) {
                self.arrive_late(token, spend, latency);
            }
            self.world.pass(self.pid, TIMEOUT).await;
            return Err(lost(true));
        }
        self.arrive(token, spend, mishap, latency).await
    }

    /// The bytes are on their way, whatever becomes of the process.
    async fn arrive(
        &self,
        token: Refresh,
        spend: usize,
        mishap: Option<Mishap>,
        latency: Duration,
    ) -> Result<Answer, Lost> {
        tokio::time::sleep(latency).await;
        let acts = mishap.is_none_or(Mishap::acts);
        let issued = acts.then(|| self.world.lock().act(token, spend)).flatten();
        self.world.survive(self.pid);
        if mishap == Some(Mishap::ReplyLost) {
            self.world.pass(self.pid, TIMEOUT - latency).await;
            return Err(lost(true));
        }
        self.world.pass(self.pid, latency).await;
        self.maybe_halt().await;
        let mut state = self.world.lock();
        let answer = state.answer(issued, mishap);
        let known = match (mishap, issued) {
            (None, Some(pair)) => Known::Received(pair),
            (None, None) | (Some(Mishap::Refused { .. }), _) => Known::Refused,
            (Some(_), _) => Known::Nothing,
        };
        state.ledger.learn(spend, known);
        Ok(answer)
    }

    fn arrive_late(&self, token: Refresh, spend: usize, by: Duration) {
        let world = self.world.clone();
        tokio::spawn(async move {
            tokio::time::sleep(TIMEOUT + by).await;
            world.lock().act(token, spend);
        });
    }

    /// A process that can lose its lease is likely to be stopped when most is at stake.
    async fn maybe_halt(&self) {
        if !self.world.lock().has_database() {
            return;
        }
        self.world.lock().maybe_stop(self.pid, NEAR_THE_EXCHANGE);
        self.world.halt(self.pid).await;
    }

    fn tell(&self, token: Refresh, what: &str) {
        let pid = self.pid;
        let mut state = self.world.lock();
        state.tell(|| format!("process {pid}: refresh token {token} {what}"));
    }
}

impl Mishap {
    /// Whether the provider has acted all the same.
    fn acts(self) -> bool {
        match self {
            Self::ReplyLost | Self::Truncated | Self::Late => true,
            Self::Page { acted } | Self::Failed { acted, .. } => acted,
            Self::NeverConnected | Self::RequestLost | Self::Refused { .. } => false,
        }
    }
}

const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;

impl State {
    fn token_in(&self, form: &[u8]) -> Option<Refresh> {
        let mut members = form_urlencoded::parse(form);
        let (_, text) = members.find(|(name, _)| name == "refresh_token")?;
        self.provider.find_refresh(&text)
    }

    fn mishap(&mut self) -> Option<Mishap> {
        let struck = !self.over && self.dice.once_in(self.scenario.mishap);
        struck.then(|| self.dice.pick(&MISHAPS)).flatten()
    }

    /// Crashes like to come when most is at stake.
    fn tempt(&mut self, pid: Pid) {
        if self.dice.once_in(self.scenario.crash_near_exchange) {
            self.light_fuse(pid);
        }
    }

    /// The provider acts on a request.
    fn act(&mut self, token: Refresh, spend: usize) -> Option<Pair> {
        self.tally.spends += 1;
        let now = self.now();
        let issued = self.provider.spend(token, now, &mut self.dice);
        self.tell(|| format!("provider: refresh token {token} brings {issued:?}"));
        self.ledger.minted(spend, issued);
        issued
    }

    fn answer(&mut self, issued: Option<Pair>, mishap: Option<Mishap>) -> Answer {
        let tokens = issued.map(|pair| self.tokens(pair));
        match mishap {
            Some(Mishap::Page { .. }) => answered(StatusCode::OK, "<html>Welcome</html>"),
            Some(Mishap::Failed { status, .. } | Mishap::Refused { status }) => {
                let status = StatusCode::from_u16(status).unwrap_or_default();
                let mut answer = answered(status, "");
                if status == StatusCode::TOO_MANY_REQUESTS {
                    let wait = HeaderValue::from_static("7");
                    answer.headers_mut().insert(RETRY_AFTER, wait);
                }
                answer
            }
            Some(Mishap::Truncated) => {
                let whole = tokens.unwrap_or_default();
                let cut = self.dice.below(whole.len());
                answered(StatusCode::OK, &whole[..cut])
            }
            _ => match tokens {
                Some(tokens) => answered(StatusCode::OK, &tokens),
                None => answered(StatusCode::BAD_REQUEST, INVALID_GRANT),
            },
        }
    }

    fn tokens(&self, pair: Pair) -> String {
        format!(
            r#"{{"access_token":"{}","refresh_token":"{}","expires_in":3600,"token_type":"bearer"}}"#,
            self.provider.access_text(pair.access),
            self.provider.refresh_text(pair.refresh),
        )
    }
}

fn answered(status: StatusCode, body: &str) -> Answer {
    let mut answer = Answer::new(body.to_owned().into());
    *answer.status_mut() = status;
    answer
}

fn lost(sent: bool) -> Lost {
    Lost {
        sent,
        error: Error::new(ErrorKind::Unavailable, "the simulated network failed"),
    }
}

/// A wire that sends again by itself what was not answered: what must never be.
#[derive(Debug)]
pub(super) struct Insistent(pub(super) Wire);

impl Network for Insistent {
    fn carry(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Body,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, Lost>> + Send + '_>> {
        Box::pin(async move {
            let form = body.bytes(BODY_LIMIT).await.unwrap_or_default();
            let send = || {
                let (method, uri, headers) = (method.clone(), uri.clone(), headers.clone());
                self.0.carry(method, uri, headers, form.clone().into())
            };
            match send().await {
                Err(lost) if lost.sent => send().await,
                answered => answered,
            }
        })
    }
}
