//! The command line as it is typed. What it means is worked out in `config`.

mod api;
mod books;
mod deferred;
mod examples;
mod grants;
mod sandbox;
mod serve;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use evergrant_quickbooks::Environment;
use url::Url;

use crate::codegen::Language;
use crate::env;

use deferred::Deferred;

pub(crate) use api::Api;
pub(crate) use books::{
    Attach, AttachAdd, Attaching, Batch, Cdc, Content, Create, Destroy, EntityList, Get, Moment,
    Pdf, Place, Query, Report, Schema, Send, Update, Verify, Verifying, Webhook, Writing,
};
pub(crate) use grants::{
    Connections, ConnectionsCommand, Explain, Export, Import, List, Login, Refresh, Remove, Seal,
    State, Status, Token,
};
pub(crate) use sandbox::{Demo, EnvFormat, Rotation, Sandbox};
pub(crate) use serve::{Exec, Key, KeyAction, KeyAdd, Serve};

const EXAMPLES: &str = "\
Examples:
  evergrant demo                              # see the whole job, offline, in a second
  evergrant login -c acme                     # connect a company (once, in a browser)
  evergrant get employee 58 -c acme           # read one entity
  evergrant query \"select * from Employee\" -c acme -o jsonl
  evergrant get employee 58 --token-file qb-access-token.json --realm 123146096291789 \\
            --environment sandbox             # with the token file of another tool";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "evergrant",
    version,
    about = "Keeps OAuth 2.0 grants alive with nobody at the keyboard, and makes API calls with them",
    long_about = "Keeps rotating OAuth 2.0 grants alive with nobody at the keyboard, and makes API \
                  calls with them; QuickBooks Online first. An expired access token is renewed on \
                  the way and the new tokens are on disk before anybody uses them.\n\n\
                  Data goes to stdout, everything else to stderr. A flag beats the environment, \
                  the environment beats evergrant.toml.",
    after_help = EXAMPLES,
    after_long_help = long_help(),
    disable_help_subcommand = true
)]
pub(crate) struct Args {
    /// Which connection.
    #[command(flatten)]
    pub(crate) given: Given,
    /// How to show what comes.
    #[command(flatten)]
    pub(crate) show: Show,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The flags that say with which connection to work.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Given {
    /// The configuration file (or EVERGRANT_CONFIG)
    ///
    /// Default: evergrant/evergrant.toml in $XDG_CONFIG_HOME or ~/.config.
    #[arg(long, value_name = "TOML", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// A connection from the configuration file (or EVERGRANT_CONNECTION)
    #[arg(short, long, value_name = "NAME", global = true)]
    pub(crate) connection: Option<String>,
    /// The token JSON, adopted where it is (or EVERGRANT_TOKEN_FILE)
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// Where connections are kept: sqlite:PATH or postgres://USER@HOST/DB (or EVERGRANT_STORE)
    ///
    /// Default: sqlite, evergrant/evergrant.db in $XDG_STATE_HOME or ~/.local/state.
    #[arg(long, value_name = "URL", global = true, conflicts_with = "token_file")]
    pub(crate) store: Option<String>,
    /// The company's realm id (or EVERGRANT_REALM)
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) realm: Option<String>,
    /// Intuit's hosts: sandbox or production (the default) (or EVERGRANT_ENVIRONMENT)
    #[arg(long, value_name = "sandbox|production", global = true)]
    pub(crate) environment: Option<Environment>,
    /// The app's client id (or EVERGRANT_CLIENT_ID)
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) client_id: Option<String>,
    /// A file that holds the app's client secret (or EVERGRANT_CLIENT_SECRET, the secret itself)
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Another API host; plain http to this machine only (or EVERGRANT_BASE_URL)
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) base_url: Option<Url>,
    /// Another token endpoint; plain http to this machine only (or EVERGRANT_TOKEN_URL)
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) token_url: Option<Url>,
    /// Another consent page (default: on the token URL's host) (or EVERGRANT_AUTHORIZE_URL)
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub(crate) authorize_url: Option<Url>,
    /// Another revocation endpoint (default: on the token URL's host) (or EVERGRANT_REVOKE_URL)
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub(crate) revoke_url: Option<Url>,
    /// One more trusted certificate authority (or EVERGRANT_CA_FILE)
    #[arg(long, value_name = "PEM", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// The API's minor version (default 75) (or EVERGRANT_MINOR_VERSION)
    #[arg(long, value_name = "N", global = true)]
    pub(crate) minor_version: Option<u16>,
    /// Stop before more metered calls (reads, queries, reports) are made in a month (or EVERGRANT_BUDGET)
    #[arg(long, value_name = "CALLS", global = true, hide_short_help = true)]
    pub(crate) budget: Option<u64>,
    /// For how long to go on trying against throttles, or to learn what came of a write (default 180)
    #[arg(long, value_name = "SECONDS", value_parser = seconds, global = true, hide_short_help = true)]
    pub(crate) patience: Option<Duration>,
    /// Call as fast as answers come: for hosts that are not Intuit's
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) unpaced: bool,
    /// What consent asks for, separated by spaces (or EVERGRANT_SCOPE)
    #[arg(long, value_name = "SCOPES", global = true, hide_short_help = true)]
    pub(crate) scope: Option<String>,
    /// Seal the tokens with the keys in this file (or EVERGRANT_SEAL_KEY, the keys themselves)
    #[arg(long, value_name = "PATH", global = true, hide_short_help = true)]
    pub(crate) seal_key_file: Option<PathBuf>,
    /// Seal the tokens with keys of the OS keyring, under this account (or EVERGRANT_SEAL_KEYRING)
    #[arg(
        long,
        value_name = "ACCOUNT",
        global = true,
        hide_short_help = true,
        conflicts_with = "seal_key_file"
    )]
    pub(crate) seal_keyring: Option<String>,
    /// Take token files on network file systems: right if one machine alone uses them
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_network_fs: bool,
    /// Where consent returns to (or EVERGRANT_REDIRECT_URI)
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub(crate) redirect_uri: Option<String>,
}

