//! The command line of the sandbox and of the demonstration that runs on it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use super::seconds;

/// `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep the demo's files in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// `sandbox`.
#[derive(Debug, clap::Args)]
pub(crate) struct Sandbox {
    /// Serve plain http at this address; without --https, only that
    ///
    /// By default both are served, each on a free port of 127.0.0.1.
    #[arg(long, value_name = "ADDR", conflicts_with = "port")]
    pub(crate) http: Option<SocketAddr>,
    /// Serve https at this address; without --http or --port, only that
    #[arg(long, value_name = "ADDR")]
    pub(crate) https: Option<SocketAddr>,
    /// Serve plain http on this port of 127.0.0.1
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Be an HTTPS proxy that answers for Intuit's hosts and reaches no other
    ///
    /// With HTTPS_PROXY pointing here and the printed CA trusted, any client needs no change.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub(crate) intercept: Option<SocketAddr>,
    /// How refresh tokens rotate: window, strict or graceful
    #[arg(
        long,
        value_name = "MODE",
        default_value = "window",
        hide_possible_values = true
    )]
    pub(crate) rotation: Rotation,
    /// How long access tokens live
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub(crate) access_life: Duration,
    /// Fill the company with this many transactions, and customers in proportion
    ///
    /// The same count makes the same company on the same day; COUNT:NUMBER makes another one.
    #[arg(long, value_name = "COUNT", value_parser = business)]
    pub(crate) seed: Option<(u32, u64)>,
    /// Make all of them transactions of this kind: invoice, payment, bill, …
    #[arg(long, value_name = "KIND", requires = "seed")]
    pub(crate) seed_only: Option<String>,
    /// Enforce the API's request limits
    #[arg(long)]
    pub(crate) limits: bool,
    /// Begin with another setting; --control settings lists them
    ///
    /// VALUE is JSON, or text without quotes: --set default_format=xml --set request_id_life=86400
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, Value)>,
    /// Where to write the token file and the CA (default: a directory that goes at the end)
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Keep the companies and grants in this file, and go on from it
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Control the sandbox that runs: advance 24h, expire, reset, requests, faults JSON, …
    ///
    /// It is found by --port, --base-url or the environment that it printed. A name alone reads, a
    /// name with JSON writes; also: advance TIME, freeze, thaw, expire, revoke, reset, keep [NAME],
    /// restore [NAME], clear NAME, list.
    #[arg(long, value_name = "WORDS", num_args = 1..=2)]
    pub(crate) control: Vec<String>,
    /// Write a token file whose access token has expired
    #[arg(long)]
    pub(crate) expired: bool,
    /// How to print the environment: shell, dotenv, powershell or json
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "shell",
        hide_possible_values = true
    )]
    pub(crate) format: EnvFormat,
}

/// How the sandbox rotates refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rotation {
    /// The same token for about 24 hours, then a new one.
    Window,
    /// A new one each time; using an old one revokes the grant.
    Strict,
    /// A new one each time; the old one stays good for some hours.
    Graceful,
}

/// How to print environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// `export NAME=value`.
    Shell,
    /// `NAME=value`.
    Dotenv,
    /// `$env:NAME = 'value'`.
    Powershell,
    /// One JSON object.
    Json,
}

/// How many transactions a company is to have, and which of the companies that have as many.
fn business(text: &str) -> Result<(u32, u64), String> {
    let (count, number) = text.split_once(':').unwrap_or((text, "1"));
    let count = count.parse().map_err(|_| "not a count of transactions")?;
    let number = number
        .parse()
        .map_err(|_| "not a number behind the colon")?;
    Ok((count, number))
}

/// A setting of the sandbox: JSON, or text that needs no quotes.
fn setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_have_a_size_and_perhaps_a_number() {
        assert_eq!(business("5000"), Ok((5000, 1)));
        assert_eq!(business("5000:7"), Ok((5000, 7)));
        assert!(business("many").is_err() && business("5:x").is_err());
    }
}
