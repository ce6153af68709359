//! `doctor`: looks at everything that a call needs, and says of each what is wrong and what mends
//! it. It spends no token: what it asks of the hosts, it asks with a placeholder, and the company is
//! asked only with an access token that may still live, which a refusal does not refresh.

use std::fmt;
use std::path::Path;

use evergrant_quickbooks::Environment;

use crate::config::Settings;
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report;

mod files;
mod hosts;

/// What one look has found.
#[derive(Debug)]
pub(crate) struct Finding {
    grade: Grade,
    what: String,
    mend: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Ok,
    Warn,
    Fail(Exit),
}

/// Runs the command. It ends with the code of the first thing that is wrong.
pub(crate) async fn run(context: &Context) -> Result<()> {
    let mut findings = Vec::new();
    let settings = context.settings()?;
    findings.extend(settings_found(settings));
    findings.extend(keys(settings));
    let connection = files::look(settings, &mut findings).await;
    hosts::look(settings, connection.as_ref(), &mut findings).await;
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    context.output().line(&lines.join("\n"))?;
    let failed = findings.iter().find_map(|finding| match finding.grade {
        Grade::Fail(exit) => Some(exit),
        Grade::Ok | Grade::Warn => None,
    });
    failed.map_or(Ok(()), |exit| Err(Failure::Told(exit)))
}

fn settings_found(settings: &Settings) -> Vec<Finding> {
    let endpoints = context::endpoints(settings);
    let mut findings = vec![Finding::ok(format!(
        "connection {}: {} at {}",
        settings.connection, settings.environment, endpoints.base_url
    ))];
    if let Err(error) = context::provider(settings).validate() {
        let what = report::chain(&error);
        findings.push(Finding::fail(Exit::Config, what, "use https"));
    }
    if settings.layer.environment.is_none() && settings.layer.base_url.is_none() {
        findings.push(Finding::warn(
            format!(
                "no environment is set, so it is {}",
                Environment::Production
            ),
            "set --environment sandbox or production",
        ));
    }
    findings
}

fn keys(settings: &Settings) -> Vec<Finding> {
    let secret = match settings.client_secret() {
        Ok(secret) => secret,
        Err(Failure::Own(own)) => return vec![Finding::fail(own.exit, own.what, own.mend)],
        Err(_) => None,
    };
    match (settings.client_id(), secret) {
        ("", _) => vec![Finding::warn(
            "no client id is set: calls work until the access token ends",
            "set --client-id or EVERGRANT_CLIENT_ID",
        )],
        (_, None) => vec![Finding::warn(
            "no client secret is set: calls work until the access token ends",
            "set --client-secret-file or EVERGRANT_CLIENT_SECRET",
        )],
        (id, Some(_)) => vec![Finding::ok(format!("client id {id}, and a secret"))],
    }
}

impl Finding {
    fn ok(what: impl Into<String>) -> Self {
        Self {
            grade: Grade::Ok,
            what: what.into(),
            mend: String::new(),
        }
    }

    fn warn(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            grade: Grade::Warn,
            what: what.into(),
            mend: mend.into(),
        }
    }

    fn fail(exit: Exit, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            grade: Grade::Fail(exit),
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Ok => "ok  ",
            Grade::Warn => "warn",
            Grade::Fail(_) => "fail",
        };
        write!(f, "{grade}  {}", self.what)?;
        if !self.mend.is_empty() {
            write!(f, "\n      -> {}", self.mend)?;
        }
        Ok(())
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}
