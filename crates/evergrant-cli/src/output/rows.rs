//! Rows on stdout as they come, in memory that does not grow with their number.
//!
//! JSON rows make one array. If something fails half-way the array is left open: a reader then sees
//! that it was cut short.

use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write as _};

use evergrant_quickbooks::Json;

use super::sheet::{Cells, Sheet};
use super::{Output, card, csv as cells, fields, style, table, walk, writable, yaml};
use crate::args::{Format, Zone};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// How much is written at once.
const BUFFER: usize = 64 * 1024;

/// Where rows go.
pub(crate) struct Rows<'a> {
    shown: &'a Output,
    layout: Layout,
    count: u64,
    missing: Vec<String>,
}

enum Layout {
    /// `--path`, or what `--jq` made: values, one a line.
    Values(BufWriter<Stdout>),
    Json(BufWriter<Stdout>),
    Jsonl(BufWriter<Stdout>),
    Yaml(BufWriter<Stdout>),
    Card(BufWriter<Stdout>),
    Csv(Sheet, Box<csv::Writer<Stdout>>),
    Table(Sheet, Vec<u16>, BufWriter<Stdout>),
}

impl<'a> Rows<'a> {
    pub(super) fn new(shown: &'a Output, format: Format) -> Self {
        let out = BufWriter::with_capacity(BUFFER, io::stdout());
        let bare = !shown.paths.is_empty()
            || shown.filter.is_some() && matches!(format, Format::Json | Format::Jsonl);
        let layout = match format {
            _ if bare => Layout::Values(out),
            Format::Json => Layout::Json(out),
            Format::Jsonl => Layout::Jsonl(out),
            Format::Yaml => Layout::Yaml(out),
            Format::Card => Layout::Card(out),
            Format::Csv => {
                let lines = csv::WriterBuilder::new()
                    .buffer_capacity(BUFFER)
                    .from_writer(io::stdout());
                Layout::Csv(Sheet::new(&shown.fields, false), Box::new(lines))
            }
            Format::Table => Layout::Table(Sheet::new(&shown.fields, true), Vec::new(), out),
        };
        Self {
            shown,
            layout,
            count: 0,
            missing: Vec::new(),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// If the output can't be written, or the `--jq` program fails on the row.
    pub(crate) fn push(&mut self, row: &Json) -> Result<()> {
        let Some(filter) = &self.shown.filter else {
            return self.put(row.as_text());
        };
        for made in filter.run(row.as_text()) {
            let made = made.map_err(|error| super::unfiltered(&error))?;
            self.put(&made)?;
        }
        Ok(())
    }

    fn put(&mut self, row: &str) -> Result<()> {
        let shown = self.shown;
        self.count += 1;
        let first = self.count == 1;
        let picked = match &self.layout {
            Layout::Csv(..) | Layout::Table(..) | Layout::Values(_) => Cow::Borrowed(row),
            _ if shown.fields.is_empty() => Cow::Borrowed(row),
            _ => Cow::Owned(fields::pruned(row, &shown.fields)),
        };
        let written = match &mut self.layout {
            Layout::Values(out) => write_values(shown, row, out, &mut self.missing),
            Layout::Json(out) => write_element(shown, &picked, first, out),
            Layout::Jsonl(out) => write_line(shown, &picked, out),
            Layout::Yaml(out) => out.write_all(shown.in_zone(&yaml::element(&picked)).as_bytes()),
            Layout::Card(out) => write_card(shown, &picked, first, out),
            Layout::Csv(sheet, out) => {
                let rows = sheet.push(row);
                write_csv(shown, sheet, &rows, out)
            }
            Layout::Table(sheet, widths, out) => {
                let rows = sheet.push(row);
                write_table(shown, sheet, widths, &rows, out)
            }
        };
        writable(written)
    }

    /// Writes what has waited until now.
    ///
    /// # Errors
    /// If the output can't be written, or a `--path` led nowhere in some row.
    pub(crate) fn finish(mut self) -> Result<()> {
        let (shown, count) = (self.shown, self.count);
        let written = match &mut self.layout {
            Layout::Json(out) if count == 0 => out.write_all(b"[]\n"),
            Layout::Json(out) => out.write_all(b"\n]\n"),
            Layout::Yaml(out) if count == 0 => out.write_all(b"[]\n"),
            Layout::Csv(sheet, out) => {
                let rows = sheet.settle();
                tell(late(sheet));
                write_csv(shown, sheet, &rows, out)
            }
            Layout::Table(sheet, widths, out) => {
                let rows = sheet.settle();
                write_table(shown, sheet, widths, &rows, out)
            }
            _ => Ok(()),
        };
        writable(written)?;
        self.flush()?;
        self.complain()
    }

    /// Lets go of what has been written so far.
    ///
    /// # Errors
    /// If it can't be written.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let flushed = match &mut self.layout {
            Layout::Csv(_, out) => out.flush(),
            Layout::Values(out)
            | Layout::Json(out)
            | Layout::Jsonl(out)
            | Layout::Yaml(out)
            | Layout::Card(out)
            | Layout::Table(_, _, out) => out.flush(),
        };
        writable(flushed)
    }

