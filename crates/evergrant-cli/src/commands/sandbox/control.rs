//! `sandbox --control`: a word or two for the controls of a sandbox that runs.

use evergrant_sandbox::Remote;
use serde_json::json;

use crate::args;
use crate::config::{Layer, Settings};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// A request to the controls.
#[derive(Debug, PartialEq, Eq)]
struct Ask {
    method: &'static str,
    path: String,
    body: String,
}

/// Asks, and prints the answer.
pub(super) async fn run(context: &Context, args: &args::Sandbox) -> Result<()> {
    let words: Vec<&str> = args.control.iter().map(String::as_str).collect();
    let ask = Ask::of(&words);
    let answer = remote(context, args)?
        .ask(ask.method, &ask.path, &ask.body)
        .await;
    let answer = answer.map_err(|error| {
        Failure::new(
            Exit::Unavailable,
            "the sandbox can't be reached",
            "name it by --port, or set the environment that it printed",
        )
        .because(error)
    })?;
    context.output().line(answer.body.trim_end())?;
    if answer.status == 200 {
        return Ok(());
    }
    Err(Failure::config(
        "the sandbox can't do that",
        "evergrant sandbox --control list names what it can",
    ))
}

fn remote(context: &Context, args: &args::Sandbox) -> Result<Remote> {
    let plain = args.http.map(|address| address.to_string());
    let plain = plain.or_else(|| args.port.map(|port| format!("127.0.0.1:{port}")));
    if let Some(address) = plain {
        return Ok(Remote::new(&format!("http://{address}"), None));
    }
    let layer = layer(context)?;
    let Some(url) = &layer.base_url else {
        return Err(Failure::config(
            "it is not known which sandbox is meant",
            "name it by --port, or set the environment that it printed",
        ));
    };
    let ca = layer.ca_file.as_deref().map(std::fs::read_to_string);
    let ca = ca.transpose().map_err(|error| {
        Failure::config("the sandbox's CA can't be read", "see EVERGRANT_CA_FILE").because(error)
    })?;
    Ok(Remote::new(url.as_str(), ca.as_deref()))
}

/// What is set: for the connection that is named, if one is. A sandbox may be controlled by somebody
/// who has no connection to it.
fn layer(context: &Context) -> Result<Layer> {
    match context.given().connection {
        Some(_) => Ok(context.settings()?.layer.clone()),
        None => Settings::of_none(context.given()),
    }
}

impl Ask {
    fn of(words: &[&str]) -> Self {
        let ask = |method, path: &str, body: String| Self {
            method,
            path: path.to_owned(),
            body,
        };
        let post = |path: &str, body: String| ask("POST", path, body);
        match *words {
            [] | ["list"] => ask("GET", "", String::new()),
            ["advance", by] => post("/clock", json!({ "advance": by }).to_string()),
            ["freeze"] => post("/clock", json!({"freeze": true}).to_string()),
            ["thaw"] => post("/clock", json!({"freeze": false}).to_string()),
            ["keep"] => post("/snapshot", String::new()),
            ["keep", name] => post("/snapshot", json!({ "name": name }).to_string()),
            ["restore", name] => post("/restore", json!({ "name": name }).to_string()),
            ["clear", name] => ask("DELETE", &format!("/{name}"), String::new()),
            ["settings", changes] => ask("PATCH", "/settings", changes.to_owned()),
            [name @ ("expire" | "revoke" | "reset" | "restore")] => {
                post(&format!("/{name}"), String::new())
            }
            [name] => ask("GET", &format!("/{name}"), String::new()),
            [name, body, ..] => post(&format!("/{name}"), body.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_requests() {
        for (words, method, path, body) in [
            (&["clock"][..], "GET", "/clock", ""),
            (&["list"], "GET", "", ""),
            (
                &["advance", "24h"],
                "POST",
                "/clock",
                r#"{"advance":"24h"}"#,
            ),
            (&["freeze"], "POST", "/clock", r#"{"freeze":true}"#),
            (&["expire"], "POST", "/expire", ""),
            (&["restore"], "POST", "/restore", ""),
            (&["restore", "a"], "POST", "/restore", r#"{"name":"a"}"#),
            (&["clear", "faults"], "DELETE", "/faults", ""),
            (
                &["settings", r#"{"limits":true}"#],
                "PATCH",
                "/settings",
                r#"{"limits":true}"#,
            ),
            (
                &["faults", r#"{"what":"throttle"}"#],
                "POST",
                "/faults",
                r#"{"what":"throttle"}"#,
            ),
        ] {
            let expected = Ask {
                method,
                path: path.to_owned(),
                body: body.to_owned(),
            };
            assert_eq!(Ask::of(words), expected, "{words:?}");
        }
    }
}
