//! Reports, as they come and flattened to rows of one shape.
//!
//! Two of their habits are caught here: of dates given by `end_date` alone nothing is heeded, and a
//! report of more than 400,000 cells ends early under a success's status.

mod tidy;

use std::fmt;

use serde::Deserialize;

pub use tidy::{Cell, CellValue, Discrepancy, RowKind, Tidy};

use crate::json::member;
use crate::schema::{self, ReportSchema};
use crate::{Client, Error, ErrorKind, Json, Request, Response, Result};

/// How a report that was cut short says so.
const CUT_MARK: &[u8] = b"Unable to display more data";

/// A report.
#[derive(Clone)]
pub struct Report {
    json: Json,
    name: String,
    columns: Vec<Column>,
    is_empty: bool,
}

/// A column of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its title, empty for the first one of many reports.
    pub title: String,
    /// `Account`, `Money`, `tx_date`… as the report has it.
    pub kind: String,
    /// Its key, which does not depend on the language.
    pub key: Option<String>,
}

impl Client {
    /// The report `name` with these parameters: `("start_date", "2026-01-01")`.
    ///
    /// # Errors
    /// - [`ErrorKind::Unsendable`]: no report or parameter is known by this name, a value is not one
    ///   that it takes, or there is an `end_date` and nothing to begin with;
    /// - [`ErrorKind::Incomplete`]: the report has more cells than QuickBooks sends; what came is in
    ///   the error's exchange;
    /// - whatever [`send`](Self::send) fails with.
    pub async fn report(&self, name: &str, parameters: &[(&str, &str)]) -> Result<Report> {
        let request = self.reporting(name, parameters)?;
        Report::read(&self.send(request).await?)
    }

    /// The call that [`report`](Self::report) makes.
    ///
    /// # Errors
    /// [`ErrorKind::Unsendable`], as there.
    pub fn reporting(&self, name: &str, parameters: &[(&str, &str)]) -> Result<Request> {
        let report = schema::get().report(name).ok_or_else(|| unknown(name))?;
        let mut request = Request::get(format!("reports/{}", report.name));
        for (name, value) in parameters {
            check(report, name, value)?;
            request = request.with_query(*name, *value);
        }
        check_dates(parameters)?;
        Ok(request)
    }
}

fn unknown(name: &str) -> Error {
    let wanted = name.to_ascii_lowercase();
    let near = |report: &&ReportSchema| {
        let known = report.name.to_ascii_lowercase();
        wanted.len() > 2 && (known.contains(&wanted) || wanted.contains(&known))
    };
    let near: Vec<&str> = schema::get()
        .reports
        .iter()
        .filter(near)
        .map(|r| r.name.as_str())
        .collect();
    let hint = match near.as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    };
    Error::unsendable(format!("QuickBooks has no report {name:?}{hint}"))
}

fn check(report: &ReportSchema, name: &str, value: &str) -> Result<()> {
    let known = schema::get().report_parameters.get(name);
    let is_taken = report
        .parameters
        .as_ref()
        .is_none_or(|all| all.iter().any(|known| known == name));
    let Some(parameter) = known.filter(|_| is_taken) else {
        let taken = report.parameters.as_deref().unwrap_or_default().join(", ");
        let context = format!(
            "{} takes no parameter {name:?}; it takes {taken}",
            report.name
        );
        return Err(Error::unsendable(context));
    };
    let is_date = value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok();
    if parameter.kind == "date" && !is_date {
        return Err(Error::unsendable(format!(
            "{name} is a date: write 2026-01-31, not {value:?}"
        )));
    }
    let is_known = parameter.values.iter().any(|known| known == value);
    if name == "date_macro" && !is_known {
        let context = format!(
            "{value:?} is no date_macro; there are {}",
            parameter.values.join(", ")
        );
        return Err(Error::unsendable(context));
    }
    Ok(())
}

/// An end without a beginning is not heeded, and the report is of the year to date.
fn check_dates(parameters: &[(&str, &str)]) -> Result<()> {
    let has = |wanted: &str| parameters.iter().any(|(name, _)| *name == wanted);
    if has("end_date") && !has("start_date") && !has("date_macro") {
        return Err(Error::unsendable(
            "QuickBooks does not heed an end_date alone: give start_date too",
        ));
    }
    Ok(())
}

/// As a report's columns are written.
#[derive(Deserialize)]
struct WireColumns {
    #[serde(rename = "Column", default)]
    columns: Vec<WireColumn>,
}

#[derive(Deserialize)]
struct WireColumn {
    #[serde(rename = "ColTitle", default)]
    title: String,
    #[serde(rename = "ColType", default)]
    kind: String,
    #[serde(rename = "MetaData", default)]
    metadata: Vec<NameValue>,
    #[serde(rename = "Columns")]
    inside: Option<Box<WireColumns>>,
}

#[derive(Deserialize)]
struct NameValue {
    #[serde(rename = "Name", default)]
    name: String,
    #[serde(rename = "Value", default)]
    value: String,
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "ReportName", default)]
    name: String,
    #[serde(rename = "Option", default)]
    options: Vec<NameValue>,
}

impl Report {
    fn read(answer: &Response) -> Result<Self> {
        let report =
            Self::parse(answer.json()?).ok_or_else(|| answer.unexpected("no report in it"))?;
        if report.is_cut() {
            let context = "the report was cut short: it has more than 400,000 cells";
            return Err(answer.failed(ErrorKind::Incomplete, context));
        }
        Ok(report)
    }

