//! The command line of the gateway.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::{
    NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use evergrant_gateway::access::{Pattern, Preset, Rate};
use jiff::SignedDuration;

pub(super) const SERVE_EXAMPLES: &str = "\
Serves every connection of evergrant.toml, or the one that is named, at http://127.0.0.1:8400/NAME/ and
keeps them alive. A client changes its base URL and sends a key in the place of the token. More is set
in [serve] of evergrant.toml. Stop it with Ctrl-C or SIGTERM: what is under way is answered first.

Examples:
  evergrant serve
  evergrant key add crm --preset read-only
  curl -H \"Authorization: Bearer $KEY\" http://127.0.0.1:8400/acme/v3/company/REALM/companyinfo/REALM";

pub(super) const KEY_EXAMPLES: &str = "\
A key is shown once and kept as a hash. A gateway that runs notices a change at once.

Examples:
  evergrant key add crm                                   # may do everything, on every connection
  evergrant key add report -c acme --preset read-only --expires 90d
  evergrant key add payroll --paths '/v3/company/*/employee/**' --methods GET --rate 100/min
  evergrant key list
  evergrant key revoke crm";

pub(super) const EXEC_EXAMPLES: &str = "\
The command finds EVERGRANT_GATEWAY_URL and EVERGRANT_GATEWAY_KEY in its environment; the key is revoked
when it ends. A gateway must run: evergrant serve.

Examples:
  evergrant exec -- python3 report.py
  evergrant exec -c acme --preset read-only -- node sync.js";

/// `exec`.
#[derive(Debug, clap::Args)]
pub(crate) struct Exec {
    /// What its key may do: read-only or full
    #[arg(
        long,
        value_name = "PRESET",
        default_value = "full",
        value_parser = presets(),
        hide_possible_values = true
    )]
    pub(crate) preset: Preset,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

/// `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where to listen (default 127.0.0.1:8400); port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Listen on this Unix socket too, whose callers need no key
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Do not keep to the provider's limits
    #[arg(long)]
    pub(crate) no_limits: bool,
}

/// `key`.
#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// What to do
    #[command(subcommand)]
    pub(crate) action: KeyAction,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Make a key; it is printed once, on stdout
    Add(KeyAdd),
    /// List the keys
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// End the keys of this name or id
    Revoke {
        /// Name or id
        name: String,
    },
}

/// `key add`.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyAdd {
    /// Who will hold it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// What it may do: read-only (GET, HEAD, and queries sent by POST) or full
    #[arg(
        long,
        value_name = "PRESET",
        default_value = "full",
        value_parser = presets(),
        hide_possible_values = true
    )]
    pub(crate) preset: Preset,
    /// For these connections only, separated by commas; -c NAME for one
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) connections: Vec<String>,
    /// With these methods only, separated by commas
    #[arg(long, value_name = "METHODS", value_delimiter = ',', value_parser = method)]
    pub(crate) methods: Vec<String>,
    /// On paths like these only, separated by commas: * is one segment, ** at the end any number
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub(crate) paths: Vec<Pattern>,
    /// Until so much time has passed: 12h, 90d
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) expires: Option<SignedDuration>,
    /// No more often than this: 10/s, 500/min, 1000/h
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<Rate>,
}

fn presets() -> impl TypedValueParser<Value = Preset> {
    let read_only = PossibleValue::new("read-only");
    let names = [
        read_only.help("Read: GET, HEAD, and queries sent by POST"),
        PossibleValue::new("full").help("Everything that the connection may"),
    ];
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Preset>())
}

fn method(text: &str) -> Result<String, String> {
    super::api::method(text).map(|method| method.to_string())
}

/// Days are meant as 24 hours, for which the library's own notation has no unit.
fn time(text: &str) -> Result<SignedDuration, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<i64>().ok());
    let time = match days {
        Some(days) => days.checked_mul(24).map(SignedDuration::from_hours),
        None => text.parse().ok(),
    };
    time.filter(SignedDuration::is_positive)
        .ok_or_else(|| format!("{text:?} is not a time like 30m, 12h or 90d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_be_in_days() {
        assert_eq!(time("90d"), Ok(SignedDuration::from_hours(90 * 24)));
        assert_eq!(time("30m"), Ok(SignedDuration::from_mins(30)));
        for bad in ["0d", "-1d", "soon", "90"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
