//! The members that `--fields` names: `Id,PrimaryAddr.City,Line.Amount`.
//!
//! A step into a list that names no index goes into each of its elements.

use super::walk::{Level, level};

/// A member to keep, however deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// As it was written.
    pub(super) text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
}

impl Field {
    /// `Line[0].Amount`; `None` if there is nothing between two dots, or no number in brackets.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.strip_prefix('.').unwrap_or(text).split('.') {
            let (name, mut indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Member(name.to_owned()));
            while let Some(rest) = indices.strip_prefix('[') {
                let (index, rest) = rest.split_once(']')?;
                steps.push(Step::Index(index.parse().ok()?));
                indices = rest;
            }
            if !indices.is_empty() {
                return None;
            }
        }
        let text = text.to_owned();
        Some(Self { text, steps })
    }

    /// The names on the way, without indices: what a schema knows.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Member(name) => Some(name.as_str()),
                Step::Index(_) => None,
            })
            .collect();
        names.join(".")
    }

    /// The value there, as JSON; of a list that the way leads through, the list of them.
    pub(super) fn value(&self, row: &str) -> Option<String> {
        value(row, &self.steps)
    }
}

fn value(text: &str, steps: &[Step]) -> Option<String> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(text.to_owned());
    };
    match (level(text), step) {
        (Level::Object(members), Step::Member(name)) => {
            let (_, found) = members.into_iter().rev().find(|(found, _)| found == name)?;
            value(found, rest)
        }
        (Level::List(elements), Step::Index(index)) => value(elements.get(*index)?, rest),
        (Level::List(elements), Step::Member(_)) => {
            let found: Vec<String> = elements.iter().filter_map(|it| value(it, steps)).collect();
            Some(format!("[{}]", found.join(",")))
        }
        _ => None,
    }
}

/// `row` with nothing but the fields, each where it was.
pub(super) fn pruned(row: &str, fields: &[Field]) -> String {
    let ways: Vec<&[Step]> = fields.iter().map(|field| field.steps.as_slice()).collect();
    kept(row, &ways).unwrap_or_else(|| "{}".to_owned())
}

fn kept(text: &str, ways: &[&[Step]]) -> Option<String> {
    if ways.iter().any(|way| way.is_empty()) {
        return Some(text.to_owned());
    }
    match level(text) {
        Level::Object(members) => {
            let members = members.into_iter().filter_map(|(name, value)| {
                let inside = further(
                    ways,
                    |step| matches!(step, Step::Member(wanted) if *wanted == name),
                );
                let value = (!inside.is_empty()).then(|| kept(value, &inside))??;
                Some(format!("{}:{value}", serde_json::Value::from(&*name)))
            });
            let members: Vec<String> = members.collect();
            (!members.is_empty()).then(|| format!("{{{}}}", members.join(",")))
        }
        Level::List(elements) => {
            let elements = elements
                .into_iter()
                .enumerate()
                .filter_map(|(at, element)| {
                    let mut inside = further(
                        ways,
                        |step| matches!(step, Step::Index(index) if *index == at),
                    );
                    inside.extend(
                        ways.iter()
                            .filter(|way| matches!(way.first(), Some(Step::Member(_)))),
                    );
                    (!inside.is_empty()).then(|| kept(element, &inside))?
                });
            Some(format!("[{}]", elements.collect::<Vec<_>>().join(",")))
        }
        Level::Leaf(_) => None,
    }
}

/// What is left of the ways whose first step is `taken`.
fn further<'a>(ways: &[&'a [Step]], taken: impl Fn(&Step) -> bool) -> Vec<&'a [Step]> {
    let ways = ways.iter().filter_map(|way| way.split_first());
    ways.filter(|(step, _)| taken(step))
        .map(|(_, rest)| rest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"Id":"1","Addr":{"City":"x","Zip":"9"},"Line":[{"Amount":1.50,"N":1},{"Amount":2},{"N":3}],"Null":null}"#;

    fn fields(texts: &[&str]) -> Vec<Field> {
        texts
            .iter()
            .map(|text| Field::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn fields_lead_to_values() {
        for (text, expected) in [
            ("Id", Some("\"1\"")),
            (".Addr.City", Some("\"x\"")),
            ("Line[1].Amount", Some("2")),
            ("Line.Amount", Some("[1.50,2]")),
            ("Null", Some("null")),
            ("Addr.Nope", None),
            ("Id.x", None),
            ("Line[9]", None),
        ] {
            assert_eq!(fields(&[text])[0].value(ROW).as_deref(), expected, "{text}");
        }
        assert_eq!(fields(&["Line[1].Amount"])[0].names(), "Line.Amount");
        for bad in ["", "a..b", "a[x]", "a[1", "a[1]b", "[0]"] {
            assert_eq!(Field::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_row_keeps_its_form() {
        for (texts, expected) in [
            (vec!["Addr.City", "Id"], r#"{"Id":"1","Addr":{"City":"x"}}"#),
            (
                vec!["Line.Amount"],
                r#"{"Line":[{"Amount":1.50},{"Amount":2}]}"#,
            ),
            (
                vec!["Line[0].N", "Line.Amount"],
                r#"{"Line":[{"Amount":1.50,"N":1},{"Amount":2}]}"#,
            ),
            (
                vec!["Addr", "Addr.City"],
                r#"{"Addr":{"City":"x","Zip":"9"}}"#,
            ),
            (vec!["Nope"], "{}"),
        ] {
            assert_eq!(pruned(ROW, &fields(&texts)), expected);
        }
    }
}
