//! `sandbox`: serves the offline Intuit until stopped.
//!
//! stdout carries the environment that points evergrant at it, and nothing else, so that a shell or
//! a program can read it; stderr says how any other client is pointed there.

mod control;
mod data;
mod pointing;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use evergrant_gateway::disk;
use evergrant_quickbooks::Json;
use evergrant_sandbox::{Handle, Options, Rotation, Sandbox, Seed, StartError};
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::args::{self, EnvFormat};
use crate::context::Context;
use crate::env;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::stop;
use crate::trace::tell;
use pointing::Trust;

/// Age of a refresh token at which *window* replaces it, and grace of a replaced one in *graceful*.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The sandbox's files, and the folder that goes with it unless it was chosen.
struct Files {
    token_file: PathBuf,
    /// Without https there is none.
    trust: Option<Trust>,
    _passing: Option<TempDir>,
}

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, args: &args::Sandbox) -> Result<()> {
    if !args.control.is_empty() {
        return control::run(context, args).await;
    }
    let stopped = stop::asked();
    let sandbox = Sandbox::start(options(args)?).await;
    let sandbox = sandbox.map_err(|error| {
        let advice = match error {
            StartError::Setting(_) => "look at what --set names: --control settings lists all",
            _ => "choose another --port, --http or --https",
        };
        Failure::config("the sandbox can't start", advice).because(error)
    })?;
    let kept = args.data.as_deref().map(|file| data::open(&sandbox, file));
    let mut kept = kept.transpose()?;
    // What a file held is there by now, and is not made up again.
    if args.seed.is_some() {
        sandbox.control().make_up();
    }
    kept.as_mut().map_or(Ok(()), data::Kept::save)?;
    let files = write_files(context, args, &sandbox)?;
    let variables = variables(&sandbox, &files);
    context.output().line(&printed(&variables, args.format)?)?;
    tell(Some(hints(&sandbox, &files)));
    match &mut kept {
        Some(kept) => kept.keep_until(stopped).await?,
        None => drop(stopped.await),
    }
    sandbox.stop().await;
    Ok(())
}

fn options(args: &args::Sandbox) -> Result<Options> {
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Who names the address of one asks for that one only.
    let both = args.http.is_none() == args.https.is_none();
    let free = both.then(|| loopback(0));
    Ok(Options {
        http: args.http.or(args.port.map(loopback)).or(free),
        https: args.https.or(free),
        intercept: args.intercept,
        rotation: match args.rotation {
            args::Rotation::Window => Rotation::Window { every: DAY },
            args::Rotation::Strict => Rotation::Strict,
            args::Rotation::Graceful => Rotation::Graceful { grace: DAY },
        },
        access_life: args.access_life,
        limits: args.limits,
        settings: args.set.iter().cloned().collect(),
        seed: seed(args)?,
        ..Options::default()
    })
}

fn seed(args: &args::Sandbox) -> Result<Seed> {
    let Some((count, number)) = args.seed else {
        return Ok(Seed::sample());
    };
    let seed = Seed::generated(count, number);
    let Some(kind) = &args.seed_only else {
        return Ok(seed);
    };
    seed.of_only(kind).map_err(|error| {
        let mend = "choose invoice, payment, salesreceipt, bill, billpayment, purchase, deposit, …";
        Failure::new(Exit::Usage, format!("--seed-only {kind}"), mend).because(error)
    })
}

fn write_files(context: &Context, args: &args::Sandbox, sandbox: &Handle) -> Result<Files> {
    let cannot = |path: &Path, error: std::io::Error| {
        Failure::new(
            Exit::Store,
            format!("{} can't be written", path.display()),
            "choose another place with --dir or --token-file",
        )
        .because(error)
    };
    let (folder, passing) = match &args.dir {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
            (folder.clone(), None)
        }
        None => {
            let made = tempfile::tempdir();
            let made = made.map_err(|error| cannot(&std::env::temp_dir(), error))?;
            (made.path().to_owned(), Some(made))
        }
    };
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let chosen = context.given().token_file.clone();
    let token_file = chosen.map_or_else(
        || folder.join("token.json"),
        |path| std::path::absolute(&path).unwrap_or(path),
    );
    let tokens = sandbox.issue_grant(sandbox.realm());
    if args.expired {
        sandbox.control().expire_access_tokens();
    }
    let write =
        |path: &Path, text: &str| disk::replace(path, text).map_err(|error| cannot(path, error));
    write(&token_file, &format!("{tokens:#}\n"))?;
    let pem = sandbox.ca_pem();
    let trust = (!pem.is_empty()).then(|| Trust::write(&folder, pem));
    let trust = trust
        .transpose()
        .map_err(|(path, error)| cannot(&path, error))?;
    Ok(Files {
        token_file,
        trust,
        _passing: passing,
    })
}

