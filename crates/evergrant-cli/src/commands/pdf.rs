//! `pdf`: a transaction as QuickBooks prints it.

use std::io::IsTerminal as _;
use std::path::Path;

use evergrant_quickbooks::{Operation, Request};
use http::HeaderValue;

use super::{get, write};
use crate::args;
use crate::context::Context;
use crate::disk;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

const PDF: HeaderValue = HeaderValue::from_static("application/pdf");

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Pdf) -> Result<()> {
    if !args.entity.allows(Operation::Pdf) {
        let what = format!("QuickBooks makes no PDF of {}", args.entity);
        return Err(Failure::new(Exit::Usage, what, "see evergrant schema"));
    }
    let path = format!("{}/{}/pdf", args.entity.path(), get::segment(&args.id));
    let request = Request::get(path).with_accept(PDF);
    let quickbooks = context.quickbooks().await?;
    if args.dry_run {
        return write::show(context, &quickbooks, &request);
    }
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    if args.file.is_none() && std::io::stdout().is_terminal() {
        let mend = "name a file with -f FILE, or - for stdout";
        return Err(Failure::new(
            Exit::Usage,
            "a PDF is nothing for a terminal",
            mend,
        ));
    }
    let answer = quickbooks.send(request).await?;
    match file {
        None => context.output().raw(&answer.body),
        Some(file) => disk::replace_bytes(file, &answer.body).map_err(|error| {
            let what = format!("{} can't be written", file.display());
            Failure::new(Exit::Store, what, "choose another place with -f").because(error)
        }),
    }
}
