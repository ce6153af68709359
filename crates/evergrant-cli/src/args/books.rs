//! The arguments of the commands that work on a company's books, and the examples of their help.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use evergrant_quickbooks::{EntityKind, RequestId};

pub(super) const GET: &str = "\
Examples:
  evergrant get employee 58 -c acme
  evergrant get employee 58 --path PrimaryAddr.City --path DisplayName
  evergrant get invoice 130 -o card --tz utc
  evergrant get preferences --jq .Preferences.CurrencyPrefs";

pub(super) const LIST: &str = "\
Without --all or --limit at most 100 rows come. All rows are fetched 1000 at a time, in an order that
loses and repeats none while others change the books, and are written as they come. Conditions are
QuickBooks' own, joined by AND; only active objects are listed unless a condition says otherwise.

Examples:
  evergrant list customer --all -o csv > customers.csv
  evergrant list invoice --where \"Balance > '0'\" --where \"TxnDate >= '2026-01-01'\" -o table
  evergrant list employee --where \"Active IN (true, false)\" --fields Id,DisplayName,Active -o table
  evergrant list invoice --order 'TxnDate desc' --limit 10 --jq '{DocNumber, TotalAmt}' -o jsonl";

pub(super) const QUERY: &str = "\
Examples:
  evergrant query \"select * from Employee where DisplayName like 'B%'\"
  evergrant query \"select * from Employee\" --path DisplayName     one a line
  evergrant query \"select * from Invoice\" --all -o jsonl          every row, not one page
  evergrant query \"select * from Invoice where Balance > '0'\" --count
  evergrant query -f open.sql -o table";

pub(super) const CREATE: &str = "\
Members are given as member=value (what the member is decides whether that is text, a number, true or
false, or a reference's id), as member:=json, or as a file; a name may be a path. The same --request-id
makes the object once, however often the command is run.

Examples:
  evergrant create employee GivenName=Ann FamilyName=Lee PrimaryAddr.City=Bayshore BillRate=85
  evergrant create customer DisplayName='Cool Cars' --dry-run
  evergrant create invoice -f invoice.json --request-id order-4711
  evergrant create invoice CustomerRef=1 'Line:=[{\"Amount\":10.00,\"DetailType\":\"SalesItemLineDetail\",
            \"SalesItemLineDetail\":{\"ItemRef\":{\"value\":\"1\"}}}]'";

pub(super) const UPDATE: &str = "\
The object is read first, unless a file has its SyncToken: then somebody else's change in between ends
with code 9 and overwrites nothing. Without --sparse the whole object is sent with the changes made;
with it, only what is given.

Examples:
  evergrant update employee 58 PrimaryAddr.City=Bayshore
  evergrant update customer 1 Active=false --sparse
  evergrant update customer 1 --sparse Notes='Pays late' --reapply 3
  evergrant get invoice 130 > it.json; $EDITOR it.json; evergrant update invoice -f it.json";

pub(super) const DELETE: &str = "\
Asks before it deletes, unless --yes is given. Names in lists can't be deleted: see update Active=false.

Examples:
  evergrant delete invoice 130
  evergrant delete invoice 130 --yes --request-id cleanup-130";

pub(super) const VOID: &str = "\
Keeps the transaction with all its amounts at zero. Asks before it does, unless --yes is given.

Example:
  evergrant void invoice 130 --yes";

pub(super) const SEND: &str = "\
Examples:
  evergrant send invoice 130
  evergrant send estimate 41 --to billing@example.com";

pub(super) const PDF: &str = "\
Examples:
  evergrant pdf invoice 130 -f invoice-130.pdf
  evergrant pdf invoice 130 -f - | lpr";

pub(super) const BATCH: &str = "\
Each line is an item of QuickBooks' batches: {\"operation\":\"create\",\"Customer\":{...}}, or
{\"Query\":\"select ...\"}; without an operation it is a create. Thirty are sent at a time. What came of
each is printed as one line in the order of the file. FILE.journal says how far it has come: after a
crash, a kill or an unknown outcome, --resume goes on and makes nothing twice.

Examples:
  evergrant batch customers.jsonl > made.jsonl
  evergrant batch customers.jsonl --resume >> made.jsonl
  evergrant batch customers.jsonl --dry-run";

pub(super) const SCHEMA: &str = "\
Examples:
  evergrant schema                        the entities and what can be done with them
  evergrant schema invoice                its members
  evergrant schema invoice.Line           what a line has in it
  evergrant schema employee -o json";

/// `get`.
#[derive(Debug, clap::Args)]
pub(crate) struct Get {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Its id; not needed of what a company has one of
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) id: String,
}

