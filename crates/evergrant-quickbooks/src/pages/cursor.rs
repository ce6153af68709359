//! Where in a query's rows we are, and with which statement it goes on; pure.
//!
//! By time: `MetaData.CreateTime >= (that of the last row)`, in that order. Rows made in the same
//! second come again and are left out by their ids. If there are more of them than a page holds,
//! the pages within that second overlap.
//!
//! By position, where the order is the caller's or rows have no time: pages overlap by a tenth.
//! When none of the overlap is known, more was deleted than that, and we look further back.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::{Entity, Query};

const CREATED: &str = "MetaData.CreateTime";

#[derive(Debug)]
pub(super) struct Cursor {
    query: Query,
    place: Place,
    /// The rows still wanted.
    wanted: u64,
    is_over: bool,
}

#[derive(Debug)]
enum Place {
    Time {
        /// When the last row was made; `None` before the first.
        since: Option<String>,
        /// The ids of the rows made then that have come.
        seen: HashSet<String>,
        /// The position among the rows made since then.
        position: u64,
    },
    Position {
        position: u64,
        /// The ids of all rows that have come.
        seen: HashSet<String>,
    },
}

impl Cursor {
    pub(super) fn new(query: Query) -> Self {
        let place = if query.is_orderless() {
            Place::Time {
                since: None,
                seen: HashSet::new(),
                position: 1,
            }
        } else {
            Place::Position {
                position: query.first_row(),
                seen: HashSet::new(),
            }
        };
        Self {
            wanted: query.rows_wanted(),
            is_over: false,
            place,
            query,
        }
    }

    /// The statement for the next page; `None` if there is none.
    pub(super) fn statement(&self) -> Option<String> {
        if self.is_over || self.wanted == 0 {
            return None;
        }
        let rows = self.asked();
        Some(match &self.place {
            Place::Time {
                since, position, ..
            } => {
                let since = since
                    .as_ref()
                    .map(|since| format!("{CREATED} >= '{since}'"));
                let order = format!("{CREATED} ASC");
                self.query
                    .page(since.as_deref(), Some(&order), *position, rows)
            }
            Place::Position { position, .. } => self.query.page(None, None, *position, rows),
        })
    }

    /// Takes a page in and returns the rows of it that are new.
    pub(super) fn advance(&mut self, rows: Vec<Entity>) -> Vec<Entity> {
        let is_last = (rows.len() as u64) < u64::from(self.asked());
        let rows: Vec<Row> = rows.into_iter().map(Row::of).collect();
        if self.is_at_start() && !rows.iter().all(Row::has_key) {
            self.find_by_position();
        }
        let new = match &self.place {
            Place::Time { .. } => self.advance_in_time(rows),
            Place::Position { .. } => self.advance_in_position(rows),
        };
        let mut new: Vec<Entity> = new.into_iter().map(|row| row.entity).collect();
        new.truncate(usize::try_from(self.wanted).unwrap_or(usize::MAX));
        self.wanted -= new.len() as u64;
        self.is_over |= is_last;
        new
    }

    /// After the first statement was refused: goes by position, in whatever order the rows are.
    /// Returns whether that is any different.
    pub(super) fn lose_order(&mut self) -> bool {
        let could = self.is_at_start() && matches!(self.place, Place::Time { .. });
        if could {
            self.find_by_position();
        }
        could
    }

    fn is_at_start(&self) -> bool {
        match &self.place {
            Place::Time { since, .. } => since.is_none(),
            Place::Position { .. } => false,
        }
    }

    fn find_by_position(&mut self) {
        self.place = Place::Position {
            position: 1,
            seen: HashSet::new(),
        };
    }

    fn page_size(&self) -> u32 {
        self.query.rows_a_page()
    }

    /// How many rows the next statement asks for: no more than are wanted, besides those that come
    /// again.
    fn asked(&self) -> u32 {
        let again = match &self.place {
            Place::Time { seen, .. } => seen.len() as u64,
            Place::Position { .. } => self.overlap(),
        };
        let enough = u32::try_from(self.wanted.saturating_add(again)).unwrap_or(u32::MAX);
        self.page_size().min(enough)
    }

    fn overlap(&self) -> u64 {
        u64::from(self.page_size() / 10)
    }

