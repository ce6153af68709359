//! What a report is asked for: days, basis, columns and filters.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};

use crate::company::Company;
use crate::json;
use crate::ledger::Posting;
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::pacific_date;

/// A report's parameters, understood.
pub(super) struct Request {
    pub(super) name: &'static str,
    pub(super) now: Timestamp,
    pub(super) start: Date,
    /// The last day; the day of the report for those of one day.
    pub(super) end: Date,
    pub(super) basis: Basis,
    pub(super) split: Split,
    /// The titles of the amounts' columns.
    pub(super) columns: Vec<String>,
    /// First and last day of each column, if they are days.
    pub(super) periods: Vec<(Date, Date)>,
    /// The ids of each column, if they are not.
    ids: Vec<u32>,
    filters: Filters,
    /// Filters as the header repeats them.
    pub(super) named_filters: Vec<(&'static str, String)>,
    pub(super) date_macro: Option<(&'static str, String)>,
    pub(super) currency: String,
    pub(super) fiscal_start: i8,
    /// How many periods an aging report has and how long they are.
    pub(super) aging: (usize, i64),
    pub(super) accounts: Vec<u32>,
    pub(super) transaction_type: Option<String>,
    /// `Paid` or `Unpaid`, of `arpaid` or `appaid`.
    pub(super) paid: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    Accrual,
    Cash,
}

/// What the columns of a report stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Total,
    Days,
    Week,
    Month,
    Quarter,
    Year,
    Names(&'static str),
    Departments,
    Classes,
    Items,
}

#[derive(Default)]
struct Filters {
    names: Vec<u32>,
    classes: Vec<u32>,
    departments: Vec<u32>,
    items: Vec<u32>,
}

/// More columns than this are not made; Intuit's limit is on cells.
const MOST_COLUMNS: usize = 400;

impl Request {
    pub(super) fn read(
        company: &Company,
        name: &'static str,
        parameter: &dyn Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, ServiceFault> {
        let today = pacific_date(now);
        let fiscal_start = fiscal_start(company);
        let (start, end, date_macro) = days(parameter, today, fiscal_start)?;
        let ids = |name: &str| id_list(parameter(name));
        let mut request = Self {
            name,
            now,
            start,
            end,
            basis: basis(company, parameter)?,
            split: split(parameter)?,
            columns: Vec::new(),
            periods: Vec::new(),
            ids: Vec::new(),
            filters: Filters {
                names: [ids("customer"), ids("vendor"), ids("employee")].concat(),
                classes: ids("class"),
                departments: ids("department"),
                items: ids("item"),
            },
            named_filters: named_filters(parameter),
            date_macro,
            currency: company.home_currency(),
            fiscal_start,
            aging: (
                number(parameter, "num_periods", 4).clamp(1, 24),
                number(parameter, "aging_period", 30).clamp(1, 366) as i64,
            ),
            accounts: [ids("account"), ids("source_account")].concat(),
            transaction_type: parameter("transaction_type")
                .map(|it| it.replace([' ', '_'], "").to_lowercase()),
            paid: parameter("arpaid").or_else(|| parameter("appaid")),
        };
        request.bound(company);
        request.lay_columns(company);
        Ok(request)
    }

    /// Whether a posting is to be counted.
    pub(super) fn admits(&self, posting: &Posting) -> bool {
        let among = |ids: &[u32], id: u32| ids.is_empty() || ids.contains(&id);
        among(&self.filters.names, posting.name)
            && among(&self.filters.classes, posting.class)
            && among(&self.filters.departments, posting.department)
            && among(&self.filters.items, posting.item)
    }

    /// Whether a customer, a vendor or an employee is asked for.
    pub(super) fn admits_name(&self, id: u32) -> bool {
        self.filters.names.is_empty() || self.filters.names.contains(&id)
    }

    /// The column to which a posting of a day belongs.
    pub(super) fn column(&self, date: Date, posting: &Posting) -> Option<usize> {
        // What has no column of its own stands in the last.
        let last = self.ids.len().checked_sub(1);
        let of = |id: u32| self.ids.iter().position(|known| *known == id).or(last);
        match self.split {
            Split::Total => Some(0),
            Split::Names(_) => of(posting.name),
            Split::Departments => of(posting.department),
            Split::Classes => of(posting.class),
            Split::Items => of(posting.item),
            _ => self
                .periods
                .iter()
                .position(|(first, last)| (*first..=*last).contains(&date)),
        }
    }

    /// Whether a column with the sum follows the others.
    pub(super) fn has_total_column(&self) -> bool {
        self.split != Split::Total
    }

    /// The first day of the fiscal year in which a day is.
    pub(super) fn fiscal_year(&self, date: Date) -> Date {
        fiscal_year(date, self.fiscal_start)
    }

    /// All days are those of which there are entries.
    fn bound(&mut self, company: &Company) {
        let is_all = self
            .date_macro
            .as_ref()
            .is_some_and(|(_, name)| name.eq_ignore_ascii_case("all"));
        let days = || company.ledger.entries().map(|(_, entry)| entry.date);
        if let (true, Some(first), Some(last)) = (is_all, days().min(), days().max()) {
            (self.start, self.end) = (first, last);
        }
    }

    fn lay_columns(&mut self, company: &Company) {
        match self.split {
            Split::Total => {
                self.columns = vec!["TOTAL".to_owned()];
                self.periods = vec![(self.start, self.end)];
            }
            Split::Names(kind) => self.lay_entities(company, kind),
            Split::Departments => self.lay_entities(company, "Department"),
            Split::Classes => self.lay_entities(company, "Class"),
            Split::Items => self.lay_entities(company, "Item"),
            _ => self.lay_periods(),
        }
    }

    /// A column for each entity, and one for what has none.
    fn lay_entities(&mut self, company: &Company, kind: &str) {
        let kind = Kind::named(kind);
        let records = company.store.shelf(kind).records.iter().take(MOST_COLUMNS);
        for (id, record) in records {
            let name = kind.naming().and_then(|naming| record.scalar(naming));
            self.columns.push(name.unwrap_or_default().into_owned());
            self.ids.push(u32::try_from(*id).unwrap_or(0));
        }
        self.columns.push("Not Specified".to_owned());
        self.ids.push(0);
    }

    fn lay_periods(&mut self) {
        let mut first = self.start;
        while first <= self.end && self.periods.len() < MOST_COLUMNS {
            let next = self.next_period(first);
            let last = next.yesterday().unwrap_or(self.end).min(self.end);
            let is_whole = last.tomorrow().is_ok_and(|day| day == next) && self.begins(first);
            self.columns
                .push(title(self.split, is_whole, (first, last)));
            self.periods.push((first, last));
            first = next;
        }
    }

    /// Whether a period begins on this day.
    fn begins(&self, day: Date) -> bool {
        let before = day.yesterday();
        before.is_ok_and(|before| self.next_period(before) == day)
    }

    fn next_period(&self, first: Date) -> Date {
        let months = |count: i8, from: i8| {
            let past = (first.month() - from).rem_euclid(count);
            first
                .first_of_month()
                .saturating_add((i32::from(count - past)).months())
        };
        match self.split {
            Split::Days => first.saturating_add(1.day()),
            Split::Week => {
                first.saturating_add(i64::from(7 - first.weekday().to_sunday_zero_offset()).days())
            }
            Split::Month => months(1, 1),
            Split::Quarter => months(3, self.fiscal_start),
            _ => months(12, self.fiscal_start),
        }
    }
}

impl Split {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Total => "Total",
            Self::Days => "Days",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Quarter => "Quarter",
            Self::Year => "Year",
            Self::Names("Customer") => "Customers",
            Self::Names("Vendor") => "Vendors",
            Self::Names(_) => "Employees",
            Self::Departments => "Departments",
            Self::Classes => "Classes",
            Self::Items => "ProductsAndServices",
        }
    }

    /// Whether the columns are spans of days.
    pub(super) fn is_of_time(self) -> bool {
        matches!(
            self,
            Self::Total | Self::Days | Self::Week | Self::Month | Self::Quarter | Self::Year
        )
    }
}

fn split(parameter: &dyn Fn(&str) -> Option<String>) -> Result<Split, ServiceFault> {
    let Some(asked) = parameter("summarize_column_by") else {
        return Ok(Split::Total);
    };
    Ok(match asked.to_lowercase().as_str() {
        "total" => Split::Total,
        "days" | "day" => Split::Days,
        "week" => Split::Week,
        "month" => Split::Month,
        "quarter" | "fiscalquarter" => Split::Quarter,
        "year" | "fiscalyear" => Split::Year,
        "customers" => Split::Names("Customer"),
        "vendors" => Split::Names("Vendor"),
        "employees" => Split::Names("Employee"),
        "departments" => Split::Departments,
        "classes" => Split::Classes,
        "productsandservices" => Split::Items,
        _ => {
            return Err(ServiceFault::invalid_enumeration(
                "summarize_column_by",
                &asked,
            ));
        }
    })
}

fn basis(
    company: &Company,
    parameter: &dyn Fn(&str) -> Option<String>,
) -> Result<Basis, ServiceFault> {
    let asked = parameter("accounting_method")
        .or_else(|| company.preference(&["ReportPrefs", "ReportBasis"]));
    match asked.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("accrual") => Ok(Basis::Accrual),
        Some("cash") => Ok(Basis::Cash),
        Some(other) => Err(ServiceFault::invalid_enumeration(
            "accounting_method",
            other,
        )),
    }
}