fn variables(sandbox: &Handle, files: &Files) -> Vec<(&'static str, String)> {
    let url = best_url(sandbox);
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut variables = vec![
        (env::BASE_URL.name, url.clone()),
        (
            env::TOKEN_URL.name,
            format!("{url}/oauth2/v1/tokens/bearer"),
        ),
        (env::AUTHORIZE_URL.name, format!("{url}/connect/oauth2")),
        (
            env::REVOKE_URL.name,
            format!("{url}/v2/oauth2/tokens/revoke"),
        ),
        (env::CLIENT_ID.name, sandbox.client_id().to_owned()),
        (env::CLIENT_SECRET.name, sandbox.client_secret().to_owned()),
        (env::REALM.name, sandbox.realm().to_owned()),
        (env::TOKEN_FILE.name, path(&files.token_file)),
        (env::ENVIRONMENT.name, "sandbox".to_owned()),
    ];
    if let Some(trust) = &files.trust {
        variables.push((env::CA_FILE.name, path(trust.pem())));
    }
    if let (Some(proxy), Some(trust)) = (sandbox.proxy_address(), &files.trust) {
        variables.extend(trust.variables(proxy));
    }
    variables
}

/// https where there is such, since that is what a client meets at Intuit.
fn best_url(sandbox: &Handle) -> String {
    sandbox
        .https_url()
        .or(sandbox.http_url())
        .unwrap_or_default()
}

fn printed(variables: &[(&'static str, String)], format: EnvFormat) -> Result<String> {
    let each = |line: fn(&str, &str) -> String| {
        let lines: Vec<String> = variables
            .iter()
            .map(|(name, value)| line(name, value))
            .collect();
        lines.join("\n")
    };
    Ok(match format {
        EnvFormat::Shell => each(|name, value| format!("export {name}={}", shell(value))),
        EnvFormat::Dotenv => each(|name, value| format!("{name}={}", shell(value))),
        EnvFormat::Powershell => {
            each(|name, value| format!("$env:{name} = '{}'", value.replace('\'', "''")))
        }
        EnvFormat::Json => {
            let pair = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone().into());
            let object: Map<String, Value> = variables.iter().map(pair).collect();
            let text = Value::from(object).to_string();
            let json = Json::parse(text.as_bytes()).map_err(|error| {
                Failure::new(Exit::Fault, "the environment can't be printed", "").because(error)
            })?;
            json.pretty()
        }
    })
}

/// `value` as one word of a POSIX shell.
fn shell(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn hints(sandbox: &Handle, files: &Files) -> String {
    let realm = sandbox.realm();
    let url = best_url(sandbox);
    let mut lines = vec![
        format!("\nA QuickBooks company, {realm}, until Ctrl-C."),
        "With these variables set: evergrant get employee 58".to_owned(),
        "Any other client:".to_owned(),
        format!("  API             {url}/v3/company/{realm}/"),
        format!("  token URL       {url}/oauth2/v1/tokens/bearer"),
        format!("  discovery       {url}/.well-known/openid_sandbox_configuration"),
        format!("  token JSON      {}", files.token_file.display()),
    ];
    if let Some(trust) = &files.trust {
        lines.push(format!("  CA certificate  {}", trust.pem().display()));
    }
    if let Some(plain) = sandbox.http_url() {
        lines.push(format!("  plain http      {plain} in place of {url}"));
    }
    if let Some(proxy) = sandbox.proxy_url() {
        lines.push("A client that knows Intuit's addresses only:".to_owned());
        lines.push(format!("  HTTPS_PROXY     {proxy}"));
    }
    lines.push(format!("Controls: {url}/_sandbox"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_quotes_what_it_must() {
        let variables = [
            ("A", "https://127.0.0.1:1/x".to_owned()),
            ("B", "it's a b".to_owned()),
        ];
        for (format, expected) in [
            (
                EnvFormat::Shell,
                "export A=https://127.0.0.1:1/x\nexport B='it'\\''s a b'",
            ),
            (
                EnvFormat::Dotenv,
                "A=https://127.0.0.1:1/x\nB='it'\\''s a b'",
            ),
            (
                EnvFormat::Powershell,
                "$env:A = 'https://127.0.0.1:1/x'\n$env:B = 'it''s a b'",
            ),
            (
                EnvFormat::Json,
                "{\n  \"A\": \"https://127.0.0.1:1/x\",\n  \"B\": \"it's a b\"\n}",
            ),
        ] {
            assert_eq!(printed(&variables, format).unwrap(), expected, "{format:?}");
        }
    }
}