    /// Takes a report in that was kept; `None` if it is none.
    pub fn parse(json: Json) -> Option<Self> {
        let header: Header = Json::from(member(json.raw(), "Header")?).to().ok()?;
        let columns =
            member(json.raw(), "Columns").and_then(|columns| Json::from(columns).to().ok());
        let no_data = |option: &NameValue| option.name == "NoReportData" && option.value == "true";
        Some(Self {
            name: header.name,
            is_empty: header.options.iter().any(no_data),
            columns: columns.map(flat).unwrap_or_default(),
            json,
        })
    }

    /// All of it, as it came.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether QuickBooks says that there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether it ends before its end.
    pub fn is_cut(&self) -> bool {
        let text = self.json.as_text().as_bytes();
        text.windows(CUT_MARK.len())
            .any(|window| window == CUT_MARK)
    }

    /// Its columns, those within others in their place.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Its cells, one by one, and where its totals are not the sums of what is above them.
    pub fn tidy(&self) -> Tidy {
        tidy::flatten(&self.json, &self.columns)
    }
}

fn flat(columns: WireColumns) -> Vec<Column> {
    let mut all = Vec::new();
    for column in columns.columns {
        match column.inside {
            Some(inside) => all.extend(flat(*inside)),
            None => all.push(Column {
                key: column
                    .metadata
                    .into_iter()
                    .find(|data| data.name == "ColKey")
                    .map(|data| data.value),
                title: column.title,
                kind: column.kind,
            }),
        }
    }
    all
}

/// Shows how much it is, not what: books are confidential, and `Debug` ends up in logs.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("name", &self.name)
            .field("columns", &self.columns.len())
            .field("bytes", &self.json.as_text().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::tests::response;

    const EMPTY: &str = r#"{"Header":{"Time":"2020-09-29T06:02:35-07:00","ReportName":"ProfitAndLoss","ReportBasis":"Accrual","StartPeriod":"2015-01-01","EndPeriod":"2015-07-31","SummarizeColumnsBy":"Total","Currency":"USD","Option":[{"Name":"AccountingStandard","Value":"GAAP"},{"Name":"NoReportData","Value":"true"}]},"Columns":{"Column":[{"ColTitle":"","ColType":"Account","MetaData":[{"Name":"ColKey","Value":"account"}]},{"ColTitle":"TOTAL","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"total"}]}]},"Rows":{"Row":[]}}"#;

    #[test]
    fn an_empty_report_is_one() {
        let report = Report::read(&response(EMPTY)).unwrap();
        assert_eq!(report.name(), "ProfitAndLoss");
        assert!(report.is_empty() && !report.is_cut());
        assert_eq!(report.columns().len(), 2);
        assert_eq!(report.columns()[1].key.as_deref(), Some("total"));
        assert!(report.tidy().rows.is_empty());
        assert!(Report::read(&response(r#"{"time":"x"}"#)).is_err());
    }

    #[test]
    fn a_report_that_ends_early_is_no_success() {
        let cut = EMPTY.replace(
            r#""Row":[]"#,
            r#""Row":[{"ColData":[{"value":"Unable to display more data. Please reduce the date range."},{"value":""}],"type":"Data"}]"#,
        );
        let error = Report::read(&response(&cut)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incomplete);
        assert!(error.exchange().is_some());
        assert!(error.advice().contains("shorter"), "{}", error.advice());
    }

    #[test]
    fn columns_within_columns_stand_in_their_place() {
        let columns = r#"{"Column":[{"ColTitle":"","ColType":"Account"},{"ColTitle":"A","ColType":"Group","Columns":{"Column":[{"ColTitle":"A1","ColType":"Money"},{"ColTitle":"A2","ColType":"Money"}]}},{"ColTitle":"T","ColType":"Money"}]}"#;
        let flat = flat(serde_json::from_str(columns).unwrap());
        let titles: Vec<&str> = flat.iter().map(|column| column.title.as_str()).collect();
        assert_eq!(titles, ["", "A1", "A2", "T"]);
    }

    #[test]
    fn parameters_are_checked_before_anything_is_sent() {
        let report = schema::get().report("profitandloss").unwrap();
        for (name, value, why) in [
            (
                "nothing",
                "1",
                "ProfitAndLoss takes no parameter \"nothing\"; it takes ",
            ),
            (
                "start_date",
                "1.1.2026",
                "start_date is a date: write 2026-01-31",
            ),
            ("date_macro", "Someday", "\"Someday\" is no date_macro"),
        ] {
            let error = check(report, name, value).unwrap_err();
            assert!(error.to_string().starts_with(why), "{error}");
        }
        assert!(check(report, "date_macro", "This Month").is_ok());
        assert!(check_dates(&[("end_date", "2026-01-31")]).is_err());
        assert!(check_dates(&[("end_date", "2026-01-31"), ("start_date", "2026-01-01")]).is_ok());
        assert_eq!(
            unknown("ProfitLoss").to_string(),
            "QuickBooks has no report \"ProfitLoss\""
        );
        assert!(
            unknown("balance")
                .to_string()
                .contains("did you mean BalanceSheet or")
        );
    }
}
