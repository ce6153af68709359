//! A report's rows as cells of one shape, and its totals recomputed.
//!
//! Rows are sections within sections, with a header before and a summary after; here each cell
//! knows the sections that it lies in. A section's summary is compared with its header's amount, if
//! it has one, and those of the rows and summaries directly in it. Not everything in a money column
//! is a sum: running balances, rates and the summaries of computed rows (net income) are left alone.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Column;
use crate::json::{elements, member};
use crate::{Json, Object, Value};

/// How deep sections are followed.
const DEEPEST: usize = 60;

/// A report flattened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tidy {
    /// The cells, row by row.
    pub rows: Vec<Cell>,
    /// The totals that are not the sums of what they claim to sum up.
    pub discrepancies: Vec<Discrepancy>,
}

/// One cell of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cell {
    /// The titles of the sections that it lies in, the outermost first, and of its own row.
    pub path: Vec<String>,
    /// How many sections it lies in.
    pub depth: usize,
    /// What kind of row it is in.
    pub row: RowKind,
    /// The id of the account or other object that its row is about.
    pub id: Option<String>,
    /// The title of its column, or its key if it has none.
    pub column: String,
    /// The key of its column.
    pub column_key: Option<String>,
    /// What is in it.
    pub value: CellValue,
}

/// What a row is in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A row of its own.
    Data,
    /// What stands over a section.
    Header,
    /// What a section comes to.
    Summary,
}

/// What is in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// An amount, a quantity or a rate.
    Decimal(Decimal),
    /// A day.
    Date(Date),
    /// Any other text.
    Text(String),
    /// Nothing.
    Empty,
}

/// A total that is not the sum of its section.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discrepancy {
    /// The section.
    pub path: Vec<String>,
    /// The column.
    pub column: String,
    /// What the report says.
    pub said: Decimal,
    /// What the section's rows come to.
    pub computed: Decimal,
}

pub(super) fn flatten(report: &Json, columns: &[Column]) -> Tidy {
    let mut walk = Walk {
        columns,
        tidy: Tidy::default(),
    };
    let rows = member(report.raw(), "Rows").and_then(|rows| member(rows, "Row"));
    for row in rows.and_then(elements).unwrap_or_default() {
        if let Some(Value::Object(row)) = Value::of(&row.into()) {
            walk.row(&row, &[]);
        }
    }
    walk.tidy
}

struct Walk<'a> {
    columns: &'a [Column],
    tidy: Tidy,
}

/// What a row adds to its section, column by column; `None` where it adds nothing.
type Amounts = Vec<Option<Decimal>>;

impl Walk<'_> {
    /// Takes in a row, a section with all that is in it included.
    fn row(&mut self, row: &Object, path: &[String]) -> Amounts {
        if let Some(cells) = cells(row) {
            return self.cells(&cells, path, RowKind::Data);
        }
        if path.len() >= DEEPEST {
            return Amounts::new();
        }
        self.section(row, path)
    }

    fn section(&mut self, section: &Object, path: &[String]) -> Amounts {
        let header = object(section, "Header").and_then(cells);
        let mut inside = path.to_vec();
        inside.extend(title(section, header.as_deref()));
        let mut parts = Vec::new();
        if let Some(header) = &header {
            parts.push(self.cells(header, path, RowKind::Header));
        }
        let rows = object(section, "Rows").and_then(|rows| array(rows, "Row"));
        let rows = rows.unwrap_or_default();
        for row in rows {
            if let Value::Object(row) = row {
                parts.push(self.row(row, &inside));
            }
        }
        let Some(summary) = object(section, "Summary").and_then(cells) else {
            return self.sum(&parts);
        };
        let said = self.cells(&summary, &inside, RowKind::Summary);
        if !rows.is_empty() {
            self.compare(&inside, &said, &parts);
        }
        said
    }

    /// Takes in the cells of one row.
    fn cells(&mut self, cells: &[&Object], path: &[String], kind: RowKind) -> Amounts {
        let first = cells.first().and_then(|cell| text(cell, "value"));
        let id = cells
            .iter()
            .find_map(|cell| text(cell, "id"))
            .filter(|id| !id.is_empty());
        let mut own = path.to_vec();
        own.extend(first.filter(|title| !title.is_empty() && kind != RowKind::Summary));
        let mut amounts = Amounts::new();
        for (at, cell) in cells.iter().enumerate() {
            let column = self.columns.get(at);
            let value = value(&text(cell, "value").unwrap_or_default(), column);
            amounts.push(match &value {
                CellValue::Decimal(amount) => Some(*amount),
                _ => None,
            });
            self.tidy.rows.push(Cell {
                path: own.clone(),
                depth: path.len(),
                row: kind,
                id: id.clone(),
                column: column.map_or_else(|| format!("{}", at + 1), name),
                column_key: column.and_then(|column| column.key.clone()),
                value,
            });
        }
        amounts
    }

    fn sum(&self, parts: &[Amounts]) -> Amounts {
        let columns = 0..self.columns.len();
        columns.map(|at| total(parts, at).flatten()).collect()
    }

    fn compare(&mut self, path: &[String], said: &Amounts, parts: &[Amounts]) {
        for (at, column) in self.columns.iter().enumerate() {
            let (Some(Some(said)), Some(computed)) = (said.get(at), total(parts, at)) else {
                continue;
            };
            let computed = computed.unwrap_or_default();
            if adds_up(column) && *said != computed {
                self.tidy.discrepancies.push(Discrepancy {
                    path: path.to_vec(),
                    column: name(column),
                    said: *said,
                    computed,
                });
            }
        }
    }
}

