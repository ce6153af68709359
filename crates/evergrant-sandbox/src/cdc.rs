//! Change data capture: what changed since a time, whole, and what was deleted.
//!
//! There are no pages. Once 1000 objects are found the rest is left out, oldest changes first, as Intuit's limit
//! says; a client has to ask for a shorter time.

use jiff::{SignedDuration, Timestamp};

use crate::company::Company;
use crate::query::total_count;
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Operation};
use crate::settings::Settings;
use crate::time::{moment, record_time, saturating_add};

/// How far back changes can be asked for.
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most objects in an answer.
const LARGEST: usize = 1000;

/// What a client asks for, as it wrote it.
pub(crate) struct Wanted<'a> {
    /// Names of entities, with commas between.
    pub(crate) entities: &'a str,
    pub(crate) changed_since: &'a str,
}

/// The list of `CDCResponse`, as JSON text.
pub(crate) fn answer(
    company: &Company,
    wanted: &Wanted,
    now: Timestamp,
    settings: &Settings,
) -> Result<String, ServiceFault> {
    let text = wanted.changed_since;
    // A plus sign that was not escaped has become a space.
    let since = moment(text).or_else(|| moment(&text.replace(' ', "+")));
    let since = since.ok_or_else(|| ServiceFault::illegal_date("changedSince", text))?;
    if since < saturating_add(now, -REACH) && !settings.answers_old_changes {
        return Err(ServiceFault::changes_too_old(text));
    }
    let names = wanted
        .entities
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let kinds = names.map(|name| {
        let kind = Kind::by_name(name).filter(|kind| kind.allows(Operation::ChangeData));
        kind.ok_or_else(|| ServiceFault::unsupported_operation(&format!("cdc for {name}")))
    });
    let kinds: Vec<&Kind> = kinds.collect::<Result<_, _>>()?;
    if kinds.is_empty() {
        return Err(ServiceFault::missing("entities"));
    }
    let mut left = LARGEST;
    let slots: Vec<String> = kinds
        .iter()
        .map(|kind| slot(company, kind, since, &mut left, settings.total_count))
        .filter(|slot| slot != "{}" || !settings.omits_empty_changes)
        .collect();
    Ok(format!(r#"[{{"QueryResponse":[{}]}}]"#, slots.join(",")))
}

/// What changed of one kind; an empty object if nothing did.
fn slot(
    company: &Company,
    kind: &'static Kind,
    since: Timestamp,
    left: &mut usize,
    tells_total: bool,
) -> String {
    let since = since.as_millisecond();
    let shelf = company.store.shelf(kind);
    let changed = shelf
        .records
        .iter()
        .filter(|(_, record)| record.updated >= since);
    let changed =
        changed.map(|(id, record)| (record.updated, company.live(kind, *id, record).into_owned()));
    let deleted = shelf.deleted.iter().filter(|(_, at)| **at >= since);
    let mut rows: Vec<(i64, String)> = changed
        .chain(deleted.map(|(id, at)| (*at, tombstone(*id, *at))))
        .collect();
    rows.sort_by_key(|(at, _)| *at);
    let total = tells_total.then_some(rows.len());
    rows.truncate(*left);
    *left -= rows.len();
    if rows.is_empty() {
        return "{}".to_owned();
    }
    let (name, count) = (kind.root, rows.len());
    let rows: Vec<String> = rows.into_iter().map(|(_, text)| text).collect();
    format!(
        r#"{{"{name}":[{}],"startPosition":1,"maxResults":{count}{}}}"#,
        rows.join(","),
        total_count(total),
    )
}

fn tombstone(id: u64, at: i64) -> String {
    let time = record_time(Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH));
    format!(
        r#"{{"domain":"QBO","status":"Deleted","Id":"{id}","MetaData":{{"LastUpdatedTime":"{time}"}}}}"#
    )
}
