//! `--intercept`: an HTTP proxy that answers for Intuit's hosts itself and reaches nothing but the sandbox.
//!
//! With `HTTPS_PROXY` pointing here and the sandbox's authority trusted, a client needs no change at all. Most
//! clients ask for a tunnel (`CONNECT`, RFC 9110, section 9.3.6), which ends in the sandbox's own TLS; some hand the
//! whole URL to the proxy instead (RFC 9112, section 3.2.2), and are answered without TLS. A client that sends its
//! calls to the sandbox's own address through the proxy too finds the door that listens there. No byte ever leaves
//! this machine: a proxy that let other hosts pass could send a test's tokens into the world.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::host::Host;
use crate::intuit::Intuit;
use crate::lock::hold;
use crate::server::{self, Door, Line, Reply};

const HTTPS: u16 = 443;

/// What a client can reach through the proxy.
pub(crate) struct Destinations {
    /// TLS under the names of Intuit's hosts.
    pub(crate) intuit: TlsAcceptor,
    /// The sandbox's own doors, by where they listen.
    pub(crate) own: Vec<(SocketAddr, Door)>,
}

/// A tunnel that a client was promised.
struct Tunnel {
    upgrade: OnUpgrade,
    door: Door,
}

/// Serves one client of the proxy, and its tunnel if it asks for one, until either side ends it.
pub(crate) async fn serve(intuit: Arc<Intuit>, stream: TcpStream, destinations: Arc<Destinations>) {
    let line = Arc::new(Line::default());
    let tunnel: Arc<Mutex<Option<Tunnel>>> = Arc::default();
    let respond = service_fn({
        let (intuit, line, tunnel) = (Arc::clone(&intuit), Arc::clone(&line), Arc::clone(&tunnel));
        move |mut request| {
            let asked = Asked::of(&destinations, &mut request);
            respond(
                Arc::clone(&intuit),
                Arc::clone(&line),
                Arc::clone(&tunnel),
                asked,
                request,
            )
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), respond);
    if !line
        .attend(
            connection.with_upgrades(),
            UpgradeableConnection::graceful_shutdown,
        )
        .await
    {
        return;
    }
    let Some(Tunnel { upgrade, door }) = hold(&tunnel).take() else {
        return;
    };
    let Ok(stream) = upgrade.await else {
        return;
    };
    server::enter(intuit, TokioIo::new(stream), door).await;
}

/// What a request to the proxy asks for.
enum Asked {
    Tunnel(Tunnel),
    /// An answer, by https or not.
    Answer {
        secure: bool,
    },
    /// What the proxy does not reach.
    Other,
}

impl Asked {
    fn of(destinations: &Destinations, request: &mut Request<Incoming>) -> Self {
        let Some(door) = destinations.door(request.method(), request.uri()) else {
            return Self::Other;
        };
        if request.method() == Method::CONNECT {
            let upgrade = hyper::upgrade::on(request);
            return Self::Tunnel(Tunnel { upgrade, door });
        }
        let secure = matches!(door, Door::Tls(_));
        Self::Answer { secure }
    }
}

async fn respond(
    intuit: Arc<Intuit>,
    line: Arc<Line>,
    tunnel: Arc<Mutex<Option<Tunnel>>>,
    asked: Asked,
    request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    match asked {
        Asked::Answer { secure } => server::respond(intuit, line, secure, request).await,
        Asked::Other => Ok(refusal(request.uri())),
        Asked::Tunnel(promised) => {
            *hold(&tunnel) = Some(promised);
            Ok(Response::new(Reply::whole("")))
        }
    }
}

impl Destinations {
    /// The door behind which what is asked for lies, if it is Intuit's by https or the sandbox's own.
    fn door(&self, method: &Method, uri: &Uri) -> Option<Door> {
        let host = uri.host()?;
        let scheme = if method == Method::CONNECT {
            None
        } else {
            Some(uri.scheme_str()?)
        };
        let standard = if scheme == Some("http") { 80 } else { HTTPS };
        let port = uri.port_u16().unwrap_or(standard);
        let door = if Host::named(host) == Host::Own {
            self.own_door(host, port)?
        } else {
            (port == HTTPS).then(|| Door::Tls(self.intuit.clone()))?
        };
        let suits = scheme.is_none_or(|scheme| (scheme == "https") == matches!(door, Door::Tls(_)));
        suits.then_some(door)
    }

    fn own_door(&self, host: &str, port: u16) -> Option<Door> {
        let is_named = |bound: &SocketAddr| bound.port() == port && listens_at(bound.ip(), host);
        let own = self.own.iter().find(|(bound, _)| is_named(bound));
        own.map(|(_, door)| door.clone())
    }
}

/// Whether what is bound to `bound` is meant by `host`, in brackets or not.
fn listens_at(bound: IpAddr, host: &str) -> bool {
    let everywhere = bound.is_unspecified();
    if host.eq_ignore_ascii_case("localhost") {
        return everywhere || bound.is_loopback();
    }
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    address.is_ok_and(|address| address == bound || everywhere && address.is_loopback())
}

fn refusal(uri: &Uri) -> Response<Reply> {
    let wanted = uri
        .authority()
        .map_or("that", |authority| authority.as_str());
    let text = format!(
        "evergrant's sandbox answers for Intuit's hosts by https and lets nothing else pass: not {wanted}\n"
    );
    let mut answer = Response::new(Reply::whole(text));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    let plain = HeaderValue::from_static("text/plain;charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::tls::Authority;

    fn destinations() -> Destinations {
        let tls = Authority::generate().unwrap().for_intuit().unwrap();
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Destinations {
            intuit: tls.clone(),
            own: vec![(at(8080), Door::Plain), (at(8443), Door::Tls(tls))],
        }
    }

    #[test]
    fn only_intuits_hosts_by_https_and_its_own_doors() {
        let destinations = destinations();
        let passes = |method, uri: &'static str| {
            let door = destinations.door(&method, &Uri::from_static(uri));
            door.is_some()
        };
        for taken in [
            "oauth.platform.intuit.com:443",
            "127.0.0.1:8080",
            "localhost:8443",
        ] {
            assert!(passes(Method::CONNECT, taken), "{taken}");
        }
        for taken in [
            "https://quickbooks.api.intuit.com/v3/",
            "http://127.0.0.1:8080/v3/",
            "https://localhost:8443/v3/",
        ] {
            assert!(passes(Method::GET, taken), "{taken}");
        }
        for other in [
            "oauth.platform.intuit.com:80",
            "intuit.com:443",
            "quickbooks.api.intuit.com.example:443",
            "localhost:443",
            "127.0.0.2:8080",
            "example.com:8443",
        ] {
            assert!(!passes(Method::CONNECT, other), "{other}");
        }
        for other in [
            "http://quickbooks.api.intuit.com/v3/",
            "https://quickbooks.api.intuit.com:8443/v3/",
            "https://example.com/",
            "https://127.0.0.1:8080/",
            "http://127.0.0.1:8443/",
            "/v3/company/1",
        ] {
            assert!(!passes(Method::GET, other), "{other}");
        }
    }

    #[test]
    fn what_listens_everywhere_is_found_on_loopback() {
        let everywhere: IpAddr = Ipv4Addr::UNSPECIFIED.into();
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(listens_at(everywhere, host), "{host}");
        }
        assert!(!listens_at(everywhere, "192.0.2.1"));
        assert!(!listens_at(Ipv4Addr::LOCALHOST.into(), "[::1]"));
    }
}
