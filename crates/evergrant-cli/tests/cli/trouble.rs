//! Bad input and bad answers: a clear message, the right exit code, the token file untouched.

use evergrant_sandbox::{Denial, Effect, Fault, Where};

use crate::support::Lab;

const READ: [&str; 3] = ["get", "employee", "58"];

/// Runs a read with an environment of its own; the token file must come out as it went in.
#[track_caller]
fn untouched(lab: &Lab, environment: &[(&str, &str)], code: i32, texts: &[&str]) -> String {
    let before = std::fs::read(lab.path("token.json")).ok();
    let mut command = lab.command(&READ);
    let ran = lab.finish(command.envs(environment.iter().copied()));
    assert_eq!(ran.stdout, "");
    assert_eq!(std::fs::read(lab.path("token.json")).ok(), before);
    ran.failed(code, texts).to_owned()
}

#[test]
fn token_files_that_are_none() {
    for (text, code) in [
        ("", 10),
        ("   \n", 10),
        ("{\"access_token\":\"planted-half-a-tok", 10),
        ("<html>", 10),
        ("[]", 10),
        ("\"text\"", 10),
        ("{}", 10),
        ("{\"access_token\": 7}", 10),
        ("{\"error\":\"invalid_grant\"}", 10),
    ] {
        let lab = Lab::new();
        lab.write("token.json", text);
        let said = untouched(&lab, &[], code, &["token.json"]);
        assert!(!said.contains("planted"), "{said}");
    }
}

#[test]
fn a_token_file_that_is_not_there() {
    let lab = Lab::new();
    std::fs::remove_file(lab.path("token.json")).unwrap();
    untouched(
        &lab,
        &[],
        3,
        &["token.json", "evergrant login --token-file"],
    );
    std::fs::create_dir(lab.path("token.json")).unwrap();
    lab.run(&READ).failed(10, &["token.json"]);
}

/// Nobody writes into the pipe: who waited for that would wait for ever.
#[test]
#[cfg(unix)]
fn a_token_file_that_is_no_regular_file() {
    let lab = Lab::new();
    let pipe = lab.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for file in [pipe.to_str().unwrap(), "/dev/zero"] {
        let mut command = lab.command(&READ);
        let ran = lab.finish(command.env("EVERGRANT_TOKEN_FILE", file));
        ran.failed(10, &[file, "no regular file"]);
    }
}