    fn advance_in_time(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let overlap = self.overlap();
        let Place::Time {
            since,
            seen,
            position,
        } = &mut self.place
        else {
            return rows;
        };
        let Some(last) = rows.last().and_then(|row| row.created.clone()) else {
            return rows;
        };
        let first_is_known = rows.first().is_some_and(|row| row.is_in(seen));
        let count = rows.len() as u64;
        let is_one_moment = since.as_ref() == Some(&last);
        let new: Vec<Row> = rows.into_iter().filter(|row| !row.is_in(seen)).collect();
        if !is_one_moment {
            *since = Some(last.clone());
            seen.clear();
        }
        let made_then = |row: &&Row| row.created.as_ref() == Some(&last);
        seen.extend(
            new.iter()
                .filter(made_then)
                .filter_map(|row| row.id.clone()),
        );
        *position = match is_one_moment {
            false => 1,
            true if *position > 1 && !first_is_known => 1,
            true => *position + beyond(overlap, count),
        };
        new
    }

    fn advance_in_position(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let (overlap, first_row) = (self.overlap(), self.query.first_row());
        let Place::Position { position, seen } = &mut self.place else {
            return rows;
        };
        let has_ids = rows.iter().all(|row| row.id.is_some());
        let count = rows.len() as u64;
        if !has_ids {
            *position += count;
            return rows;
        }
        let joins = seen.is_empty() || rows.first().is_some_and(|row| row.is_in(seen));
        let new: Vec<Row> = rows.into_iter().filter(|row| !row.is_in(seen)).collect();
        seen.extend(new.iter().filter_map(|row| row.id.clone()));
        *position = if joins || *position <= first_row {
            *position + beyond(overlap, count)
        } else {
            position.saturating_sub(count).max(first_row)
        };
        new
    }
}

/// A row and what tells it from others, read once: a million rows are read so.
struct Row {
    entity: Entity,
    id: Option<String>,
    created: Option<String>,
}

impl Row {
    fn of(entity: Entity) -> Self {
        let (id, created) = match Key::of(entity.json().as_text()) {
            Key {
                id: Some(id),
                created: Some(created),
            } => (Some(id), Some(created)),
            // What is written otherwise is found member by member.
            _ => (entity.id(), entity.text(CREATED)),
        };
        Self {
            entity,
            id,
            created,
        }
    }

    fn has_key(&self) -> bool {
        self.id.is_some() && self.created.is_some()
    }

    fn is_in(&self, seen: &HashSet<String>) -> bool {
        self.id.as_ref().is_some_and(|id| seen.contains(id))
    }
}

/// What a row is told from others by.
#[derive(Default)]
struct Key {
    id: Option<String>,
    created: Option<String>,
}

#[derive(Deserialize)]
enum Member {
    Id,
    MetaData,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetaData {
    create_time: Option<String>,
}

impl Key {
    /// As much of it as is found where every row has it.
    fn of(row: &str) -> Self {
        let mut key = Self::default();
        // It ends with an error on purpose, as soon as there is no more to find.
        let _ = serde_json::Deserializer::from_str(row).deserialize_map(&mut key);
        key
    }
}

impl<'de> Visitor<'de> for &mut Key {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        while let Some(member) = row.next_key()? {
            match member {
                Member::Id => self.id = Some(row.next_value()?),
                Member::MetaData => self.created = row.next_value::<MetaData>()?.create_time,
                Member::Other => drop(row.next_value::<IgnoredAny>()?),
            }
            if self.id.is_some() && self.created.is_some() {
                return Err(A::Error::custom("nothing more to find"));
            }
        }
        Ok(())
    }
}

