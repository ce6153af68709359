//! Commands that work on a company's books: lists, changes made once, batches, files.

use std::process::Stdio;

use evergrant_sandbox::{Effect, Fault, Where};
use serde_json::Value;

use crate::support::{Lab, until, with_stdin};

/// A customer and the id that it got.
fn customer(lab: &Lab, name: &str) -> String {
    let made = lab.run(&[
        "create",
        "customer",
        &format!("DisplayName={name}"),
        "--path",
        "Id",
    ]);
    made.ok().trim().to_owned()
}

/// An invoice of 10.00 and the id that it got.
fn invoice(lab: &Lab, customer: &str) -> String {
    let made = lab.run(&[
        "create",
        "invoice",
        &format!("CustomerRef={customer}"),
        "Line[0].Amount=10.00",
        "Line[0].DetailType=SalesItemLineDetail",
        r#"Line[0].SalesItemLineDetail:={"Qty":1,"UnitPrice":10.00}"#,
        "--path",
        "Id",
    ]);
    made.ok().trim().to_owned()
}

fn count(lab: &Lab, statement: &str) -> String {
    lab.run(&["query", statement, "--count"])
        .ok()
        .trim()
        .to_owned()
}

#[test]
fn a_list_has_every_row_once_whatever_the_page() {
    let lab = Lab::new();
    let ids = |more: &[&str]| {
        let mut args = vec!["list", "employee", "--path", "Id"];
        args.extend(more);
        let mut ids: Vec<String> = lab.run(&args).ok().lines().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    let all = ids(&["--all"]);
    assert!(all.len() > 5, "{all:?}");
    assert_eq!(ids(&["--all", "--page-size", "2"]), all);
    assert_eq!(ids(&["--limit", "3"]).len(), 3);
    assert_eq!(ids(&["--where", "DisplayName = 'Bill Miller'"]), ["58"]);
    let whole = lab.run(&["query", "select * from Employee", "--all", "-o", "jsonl"]);
    assert_eq!(whole.ok().lines().count(), all.len());
    assert_eq!(count(&lab, "select * from Employee"), all.len().to_string());
    let json = lab.run(&["list", "employee", "--all"]).json();
    assert_eq!(json.as_array().unwrap().len(), all.len());
}

#[test]
fn misspelt_names_are_mended_before_anything_is_sent() {
    let lab = Lab::new();
    for (args, mend) in [
        (vec!["list", "emploiee"], "Employee"),
        (
            vec!["list", "employee", "--where", "DisplyName = 'x'"],
            "DisplayName",
        ),
        (
            vec!["list", "employee", "--order", "DisplyName"],
            "DisplayName",
        ),
        (
            vec!["list", "employee", "--fields", "PrimaryAddr.Cty"],
            "City",
        ),
        (vec!["create", "employee", "GivnName=x"], "GivenName"),
        (
            vec!["update", "employee", "58", "BillRate=many"],
            "a number",
        ),
        (vec!["schema", "employee.Titel"], "Title"),
    ] {
        lab.run(&args).failed(2, &[mend]);
    }
    assert_eq!(lab.sandbox.control().counters().requests, 0);
}

#[test]
fn what_is_created_can_be_changed_in_part_and_as_a_whole() {
    let lab = Lab::new();
    let made = lab.run(&[
        "create",
        "employee",
        "GivenName=Ann",
        "FamilyName=Lee",
        "PrimaryAddr.City=Bayshore",
        "BillRate=85.50",
    ]);
    let made = made.json();
    let id = made["Employee"]["Id"].as_str().unwrap();
    assert_eq!(made["Employee"]["PrimaryAddr"]["City"], "Bayshore");
    let sparse = lab
        .run(&["update", "employee", id, "Title=Dr", "--sparse"])
        .json();
    assert_eq!(sparse["Employee"]["FamilyName"], "Lee");
    assert_eq!(sparse["Employee"]["SyncToken"], "1");
    let whole = lab
        .run(&["update", "employee", id, "PrimaryAddr.City=Hexcombe"])
        .json();
    assert_eq!(whole["Employee"]["Title"], "Dr");
    assert_eq!(whole["Employee"]["PrimaryAddr"]["City"], "Hexcombe");
    lab.write("old.json", serde_json::to_vec(&made).unwrap());
    let stale = lab.run(&["update", "employee", "-f", "old.json"]);
    stale.failed(9, &["5010"]);
    let inactive = lab
        .run(&["update", "employee", id, "Active=false", "--sparse"])
        .json();
    assert_eq!(inactive["Employee"]["Active"], false);
    let empty = lab.run(&["update", "employee", id]);
    empty.failed(2, &["nothing to change"]);
}

#[test]
fn a_request_id_makes_a_change_once() {
    let lab = Lab::new();
    let create = [
        "create",
        "customer",
        "DisplayName=Once",
        "--request-id",
        "order-4711",
        "--path",
        "Id",
    ];
    let first = lab.run(&create).ok().to_owned();
    assert_eq!(lab.run(&create).ok(), first);
    assert_eq!(
        count(&lab, "select * from Customer where DisplayName = 'Once'"),
        "1"
    );
}

#[test]
fn a_dry_run_sends_nothing() {
    let lab = Lab::new();
    lab.write("batch.jsonl", "{\"Customer\":{\"DisplayName\":\"x\"}}\n");
    for args in [
        vec!["create", "customer", "DisplayName=x", "--dry-run"],
        vec!["update", "employee", "58", "Title=Dr", "--dry-run"],
        vec![
            "update",
            "employee",
            "58",
            "Title=Dr",
            "--sparse",
            "--dry-run",
        ],
        vec!["delete", "invoice", "1", "--dry-run"],
        vec!["void", "invoice", "1", "--dry-run"],
        vec!["send", "invoice", "1", "--dry-run"],
        vec!["pdf", "invoice", "1", "--dry-run"],
        vec!["batch", "batch.jsonl", "--dry-run"],
        vec![
            "attach",
            "add",
            "batch.jsonl",
            "--to",
            "invoice/1",
            "--dry-run",
        ],
    ] {
        let ran = lab.run(&args);
        assert!(ran.ok().contains("/v3/company/"), "{args:?}: {ran:?}");
    }
    assert_eq!(lab.sandbox.control().counters().requests, 0);
    assert!(!lab.path("batch.jsonl.journal").exists());
}

#[test]
fn files_are_attached_and_found_where_they_are() {
    let lab = Lab::new();
    let id = invoice(&lab, &customer(&lab, "Filed"));
    lab.write("note.txt", "paid in cash");
    let target = format!("invoice/{id}");
    let added = lab.run(&["attach", "add", "note.txt", "--to", &target]);
    let attachment = added.json()["Attachable"]["Id"].clone();
    let attachment = attachment.as_str().unwrap();
    let listed = |args: &[&str]| lab.run(&[&["attach", "list", "-o", "jsonl"], args].concat());
    assert!(listed(&[&target]).ok().contains("note.txt"));
    assert_eq!(listed(&["invoice/999999"]).ok(), "");
    assert_eq!(listed(&[]).ok().lines().count(), 1);
    let got = lab.run(&["attach", "get", attachment]);
    assert_eq!(got.ok(), "paid in cash");
}

#[test]
fn what_destroys_asks_first() {
    let lab = Lab::new();
    let customer = customer(&lab, "Payer");
    let id = invoice(&lab, &customer);
    for verb in ["delete", "void"] {
        lab.run(&[verb, "invoice", &id])
            .failed(2, &["--yes", "nothing was sent"]);
    }
    lab.write(
        "gone.jsonl",
        format!(
            "{{\"operation\":\"delete\",\"Invoice\":{{\"Id\":\"{id}\",\"SyncToken\":\"0\"}}}}\n"
        ),
    );
    lab.run(&["batch", "gone.jsonl"]).failed(2, &["--yes"]);
    let void = lab.run(&["void", "invoice", &id, "--yes"]).json();
    assert_eq!(void["Invoice"]["Balance"], 0);
    let gone = lab.run(&["delete", "invoice", &id, "--yes"]).json();
    assert_eq!(gone["Invoice"]["status"], "Deleted");
    lab.run(&["get", "invoice", &id]).failed(5, &["610"]);
    lab.run(&["delete", "employee", "58", "--yes"])
        .failed(2, &["no delete of Employee"]);
}

#[test]
fn an_unknown_outcome_names_the_command_that_goes_on() {
    let lab = Lab::new();
    // Every answer is lost, so the program gives up with what it knows.
    let lost = Fault::new(Where::Api, Effect::DropAfter).forever();
    lab.sandbox.control().add_fault(lost);
    let ran = lab.run(&[
        "create",
        "customer",
        "DisplayName=Bill's",
        "--patience",
        "1",
    ]);
    let said = ran.failed(12, &["go on with: ", "--request-id"]);
    let id = said
        .rsplit("--request-id ")
        .next()
        .unwrap()
        .trim()
        .to_owned();
    lab.sandbox.control().clear_faults();
    let again = lab.run(&[
        "create",
        "customer",
        "DisplayName=Bill's",
        "--path",
        "Id",
        "--request-id",
        &id,
    ]);
    again.ok();
    assert_eq!(
        count(
            &lab,
            "select * from Customer where DisplayName = 'Bill\\'s'"
        ),
        "1"
    );
}

#[test]
fn a_batch_tells_what_came_of_each_item_in_order() {
    let lab = Lab::new();
    let mut lines: Vec<String> = (0..70)
        .map(|n| format!("{{\"bId\":\"line {n}\",\"Customer\":{{\"DisplayName\":\"B{n}\"}}}}"))
        .collect();
    lines.push("{\"bId\":\"bad\",\"Customer\":{}}".to_owned());
    lines.push("{\"Query\":\"select count(*) from Employee\"}".to_owned());
    lab.write("b.jsonl", lines.join("\n"));
    let ran = lab.run(&["batch", "b.jsonl"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("1 of 72 items failed"), "{ran:?}");
    let rows: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 72);
    for (n, row) in rows[..70].iter().enumerate() {
        assert_eq!(row["bId"], format!("line {n}"));
        assert_eq!(row["Customer"]["DisplayName"], format!("B{n}"));
    }
    assert!(rows[70]["Fault"]["Error"].is_array());
    assert!(rows[71]["QueryResponse"].is_object());
    lab.run(&["batch", "b.jsonl"]).failed(2, &["--resume"]);
    assert_eq!(lab.run(&["batch", "b.jsonl", "--resume"]).ok(), "");
    lab.write("b.jsonl", "{\"Customer\":{\"DisplayName\":\"other\"}}");
    lab.run(&["batch", "b.jsonl", "--resume"])
        .failed(2, &["other content"]);
    lab.write("bad.jsonl", "{\"Customer\":{}}\n{\"Custmer\":{}}\n");
    lab.run(&["batch", "bad.jsonl"])
        .failed(2, &["bad.jsonl:2", "Customer", "nothing was sent"]);
}

#[test]
fn changes_are_told_with_what_was_deleted() {
    let lab = Lab::new();
    let customer = customer(&lab, "Changed");
    let id = invoice(&lab, &customer);
    lab.run(&["delete", "invoice", &id, "--yes"]).ok();
    let changes = lab
        .run(&["cdc", "--since", "1h", "--entities", "customer,invoice"])
        .json();
    let changed = changes["changed"].as_array().unwrap();
    assert!(
        changed
            .iter()
            .any(|row| row["Customer"]["Id"] == customer.as_str()),
        "{changes}"
    );
    assert_eq!(changes["deleted"][0]["Invoice"]["Id"], id.as_str());
    assert!(changes["time"].is_string(), "{changes}");
    let rows = lab.run(&[
        "cdc",
        "--since",
        "1h",
        "--entities",
        "invoice",
        "-o",
        "csv",
        "--fields",
        "Entity,Id,status",
    ]);
    assert_eq!(
        rows.ok(),
        format!("Entity,Id,status\nInvoice,{id},Deleted\n")
    );
    lab.run(&["cdc", "--since", "soon"]).failed(2, &["2h"]);
}

#[test]
fn the_schema_is_told_offline() {
    let lab = Lab::new();
    let bare = |args: &[&str]| lab.finish(&mut lab.bare(args));
    let members = bare(&["schema", "invoice", "-o", "jsonl"]);
    let due = members
        .ok()
        .lines()
        .find(|line| line.contains("\"DueDate\""))
        .unwrap();
    assert!(due.contains("\"date\""), "{due}");
    assert!(bare(&["schema"]).ok().contains("SalesReceipt"));
    assert!(
        bare(&["schema", "Invoice.Line.Amount"])
            .ok()
            .contains("decimal")
    );
    bare(&["schema", "nothing"]).failed(2, &["no entity"]);
}

#[test]
fn a_statement_is_not_empty_and_a_count_has_an_answer() {
    let lab = Lab::new();
    lab.write("empty.sql", "\n");
    for empty in [
        &["query", ""][..],
        &["query"],
        &["query", "-f", "empty.sql"],
    ] {
        let requests = lab.sandbox.control().counters().requests;
        lab.run(empty).failed(2, &[]);
        assert_eq!(lab.sandbox.control().counters().requests, requests);
    }
    let count = ["query", "select count(*) from Employee"];
    let expected = lab.run(&count).json()["QueryResponse"]["totalCount"].clone();
    let all = lab.run(&[&count[..], &["--all"]].concat()).json();
    assert_eq!(all["QueryResponse"]["totalCount"], expected);
    lab.run(&["get", "employee"])
        .failed(2, &["the id of the Employee is missing"]);
    assert!(lab.run(&["usage"]).stderr.contains("No metered call"));
}

#[test]
fn completions_know_the_entities() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = lab.run(&["completions", shell]);
        // One that no text of help names.
        assert!(script.ok().contains("taxclassification"), "{shell}");
    }
    let help = lab.run(&["get", "--help"]);
    assert!(!help.ok().contains("[possible values: "), "{help:?}");
}

