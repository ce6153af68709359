//! Parsing code: it must compile, run, and find in a document what is there. Languages whose tools
//! are missing on this machine are skipped, and say so.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::Value;

use crate::generated::{awkward, invoices};
use crate::support::{Lab, Ran, with_stdin};

const AWKWARD: &str = include_str!("generated/awkward.json");
const INVOICES: &str = include_str!("generated/invoices.json");

/// What a program printed: each value by its path.
type Printed = BTreeMap<String, String>;

#[test]
fn rust_code_is_the_code_that_is_compiled_here() {
    let lab = Lab::new();
    for (name, sample, compiled) in [
        ("awkward", AWKWARD, include_str!("generated/awkward.rs")),
        ("invoices", INVOICES, include_str!("generated/invoices.rs")),
    ] {
        let path = lab.write(&format!("{name}.json"), sample);
        let ran = lab.run(&["codegen", path.to_str().unwrap()]);
        assert_eq!(tokens(ran.ok()), tokens(compiled), "{name}.rs is stale");
    }
    let mut shown = Vec::new();
    awkward::show(&awkward::read(AWKWARD).unwrap(), &mut shown).unwrap();
    assert_shows(&String::from_utf8(shown).unwrap(), AWKWARD, "rust");
    for document in INVOICES.lines() {
        let mut shown = Vec::new();
        invoices::show(&invoices::read(document).unwrap(), &mut shown).unwrap();
        assert_shows(&String::from_utf8(shown).unwrap(), document, "rust");
    }
    let large = invoices::read(INVOICES.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        large.invoice.line[0].amount.to_string(),
        "123456789012345.67"
    );
    assert!(invoices::read("{}").is_err());
}

/// The text without its layout, which rustfmt may have changed.
fn tokens(code: &str) -> String {
    let kept = code.chars().filter(|c| !c.is_whitespace());
    kept.collect::<String>()
        .replace(",}", "}")
        .replace(",)", ")")
}

#[test]
fn python_code_runs() {
    each_runs("python", "py", |_, file, _| {
        tool("python3", &["--version"]).map(|mut python| {
            python.arg(file);
            python
        })
    });
}

#[test]
fn typescript_code_compiles_strictly_and_runs() {
    each_runs("typescript", "ts", |folder, file, name| {
        let mut compile = tool("tsc", &["--version"])?;
        let mut run = tool("node", &["--version"])?;
        compile.args([
            "--strict", "--target", "es2022", "--module", "commonjs", "--types", "", "--lib",
        ]);
        let compiled = compile.arg("es2022,dom").arg(file).output().unwrap();
        assert!(compiled.status.success(), "{compiled:?}");
        run.arg(folder.join(format!("{name}.js")));
        Some(run)
    });
}

#[test]
fn go_code_is_formatted_and_runs() {
    each_runs("go", "go", |_, file, _| {
        let mut run = tool("go", &["version"])?;
        if let Some(mut format) = tool("gofmt", &["-h"]) {
            let unformatted = format.arg("-l").arg(file).output().unwrap();
            assert!(unformatted.stdout.is_empty(), "gofmt would change {file:?}");
        }
        run.arg("run").arg(file);
        Some(run)
    });
}

#[test]
fn csharp_code_runs() {
    const PROJECT: &str = r#"<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework><RollForward>Major</RollForward></PropertyGroup></Project>"#;
    each_runs("csharp", "cs", |folder, file, name| {
        let mut run = tool("dotnet", &["--version"])?;
        let project = folder.join(format!("cs-{name}"));
        std::fs::create_dir_all(&project).unwrap();
        std::fs::copy(file, project.join("Program.cs")).unwrap();
        write(&project.join("sample.csproj"), PROJECT);
        run.arg("run").arg("--project").arg(project);
        Some(run)
    });
}

#[test]
fn powershell_code_runs() {
    each_runs("powershell", "ps1", |_, file, _| {
        let mut run = tool("pwsh", &["-Version"])?;
        run.args(["-NoProfile", "-File"]).arg(file);
        Some(run)
    });
}

