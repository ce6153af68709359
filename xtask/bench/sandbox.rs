//! How many reads and creates a second the sandbox answers, and how soon it is there; beside it, a
//! bare server that answers the same bytes to whatever it is asked.
//!
//! Over plain http, on connections that stay open. The load comes from this process, on the same
//! machine: it writes the same bytes again and again and reads no more of an answer than its
//! length, to leave as much as it can to the sandbox.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::load::{Answered, is_whole, now, rate};
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};
use crate::{Result, runtime};

const CONNECTIONS: usize = 50;
const SLICE: Duration = Duration::from_secs(1);

/// Measures `rounds` starts, then `rounds` slices.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let mut starts = Sample::default();
    for _ in 0..rounds {
        let start = now();
        let _server = Server::start(Scheme::Https)?;
        starts.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let server = Server::start(Scheme::Http)?;
    let (read, create) = (read(&server)?, create(&server)?);
    let reads = answered(&address_of(&server)?, &read, rounds)?;
    let creates = answered(&address_of(&server)?, &create, rounds)?;
    let bare = BareServer::start(&server.employee()?)?;
    let bare = answered(&bare.address, &read, rounds)?;
    Ok(Report {
        name: "sandbox",
        how: format!("{CONNECTIONS} connections over plain http, {rounds} slices of a second"),
        goals: vec![
            Goal::new("reads a second", reads.median(), Bound::AtLeast(30_000.0)),
            Goal::new(
                "creates a second",
                creates.median(),
                Bound::AtLeast(5_000.0),
            ),
            Goal::new("start, ms", starts.median(), Bound::AtMost(100.0)),
        ],
        figures: vec![
            Figure::new("reads of one employee", "requests/s", reads),
            Figure::new("creates of an invoice", "requests/s", creates),
            Figure::new(
                "bare hyper server, the bytes of that employee",
                "requests/s",
                bare,
            ),
            Figure::new("start, until it has told where it is", "ms", starts),
        ],
    })
}

/// The same request again and again, on all connections: how many a second.
fn answered(address: &str, request: &str, rounds: usize) -> Result<Sample> {
    let runtime = runtime()?;
    let line = || {
        let (address, request) = (address.to_owned(), request.to_owned());
        async move { read_on(TcpStream::connect(address).await, &request).await }
    };
    let mut sample = Sample::default();
    runtime.block_on(rate(CONNECTIONS, line))?;
    for _ in 0..rounds {
        sample.push(runtime.block_on(rate(CONNECTIONS, line))?);
    }
    Ok(sample)
}

fn address_of(server: &Server) -> Result<String> {
    let url = Url::parse(server.variable("EVERGRANT_BASE_URL")?)?;
    Ok(url[url::Position::BeforeHost..url::Position::AfterPort].to_owned())
}

fn read(server: &Server) -> Result<String> {
    let url = Url::parse(&server.employee_url()?)?;
    let path = &url[url::Position::BeforePath..];
    let head = head(server, &format!("GET {path}"))?;
    Ok(format!("{head}\r\n"))
}

/// An invoice over one line to the first customer.
fn create(server: &Server) -> Result<String> {
    let realm = server.variable("EVERGRANT_REALM")?;
    let head = head(server, &format!("POST /v3/company/{realm}/invoice"))?;
    let body = r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":12.5,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}"#;
    let length = body.len();
    Ok(format!(
        "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

fn head(server: &Server, asked: &str) -> Result<String> {
    let grant = server.issue_grant()?;
    let token = grant["access_token"].as_str().ok_or("no access token")?;
    let host = address_of(server)?;
    Ok(format!(
        "{asked} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\
         Authorization: Bearer {token}\r\n"
    ))
}

/// What the sandbox is compared with; stopped when dropped.
struct BareServer {
    process: Child,
    address: String,
}

impl BareServer {
    fn start(body: &str) -> Result<Self> {
        let mut process = Command::new(crate::sibling("bench-bare-server")?)
            .arg(body)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .ok_or("the bare server has no stdout")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        let address = address.trim().to_owned();
        Ok(Self { process, address })
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line: asks on one connection until its time is over.
async fn read_on(stream: std::io::Result<TcpStream>, request: &str) -> Answered {
    let mut stream = stream.map_err(|error| error.to_string())?;
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    let start = now();
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut answered = 0;
    while start.elapsed() < SLICE {
        let sent = stream.write_all(request.as_bytes()).await;
        sent.map_err(|error| error.to_string())?;
        buffer.clear();
        while !is_whole(&buffer)? {
            match stream.read_buf(&mut buffer).await {
                Ok(0) => return Err("the sandbox closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        answered += 1;
    }
    Ok(answered)
}
