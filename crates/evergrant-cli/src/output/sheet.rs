//! Rows as columns: which columns there are, and what stands in each cell. Tables and CSV share it.
//!
//! Without `--fields` the columns are those of the first thousand rows, so that any number of rows
//! takes the same memory. Objects are laid flat, lists stay whole, as JSON in one cell.

use std::collections::{BTreeSet, HashMap};

use super::fields::Field;
use super::walk::{Level, Text, level};

/// How many rows are looked at before the columns are settled.
const LOOKED_AT: usize = 1000;

/// The columns, once they are settled, and the rows that wait for that.
#[derive(Debug)]
pub(super) struct Sheet {
    columns: Columns,
    waiting: Vec<String>,
    settled: bool,
    begun: bool,
    /// Members that came when it was too late for a column.
    pub(super) left_out: BTreeSet<String>,
}

#[derive(Debug)]
enum Columns {
    Named(Vec<Field>),
    Found {
        names: Vec<String>,
        places: HashMap<String, usize>,
        brief: bool,
    },
}

/// The cells of a row, as JSON; nothing where the row has no such member.
pub(super) type Cells = Vec<Option<String>>;

impl Sheet {
    /// With the columns that are named, or, if none is, those that the rows have: for people
    /// (`brief`) the few that tell one row from another, else all.
    pub(super) fn new(fields: &[Field], brief: bool) -> Self {
        let columns = match fields {
            [] => Columns::Found {
                names: Vec::new(),
                places: HashMap::new(),
                brief,
            },
            fields => Columns::Named(fields.to_vec()),
        };
        Self {
            settled: matches!(columns, Columns::Named(_)),
            columns,
            begun: false,
            waiting: Vec::new(),
            left_out: BTreeSet::new(),
        }
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> Vec<String> {
        match &self.columns {
            Columns::Named(fields) => fields.iter().map(|field| field.text.clone()).collect(),
            Columns::Found { names, .. } => names.clone(),
        }
    }

    /// Whether the columns are known.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Whether this is the first time that it is asked: then the header is due.
    pub(super) fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    /// Takes a row in; hands out the rows whose cells are known now.
    pub(super) fn push(&mut self, row: &str) -> Vec<Cells> {
        if self.settled {
            return vec![self.cells(row)];
        }
        self.waiting.push(row.to_owned());
        match self.waiting.len() < LOOKED_AT {
            true => Vec::new(),
            false => self.settle(),
        }
    }

    /// Settles the columns; hands out the rows that have waited for it.
    pub(super) fn settle(&mut self) -> Vec<Cells> {
        self.settled = true;
        let rows = std::mem::take(&mut self.waiting);
        if let Columns::Found {
            names,
            places,
            brief,
        } = &mut self.columns
        {
            for row in &rows {
                let mut at = 0;
                flat(row, *brief, &mut |name, _| {
                    at = names
                        .iter()
                        .position(|known| known == name)
                        .unwrap_or_else(|| {
                            names.insert(at, name.to_owned());
                            at
                        })
                        + 1;
                });
            }
            if *brief {
                *names = telling(std::mem::take(names));
            }
            *places = names.iter().cloned().zip(0..).collect();
        }
        rows.iter().map(|row| self.cells(row)).collect()
    }

    fn cells(&mut self, row: &str) -> Cells {
        match &self.columns {
            Columns::Named(fields) => fields.iter().map(|field| field.value(row)).collect(),
            Columns::Found {
                names,
                places,
                brief,
            } => {
                let mut cells = vec![None; names.len()];
                flat(row, *brief, &mut |name, value| match places.get(name) {
                    Some(place) => cells[*place] = Some(value.to_owned()),
                    None if *brief || self.left_out.contains(name) => {}
                    None => {
                        self.left_out.insert(name.to_owned());
                    }
                });
                cells
            }
        }
    }
}

/// Calls `take` for each cell of a row with the path of its column: for all of it, or, for people,
/// for what stands at its top; of a reference its name.
fn flat(row: &str, brief: bool, take: &mut impl FnMut(&str, Text<'_>)) {
    let Level::Object(members) = level(row) else {
        return take("value", row);
    };
    for (name, value) in members {
        if !brief {
            deep(&mut name.into_owned(), value, take);
            continue;
        }
        match level(value) {
            Level::Leaf(value) => take(&name, value),
            Level::Object(inner) if name.ends_with("Ref") => {
                let of = |wanted: &str| inner.iter().find(|(name, _)| name == wanted);
                if let Some((_, value)) = of("name").or_else(|| of("value")) {
                    take(&name, value);
                }
            }
            _ => {}
        }
    }
}

fn deep(path: &mut String, value: Text<'_>, take: &mut impl FnMut(&str, Text<'_>)) {
    let Level::Object(members) = level(value) else {
        return take(path, value);
    };
    let length = path.len();
    for (name, value) in members {
        path.push('.');
        path.push_str(&name);
        deep(path, value, take);
        path.truncate(length);
    }
}

/// The few columns that tell one row from another, in their order.
fn telling(mut names: Vec<String>) -> Vec<String> {
    const DULL: [&str; 6] = ["SSN", "domain", "sparse", "SyncToken", "status", "time"];
    const MOST: usize = 8;
    const FIRST: [&str; 13] = [
        "Id",
        "DocNumber",
        "DisplayName",
        "Name",
        "FullyQualifiedName",
        "TxnDate",
        "CustomerRef",
        "VendorRef",
        "EntityRef",
        "TotalAmt",
        "Balance",
        "AccountType",
        "Active",
    ];
    names.retain(|name| !DULL.contains(&name.as_str()));
    names.sort_by_key(|name| {
        FIRST
            .iter()
            .position(|first| first == name)
            .unwrap_or(FIRST.len())
    });
    names.truncate(MOST);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(sheet: Vec<Cells>) -> Vec<Vec<String>> {
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        sheet
            .into_iter()
            .map(|row| row.into_iter().map(text).collect())
            .collect()
    }

    #[test]
    fn objects_are_laid_flat_and_lists_stay_whole() {
        let mut sheet = Sheet::new(&[], false);
        assert!(
            sheet
                .push(r#"{"Id":"1","A":{"B":1,"C":{"D":2}},"L":[{"x":1}]}"#)
                .is_empty()
        );
        assert!(
            sheet
                .push(r#"{"Id":"2","New":true,"A":{"B":3},"E":{}}"#)
                .is_empty()
        );
        let rows = sheet.settle();
        assert_eq!(sheet.header(), ["Id", "New", "A.B", "A.C.D", "L"]);
        assert_eq!(
            cells(rows),
            [
                vec!["\"1\"", "-", "1", "2", r#"[{"x":1}]"#],
                vec!["\"2\"", "true", "3", "-", "-"]
            ]
        );
        assert_eq!(
            cells(sheet.push(r#"{"Late":1,"Id":"3"}"#)),
            [["\"3\"", "-", "-", "-", "-"]]
        );
        assert_eq!(sheet.left_out, BTreeSet::from(["Late".to_owned()]));
    }

    #[test]
    fn named_columns_need_no_look_ahead() {
        let fields = ["Id", "A.B"].map(|text| Field::parse(text).unwrap());
        let mut sheet = Sheet::new(&fields, false);
        assert_eq!(
            cells(sheet.push(r#"{"Id":"1","A":{"B":1},"More":2}"#)),
            [["\"1\"", "1"]]
        );
        assert!(sheet.left_out.is_empty());
    }

    #[test]
    fn people_see_what_tells_rows_apart() {
        let mut sheet = Sheet::new(&[], true);
        let row = r#"{"domain":"QBO","a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"CustomerRef":{"value":"2","name":"Amy"},"L":[],"Id":"1","Addr":{"City":"x"}}"#;
        sheet.push(row);
        let rows = sheet.settle();
        assert_eq!(
            sheet.header(),
            ["Id", "CustomerRef", "a", "b", "c", "d", "e", "f"]
        );
        assert_eq!(rows[0][1].as_deref(), Some("\"Amy\""));
    }
}