#[test]
#[cfg(unix)]
fn token_files_that_may_not_be_read_or_replaced() {
    use crate::support::chmod;
    let lab = Lab::expired();
    let file = lab.path("token.json");
    let before = lab.read("token.json");
    chmod(&file, 0o000);
    lab.run_unprivileged(&READ)
        .failed(10, &["token.json", "ermission denied"]);
    chmod(&file, 0o400);
    lab.run_unprivileged(&READ)
        .failed(10, &["read-only", "nothing was spent"]);
    chmod(&file, 0o600);
    chmod(lab.home.path(), 0o500);
    lab.run_unprivileged(&READ)
        .failed(10, &["ermission denied"]);
    chmod(lab.home.path(), 0o700);
    assert_eq!(lab.read("token.json"), before);
    // Nothing was spent while it could not have been saved.
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

#[test]
fn the_wrong_company_environment_or_rights() {
    let lab = Lab::new();
    let wrong = untouched(
        &lab,
        &[("EVERGRANT_REALM", "999")],
        3,
        &["--realm", "401 Unauthorized"],
    );
    assert!(
        wrong.contains("authorization: Bearer [redacted]"),
        "{wrong}"
    );
    for (denial, code, text) in [
        (Denial::WrongCluster, 3, "--environment"),
        (Denial::NotAuthorized, 6, "403 Forbidden"),
        (Denial::NoAccess, 6, "administrator"),
    ] {
        lab.sandbox
            .control()
            .change_settings(|settings| settings.denial = Some(denial));
        untouched(&lab, &[], code, &[text]);
    }
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

#[test]
fn the_wrong_keys() {
    let lab = Lab::expired();
    untouched(
        &lab,
        &[("EVERGRANT_CLIENT_SECRET", "wrong")],
        3,
        &["client id and secret"],
    );
    untouched(
        &lab,
        &[("EVERGRANT_CLIENT_ID", "wrong")],
        3,
        &["client id and secret"],
    );
    let mut command = lab.command(&READ);
    let ran = lab.finish(
        command
            .env_remove("EVERGRANT_CLIENT_ID")
            .env_remove("EVERGRANT_CLIENT_SECRET"),
    );
    ran.failed(3, &["EVERGRANT_CLIENT_ID"]);
    // With the right ones the grant is as good as before.
    lab.run(&READ).ok();
}

#[test]
fn hosts_that_can_not_or_must_not_be_asked() {
    let lab = Lab::new();
    let unknown = [("EVERGRANT_BASE_URL", "https://no-such-host.invalid")];
    untouched(
        &lab,
        &unknown,
        8,
        &["no-such-host.invalid", "can't be reached"],
    );
    let closed = [("EVERGRANT_BASE_URL", "https://127.0.0.1:1")];
    untouched(&lab, &closed, 8, &["can't be reached"]);
    let public = [("EVERGRANT_BASE_URL", "http://quickbooks.example")];
    untouched(&lab, &public, 3, &["plain http", "https"]);
    let token = [("EVERGRANT_TOKEN_URL", "http://tokens.example/token")];
    untouched(&lab, &token, 3, &["plain http"]);
    let mut command = lab.command(&READ);
    let untrusted = lab.finish(command.env_remove("EVERGRANT_CA_FILE"));
    untrusted.failed(3, &["certificate", "not trusted"]);
    let none = [("EVERGRANT_CA_FILE", "none.pem")];
    untouched(&lab, &none, 3, &["none.pem", "can't be read"]);
    lab.write("bad.pem", "not a certificate");
    untouched(&lab, &[("EVERGRANT_CA_FILE", "bad.pem")], 3, &[]);
    assert_eq!(lab.sandbox.control().counters().requests, 0);
}

#[test]
fn a_fault_prints_all_that_was_exchanged() {
    let lab = Lab::new();
    let ran = lab.run(&["get", "employee", "99999"]);
    let told = ran.failed(
        5,
        &[
            "GET https://127.0.0.1",
            "authorization: Bearer [redacted]",
            "400 Bad Request",
            "intuit_tid: ",
            r#""code":"610""#,
            "evergrant: nothing has this id",
        ],
    );
    assert_eq!(
        told.lines().last().unwrap().matches("evergrant: ").count(),
        1
    );
}

#[test]
fn answers_that_are_none() {
    let api = |effect| Fault::new(Where::Api, effect).forever();
    let answer = |status, body: &str| Effect::Answer {
        status,
        headers: Default::default(),
        body: body.to_owned(),
        after: false,
    };
    let fault = r#"{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"6190"}],"type":"ValidationFault"}}"#;
    // A pause that nobody waits out; shorter ones are.
    let throttled = Effect::Answer {
        status: 429,
        headers: [("Retry-After".to_owned(), "600".to_owned())].into(),
        body: String::new(),
        after: false,
    };
    let xml = r#"<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="ValidationFault"><Error code="5010"><Message>Stale Object Error</Message></Error></Fault></IntuitResponse>"#;
    for (effect, code, text) in [
        (throttled, 7, "ask less often"),
        (answer(200, fault), 6, "subscription"),
        (answer(400, xml), 9, "read it again"),
        (Effect::Html { status: 503 }, 8, "web page"),
        (answer(500, ""), 8, "500 Internal Server Error"),
        (answer(200, "{"), 1, "evergrant: "),
        (Effect::DropBefore, 8, "run it again later"),
    ] {
        let lab = Lab::new();
        lab.sandbox.control().add_fault(api(effect.clone()));
        let ran = lab.run(&READ);
        ran.failed(code, &[text]);
        assert_eq!(ran.stdout, "", "{effect:?}");
    }
}

#[test]
fn a_grant_that_is_over_says_how_to_reconnect() {
    let lab = Lab::new();
    lab.sandbox.control().revoke_grants();
    let ran = lab.run(&READ);
    ran.failed(
        4,
        &[
            "invalid_grant",
            "a human must reconnect: evergrant login --token-file",
        ],
    );
    // It is marked, and the provider is not asked again.
    let calls = lab.sandbox.control().counters().token_calls;
    lab.run(&READ).failed(4, &["evergrant login"]);
    assert_eq!(lab.sandbox.control().counters().token_calls, calls);
}
