//! The loopback listener that a browser is redirected to.
//!
//! `localhost` means 127.0.0.1 to one browser and `::1` to the next, some try both, and some ask
//! twice or for an icon first. So it listens on both, hands out every callback in order, and leaves
//! it to `login` to act on one and to answer the others: an authorization code that is redeemed
//! twice kills the grant.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use url::Url;

use crate::failure::{Failure, Result};

/// Longer than any callback: a code has up to 512 characters.
const HEAD_LIMIT: usize = 16 * 1024;
/// Browsers open connections that they may never use.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener on both loopback addresses.
#[derive(Debug)]
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    redirect: Url,
}

/// A request to the redirect URI, waiting for its page.
#[derive(Debug)]
pub(super) struct Callback {
    /// The redirect URI with the query that the browser brought.
    pub(super) url: Url,
    page: oneshot::Sender<Page>,
}

/// What the browser is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Page {
    /// The grant is saved.
    Connected,
    /// It was answered before.
    Again,
    /// It failed; the terminal says why.
    Failed,
    /// It is no answer to the consent that was begun.
    Stray,
    /// There is nothing here.
    Missing,
}

/// The callbacks, one after the other. Dropping it closes the port.
#[derive(Debug)]
pub(super) struct Callbacks {
    queue: mpsc::Receiver<Callback>,
    connections: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Listens on `port` (0: any free one) of 127.0.0.1 and, where there is one, of `::1`.
    pub(super) async fn bind(redirect: &Url, port: u16) -> Result<Self> {
        let cannot = |port: u16, error: std::io::Error| {
            Failure::config(
                format!("port {port} of this machine can't be listened on"),
                "if that is the gateway, connect in its console (evergrant console); else stop what \
                 listens there, choose another redirect URI, or use --paste",
            )
            .because(error)
        };
        let address = |ip: IpAddr, port| SocketAddr::new(ip, port);
        let four = TcpListener::bind(address(Ipv4Addr::LOCALHOST.into(), port))
            .await
            .map_err(|error| cannot(port, error))?;
        let port = four
            .local_addr()
            .map_err(|error| cannot(port, error))?
            .port();
        let mut sockets = vec![four];
        match TcpListener::bind(address(Ipv6Addr::LOCALHOST.into(), port)).await {
            Ok(six) => sockets.push(six),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                return Err(cannot(port, error));
            }
            // This machine has no IPv6, so no browser will use it.
            Err(_) => {}
        }
        let mut redirect = redirect.clone();
        if redirect.port() == Some(0) {
            // Fails for URLs without a host only, which have no port either.
            let _ = redirect.set_port(Some(port));
        }
        Ok(Self { sockets, redirect })
    }

    /// The redirect URI. One whose port is 0 gets the port that was found: to native programs,
    /// providers may allow every port of loopback (RFC 8252 §7.3).
    pub(super) fn redirect(&self) -> String {
        self.redirect.to_string()
    }

    /// Begins to accept.
    pub(super) fn listen(self) -> Callbacks {
        let (sender, queue) = mpsc::channel(16);
        Callbacks {
            queue,
            connections: tokio::spawn(accept(self, sender)),
        }
    }
}

impl Callbacks {
    /// The next one.
    pub(super) async fn next(&mut self) -> Option<Callback> {
        self.queue.recv().await
    }

    /// Answers whoever else is waiting, and gives the pages a moment to arrive.
    pub(super) async fn close(mut self) {
        self.queue.close();
        while let Some(callback) = self.queue.recv().await {
            callback.answer(Page::Again);
        }
        // The task ends when its last page is written, since nobody takes its callbacks any more.
        // A connection that a browser opened ahead and left idle is not waited for.
        drop(tokio::time::timeout(Duration::from_millis(300), &mut self.connections).await);
    }
}

impl Drop for Callbacks {
    fn drop(&mut self) {
        self.connections.abort();
    }
}

impl Callback {
    /// Shows the browser a page.
    pub(super) fn answer(self, page: Page) {
        // A browser that has gone away needs no page.
        let _ = self.page.send(page);
    }
}

async fn accept(listener: Listener, sender: mpsc::Sender<Callback>) {
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            stream = next_stream(&listener.sockets) => {
                let (redirect, sender) = (listener.redirect.clone(), sender.clone());
                serving.spawn(async move {
                    drop(tokio::time::timeout(PATIENCE, serve(stream, redirect, sender)).await);
                });
            }
            Some(_) = serving.join_next() => {}
            () = sender.closed() => break,
        }
    }
    while serving.join_next().await.is_some() {}
}

