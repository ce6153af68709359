//! `pdf`: a transaction as QuickBooks prints it.

use evergrant_quickbooks::Request;
use http::HeaderValue;

use super::{file, get, write};
use crate::args;
use crate::context::Context;
use crate::failure::Result;

const PDF: HeaderValue = HeaderValue::from_static("application/pdf");

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Pdf) -> Result<()> {
    let quickbooks = context.quickbooks().await?;
    if args.dry_run {
        let path = format!("{}/{}/pdf", args.entity.path(), get::segment(&args.id));
        let request = Request::get(path).with_accept(PDF);
        return write::show(context, &quickbooks, &request);
    }
    file::check(args.file.as_deref(), "a PDF")?;
    let pdf = quickbooks.pdf(args.entity, &args.id).await?;
    file::put(context, args.file.as_deref(), &pdf)
}
