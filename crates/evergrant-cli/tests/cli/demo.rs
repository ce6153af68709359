//! `demo` and `sandbox`: the program with nothing around it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Lab, Ran, until};

#[test]
fn the_demo_tells_each_step_and_prints_the_employee() {
    let lab = Lab::new();
    // Settings of its user's must not get in the way.
    lab.configure("nonsense");
    let mut command = lab.bare(&["demo"]);
    let ran = lab.finish(
        command
            .env("EVERGRANT_BASE_URL", "nonsense")
            .env("TZ", "XST7"),
    );
    let steps: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains("  "))
        .collect();
    let expected = [
        "GET /v3/company/123146096291789/employee/58",
        "401 Unauthorized: the access token is expired",
        "refresh, because the API refused the access token",
        "POST /oauth2/v1/tokens/bearer",
        "200 OK",
        "rotated from",
        "employee/58, again",
        "200 OK",
    ];
    let mut told = steps.iter();
    for text in expected {
        assert!(told.any(|line| line.contains(text)), "{text}: {ran:?}");
    }
    let (json, card) = ran.ok().split_once("\n\n").unwrap();
    let answer: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(answer["Employee"]["DisplayName"], "Bill Miller");
    assert_eq!(
        card,
        "Name        Bill Miller\nId          58\nCity        Middlefield\nPostalCode  93242\n\
         Created     7/24/2015 09:34\n\nSuccess.\n"
    );
    assert!(!lab.path(".local").exists());
}

#[test]
fn the_demo_keeps_its_files_when_asked() {
    let lab = Lab::new();
    for _ in 0..2 {
        lab.finish(&mut lab.bare(&["demo", "--keep", "kept"])).ok();
    }
    let tokens = lab.tokens("kept/demo-token.json");
    assert_eq!(tokens["token_type"], "bearer");
    assert!(
        lab.read("kept/demo-ca.pem")
            .starts_with("-----BEGIN CERTIFICATE")
    );
    let journal = std::fs::read_dir(lab.path("kept")).unwrap();
    assert!(journal.count() >= 4);
}

/// A sandbox in a process of its own; stopped in the end.
struct Served(std::process::Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn serve(lab: &Lab, args: &[&str]) -> (Served, Vec<(String, String)>) {
    let mut command = lab.bare(&[&["sandbox", "--format", "dotenv"], args].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut variables = Vec::new();
    let last = if args.contains(&"--http") {
        "EVERGRANT_ENVIRONMENT"
    } else {
        "EVERGRANT_CA_FILE"
    };
    for line in stdout.lines() {
        let line = line.unwrap();
        let (name, value) = line.split_once('=').unwrap();
        variables.push((name.to_owned(), value.to_owned()));
        if name == last {
            break;
        }
    }
    (Served(child), variables)
}

#[test]
fn the_environment_it_prints_is_all_that_a_client_needs() {
    let lab = Lab::new();
    for args in [
        &["--expired"][..],
        &["--http", "127.0.0.1:0", "--rotation", "strict"],
    ] {
        let (served, variables) = serve(&lab, args);
        let mut command = lab.bare(&["get", "employee", "58", "--path", "DisplayName"]);
        let ran = Ran::of(command.envs(variables).output().unwrap());
        assert_eq!(ran.ok(), "Bill Miller\n");
        drop(served);
    }
}

#[test]
fn the_sandbox_writes_its_files_where_it_is_told() {
    let lab = Lab::new();
    let (_served, variables) = serve(&lab, &["--dir", "box", "--token-file", "mine.json"]);
    let value = |name: &str| &variables.iter().find(|(found, _)| found == name).unwrap().1;
    assert!(value("EVERGRANT_CA_FILE").ends_with("/box/ca.pem"));
    assert!(value("EVERGRANT_TOKEN_FILE").ends_with("/mine.json"));
    assert!(lab.tokens("mine.json")["refresh_token"].is_string());
}

#[test]
fn the_sandbox_goes_on_from_its_file() {
    let lab = Lab::new();
    let run = || serve(&lab, &["--seed", "60", "--data", "kept.json"]);
    let ask = |variables: &[(String, String)], words: &[&str]| {
        let mut command = lab.bare(words);
        let ran = Ran::of(command.envs(variables.to_vec()).output().unwrap());
        ran.ok().to_owned()
    };
    let count = ["query", "select * from Invoice", "--count"];

    let (served, variables) = run();
    let made_up = ask(&variables, &count);
    ask(&variables, &["create", "customer", "DisplayName=Kept"]);
    until(|| lab.read("kept.json").contains(r#""DisplayName":"Kept""#));
    drop(served);

    let (_served, variables) = run();
    assert_eq!(ask(&variables, &count), made_up, "once, not again");
    let kept = "select * from Customer where DisplayName = 'Kept'";
    assert_eq!(ask(&variables, &["query", kept, "--count"]), "1\n");
}

#[test]
#[cfg(unix)]
fn to_be_stopped_is_the_sandboxs_good_end() {
    let lab = Lab::new();
    let (mut served, variables) = serve(&lab, &[]);
    let (_, file) = variables
        .iter()
        .find(|(name, _)| name == "EVERGRANT_TOKEN_FILE")
        .unwrap();
    assert!(std::path::Path::new(file).exists());
    let id = served.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(served.0.wait().unwrap().success());
    assert!(!std::path::Path::new(file).exists());
}
