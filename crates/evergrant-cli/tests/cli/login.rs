//! `login`, through the sandbox's own consent page, with a plain HTTP client for a browser.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use url::Url;

use crate::support::{Lab, Ran, ask, with_stdin};

/// A login that waits for its consent.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    told: String,
    url: Url,
}

impl Waiting {
    fn begin(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        let url = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended: {told}");
            told.push_str(&line);
            if let Ok(url) = line.trim().parse::<Url>() {
                break url;
            }
        };
        Self {
            child,
            stderr,
            told,
            url,
        }
    }

    fn parameter(&self, name: &str) -> String {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    }

    /// Where the browser is to call, as an address and on its other name.
    fn callback(&self) -> Url {
        self.parameter("redirect_uri").parse().unwrap()
    }

    /// Visits the consent page and answers it; returns the URL that the browser is sent to.
    fn consent(&self, choice: &str) -> Url {
        let address = self.url.socket_addrs(|| None).unwrap()[0].to_string();
        let target = format!("{}?{}", self.url.path(), self.url.query().unwrap());
        let page = ask(&address, "GET", &target, "");
        assert!(page.contains("Connect</button>"), "{page}");
        let answer = ask(&address, "POST", &target, &format!("choice={choice}"));
        let location = answer
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        location
            .unwrap_or_else(|| panic!("{answer}"))
            .trim()
            .parse()
            .unwrap()
    }

    fn end(mut self) -> Ran {
        self.stderr.read_to_string(&mut self.told).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: self.told,
        }
    }
}

/// The browser's visit to the listener.
fn visit(url: &Url) -> String {
    let address = format!("127.0.0.1:{}", url.port().unwrap());
    ask(
        &address,
        "GET",
        &format!("{}?{}", url.path(), url.query().unwrap()),
        "",
    )
}

fn login(lab: &Lab, args: &[&str]) -> Command {
    let mut command = lab.command(&[&["login", "--no-browser"], args].concat());
    command
        .env_remove("EVERGRANT_TOKEN_FILE")
        .env_remove("EVERGRANT_REALM")
        .env(
            "EVERGRANT_AUTHORIZE_URL",
            format!("{}/connect/oauth2", lab.sandbox.http_url().unwrap()),
        );
    if !args.contains(&"--redirect-uri") {
        command.env("EVERGRANT_REDIRECT_URI", "http://localhost:0/callback");
    }
    command
}

#[test]
fn consent_in_a_browser_makes_a_connection_that_works() {
    let lab = Lab::new();
    let old = "# my own words\nminor_version = 75";
    lab.configure(old);
    let waiting = Waiting::begin(&mut login(&lab, &["-c", "acme books"]));
    let callback = waiting.consent("connect");
    let stray = format!("{}?code=evil&state=guessed", waiting.callback());
    assert!(visit(&stray.parse().unwrap()).starts_with("HTTP/1.1 400"));
    assert!(visit(&callback).contains("<h1>Connected"));
    let ran = waiting.end();
    ran.ok();
    assert!(ran.stderr.contains("123146096291789"), "{ran:?}");
    assert_eq!(lab.sandbox.control().counters().exchanges, 1);

    let shown = lab.finish(&mut lab.bare(&["connections", "show", "acme books", "--json"]));
    let shown = shown.json();
    let shown = &shown["connections"][0];
    assert_eq!(
        (&shown["realm"], &shown["state"]),
        (&"123146096291789".into(), &"live".into())
    );
    lab.search(&ran);
    let toml = lab.read(".config/evergrant/evergrant.toml");
    assert!(toml.starts_with(old), "{toml}");
    assert!(
        toml.contains("[connections.\"acme books\"]")
            && toml.contains("realm = \"123146096291789\"")
    );
    assert!(!toml.contains("planted"));

    // The file alone is enough now, but for the secret.
    let read =
        lab.finish(&mut lab.bare(&["get", "employee", "58", "-c", "acme books", "--path", "Id"]));
    assert_eq!(read.ok(), "58\n");
}

