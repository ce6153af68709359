//! A bare HTTP/1.1 client that hides nothing: one connection, one request at a time, bytes as they came.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergrant_sandbox::{Handle, Options, Sandbox};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const REALM: &str = "123146096291789";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What never comes is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a sandbox.
pub(crate) struct Wire<S> {
    stream: S,
    host: String,
}

/// An answer, or as much of it as came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether the body had the length announced.
    pub(crate) whole: bool,
}

impl Wire<TcpStream> {
    pub(crate) async fn plain(sandbox: &Handle) -> Self {
        let url = sandbox.http_url().unwrap();
        Self::over(
            TcpStream::connect(url.strip_prefix("http://").unwrap())
                .await
                .unwrap(),
        )
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn over(stream: S) -> Self {
        let host = "sandbox.test".to_owned();
        Self { stream, host }
    }

    /// The same connection, under another name of the host.
    pub(crate) fn at(self, host: &str) -> Self {
        let host = host.to_owned();
        Self { host, ..self }
    }

    /// Sends a request and reads the answer; none if the connection ended before one began.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Reply> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.stream.write_all(request.as_bytes()).await.ok()?;
        timeout(PATIENCE, self.receive()).await.unwrap()
    }

    pub(crate) async fn get(&mut self, target: &str, access_token: &str) -> Reply {
        let bearer = format!("Bearer {access_token}");
        self.send("GET", target, &[("authorization", &bearer)], "")
            .await
            .unwrap()
    }

    pub(crate) async fn post_json(
        &mut self,
        target: &str,
        access_token: &str,
        body: &str,
    ) -> Reply {
        let bearer = format!("Bearer {access_token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.send("POST", target, &headers, body).await.unwrap()
    }

    /// A request to the token endpoint, authenticated as the sandbox's client.
    pub(crate) async fn token(&mut self, sandbox: &Handle, body: &str) -> Option<Reply> {
        let basic = basic(sandbox);
        self.send(
            "POST",
            "/oauth2/v1/tokens/bearer",
            &[("authorization", &basic), FORM],
            body,
        )
        .await
    }

    pub(crate) async fn refresh(&mut self, sandbox: &Handle, refresh_token: &str) -> Option<Reply> {
        let body = format!("grant_type=refresh_token&refresh_token={refresh_token}");
        self.token(sandbox, &body).await
    }

    /// Whether the server has ended the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let end = timeout(PATIENCE, self.stream.read(&mut [0])).await;
        matches!(end, Ok(Ok(0) | Err(_)))
    }

    async fn receive(&mut self) -> Option<Reply> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        let mut reply = Reply {
            status,
            headers: lines.map(header).collect(),
            body: String::new(),
            whole: false,
        };
        let length: u64 = reply
            .header("content-length")
            .map_or(0, |value| value.parse().unwrap());
        let mut body = Vec::new();
        // An unclean end of TLS is an error after the bytes that came.
        drop((&mut self.stream).take(length).read_to_end(&mut body).await);
        reply.whole = body.len() as u64 == length;
        reply.body = String::from_utf8_lossy(&body).into_owned();
        Some(reply)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

/// A sandbox whose clock stands still at the moment of a recording.
pub(crate) async fn frozen(options: Options) -> Handle {
    let sandbox = start(options).await;
    sandbox.control().freeze(true);
    sandbox
        .control()
        .set_time("2020-09-29T14:51:12.830Z".parse().unwrap());
    sandbox
}

pub(crate) async fn start(options: Options) -> Handle {
    Sandbox::start(options).await.unwrap()
}

pub(crate) fn basic(sandbox: &Handle) -> String {
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    format!("Basic {}", STANDARD.encode(pair))
}

/// A member of token JSON.
pub(crate) fn text<'a>(tokens: &'a Value, member: &str) -> &'a str {
    tokens[member].as_str().unwrap()
}

pub(crate) fn employee(id: &str) -> String {
    format!("/v3/company/{REALM}/employee/{id}")
}
