//! The command line of what is done with grants: connecting, refreshing, sealing, telling.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use jiff::SignedDuration;

use super::seconds;

/// `token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Token {
    /// How long the token must still be good for
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) min_life: u32,
}

/// `refresh`.
#[derive(Debug, clap::Args)]
pub(crate) struct Refresh {
    /// Only if the tokens are older than this, or of unknown age: 90s, 30m, 2h
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) if_older_than: Option<SignedDuration>,
}

/// `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// A connection from the configuration file, as -c
    pub(crate) name: Option<String>,
    /// Everything that the journal remembers, not just one screen
    #[arg(long)]
    pub(crate) all: bool,
}

/// `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// Token files, profiles, .env files...
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Tell what was done as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A connection of the store, as -c
    pub(crate) name: Option<String>,
    /// The token file to write; it must not be there yet
    #[arg(long, value_name = "PATH")]
    pub(crate) to: PathBuf,
    /// Though it was handed over before: that file is lost, or was never written
    #[arg(long)]
    pub(crate) again: bool,
}

/// `connections`.
#[derive(Debug, clap::Args)]
pub(crate) struct Connections {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: ConnectionsCommand,
}

/// `connections ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionsCommand {
    /// List them
    List(List),
    /// Show one
    Show(ShowOne),
    /// Let nobody spend its refresh token
    Pause(Named),
    /// Let it be kept alive again
    Resume(Resume),
    /// Forget its tokens; the grant itself lives on at the provider
    Remove(Remove),
}

/// `connections list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only those in this state
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<State>,
    /// Only those whose name or company has this in it
    #[arg(long = "match", value_name = "TEXT")]
    pub(crate) needle: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A state of a connection in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// It is kept alive.
    Live,
    /// A human must reconnect it.
    Lapsed,
    /// Its refresh token is left alone for now.
    Paused,
}

/// `connections show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowOne {
    /// Which one
    pub(crate) name: String,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `connections resume`.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// Which ones
    #[arg(value_name = "NAME", required_unless_present = "restored")]
    pub(crate) names: Vec<String>,
    /// All that are paused because the database was restored from a backup or copied. Say so when
    /// no other copy of it is in use: its refresh tokens are spent from then on
    #[arg(long, conflicts_with = "names")]
    pub(crate) restored: bool,
}

/// `connections pause`.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Which ones
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
}

/// `connections remove`.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Which one
    pub(crate) name: String,
    /// Even if its grant is alive
    #[arg(long)]
    pub(crate) force: bool,
}

/// `status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `login`.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    /// The port to listen on (default: the redirect URI's)
    #[arg(long, value_name = "PORT", conflicts_with = "paste")]
    pub(crate) port: Option<u16>,
    /// Read the address that the browser ended up at from stdin, rather than listen
    #[arg(long)]
    pub(crate) paste: bool,
    /// Print the URL, open nothing
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// How long to wait for the consent
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// `seal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Seal {
    /// Make a new key first, which seals from now on; older keys stay and open
    #[arg(long)]
    pub(crate) new_key: bool,
}

fn age(text: &str) -> Result<SignedDuration, String> {
    let age: Option<SignedDuration> = text.parse().ok();
    age.filter(|age| !age.is_negative())
        .ok_or_else(|| format!("{text:?} is not an age like 90s, 30m or 2h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit() {
        let minutes = SignedDuration::from_mins;
        assert_eq!(age("30m"), Ok(minutes(30)));
        assert_eq!(age("1h 30m"), Ok(minutes(90)));
        assert!(age("30").is_err());
        assert!(age("-30m").is_err());
    }
}
