//! `list`: the rows of one kind of entity, as they come.

use evergrant_quickbooks::{EntityKind, Order, Query};

use super::{progress::Progress, suggest};
use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Rows;

/// How many rows come unless told otherwise: as many as QuickBooks itself gives.
const FEW: u64 = 100;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::EntityList) -> Result<()> {
    suggest::fields(args.entity, &context.output().field_names())?;
    let query = statement(args)?;
    let rows = context.output().rows();
    let count = write_all(context, &query, rows).await?;
    if !args.all && args.limit.is_none() && count == FEW {
        Progress::note("the first 100 rows; for all of them: --all");
    }
    Ok(())
}

/// The query that the flags describe.
fn statement(args: &args::EntityList) -> Result<Query> {
    let mut query = Query::of(args.entity).page_size(args.page_size);
    for condition in &args.conditions {
        suggest::condition(args.entity, condition)?;
        query = query.and_where(condition);
    }
    for order in &args.order {
        let (member, direction) = direction(args.entity, order)?;
        query = query.order_by(member, direction)?;
    }
    Ok(match (args.all, args.limit) {
        (true, _) => query,
        (false, limit) => query.limit(limit.unwrap_or(FEW)),
    })
}

fn direction(kind: EntityKind, order: &str) -> Result<(&str, Order)> {
    let (member, direction) = order
        .trim()
        .split_once(' ')
        .unwrap_or((order.trim(), "asc"));
    suggest::member(kind, member)?;
    match direction.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok((member, Order::Asc)),
        "desc" => Ok((member, Order::Desc)),
        other => Err(Failure::new(
            Exit::Usage,
            format!("{other:?} is no direction"),
            format!("write --order '{member} asc' or --order '{member} desc'"),
        )),
    }
}

/// Writes every row of a query and returns how many there were.
pub(super) async fn write_all(context: &Context, query: &Query, mut out: Rows<'_>) -> Result<u64> {
    let quickbooks = context.quickbooks().await?;
    let mut pages = quickbooks.pages(query);
    let mut progress = Progress::default();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        for row in page?.rows {
            out.push(row.json())?;
            count += 1;
        }
        progress.show(count);
    }
    progress.end();
    out.finish()?;
    Ok(count)
}
