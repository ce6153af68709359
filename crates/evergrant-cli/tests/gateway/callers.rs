//! Who may do what, and what a caller sees of the provider.

use evergrant_sandbox::{Effect, Fault, Where};

use crate::gate::{Answer, Gate, request};
use crate::support::chmod;

#[test]
fn a_key_opens_the_api_and_no_token_is_ever_seen() {
    let gate = Gate::new();
    let read = gate.get(&gate.employee());
    assert_eq!(read.ok().json()["Employee"]["DisplayName"], "Bill Miller");
    assert!(read.head.contains("intuit_tid: "), "{read:?}");
    let query = format!(
        "/acme/v3/company/{}/query?query=select%20count(*)%20from%20Employee",
        gate.lab.sandbox.realm()
    );
    assert!(gate.get(&query).ok().body.contains("totalCount"));

    let asked = gate.lab.sandbox.control().requests();
    let last = format!("{:?}", asked.last().unwrap());
    assert!(
        !last.contains(&gate.key) && last.contains("access_token: Some"),
        "{last}"
    );
    for key in [
        "",
        "authorization: Bearer egk_nobody_x\r\n",
        "authorization: Basic eDp5\r\n",
    ] {
        let refused = gate.bare("GET", &gate.employee(), key, "");
        refused.refused(401, "no_key");
        assert!(
            refused.head.contains("www-authenticate: bearer"),
            "{refused:?}"
        );
    }
    let token = gate.lab.tokens("token.json")["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let with_token = format!("authorization: Bearer {token}\r\n");
    gate.bare("GET", &gate.employee(), &with_token, "")
        .refused(401, "no_key");
}

#[test]
fn a_key_comes_as_a_password_too() {
    use base64::Engine as _;
    let gate = Gate::new();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("excel:{}", gate.key));
    let header = format!("authorization: Basic {basic}\r\n");
    gate.bare("GET", &gate.employee(), &header, "").ok();
}

#[test]
fn rights_bound_a_key_and_a_revoked_key_opens_nothing() {
    let gate = Gate::new();
    let realm = gate.lab.sandbox.realm();
    let company = format!("/acme/v3/company/{realm}");
    let ask = |key: &str, method: &str, path: &str, body: &str| {
        let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/text\r\n");
        gate.bare(method, path, &headers, body)
    };
    let reader = gate.add_key(&["reader", "--preset", "read-only"]);
    ask(&reader, "GET", &gate.employee(), "").ok();
    ask(
        &reader,
        "POST",
        &format!("{company}/query"),
        "select * from Employee",
    )
    .ok();
    ask(&reader, "POST", &format!("{company}/employee"), "{}").refused(403, "forbidden");
    ask(&reader, "POST", &format!("{company}/batch"), "{}").refused(403, "forbidden");
    ask(&reader, "DELETE", &gate.employee(), "").refused(403, "forbidden");

    let narrow = gate.add_key(&[
        "narrow",
        "-c",
        "acme",
        "--paths",
        "/v3/company/*/employee/*",
    ]);
    ask(&narrow, "GET", &gate.employee(), "").ok();
    ask(
        &narrow,
        "GET",
        &format!("{company}/companyinfo/{realm}"),
        "",
    )
    .refused(403, "forbidden");
    ask(&narrow, "GET", "/other/v3/company/1/employee/1", "").refused(403, "forbidden");

    let once = gate.add_key(&["once", "--rate", "1/h"]);
    ask(&once, "GET", &gate.employee(), "").ok();
    let second = ask(&once, "GET", &gate.employee(), "");
    second.refused(429, "key_rate");
    assert!(second.head.contains("retry-after: "), "{second:?}");

    gate.lab
        .finish(&mut gate.lab.bare(&["key", "revoke", "reader"]))
        .ok();
    ask(&reader, "GET", &gate.employee(), "").refused(401, "no_key");
    gate.lab
        .finish(&mut gate.lab.bare(&["key", "revoke", "reader"]))
        .failed(5, &["reader"]);
    let listed = gate
        .lab
        .finish(&mut gate.lab.bare(&["key", "list", "--json"]));
    // The secret may hold the mark that parts it from the name.
    let secret = gate.key.splitn(3, '_').nth(2).unwrap();
    assert!(
        !listed.ok().contains(secret) && !listed.stdout.contains("hash"),
        "{listed:?}"
    );
    let unknown = gate
        .lab
        .bare(&["key", "add", "x", "-c", "nobody"])
        .output()
        .unwrap();
    assert_eq!(unknown.status.code(), Some(3));
}

#[test]
fn no_path_leads_around_the_rights_or_out_of_the_api() {
    let gate = Gate::new();
    let realm = gate.lab.sandbox.realm();
    let before = gate.lab.sandbox.control().counters().requests;
    for path in [
        format!("/acme/v3/company/{realm}/../{realm}/employee/58"),
        format!("/acme/v3/company/{realm}/%2e%2e/employee/58"),
        format!("/acme/v3/company/{realm}/%252e%252e/employee/58"),
        format!("/acme/v3/company/{realm}//employee/58"),
        format!("/acme//v3/company/{realm}/employee/58"),
        format!("//acme/v3/company/{realm}/employee/58"),
        format!("/acme/v3/company/{realm}%2femployee%2f58"),
        format!("/acme/v3/company/{realm}\\employee\\58"),
        format!("/acme/v3/company/{realm}/..;/employee/58"),
        format!("/acme/v3/company/{realm}/employee/58%00"),
        "/acme/../_sandbox/expire".to_owned(),
        "/acme/%2e%2e/_sandbox/expire".to_owned(),
    ] {
        let answer = gate.get(&path);
        // What no URL may hold is refused by the parser, without a body.
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
    }
    assert_eq!(gate.lab.sandbox.control().counters().requests, before);
    gate.get("/nobody/v3/company/1/employee/1")
        .refused(404, "unknown_connection");
    gate.get("/").refused(404, "unknown_connection");
    gate.send("OPTIONS", &gate.employee(), "", "")
        .refused(403, "forbidden");
    gate.send("TRACE", &gate.employee(), "", "")
        .refused(403, "forbidden");
}

