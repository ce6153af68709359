//! `batch`: many changes, thirty to a request, each made once.
//!
//! Before a request is sent its id is in the journal beside the file, synced; after its outcomes are
//! printed the journal says so. Whoever resumes asks again, with the same id, for what was under way:
//! QuickBooks then answers what it has done, or does it.

mod journal;

use std::path::{Path, PathBuf};

use evergrant_quickbooks::{Client, EntityKind, Json, Object, Request, Value};
use http::Method;

use self::journal::Journal;
use super::{confirm, input, progress::Progress, write};
use crate::args::{self, Format};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Rows;
use crate::trace::tell;

/// The most items that one request takes.
const LARGEST: usize = 30;

/// One line of the file.
struct Item {
    /// The item's own id, if it has one.
    id: Option<Value>,
    body: Object,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Batch) -> Result<()> {
    let text = input::read(args.file.clone()).await?;
    let items = items(&args.file, &text)?;
    let quickbooks = context.quickbooks().await?;
    if args.dry_run {
        for chunk in items.chunks(args.items.into()) {
            write::show(context, &quickbooks, &request(chunk))?;
        }
        return Ok(());
    }
    if !args.yes && items.iter().any(Item::is_destructive) {
        confirm::possible("batch")?;
        confirm::ask("there are deletes or voids among the items: go on?").await?;
    }
    let mut journal = Journal::open(
        &journal_path(&args.file),
        &text,
        args.items.into(),
        args.resume,
    )?;
    let mut out = context.output().rows_as(Format::Jsonl);
    let failed = all(&quickbooks, &items, &mut journal, &mut out).await;
    let shown = out.finish();
    let failed = failed?;
    shown.map_err(|it| it.after_a_write("every item was sent: look before you send one again"))?;
    match failed {
        0 => Ok(()),
        failed => {
            tell(Some(format!(
                "evergrant: {failed} of {} items failed; the others are done",
                items.len()
            )));
            Err(Failure::Told(Exit::Fault))
        }
    }
}

/// Sends what the journal does not have as done, and returns how many items failed.
async fn all(
    quickbooks: &Client,
    items: &[Item],
    journal: &mut Journal,
    out: &mut Rows<'_>,
) -> Result<usize> {
    let mut progress = Progress::default();
    let mut failed = 0;
    let size = journal.items();
    for (number, chunk) in items.chunks(size).enumerate().skip(journal.done()) {
        let id = journal.begin(number)?;
        let answer = quickbooks
            .send(request(chunk).with_request_id(&id))
            .await?
            .json()?;
        for (item, outcome) in chunk.iter().zip(outcomes(&answer, chunk.len())?) {
            failed += usize::from(outcome.get("Fault").is_some());
            write::made(&id, out.push(&item.answered(outcome).to_json()))?;
        }
        write::made(&id, out.flush())?;
        journal.end(number)?;
        progress.show((number * size + chunk.len()) as u64);
    }
    Ok(failed)
}

/// The request for some items. Their own ids may be too long for it, so they get numbers.
fn request(chunk: &[Item]) -> Request {
    let numbered = chunk.iter().enumerate().map(|(number, item)| {
        let mut body = item.body.clone();
        body.set("bId", Value::string(&number.to_string()));
        body.to_string()
    });
    let items: Vec<String> = numbered.collect();
    let body = format!("{{\"BatchItemRequest\":[{}]}}", items.join(","));
    Request::new(Method::POST, "batch").with_json(body)
}

/// What came of each item, in their order: the answer may have another.
fn outcomes(answer: &Json, count: usize) -> Result<Vec<Object>> {
    let unreadable = || {
        let mend = "go on with --resume: what was done is not done again";
        Failure::new(Exit::Unknown, "the answer to a batch can't be read", mend)
    };
    let path = "BatchItemResponse".parse().map_err(|_| unreadable())?;
    let found: Vec<Json> = answer
        .at(&path)
        .and_then(|found| found.to().ok())
        .ok_or_else(unreadable)?;
    let mut outcomes: Vec<Option<Object>> = vec![None; count];
    for outcome in &found {
        let outcome = Object::parse(outcome).map_err(|_| unreadable())?;
        let number = outcome
            .get("bId")
            .and_then(|id| id.as_string()?.parse::<usize>().ok());
        let place = number
            .and_then(|number| outcomes.get_mut(number))
            .ok_or_else(unreadable)?;
        *place = Some(outcome);
    }
    outcomes
        .into_iter()
        .collect::<Option<_>>()
        .ok_or_else(unreadable)
}

