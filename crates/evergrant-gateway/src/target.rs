//! What a request asks for: `/{connection}/{path of the provider's API}`. Pure.
//!
//! The gateway decides on a path as text and the provider's servers decide on it again, perhaps after
//! decoding it. So that both see the same thing, a path that two programs may read differently is not
//! cleaned up but refused: empty and dotted segments, encoded separators, backslashes, parameters.

use std::borrow::Cow;

/// A request's target, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// The connection that is named, decoded.
    pub(crate) connection: Cow<'a, str>,
    /// The path within the provider's API, from its `/` on, exactly as it came.
    pub(crate) path: &'a str,
}

/// Two programs may read the path differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ambiguous(
    /// What is ambiguous in it.
    pub(crate) &'static str,
);

impl<'a> Target<'a> {
    /// Reads the path of a request, without its query.
    ///
    /// # Errors
    /// If it can be read in two ways.
    pub(crate) fn parse(path: &'a str) -> Result<Self, Ambiguous> {
        check(path)?;
        let rest = path.strip_prefix('/').ok_or(Ambiguous("no leading /"))?;
        let (name, path) = match rest.find('/') {
            Some(end) => rest.split_at(end),
            None => (rest, "/"),
        };
        Ok(Self {
            connection: decoded(name),
            path,
        })
    }
}

fn check(path: &str) -> Result<(), Ambiguous> {
    let mut bytes = path.bytes();
    // Ends of segments are looked at together, since they are few.
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => return Err(Ambiguous("a backslash")),
            b';' => return Err(Ambiguous("path parameters")),
            b'%' => encoded(bytes.next(), bytes.next())?,
            0..=0x20 | 0x7f.. => return Err(Ambiguous("a byte that must be encoded")),
            _ => {}
        }
    }
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "" if segments.peek().is_some() => return Err(Ambiguous("an empty segment")),
            "." | ".." => return Err(Ambiguous("a dotted segment")),
            _ => {}
        }
    }
    Ok(())
}

/// An encoded byte may be any but those that change how a path is read.
fn encoded(high: Option<u8>, low: Option<u8>) -> Result<(), Ambiguous> {
    match high.and_then(hex).zip(low.and_then(hex)) {
        None => Err(Ambiguous("a broken percent-encoding")),
        Some((high, low)) => match high << 4 | low {
            b'/' | b'\\' | b'.' | b'%' | b';' | b'?' | b'#' | 0..0x20 | 0x7f => {
                Err(Ambiguous("an encoded separator"))
            }
            _ => Ok(()),
        },
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16)?.try_into().ok()
}

/// A segment without its percent-encoding, which `check` has found well-formed.
fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut text = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let pair = (byte == b'%').then(|| (bytes.next(), bytes.next()));
        text.push(match pair {
            Some((high, low)) => {
                let value = |digit: Option<u8>| digit.and_then(hex).unwrap_or_default();
                value(high) << 4 | value(low)
            }
            None => byte,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_names_the_connection() {
        for (path, connection, rest) in [
            (
                "/acme/v3/company/1/employee/58",
                "acme",
                "/v3/company/1/employee/58",
            ),
            ("/acme", "acme", "/"),
            ("/acme/", "acme", "/"),
            ("/Acme%20Books/v3/", "Acme Books", "/v3/"),
            ("/%c3%a9/v3/x%20y", "é", "/v3/x%20y"),
        ] {
            let target = Target::parse(path).unwrap();
            assert_eq!((&*target.connection, target.path), (connection, rest));
        }
    }

    #[test]
    fn what_two_programs_may_read_differently_is_refused() {
        for path in [
            "/acme//v3/x",
            "//acme/v3",
            "/acme/v3/../../other",
            "/acme/./v3",
            "/acme/v3/..",
            "/acme/v3/%2e%2e/x",
            "/acme/v3/.%2E/x",
            "/acme/v3%2fcompany",
            "/acme/v3%5Ccompany",
            "/acme/v3\\company",
            "/acme/v3/..;/x",
            "/acme/v3/%252e%252e/x",
            "/acme/v3/%00",
            "/acme/v3/%zz",
            "/acme/v3/%2",
            "/acme/v3/é",
            "/acme/v3/x%3fy",
            "acme",
        ] {
            assert!(Target::parse(path).is_err(), "{path}");
        }
    }
}
