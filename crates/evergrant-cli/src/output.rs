//! Data on stdout: the one place that writes there.
//!
//! An answer keeps the API's member order and the spelling of its numbers; only its layout, its
//! colours (on a terminal), which members are shown and, if asked for, the zone of its times change.
//! Rows are written as they come (`rows`).

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};

use evergrant_quickbooks::{Json, Path};

use crate::args::{Format, Show, Zone};
use crate::env;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;
use fields::Field;
use filter::Filter;

mod card;
mod csv;
mod fields;
mod filter;
mod rows;
mod sheet;
mod style;
mod table;
mod walk;
mod yaml;

pub(crate) use card::human_time;
pub(crate) use rows::Rows;

/// One level of an object, its values unread.
type Members = BTreeMap<String, Json>;

/// How data is shown.
#[derive(Debug)]
pub(crate) struct Output {
    format: Option<Format>,
    paths: Vec<(String, Path)>,
    fields: Vec<Field>,
    filter: Option<Filter>,
    zone: Option<Zone>,
    colour: bool,
}

impl Output {
    /// As the flags and the environment ask.
    ///
    /// # Errors
    /// A `--path`, `--fields` or `--jq` that is not one.
    pub(crate) fn new(show: &Show) -> Result<Self> {
        let colour = !show.no_color && !env::NO_COLOR.is_set() && io::stdout().is_terminal();
        Ok(Self {
            format: show.output,
            paths: show.path.iter().map(path).collect::<Result<_>>()?,
            fields: show.fields.iter().map(field).collect::<Result<_>>()?,
            filter: show.jq.as_deref().map(program).transpose()?,
            zone: show.tz,
            colour,
        })
    }

    /// The format, whether or not it was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or_default()
    }

    /// Whether something is picked from what there is.
    pub(crate) fn picks(&self) -> bool {
        !self.paths.is_empty() || !self.fields.is_empty()
    }

    /// The members that `--fields` names, without indices.
    pub(crate) fn field_names(&self) -> Vec<String> {
        self.fields.iter().map(Field::names).collect()
    }

    /// Where rows go that come one after the other.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows::new(self, self.format())
    }

    /// The same, in a format that a command has for want of another.
    pub(crate) fn rows_as(&self, unless_chosen: Format) -> Rows<'_> {
        Rows::new(self, self.format.unwrap_or(unless_chosen))
    }

    /// Prints an answer of the API's, or what the flags pick from it.
    ///
    /// # Errors
    /// If it can't be written, or something that was asked for is not in it.
    pub(crate) fn answer(&self, answer: &Json) -> Result<()> {
        if !self.paths.is_empty() {
            return self.picked(answer);
        }
        if self.filter.is_some() {
            return self.all(std::slice::from_ref(answer));
        }
        match self.format() {
            Format::Json if self.fields.is_empty() => self.json(answer),
            Format::Yaml if self.fields.is_empty() => {
                let zone = self.zone.unwrap_or(Zone::Keep);
                self.text(&style::restyle(
                    &yaml::lay_out(answer.as_text()),
                    zone,
                    false,
                ))
            }
            Format::Json if is_one(answer) => {
                let row = rows(answer)
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| answer.clone());
                let pruned = fields::pruned(row.as_text(), &self.fields);
                self.json(&Json::parse(pruned.as_bytes()).unwrap_or(row))
            }
            _ => self.all(&rows(answer)),
        }
    }

    fn all(&self, rows: &[Json]) -> Result<()> {
        let mut out = self.rows();
        for row in rows {
            out.push(row)?;
        }
        out.finish()
    }

    /// Prints JSON on many lines, whatever the format.
    pub(crate) fn json(&self, json: &Json) -> Result<()> {
        self.line(&self.styled(&json.pretty()))
    }

    /// Prints labels and values as a card.
    pub(crate) fn card(&self, lines: &[(String, String)]) -> Result<()> {
        self.text(&card::lay_out(lines, self.colour))
    }

    /// Prints a body that is not JSON, as it came.
    pub(crate) fn raw(&self, body: &[u8]) -> Result<()> {
        write(body)
    }

    /// Prints a line.
    pub(crate) fn line(&self, line: &str) -> Result<()> {
        self.text(&format!("{line}\n"))
    }

    fn text(&self, text: &str) -> Result<()> {
        write(text.as_bytes())
    }

    fn styled(&self, text: &str) -> String {
        style::restyle(text, self.zone.unwrap_or(Zone::Keep), self.colour)
    }

    /// Prints what the paths lead to, one value a line: from the answer's root if their first
    /// member is there, else from each entity. Everything that is there is printed before the
    /// missing is complained about.
    fn picked(&self, answer: &Json) -> Result<()> {
        let rows = rows(answer);
        let mut found = String::new();
        let mut missing = Vec::new();
        let mut pick = |place: &Json, text: &str, path: &Path| match place.at(path) {
            Some(value) => found.push_str(&(self.bare(&value) + "\n")),
            None => missing.push(format!("evergrant: there is no {text} in the answer")),
        };
        let (of_root, of_rows): (Vec<_>, Vec<_>) = self
            .paths
            .iter()
            .partition(|(text, path)| begins_in(answer, text) || answer.at(path).is_some());
        for (text, path) in of_root {
            pick(answer, text, path);
        }
        for row in &rows {
            for (text, path) in &of_rows {
                pick(row, text, path);
            }
        }
        self.text(&found)?;
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        tell(Some(missing.join("\n")));
        Err(Failure::Told(Exit::Fault))
    }

    fn bare(&self, value: &Json) -> String {
        let text = value.bare();
        let moved = self.zone.and_then(|zone| style::moved(&text, zone));
        moved.unwrap_or(text)
    }
}