/// What a section's parts come to in a column: nothing if none of them has an amount there; `None`
/// if it is too large a number to be told.
fn total(parts: &[Amounts], at: usize) -> Option<Option<Decimal>> {
    let mut total = None;
    for amount in parts.iter().filter_map(|part| *part.get(at)?) {
        total = Some(total.unwrap_or(Decimal::ZERO).checked_add(amount)?);
    }
    Some(total)
}

/// Whether a column's totals are sums.
fn adds_up(column: &Column) -> bool {
    let name = format!(
        "{} {}",
        column.title,
        column.key.as_deref().unwrap_or_default()
    );
    let name = name.to_ascii_lowercase();
    let is_other = ["balance", "rbal", "rate", "price", "percent", "%", "avg"]
        .iter()
        .any(|other| name.contains(other));
    let is_money = matches!(column.kind.as_str(), "Money" | "Amount");
    is_money && !is_other
}

fn name(column: &Column) -> String {
    match (&column.title, &column.key) {
        (title, Some(key)) if title.is_empty() => key.clone(),
        (title, None) if title.is_empty() => column.kind.clone(),
        (title, _) => title.clone(),
    }
}

/// What stands for the section in the path of what is in it.
fn title(section: &Object, header: Option<&[&Object]>) -> Option<String> {
    let shown = header.and_then(|cells| text(cells.first()?, "value"));
    shown
        .filter(|title| !title.is_empty())
        .or_else(|| text(section, "group"))
}

fn value(text: &str, column: Option<&Column>) -> CellValue {
    let text = text.trim();
    if text.is_empty() {
        return CellValue::Empty;
    }
    let kind = column.map_or("", |column| column.kind.as_str());
    // Names and numbers of documents may look like amounts.
    let is_text = matches!(
        kind,
        "Account" | "Customer" | "Vendor" | "Employee" | "String"
    ) || kind.ends_with("_num")
        || kind.ends_with("name");
    if is_text {
        return CellValue::Text(text.to_owned());
    }
    if text.len() == 10
        && let Ok(date) = text.parse()
    {
        return CellValue::Date(date);
    }
    let amount = Decimal::from_str_exact(text);
    amount.map_or_else(|_| CellValue::Text(text.to_owned()), CellValue::Decimal)
}

fn cells(row: &Object) -> Option<Vec<&Object>> {
    let cells = array(row, "ColData")?;
    let objects = cells.iter().filter_map(|cell| match cell {
        Value::Object(cell) => Some(cell),
        _ => None,
    });
    Some(objects.collect())
}

fn object<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    match object.get(name)? {
        Value::Object(inside) => Some(inside),
        _ => None,
    }
}

fn array<'a>(object: &'a Object, name: &str) -> Option<&'a [Value]> {
    match object.get(name)? {
        Value::Array(elements) => Some(elements),
        _ => None,
    }
}

