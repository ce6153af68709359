//! What a caller may do: pure decisions on a connection, a method and a path.
//!
//! Rights only ever allow; what nothing allows is refused. A path is compared as it came, so one that
//! is written in an unusual way is refused rather than understood.

use std::fmt;
use std::str::FromStr;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The rights of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// What it may do, before it is narrowed.
    pub preset: Preset,
    /// To these connections only; empty: to all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<String>,
    /// With these methods only; empty: with all that the preset allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// On paths of these patterns only; empty: on all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Pattern>,
    /// Until then only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// No more often than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// What a caller may do as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Read: GET, HEAD, and queries sent by POST.
    ReadOnly,
    /// Everything that the connection may.
    Full,
}

/// A path with holes: `*` stands for one segment, `**` at the end for any number of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// So many requests in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    /// How many.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Its time is over.
    Expired,
    /// Not with this connection.
    Connection,
    /// Not with this method.
    Method,
    /// Not on this path.
    Path,
}

impl Rights {
    /// Everything, for ever.
    pub fn full() -> Self {
        Self {
            preset: Preset::Full,
            connections: Vec::new(),
            methods: Vec::new(),
            paths: Vec::new(),
            expires: None,
            rate: None,
        }
    }

    /// Whether they allow a request for `path` of the connection's API.
    ///
    /// # Errors
    /// Which part of it is not allowed.
    pub fn allow(
        &self,
        connection: &str,
        method: &Method,
        path: &str,
        now: Timestamp,
    ) -> Result<(), Denied> {
        if self.expires.is_some_and(|end| end <= now) {
            return Err(Denied::Expired);
        }
        if !self.may_use(connection) {
            return Err(Denied::Connection);
        }
        let listed = self.methods.is_empty() || self.methods.iter().any(|it| it == method.as_str());
        if !listed || !self.preset.allows(method, path) {
            return Err(Denied::Method);
        }
        let on_path = self.paths.is_empty() || self.paths.iter().any(|it| it.matches(path));
        if on_path { Ok(()) } else { Err(Denied::Path) }
    }

    /// Whether the connection is among theirs.
    pub fn may_use(&self, connection: &str) -> bool {
        self.connections.is_empty() || self.connections.iter().any(|it| it == connection)
    }
}

impl Preset {
    fn allows(self, method: &Method, path: &str) -> bool {
        match self {
            Self::Full => !matches!(*method, Method::CONNECT | Method::TRACE | Method::OPTIONS),
            Self::ReadOnly => {
                matches!(*method, Method::GET | Method::HEAD)
                    || *method == Method::POST && is_query(path)
            }
        }
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::ReadOnly, Self::Full].into_iter();
        let mut named = known.filter(|preset| preset.to_string() == text);
        named
            .next()
            .ok_or_else(|| format!("{text:?} is not read-only or full"))
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "read-only",
            Self::Full => "full",
        })
    }
}

