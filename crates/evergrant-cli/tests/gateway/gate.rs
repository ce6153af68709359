//! A gateway in front of a sandbox, and the simplest possible clients.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use evergrant_sandbox::Options;
use serde_json::Value;

use crate::support::{Lab, Ran, SECRET};

/// A sandbox, and a gateway that serves its company as `acme`.
pub(crate) struct Gate {
    pub(crate) lab: Lab,
    child: Option<Child>,
    /// With a key that may do everything.
    client: Client,
}

/// The simplest possible one.
#[derive(Clone, Default)]
pub(crate) struct Client {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) key: String,
    employee: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) location: Option<String>,
    /// `name=value` of the cookie that is set.
    pub(crate) cookie: Option<String>,
}

impl Gate {
    /// Without limits, which would make tests slow.
    pub(crate) fn new() -> Self {
        Self::with(Options::default(), "limits = false\nschedule = false")
    }

    /// With these lines in `[serve]`.
    pub(crate) fn with(options: Options, serve: &str) -> Self {
        let mut gate = Self::stopped(options, serve);
        gate.start();
        gate
    }

    /// The same, not started yet.
    pub(crate) fn stopped(options: Options, serve: &str) -> Self {
        let lab = Lab::with(options);
        let hosts = lab.hosts();
        Self::of(lab, &hosts, serve)
    }

    /// In front of another API than the sandbox's, whose tokens it has all the same.
    pub(crate) fn before(api: &str, serve: &str) -> Self {
        let lab = Lab::with(Options::default());
        let hosts = lab.hosts().replacen(
            &format!("base_url = \"{}\"", lab.url()),
            &format!("base_url = \"{api}\""),
            1,
        );
        let mut gate = Self::of(lab, &hosts, serve);
        gate.start();
        gate
    }

    fn of(lab: Lab, hosts: &str, serve: &str) -> Self {
        let secret = lab.write("secret", SECRET);
        lab.configure(&format!(
            "{}client_secret_file = \"{}\"\n[serve]\ndir = \"{}\"\n{serve}\n[connections.acme]\n\
             token_file = \"{}\"\nrealm = \"{}\"\nenvironment = \"sandbox\"\n",
            hosts,
            secret.display(),
            lab.path("serve").display(),
            lab.path("token.json").display(),
            lab.sandbox.realm(),
        ));
        let mut gate = Self {
            lab,
            child: None,
            client: Client::default(),
        };
        gate.client.key = gate.add_key(&["everybody"]);
        let realm = gate.lab.sandbox.realm();
        gate.client.employee = format!("/acme/v3/company/{realm}/employee/58");
        gate
    }

    /// Starts the gateway, on a port of its own.
    pub(crate) fn start(&mut self) {
        let mut command = self.lab.bare(&["serve", "--listen", "127.0.0.1:0"]);
        self.start_as(&mut command);
    }

    /// Starts it again, on the port that it had.
    pub(crate) fn start_again(&mut self) {
        let address = self.client.address.clone();
        let mut command = self.lab.bare(&["serve", "--listen", &address]);
        self.start_as(&mut command);
    }

    pub(crate) fn start_as(&mut self, command: &mut Command) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.as_mut().unwrap());
        stdout.read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim().split_once("://") else {
            panic!(
                "it did not start: {:?}",
                Ran::of(child.wait_with_output().unwrap())
            );
        };
        self.client.address = address.to_owned();
        self.child = Some(child);
    }

    /// Stops the gateway as a service manager does, and searches what it has said for secrets.
    pub(crate) fn stop(&mut self) -> Ran {
        self.signal("-TERM");
        let child = self.child.take().unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        self.lab.search(&ran);
        assert!(!ran.stderr.contains(&self.key));
        ran
    }

    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Makes a key and returns it.
    pub(crate) fn add_key(&self, args: &[&str]) -> String {
        let all: Vec<&str> = ["key", "add"]
            .into_iter()
            .chain(args.iter().copied())
            .collect();
        let ran = Ran::of(self.lab.bare(&all).output().unwrap());
        ran.ok().trim().to_owned()
    }

    /// Sends a request over the Unix socket.
    pub(crate) fn over_socket(&self, name: &str, method: &str, target: &str) -> Answer {
        let mut stream = UnixStream::connect(self.lab.path(name)).unwrap();
        let bytes = request(method, target, "host: anything\r\n", "");
        stream.write_all(bytes.as_bytes()).unwrap();
        Answer::read(&mut stream)
    }

    /// The lines of the audit log so far, once there are at least `count`.
    pub(crate) fn audit(&self, count: usize) -> Vec<Value> {
        let read =
            || std::fs::read_to_string(self.lab.path("serve/audit.jsonl")).unwrap_or_default();
        crate::support::until(|| read().lines().count() >= count);
        let text = read();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl std::ops::Deref for Gate {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    /// The path of employee 58 through the gateway.
    pub(crate) fn employee(&self) -> String {
        self.employee.clone()
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, "", "")
    }

    pub(crate) fn post(&self, target: &str, body: &str) -> Answer {
        self.send("POST", target, "content-type: application/json\r\n", body)
    }

    /// Sends a request with the key that may do everything.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let headers = format!("authorization: Bearer {}\r\n{headers}", self.key);
        self.bare(method, target, &headers, body)
    }

    /// Sends a request with nothing but what is said.
    pub(crate) fn bare(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let host = format!("host: {}\r\n", self.address);
        self.raw(&request(method, target, &format!("{host}{headers}"), body))
    }

    /// Writes these bytes on a connection of their own and reads until it is closed.
    pub(crate) fn raw(&self, bytes: &str) -> Answer {
        let mut stream = self.connect();
        // A server that refuses may close before it has read everything.
        drop(stream.write_all(bytes.as_bytes()));
        Answer::read(&mut stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

pub(crate) fn request(method: &str, target: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Answer {
    pub(crate) fn read(stream: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer is not the answer's.
        drop(stream.by_ref().read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned())
        };
        let cookie = header("set-cookie");
        let location = header("location");
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
            location,
            cookie: cookie.and_then(|it| Some(it.split(';').next()?.to_owned())),
        }
    }

    /// A header's value, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(found, value)| (found == name).then_some(value))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// That it is our own refusal of this kind.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, error: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.json()["error"], error, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        assert_eq!(self.status, 200, "{self:?}");
        self
    }
}