#[test]
fn samples_come_from_stdin_and_from_the_api() {
    let lab = Lab::new();
    let piped = with_stdin(
        &mut lab.command(&["codegen", "-", "--name", "Thing"]),
        INVOICES,
    );
    assert!(piped.ok().contains("pub struct Thing {"), "{piped:?}");
    assert!(
        piped
            .ok()
            .contains("pub due_date: Option<jiff::civil::Date>,"),
        "{piped:?}"
    );
    let live = lab.run(&["codegen", "--from", "employee/58", "--lang", "python"]);
    assert!(
        live.ok().contains("root.employee.primary_addr.city"),
        "{live:?}"
    );
    let api = lab.run(&["get", "employee", "58"]);
    lab.write("employee.json", api.ok());
    let file = lab.run(&["codegen", "employee.json"]);
    assert!(
        file.ok().contains("pub struct EmployeeAnswer {"),
        "{file:?}"
    );
}

#[test]
fn what_is_no_json_is_refused() {
    let lab = Lab::new();
    lab.write("page.json", "<html>");
    lab.write("none.json", "");
    lab.run(&["codegen", "page.json"])
        .failed(2, &["page.json is not JSON"]);
    lab.run(&["codegen", "none.json"]).failed(2, &["no sample"]);
    lab.run(&["codegen", "absent.json"])
        .failed(2, &["absent.json can't be read"]);
    lab.run(&["codegen"]).failed(2, &["no sample", "--from"]);
}

/// Writes the code for both samples, and lets it read each document.
fn each_runs(language: &str, ending: &str, runner: impl Fn(&Path, &Path, &str) -> Option<Command>) {
    let lab = Lab::new();
    for (name, sample) in [("awkward", AWKWARD), ("invoices", INVOICES)] {
        let json = lab.write(&format!("{name}.json"), sample);
        let ran = lab.run(&["codegen", json.to_str().unwrap(), "--lang", language]);
        let file = lab.write(&format!("{name}.{ending}"), ran.ok());
        for document in documents(sample) {
            let Some(mut command) = runner(lab.home.path(), &file, name) else {
                skipped(language);
                return;
            };
            let ran: Ran = with_stdin(&mut command, &document);
            assert_shows(ran.ok(), &document, language);
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a skipped test must not look like one that passed"
)]
fn skipped(language: &str) {
    eprintln!("SKIPPED: {language} code was not run, its tools are not on this machine");
}

fn documents(sample: &str) -> Vec<String> {
    let documents =
        serde_json::Deserializer::from_str(sample).into_iter::<Box<serde_json::value::RawValue>>();
    documents
        .map(|document| document.unwrap().get().to_owned())
        .collect()
}

/// A tool of the machine's, with the tests' own environment around it, if it is there.
fn tool(name: &str, probe: &[&str]) -> Option<Command> {
    let silent = |command: &mut Command| {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    silent(Command::new(name).args(probe)).ok()?;
    Some(Command::new(name))
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// Fails unless exactly the document's values were printed, in the spelling that it has.
#[track_caller]
fn assert_shows(printed: &str, document: &str, language: &str) {
    let mut expected = Printed::new();
    leaves(
        &serde_json::from_str(document).unwrap(),
        document,
        String::new(),
        &mut expected,
    );
    let found: Printed = printed
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(path, value)| (path.to_owned(), instant(value)))
        .collect();
    if language == "go" {
        // Its tags can't name these.
        expected.retain(|path, _| {
            !["[\"a\\\"b\"]", "[\"\"]", "`tick`", "comma,name"].contains(&path.as_str())
        });
    }
    assert_eq!(found, expected, "{language}");
}

/// Every value of the document, of lists those of the first element.
fn leaves(value: &Value, document: &str, path: String, found: &mut Printed) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                let odd = name.is_empty() || name.contains(['.', '[', '"']);
                let step = if odd {
                    format!("[{}]", Value::from(name.as_str()))
                } else {
                    format!(".{name}")
                };
                let path = format!("{path}{step}");
                leaves(
                    value,
                    document,
                    path.strip_prefix('.').unwrap_or(&path).to_owned(),
                    found,
                );
            }
        }
        Value::Array(elements) => {
            if let Some(first) = elements.first() {
                leaves(first, document, format!("{path}[0]"), found);
            }
        }
        _ => {
            let json = evergrant_quickbooks::Json::parse(document.as_bytes()).unwrap();
            let text = json.at(&path.parse().unwrap()).unwrap().bare();
            found.insert(path, instant(&text));
        }
    }
}

/// A time as the instant that it is: languages write offsets and fractions in their own ways.
fn instant(text: &str) -> String {
    let is_time = text.contains('T') && text.starts_with("20");
    let time = text.parse::<Timestamp>().ok().filter(|_| is_time);
    time.map_or_else(|| text.to_owned(), |time| time.to_string())
}
