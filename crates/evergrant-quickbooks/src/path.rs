//! The way to a value inside a JSON document: `PrimaryAddr.City`, `Line[0].Amount`,
//! `Custom["a.b"].Value`.
//!
//! One path names one place. It has no wildcards and no functions; jq has.

use std::fmt;
use std::str::FromStr;

use crate::json::string_end;

/// A parsed path. A leading dot, as jq writes it, is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Into the member of this name.
    Member(String),
    /// Into the element at this index, counted from 0.
    Index(usize),
}

/// A text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is missing in the path {text:?} after {:?}", &text[..*at])]
pub struct PathError {
    text: String,
    at: usize,
    expected: &'static str,
}

impl Path {
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() || steps.is_empty() {
            let parsed = match rest.strip_prefix('[') {
                Some(inside) => bracketed(inside),
                None => named(rest, steps.is_empty()),
            };
            let (step, after) = parsed.map_err(|(at, expected)| PathError {
                text: text.to_owned(),
                at: text.len() - at.len(),
                expected,
            })?;
            steps.push(step);
            rest = after;
        }
        Ok(Self(steps))
    }
}

/// A step and what follows it, or where in the text what is missing.
type Parsed<'a> = Result<(Step, &'a str), (&'a str, &'static str)>;

/// `.City`; the first step needs no dot.
fn named(text: &str, first: bool) -> Parsed<'_> {
    let name = match text.strip_prefix('.') {
        Some(name) => name,
        None if first => text,
        None => return Err((text, "a dot")),
    };
    let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
    if name.is_empty() {
        return Err((after, "a name"));
    }
    Ok((Step::Member(name.to_owned()), after))
}

/// `0]` or `"a.b"]`, the opening bracket already taken.
fn bracketed(text: &str) -> Parsed<'_> {
    let end = if text.starts_with('"') {
        string_end(text)
    } else {
        text.find(']').unwrap_or(text.len())
    };
    let (inside, after) = text.split_at(end);
    let step = if inside.starts_with('"') {
        serde_json::from_str(inside).ok().map(Step::Member)
    } else {
        inside.parse().ok().map(Step::Index)
    };
    let step = step.ok_or((text, "an index or a quoted name"))?;
    let after = after
        .strip_prefix(']')
        .ok_or((after, "a closing bracket"))?;
    Ok((step, after))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Member(name) if name.is_empty() || name.contains(['.', '[']) => {
                    write!(f, "[{}]", serde_json::Value::from(name.as_str()))?;
                }
                Step::Member(name) => write!(f, "{}{name}", if at == 0 { "" } else { "." })?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Json;

    fn find(path: &str) -> Option<String> {
        let document = r#"{"A":{"B":[{"C":1.50},{"C":"x"}],"a.b":{"]":true}},"":"empty","n":null,"twice":1,"twice":2,"tab\t":3}"#;
        let path: Path = path.parse().unwrap();
        let found = Json::parse(document.as_bytes()).unwrap().at(&path)?;
        Some(found.bare())
    }

    #[test]
    fn paths_lead_to_values() {
        for (path, value) in [
            ("A.B[0].C", Some("1.50")),
            (".A.B[1].C", Some("x")),
            (r#"A["a.b"]["]"]"#, Some("true")),
            (r#"[""]"#, Some("empty")),
            (r#"["tab\t"]"#, Some("3")),
            ("n", Some("null")),
            ("twice", Some("2")),
            ("A.B[2]", None),
            ("A.B.C", None),
            ("A[0]", None),
            ("a", None),
            ("n.x", None),
        ] {
            assert_eq!(find(path).as_deref(), value, "{path}");
        }
    }

    #[test]
    fn a_bad_path_says_what_is_missing_where() {
        for (path, said) in [
            ("", r#"a name is missing in the path "" after """#),
            ("A..B", r#"a name is missing in the path "A..B" after "A.""#),
            ("A.", r#"a name is missing in the path "A." after "A.""#),
            (
                "A[x]",
                r#"an index or a quoted name is missing in the path "A[x]" after "A[""#,
            ),
            (
                "A[-1]",
                r#"an index or a quoted name is missing in the path "A[-1]" after "A[""#,
            ),
            (
                "A[0",
                r#"a closing bracket is missing in the path "A[0" after "A[0""#,
            ),
            (
                "A[0]B",
                r#"a dot is missing in the path "A[0]B" after "A[0]""#,
            ),
        ] {
            assert_eq!(path.parse::<Path>().unwrap_err().to_string(), said);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            if let Err(error) = text.parse::<Path>() {
                let _ = error.to_string();
            }
        }

        #[test]
        fn a_path_prints_as_it_parses(text in r#"[A-Za-zé]{1,3}((\.[a-z]{1,3})|(\[[0-9]{1,3}\])|(\["[a-z.\[\]]{0,4}"\])){0,4}"#) {
            let path: Path = text.parse().unwrap();
            prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        }
    }
}
