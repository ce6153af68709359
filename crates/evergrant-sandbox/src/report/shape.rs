//! The shape of reports: a header, columns, and rows within rows.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::request::{Basis, Request};
use crate::json::{Cents, decimal};
use crate::time::envelope_time;

/// A report, before it is JSON.
pub(super) struct Report {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// What the header says of the time: a period, a day, or nothing.
    pub(super) dated: Dated,
}

/// The days that a report's header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dated {
    Period,
    Day,
    Undated,
}

/// A column: its title, its type, and the name by which clients ask for it.
pub(super) struct Column {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) key: String,
    /// Its first and last day, if it is a period.
    days: Option<(Date, Date)>,
}

pub(super) enum Row {
    Data(Vec<Cell>),
    Section(Section),
}

#[derive(Default)]
pub(super) struct Section {
    pub(super) header: Vec<Cell>,
    pub(super) rows: Vec<Row>,
    pub(super) summary: Vec<Cell>,
    pub(super) group: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(super) struct Cell {
    value: String,
    id: Option<String>,
}

impl Report {
    pub(super) fn written(&self, request: &Request) -> Value {
        let is_empty = self.rows.is_empty();
        let mut rows = Map::new();
        if !is_empty {
            rows.insert("Row".into(), self.rows.iter().map(Row::written).collect());
        }
        json!({
            "Header": self.header(request, is_empty),
            "Columns": {"Column": self.columns.iter().map(Column::written).collect::<Vec<Value>>()},
            "Rows": rows,
        })
    }

    fn header(&self, request: &Request, is_empty: bool) -> Value {
        let mut header = Map::new();
        let time = envelope_time(request.now);
        // A report's time has no fraction.
        let time = format!("{}{}", &time[..19], &time[23..]);
        header.insert("Time".into(), json!(time));
        header.insert("ReportName".into(), json!(request.name));
        if let Some((parameter, value)) = &request.date_macro {
            header.insert((*parameter).into(), json!(value));
        }
        header.insert(
            "ReportBasis".into(),
            json!(match request.basis {
                Basis::Accrual => "Accrual",
                Basis::Cash => "Cash",
            }),
        );
        if self.dated != Dated::Undated {
            let start = if self.dated == Dated::Day {
                request.end
            } else {
                request.start
            };
            header.insert("StartPeriod".into(), json!(start.to_string()));
            header.insert("EndPeriod".into(), json!(request.end.to_string()));
        }
        header.insert("SummarizeColumnsBy".into(), json!(request.split.name()));
        header.insert("Currency".into(), json!(request.currency));
        for (name, value) in &request.named_filters {
            header.insert((*name).into(), json!(value));
        }
        header.insert(
            "Option".into(),
            json!([
                {"Name": "AccountingStandard", "Value": "GAAP"},
                {"Name": "NoReportData", "Value": is_empty.to_string()},
            ]),
        );
        Value::Object(header)
    }
}

impl Column {
    pub(super) fn new(
        title: impl Into<String>,
        kind: &'static str,
        key: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            kind,
            key: key.into(),
            days: None,
        }
    }

    /// The amounts' columns of a request, after a first one of this kind.
    pub(super) fn amounts(first: &'static str, request: &Request) -> Vec<Self> {
        let key = if first == "Account" {
            "account"
        } else {
            "name"
        };
        let mut columns = vec![Self::new("", first, key)];
        columns.extend(Self::parts(request));
        if request.has_total_column() {
            columns.push(Self::new("Total", "Money", "total"));
        }
        columns
    }

    /// A period's key is its title.
    fn parts(request: &Request) -> impl Iterator<Item = Self> {
        let is_period = request.has_total_column() && request.split.is_of_time();
        request
            .columns
            .iter()
            .enumerate()
            .map(move |(place, title)| {
                let days = request.periods.get(place).filter(|_| is_period).copied();
                let key = if is_period {
                    title.clone()
                } else {
                    title.to_lowercase()
                };
                Self {
                    days,
                    ..Self::new(title.clone(), "Money", key)
                }
            })
    }

    fn written(&self) -> Value {
        let named = |name: &str, value: String| json!({"Name": name, "Value": value});
        let days = self.days.map(|(first, last)| {
            [
                named("StartDate", first.to_string()),
                named("EndDate", last.to_string()),
            ]
        });
        let mut data: Vec<Value> = days.into_iter().flatten().collect();
        data.push(named("ColKey", self.key.clone()));
        json!({"ColTitle": self.title, "ColType": self.kind, "MetaData": data})
    }
}

impl Row {
    fn written(&self) -> Value {
        match self {
            Self::Data(cells) => json!({"ColData": written(cells), "type": "Data"}),
            Self::Section(section) => section.written(),
        }
    }

    /// A section that is a sum and nothing else.
    pub(super) fn sum(title: &str, amounts: &[Cents], group: Option<&'static str>) -> Self {
        Self::Section(Section {
            summary: Cell::line(title, None, amounts),
            group,
            ..Section::default()
        })
    }
}

impl Section {
    fn written(&self) -> Value {
        let mut section = Map::new();
        if !self.header.is_empty() {
            section.insert("Header".into(), json!({"ColData": written(&self.header)}));
        }
        if !self.rows.is_empty() {
            let rows: Vec<Value> = self.rows.iter().map(Row::written).collect();
            section.insert("Rows".into(), json!({"Row": rows}));
        }
        if !self.summary.is_empty() {
            section.insert("Summary".into(), json!({"ColData": written(&self.summary)}));
        }
        section.insert("type".into(), json!("Section"));
        if let Some(group) = self.group {
            section.insert("group".into(), json!(group));
        }
        Value::Object(section)
    }
}

impl Cell {
    pub(super) fn text(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            id: None,
        }
    }

    pub(super) fn with_id(value: impl Into<String>, id: u64) -> Self {
        Self {
            value: value.into(),
            id: (id > 0).then(|| id.to_string()),
        }
    }

    /// An amount; nothing for none.
    pub(super) fn amount(cents: Cents) -> Self {
        if cents == 0 {
            Self::default()
        } else {
            Self::text(decimal(cents))
        }
    }

    /// A title and its amounts.
    pub(super) fn line(title: &str, id: Option<u64>, amounts: &[Cents]) -> Vec<Self> {
        let title = Self::with_id(title, id.unwrap_or(0));
        std::iter::once(title)
            .chain(amounts.iter().map(|cents| Self::text(decimal(*cents))))
            .collect()
    }

    /// A title over empty cells.
    pub(super) fn title(title: &str, id: Option<u64>, width: usize) -> Vec<Self> {
        let mut cells = vec![Self::with_id(title, id.unwrap_or(0))];
        cells.resize_with(width, Self::default);
        cells
    }
}

fn written(cells: &[Cell]) -> Vec<Value> {
    let cell = |cell: &Cell| match &cell.id {
        Some(id) => json!({"value": cell.value, "id": id}),
        None => json!({"value": cell.value}),
    };
    cells.iter().map(cell).collect()
}
