//! `webhook`: whether a delivery is Intuit's, and what it tells; what waits at the gateway.

use std::path::PathBuf;

use evergrant_gateway::intake;
use evergrant_quickbooks::Json;
use evergrant_quickbooks::webhook::{self, Event, Refused};
use serde_json::json;

use super::input;
use crate::args;
use crate::config::Serve;
use crate::context::Context;
use crate::env;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) async fn verify(context: &Context, args: &args::Verify) -> Result<()> {
    let token = token(args).await?;
    let body = input::read(args.file.clone().unwrap_or_else(|| PathBuf::from("-"))).await?;
    let events = webhook::verify(&token, &args.signature, &body).map_err(|refused| {
        let (exit, mend) = match refused {
            Refused::Signature => (
                Exit::Forbidden,
                "check that the body is as it came, byte for byte, and whose verifier token it is (development and production have different ones)",
            ),
            _ => (Exit::Fault, "it is signed, but of a format that is not known here"),
        };
        Failure::new(exit, refused.to_string(), mend)
    })?;
    let mut out = context.output().rows();
    for event in &events {
        out.push(&row(event))?;
    }
    out.finish()
}

/// Prints what waits in the gateway's queue, whether it runs or not.
pub(crate) fn queue(context: &Context) -> Result<()> {
    let serve = Serve::read(context.given())?;
    let waiting = intake::waiting(serve.folder()).map_err(|error| {
        let what = format!("the queue in {} can't be read", serve.folder().display());
        Failure::new(Exit::Store, what, "run it as the gateway's user").because(error)
    })?;
    let mut out = context.output().rows();
    for event in waiting {
        out.push(&json_of(&json!(event)))?;
    }
    out.finish()
}

/// The app's verifier token, which is a secret.
async fn token(args: &args::Verify) -> Result<String> {
    if let Some(file) = &args.verifier_file {
        let text = String::from_utf8_lossy(&input::read(file.clone()).await?).into_owned();
        return Ok(text.trim().to_owned());
    }
    let set = env::WEBHOOK_TOKEN.text();
    let set = set.map_err(|what| Failure::config(what, "set it to the verifier token"))?;
    set.ok_or_else(|| {
        let mend = "name a file that holds it with --verifier-file, or set EVERGRANT_WEBHOOK_TOKEN";
        Failure::config("the app's verifier token is not given", mend)
    })
}

fn row(event: &Event) -> Json {
    let row = json!({
        "realm": event.realm.as_str(),
        "entity": event.name,
        "id": event.id,
        "action": event.action.to_string(),
        "at": event.at.as_ref().map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()),
        "deletedId": event.deleted_id,
        "key": event.key,
    });
    json_of(&row)
}

fn json_of(row: &serde_json::Value) -> Json {
    Json::parse(row.to_string().as_bytes())
        .unwrap_or_else(|_| Json::from(serde_json::value::RawValue::NULL))
}
