//! Data on stdout: the one place that writes there.
//!
//! An answer keeps the API's member order and the spelling of its numbers; only its layout, its
//! colours (on a terminal) and, if asked for, the zone of its times change.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};

use evergrant_quickbooks::{Json, Path};

use crate::args::{Format, Show, Zone};
use crate::env;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

mod card;
mod style;

pub(crate) use card::human_time;

/// One level of an object, its values unread.
type Members = BTreeMap<String, Json>;

/// How data is shown.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    paths: Vec<(String, Path)>,
    zone: Option<Zone>,
    colour: bool,
}

impl Output {
    /// As the flags and the environment ask.
    ///
    /// # Errors
    /// A `--path` that is not one.
    pub(crate) fn new(show: &Show) -> Result<Self> {
        let parse = |text: &String| match text.parse() {
            Ok(path) => Ok((text.clone(), path)),
            Err(error) => Err(Failure::new(
                Exit::Usage,
                format!("--path {text}: {error}"),
                "write paths like Employee.PrimaryAddr.City or Line[0].Amount",
            )),
        };
        let colour = !show.no_color && !env::NO_COLOR.is_set() && io::stdout().is_terminal();
        Ok(Self {
            format: show.output.unwrap_or_default(),
            paths: show.path.iter().map(parse).collect::<Result<_>>()?,
            zone: show.tz,
            colour,
        })
    }

    /// Prints an answer of the API's, or what `--path` picks from it.
    pub(crate) fn answer(&self, answer: &Json) -> Result<()> {
        if !self.paths.is_empty() {
            return self.picked(answer);
        }
        match self.format {
            Format::Json => self.json(answer),
            Format::Jsonl => self.each(&rows(answer), |row| self.styled(&row.compact())),
            Format::Card => {
                let zone = self.zone.unwrap_or(Zone::Local);
                let cards = rows(answer);
                let cards: Vec<String> = cards
                    .iter()
                    .map(|row| card::lay_out(&card::leaves(row, zone), self.colour))
                    .collect();
                self.text(&cards.join("\n"))
            }
        }
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

    fn each(&self, rows: &[Json], show: impl Fn(&Json) -> String) -> Result<()> {
        let lines: String = rows.iter().map(|row| show(row) + "\n").collect();
        self.text(&lines)
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

fn write(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
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
