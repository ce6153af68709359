//! Where settings come from, and which wins.

use crate::support::{Lab, SECRET};

#[test]
fn a_flag_beats_the_environment_and_that_the_file() {
    let lab = Lab::new();
    lab.configure(&format!(
        "{}connection = \"acme\"\n[connections.acme]\nrealm = 1\nenvironment = \"sandbox\"\ntoken_file = \"{}\"\n",
        lab.hosts(),
        lab.path("token.json").display()
    ));
    let realm = lab.sandbox.realm().to_owned();
    let asked = |environment: Option<&str>, flag: Option<&str>| {
        let mut command = lab.bare(&["api", "GET", "companyinfo/{realm}"]);
        if let Some(value) = environment {
            command.env("EVERGRANT_REALM", value);
        }
        if let Some(value) = flag {
            command.args(["--realm", value]);
        }
        lab.finish(&mut command);
        lab.sandbox.control().requests().pop().unwrap().path
    };
    assert_eq!(asked(None, None), "/v3/company/1/companyinfo/1");
    assert_eq!(asked(Some("2"), None), "/v3/company/2/companyinfo/2");
    assert_eq!(asked(Some(""), None), "/v3/company/1/companyinfo/1");
    let own = format!("/v3/company/{realm}/companyinfo/{realm}");
    assert_eq!(asked(Some("2"), Some(&realm)), own);
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    let lab = Lab::new();
    let after = lab.run(&["get", "employee", "58", "--path", "Id", "-o", "json"]);
    let before = lab.run(&["--path", "Id", "-o", "json", "get", "employee", "58"]);
    assert_eq!(after.ok(), before.ok());
}

#[test]
fn a_connection_is_chosen_by_the_strongest_source() {
    let lab = Lab::new();
    let file = lab.configure(&format!(
        "{}realm = \"{}\"\nenvironment = \"sandbox\"\nconnection = \"broken\"\n\
         [connections.broken]\ntoken_file = \"none.json\"\n[connections.good]\ntoken_file = \"~/token.json\"\n",
        lab.hosts(),
        lab.sandbox.realm()
    ));
    let read = ["get", "employee", "58", "--path", "Id"];
    let with = |flags: &[&str], environment: &[(&str, &str)]| {
        let mut command = lab.bare(&[read.as_slice(), flags].concat());
        lab.finish(command.envs(environment.iter().copied()))
    };
    with(&[], &[]).failed(3, &["none.json"]);
    with(&[], &[("EVERGRANT_CONNECTION", "good")]).ok();
    with(&["-c", "good"], &[("EVERGRANT_CONNECTION", "broken")]).ok();
    with(
        &["-c", "good"],
        &[("EVERGRANT_TOKEN_FILE", "elsewhere.json")],
    )
    .ok();
    with(
        &["--token-file", "token.json"],
        &[("EVERGRANT_CONNECTION", "broken")],
    )
    .ok();
    with(&["-c", "nobody"], &[])
        .failed(3, &["nobody", "broken, good", "evergrant login -c nobody"]);
    let path = file.to_str().unwrap();
    with(
        &["-c", "good", "--config", path],
        &[("EVERGRANT_CONFIG", "nowhere.toml")],
    )
    .ok();
    with(&[], &[("EVERGRANT_CONFIG", "nowhere.toml")]).failed(3, &["nowhere.toml"]);
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let lab = Lab::new();
    for (text, needle) in [
        (
            "[connections.a]\ncolour = 1\n",
            "line 2: unknown field `colour`",
        ),
        (
            "client_secret = \"planted-client-secret-3e1f\"\n",
            "client_secret_file",
        ),
        ("minor_version = \"x\"\n", "line 1"),
        ("environment = \"moon\"\n", "sandbox or production"),
        ("= 1\n", "line 1"),
    ] {
        lab.configure(text);
        lab.run(&["get", "employee", "58"])
            .failed(3, &["evergrant.toml", needle]);
    }
}

#[test]
fn wrong_values_are_refused_where_they_come_from() {
    let lab = Lab::new();
    for (name, value) in [
        ("EVERGRANT_ENVIRONMENT", "moon"),
        ("EVERGRANT_BASE_URL", "no url"),
        ("EVERGRANT_MINOR_VERSION", "many"),
    ] {
        let mut command = lab.command(&["get", "employee", "58"]);
        lab.finish(command.env(name, value))
            .failed(3, &[name, value]);
    }
    for flags in [
        ["--environment", "moon"],
        ["--minor-version", "many"],
        ["--tz", "mars"],
        ["-o", "xml"],
    ] {
        lab.run(&[["get", "employee"].as_slice(), &flags, &["58"]].concat())
            .failed(2, &[flags[1]]);
    }
    for args in [
        &["get"][..],
        &["fly"],
        &["get", "employee", "58", "--colour"],
    ] {
        lab.run(args).failed(2, &["Usage"]);
    }
    lab.run(&["get", "emploiee", "58"]).failed(2, &["mployee"]);
}