fn text(object: &Object, name: &str) -> Option<String> {
    object
        .get(name)?
        .as_string()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &str = r#"{"Column":[{"ColTitle":"","ColType":"Account","MetaData":[{"Name":"ColKey","Value":"account"}]},{"ColTitle":"TOTAL","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"total"}]}]}"#;

    fn tidy(rows: &str) -> Tidy {
        let text = format!(
            r#"{{"Header":{{"ReportName":"x"}},"Columns":{COLUMNS},"Rows":{{"Row":[{rows}]}}}}"#
        );
        super::super::Report::parse(Json::parse(text.as_bytes()).unwrap())
            .unwrap()
            .tidy()
    }

    fn profit(landscaping: &str, income: &str) -> String {
        format!(
            r#"{{"Header":{{"ColData":[{{"value":"Income"}},{{"value":""}}]}},"Rows":{{"Row":[
                {{"ColData":[{{"value":"Services","id":"1"}},{{"value":"220.00"}}],"type":"Data"}},
                {{"Header":{{"ColData":[{{"value":"Landscaping","id":"45"}},{{"value":"10.10"}}]}},
                  "Rows":{{"Row":[{{"ColData":[{{"value":"Plants","id":"49"}},{{"value":"5.25"}}],"type":"Data"}}]}},
                  "Summary":{{"ColData":[{{"value":"Total Landscaping"}},{{"value":"{landscaping}"}}]}},"type":"Section"}}]}},
              "Summary":{{"ColData":[{{"value":"Total Income"}},{{"value":"{income}"}}]}},"type":"Section","group":"Income"}},
             {{"Summary":{{"ColData":[{{"value":"Net Income"}},{{"value":"99.00"}}]}},"type":"Section","group":"NetIncome"}}"#
        )
    }

    #[test]
    fn every_cell_knows_where_it_lies() {
        let tidy = tidy(&profit("15.35", "235.35"));
        assert_eq!(tidy.discrepancies, []);
        let shown: Vec<String> = tidy
            .rows
            .iter()
            .filter(|cell| cell.column == "TOTAL")
            .map(|cell| {
                format!(
                    "{} {:?} {} {:?} {:?}",
                    cell.path.join("/"),
                    cell.row,
                    cell.depth,
                    cell.id,
                    cell.value
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "Income Header 0 None Empty",
                "Income/Services Data 1 Some(\"1\") Decimal(220.00)",
                "Income/Landscaping Header 1 Some(\"45\") Decimal(10.10)",
                "Income/Landscaping/Plants Data 2 Some(\"49\") Decimal(5.25)",
                "Income/Landscaping Summary 2 None Decimal(15.35)",
                "Income Summary 1 None Decimal(235.35)",
                "NetIncome Summary 1 None Decimal(99.00)",
            ]
        );
        assert_eq!(tidy.rows[0].column, "account");
    }

    #[test]
    fn a_total_that_is_no_sum_is_found() {
        let outer = tidy(&profit("15.35", "235.36"));
        let [wrong] = outer.discrepancies.as_slice() else {
            panic!("{:?}", outer.discrepancies);
        };
        assert_eq!(wrong.path, ["Income"]);
        assert_eq!(
            (wrong.said.to_string(), wrong.computed.to_string()),
            ("235.36".to_owned(), "235.35".to_owned())
        );
        let inner = tidy(&profit("15.36", "235.36"));
        assert_eq!(
            inner.discrepancies.len(),
            1,
            "what lies above is right again"
        );
    }

    #[test]
    fn values_are_told_apart_by_column_and_look() {
        let column = |kind: &str| Column {
            title: String::new(),
            kind: kind.to_owned(),
            key: None,
        };
        for (text, kind, value) in [
            ("", "Money", CellValue::Empty),
            (
                "-1234.5",
                "Money",
                CellValue::Decimal(Decimal::new(-12345, 1)),
            ),
            (
                "2026-01-31",
                "tx_date",
                CellValue::Date(jiff::civil::date(2026, 1, 31)),
            ),
            ("1001", "doc_num", CellValue::Text("1001".to_owned())),
            ("1001", "Account", CellValue::Text("1001".to_owned())),
            ("1 - 30", "tx_aging", CellValue::Text("1 - 30".to_owned())),
        ] {
            assert_eq!(
                super::value(text, Some(&column(kind))),
                value,
                "{text} {kind}"
            );
        }
    }

    #[test]
    fn a_bomb_of_sections_is_followed_in_bounds() {
        let deep = format!(
            "{}{{}}{}",
            r#"{"Rows":{"Row":["#.repeat(5000),
            "]}}".repeat(5000)
        );
        assert!(tidy(&deep).rows.is_empty());
    }
}