#[test]
fn h22_a_code_is_redeemed_once_however_often_the_browser_calls() {
    let lab = Lab::new();
    let waiting = Waiting::begin(&mut login(&lab, &["-c", "acme"]));
    let callback = waiting.consent("connect");
    let visits: Vec<String> = std::thread::scope(|scope| {
        let visits: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| visit_if_open(&callback)))
            .collect();
        visits
            .into_iter()
            .map(|visit| visit.join().unwrap())
            .collect()
    });
    waiting.end().ok();
    assert_eq!(
        visits
            .iter()
            .filter(|page| page.contains("<h1>Connected"))
            .count(),
        1,
        "{visits:?}"
    );
    assert_eq!(lab.sandbox.control().counters().exchanges, 1);
    // A second redemption would have killed these tokens.
    let read = lab.finish(&mut lab.bare(&["get", "employee", "58", "-c", "acme", "--path", "Id"]));
    assert_eq!(read.ok(), "58\n");
}

/// A visit to a listener that may have closed after the first.
fn visit_if_open(url: &Url) -> String {
    use std::io::Write as _;
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", url.port().unwrap())) else {
        return String::new();
    };
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let mut page = String::new();
    if stream
        .write_all(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes())
        .is_ok()
    {
        drop(stream.read_to_string(&mut page));
    }
    page
}

#[test]
fn a_refused_consent_is_no_connection() {
    let lab = Lab::new();
    let waiting = Waiting::begin(&mut login(&lab, &["-c", "acme"]));
    let callback = waiting.consent("cancel");
    assert!(visit(&callback).contains("<h1>Not connected"));
    waiting.end().failed(3, &["access_denied"]);
    let shown = lab.finish(&mut lab.bare(&["connections", "list"]));
    assert_eq!(shown.stdout, "");
    assert!(!lab.path(".config").exists());
}

#[test]
fn an_address_can_be_pasted() {
    let lab = Lab::new();
    let redirect = "https://example.com/callback";
    let mut command = login(
        &lab,
        &[
            "--token-file",
            "one.json",
            "--paste",
            "--redirect-uri",
            redirect,
        ],
    );
    command.stdin(Stdio::piped());
    let mut waiting = Waiting::begin(&mut command);
    let callback = waiting.consent("connect");
    assert!(callback.as_str().starts_with(redirect));
    let mut stdin = waiting.child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("  {callback}\n").as_bytes()).unwrap();
    waiting.end().ok();
    assert_eq!(lab.tokens("one.json")["realmId"], "123146096291789");
    let mut command = lab.command(&[
        "get",
        "employee",
        "58",
        "--token-file",
        "one.json",
        "--path",
        "Id",
    ]);
    // The realm is the file's own.
    assert_eq!(
        lab.finish(command.env_remove("EVERGRANT_REALM")).ok(),
        "58\n"
    );
}

#[test]
fn what_is_not_the_answer_is_refused_before_anything_is_spent() {
    let lab = Lab::new();
    for (pasted, text) in [
        ("hello\n", "not an address with a code"),
        ("", "not an address with a code"),
        (
            "https://example.com/callback?code=x&state=y\n",
            "another login",
        ),
    ] {
        let ran = with_stdin(&mut login(&lab, &["-c", "acme", "--paste"]), pasted);
        ran.failed(3, &[text]);
    }
    let mut command = login(&lab, &["-c", "acme"]);
    let waiting = Waiting::begin(command.env("EVERGRANT_REALM", "42"));
    let callback = waiting.consent("connect");
    visit(&callback);
    waiting
        .end()
        .failed(3, &["company 123146096291789", "say 42"]);
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

#[test]
fn a_login_needs_keys_and_a_way_back() {
    let lab = Lab::new();
    let without = |name: &str| lab.finish(login(&lab, &["-c", "acme"]).env_remove(name));
    without("EVERGRANT_CLIENT_ID").failed(3, &["--client-id"]);
    without("EVERGRANT_CLIENT_SECRET").failed(3, &["--client-secret-file"]);
    let away = [
        "-c",
        "acme",
        "--redirect-uri",
        "https://example.com/callback",
    ];
    lab.finish(&mut login(&lab, &away)).failed(2, &["--paste"]);
    lab.finish(&mut login(&lab, &["-c", "a/b"]))
        .failed(3, &["a/b"]);
    let mut production = lab.bare(&["login", "-c", "acme", "--no-browser", "--timeout", "0"]);
    production.args(["--client-id", "id", "--redirect-uri", "http://localhost:0/"]);
    production.env("EVERGRANT_CLIENT_SECRET", "x-secret");
    let ran = lab.finish(&mut production);
    ran.failed(
        4,
        &["https only", "https://appcenter.intuit.com/connect/oauth2?"],
    );
    let quick = lab.finish(&mut login(&lab, &["-c", "acme", "--timeout", "0"]));
    quick.failed(4, &["no consent came within 0 s"]);
}
