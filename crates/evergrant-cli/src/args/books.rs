//! The arguments of the commands that work on a company's books. The examples of their help are in `examples`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error, Subcommand};
use evergrant_quickbooks::{EntityKind, RequestId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// `get`.
#[derive(Debug, clap::Args)]
pub(crate) struct Get {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds, hide_possible_values = true)]
    pub(crate) entity: EntityKind,
    /// Its id; not needed of what a company has one of
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) id: String,
}

/// `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct EntityList {
    /// What kind of entity: employee, invoice, salesreceipt...
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
pub(crate) struct Destroy {
    /// What kind of entity: invoice, payment, salesreceipt...
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
    #[arg(value_parser = Kinds, hide_possible_values = true)]
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
    /// So many items a request: fewer if they are huge; --resume keeps to what was begun with
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=30))]
    pub(crate) items: u16,
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

/// `cdc`.
#[derive(Debug, clap::Args)]
pub(crate) struct Cdc {
    /// Since when: a time, a day, or an age like 90m, 2h, 3d
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) since: Moment,
    /// Of which kinds (default: all that have it)
    #[arg(long, value_name = "ENTITY,...", value_delimiter = ',', value_parser = Kinds, hide_possible_values = true)]
    pub(crate) entities: Vec<EntityKind>,
}

/// A point in time as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// An instant.
    At(Timestamp),
    /// So long ago.
    Ago(SignedDuration),
}

/// `attach`.
#[derive(Debug, clap::Args)]
pub(crate) struct Attach {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: Attaching,
}

/// What to do with attachments.
#[derive(Debug, Subcommand)]
pub(crate) enum Attaching {
    /// Upload a file and attach it
    Add(AttachAdd),
    /// List attachments: all, or those of one object
    List {
        /// The object, e.g. invoice/129
        #[arg(value_name = "ENTITY/ID", value_parser = place)]
        of: Option<Place>,
    },
    /// Download an attachment
    Get {
        /// Its id
        id: String,
        /// Where to write it, - for stdout (default: stdout, unless that is a terminal)
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// `attach add`.
#[derive(Debug, clap::Args)]
pub(crate) struct AttachAdd {
    /// The file
    pub(crate) file: PathBuf,
    /// What to attach it to, e.g. invoice/129; repeatable
    #[arg(long, value_name = "ENTITY/ID", value_parser = place)]
    pub(crate) to: Vec<Place>,
    /// A note to go with it
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Its type, e.g. image/png (default: by the file's name)
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// Send it along when the object is mailed
    #[arg(long)]
    pub(crate) include_on_send: bool,
    /// How it is written.
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// One object: `invoice/129`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its kind.
    pub(crate) kind: EntityKind,
    /// Its id.
    pub(crate) id: String,
}

/// `report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// The report, e.g. ProfitAndLoss; or list, for the reports that there are
    pub(crate) name: String,
    /// Its parameters, e.g. start_date=2026-01-01
    #[arg(value_name = "PARAM=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// A row for each cell
    #[arg(long)]
    pub(crate) tidy: bool,
    /// Print the request, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `webhook`.
#[derive(Debug, clap::Args)]
pub(crate) struct Webhook {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: Verifying,
}

/// What to do with a delivery.
#[derive(Debug, Subcommand)]
pub(crate) enum Verifying {
    /// Check its signature and print its events
    Verify(Verify),
    /// Print the events that the gateway has taken in and not handed on yet
    Queue,
}

/// `webhook verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The header intuit-signature
    #[arg(long, value_name = "BASE64")]
    pub(crate) signature: String,
    /// A file that holds the app's verifier token (or EVERGRANT_WEBHOOK_TOKEN, the token itself)
    #[arg(long, value_name = "PATH")]
    pub(crate) verifier_file: Option<PathBuf>,
    /// The body as it came: a file, or - for stdin (the default)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
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
            .map(|kind| PossibleValue::new(kind.path().split('/').next().unwrap_or_default()));
        Some(Box::new(names))
    }
}

fn place(text: &str) -> Result<Place, String> {
    let (kind, id) = text.split_once('/').unwrap_or((text, ""));
    let kind = kind
        .parse::<EntityKind>()
        .map_err(|error| error.to_string())?;
    match id {
        "" => Err("an object is written invoice/129".to_owned()),
        id => Ok(Place {
            kind,
            id: id.to_owned(),
        }),
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Moment::At(at));
    }
    let midnight = |day: Date| day.to_zoned(TimeZone::system()).ok();
    if let Some(at) = text.parse().ok().and_then(midnight) {
        return Ok(Moment::At(at.timestamp()));
    }
    ago(text).ok_or_else(|| {
        format!("{text:?} is no time, day or age: write 2026-11-22T09:00:00Z, 2026-11-22 or 2h")
    })
}

/// Days are of 24 hours here, which the parser of lengths does not take for granted.
fn ago(text: &str) -> Option<Moment> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok());
    let age = match days {
        Some(days) => SignedDuration::from_hours(24 * i64::from(days)),
        None => text.parse::<SignedDuration>().ok()?,
    };
    (!age.is_negative()).then_some(Moment::Ago(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_three_ways() {
        assert_eq!(
            moment("2026-11-22T09:00:00-08:00"),
            Ok(Moment::At("2026-11-22T17:00:00Z".parse().unwrap()))
        );
        assert!(matches!(moment("2026-11-22"), Ok(Moment::At(_))));
        assert_eq!(
            moment("3d"),
            Ok(Moment::Ago(SignedDuration::from_hours(72)))
        );
        assert_eq!(
            moment("90m"),
            Ok(Moment::Ago(SignedDuration::from_mins(90)))
        );
        for bad in ["", "soon", "-2h", "2026-13-01"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_object_is_a_kind_and_an_id() {
        let invoice = place("invoice/129").unwrap();
        assert_eq!(
            (invoice.kind, invoice.id.as_str()),
            (EntityKind::Invoice, "129")
        );
        for bad in ["invoice", "invoice/", "nothing/1"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