/// Whether a path's first member is a member of `answer`.
fn begins_in(answer: &Json, path: &str) -> bool {
    let path = path.strip_prefix('.').unwrap_or(path);
    let first = path.split(['.', '[']).next().unwrap_or(path);
    first.parse().is_ok_and(|first| answer.at(&first).is_some())
}

/// The entities in an answer: the rows of a query, the one that was read, or, of any other
/// answer, the whole.
fn rows(answer: &Json) -> Vec<Json> {
    let whole = || vec![answer.clone()];
    let Ok(root) = answer.to::<Members>() else {
        return whole();
    };
    let Some(response) = root.get("QueryResponse") else {
        let entity = root.values().find(|value| value.to::<Members>().is_ok());
        return entity.map_or_else(whole, |entity| vec![entity.clone()]);
    };
    let Ok(members) = response.to::<Members>() else {
        return whole();
    };
    if members.is_empty() {
        return Vec::new();
    }
    let table = members.values().find_map(|value| value.to().ok());
    // Without one it is a count.
    table.unwrap_or_else(|| vec![response.clone()])
}

/// Whether the answer holds one object rather than rows.
fn is_one(answer: &Json) -> bool {
    let root = answer.to::<Members>();
    root.is_ok_and(|root| !root.contains_key("QueryResponse"))
}

fn path(text: &String) -> Result<(String, Path)> {
    match text.parse() {
        Ok(path) => Ok((text.clone(), path)),
        Err(error) => Err(Failure::new(
            Exit::Usage,
            format!("--path {text}: {error}"),
            "write paths like Employee.PrimaryAddr.City or Line[0].Amount",
        )),
    }
}

fn field(text: &String) -> Result<Field> {
    Field::parse(text).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("--fields {text}: a name is missing, or an index is no number"),
            "write fields like Id,PrimaryAddr.City,Line.Amount",
        )
    })
}

fn program(text: &str) -> Result<Filter> {
    Filter::compile(text).map_err(|error| {
        let mend = "write a jq program, e.g. '.Employee.DisplayName'";
        Failure::new(Exit::Usage, format!("--jq {text:?}: {error}"), mend)
    })
}

/// A `--jq` program that failed on an answer.
fn unfiltered(error: &str) -> Failure {
    Failure::new(
        Exit::Fault,
        format!("--jq failed on the answer: {error}"),
        "change the program",
    )
}

fn write(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    writable(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// The failure of a write. A reader that has gone away is told nothing.
fn writable(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Told(Exit::BrokenPipe);
        }
        Failure::new(Exit::Fault, "the output can't be written", "").because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn rows_are_found_in_every_kind_of_answer() {
        for (answer, expected) in [
            (
                r#"{"QueryResponse":{"Employee":[{"Id":"1"},{"Id":"2"}],"maxResults":2},"time":"t"}"#,
                vec![r#"{"Id":"1"}"#, r#"{"Id":"2"}"#],
            ),
            (
                r#"{"QueryResponse":{"totalCount":2},"time":"t"}"#,
                vec![r#"{"totalCount":2}"#],
            ),
            (r#"{"QueryResponse":{},"time":"t"}"#, vec![]),
            (
                r#"{"Employee":{"Id":"58"},"time":"t"}"#,
                vec![r#"{"Id":"58"}"#],
            ),
            (r#"{"time":"t"}"#, vec![r#"{"time":"t"}"#]),
            ("[1]", vec!["[1]"]),
        ] {
            let found: Vec<String> = rows(&json(answer)).iter().map(Json::compact).collect();
            assert_eq!(found, expected, "{answer}");
        }
    }

    #[test]
    fn a_path_begins_in_the_answer_or_in_each_entity() {
        let answer = json(r#"{"Employee":{"Id":"58","time":"x"},"time":"t"}"#);
        for (path, root) in [
            ("Employee.Id", true),
            (".Employee.Nope", true),
            ("Employee[0]", true),
            ("time", true),
            ("Id", false),
            ("[0]", false),
        ] {
            assert_eq!(begins_in(&answer, path), root, "{path}");
        }
    }
}
