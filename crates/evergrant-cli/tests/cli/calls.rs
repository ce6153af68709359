//! Commands that call the API, and what they print.

use evergrant_sandbox::{Effect, Fault, Where};

use crate::support::{Lab, with_stdin};

#[test]
fn get_prints_the_whole_answer_in_the_apis_order() {
    let lab = Lab::new();
    let ran = lab.run(&["get", "employee", "58"]);
    let answer = ran.json();
    assert_eq!(answer["Employee"]["DisplayName"], "Bill Miller");
    assert!(answer["time"].is_string());
    let raw = lab.run(&["api", "GET", "employee/58", "-o", "jsonl"]);
    let printed: String = ran
        .ok()
        .lines()
        .map(|line| line.trim_start().replacen("\": ", "\":", 1))
        .collect();
    assert!(
        printed.contains(raw.ok().trim()),
        "{printed} has another order than {raw:?}"
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn an_expired_token_is_refreshed_unseen_and_once() {
    let lab = Lab::expired();
    let before = lab.tokens("token.json");
    assert!(
        lab.run(&["get", "employee", "58"])
            .ok()
            .contains("Bill Miller")
    );
    let after = lab.tokens("token.json");
    assert_ne!(before["access_token"], after["access_token"]);
    assert_eq!(lab.run(&["get", "employee", "58"]).stderr, "");
    assert_eq!(lab.sandbox.control().counters().refreshes, 1);
}

#[test]
fn a_path_prints_the_bare_value() {
    let lab = Lab::new();
    let city = lab.run(&[
        "get",
        "employee",
        "58",
        "--path",
        "Employee.PrimaryAddr.City",
    ]);
    assert_eq!(city.ok(), "Middlefield\n");
    let several = lab.run(&[
        "get",
        "employee",
        "58",
        "--path",
        "PrimaryAddr.City",
        "--path",
        "BillableTime",
        "--path",
        "Id",
    ]);
    assert_eq!(several.ok(), "Middlefield\nfalse\n58\n");
    let object = lab.run(&["get", "employee", "58", "--path", "PrimaryPhone"]);
    assert_eq!(
        object.ok(),
        "{\n  \"FreeFormNumber\": \"234-525-1234\"\n}\n"
    );
}

#[test]
fn a_missing_path_ends_with_1_after_the_others_are_printed() {
    let lab = Lab::new();
    let ran = lab.run(&[
        "get",
        "employee",
        "58",
        "--path",
        "Employee.Nope",
        "--path",
        "Employee.Id",
        "--path",
        "Shoe[0]",
    ]);
    ran.failed(1, &["no Employee.Nope", "no Shoe[0]"]);
    assert_eq!(ran.stdout, "58\n");
    lab.run(&["get", "employee", "58", "--path", "a..b"])
        .failed(2, &["a..b"]);
}

#[test]
fn times_are_moved_on_request() {
    let lab = Lab::new();
    let created = |args: &[&str]| {
        let base = ["get", "employee", "58", "--path", "MetaData.CreateTime"];
        let ran = lab.run(&[base.as_slice(), args].concat());
        ran.ok().trim().to_owned()
    };
    assert_eq!(created(&[]), "2015-07-24T09:34:35-07:00");
    assert_eq!(created(&["--tz", "keep"]), "2015-07-24T09:34:35-07:00");
    assert_eq!(created(&["--tz", "utc"]), "2015-07-24T16:34:35Z");
    let mut local = lab.command(&[
        "get",
        "employee",
        "58",
        "--tz",
        "local",
        "--path",
        "MetaData.CreateTime",
    ]);
    let ran = lab.finish(local.env("TZ", "XST-5:30"));
    assert_eq!(ran.ok(), "2015-07-24T22:04:35+05:30\n");
    let json = lab.run(&["get", "employee", "58", "--tz", "utc"]).json();
    assert_eq!(
        json["Employee"]["MetaData"]["CreateTime"],
        "2015-07-24T16:34:35Z"
    );
}

#[test]
fn a_card_is_for_people() {
    let lab = Lab::new();
    let mut command = lab.command(&["get", "employee", "58", "-o", "card"]);
    let ran = lab.finish(command.env("TZ", "XST8"));
    let line = |label: &str| {
        let line = ran
            .ok()
            .lines()
            .find(|line| line.starts_with(label))
            .unwrap();
        line[label.len()..].trim().to_owned()
    };
    assert_eq!(line("DisplayName"), "Bill Miller");
    assert_eq!(line("PrimaryAddr.City"), "Middlefield");
    assert_eq!(line("MetaData.CreateTime"), "7/24/2015 08:34");
    assert!(!ran.stdout.contains('\x1b'));
}

#[test]
fn a_query_prints_its_answer_its_rows_or_their_values() {
    let lab = Lab::new();
    let query = "select * from Employee where DisplayName like 'B%' orderby DisplayName";
    let whole = lab.run(&["query", query]).json();
    let rows = whole["QueryResponse"]["Employee"].as_array().unwrap().len();
    assert!(rows >= 1);
    let lines = lab.run(&["query", query, "-o", "jsonl"]);
    assert_eq!(lines.ok().lines().count(), rows);
    for line in lines.ok().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(row["DisplayName"].as_str().unwrap().starts_with('B'));
    }
    let names = lab.run(&["query", query, "--path", "DisplayName"]);
    assert_eq!(names.ok().lines().count(), rows);
    assert!(names.ok().contains("Bill Miller\n"));
    let count = lab.run(&[
        "query",
        "select count(*) from Employee",
        "--path",
        "QueryResponse.totalCount",
    ]);
    assert!(count.ok().trim().parse::<u32>().unwrap() > 5);
    let none = lab.run(&[
        "query",
        "select * from Employee where Id = '99999'",
        "-o",
        "jsonl",
    ]);
    assert_eq!(none.ok(), "");
}

#[test]
fn api_needs_no_company_for_a_path_from_the_root() {
    let lab = Lab::new();
    let call = |target: &str| {
        let mut command = lab.command(&["api", "GET", target, "-H", "X-Trace: 1", "-v"]);
        lab.finish(command.env_remove("EVERGRANT_REALM"))
    };
    let rooted = format!("/v3/company/{}/employee/58", lab.sandbox.realm());
    let ran = call(&rooted);
    assert!(ran.ok().contains("Bill Miller"));
    assert!(ran.stderr.contains("x-trace: 1"), "{}", ran.stderr);
    assert!(
        call(&format!("{}{rooted}", lab.url()))
            .ok()
            .contains("Bill Miller")
    );
    call("/elsewhere").failed(5, &["GET", "/elsewhere\n"]);
    call("employee/58").failed(3, &["no company is given"]);
    let log = lab.sandbox.control().requests();
    assert_eq!(
        log[2].query, None,
        "only a company's books come in editions"
    );
}

#[test]
fn api_sends_any_request() {
    let lab = Lab::new();
    let company = lab.run(&["api", "get", "companyinfo/{realm}"]).json();
    assert!(company["CompanyInfo"].is_object());
    let rooted = format!(
        "/v3/company/{}/employee/58?minorversion=70",
        lab.sandbox.realm()
    );
    assert!(
        lab.run(&["api", "GET", &rooted])
            .ok()
            .contains("Bill Miller")
    );
    let log = lab.sandbox.control().requests();
    assert_eq!(log[0].query.as_deref(), Some("minorversion=75"));
    assert_eq!(log[1].query.as_deref(), Some("minorversion=70"));

    let file = lab.write("new.json", r#"{"GivenName":"Ada","FamilyName":"Byron"}"#);
    let made = lab
        .run(&["api", "POST", "employee", "-f", file.to_str().unwrap()])
        .json();
    assert_eq!(made["Employee"]["GivenName"], "Ada");
    let query = &mut lab.command(&[
        "api",
        "POST",
        "query",
        "-f",
        "-",
        "-H",
        "Content-Type: application/text",
    ]);
    let found = with_stdin(query, "select * from Employee where GivenName = 'Ada'");
    assert!(found.ok().contains("Byron"));
}

#[test]
fn a_write_without_an_answer_is_never_repeated() {
    let lab = Lab::new();
    lab.sandbox
        .control()
        .add_fault(Fault::new(Where::Api, Effect::DropAfter));
    let file = lab.write("new.json", r#"{"GivenName":"Only","FamilyName":"Once"}"#);
    let ran = lab.run(&["api", "POST", "employee", "-f", file.to_str().unwrap()]);
    ran.failed(12, &["look whether it was done"]);
    assert_eq!(lab.sandbox.control().counters().writes, 1);
    let missing = lab.run(&["api", "POST", "employee", "-f", "no-such-file"]);
    missing.failed(2, &["no-such-file", "nothing was sent"]);
    lab.run(&["api", "GET", "x", "-H", "Authorization: Bearer x"])
        .failed(2, &["attached by evergrant"]);
}

#[test]
fn verbose_shows_each_exchange() {
    let lab = Lab::expired();
    let ran = lab.run(&["-v", "get", "employee", "58"]);
    let told = &ran.stderr;
    assert!(told.contains("> GET https://127.0.0.1"), "{told}");
    assert!(
        told.contains("> authorization: Bearer [redacted]"),
        "{told}"
    );
    assert!(told.contains("> authorization: Basic [redacted]"), "{told}");
    assert!(
        told.contains("< 401 Unauthorized") && told.contains("< 200 OK"),
        "{told}"
    );
    assert!(told.contains("< intuit_tid: "), "{told}");
    assert!(
        told.contains("* refresh, because the API refused the access token"),
        "{told}"
    );
    assert!(ran.json()["Employee"].is_object());
}

#[test]
fn two_v_show_our_own_logs_and_still_no_secret() {
    let lab = Lab::expired();
    // Every run is searched for tokens and the client secret.
    lab.run(&["get", "employee", "58", "-vv"]).ok();
    lab.sandbox.control().revoke_grants();
    lab.run(&["get", "employee", "58", "-vv"])
        .failed(4, &["evergrant login --token-file"]);
}

#[test]
fn every_format_shows_the_rows() {
    let lab = Lab::new();
    let query = |more: &[&str]| {
        let mut args = vec!["query", "select * from Employee where Id = '58'"];
        args.extend(more);
        lab.run(&args).ok().to_owned()
    };
    let csv = query(&[
        "-o",
        "csv",
        "--fields",
        "Id,PrimaryAddr.City,MetaData.CreateTime",
        "--tz",
        "utc",
    ]);
    assert_eq!(
        csv,
        "Id,PrimaryAddr.City,MetaData.CreateTime\n58,Middlefield,2015-07-24T16:34:35Z\n"
    );
    let whole = query(&["-o", "csv"]);
    assert!(
        whole.lines().next().unwrap().contains(",PrimaryAddr.City,"),
        "{whole}"
    );
    let table = query(&["-o", "table"]);
    assert!(table.starts_with("Id  DisplayName"), "{table}");
    assert!(table.contains("58  Bill Miller"), "{table}");
    assert_eq!(
        query(&["-o", "jsonl", "--fields", "Id"]),
        "{\"Id\":\"58\"}\n"
    );
    assert_eq!(
        query(&["--fields", "Id"]),
        "[\n  {\n    \"Id\": \"58\"\n  }\n]\n"
    );
    let yaml = query(&["-o", "yaml"]);
    assert!(
        yaml.starts_with("QueryResponse:\n  Employee:\n  - "),
        "{yaml}"
    );
    assert_eq!(
        query(&["-o", "yaml", "--fields", "PrimaryAddr.City"]),
        "- PrimaryAddr:\n    City: Middlefield\n"
    );
}

#[test]
fn no_rows_are_shown_as_none() {
    let lab = Lab::new();
    for (format, expected) in [
        ("csv", "Id\n"),
        ("jsonl", ""),
        ("json", "[]\n"),
        ("yaml", "[]\n"),
        ("table", ""),
    ] {
        let none = [
            "query",
            "select * from Employee where Id = '0'",
            "--fields",
            "Id",
            "-o",
            format,
        ];
        assert_eq!(lab.run(&none).ok(), expected, "{format}");
    }
}

#[test]
fn jq_runs_without_jq() {
    let lab = Lab::new();
    let name = lab.run(&["get", "employee", "58", "--jq", ".Employee.DisplayName"]);
    assert_eq!(name.ok(), "Bill Miller\n");
    let made = lab.run(&[
        "query",
        "select * from Employee where Id = '58'",
        "-o",
        "table",
        "--jq",
        ".QueryResponse.Employee[] | {Id, City: .PrimaryAddr.City}",
    ]);
    assert_eq!(made.ok(), "Id  City\n58  Middlefield\n");
    lab.run(&["get", "employee", "58", "--jq", ".a |"])
        .failed(2, &["--jq", "expected"]);
    lab.run(&["get", "employee", "58", "--jq", ".Employee.Id.x"])
        .failed(1, &["--jq failed"]);
}
