//! `multipart/form-data` (RFC 7578), as far as uploads need it.
//!
//! Parts come out as slices of the body, without a copy unless they are in base64. Lines may end without the carriage
//! return that the standard asks for, since a widely used client of Intuit's sends them so. What is no form gives no
//! parts at all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// The parts of a body with this `Content-Type`; none if it is no form.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary").filter(|value| !value.is_empty())?;
    let delimiter = format!("--{boundary}");
    let mut rest = find(body, delimiter.as_bytes(), 0)? + delimiter.len();
    let mut parts = Vec::new();
    // The delimiter of every part but the first begins with the line break before it.
    let next = format!("\n{delimiter}");
    while !body[rest..].starts_with(b"--") {
        let start = find(body, b"\n", rest)? + 1;
        let end = find(body, next.as_bytes(), start - 1)?;
        rest = end + next.len();
        let end = end.max(start);
        let end = if body[start..end].ends_with(b"\r") {
            end - 1
        } else {
            end
        };
        parts.push(part(&body.slice(start..end))?);
    }
    Some(parts)
}

fn part(bytes: &Bytes) -> Option<Part> {
    let (head_end, body_start) = blank_line(bytes)?;
    let head = str::from_utf8(&bytes[..head_end]).ok()?;
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?;
    let body = bytes.slice(body_start..);
    let is_base64 = header("content-transfer-encoding")
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    Some(Part {
        name: parameter(disposition, "name")?,
        file_name: parameter(disposition, "filename"),
        content_type: header("content-type").map(str::to_owned),
        body: if is_base64 { decoded(&body)? } else { body },
    })
}

/// Where the first empty line begins, and where what follows it does.
fn blank_line(text: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let end = find(text, b"\n", from)?;
        from = end + 1;
        if text[from..].starts_with(b"\n") {
            return Some((end, from + 1));
        }
        if text[from..].starts_with(b"\r\n") {
            return Some((end, from + 2));
        }
    }
}

/// Lines of base64, however long they are.
fn decoded(text: &[u8]) -> Option<Bytes> {
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(dense).ok().map(Bytes::from)
}

/// A parameter of a header's value, quoted or not.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.rsplit(';').next().unwrap_or(name).trim();
        let (found, remaining) = value_of(after);
        if name.eq_ignore_ascii_case(wanted) {
            return Some(found);
        }
        rest = remaining;
    }
}

/// The value that `text` begins with, and what stands after it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_once(';').unwrap_or((text, ""));
        return (token.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[place + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

fn find(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let (first, others) = wanted.split_first()?;
    let mut at = from;
    loop {
        at += text.get(at..)?.iter().position(|byte| byte == first)?;
        if text[at + 1..].starts_with(others) {
            return Some(at);
        }
        at += 1;
    }
}

/// The check that a fuzz target runs: any text as a `Content-Type`, a line break, and any bytes as a form.
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing {
    use hyper::body::Bytes;

    /// # Panics
    /// If there is more in the parts than in the form.
    pub fn multipart(data: &[u8]) {
        let line = data.iter().position(|byte| *byte == b'\n');
        let (content_type, form) = data.split_at(line.unwrap_or(data.len()));
        let form = Bytes::copy_from_slice(form);
        let parts = super::parse(&String::from_utf8_lossy(content_type), &form);
        let parts = parts.unwrap_or_default();
        let held: usize = parts.iter().map(|part| part.body.len()).sum();
        assert!(held <= form.len(), "{held} bytes of {}", form.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "multipart/form-data; boundary=\"x-1\"";

    fn parts(body: &'static str) -> Option<Vec<Part>> {
        parse(FORM, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn reads_metadata_and_content() {
        let parts = parts(
            "--x-1\r\nContent-Disposition: form-data; name=\"file_metadata_01\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
             --x-1\r\ncontent-disposition: form-data; name=\"file_content_01\"; filename=\"a;b\\\"c.txt\"\r\n\
             Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--x-1--\r\n",
        )
        .unwrap();
        assert_eq!(parts[0].name, "file_metadata_01");
        assert_eq!(parts[0].content_type.as_deref(), Some("application/json"));
        assert_eq!(parts[0].body, "{}");
        assert_eq!(parts[1].file_name.as_deref(), Some("a;b\"c.txt"));
        assert_eq!(parts[1].body, "hello");
    }

    #[test]
    fn content_may_hold_anything_but_the_delimiter() {
        let parts = parts(
            "preamble\r\n--x-1\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x-\r\n\r\n--x-1--",
        )
        .unwrap();
        assert_eq!(parts[0].body, "\r\n--x-\r\n");
    }

    #[test]
    fn lines_may_end_without_a_carriage_return() {
        let parts = parts(
            "\n--x-1\nContent-Disposition: form-data; name=\"a\"\nContent-Type: text/plain\n\n{}\n\n--x-1\n\
             Content-Disposition: form-data; name=\"b\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n\n--x-1--\n",
        )
        .unwrap();
        assert_eq!(parts[0].content_type.as_deref(), Some("text/plain"));
        assert_eq!(parts[0].body, "{}\n");
        assert_eq!(parts[1].body, "hello");
    }

    #[test]
    fn an_empty_part_has_an_empty_body() {
        let parts =
            parts("--x-1\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x-1--").unwrap();
        assert_eq!(parts[0].body, "");
    }

    #[test]
    fn what_is_no_form_gives_nothing() {
        for body in [
            "",
            "--x-1",
            "--x-1\r\n",
            "--x-1\r\n\r\nno name\r\n--x-1--",
            "--x-1\r\nContent-Disposition: form-data; name=a\r\n\r\ncut short",
            "--x-1\r\nContent-Disposition: form-data; name=a\r\n--x-1--",
            "--x-1\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n--x-1--",
        ] {
            assert_eq!(parts(body), None, "{body:?}");
        }
        let body = Bytes::from_static(b"--x--");
        assert_eq!(parse("application/json", &body), None);
        assert_eq!(parse("multipart/form-data; boundary=", &body), None);
        assert_eq!(
            parse("multipart/form-data; boundary=x", &body),
            Some(vec![])
        );
    }
}
