//! `demo`: the main job against the built-in sandbox, with no account and no network.
//!
//! Only the surroundings are made here: a sandbox over TLS with its own authority, and a token file
//! whose access token has expired. The job itself goes through the very code that `get` runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use evergrant::{Clock as _, SystemClock};
use evergrant_gateway::disk;
use evergrant_quickbooks::{Environment, Json};
use evergrant_sandbox::{Handle, Options, Sandbox};
use tempfile::TempDir;

use super::get;
use crate::args::{self, Given, Show, Zone};
use crate::config::Settings;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::human_time;
use crate::trace::{Voice, tell};

/// How old the grant is when the demo begins: past the hour of its access token and past the day of
/// its refresh token, so that a refresh brings new ones of both.
const AGE: Duration = Duration::from_secs(25 * 3600);

/// Where the demo's files are.
enum Folder {
    Kept(PathBuf),
    Passing(TempDir),
}

/// Runs the command.
pub(crate) async fn run(args: &args::Demo, voice: Voice) -> Result<()> {
    let folder = Folder::of(args)?;
    let sandbox = start().await?;
    let given = prepare(&sandbox, folder.path())?;
    let context = Context::new(given, &Show::default(), voice)?;
    let settings = context.adopt(Settings::of_flags(context.given())?)?;
    tell(Some(format!(
        "evergrant get employee 58, with a token file whose access token has expired:\n  {}\n",
        settings.home
    )));
    let answer = get::read(&context, "employee", "58").await;
    context.drain().await;
    let answer = answer?;
    tell(Some(String::new()));
    let output = context.output();
    output.json(&answer)?;
    output.line("")?;
    output.card(&card(&answer))?;
    output.line("\nSuccess.")?;
    sandbox.stop().await;
    if let Folder::Kept(folder) = folder {
        tell(Some(format!(
            "\nThe demo's files are in {}",
            folder.display()
        )));
    }
    Ok(())
}

async fn start() -> Result<Handle> {
    let past = SystemClock.now().checked_sub(AGE);
    let options = Options {
        http: None,
        starts_at: past.ok(),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await;
    sandbox.map_err(|error| {
        Failure::new(Exit::Unavailable, "the sandbox can't start", "").because(error)
    })
}

/// Writes the token file and what else the job needs; returns the flags that a user would give.
fn prepare(sandbox: &Handle, folder: &Path) -> Result<Given> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        let written = disk::replace(&path, text);
        written
            .map_err(|error| unwritable(&path, error))
            .map(|()| path)
    };
    let tokens = sandbox.issue_grant(sandbox.realm());
    sandbox.control().advance(AGE);
    let url = sandbox.https_url().unwrap_or_default();
    let at = |path: &str| format!("{url}{path}").parse().ok();
    Ok(Given {
        token_file: Some(write("demo-token.json", &format!("{tokens:#}\n"))?),
        realm: Some(sandbox.realm().to_owned()),
        environment: Some(Environment::Sandbox),
        client_id: Some(sandbox.client_id().to_owned()),
        client_secret_file: Some(write("demo-client-secret.txt", sandbox.client_secret())?),
        base_url: at(""),
        token_url: at("/oauth2/v1/tokens/bearer"),
        ca_file: Some(write("demo-ca.pem", sandbox.ca_pem())?),
        ..Given::default()
    })
}

fn card(answer: &Json) -> Vec<(String, String)> {
    let line = |label: &str, path: &str| {
        let value = answer.at(&format!("Employee.{path}").parse().ok()?)?.bare();
        let value = human_time(&value, Zone::Local).unwrap_or(value);
        Some((label.to_owned(), value))
    };
    let lines = [
        line("Name", "DisplayName"),
        line("Id", "Id"),
        line("City", "PrimaryAddr.City"),
        line("PostalCode", "PrimaryAddr.PostalCode"),
        line("Created", "MetaData.CreateTime"),
    ];
    lines.into_iter().flatten().collect()
}

impl Folder {
    fn of(args: &args::Demo) -> Result<Self> {
        if let Some(path) = &args.keep {
            std::fs::create_dir_all(path).map_err(|error| unwritable(path, error))?;
            return Ok(Self::Kept(path.clone()));
        }
        let made = tempfile::tempdir();
        made.map(Self::Passing)
            .map_err(|error| unwritable(&std::env::temp_dir(), error))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Passing(folder) => folder.path(),
        }
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        format!("{} can't be written", path.display()),
        "choose another place with --keep DIR",
    )
    .because(error)
}