/// Every item of the file; nothing is sent if one is none.
fn items(file: &Path, text: &[u8]) -> Result<Vec<Item>> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let items = lines.map(|(number, line)| {
        Item::parse(line).map_err(|why| {
            let what = format!("{}:{}: {why}", file.display(), number + 1);
            Failure::new(Exit::Usage, what, "nothing was sent: mend that line")
        })
    });
    items.collect()
}

impl Item {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let json = Json::parse(line).map_err(|error| format!("not JSON: {error}"))?;
        let mut body = Object::parse(&json).map_err(|error| error.to_string())?;
        let id = body.get("bId").cloned();
        body.remove("bId");
        let names: Vec<String> = body.names().map(std::borrow::Cow::into_owned).collect();
        let contents: Vec<&String> = names
            .iter()
            .filter(|name| !matches!(name.as_str(), "operation" | "optionsData"))
            .collect();
        let [content] = contents.as_slice() else {
            return Err(format!(
                "an item has one entity or one Query, not {}",
                contents.len()
            ));
        };
        let is_query = matches!(content.as_str(), "Query" | "CDCQuery" | "ReportQuery");
        if !is_query {
            content
                .parse::<EntityKind>()
                .map_err(|error| error.to_string())?;
        }
        if !is_query && body.get("operation").is_none() {
            body.set("operation", Value::string("create"));
        }
        Ok(Self { id, body })
    }

    fn is_destructive(&self) -> bool {
        let operation = self.body.get("operation").and_then(Value::as_string);
        let options = self.body.get("optionsData").and_then(Value::as_string);
        operation
            .is_some_and(|it| it.eq_ignore_ascii_case("delete") || it.eq_ignore_ascii_case("void"))
            || options.is_some_and(|it| it.eq_ignore_ascii_case("void"))
    }

    /// The outcome under the item's own id.
    fn answered(&self, mut outcome: Object) -> Object {
        match &self.id {
            Some(id) => outcome.set("bId", id.clone()),
            None => outcome.remove("bId"),
        }
        outcome
    }
}

fn journal_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".journal");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_checked_before_anything_is_sent() {
        for (line, said) in [
            ("{", "not JSON"),
            ("[]", "object"),
            ("{}", "one entity"),
            (r#"{"Custmer":{}}"#, "Customer"),
            (r#"{"Customer":{},"Vendor":{}}"#, "not 2"),
        ] {
            let Err(error) = Item::parse(line.as_bytes()) else {
                panic!("{line}")
            };
            assert!(error.contains(said), "{line}: {error}");
        }
    }

    #[test]
    fn items_without_an_operation_create_and_keep_their_ids() {
        let item =
            Item::parse(br#"{"bId":"a long id of one's own","Customer":{"DisplayName":"x"}}"#)
                .unwrap();
        let sent = request(std::slice::from_ref(&item));
        assert_eq!(
            String::from_utf8_lossy(sent.body()),
            r#"{"BatchItemRequest":[{"Customer":{"DisplayName":"x"},"operation":"create","bId":"0"}]}"#
        );
        let answer =
            Json::parse(br#"{"BatchItemResponse":[{"bId":"0","Customer":{"Id":"1"}}]}"#).unwrap();
        let outcome = outcomes(&answer, 1).unwrap().remove(0);
        assert_eq!(
            item.answered(outcome).to_string(),
            r#"{"bId":"a long id of one's own","Customer":{"Id":"1"}}"#
        );
        assert!(!item.is_destructive());
        assert!(
            Item::parse(br#"{"operation":"delete","Invoice":{"Id":"1"}}"#)
                .unwrap()
                .is_destructive()
        );
    }

    #[test]
    fn an_answer_that_lacks_an_item_is_no_answer() {
        for answer in [
            "{}",
            r#"{"BatchItemResponse":[]}"#,
            r#"{"BatchItemResponse":[{"bId":"7"}]}"#,
        ] {
            let failure = outcomes(&Json::parse(answer.as_bytes()).unwrap(), 1).unwrap_err();
            assert_eq!(failure.exit(), Exit::Unknown, "{answer}");
        }
        let shuffled =
            Json::parse(br#"{"BatchItemResponse":[{"bId":"1","A":1},{"bId":"0","B":2}]}"#).unwrap();
        let outcomes = outcomes(&shuffled, 2).unwrap();
        assert!(outcomes[0].get("B").is_some() && outcomes[1].get("A").is_some());
    }
}
