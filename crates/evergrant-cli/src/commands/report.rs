//! `report`: QuickBooks' own reports, as they are or as rows of one shape.

use evergrant_quickbooks::report::{Cell, CellValue, Discrepancy, RowKind};
use evergrant_quickbooks::{Json, Report, schema};
use serde_json::{Value, json};

use super::{suggest, write};
use crate::args::{self, Format};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Report) -> Result<()> {
    if args.name == "list" {
        return list(context);
    }
    let report = known(&args.name)?;
    let parameters = parameters(report, &args.parameters)?;
    let quickbooks = context.quickbooks().await?;
    if args.dry_run {
        let request = quickbooks.reporting(&report.name, &parameters)?;
        return write::show(context, &quickbooks, &request);
    }
    let report = quickbooks.report(&report.name, &parameters).await?;
    match args.tidy {
        true => tidy(context.output(), &report),
        false => context.output().answer(report.json()),
    }
}

/// The reports, and the parameters of each.
fn list(context: &Context) -> Result<()> {
    let mut out = context.output().rows_as(Format::Table);
    for report in &schema::get().reports {
        let parameters = report.parameters.as_deref().unwrap_or_default().join(" ");
        let mut row = json!({"Report": report.name, "Parameters": parameters});
        if let Some(locale) = &report.locale {
            row["Country"] = locale.as_str().into();
        }
        out.push(&of_value(&row))?;
    }
    out.finish()
}

/// The cells, one a row; then, on stderr, which totals do not add up.
fn tidy(output: &Output, report: &Report) -> Result<()> {
    let tidy = report.tidy();
    let is_flat = matches!(output.format(), Format::Table | Format::Csv);
    let mut out = output.rows();
    for cell in &tidy.rows {
        out.push(&row(cell, is_flat))?;
    }
    out.finish()?;
    let wrong: Vec<String> = tidy.discrepancies.iter().map(wrong).collect();
    tell((!wrong.is_empty()).then(|| wrong.join("\n")));
    Ok(())
}

/// A cell as a row. In a table its path is one text.
fn row(cell: &Cell, is_flat: bool) -> Json {
    let (kind, value) = match &cell.value {
        CellValue::Decimal(value) => ("decimal", value.to_string()),
        CellValue::Date(day) => ("date", json!(day.to_string()).to_string()),
        CellValue::Text(text) => ("text", json!(text).to_string()),
        CellValue::Empty => ("empty", "null".to_owned()),
    };
    let path = match is_flat {
        true => json!(cell.path.join(":")),
        false => json!(cell.path),
    };
    let row = match cell.row {
        RowKind::Data => "data",
        RowKind::Header => "header",
        RowKind::Summary => "summary",
    };
    let head = json!({
        "path": path,
        "depth": cell.depth,
        "row": row,
        "id": cell.id,
        "column": cell.column,
        "key": cell.column_key,
        "type": kind,
    });
    let head = head.to_string();
    of_text(&format!(
        "{},\"value\":{value}}}",
        head.trim_end_matches('}')
    ))
}

fn wrong(found: &Discrepancy) -> String {
    format!(
        "evergrant: {} / {}: the report says {}, its rows come to {}",
        found.path.join(" > "),
        found.column,
        found.said,
        found.computed
    )
}

/// The report of this name, whatever its case.
fn known(name: &str) -> Result<&'static schema::ReportSchema> {
    let all = schema::get();
    all.report(name).ok_or_else(|| {
        let near = suggest::nearest(name, all.reports.iter().map(|report| report.name.as_str()));
        unknown(
            format!("QuickBooks has no report {name:?}"),
            &near,
            "evergrant report list",
        )
    })
}

/// The parameters that the words give.
fn parameters<'a>(
    report: &schema::ReportSchema,
    words: &'a [String],
) -> Result<Vec<(&'a str, &'a str)>> {
    let parameters = words.iter().map(|word| {
        let Some((name, value)) = word.split_once('=') else {
            let what = format!("{word:?}: there is no = in it");
            return Err(Failure::new(
                Exit::Usage,
                what,
                "write start_date=2026-01-01",
            ));
        };
        let taken = report.parameters.as_deref().unwrap_or_default();
        if !taken.is_empty() && !taken.iter().any(|known| known == name) {
            let near = suggest::nearest(name, taken.iter().map(String::as_str));
            let what = format!("{} takes no parameter {name:?}", report.name);
            return Err(unknown(
                what,
                &near,
                &format!("it takes {}", taken.join(", ")),
            ));
        }
        Ok((name, value))
    });
    parameters.collect()
}

fn unknown(what: String, near: &[&str], otherwise: &str) -> Failure {
    let mend = match near {
        [] => otherwise.to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    Failure::new(Exit::Usage, what, mend)
}

fn of_value(value: &Value) -> Json {
    of_text(&value.to_string())
}

/// Text that is put together from JSON, and so is JSON.
fn of_text(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or_else(|_| Json::from(serde_json::value::RawValue::NULL))
}
