//! The command line as it is typed. What it means is worked out in `config`.

mod books;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use evergrant_quickbooks::Environment;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method};
use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use crate::codegen::Language;
use crate::env;

pub(crate) use books::{
    Attach, AttachAdd, Attaching, Batch, Cdc, Content, Create, Destroy, EntityList, Get, Moment,
    Pdf, Place, Query, Report, Schema, Send, Update, Verify, Verifying, Webhook, Writing,
};
pub(crate) use serve::{Exec, Key, KeyAction, KeyAdd, Serve};

const EXAMPLES: &str = "\
Examples:
  evergrant demo                              see the whole job, offline, in a second
  evergrant login -c acme                     connect a company (once, in a browser)
  evergrant get employee 58 -c acme           read one entity
  evergrant query \"select * from Employee\" -c acme -o jsonl
  evergrant get employee 58 --token-file qb-access-token.json --realm 123146096291789 \\
            --environment sandbox             with the token file of another tool";

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
  evergrant demo --keep ./demo      keep the token file, its journal and the sandbox's CA")]
    Demo(Demo),
    /// Read one entity
    #[command(after_help = books::GET)]
    Get(Get),
    /// List the entities of a kind, as they come
    #[command(after_help = books::LIST)]
    List(EntityList),
    /// Run a query in the API's own language
    #[command(after_help = books::QUERY)]
    Query(Query),
    /// Make a new entity
    #[command(after_help = books::CREATE)]
    Create(Create),
    /// Change an entity
    #[command(after_help = books::UPDATE)]
    Update(Update),
    /// Delete a transaction
    #[command(after_help = books::DELETE)]
    Delete(Destroy),
    /// Void a transaction
    #[command(after_help = books::VOID)]
    Void(Destroy),
    /// Mail a transaction to its customer or vendor
    #[command(after_help = books::SEND)]
    Send(Send),
    /// Fetch a transaction as PDF
    #[command(after_help = books::PDF)]
    Pdf(Pdf),
    /// Make many changes, thirty to a request
    #[command(after_help = books::BATCH)]
    Batch(Batch),
    /// Tell what has changed since a moment
    #[command(after_help = books::CDC)]
    Cdc(Cdc),
    /// Attach files to objects, list and fetch them
    #[command(after_help = books::ATTACH)]
    Attach(Attach),
    /// Run one of QuickBooks' reports
    #[command(after_help = books::REPORT)]
    Report(Report),
    /// Tell how many of the calls that Intuit meters have been made
    #[command(after_help = books::USAGE)]
    Usage,
    /// Check a webhook delivery, and tell what is in it
    #[command(after_help = books::WEBHOOK)]
    Webhook(Webhook),
    /// Tell what is known of entities and their members, offline
    #[command(after_help = books::SCHEMA)]
    Schema(Schema),
    /// Send any request to the API with the bearer attached
    #[command(after_help = "\
PATH is within the company unless it begins with /v3/; {realm} stands for the realm id, and
minorversion is added unless it is given.

Examples:
  evergrant api GET companyinfo/{realm}
  evergrant api GET 'cdc?entities=Employee&changedSince=2026-01-01T00:00:00Z'
  evergrant api POST employee -f employee.json
  echo 'select * from Employee' | evergrant api POST query -f - -H 'Content-Type: application/text'")]
    Api(Api),
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
    Codegen(Codegen),
    /// Print an access token that is good for a while yet
    #[command(after_help = "\
Examples:
  curl -H \"Authorization: Bearer $(evergrant token -c acme)\" https://...
  evergrant token --min-life 1800")]
    Token(Token),
    /// Refresh now, whether or not it is due
    #[command(after_help = "\
Examples:
  evergrant refresh -c acme
  evergrant refresh -c acme --if-older-than 30m     for cron; of many at once, one refreshes")]
    Refresh(Refresh),
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
    Serve(Serve),
    /// Make, list and revoke the keys that open the gateway
    #[command(after_help = serve::KEY_EXAMPLES)]
    Key(Key),
    /// Print a link that lets a browser into the console of the gateway that runs
    #[command(after_help = "\
Example:
  evergrant console      open the link; it works once, for ten minutes")]
    Console,
    /// Run a command with the gateway's address and a key of its own in its environment
    #[command(after_help = serve::EXEC_EXAMPLES)]
    Exec(Exec),
    /// Tell how the connections are; no secrets, nothing is sent
    #[command(after_help = "\
Ends with the code that a call over the worst of them would meet: 0 all live, 4 one is over...

Examples:
  evergrant status              all connections of evergrant.toml
  evergrant status -c acme --json")]
    Status(Status),
    /// Tell the story of a grant: each spend, what came of it and why, and what to do now
    #[command(after_help = "\
Read from the journal beside the token file; tokens are named by fingerprint, nothing is sent.

