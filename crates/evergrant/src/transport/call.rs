//! A token exchange: one request on a connection of its own.
//!
//! The connection is made first, while the attempt is being recorded, and the request follows: between
//! the last look at the lease and the sending of the token lies nothing that takes time.

#[cfg(feature = "test-util")]
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::uri::{Parts, Scheme};
use http::{HeaderMap, Method, Uri};
use hyper::client::conn::http1;
use tokio::time::{Instant, sleep};

#[cfg(feature = "test-util")]
use super::Network;
use super::connect::Stream;
use super::dial::Dialer;
use super::{Answer, Lost, closed, request, silent};
use crate::body::{Deadline, Withheld};
use crate::{Body, Error, ErrorKind};

/// A whole exchange, from the dialling on. Callers wait for it, and so does everybody who wants the
/// lease.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer is still looked for when its time is over.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// An unused connection older than this is not trusted: its server may be about to close it.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// A connection that waits for its one request.
pub(crate) struct Call {
    to: Uri,
    line: Line,
}

enum Line {
    Real {
        stream: Stream,
        since: Instant,
        deadline: Deadline,
    },
    #[cfg(feature = "test-util")]
    Simulated(Arc<dyn Network>),
}

impl Call {
    pub(super) async fn dial(dialer: &Dialer, to: Uri) -> Result<Self, Lost> {
        let deadline = Box::pin(time_over(TIMEOUT));
        let connected = dialer.connect(&to).await;
        let stream = connected.map_err(|error| Lost { sent: false, error })?;
        let line = Line::Real {
            stream,
            since: Instant::now(),
            deadline,
        };
        Ok(Self { to, line })
    }

    #[cfg(feature = "test-util")]
    pub(super) fn simulated(network: &Arc<dyn Network>, to: Uri) -> Self {
        let line = Line::Simulated(Arc::clone(network));
        Self { to, line }
    }

    /// Whether it has been waiting for so long that another one had better be made.
    pub(crate) fn is_stale(&self) -> bool {
        match &self.line {
            Line::Real { since, .. } => since.elapsed() > FRESH_FOR,
            #[cfg(feature = "test-util")]
            Line::Simulated(_) => false,
        }
    }

    /// Posts the request. The answer's body has to be there too when the time is over.
    pub(crate) async fn post(self, headers: HeaderMap, body: Body) -> Result<Answer, Lost> {
        match self.line {
            Line::Real {
                stream,
                mut deadline,
                ..
            } => {
                let sent = send(stream, &self.to, headers, body);
                tokio::select! {
                    biased;
                    sent = sent => sent.map(|answer| answer.map(|body| Body::due(body, deadline))),
                    () = &mut deadline => Err(silent(&self.to)),
                }
            }
            #[cfg(feature = "test-util")]
            Line::Simulated(network) => network.carry(Method::POST, self.to, headers, body).await,
        }
    }
}

async fn send(
    stream: Stream,
    to: &Uri,
    mut headers: HeaderMap,
    body: Body,
) -> Result<http::Response<hyper::body::Incoming>, Lost> {
    let lost = |sent, error: hyper::Error| {
        let failure = if is_withheld(&error) {
            let what = "the lease ran out before anything was sent";
            Error::new(ErrorKind::Unavailable, what)
        } else {
            closed(to)
        };
        Lost {
            sent,
            error: failure.with_source(error),
        }
    };
    let (mut sender, connection) = http1::handshake(stream)
        .await
        .map_err(|error| lost(false, error))?;
    // It ends with the answer's body, or with the one who waits for it.
    tokio::spawn(connection);
    if let Some(host) = host(to) {
        headers.insert(HOST, host);
    }
    let request = request(Method::POST, &path(to), headers, body);
    sender
        .try_send_request(request)
        .await
        .map_err(|mut unsent| {
            // What comes back as it was, has not begun to be written.
            let sent = unsent.take_message().is_none();
            let error = unsent.into_error();
            lost(sent && !is_withheld(&error), error)
        })
}

/// Whether the body was held back by ourselves.
fn is_withheld(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<Withheld>() || error.source().is_some_and(is_withheld)
}

/// The host as the `Host` header names it (RFC 9110 §7.2).
fn host(to: &Uri) -> Option<HeaderValue> {
    let name = to.host()?;
    let usual = match to.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => 443,
        _ => 80,
    };
    let value = match to.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    HeaderValue::from_str(&value).ok()
}

/// Path and query alone, as a request line names them.
fn path(to: &Uri) -> Uri {
    let mut parts = Parts::default();
    parts.path_and_query = to.path_and_query().cloned();
    Uri::from_parts(parts).unwrap_or_default()
}

/// Ends when so much time has passed, and a last look at the sockets besides.
///
/// A process that was stopped, or a machine that slept, wakes up to find the time over and the answer
/// waiting in its socket, where nobody has looked yet. To call it too late would throw a refresh
/// token away.
async fn time_over(time: Duration) {
    sleep(time).await;
    sleep(LAST_LOOK).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_came_while_the_process_stood_still_is_not_too_late() {
        let (answer, arriving) = tokio::sync::oneshot::channel();
        let work = tokio::spawn(async {
            tokio::select! {
                biased;
                answer = arriving => answer.ok(),
                () = time_over(TIMEOUT) => None,
            }
        });
        tokio::task::yield_now().await;
        tokio::time::advance(TIMEOUT * 2).await;
        // The time is over, and only then the socket is looked at.
        tokio::task::yield_now().await;
        answer.send("tokens").unwrap();
        assert_eq!(work.await.unwrap(), Some("tokens"));
    }

    #[test]
    fn the_host_header_names_an_unusual_port_only() {
        let host = |url: &str| host(&url.parse().unwrap()).unwrap();
        assert_eq!(host("https://a.example/token"), "a.example");
        assert_eq!(host("https://a.example:443/token"), "a.example");
        assert_eq!(host("https://a.example:8443/token"), "a.example:8443");
        assert_eq!(host("http://[::1]:8080/"), "[::1]:8080");
    }

    #[test]
    fn a_request_line_has_path_and_query() {
        let path = |url: &str| path(&url.parse().unwrap()).to_string();
        assert_eq!(
            path("https://a.example/oauth2/token?x=1"),
            "/oauth2/token?x=1"
        );
        assert_eq!(path("https://a.example"), "/");
    }

    /// Posts a body with a proviso over a connection that is there: whether it was asked, and whether
    /// the request counts as sent.
    async fn post_to(address: std::net::SocketAddr, may: bool) -> (bool, bool) {
        let asked = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&asked);
        let proviso = move || {
            noted.store(true, Ordering::SeqCst);
            may
        };
        let body = Body::provided("token=planted", Arc::new(proviso));
        let dialer = Dialer::new(None, true).unwrap();
        let to = format!("http://{address}/token").parse().unwrap();
        let call = Call::dial(&dialer, to).await.unwrap();
        assert!(!asked.load(Ordering::SeqCst), "asked too early");
        let lost = call.post(HeaderMap::new(), body).await.unwrap_err();
        (asked.load(Ordering::SeqCst), lost.sent)
    }

    /// Everything that is said to a server, which never answers.
    async fn heard(listener: TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"planted") {
            if stream.read_buf(&mut heard).await.unwrap() == 0 {
                break;
            }
        }
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test]
    async fn h05_what_may_no_longer_be_sent_when_the_connection_is_there_is_not() {
        for may in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (heard, (asked, sent)) = tokio::join!(heard(listener), post_to(address, may));
            assert!(asked);
            assert_eq!(
                (heard.ends_with("token=planted"), sent),
                (may, may),
                "{heard}"
            );
        }
    }
}
