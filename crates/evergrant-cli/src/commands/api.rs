//! `api`: any request, with the bearer attached. A write is sent once; if no answer comes, the
//! program says that its outcome is unknown and does not try again.

use evergrant_quickbooks::{Client, Request, Response};
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::input;
use crate::args;
use crate::context::Context;
use crate::failure::Result;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Api) -> Result<()> {
    let body = match args.file.clone() {
        Some(file) => Some(input::read(file).await?),
        None => None,
    };
    let (quickbooks, target) = destination(context, &args.target).await?;
    let mut request = Request::new(args.method.clone(), target);
    let mut content_type = JSON;
    for (name, value) in args.headers.iter().cloned() {
        match name {
            ACCEPT => request = request.with_accept(value),
            CONTENT_TYPE => content_type = value,
            _ => request = request.with_header(name, value),
        }
    }
    if let Some(body) = body {
        request = request.with_body(content_type, body);
    }
    let response = quickbooks.send(request).await?;
    let shown = print(context, &response);
    if args.method.is_safe() {
        return shown;
    }
    shown.map_err(|failure| failure.after_a_write("look before you send it again"))
}

/// Whom to ask, and for what. Without a company a path from the root, or a whole URL, will do.
async fn destination(context: &Context, target: &str) -> Result<(Client, String)> {
    let names_company = !target.starts_with('/') && !target.contains("://");
    if names_company || context.realm().await?.is_some() {
        let quickbooks = context.quickbooks().await?;
        let target = target.replace("{realm}", quickbooks.realm().as_str());
        return Ok((quickbooks, target));
    }
    let (quickbooks, base_url) = context.without_company()?;
    let root = base_url.as_str().trim_end_matches('/');
    let target = match target.strip_prefix('/') {
        Some(path) => format!("{root}/{path}"),
        None => target.to_owned(),
    };
    Ok((quickbooks, target))
}

fn print(context: &Context, response: &Response) -> Result<()> {
    match response.json() {
        Ok(json) => context.output().answer(&json),
        Err(_) => context.output().raw(&response.body),
    }
}
