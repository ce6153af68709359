//! The console, as a browser meets it.

use evergrant_sandbox::Options;
use url::Url;

use crate::gate::{Answer, Gate, request};
use crate::support::{Ran, ask, until};

/// A browser that has opened a link.
struct Browser<'a> {
    gate: &'a Gate,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn let_in(gate: &'a Gate) -> Self {
        let opened = visit(gate, &link(gate), "");
        assert_eq!(opened.status, 303, "{opened:?}");
        for wanted in ["httponly", "samesite=lax", "path=/console"] {
            assert!(opened.head.contains(wanted), "{opened:?}");
        }
        // Names of headers are the same in any case; the cookie itself is not.
        let cookie = opened.cookie.clone().unwrap();
        Self { gate, cookie }
    }

    fn get(&self, path: &str) -> Answer {
        visit(self.gate, path, &self.cookie)
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let headers = format!(
            "host: {}\r\ncookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
            self.gate.address, self.cookie
        );
        self.gate.raw(&request("POST", path, &headers, body))
    }

    /// What each of its forms carries.
    fn token(&self) -> String {
        let page = self.get("/console").body;
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Path and query of a fresh link.
pub(crate) fn link(gate: &Gate) -> String {
    let ran = Ran::of(gate.lab.bare(&["console"]).output().unwrap());
    let url: Url = ran.ok().trim().parse().unwrap();
    assert_eq!(url.host_str(), Some("localhost"));
    format!("{}?{}", url.path(), url.query().unwrap())
}

fn visit(gate: &Gate, path: &str, cookie: &str) -> Answer {
    let headers = format!("host: {}\r\ncookie: {cookie}\r\n", gate.address);
    gate.raw(&request("GET", path, &headers, ""))
}

fn gate() -> Gate {
    Gate::with(Options::default(), "limits = false\nschedule = false")
}

#[test]
fn a_link_opens_the_console_once_and_nothing_else_does() {
    let gate = gate();
    gate.get(&gate.employee()).ok();
    assert_eq!(visit(&gate, "/console", "").status, 401);
    let key = format!("authorization: Bearer {}\r\n", gate.key);
    let with_key = gate.bare("GET", "/console", &key, "");
    assert_eq!(with_key.status, 401, "{with_key:?}");
    let once = link(&gate);
    assert_eq!(visit(&gate, &once, "").status, 303);
    assert_eq!(visit(&gate, &once, "").status, 401);
    assert_eq!(
        visit(&gate, "/console/login?token=9999999999.x.y", "").status,
        401
    );

    let browser = Browser::let_in(&gate);
    let front = browser.get("/console");
    assert!(
        front.ok().body.contains(">acme</a>") && front.body.contains(">live<"),
        "{front:?}"
    );
    for wanted in [
        "content-security-policy: default-src 'none'",
        "x-frame-options: deny",
    ] {
        assert!(front.head.contains(wanted), "{wanted}: {front:?}");
    }
    let detail = browser.get("/console/connections/acme");
    assert!(
        detail.ok().body.contains("Reconnect</button>"),
        "{detail:?}"
    );
    for page in [&front, &detail] {
        let tokens = gate.lab.tokens("token.json");
        for token in ["access_token", "refresh_token"] {
            assert!(!page.body.contains(tokens[token].as_str().unwrap()));
        }
        // One script, from a file of our own; none within the page.
        assert_eq!(page.body.matches("<script").count(), 1);
        assert!(page.body.contains("src=\"/console/live.js\"></script>"));
    }
    // The session opens no API.
    let api = visit(&gate, &gate.employee(), &browser.cookie);
    assert_eq!(api.status, 401);
    let token = browser.token();
    assert_eq!(
        browser
            .post("/console/logout", &format!("token={token}"))
            .status,
        303
    );
    assert_eq!(browser.get("/console").status, 401);
}

#[test]
fn changes_need_the_sessions_own_form() {
    let gate = gate();
    let browser = Browser::let_in(&gate);
    for body in ["", "token=wrong&name=x", "name=x"] {
        let refused = browser.post("/console/keys", body);
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    assert_eq!(browser.get("/console/connections/acme/connect").status, 404);
    let token = browser.token();
    let body = format!("token={token}&name=%3Cb%3Ereport&preset=read-only&connection=acme&days=30");
    let made = browser.post("/console/keys", &body);
    let at = made.ok().body.find("egk_").unwrap();
    let key = made.body[at..].split('<').next().unwrap();
    assert!(made.body.contains("&lt;b&gt;report") && !made.body.contains("<b>report"));
    std::thread::sleep(std::time::Duration::from_millis(50));
    let header = format!("authorization: Bearer {key}\r\n");
    gate.bare("GET", &gate.employee(), &header, "").ok();
    gate.bare("DELETE", &gate.employee(), &header, "")
        .refused(403, "forbidden");
    let again = browser.get("/console/keys");
    assert!(!again.ok().body.contains(key));
}

#[test]
fn a_lapsed_connection_is_connected_again_through_the_providers_page() {
    let gate = gate();
    gate.get(&gate.employee()).ok();
    gate.lab.sandbox.control().revoke_grants();
    let lapsed = gate.get(&gate.employee());
    let said = lapsed.refused(424, "lapsed").json();
    let url: Url = said["reconnect_url"].as_str().unwrap().parse().unwrap();
    let browser = Browser::let_in(&gate);
    let page = browser.get(url.path());
    assert!(page.ok().body.contains("lapsed: "), "{page:?}");

    let form = format!("token={}", browser.token());
    let sent = browser.post(&format!("{}/connect", url.path()), &form);
    let consent: Url = sent.location.as_deref().unwrap().parse().unwrap();
    assert_eq!(consent.path(), "/connect/oauth2");
    // The same page over plain http, which needs no TLS here.
    let plain: Url = gate.lab.sandbox.http_url().unwrap().parse().unwrap();
    let address = plain.socket_addrs(|| None).unwrap()[0].to_string();
    let target = format!("{}?{}", consent.path(), consent.query().unwrap());
    let answer = ask(&address, "POST", &target, "choice=connect");
    let back = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    let back: Url = back.unwrap().trim().parse().unwrap();
    assert_eq!(back.path(), "/callback");
    let callback = format!("{}?{}", back.path(), back.query().unwrap());
    let stray = visit(&gate, "/callback?code=x&state=y", "");
    assert_eq!(stray.status, 400);
    let done = visit(&gate, &callback, "");
    assert_eq!(
        done.location.as_deref(),
        Some("/console/connections/acme"),
        "{done:?}"
    );
    assert_eq!(
        visit(&gate, &callback, "").status,
        400,
        "a code is redeemed once"
    );
    gate.get(&gate.employee()).ok();
}

#[test]
fn exec_passes_on_what_is_to_stop_it_and_revokes_the_key() {
    let gate = gate();
    for (signal, script, code) in [
        (
            "-TERM",
            "trap 'exit 5' TERM; touch began; while :; do sleep 0.01; done",
            5,
        ),
        ("-HUP", "touch began; while :; do sleep 0.01; done", 129),
    ] {
        let mut command = gate.lab.bare(&["exec", "--", "sh", "-c", script]);
        let child = command
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        until(|| gate.lab.path("began").exists());
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(sent.unwrap().success());
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, code, "{signal}: {ran:?}");
        std::fs::remove_file(gate.lab.path("began")).unwrap();
        let keys = Ran::of(gate.lab.bare(&["key", "list"]).output().unwrap());
        assert!(!keys.ok().contains("exec"), "{keys:?}");
    }
    let unnamed = gate.lab.bare(&["key", "add", ""]).output().unwrap();
    assert_eq!(unnamed.status.code(), Some(2));
}

#[test]
fn exec_lends_a_command_a_key_for_as_long_as_it_runs() {
    let mut gate = gate();
    let script = format!(
        "test -n \"$EVERGRANT_GATEWAY_KEY\" && echo $EVERGRANT_GATEWAY_KEY && echo \
         $EVERGRANT_GATEWAY_URL{} && exit 7",
        gate.employee()
    );
    let ran = Ran::of(
        gate.lab
            .bare(&["exec", "-c", "acme", "--", "sh", "-c", &script])
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 7, "{ran:?}");
    let mut lines = ran.stdout.lines();
    let key = lines.next().unwrap();
    assert!(lines.next().unwrap().ends_with("/employee/58"));
    let header = format!("authorization: Bearer {key}\r\n");
    gate.bare("GET", &gate.employee(), &header, "")
        .refused(401, "no_key");
    gate.stop().ok();
    let none = gate.lab.bare(&["exec", "--", "true"]).output().unwrap();
    assert_eq!(none.status.code(), Some(8));
}

#[test]
fn a_gateway_that_was_killed_is_not_taken_for_one_that_runs() {
    let mut gate = Gate::new();
    gate.kill();
    for args in [&["exec", "--", "true"][..], &["console"]] {
        let ran = Ran::of(gate.lab.bare(args).output().unwrap());
        ran.failed(8, &["no gateway runs here", "has ended", "evergrant serve"]);
    }
    gate.start();
    Ran::of(gate.lab.bare(&["console"]).output().unwrap()).ok();
}