/// The flags that say how to show what comes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Show {
    /// json (the default), jsonl, table, csv, card or yaml
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        global = true,
        hide_possible_values = true
    )]
    pub(crate) output: Option<Format>,
    /// Print only this value, e.g. Employee.PrimaryAddr.City; repeatable
    #[arg(long, value_name = "A.B[0].C", global = true)]
    pub(crate) path: Vec<String>,
    /// Only these members, e.g. Id,PrimaryAddr.City,Line.Amount: the columns of a table or CSV
    #[arg(long, value_name = "A,B.C", global = true, value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// Run a jq program over the answer; of lists, over each row
    #[arg(long, value_name = "EXPR", global = true, conflicts_with = "path")]
    pub(crate) jq: Option<String>,
    /// Times as local, utc or keep (as sent; the default, but for cards)
    #[arg(long, value_name = "ZONE", global = true, hide_possible_values = true)]
    pub(crate) tz: Option<Zone>,
    /// Show each exchange on stderr; twice: what the libraries say as well
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// No colours (or NO_COLOR)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// A format of data on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// The API's whole answer, pretty-printed in the API's own member order.
    #[default]
    Json,
    /// Lines for people.
    Card,
    /// One entity a line.
    Jsonl,
    /// The members that tell one entity from another in columns, for people.
    Table,
    /// All members in columns, for spreadsheets; lists as JSON in one cell.
    Csv,
    /// The whole answer as YAML.
    Yaml,
}

/// In which time zone to print times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Zone {
    /// This machine's.
    Local,
    /// UTC.
    Utc,
    /// As the API sent them.
    Keep,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See the main job done against the built-in sandbox: no account, no network
    #[command(after_help = "\