#[test]
fn the_secret_may_come_from_a_file_with_a_line_end() {
    let lab = Lab::expired();
    let secret = lab.write("secret.txt", format!("  {SECRET}\r\n"));
    let mut command = lab.command(&["get", "employee", "58", "--path", "Id"]);
    command.env("EVERGRANT_CLIENT_SECRET", "wrong");
    command.args([
        "--client-secret-file",
        secret.to_str().unwrap(),
        "--client-id",
    ]);
    command.arg(format!(" {}\t", lab.sandbox.client_id()));
    assert_eq!(lab.finish(&mut command).ok(), "58\n");
    for (name, text) in [("missing.txt", "can't be read"), ("empty.txt", "is empty")] {
        lab.write("empty.txt", " \n");
        let ran = lab.run(&["get", "employee", "58", "--client-secret-file", name]);
        ran.failed(3, &[name, text]);
    }
}

#[test]
fn nothing_given_says_what_to_give() {
    let lab = Lab::new();
    let bare = |args: &[&str]| lab.finish(&mut lab.bare(args));
    bare(&["get", "employee", "58"]).failed(3, &["no connection is given", "--token-file"]);
    bare(&["get", "employee", "58", "--token-file", "token.json"]).failed(3, &["--realm"]);
    bare(&["get", "employee", "58", "--token-file", "/"]).failed(3, &["not the path of a file"]);
    bare(&["status"]).failed(3, &["no connection is given"]);
}

#[test]
fn a_sandbox_is_controlled_without_a_connection_to_it() {
    let lab = Lab::new();
    lab.configure("[connections.acme]\n[connections.zeta]\n");
    let mut command = lab.command(&["sandbox", "--control", "expire"]);
    command.env_remove("EVERGRANT_TOKEN_FILE");
    lab.finish(&mut command).ok();
    lab.run(&["get", "employee", "58"]).ok();
    assert_eq!(lab.sandbox.control().counters().refreshes, 1);
}

#[test]
fn help_shows_examples_and_every_variable() {
    let lab = Lab::new();
    let help = lab.finish(&mut lab.bare(&["--help"]));
    for text in [
        "Examples:",
        "EVERGRANT_CLIENT_SECRET ",
        "NO_COLOR",
        "evergrant exit-codes",
    ] {
        assert!(help.ok().contains(text), "{text}");
    }
    let login = lab.finish(&mut lab.bare(&["login", "--help"]));
    assert!(
        login
            .ok()
            .contains("--redirect-uri https://example.com/callback --paste")
    );
    assert!(
        lab.finish(&mut lab.bare(&["--version"]))
            .ok()
            .starts_with("evergrant ")
    );
}

#[test]
fn a_wrong_value_is_told_with_its_file_its_line_and_its_key() {
    let lab = Lab::new();
    let wrong = |text: &str, said: &[&str]| {
        lab.configure(text);
        let ran = lab.finish(&mut lab.bare(&["serve", "--listen", "127.0.0.1:0"]));
        ran.failed(3, said);
    };
    for (line, said) in [
        ("minor_version = \"75\"", "expected u16"),
        ("realm = true", "digits"),
        ("environment = \"prod\"", "sandbox or production"),
        ("base_url = \"http://example.com\"", "plain http"),
    ] {
        let key = line.split(' ').next().unwrap();
        let place = format!("evergrant.toml, line 2, {key}: ");
        wrong(&format!("[connections.acme]\n{line}\n"), &[&place, said]);
    }
    for (line, said) in [
        ("listen = \"8400\"", "127.0.0.1:8400"),
        ("threads = 0", "nonzero"),
        ("hosts = [\"http://a/\"]", "gateway.example.com"),
        ("limits = { wait = 10 }", "wait = \"10s\""),
        ("otlp = \"http://example.com\"", "plain http"),
    ] {
        let key = line.split(' ').next().unwrap();
        let place = format!("evergrant.toml, line 3, {key}: ");
        let top = "[serve]\nsocket_mode = \"660\"\n";
        wrong(&format!("{top}{line}\n[connections.a]\n"), &[&place, said]);
    }
    // What is said on a line that is none is not repeated.
    wrong("planted secret\n", &["evergrant.toml, line 1: "]);
    wrong(
        "[serve]\ntls_cert = \"c.pem\"\n[connections.a]\n",
        &["tls_key"],
    );
    wrong(
        "store = \"mysql://x\"\n",
        &["sqlite:PATH", "mend that setting"],
    );
}

#[test]
#[cfg(unix)]
fn a_gateway_that_can_not_go_on_ends() {
    let lab = Lab::new();
    lab.configure("[serve]\nthreads = 3000\n[connections.acme]\n");
    let plain = lab.bare(&["serve", "--listen", "127.0.0.1:0"]);
    let mut few = std::process::Command::new("sh");
    few.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .env("HOME", lab.home.path());
    lab.finish(&mut few).failed(8, &["can't go on"]);
}
