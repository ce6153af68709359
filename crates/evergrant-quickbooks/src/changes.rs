//! Change data capture: what has changed since a moment, deleted things among it.
//!
//! An answer holds a thousand objects at most and there is no second page. So when one is full, the
//! kinds are asked for one by one; a kind that is full all the same is completed by a query for
//! what has been written since, which finds all but what was deleted, and is named as cut.

use jiff::{Timestamp, Zoned};

use crate::entity::time;
use crate::json::{elements, member, members};
use crate::write::form;
use crate::{Client, Entity, EntityKind, Error, Op, Operation, Query, Request, Response, Result};

/// The most objects in one answer.
const MOST: usize = 1000;

/// What has changed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Changes {
    /// What was made or changed, whole, grouped by kind.
    pub changed: Vec<Entity>,
    /// What was deleted: little more than `Id` and `MetaData.LastUpdatedTime`.
    pub deleted: Vec<Entity>,
    /// The server's time: ask for what comes after it with the next call. Of several answers, the
    /// earliest.
    pub time: Option<Zoned>,
    /// The kinds of which more has changed than an answer holds. All that was made or changed is
    /// there, but deletions may be missing.
    pub cut: Vec<EntityKind>,
}

impl Client {
    /// What has changed of `kinds` since `since`, which lies 30 days back at most.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if there is no kind, or one of which
    /// QuickBooks does not capture changes; whatever [`send`](Self::send) fails with.
    pub async fn cdc(&self, kinds: &[EntityKind], since: Timestamp) -> Result<Changes> {
        if kinds.is_empty() {
            return Err(Error::unsendable("changes of no kind were asked for"));
        }
        for kind in kinds {
            form::allow(*kind, Operation::Cdc)?;
        }
        let mut changes = self.captured(kinds, since).await?;
        if changes.len() < MOST {
            return Ok(changes);
        }
        changes = Changes::default();
        for &kind in kinds {
            let of_kind = self.captured(&[kind], since).await?;
            let is_full = of_kind.len() >= MOST;
            changes.take_in(of_kind);
            if is_full {
                self.complete(&mut changes, kind, since).await?;
            }
        }
        Ok(changes)
    }

    async fn captured(&self, kinds: &[EntityKind], since: Timestamp) -> Result<Changes> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let request = Request::get("cdc")
            .with_query("entities", names.join(","))
            .with_query("changedSince", moment(since));
        read(&self.send(request).await?)
    }

    /// Finds by a query what an answer had no room for.
    async fn complete(
        &self,
        changes: &mut Changes,
        kind: EntityKind,
        since: Timestamp,
    ) -> Result<()> {
        changes.cut.push(kind);
        changes.changed.retain(|entity| entity.kind() != Some(kind));
        let mut query =
            Query::of(kind).filter("MetaData.LastUpdatedTime", Op::Ge, moment(since))?;
        if crate::schema::get().find(kind, "Active").is_some() {
            query = query.including_inactive()?;
        }
        let mut pages = self.pages(&query);
        while let Some(page) = pages.next().await {
            changes.changed.extend(page?.rows);
        }
        Ok(())
    }
}

impl Changes {
    fn len(&self) -> usize {
        self.changed.len() + self.deleted.len()
    }

    fn take_in(&mut self, other: Self) {
        self.changed.extend(other.changed);
        self.deleted.extend(other.deleted);
        self.time = match (self.time.take(), other.time) {
            (Some(one), Some(two)) => Some(if one <= two { one } else { two }),
            (one, two) => one.or(two),
        };
    }
}

fn moment(since: Timestamp) -> String {
    since.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn read(answer: &Response) -> Result<Changes> {
    let json = answer.json()?;
    let captured = member(json.raw(), "CDCResponse").and_then(elements);
    let captured = captured.ok_or_else(|| answer.unexpected("no CDCResponse in it"))?;
    let mut changes = Changes::default();
    let groups = captured
        .into_iter()
        .filter_map(|one| elements(member(one, "QueryResponse")?))
        .flatten();
    for group in groups {
        for (name, rows) in members(group).unwrap_or_default() {
            for row in elements(rows).unwrap_or_default() {
                let entity = Entity::found(name.clone(), row.into());
                let list = if entity.is_deleted() {
                    &mut changes.deleted
                } else {
                    &mut changes.changed
                };
                list.push(entity);
            }
        }
    }
    let said = member(json.raw(), "time").and_then(|time| crate::Json::from(time).string());
    changes.time = said.and_then(|said| time(&said));
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::tests::response;

    #[test]
    fn deleted_rows_are_told_from_changed_ones() {
        let answer = response(
            r#"{"CDCResponse":[{"QueryResponse":[{"Estimate":[{"Id":"41","TotalAmt":362.07},{"domain":"QBO","status":"Deleted","Id":"100","MetaData":{"LastUpdatedTime":"2020-09-29T06:02:35-07:00"}}],"startPosition":1,"maxResults":2},{},{"Customer":[{"Id":"1"}]}]}],"time":"2020-09-29T07:00:00.262-07:00"}"#,
        );
        let changes = read(&answer).unwrap();
        let ids = |list: &[Entity]| {
            list.iter()
                .map(|e| format!("{} {}", e.name(), e.id().unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&changes.changed), ["Estimate 41", "Customer 1"]);
        assert_eq!(ids(&changes.deleted), ["Estimate 100"]);
        assert_eq!(
            changes.time.unwrap().timestamp().to_string(),
            "2020-09-29T14:00:00.262Z"
        );
        assert!(changes.cut.is_empty());
    }

    #[test]
    fn what_is_no_answer_to_it_is_told() {
        assert!(read(&response("{}")).is_err());
        assert!(
            read(&response(r#"{"CDCResponse":[]}"#))
                .unwrap()
                .changed
                .is_empty()
        );
    }
}
