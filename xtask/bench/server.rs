//! The sandbox under the measurements: `evergrant sandbox` in a process of its own, with its
//! controls.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{Result, client, runtime};

const CA_FILE: &str = "EVERGRANT_CA_FILE";
/// What the sandbox must tell of itself before anything can be measured.
const TOLD: [&str; 5] = [
    "EVERGRANT_BASE_URL",
    "EVERGRANT_TOKEN_URL",
    "EVERGRANT_CLIENT_ID",
    "EVERGRANT_CLIENT_SECRET",
    "EVERGRANT_REALM",
];

/// A running sandbox; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Kept open, so that it may go on writing.
    _stdout: BufReader<ChildStdout>,
    directory: TempDir,
    environment: BTreeMap<String, String>,
    /// Where its API and its controls are.
    address: Option<String>,
    client: Client,
    runtime: Runtime,
}

/// Over what the sandbox is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Server {
    /// Starts the sandbox on a free port of loopback; it answers when this returns.
    ///
    /// # Errors
    /// If it can't be started or says something unexpected.
    pub(crate) fn start(scheme: Scheme) -> Result<Self> {
        Self::launch(
            match scheme {
                Scheme::Http => &["--http", "127.0.0.1:0"],
                Scheme::Https => &["--https", "127.0.0.1:0"],
            },
            match scheme {
                Scheme::Http => &[],
                Scheme::Https => &[CA_FILE],
            },
        )
    }

    /// Starts one with so many invoices that is reached by Intuit's own addresses, through a proxy.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub(crate) fn with_invoices(count: usize) -> Result<Self> {
        let count = count.to_string();
        let args = ["--intercept", "--seed", &count, "--seed-only", "invoice"];
        let mut server = Self::launch(&args, &[CA_FILE, "HTTPS_PROXY", "CURL_CA_BUNDLE"])?;
        server.address = server.environment.remove("EVERGRANT_BASE_URL");
        server.environment.remove("EVERGRANT_TOKEN_URL");
        Ok(server)
    }

    fn launch(args: &[&str], needed: &[&str]) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut child = command(&directory)?
            .args(["sandbox", "--format", "dotenv", "--dir"])
            .arg(directory.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the sandbox has no stdout")?;
        let mut stdout = BufReader::new(stdout);
        let environment = read_environment(&mut stdout, needed)?;
        let ca_file = environment.get(CA_FILE);
        let ca_pem = ca_file.map(fs::read).transpose()?.unwrap_or_default();
        let client = client::bare(&ca_pem)?;
        Ok(Self {
            child,
            _stdout: stdout,
            directory,
            address: environment.get("EVERGRANT_BASE_URL").cloned(),
            environment,
            client,
            runtime: runtime()?,
        })
    }

    /// A variable as the sandbox told it.
    ///
    /// # Errors
    /// If it told none of this name.
    pub(crate) fn variable(&self, name: &str) -> Result<&str> {
        let value = self.environment.get(name).map(String::as_str);
        value.ok_or_else(|| format!("the sandbox did not tell {name}").into())
    }

    /// The URL of employee 58.
    ///
    /// # Errors
    /// As [`Server::variable`].
    pub(crate) fn employee_url(&self) -> Result<String> {
        let base = self.variable("EVERGRANT_BASE_URL")?;
        let realm = self.variable("EVERGRANT_REALM")?;
        Ok(format!(
            "{base}/v3/company/{realm}/employee/58?minorversion=75"
        ))
    }

    /// Employee 58, as the API answers.
    ///
    /// # Errors
    /// If the sandbox does not do it.
    pub(crate) fn employee(&self) -> Result<String> {
        let grant = self.issue_grant()?;
        let token = grant["access_token"].as_str().ok_or("no access token")?;
        let request = self.client.get(self.employee_url()?).bearer_auth(token);
        self.runtime.block_on(async {
            let answer = request.send().await?;
            Ok(answer.error_for_status()?.text().await?)
        })
    }

    /// How many invoices there are. The first time it takes as long as making them up does.
    ///
    /// # Errors
    /// If the sandbox does not do it.
    pub(crate) fn invoices(&self) -> Result<u64> {
        let grant = self.issue_grant()?;
        let token = grant["access_token"].as_str().ok_or("no access token")?;
        let realm = self.variable("EVERGRANT_REALM")?;
        let url = format!("{}/v3/company/{realm}/query", self.address()?);
        let request = self.client.get(url).bearer_auth(token);
        let request = request.query(&[("query", "select count(*) from Invoice")]);
        let request = request.header("Accept", "application/json");
        let answer: Value = self.runtime.block_on(async {
            let answer = request.send().await?;
            answer.error_for_status()?.json().await
        })?;
        let count = answer["QueryResponse"]["totalCount"].as_u64();
        count.ok_or_else(|| "no count".into())
    }

    fn address(&self) -> Result<&str> {
        let address = self.address.as_deref();
        address.ok_or_else(|| "the sandbox has no address".into())
    }

    /// A path for a file of this measurement's.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of this measurement's.
    ///
    /// # Errors
    /// If it can't be written.
    #[expect(
        clippy::disallowed_methods,
        reason = "a throw-away file with a throw-away token"
    )]
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text)?;
        Ok(path)
    }

    /// The `evergrant` under measurement, pointed at this sandbox, with the tokens in `token_file`.
    ///
    /// # Errors
    /// If its binary can't be found.
    pub(crate) fn evergrant(&self, token_file: &Path) -> Result<Command> {
        self.pointed_at(command(&self.directory)?, token_file)
    }

    /// Any other program, in an environment of nothing but what points it at this sandbox.
    ///
    /// # Errors
    /// As [`Server::evergrant`].
    pub(crate) fn other(&self, program: impl AsRef<OsStr>, token_file: &Path) -> Result<Command> {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.directory.path());
        self.pointed_at(command, token_file)
    }

    fn pointed_at(&self, mut command: Command, token_file: &Path) -> Result<Command> {
        command
            .envs(&self.environment)
            .env("EVERGRANT_TOKEN_FILE", token_file);
        Ok(command)
    }

    /// A new grant, as the token endpoint answers it.
    ///
    /// # Errors
    /// If the sandbox does not do it.
    pub(crate) fn issue_grant(&self) -> Result<Value> {
        self.control("grants", &json!({}))
    }

    /// Ends the life of every access token.
    ///
    /// # Errors
    /// If the sandbox does not do it.
    pub(crate) fn expire(&self) -> Result<()> {
        self.control("expire", &json!({})).map(drop)
    }

    /// How many times the token endpoint has been called.
    ///
    /// # Errors
    /// If the sandbox does not tell.
    pub(crate) fn token_calls(&self) -> Result<u64> {
        let request = self.client.get(self.control_url("counters")?);
        let told = self.answer(request)?;
        let calls = told["token_calls"].as_u64();
        calls.ok_or_else(|| "no count of token calls".into())
    }

    /// Asks a control of the sandbox's.
    ///
    /// # Errors
    /// If the sandbox does not do it.
    pub(crate) fn control(&self, path: &str, order: &Value) -> Result<Value> {
        let request = self.client.post(self.control_url(path)?);
        self.answer(request.json(order))
    }

    fn control_url(&self, path: &str) -> Result<String> {
        Ok(format!("{}/_sandbox/{path}", self.address()?))
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        self.runtime.block_on(async {
            let answer = request.send().await?;
            Ok(answer.error_for_status()?.json().await?)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The release binary beside this one, in an environment of nothing but a home.
fn command(home: &TempDir) -> Result<Command> {
    let binary = crate::sibling("evergrant")?;
    let mut command = Command::new(binary);
    command.env_clear().env("HOME", home.path());
    Ok(command)
}

/// Reads `NAME=value` lines until everything needed has been told.
fn read_environment(stdout: impl BufRead, more: &[&str]) -> Result<BTreeMap<String, String>> {
    let needed = [&TOLD, more].concat();
    let mut told = BTreeMap::new();
    for line in stdout.lines() {
        if let Some((name, value)) = line?.split_once('=') {
            told.insert(name.to_owned(), value.to_owned());
        }
        if needed.iter().all(|name| told.contains_key(*name)) {
            return Ok(told);
        }
    }
    Err(format!(
        "the sandbox ended, having told no more than {:?}",
        told.keys()
    )
    .into())
}
