//! `query`: runs a select statement and prints its answer.

use evergrant_quickbooks::Request;

use crate::args;
use crate::context::Context;
use crate::failure::Result;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Query) -> Result<()> {
    let quickbooks = context.quickbooks().await?;
    let request = Request::get("query").with_query("query", &args.statement);
    let answer = quickbooks.send(request).await?.json()?;
    context.output().answer(&answer)
}