Examples:
  evergrant demo
  evergrant demo --keep ./demo      # keep the token file, its journal and the sandbox's CA")]
    Demo(Deferred<Demo>),
    /// Read one entity
    #[command(after_help = examples::GET)]
    Get(Deferred<Get>),
    /// List the entities of a kind, as they come
    #[command(after_help = examples::LIST)]
    List(Deferred<EntityList>),
    /// Run a query in the API's own language
    #[command(after_help = examples::QUERY)]
    Query(Deferred<Query>),
    /// Make a new entity
    #[command(after_help = examples::CREATE)]
    Create(Deferred<Create>),
    /// Change an entity
    #[command(after_help = examples::UPDATE)]
    Update(Deferred<Update>),
    /// Delete a transaction
    #[command(after_help = examples::DELETE)]
    Delete(Deferred<Destroy>),
    /// Void a transaction
    #[command(after_help = examples::VOID)]
    Void(Deferred<Destroy>),
    /// Mail a transaction to its customer or vendor
    #[command(after_help = examples::SEND)]
    Send(Deferred<Send>),
    /// Fetch a transaction as PDF
    #[command(after_help = examples::PDF)]
    Pdf(Deferred<Pdf>),
    /// Make many changes, thirty to a request
    #[command(after_help = examples::BATCH)]
    Batch(Deferred<Batch>),
    /// Tell what has changed since a moment
    #[command(after_help = examples::CDC)]
    Cdc(Deferred<Cdc>),
    /// Attach files to objects, list and fetch them
    #[command(after_help = examples::ATTACH)]
    Attach(Deferred<Attach>),
    /// Run one of QuickBooks' reports
    #[command(after_help = examples::REPORT)]
    Report(Deferred<Report>),
    /// Tell how many of the calls that Intuit meters have been made
    #[command(after_help = examples::USAGE)]
    Usage,
    /// Check a webhook delivery, and tell what is in it
    #[command(after_help = examples::WEBHOOK)]
    Webhook(Deferred<Webhook>),
    /// Tell what is known of entities and their members, offline
    #[command(after_help = examples::SCHEMA)]
    Schema(Deferred<Schema>),
    /// Send any request to the API with the bearer attached
    #[command(after_help = "\
PATH is within the company unless it begins with /v3/; {realm} stands for the realm id, and
minorversion is added unless it is given.

Examples:
  evergrant api GET companyinfo/{realm}
  evergrant api GET 'cdc?entities=Employee&changedSince=2026-01-01T00:00:00Z'
  evergrant api POST employee -f employee.json
  echo 'select * from Employee' | evergrant api POST query -f - -H 'Content-Type: application/text'")]
    Api(Deferred<Api>),
    /// Write parsing code for samples of JSON: types, and a line for each value
    #[command(after_help = "\
Reads one or more samples, which may also be JSON lines, and writes code that stands alone: types in
which amounts are exact, ids are strings, dates and times are dates and times, and a member is optional
if one sample lacks it; and a program that prints each value by its dotted path. --name is what the
document is called (default: after the file).

Examples:
  evergrant get employee 58 > employee.json; evergrant codegen employee.json > employee.rs
  evergrant codegen --from employee/58 --lang python > employee.py
  evergrant codegen january.json february.json --lang typescript --name Invoice")]
    Codegen(Deferred<Codegen>),
    /// Print an access token that is good for a while yet
    #[command(after_help = "\
Examples:
  curl -H \"Authorization: Bearer $(evergrant token -c acme)\" https://...
  evergrant token --min-life 1800")]
    Token(Deferred<Token>),
    /// Refresh now, whether or not it is due
    #[command(after_help = "\
Examples:
  evergrant refresh -c acme
  evergrant refresh -c acme --if-older-than 30m     # for cron; of many at once, one refreshes")]
    Refresh(Deferred<Refresh>),
    /// Keep all connections alive until stopped: refreshes ahead of need, a line for each event
    #[command(after_help = "\
