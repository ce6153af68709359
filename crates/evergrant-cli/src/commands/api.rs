//! `api`: any request, with the bearer attached. A write is sent once; if no answer comes, the
//! program says that its outcome is unknown and does not try again.

use std::io::Read as _;
use std::path::Path;

use evergrant_quickbooks::{Request, Response};
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};

use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Api) -> Result<()> {
    let body = args.file.as_deref().map(read_body).transpose()?;
    let quickbooks = context.quickbooks().await?;
    let path = args.target.replace("{realm}", quickbooks.realm().as_str());
    let mut request = Request::new(args.method.clone(), path);
    let header = |name| args.headers.iter().rfind(|(given, _)| given == name);
    if let Some((_, accept)) = header(ACCEPT) {
        request = request.with_accept(accept.clone());
    }
    if let Some(body) = body {
        let content_type = header(CONTENT_TYPE).map_or(JSON, |(_, value)| value.clone());
        request = request.with_body(content_type, body);
    }
    print(context, &quickbooks.send(request).await?)
}

fn print(context: &Context, response: &Response) -> Result<()> {
    match response.json() {
        Ok(json) => context.output().answer(&json),
        Err(_) => context.output().raw(&response.body),
    }
}

fn read_body(file: &Path) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut body).map(drop)
    } else {
        std::fs::read(file).map(|read| body = read)
    };
    read.map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("the body {} can't be read", file.display()),
            "nothing was sent: name the right file with -f, or - for stdin",
        )
        .because(error)
    })?;
    Ok(body)
}