#[test]
fn a_browser_is_not_let_in_by_any_name() {
    let gate = Gate::new();
    let key = format!("authorization: Bearer {}\r\n", gate.key);
    let with = |headers: &str| {
        gate.raw(&request(
            "GET",
            &gate.employee(),
            &format!("{key}{headers}"),
            "",
        ))
    };
    for host in [
        "evil.example",
        "127.0.0.1",
        "localhost:1",
        "127.0.0.1.evil.example:80",
    ] {
        with(&format!("host: {host}\r\n")).refused(421, "wrong_host");
    }
    let host = format!("host: {}\r\n", gate.address);
    with(&format!("{host}host: evil.example\r\n")).refused(421, "wrong_host");
    with(&format!("{host}origin: https://evil.example\r\n")).refused(403, "browser");
    with(&format!("{host}sec-fetch-site: cross-site\r\n")).refused(403, "browser");
    let port = gate.address.rsplit(':').next().unwrap();
    with(&format!("host: LOCALHOST:{port}\r\n")).ok();
    let absolute = format!(
        "{}{}",
        gate.lab.sandbox.http_url().unwrap(),
        gate.employee()
    );
    let proxied = gate.raw(&request("GET", &absolute, &format!("{key}{host}"), ""));
    assert_eq!(proxied.status, 400, "{proxied:?}");
    for answer in [gate.get(&gate.employee()), gate.get("/livez")] {
        assert!(!answer.head.contains("access-control"), "{answer:?}");
    }
}

#[test]
fn what_the_provider_says_to_browsers_and_of_other_places_is_held_back() {
    let gate = Gate::new();
    let redirect = |location: &str| {
        let headers = [
            ("location", location),
            ("set-cookie", "sid=planted"),
            ("access-control-allow-origin", "*"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("x-kept", "1"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        gate.lab.sandbox.control().add_fault(Fault::new(
            Where::Api,
            Effect::Answer {
                status: 302,
                headers: headers.into(),
                body: String::new(),
                after: false,
            },
        ));
        gate.get(&gate.employee())
    };
    let away = redirect("https://evil.example/x");
    assert_eq!(away.status, 302);
    assert!(!away.head.contains("\r\nlocation:"), "{away:?}");
    for held in ["set-cookie", "access-control", "x-hop"] {
        assert!(!away.head.contains(held), "{held}: {away:?}");
    }
    assert!(away.head.contains("x-kept: 1"), "{away:?}");
    let within = redirect(&format!("{}/v3/elsewhere", gate.lab.url()));
    assert!(
        within.head.contains("location: /acme/v3/elsewhere"),
        "{within:?}"
    );
}

#[test]
fn a_write_gets_a_request_id_unless_it_has_one() {
    let gate = Gate::new();
    let path = format!("/acme/v3/company/{}/employee", gate.lab.sandbox.realm());
    let body = r#"{"GivenName":"Ann","FamilyName":"Other"}"#;
    let first = gate.post(&path, body);
    let header = "evergrant-requestid: ";
    let id = |answer: &Answer| {
        let at = answer.head.find(header).unwrap() + header.len();
        answer.head[at..].lines().next().unwrap().to_owned()
    };
    assert!(id(first.ok()).len() <= 36);
    let own = format!("{path}?requestid=mine-1");
    let second = r#"{"GivenName":"Bob","FamilyName":"Other"}"#;
    let one = gate.post(&own, second);
    let again = gate.post(&own, second);
    assert_eq!(id(one.ok()), "mine-1");
    assert_eq!(
        one.json()["Employee"]["Id"],
        again.ok().json()["Employee"]["Id"]
    );
    let read = gate.get(&gate.employee());
    assert!(!read.head.contains(header), "{read:?}");
    let lines = gate.audit(4);
    assert_eq!(lines[1]["requestid"], "mine-1");
    assert_eq!(lines[1]["caller"], "everybody");
}

#[test]
fn a_socket_is_opened_by_its_permissions() {
    let serve = "limits = false\nsocket = \"../../gate.sock\"\nsocket_access = \"read-only\"";
    let gate = Gate::with(evergrant_sandbox::Options::default(), serve);
    let path = gate.lab.path("gate.sock");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    gate.over_socket("gate.sock", "GET", &gate.employee()).ok();
    gate.over_socket("gate.sock", "DELETE", &gate.employee())
        .refused(403, "forbidden");
    let lines = gate.audit(2);
    assert!(
        lines.iter().all(|line| line["caller"] == "socket"),
        "{lines:?}"
    );
    chmod(&path, 0o777);
}