/// `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// A condition, e.g. "Balance > '0'"; repeatable, all must hold
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// The order, e.g. 'TxnDate desc'; repeatable
    #[arg(long, value_name = "MEMBER [asc|desc]")]
    pub(crate) order: Vec<String>,
    /// At most so many rows (default 100)
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) limit: Option<u64>,
    /// Every row
    #[arg(long)]
    pub(crate) all: bool,
    /// So many rows a request
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
}

/// `query`.
#[derive(Debug, clap::Args)]
pub(crate) struct Query {
    /// The select statement
    #[arg(required_unless_present = "file")]
    pub(crate) statement: Option<String>,
    /// A file with the statement, or - for stdin
    #[arg(short, long, value_name = "FILE", conflicts_with = "statement")]
    pub(crate) file: Option<PathBuf>,
    /// Every row, page after page
    #[arg(long, conflicts_with = "count")]
    pub(crate) all: bool,
    /// How many rows there are
    #[arg(long)]
    pub(crate) count: bool,
    /// With --all, so many rows a request
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
}

/// What the writing commands have in common.
#[derive(Debug, clap::Args)]
pub(crate) struct Writing {
    /// Print the request, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The id of the intent: the same one makes the change once, however often it is sent
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<RequestId>,
}

/// What is to be written.
#[derive(Debug, clap::Args)]
pub(crate) struct Content {
    /// The object as JSON: a file, or - for stdin
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Members: name=value, name:=json
    #[arg(value_name = "MEMBER=VALUE")]
    pub(crate) members: Vec<String>,
    /// Where the object is.
    #[command(flatten)]
    pub(crate) content: Content,
    /// How it is written.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// `update`.
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Its id (unless a file has it), then members: name=value, name:=json
    #[arg(value_name = "ID | MEMBER=VALUE")]
    pub(crate) words: Vec<String>,
    /// Send only what is given, leave the rest as it is
    #[arg(long)]
    pub(crate) sparse: bool,
    /// With --sparse, if somebody else was faster: read again and change that, so many times
    #[arg(
        long,
        value_name = "N",
        requires = "sparse",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(crate) reapply: u32,
    /// Where the object is.
    #[command(flatten)]
    pub(crate) content: Content,
    /// How it is written.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// `delete` and `void`.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// What kind of entity: invoice, payment, salesreceipt...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Its id, unless a file has it
    pub(crate) id: Option<String>,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Where the object is.
    #[command(flatten)]
    pub(crate) content: Content,
    /// How it is written.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// `send`.
#[derive(Debug, clap::Args)]
pub(crate) struct Send {
    /// What kind of entity: invoice, estimate...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Its id
    pub(crate) id: String,
    /// Another address than the one that it has
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
    /// How it is written.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// `pdf`.
#[derive(Debug, clap::Args)]
pub(crate) struct Pdf {
    /// What kind of entity: invoice, estimate...
    #[arg(value_parser = Kinds)]
    pub(crate) entity: EntityKind,
    /// Its id
    pub(crate) id: String,
    /// Where to write it, - for stdout (default: stdout, unless that is a terminal)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print the request, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `batch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Batch {
    /// The items, one a line
    pub(crate) file: PathBuf,
    /// Go on where FILE.journal says that an earlier run has come to
    #[arg(long)]
    pub(crate) resume: bool,
    /// Print the requests, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask, though there are deletes or voids among the items
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    /// An entity, or a member of one: invoice, invoice.Line.Amount
    #[arg(value_name = "ENTITY[.MEMBER]")]
    pub(crate) place: Option<String>,
}

/// Completion knows every kind of entity; help does not list them all.
#[derive(Debug, Clone)]
struct Kinds;

impl TypedValueParser for Kinds {
    type Value = EntityKind;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<EntityKind, Error> {
        let parser = StringValueParser::new().try_map(|text| text.parse::<EntityKind>());
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = EntityKind::ALL
            .iter()
            .map(|kind| PossibleValue::new(kind.path()).hide(true));
        Some(Box::new(names))
    }
}