/// Whether a POST there reads: a query may be sent as a body.
pub fn is_query(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    segments.next() == Some("v3")
        && segments.next() == Some("company")
        && segments.next().is_some_and(|realm| !realm.is_empty())
        && segments.next() == Some("query")
        && segments.next().is_none()
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        let mut holes = self.0.split('/');
        let mut segments = path.split('/');
        loop {
            match (holes.next(), segments.next()) {
                (Some("**"), Some(_)) | (None, None) => return true,
                (Some("*"), Some(segment)) if !segment.is_empty() => {}
                (Some(hole), Some(segment)) if hole == segment => {}
                _ => return false,
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut segments = text.split('/');
        let before = segments.next();
        let rest: Vec<&str> = segments.collect();
        let rooted = before == Some("") && !rest.is_empty();
        let (last, before) = rest.split_last().unwrap_or((&"", &[]));
        let whole = |hole: &str| !hole.contains('*') || hole == "*";
        if !rooted || !before.iter().all(|it| whole(it)) || !(whole(last) || *last == "**") {
            return Err(format!(
                "{text:?} is not a path pattern: it begins with /, * stands for a whole segment, \
                 ** at the end for any number of them (/v3/company/*/employee/**)"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(requests, span)| {
            let seconds = match span {
                "s" => 1,
                "min" => 60,
                "h" => 3600,
                _ => return None,
            };
            let requests = requests.parse().ok().filter(|count| *count > 0)?;
            Some(Self { requests, seconds })
        });
        parsed.ok_or_else(|| format!("{text:?} is not a rate like 10/s, 500/min or 1000/h"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = match self.seconds {
            1 => "s",
            60 => "min",
            _ => "h",
        };
        write!(f, "{}/{span}", self.requests)
    }
}

/// What is kept as the text that people write.
macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}

as_text!(Pattern, Rate);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const EMPLOYEE: &str = "/v3/company/1/employee/58";

    fn verdict(
        rights: &Rights,
        connection: &str,
        method: &Method,
        path: &str,
    ) -> Result<(), Denied> {
        rights.allow(connection, method, path, NOW)
    }

    #[test]
    fn read_only_reads_and_queries() {
        let rights = Rights {
            preset: Preset::ReadOnly,
            ..Rights::full()
        };
        for (method, path, allowed) in [
            (Method::GET, EMPLOYEE, true),
            (Method::HEAD, EMPLOYEE, true),
            (Method::POST, EMPLOYEE, false),
            (Method::POST, "/v3/company/1/query", true),
            (Method::POST, "/v3/company/1/query/", false),
            (Method::POST, "/v3/company/1/batch", false),
            (Method::POST, "/v3/company//query", false),
            (Method::PUT, "/v3/company/1/query", false),
            (Method::DELETE, EMPLOYEE, false),
            (Method::OPTIONS, EMPLOYEE, false),
        ] {
            let allowance = verdict(&rights, "acme", &method, path);
            assert_eq!(allowance.is_ok(), allowed, "{method} {path}");
        }
    }

    #[test]
    fn each_bound_narrows() {
        let rights = Rights {
            connections: vec!["acme".to_owned()],
            methods: vec!["GET".to_owned()],
            paths: vec!["/v3/company/*/employee/**".parse().unwrap()],
            expires: Some(NOW + jiff::SignedDuration::from_secs(1)),
            ..Rights::full()
        };
        for (connection, method, path, expected) in [
            ("acme", Method::GET, EMPLOYEE, Ok(())),
            ("Acme", Method::GET, EMPLOYEE, Err(Denied::Connection)),
            ("other", Method::GET, EMPLOYEE, Err(Denied::Connection)),
            ("acme", Method::POST, EMPLOYEE, Err(Denied::Method)),
            (
                "acme",
                Method::GET,
                "/v3/company/1/invoice/5",
                Err(Denied::Path),
            ),
            (
                "acme",
                Method::GET,
                "/v3/company/1/%65mployee/5",
                Err(Denied::Path),
            ),
            (
                "acme",
                Method::GET,
                "/v3/company/1/Employee/5",
                Err(Denied::Path),
            ),
        ] {
            let found = verdict(&rights, connection, &method, path);
            assert_eq!(found, expected, "{connection} {method} {path}");
        }
        let late = NOW + jiff::SignedDuration::from_secs(1);
        let over = rights.allow("acme", &Method::GET, EMPLOYEE, late);
        assert_eq!(over, Err(Denied::Expired));
    }

    #[test]
    fn patterns_have_holes_of_whole_segments() {
        let matches = |pattern: &str, path| pattern.parse::<Pattern>().unwrap().matches(path);
        assert!(matches("/v3/company/*/query", "/v3/company/1/query"));
        assert!(!matches("/v3/company/*/query", "/v3/company/1/x/query"));
        assert!(!matches("/v3/company/*/query", "/v3/company//query"));
        assert!(matches("/v3/**", "/v3/company/1"));
        assert!(!matches("/v3/**", "/v3"));
        assert!(matches("/**", "/"));
        for bad in ["v3/x", "/v*/x", "/**/x", ""] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_written_as_people_say_them() {
        for text in ["10/s", "500/min", "1000/h"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for bad in ["10", "0/s", "10/day", "-1/s"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
