//! Queries: a builder that escapes what it is given and knows what can't be asked for, and the text
//! of a query taken apart.
//!
//! The language is QuickBooks' own: conditions are joined by AND alone, there is no OR and no JOIN.
//! Which members can be filtered is documented for few of them; so what is known to fail is
//! refused here, and the rest is left to QuickBooks.

mod literal;
mod parse;

use std::fmt;
use std::str::FromStr;

pub use literal::Literal;

use crate::schema::{self, Field};
use crate::{EntityKind, Error, Operation, Result};

/// The most rows that one answer holds.
pub const LARGEST_PAGE: u32 = 1000;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`, with `%` for any run of characters.
    Like,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selection {
    All,
    Count,
    Members(String),
}

/// A query for the rows of one kind. It prints as the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    selection: Selection,
    name: String,
    conditions: Vec<String>,
    order: Option<String>,
    start: Option<u64>,
    limit: Option<u64>,
    page_size: u32,
}

impl Query {
    /// All objects of `kind` that are active.
    pub fn of(kind: EntityKind) -> Self {
        Self::named(kind.name())
    }

    fn named(name: &str) -> Self {
        Self {
            selection: Selection::All,
            name: name.to_owned(),
            conditions: Vec::new(),
            order: None,
            start: None,
            limit: None,
            page_size: LARGEST_PAGE,
        }
    }

    /// Only those whose `member` compares so with `value`.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if the kind has no such member, or it is known
    /// not to be comparable so.
    pub fn filter(mut self, member: &str, op: Op, value: impl Into<Literal>) -> Result<Self> {
        let value = value.into();
        self.check(member, |field| comparable(field, op))?;
        self.conditions.push(format!("{member} {op} {value}"));
        Ok(self)
    }

    /// Only those whose `member` is one of `values`.
    ///
    /// # Errors
    /// As [`filter`](Self::filter); and if there are no values.
    pub fn filter_in<L: Into<Literal>>(
        mut self,
        member: &str,
        values: impl IntoIterator<Item = L>,
    ) -> Result<Self> {
        self.check(member, |field| comparable(field, Op::Eq))?;
        let values: Vec<String> = values.into_iter().map(|v| v.into().to_string()).collect();
        if values.is_empty() {
            return Err(Error::unsendable(format!(
                "nothing is in an empty list: {member}"
            )));
        }
        let condition = format!("{member} IN ({})", values.join(", "));
        self.conditions.push(condition);
        Ok(self)
    }

    /// Inactive objects too.
    ///
    /// # Errors
    /// If the kind knows no inactive ones.
    pub fn including_inactive(self) -> Result<Self> {
        self.filter_in("Active", [true, false])
    }

    /// Only those of which `condition` is true, in QuickBooks' own words, unchecked.
    #[must_use]
    pub fn and_where(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// In the order of `member`. A query that is to be paged through is safest without: see
    /// [`Client::rows`](crate::Client::rows).
    ///
    /// # Errors
    /// If the kind has no such member, or can't be sorted by it: by `Id`, since 2026.
    pub fn order_by(mut self, member: &str, order: Order) -> Result<Self> {
        self.check(member, sortable)?;
        let direction = if order == Order::Asc { "ASC" } else { "DESC" };
        self.order = Some(match self.order {
            Some(first) => format!("{first}, {member} {direction}"),
            None => format!("{member} {direction}"),
        });
        Ok(self)
    }

    /// Only these members of each row.
    #[must_use]
    pub fn selecting(mut self, members: &[&str]) -> Self {
        self.selection = Selection::Members(members.join(", "));
        self
    }

    /// At most so many rows in all.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// So many rows at a time, 1 to 1000; 1000 unless told otherwise.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows.clamp(1, LARGEST_PAGE);
        self
    }

    /// The kind, if we know it.
    pub fn kind(&self) -> Option<EntityKind> {
        self.name.parse().ok()
    }

    /// The name of the kind, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it asks for a number of rows, not for rows.
    pub fn is_count(&self) -> bool {
        self.selection == Selection::Count
    }

    /// The statement that counts the rows.
    pub fn counting(&self) -> String {
        format!(
            "SELECT count(*) FROM {}{}",
            self.name,
            self.conditions(None)
        )
    }

    pub(crate) fn rows_wanted(&self) -> u64 {
        self.limit.unwrap_or(u64::MAX)
    }

    pub(crate) fn rows_a_page(&self) -> u32 {
        self.page_size
    }

    /// Where its rows begin, counted from 1.
    pub(crate) fn first_row(&self) -> u64 {
        self.start.unwrap_or(1).max(1)
    }

    /// Whether the order of its rows is ours to choose.
    pub(crate) fn is_orderless(&self) -> bool {
        self.order.is_none() && self.start.is_none() && self.selection == Selection::All
    }

    /// The statement for one page.
    pub(crate) fn page(
        &self,
        and: Option<&str>,
        order: Option<&str>,
        start: u64,
        rows: u32,
    ) -> String {
        let order = order.or(self.order.as_deref());
        let order = order
            .map(|order| format!(" ORDERBY {order}"))
            .unwrap_or_default();
        format!(
            "{}{order} STARTPOSITION {start} MAXRESULTS {rows}",
            self.head(and)
        )
    }

    fn head(&self, and: Option<&str>) -> String {
        let selected = match &self.selection {
            Selection::All => "*",
            Selection::Count => "count(*)",
            Selection::Members(members) => members,
        };
        format!(
            "SELECT {selected} FROM {}{}",
            self.name,
            self.conditions(and)
        )
    }

    fn conditions(&self, and: Option<&str>) -> String {
        let all = self.conditions.iter().map(String::as_str).chain(and);
        let joined = all.collect::<Vec<_>>().join(" AND ");
        if joined.is_empty() {
            return joined;
        }
        format!(" WHERE {joined}")
    }

    fn check(
        &self,
        member: &str,
        is_possible: impl Fn(&Field) -> Result<(), &'static str>,
    ) -> Result<()> {
        let Some(kind) = self.kind() else {
            return Ok(());
        };
        if !kind.allows(Operation::Query) {
            return Err(Error::unsendable(format!("{kind} can't be queried")));
        }
        let Some(field) = schema::get().find(kind, member) else {
            return Err(Error::unsendable(format!("{kind} has no member {member}")));
        };
        is_possible(field).map_err(|why| Error::unsendable(format!("{kind}.{member} {why}")))
    }
}

/// Whether queries may compare a member so, as far as that is known.
fn comparable(field: &Field, op: Op) -> Result<(), &'static str> {
    if field.not_filterable {
        return Err("is a member that QuickBooks does not filter by");
    }
    if is_nested(field) {
        return Err("is an object or a list: name one of its members");
    }
    if op == Op::Like
        && matches!(
            field.kind.as_str(),
            "decimal" | "boolean" | "date" | "datetime"
        )
    {
        return Err("is no text: LIKE compares texts");
    }
    Ok(())
}

fn sortable(field: &Field) -> Result<(), &'static str> {
    if field.not_sortable {
        return Err(
            "is a member that QuickBooks does not sort by any more: sort by MetaData.CreateTime",
        );
    }
    if is_nested(field) {
        return Err("is an object or a list: name one of its members");
    }
    Ok(())
}

fn is_nested(field: &Field) -> bool {
    field.array || schema::get().fields_of(&field.kind).is_some()
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Like => "LIKE",
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head(None))?;
        if let Some(order) = &self.order {
            write!(f, " ORDERBY {order}")?;
        }
        if let Some(start) = self.start {
            write!(f, " STARTPOSITION {start}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " MAXRESULTS {limit}")?;
        }
        Ok(())
    }
}

/// Takes a statement apart as far as paging through its rows needs it. Conditions and order are
/// kept as they are; what else is there must be what the language has.
impl FromStr for Query {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse::parse(text).map_err(|what| Error::unsendable(format!("not a query: {what}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_built_and_escaped() {
        let query = Query::of(EntityKind::Customer)
            .filter("DisplayName", Op::Eq, "Amy's \\ Bird")
            .unwrap()
            .filter("Balance", Op::Gt, rust_decimal::Decimal::new(30000, 2))
            .unwrap()
            .filter(
                "MetaData.LastUpdatedTime",
                Op::Ge,
                "2026-01-01T00:00:00-08:00",
            )
            .unwrap()
            .including_inactive()
            .unwrap()
            .and_where("Job = false")
            .order_by("DisplayName", Order::Desc)
            .unwrap()
            .limit(5);
        assert_eq!(
            query.to_string(),
            r"SELECT * FROM Customer WHERE DisplayName = 'Amy\'s \\ Bird' AND Balance > '300.00' AND MetaData.LastUpdatedTime >= '2026-01-01T00:00:00-08:00' AND Active IN (true, false) AND Job = false ORDERBY DisplayName DESC MAXRESULTS 5"
        );
        assert_eq!(
            Query::of(EntityKind::Invoice)
                .filter("TxnDate", Op::Lt, jiff::civil::date(2026, 1, 31))
                .unwrap()
                .counting(),
            "SELECT count(*) FROM Invoice WHERE TxnDate < '2026-01-31'"
        );
    }

    #[test]
    fn what_is_known_to_fail_is_refused() {
        let invoices = || Query::of(EntityKind::Invoice);
        for (refused, why) in [
            (
                invoices().order_by("Id", Order::Asc),
                "Invoice.Id is a member that QuickBooks does not sort by",
            ),
            (
                invoices().filter("Nothing", Op::Eq, 1),
                "Invoice has no member Nothing",
            ),
            (
                invoices().filter("BillAddr", Op::Eq, "x"),
                "Invoice.BillAddr is an object",
            ),
            (
                invoices().filter("Line", Op::Eq, "x"),
                "Invoice.Line is an object or a list",
            ),
            (
                invoices().filter("DepartmentRef", Op::Eq, "1"),
                "Invoice.DepartmentRef is a member that",
            ),
            (
                invoices().filter("TotalAmt", Op::Like, "1%"),
                "Invoice.TotalAmt is no text",
            ),
            (
                Query::of(EntityKind::Deposit).filter("TotalAmt", Op::Gt, 1),
                "Deposit.TotalAmt is a member that QuickBooks does not filter by",
            ),
            (
                Query::of(EntityKind::TaxService).filter("TaxCode", Op::Eq, "x"),
                "TaxService can't be queried",
            ),
            (
                invoices().filter_in("DocNumber", Vec::<&str>::new()),
                "nothing is in an empty list",
            ),
        ] {
            let error = refused.unwrap_err();
            assert!(error.to_string().starts_with(why), "{error}");
        }
        assert!(invoices().filter("CustomerRef", Op::Eq, "1").is_ok());
    }
}
