//! The command line of a request of one's own.

use std::path::PathBuf;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method};

/// `api`.
#[derive(Debug, clap::Args)]
pub(crate) struct Api {
    /// GET, POST...
    #[arg(value_parser = method)]
    pub(crate) method: Method,
    /// Path and query: within the company, from /v3/ on, or a whole URL of the API
    #[arg(value_name = "PATH")]
    pub(crate) target: String,
    /// The body: a file, or - for stdin
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A header, e.g. 'Accept: application/pdf' (default application/json); repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

pub(super) fn method(text: &str) -> Result<Method, String> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes())
        .map_err(|_| format!("{text:?} is not an HTTP method"))
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let Some((name, value)) = text.split_once(':') else {
        return Err("a header is written 'Name: value'".to_owned());
    };
    let name: HeaderName = name
        .trim()
        .parse()
        .map_err(|_| format!("{name:?} is not a header name"))?;
    if name == AUTHORIZATION {
        return Err("the bearer is attached by evergrant; use -c or --token-file".to_owned());
    }
    let value = HeaderValue::from_str(value.trim())
        .map_err(|_| format!("the value of {name} has characters that no header may have"))?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_is_not_the_callers_to_set() {
        assert!(header("authorization: Bearer x").is_err());
        assert!(header("Bearer x").is_err());
        assert!(header("X-Test: x").is_ok());
        let (name, value) = header("ACCEPT:  a: b ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("accept", "a: b"));
    }
}