    fn complain(self) -> Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let lines = self
            .missing
            .iter()
            .map(|path| format!("evergrant: there is no {path} in the answer"));
        tell(Some(lines.collect::<Vec<_>>().join("\n")));
        Err(Failure::Told(Exit::Fault))
    }
}

fn write_values(
    shown: &Output,
    row: &str,
    out: &mut impl io::Write,
    missing: &mut Vec<String>,
) -> io::Result<()> {
    let Ok(json) = Json::parse(row.as_bytes()) else {
        // jq has numbers that JSON has not.
        return writeln!(out, "{row}");
    };
    if shown.paths.is_empty() {
        return writeln!(out, "{}", shown.value(&json));
    }
    for (text, path) in &shown.paths {
        match json.at(path) {
            Some(value) => writeln!(out, "{}", shown.bare(&value))?,
            None if missing.contains(text) => {}
            None => missing.push(text.clone()),
        }
    }
    Ok(())
}

fn write_element(
    shown: &Output,
    row: &str,
    first: bool,
    out: &mut impl io::Write,
) -> io::Result<()> {
    out.write_all(if first { b"[\n" } else { b",\n" })?;
    let pretty = Json::parse(row.as_bytes()).map_or_else(|_| row.to_owned(), |json| json.pretty());
    let lines: Vec<&str> = pretty.lines().collect();
    let indented = format!("  {}", lines.join("\n  "));
    out.write_all(shown.styled(&indented).as_bytes())
}

/// A row that is one line already is left as it is.
fn write_line(shown: &Output, row: &str, out: &mut impl io::Write) -> io::Result<()> {
    let bytes = row.as_bytes();
    let line = match bytes.contains(&b'\n') || bytes.contains(&b'\r') {
        false => Cow::Borrowed(row),
        true => {
            Json::parse(row.as_bytes()).map_or(Cow::Borrowed(row), |json| json.compact().into())
        }
    };
    if shown.is_plain() {
        out.write_all(line.as_bytes())?;
    } else {
        out.write_all(shown.styled(&line).as_bytes())?;
    }
    out.write_all(b"\n")
}

fn write_card(shown: &Output, row: &str, first: bool, out: &mut impl io::Write) -> io::Result<()> {
    let zone = shown.zone.unwrap_or(Zone::Local);
    let lines = Json::parse(row.as_bytes()).map(|json| card::leaves(&json, zone));
    let card = card::lay_out(&lines.unwrap_or_default(), shown.colour);
    out.write_all(if first { b"" } else { b"\n" })?;
    out.write_all(card.as_bytes())
}

/// The header goes before the first rows, or alone if there are none but its columns are known.
fn write_csv(
    shown: &Output,
    sheet: &mut Sheet,
    rows: &[Cells],
    out: &mut csv::Writer<Stdout>,
) -> io::Result<()> {
    if sheet.is_settled() && sheet.begin() {
        let header = sheet.header();
        if !header.is_empty() {
            out.write_record(header)?;
        }
    }
    for row in rows {
        for cell in cells::shown(row, |text| shown.moved(text)) {
            out.write_field(&*cell)?;
        }
        out.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

fn write_table(
    shown: &Output,
    sheet: &mut Sheet,
    widths: &mut Vec<u16>,
    rows: &[Cells],
    out: &mut impl io::Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let zone = shown.zone.unwrap_or(Zone::Local);
    let text = |cell: &Option<String>| {
        let cell = cell
            .as_deref()
            .filter(|cell| *cell != "null")
            .unwrap_or_default();
        let text = walk::plain(cell).into_owned();
        card::human_time(&text, zone).unwrap_or(text)
    };
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(text).collect())
        .collect();
    let header = sheet.begin().then(|| sheet.header());
    out.write_all(table::lay_out(header.as_deref(), &rows, widths).as_bytes())
}

/// What the columns have no room for, since it came when they were settled.
fn late(sheet: &Sheet) -> Option<String> {
    if sheet.left_out.is_empty() {
        return None;
    }
    let names: Vec<&str> = sheet.left_out.iter().map(String::as_str).collect();
    Some(format!(
        "evergrant: these members came after the first thousand rows and have no column: {}\n  -> name the columns with --fields, or use -o jsonl",
        names.join(", ")
    ))
}

impl Output {
    fn is_plain(&self) -> bool {
        !self.colour && self.zone.is_none_or(|zone| zone == Zone::Keep)
    }

    fn moved(&self, text: &str) -> Option<String> {
        self.zone.and_then(|zone| style::moved(text, zone))
    }

    fn in_zone(&self, text: &str) -> String {
        style::restyle(text, self.zone.unwrap_or(Zone::Keep), false)
    }

    /// A value of `--jq`'s: a string without its quotes, the rest as JSON.
    fn value(&self, json: &Json) -> String {
        match (json.string(), self.format()) {
            (Some(_), _) => self.bare(json),
            (None, Format::Json) => self.styled(&json.pretty()),
            (None, _) => self.styled(&json.compact()),
        }
    }
}