async fn next_stream(sockets: &[TcpListener]) -> TcpStream {
    loop {
        let accepted = match sockets {
            [one, two] => tokio::select! { a = one.accept() => a, b = two.accept() => b },
            [one, ..] => one.accept().await,
            [] => std::future::pending().await,
        };
        match accepted {
            Ok((stream, _)) => return stream,
            // Out of file handles, or the peer was gone at once: neither is worth ending for.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Answers one connection. Only the request line matters.
async fn serve(mut stream: TcpStream, redirect: Url, sender: mpsc::Sender<Callback>) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    let page = match callback_url(&head, &redirect) {
        None => Page::Missing,
        Some(url) => {
            let (page, answer) = oneshot::channel();
            // Nobody takes it, or nobody answers: the login is over.
            drop(sender.send(Callback { url, page }).await);
            answer.await.unwrap_or(Page::Again)
        }
    };
    // A browser that has gone away needs no page.
    drop(stream.write_all(page.response().as_bytes()).await);
    drop(stream.shutdown().await);
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut chunk = [0; 2048];
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 || head.len() > HEAD_LIMIT {
            return None;
        }
        head.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(head).ok()
}

/// The redirect URI with the query of a `GET` to its path; `None` for any other request.
fn callback_url(head: &str, redirect: &Url) -> Option<Url> {
    let mut words = head.lines().next()?.split(' ');
    if words.next()? != "GET" {
        return None;
    }
    let target = words.next()?;
    let (path, query) = target.split_once('?')?;
    if path != redirect.path() {
        return None;
    }
    let mut url = redirect.clone();
    url.set_query(Some(query));
    Some(url)
}

impl Page {
    fn response(self) -> String {
        let (status, title, text) = match self {
            Self::Connected => (
                "200 OK",
                "Connected",
                "The grant is saved and will be kept alive. You can close this window.",
            ),
            Self::Again => (
                "200 OK",
                "Answered already",
                "This consent has been taken. You can close this window.",
            ),
            Self::Failed => (
                "400 Bad Request",
                "Not connected",
                "The terminal in which the login was started says why.",
            ),
            Self::Stray => (
                "400 Bad Request",
                "Not expected",
                "This is no answer to the login that is waiting. Use the address that it printed.",
            ),
            Self::Missing => ("404 Not Found", "Nothing here", "Only a login is expected."),
        };
        let body = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>evergrant: {title}\
             </title>\n<body style=\"font: 18px/1.5 system-ui; margin: 20vh auto; max-width: 30em\">\
             \n<h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
        );
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
             cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect() -> Url {
        Url::parse("http://localhost:8400/callback").unwrap()
    }

    #[test]
    fn only_a_get_of_the_path_with_a_query_is_a_callback() {
        let url = callback_url("GET /callback?code=1&state=2 HTTP/1.1\r\n\r\n", &redirect());
        assert_eq!(
            url.unwrap().as_str(),
            "http://localhost:8400/callback?code=1&state=2"
        );
        for other in [
            "GET /favicon.ico HTTP/1.1",
            "GET /callback HTTP/1.1",
            "GET /callback/x?code=1 HTTP/1.1",
            "POST /callback?code=1 HTTP/1.1",
            "",
        ] {
            assert!(callback_url(other, &redirect()).is_none(), "{other}");
        }
    }

    #[tokio::test]
    async fn callbacks_come_in_order_and_latecomers_get_a_page_too() {
        let any = Url::parse("http://localhost:0/callback").unwrap();
        let listener = Listener::bind(&any, 0).await.unwrap();
        assert!(!listener.redirect().contains(":0/"));
        let addresses: Vec<SocketAddr> = listener
            .sockets
            .iter()
            .map(|socket| socket.local_addr().unwrap())
            .collect();
        let mut callbacks = listener.listen();
        let ask = |address: SocketAddr, path: &'static str| {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answer
            })
        };
        let icon = ask(addresses[0], "/favicon.ico").await.unwrap();
        assert!(icon.starts_with("HTTP/1.1 404"), "{icon}");
        let first = ask(addresses[0], "/callback?code=1");
        let callback = callbacks.next().await.unwrap();
        assert_eq!(callback.url.query(), Some("code=1"));
        let second = ask(*addresses.last().unwrap(), "/callback?code=1");
        let waiting = callbacks.next().await.unwrap();
        callback.answer(Page::Connected);
        waiting.answer(Page::Again);
        callbacks.close().await;
        assert!(first.await.unwrap().contains("<h1>Connected"));
        assert!(second.await.unwrap().contains("<h1>Answered already"));
    }
}
