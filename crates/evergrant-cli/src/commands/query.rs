//! `query`: runs a select statement and prints its answer, or all the rows that it selects.

use evergrant_quickbooks::{Query, Request};

use super::{input, list};
use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Query) -> Result<()> {
    let statement = statement(args).await?;
    if statement.trim().is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "the statement is empty",
            "nothing was sent: write a select statement, e.g. \"select * from Employee\"",
        ));
    }
    if args.count {
        let query: Query = statement.parse()?;
        let count = context.quickbooks().await?.count(&query).await?;
        return context.output().line(&count.to_string());
    }
    if args.all {
        let query: Query = statement.parse()?;
        // A count has no rows: its one answer is all there is.
        if !query.is_count() {
            let query = query.page_size(args.page_size);
            list::write_all(context, &query, context.output().rows()).await?;
            return Ok(());
        }
    }
    let quickbooks = context.quickbooks().await?;
    let answer = quickbooks.send(Request::select(statement)).await?.json()?;
    context.output().answer(&answer)
}

async fn statement(args: &args::Query) -> Result<String> {
    let Some(file) = &args.file else {
        return Ok(args.statement.clone().unwrap_or_default());
    };
    let text = String::from_utf8(input::read(file.clone()).await?);
    let text = text.map_err(|error| {
        let what = format!("{} is not text", file.display());
        Failure::new(Exit::Usage, what, "name a file with one statement").because(error)
    })?;
    Ok(text.trim().trim_end_matches(';').to_owned())
}
