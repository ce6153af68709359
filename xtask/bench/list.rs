//! Long lists: all invoices of a large company to a file, beside two clients that programs use
//! today, and beside no more than decoding the same bytes.
//!
//! All call Intuit's own address through the sandbox's proxy, over TLS, with pages of 1000, and write
//! a line of JSON for each invoice. The others list fewer, and rates are compared; a whole process
//! is timed, from before the fork to after the exit.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::load::now;
use crate::others::{NODE_QUICKBOOKS, Other, PYTHON_QUICKBOOKS};
use crate::probe::{Run, run_into};
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::Server;

/// How many invoices there are unless it is told.
pub(crate) const ROWS: usize = 1_000_000;

/// Measures `rounds` rounds over a company of `rows` invoices.
pub(crate) fn measure(rounds: usize, rows: usize) -> Result<Report> {
    let node = NODE_QUICKBOOKS.install()?;
    let python = PYTHON_QUICKBOOKS.install()?;
    let server = Server::with_invoices(rows)?;
    // They are made up when they are first asked for; that is not measured.
    let there = server.invoices()?;
    if there != rows as u64 {
        return Err(format!("there are {there} invoices, not {rows}").into());
    }
    let mut found = Found::default();
    for _ in 0..rounds {
        let (lines, decoded) = lines(&server, rows)?;
        found.lines.add(rows, lines);
        found.decoded.push(rate(rows, decoded));
        found.csv.add(rows, csv(&server, rows)?);
        let least = |other: &Other| other.rows.min(rows);
        let (one, other) = (least(&NODE_QUICKBOOKS), least(&PYTHON_QUICKBOOKS));
        let run = listed_by(&server, &NODE_QUICKBOOKS, &node, one)?;
        found.node.add(one, run);
        let run = listed_by(&server, &PYTHON_QUICKBOOKS, &python, other)?;
        found.python.add(other, run);
    }
    Ok(found.report(rounds, rows))
}

/// What was found of each.
#[derive(Default)]
struct Found {
    lines: Program,
    csv: Program,
    node: Program,
    python: Program,
    decoded: Sample,
}

#[derive(Default)]
struct Program {
    rate: Sample,
    memory: Sample,
}

impl Program {
    fn add(&mut self, rows: usize, run: Run) {
        let took = Duration::from_secs_f64(run.milliseconds / 1e3);
        self.rate.push(rate(rows, took));
        self.memory.push(run.megabytes);
    }
}

impl Found {
    fn report(self, rounds: usize, rows: usize) -> Report {
        let goals = self.goals();
        let share = self.lines.rate.over(&self.decoded);
        let programs = [
            ("evergrant, JSON lines", self.lines),
            ("evergrant, CSV", self.csv),
            (NODE_QUICKBOOKS.name, self.node),
            (PYTHON_QUICKBOOKS.name, self.python),
        ];
        let figures = programs.into_iter().flat_map(|(name, program)| {
            let memory = Figure::new(format!("{name}, memory"), "MB", program.memory);
            [Figure::new(name, "rows/s", program.rate), memory]
        });
        let decoded = Figure::new(
            "serde_json, the same bytes to values",
            "rows/s",
            self.decoded,
        );
        let share = Figure::new("evergrant, JSON lines / serde_json", "", share);
        Report {
            name: "list",
            how: format!("{rows} invoices over TLS on loopback, {rounds} rounds in turns"),
            goals,
            figures: figures.chain([decoded, share]).collect(),
        }
    }

    fn goals(&self) -> Vec<Goal> {
        let times = |other: &Program| self.lines.rate.over(&other.rate).median();
        let memory = self.lines.memory.max().max(self.csv.memory.max());
        vec![
            Goal::new(
                "JSON lines / python-quickbooks",
                times(&self.python),
                Bound::AtLeast(20.0),
            ),
            Goal::new(
                "JSON lines / node-quickbooks",
                times(&self.node),
                Bound::AtLeast(5.0),
            ),
            Goal::new("peak memory of evergrant, MB", memory, Bound::AtMost(100.0)),
        ]
    }
}

/// All invoices by `evergrant` to JSON lines; and how long it takes to decode what came.
fn lines(server: &Server, rows: usize) -> Result<(Run, Duration)> {
    let file = server.path("lines");
    let run = listed(server, "jsonl", &file)?;
    let mut ids = HashSet::with_capacity(rows);
    let mut took = Duration::ZERO;
    for line in BufReader::new(File::open(&file)?).lines() {
        let line = line?;
        let start = now();
        let invoice: Value = serde_json::from_str(&line)?;
        took += start.elapsed();
        ids.extend(invoice["Id"].as_str().and_then(|id| id.parse::<u64>().ok()));
    }
    std::fs::remove_file(file)?;
    if ids.len() != rows {
        return Err(format!("{} different invoices were listed, not {rows}", ids.len()).into());
    }
    Ok((run, took))
}

/// All invoices by `evergrant` to CSV.
fn csv(server: &Server, rows: usize) -> Result<Run> {
    let file = server.path("csv");
    let run = listed(server, "csv", &file)?;
    expect(&file, rows + 1)?;
    Ok(run)
}

fn listed(server: &Server, format: &str, file: &Path) -> Result<Run> {
    let tokens = server.write("evergrant.json", &server.issue_grant()?.to_string())?;
    let mut command = server.evergrant(&tokens)?;
    command.args(["list", "invoice", "--all", "--unpaced", "-o", format]);
    run_into(file, &command)
}

fn listed_by(server: &Server, other: &Other, folder: &Path, rows: usize) -> Result<Run> {
    let tokens = server.write("other.json", &server.issue_grant()?.to_string())?;
    let command = other.lister(folder, rows, |program| server.other(program, &tokens))?;
    let file = server.path("other");
    let run = run_into(&file, &command)?;
    expect(&file, rows)?;
    Ok(run)
}

/// Takes a file away that must have so many lines.
fn expect(file: &Path, lines: usize) -> Result<()> {
    let found = BufReader::new(File::open(file)?).split(b'\n').count();
    std::fs::remove_file(file)?;
    if found == lines {
        return Ok(());
    }
    Err(format!("{} has {found} lines, not {lines}", file.display()).into())
}

#[expect(clippy::cast_precision_loss, reason = "rows are far fewer than 2^52")]
fn rate(rows: usize, took: Duration) -> f64 {
    rows as f64 / took.as_secs_f64()
}