Examples:
  evergrant explain acme
  evergrant explain --token-file qb-access-token.json --all")]
    Explain(Explain),
    /// Connect a company by consent in a browser, or reconnect it
    #[command(after_help = "\
The app's client id and secret come from developer.intuit.com, and the redirect URI must be listed
there. Development keys accept the default, http://localhost:8400/callback.

Examples:
  evergrant login -c acme --environment sandbox --client-id ID --client-secret-file secret.txt
  evergrant login -c acme --no-browser        print the URL only

A production app must redirect to https. Open the printed URL, consent, and paste the address that
the browser ends up at, whatever the page there shows:
  evergrant login -c acme --environment production --client-id ID \\
            --client-secret-file secret.txt --redirect-uri https://example.com/callback --paste
or, with a tunnel from that address to this machine's port 8400:
  evergrant login -c acme --redirect-uri https://example.com/callback --port 8400")]
    Login(Login),
    /// Revoke the grant at Intuit
    #[command(after_help = "\
Example:
  evergrant logout -c acme      a token that is already revoked is a success as well")]
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
  evergrant import tokens/*.json                each by the name of its file")]
    Import(Import),
    /// Give a grant back as a token file, and keep it no longer
    #[command(after_help = "\
The store marks the grant as handed over and never spends it again; the token file has a journal beside
it, and works with --token-file. `evergrant import` takes it back.

Example:
  evergrant export acme --to acme.json")]
    Export(Export),
    /// List, show, pause, resume or remove the connections of the store
    #[command(after_help = "\
Examples:
  evergrant connections list --state lapsed --json
  evergrant connections show acme
  evergrant connections pause acme       nobody spends its refresh token until it is resumed")]
    Connections(Connections),
    /// Serve the built-in sandbox until stopped
    #[command(after_help = "\
Prints on stdout the environment that points evergrant, or any other client, at it.
--token-file PATH writes a token file for its company there.

Examples:
  evergrant sandbox
  evergrant sandbox --port 8080 --dir ./sandbox --expired --format dotenv > .env
  evergrant sandbox --port 8080 > sandbox.env &      then, in any shell: . ./sandbox.env")]
    Sandbox(Sandbox),
    /// Seal the tokens in the token files with a key, or seal them anew with a newer one
    #[command(after_help = "\
All connections of evergrant.toml, or the one that is named. With a key configured (seal_key_file in
evergrant.toml), tokens are sealed whenever they are saved; this does it now. Other processes may go on
meanwhile.

Examples:
  evergrant seal --new-key --seal-key-file ~/seal.key -c acme    make a key and seal with it
  evergrant seal                                                 seal all that lies in clear
  evergrant seal --new-key                                       a new key from now on; old ones open")]
    Seal(Seal),
    /// Write sealed tokens in clear again
    #[command(after_help = "\
Example:
  evergrant unseal -c acme      then take seal_key_file out of evergrant.toml, or the next save seals")]
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
    Completions(Completions),
}

/// `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep the demo's files in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

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
    Resume(Named),
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

/// `connections pause` and `resume`.
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

fn method(text: &str) -> Result<Method, String> {
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

fn age(text: &str) -> Result<SignedDuration, String> {
    let age: Option<SignedDuration> = text.parse().ok();
    age.filter(|age| !age.is_negative())
        .ok_or_else(|| format!("{text:?} is not an age like 90s, 30m or 2h"))
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
    fn companies_have_a_size_and_perhaps_a_number() {
        assert_eq!(business("5000"), Ok((5000, 1)));
        assert_eq!(business("5000:7"), Ok((5000, 7)));
        assert!(business("many").is_err() && business("5:x").is_err());
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_command_has_an_argument_named_like_a_global_one() {
        let command = Args::command();
        let global: Vec<_> = command.get_arguments().map(clap::Arg::get_id).collect();
        for command in command.get_subcommands() {
            let own = command
                .get_arguments()
                .find(|arg| global.contains(&arg.get_id()));
            assert!(own.is_none(), "{}: {own:?}", command.get_name());
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Args::command().get_subcommands() {
            let help = command.get_after_help().unwrap().to_string();
            assert!(help.contains("evergrant "), "{}", command.get_name());
        }
    }

    #[test]
    fn an_age_has_a_unit() {
        let minutes = SignedDuration::from_mins;
        assert_eq!(age("30m"), Ok(minutes(30)));
        assert_eq!(age("1h 30m"), Ok(minutes(90)));
        assert!(age("30").is_err());
        assert!(age("-30m").is_err());
    }

    #[test]
    fn authorization_is_not_the_callers_to_set() {
        assert!(header("authorization: Bearer x").is_err());
        assert!(header("Bearer x").is_err());
        assert!(header("X-Test: x").is_ok());
        let (name, value) = header("ACCEPT:  a: b ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("accept", "a: b"));
    }
}