Keeps every connection of evergrant.toml, or the one that is named. Access tokens are renewed ahead of
their end, so other programs find living ones in the token files; idle grants are refreshed before they
idle out. A connection that fails is tried again less and less often; one that has lapsed is left alone
until there is a new login, which is noticed by itself. Stop it with Ctrl-C or SIGTERM: a refresh under
way is saved first. Changes of evergrant.toml are followed within seconds.

Examples:
  evergrant keep
  evergrant keep -c acme 2>> keep.log")]
    Keep,
    /// Serve the API on this machine to callers with keys of ours; the bearer is added on the way
    #[command(after_help = serve::SERVE_EXAMPLES)]
    Serve(Deferred<Serve>),
    /// Make, list and revoke the keys that open the gateway
    #[command(after_help = serve::KEY_EXAMPLES)]
    Key(Deferred<Key>),
    /// Print a link that lets a browser into the console of the gateway that runs
    #[command(after_help = "\
Example:
  evergrant console      # open the link; it works once, for ten minutes")]
    Console,
    /// Run a command with the gateway's address and a key of its own in its environment
    #[command(after_help = serve::EXEC_EXAMPLES)]
    Exec(Deferred<Exec>),
    /// Tell how the connections are; no secrets, nothing is sent
    #[command(after_help = "\
Ends with the code that a call over the worst of them would meet: 0 all live, 4 one is over...

Examples:
  evergrant status              # all connections of evergrant.toml
  evergrant status -c acme --json")]
    Status(Deferred<Status>),
    /// Tell the story of a grant: each spend, what came of it and why, and what to do now
    #[command(after_help = "\
Read from the journal beside the token file; tokens are named by fingerprint, nothing is sent.

Examples:
  evergrant explain acme
  evergrant explain --token-file qb-access-token.json --all")]
    Explain(Deferred<Explain>),
    /// Connect a company by consent in a browser, or reconnect it
    #[command(after_help = "\
The app's client id and secret come from developer.intuit.com, and the redirect URI must be listed
there. Development keys accept the default, http://localhost:8400/callback.

Examples:
  evergrant login -c acme --environment sandbox --client-id ID --client-secret-file secret.txt
  evergrant login -c acme --no-browser        # print the URL only

A production app must redirect to https. Open the printed URL, consent, and paste the address that
the browser ends up at, whatever the page there shows:
  evergrant login -c acme --environment production --client-id ID \\
            --client-secret-file secret.txt --redirect-uri https://example.com/callback --paste
or, with a tunnel from that address to this machine's port 8400:
  evergrant login -c acme --redirect-uri https://example.com/callback --port 8400")]
    Login(Deferred<Login>),
    /// Revoke the grant at Intuit
    #[command(after_help = "\
Example:
  evergrant logout -c acme      # a token that is already revoked is a success as well")]
    Logout,
    /// Take grants of other tools into the store
    #[command(after_help = "\
Understands token JSON as Intuit, Chilkat, intuit-oauth (Python, Node) and rclone write it, profiles of
qbo-cli, .env files, rclone.conf, and evergrant's own token files; it looks for a refresh token and for
what stands beside it. A refresh token that this store has rotated away is never taken in again. One
grant must have one owner: stop the other tool, or it will spend the token too.