type Days = (Date, Date, Option<(&'static str, String)>);

/// A macro, or both ends of a period, or the day of a report; else this year to date. A lone end of a period is
/// ignored, as Intuit does.
fn days(
    parameter: &dyn Fn(&str) -> Option<String>,
    today: Date,
    fiscal_start: i8,
) -> Result<Days, ServiceFault> {
    let usual = (fiscal_year(today, fiscal_start), today);
    if let Some(asked) = parameter("date_macro") {
        let (start, end) = named_days(&asked, today, fiscal_start)
            .ok_or_else(|| ServiceFault::invalid_enumeration("date_macro", &asked))?;
        return Ok((start, end, Some(("DateMacro", asked))));
    }
    let day = |name: &str| {
        parameter(name)
            .filter(|text| !text.is_empty())
            .map(|text| {
                text.parse::<Date>()
                    .map_err(|_| ServiceFault::illegal_date(name, &text))
            })
            .transpose()
    };
    if let Some(date) = day("report_date")?.or(day("as_of_date")?) {
        return Ok((fiscal_year(date, fiscal_start), date, None));
    }
    match (day("start_date")?, day("end_date")?) {
        (Some(start), Some(end)) => Ok((start, end, None)),
        (Some(start), None) => Ok((start, today.max(start), None)),
        _ => Ok((usual.0, usual.1, None)),
    }
}

/// The days that a macro names, its spaces, hyphens and case aside.
fn named_days(name: &str, today: Date, fiscal_start: i8) -> Option<(Date, Date)> {
    let plain: String = name
        .chars()
        .filter(|it| it.is_alphanumeric())
        .collect::<String>()
        .to_lowercase();
    if let Some(whole) = plain.strip_suffix("todate") {
        let (start, end) = named_days(whole, today, fiscal_start)?;
        let past = today
            .since(first_of(whole, today, fiscal_start)?)
            .ok()?
            .get_days();
        let last = start.checked_add(i64::from(past).days()).ok()?;
        return Some((
            start,
            if whole.starts_with("this") {
                today
            } else {
                last.min(end)
            },
        ));
    }
    let (start, unit) = (first_of(&plain, today, fiscal_start), unit(&plain));
    let by = |count: i64| -> Option<Date> {
        let start = start?;
        match unit {
            Unit::Day => start.checked_add(count.days()).ok(),
            Unit::Week => start.checked_add((7 * count).days()).ok(),
            Unit::Months(months) => start.checked_add((months * count).months()).ok(),
        }
    };
    let span = |from: i64, count: i64| Some((by(from)?, by(from + count)?.yesterday().ok()?));
    match plain.as_str() {
        "all" => Some((Date::constant(1990, 1, 1), Date::constant(2099, 12, 31))),
        "today" => Some((today, today)),
        "yesterday" => today.yesterday().ok().map(|day| (day, day)),
        "next4weeks" => Some((today, today.checked_add(28.days()).ok()?)),
        _ if !["week", "month", "quarter", "year"]
            .iter()
            .any(|unit| plain.ends_with(unit)) =>
        {
            None
        }
        _ if plain.starts_with("this") => span(0, 1),
        _ if plain.starts_with("last") => span(-1, 1),
        _ if plain.starts_with("next") => span(1, 1),
        _ => None,
    }
}

enum Unit {
    Day,
    Week,
    Months(i64),
}

fn unit(name: &str) -> Unit {
    match name {
        _ if name.ends_with("week") => Unit::Week,
        _ if name.ends_with("month") => Unit::Months(1),
        _ if name.ends_with("quarter") => Unit::Months(3),
        _ if name.ends_with("year") => Unit::Months(12),
        _ => Unit::Day,
    }
}

/// The first day of the week, month, quarter or year that is now.
fn first_of(name: &str, today: Date, fiscal_start: i8) -> Option<Date> {
    let from = if name.contains("calendar") {
        1
    } else {
        fiscal_start
    };
    match unit(name) {
        Unit::Day => Some(today),
        Unit::Week if today.weekday() == Weekday::Sunday => Some(today),
        Unit::Week => today.nth_weekday(-1, Weekday::Sunday).ok(),
        Unit::Months(months) => {
            let past = i64::from(today.month() - from).rem_euclid(months);
            today.first_of_month().checked_sub(past.months()).ok()
        }
    }
}

fn fiscal_year(date: Date, fiscal_start: i8) -> Date {
    first_of("year", date, fiscal_start).unwrap_or(date)
}

fn fiscal_start(company: &Company) -> i8 {
    let month = company.preference(&["AccountingInfoPrefs", "FirstMonthOfFiscalYear"]);
    let place = month.and_then(|month| MONTHS.iter().position(|name| month.starts_with(name)));
    place
        .and_then(|place| i8::try_from(place + 1).ok())
        .unwrap_or(1)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A period's title: `Jul 20, 2021`, `Jul 2021`, `Jul - Sep, 2021`, `2021`, or its days if it is not whole.
fn title(split: Split, is_whole: bool, (first, last): (Date, Date)) -> String {
    let month = |date: Date| MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    let day = |date: Date| format!("{} {}", month(date), date.day());
    let year = last.year();
    match split {
        Split::Month if is_whole => format!("{} {year}", month(first)),
        Split::Quarter if is_whole => format!("{} - {}, {year}", month(first), month(last)),
        Split::Year if is_whole => year.to_string(),
        _ if first == last => format!("{}, {year}", day(first)),
        _ if first.first_of_month() == last.first_of_month() => {
            format!("{} - {}, {year}", day(first), last.day())
        }
        _ if first.year() == year => format!("{} - {}, {year}", day(first), day(last)),
        _ => format!("{}, {} - {}, {year}", day(first), first.year(), day(last)),
    }
}

fn id_list(text: Option<String>) -> Vec<u32> {
    let text = text.unwrap_or_default();
    // A name that no id can have admits nothing.
    text.split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(|id| id.parse().unwrap_or(u32::MAX))
        .collect()
}

fn number(parameter: &dyn Fn(&str) -> Option<String>, name: &str, usual: usize) -> usize {
    parameter(name)
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

fn named_filters(parameter: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let names = [
        ("customer", "Customer"),
        ("vendor", "Vendor"),
        ("class", "Class"),
        ("department", "Department"),
        ("item", "Item"),
        ("account", "Account"),
    ];
    names
        .into_iter()
        .filter_map(|(name, shown)| Some((shown, parameter(name).filter(|it| !it.is_empty())?)))
        .collect()
}

/// A name's text as a report shows it.
pub(super) fn shown_name(company: &Company, kind: &'static Kind, id: u32) -> String {
    let record = company.store.get(kind, u64::from(id));
    let name = record.and_then(|record| {
        ["FullyQualifiedName", "DisplayName", "Name"]
            .iter()
            .find_map(|name| json::scalar(&record.text, name))
    });
    name.map(std::borrow::Cow::into_owned).unwrap_or_default()
}
