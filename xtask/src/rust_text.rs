//! Rust source as text: what is code and what is not.
//!
//! Just enough of the language's lexical rules for the tidy checks, which look for names and count
//! lines. It does not parse.

/// `text` with its comments and the contents of its literals blanked out; every line stays where
/// it was.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (length, is_code) = token(rest);
        let (token, tail) = rest.split_at(length);
        if is_code {
            code.push_str(token);
        } else {
            code.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = tail;
    }
    code
}

/// `code` up to the tests at its foot.
pub(crate) fn without_tests(code: &str) -> &str {
    let starts = code.match_indices("#[cfg(test)]").map(|(at, _)| at);
    let tests = starts.into_iter().find(|at| {
        let after = code[*at..].trim_start_matches("#[cfg(test)]");
        after.trim_start().starts_with("mod ")
    });
    tests.map_or(code, |at| &code[..at])
}

/// How many lines of `code` are not blank.
pub(crate) fn count_lines(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// The first names of all paths in `code` that begin with `crate::`; those of
/// `use crate::{store::Store, Error}` are `store` and `Error`.
pub(crate) fn crate_paths(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, root) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| is_name(c) || c == '$') {
            continue;
        }
        let path = code[at + root.len()..].trim_start();
        match path.strip_prefix('{') {
            Some(group) => names.extend(group_names(group)),
            None => names.push(name(path)),
        }
    }
    names
}

/// The name that `text` begins with.
pub(crate) fn name(text: &str) -> &str {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    &text[..end]
}

/// The first name of each path in a group whose opening brace has been read.
fn group_names(group: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the token that `rest` begins with, and whether it is code.
fn token(rest: &str) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = raw_string(rest) {
        return (length, false);
    }
    let first = rest.chars().next().unwrap_or_default();
    match first {
        '"' => (quoted(rest, '"'), false),
        '\'' => character(rest).map_or((1, true), |length| (length, false)),
        c if is_name(c) => (name(rest).len(), true),
        c => (c.len_utf8(), true),
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let (step, change) = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            break;
        }
    }
    at
}

fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|p| *p == name(rest))?;
    let hashes = rest[prefix.len()..]
        .bytes()
        .take_while(|b| *b == b'#')
        .count();
    let start = prefix.len() + hashes;
    let body = rest[start..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)?;
    Some(start + 1 + end + close.len())
}

/// The length of a quoted token, escapes heeded.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.chars().skip(1);
    let is_literal = chars.next()? == '\\' || chars.next()? == '\'';
    is_literal.then(|| quoted(rest, '\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        let check = |text: &str, left: &str| {
            let blanked = code(text);
            assert_eq!(blanked.len(), text.len(), "{text}");
            let words: Vec<&str> = blanked.split_whitespace().collect();
            assert_eq!(words.join(" "), left, "{text}");
        };
        check("a // b", "a");
        check("a /* b /* c */ d */ e", "a e");
        check(r#"f("x \" y", 1)"#, "f( , 1)");
        check(r##"f(r#"x " y"#, 1)"##, "f( , 1)");
        check(r"f('x', '\'', b'\n', &'static z)", "f( , , b , &'static z)");
        check("r#type = br\"q\"", "r#type =");
        check("/// panic!()\nfn a() {}", "fn a() {}");
    }

    #[test]
    fn lines_stay_where_they_were() {
        let text = "a\n/* b\nc */\nd \"x\ny\"\n";
        assert_eq!(code(text).lines().count(), text.lines().count());
        assert_eq!(count_lines(&code(text)), 2);
    }

    #[test]
    fn tests_at_the_foot_are_cut_off() {
        let text = "#[cfg(test)]\nuse x;\nfn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }";
        assert_eq!(without_tests(text), "#[cfg(test)]\nuse x;\nfn a() {}\n");
        assert_eq!(without_tests("fn a() {}"), "fn a() {}");
    }

    #[test]
    fn paths_into_the_crate_are_found() {
        let check = |code: &str, expected: &[&str]| assert_eq!(crate_paths(code), expected);
        check("use crate::Error;", &["Error"]);
        check("use crate::store::{Lease, Store};", &["store"]);
        check(
            "use crate::{\n    policy::{self, Decision},\n    Error, secret::*,\n};",
            &["policy", "Error", "secret"],
        );
        check(
            "fn f() -> crate::Result<()> { crate::http::send() }",
            &["Result", "http"],
        );
        check("pub(crate) fn f() { $crate::x(); mycrate::y() }", &[]);
    }
}