Examples:
  evergrant import -c acme ~/.qbo/tokens.prod.json
  evergrant import -c acme .env --environment sandbox
  evergrant import tokens/*.json                # each by the name of its file")]
    Import(Deferred<Import>),
    /// Give a grant back as a token file, and keep it no longer
    #[command(after_help = "\
The store marks the grant as handed over and never spends it again; the token file has a journal beside
it, and works with --token-file. `evergrant import` takes it back.

Example:
  evergrant export acme --to acme.json")]
    Export(Deferred<Export>),
    /// List, show, pause, resume or remove the connections of the store
    #[command(after_help = "\
Examples:
  evergrant connections list --state lapsed --json
  evergrant connections show acme
  evergrant connections pause acme       # nobody spends its refresh token until it is resumed")]
    Connections(Deferred<Connections>),
    /// Serve the built-in sandbox until stopped
    #[command(after_help = "\
Prints on stdout the environment that points evergrant, or any other client, at it.
--token-file PATH writes a token file for its company there.

Examples:
  evergrant sandbox
  evergrant sandbox --port 8080 --dir ./sandbox --expired --format dotenv > .env
  evergrant sandbox --port 8080 > sandbox.env &      # then, in any shell: . ./sandbox.env")]
    Sandbox(Deferred<Sandbox>),
    /// Seal the tokens in the token files with a key, or seal them anew with a newer one
    #[command(after_help = "\
All connections of evergrant.toml, or the one that is named. With a key configured (seal_key_file in
evergrant.toml), tokens are sealed whenever they are saved; this does it now. Other processes may go on
meanwhile.

Examples:
  evergrant seal --new-key --seal-key-file ~/seal.key -c acme    # make a key and seal with it
  evergrant seal                                                 # seal all that lies in clear
  evergrant seal --new-key                                       # a new key from now on; old ones open")]
    Seal(Deferred<Seal>),
    /// Write sealed tokens in clear again
    #[command(after_help = "\
Example:
  evergrant unseal -c acme      # then take seal_key_file out of evergrant.toml, or the next save seals")]
    Unseal,
    /// Check the settings, the token file, the clock and the way to the hosts; spends no token
    #[command(after_help = "\
Example:
  evergrant doctor -c acme")]
    Doctor,
    /// Print the table of exit codes
    #[command(after_help = "\
Example:
  evergrant exit-codes")]
    ExitCodes,
    /// Print the completion script of a shell
    #[command(after_help = "\
Example:
  evergrant completions bash > ~/.local/share/bash-completion/completions/evergrant")]
    Completions(Deferred<Completions>),
}

/// `codegen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Codegen {
    /// Samples: files of JSON or JSON lines, or - for stdin
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A sample from the API, e.g. employee/58; repeatable
    #[arg(long, value_name = "ENTITY/ID")]
    pub(crate) from: Vec<String>,
    /// rust (the default), typescript, python, csharp, go or powershell
    #[arg(
        long,
        value_name = "LANGUAGE",
        default_value = "rust",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) lang: Language,
    /// What the whole document is called
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

fn long_help() -> String {
    format!(
        "{EXAMPLES}\n\nEnvironment:\n{}\nExit codes: see evergrant exit-codes.",
        env::reference()
    )
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .map(Duration::from_secs)
        .map_err(|_| format!("{text:?} is not a whole number of seconds"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_command_has_an_argument_named_like_a_global_one() {
        let mut whole = Args::command();
        let global: Vec<_> = whole
            .get_arguments()
            .map(|arg| arg.get_id().clone())
            .collect();
        // Each command's own arguments are described by then, and copies of the global ones besides.
        whole.build();
        for command in whole.get_subcommands() {
            assert!(command.get_arguments().next().is_some());
            let own = command
                .get_arguments()
                .find(|arg| global.contains(arg.get_id()) && !arg.is_global_set());
            assert!(own.is_none(), "{}: {own:?}", command.get_name());
        }
    }

    #[test]
    fn a_command_is_told_of_in_the_same_words_before_and_after_it_is_described() {
        let before = Args::command();
        let mut after = Args::command();
        after.build();
        for (before, after) in before.get_subcommands().zip(after.get_subcommands()) {
            assert!(before.get_about().is_some(), "{}", before.get_name());
            assert_eq!(before.get_about(), after.get_about());
            assert_eq!(before.get_long_about(), after.get_long_about());
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Args::command().get_subcommands() {
            let help = command.get_after_help().unwrap().to_string();
            assert!(help.contains("evergrant "), "{}", command.get_name());
        }
    }
}