/// How far the next page begins beyond the beginning of one with `count` rows.
fn beyond(overlap: u64, count: u64) -> u64 {
    count.saturating_sub(overlap).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{EntityKind, Json, Order};

    /// A server's rows: an id and the second in which the row was made.
    #[derive(Debug, Clone)]
    struct Books(Vec<(u32, u32)>);

    impl Books {
        fn answer(&self, cursor: &Cursor) -> Option<Vec<Entity>> {
            let statement = cursor.statement()?;
            let number = |after: &str| -> usize {
                let (_, rest) = statement.split_once(after).unwrap();
                rest.split_whitespace().next().unwrap().parse().unwrap()
            };
            let since = statement
                .split_once(">= '")
                .map(|(_, rest)| rest.split('\'').next().unwrap().parse::<u32>().unwrap());
            let mut rows = self.0.clone();
            if statement.contains("CreateTime ASC") {
                rows.sort_by_key(|(id, second)| (*second, *id));
            }
            let rows = rows
                .into_iter()
                .filter(|(_, second)| since.is_none_or(|s| *second >= s));
            let (start, most) = (number("STARTPOSITION "), number("MAXRESULTS "));
            Some(rows.skip(start - 1).take(most).map(row).collect())
        }
    }

    fn row((id, second): (u32, u32)) -> Entity {
        let text = format!(r#"{{"Id":"{id}","MetaData":{{"CreateTime":"{second:09}"}}}}"#);
        Entity::new(EntityKind::Invoice, &Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    /// All ids in the order in which they come, while `change` changes the books between pages.
    fn walk(books: &mut Books, query: Query, mut change: impl FnMut(&mut Books)) -> Vec<u32> {
        let mut cursor = Cursor::new(query);
        let mut ids = Vec::new();
        let mut pages = 0;
        while let Some(rows) = books.answer(&cursor) {
            let new = cursor.advance(rows);
            ids.extend(
                new.iter()
                    .map(|row| row.id().unwrap().parse::<u32>().unwrap()),
            );
            change(books);
            pages += 1;
            assert!(pages < 10_000, "it ends");
        }
        ids
    }

    fn invoices(page: u32) -> Query {
        Query::of(EntityKind::Invoice).page_size(page)
    }

    #[test]
    fn pages_follow_each_other_in_time() {
        let mut books = Books((1..=25).map(|id| (id, id / 3)).collect());
        assert_eq!(
            walk(&mut books, invoices(10), |_| ()),
            (1..=25).collect::<Vec<_>>()
        );
        let few = invoices(10).limit(12);
        assert_eq!(walk(&mut books, few, |_| ()).len(), 12);
        assert!(walk(&mut Books(Vec::new()), invoices(10), |_| ()).is_empty());
    }

    #[test]
    fn more_rows_of_one_second_than_a_page_holds() {
        let mut books = Books((1..=95).map(|id| (id, u32::from(id > 90))).collect());
        assert_eq!(
            walk(&mut books, invoices(20), |_| ()),
            (1..=95).collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_order_of_the_callers_is_kept() {
        let mut books = Books((1..=95).rev().map(|id| (id, id)).collect());
        let query = invoices(20).order_by("TotalAmt", Order::Desc).unwrap();
        assert_eq!(
            walk(&mut books, query, |_| ()),
            (1..=95).rev().collect::<Vec<_>>()
        );
    }

    #[test]
    fn rows_without_time_go_by_position() {
        let bare = |ids: std::ops::Range<u32>| -> Vec<Entity> {
            let one = |id| Json::parse(format!(r#"{{"Id":"{id}"}}"#).as_bytes()).unwrap();
            ids.map(|id| Entity::new(EntityKind::Invoice, &one(id)).unwrap())
                .collect()
        };
        let mut cursor = Cursor::new(invoices(10));
        assert_eq!(cursor.advance(bare(0..10)).len(), 10);
        assert!(
            cursor
                .statement()
                .unwrap()
                .ends_with("FROM Invoice STARTPOSITION 10 MAXRESULTS 10")
        );
        assert_eq!(cursor.advance(bare(9..15)).len(), 5);
        assert_eq!(cursor.statement(), None);
    }

    #[test]
    fn a_refused_order_is_given_up_once() {
        let mut cursor = Cursor::new(invoices(10));
        assert!(cursor.lose_order());
        assert!(!cursor.lose_order());
        assert_eq!(
            cursor.statement().unwrap(),
            "SELECT * FROM Invoice STARTPOSITION 1 MAXRESULTS 10"
        );
    }

    proptest! {
        /// Whatever is deleted and made between pages, each row that was there all the time comes
        /// once, and none twice.
        #[test]
        fn nothing_is_lost_or_repeated(
            seconds in prop::collection::vec(0_u32..12, 0..150),
            deletions in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
            page in 10_u32..30,
        ) {
            let rows: Vec<_> = (1_u32..).zip(seconds).collect();
            let (mut books, mut next) = (Books(rows.clone()), 1000);
            let mut deletions = deletions.into_iter();
            let mut deleted = HashSet::new();
            let ids = walk(&mut books, invoices(page), |books| {
                if let Some(which) = deletions.next() && !books.0.is_empty() {
                    let at = which.index(books.0.len());
                    deleted.insert(books.0.remove(at).0);
                    books.0.push((next, 20));
                    next += 1;
                }
            });
            let unique: HashSet<u32> = ids.iter().copied().collect();
            prop_assert_eq!(unique.len(), ids.len(), "repeated");
            for (id, _) in rows {
                prop_assert!(unique.contains(&id) || deleted.contains(&id), "{} is lost", id);
            }
        }
    }
}
