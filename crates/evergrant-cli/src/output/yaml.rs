//! JSON as YAML in block style: numbers as they are written, strings in quotes wherever a reader
//! could take them for something else.

use super::walk::{Level, Text, level, plain};

/// The lines of a value, each ended.
pub(super) fn lay_out(text: Text<'_>) -> String {
    let mut out = String::new();
    block(text, 0, &mut out);
    out
}

/// The lines of a value as an element of a list.
pub(super) fn element(text: Text<'_>) -> String {
    let mut out = String::from("- ");
    nested(text, 0, &mut out);
    out
}

/// A value at the beginning of a line, or, if it fits there, after what stands on it.
fn block(text: Text<'_>, depth: usize, out: &mut String) {
    match level(text) {
        Level::Object(members) if !members.is_empty() => {
            for (at, (name, value)) in members.into_iter().enumerate() {
                indent(at, depth, out);
                out.push_str(&scalar(&name));
                out.push(':');
                match level(value) {
                    Level::Object(inner) if !inner.is_empty() => {
                        out.push('\n');
                        out.extend(std::iter::repeat_n("  ", depth + 1));
                        block(value, depth + 1, out);
                    }
                    Level::List(inner) if !inner.is_empty() => {
                        out.push('\n');
                        out.extend(std::iter::repeat_n("  ", depth));
                        block(value, depth, out);
                    }
                    _ => leaf(value, " ", out),
                }
            }
        }
        Level::List(elements) if !elements.is_empty() => {
            for (at, element) in elements.into_iter().enumerate() {
                indent(at, depth, out);
                out.push_str("- ");
                nested(element, depth, out);
            }
        }
        _ => leaf(text, "", out),
    }
}

fn nested(text: Text<'_>, depth: usize, out: &mut String) {
    block(text, depth + 1, out);
}

/// The first line of a block is begun by whoever stands around it.
fn indent(at: usize, depth: usize, out: &mut String) {
    if at > 0 {
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn leaf(text: Text<'_>, gap: &str, out: &mut String) {
    out.push_str(gap);
    match level(text) {
        Level::Object(_) => out.push_str("{}"),
        Level::List(_) => out.push_str("[]"),
        Level::Leaf(text) if text.starts_with('"') => out.push_str(&scalar(&plain(text))),
        Level::Leaf(text) => out.push_str(text.trim_end()),
    }
    out.push('\n');
}

/// A string: bare if nothing else could be meant, else as JSON writes it, which YAML takes.
fn scalar(text: &str) -> String {
    if is_unmistakable(text) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

fn is_unmistakable(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan",
    ];
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let harmless = |c: char| c.is_alphanumeric() || " _-./@(),&'".contains(c);
    begins_well
        && !text.ends_with(' ')
        && text.chars().all(harmless)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_laid_out_in_blocks() {
        let text = r#"{"Id":"58","Name":"Bill's Shop","On":true,"Amt":639.00,"E":{},"L":[],"A":{"B":{"C":null}},"Line":[{"X":1,"Y":[[1],[2,3]]},"z"]}"#;
        assert_eq!(
            lay_out(text),
            "Id: \"58\"\nName: Bill's Shop\n\"On\": true\nAmt: 639.00\nE: {}\nL: []\nA:\n  B:\n    C: null\n\
             Line:\n- X: 1\n  \"Y\":\n  - - 1\n  - - 2\n    - 3\n- z\n"
        );
        assert_eq!(element(r#"{"Id":"1","B":2}"#), "- Id: \"1\"\n  B: 2\n");
        assert_eq!(element("[1,2]"), "- - 1\n  - 2\n");
        assert_eq!(lay_out("\"x\""), "x\n");
    }

    #[test]
    fn strings_that_could_be_mistaken_are_quoted() {
        for (text, expected) in [
            ("no", "\"no\""),
            ("2026-11-22", "\"2026-11-22\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("#x", "\"#x\""),
            ("plain text", "plain text"),
            ("line\nbreak", "\"line\\nbreak\""),
            ("- x", "\"- x\""),
            ("1e3", "\"1e3\""),
            ("~", "\"~\""),
            ("x ", "\"x \""),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }
}