#[test]
fn the_object_may_come_from_stdin() {
    let lab = Lab::new();
    let made = with_stdin(
        &mut lab.command(&[
            "create",
            "customer",
            "-f",
            "-",
            "Notes=late",
            "--jq",
            ".Customer | .DisplayName, .Notes",
        ]),
        r#"{"Customer":{"DisplayName":"Piped"},"time":"x"}"#,
    );
    assert_eq!(made.ok(), "Piped\nlate\n");
    let bad = with_stdin(&mut lab.command(&["create", "customer", "-f", "-"]), "[1]");
    bad.failed(2, &["holds no Customer"]);
}

#[test]
fn a_batch_that_is_killed_again_and_again_makes_everything_once() {
    const ITEMS: usize = 240;
    let lab = Lab::new();
    let lines: Vec<String> = (0..ITEMS)
        .map(|n| format!("{{\"Customer\":{{\"DisplayName\":\"Killed-{n}\"}}}}"))
        .collect();
    lab.write("k.jsonl", lines.join("\n"));
    let control = lab.sandbox.control();
    control.add_fault(
        Fault::new(Where::Api, Effect::DropAfter)
            .percent(20, 7)
            .forever(),
    );
    control.add_fault(
        Fault::new(Where::Api, Effect::DropBefore)
            .percent(10, 11)
            .forever(),
    );
    let batch = ["batch", "k.jsonl", "--resume", "--unpaced"];
    let journal = lab.path("k.jsonl.journal");
    let noted = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    for kill in 1..=5 {
        // A line for the file, then two for each request: it dies with one begun, or between two.
        let mut child = lab
            .command(&batch)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until(|| noted() >= 2 * kill);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    lab.run(&batch).ok();
    assert_eq!(
        count(
            &lab,
            "select * from Customer where DisplayName like 'Killed-%'"
        ),
        ITEMS.to_string()
    );
}

#[test]
fn metered_calls_are_counted_and_a_budget_stops_them() {
    let lab = Lab::new();
    let get = ["get", "employee", "58", "--path", "Id", "--budget", "2"];
    for _ in 0..2 {
        lab.run(&get).ok();
    }
    lab.run(&get)
        .failed(3, &["2 is the budget", "nothing was sent"]);
    lab.run(&["create", "customer", "DisplayName=free", "--budget", "2"])
        .ok();
    let usage = lab.run(&["usage", "-o", "csv", "--fields", "Realm,Calls"]);
    assert_eq!(
        usage.ok(),
        format!("Realm,Calls\n{},2\n", lab.sandbox.realm())
    );
}

#[test]
fn a_webhook_is_verified_on_its_bytes() {
    let lab = Lab::new();
    let body = r#"[{"specversion":"1.0","id":"e-1","source":"intuit.x","type":"qbo.invoice.updated.v1","time":"2026-11-22T09:00:00.123456789Z","intuitentityid":"130","intuitaccountid":"9","data":{}}]"#;
    lab.write("body.json", body);
    lab.write("verifier.txt", "the-verifier\n");
    let signature = evergrant_quickbooks::webhook::sign("the-verifier", body.as_bytes());
    let verify = |signature: &str| {
        lab.run(&[
            "webhook",
            "verify",
            "--signature",
            signature,
            "--verifier-file",
            "verifier.txt",
            "-f",
            "body.json",
            "-o",
            "jsonl",
        ])
    };
    let event: Value = serde_json::from_str(verify(&signature).ok()).unwrap();
    assert_eq!(
        (&event["realm"], &event["id"], &event["action"]),
        (&"9".into(), &"130".into(), &"updated".into())
    );
    assert_eq!(event["entity"], "Invoice");
    verify("AAAA").failed(6, &["verifier token"]);
    lab.write("body.json", format!("{body} "));
    verify(&signature).failed(6, &["byte for byte"]);
    lab.run(&["webhook", "verify", "--signature", "x", "-f", "body.json"])
        .failed(3, &["--verifier-file"]);
}

#[test]
fn reports_are_known_by_name_and_parameter() {
    let lab = Lab::new();
    let list = lab.run(&["report", "list", "-o", "jsonl"]);
    assert_eq!(
        list.ok().lines().count(),
        evergrant_quickbooks::schema::get().reports.len()
    );
    for (args, said) in [
        (vec!["report", "ProfitAndLos"], "ProfitAndLoss"),
        (
            vec!["report", "profitandloss", "start_dat=2026-01-01"],
            "start_date",
        ),
        (vec!["report", "profitandloss", "start_date"], "no = in it"),
    ] {
        lab.run(&args).failed(2, &[said]);
    }
    lab.run(&["report", "profitandloss", "end_date=2026-01-01"])
        .failed(2, &["end_date"]);
    let dry = lab.run(&[
        "report",
        "profitandloss",
        "start_date=2026-01-01",
        "end_date=2026-02-01",
        "--dry-run",
    ]);
    assert!(
        dry.ok()
            .contains("/reports/ProfitAndLoss?start_date=2026-01-01"),
        "{dry:?}"
    );
    assert_eq!(lab.sandbox.control().counters().requests, 0);
}

#[test]
fn a_report_is_shown_as_it_is_and_tidy() {
    let lab = Lab::new();
    let customer = customer(&lab, "Reported");
    invoice(&lab, &customer);
    let period = ["start_date=2000-01-01", "end_date=2099-12-31"];
    let raw = lab
        .run(&["report", "profitandloss", period[0], period[1]])
        .json();
    assert_eq!(raw["Header"]["ReportName"], "ProfitAndLoss");
    let tidy = lab.run(&[
        "report",
        "ProfitAndLoss",
        period[0],
        period[1],
        "--tidy",
        "-o",
        "jsonl",
    ]);
    let cells: Vec<Value> = tidy
        .ok()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let amount = |cell: &&Value| cell["row"] == "data" && cell["type"] == "decimal";
    assert!(
        cells
            .iter()
            .any(|cell| amount(&cell) && cell["path"].is_array()),
        "{tidy:?}"
    );
    let flat = lab.run(&[
        "report",
        "ProfitAndLoss",
        period[0],
        period[1],
        "--tidy",
        "-o",
        "csv",
    ]);
    assert_eq!(
        flat.ok().lines().next(),
        Some("path,depth,row,id,column,key,type,value")
    );
    assert_eq!(flat.stderr, "", "its totals add up");
}
