//! Whole processes, from fork to exit: what a script pays for `evergrant get employee 58`.
//!
//! Three programs in turns: evergrant; `curl`, which must be told each request; and a program that
//! does the same requests with none of the care. First with a token that is good, then with one
//! that has expired: 401, refresh, save, again.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::probe::{Run, run};
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};
use crate::{Result, sibling};

/// Rounds that are not counted: they bring the programs into the page cache.
const WARM_UP: usize = 3;
/// Every program's last answer must hold this, or it did not do the job.
const PROOF: &str = "Bill Miller";

/// Measures `rounds` rounds of each.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let server = Server::start(Scheme::Https)?;
    let mut valid = Flow::default();
    let mut expired = Flow::default();
    for round in 0..WARM_UP + rounds {
        let counts = round >= WARM_UP;
        let job = Job::new(&server, round)?;
        valid.add(&job.valid()?, counts);
        expired.add(&job.expired()?, counts);
    }
    Ok(Report {
        name: "oneshot",
        how: format!("whole processes, {rounds} rounds in turns, over TLS on loopback"),
        goals: goals(&valid, &expired),
        figures: valid
            .figures("valid token", "one curl")
            .chain(expired.figures("expired token", "three curls"))
            .collect(),
    })
}

fn goals(valid: &Flow, expired: &Flow) -> Vec<Goal> {
    let ratio = |flow: &Flow| flow.evergrant.time.over(&flow.curl.time).median();
    let memory = valid
        .evergrant
        .memory
        .max()
        .max(expired.evergrant.memory.max());
    vec![
        Goal::new(
            "valid token: evergrant / one curl",
            ratio(valid),
            Bound::AtMost(0.4),
        ),
        Goal::new(
            "expired token: evergrant / three curls",
            ratio(expired),
            Bound::AtMost(0.2),
        ),
        Goal::new("peak memory of evergrant, MB", memory, Bound::AtMost(12.0)),
    ]
}

/// One round's three programs.
struct Turn {
    evergrant: Run,
    curl: Run,
    bare: Run,
}

/// A program's runs.
#[derive(Default)]
struct Program {
    time: Sample,
    memory: Sample,
}

/// The three programs' runs at one task.
#[derive(Default)]
struct Flow {
    evergrant: Program,
    curl: Program,
    bare: Program,
}

impl Program {
    fn add(&mut self, run: Run) {
        self.time.push(run.milliseconds);
        self.memory.push(run.megabytes);
    }
}

impl Flow {
    fn add(&mut self, turn: &Turn, counts: bool) {
        if counts {
            self.evergrant.add(turn.evergrant);
            self.curl.add(turn.curl);
            self.bare.add(turn.bare);
        }
    }

    fn figures(self, task: &str, curl: &str) -> impl Iterator<Item = Figure> {
        let programs = [
            (format!("{task}: evergrant"), self.evergrant),
            (format!("{task}: {curl}"), self.curl),
            (format!("{task}: bare program"), self.bare),
        ];
        programs.into_iter().flat_map(|(label, program)| {
            let memory = Figure::new(format!("{label}, memory"), "MB", program.memory);
            [Figure::new(label, "ms", program.time), memory]
        })
    }
}

/// The work of one round, with grants and files of its own: evergrant remembers, rightly, how
/// often a connection's token was refused of late.
struct Job<'a> {
    server: &'a Server,
    evergrant_file: PathBuf,
    bare_file: PathBuf,
    curl_grant: Value,
}

impl<'a> Job<'a> {
    fn new(server: &'a Server, round: usize) -> Result<Self> {
        let evergrant = server.issue_grant()?.to_string();
        let bare = server.issue_grant()?.to_string();
        Ok(Self {
            server,
            evergrant_file: server.write(&format!("evergrant-{round}.json"), &evergrant)?,
            bare_file: server.write(&format!("bare-{round}.json"), &bare)?,
            curl_grant: server.issue_grant()?,
        })
    }

    fn valid(&self) -> Result<Turn> {
        let token = member(&self.curl_grant, "access_token")?;
        Ok(Turn {
            evergrant: self.evergrant()?,
            curl: proven(run(self.server, &self.curl_get(token)?)?)?,
            bare: self.bare()?,
        })
    }

    fn expired(&self) -> Result<Turn> {
        self.server.expire()?;
        Ok(Turn {
            evergrant: self.evergrant()?,
            curl: self.curl_refreshing()?,
            bare: self.bare()?,
        })
    }

    fn evergrant(&self) -> Result<Run> {
        let mut command = self.server.evergrant(&self.evergrant_file)?;
        command.args(["get", "employee", "58"]);
        proven(run(self.server, &command)?)
    }

    fn bare(&self) -> Result<Run> {
        let mut command = Command::new(sibling("bench-bare")?);
        command.arg(self.server.employee_url()?);
        command.arg(self.server.variable("EVERGRANT_TOKEN_URL")?);
        command.arg(self.server.variable("EVERGRANT_CA_FILE")?);
        command.arg(&self.bare_file);
        command.arg(self.server.variable("EVERGRANT_CLIENT_ID")?);
        command.arg(self.server.variable("EVERGRANT_CLIENT_SECRET")?);
        proven(run(self.server, &command)?)
    }

    /// The three requests that a script makes by hand: refused, refreshed, answered. What the
    /// script does between them is not counted.
    fn curl_refreshing(&self) -> Result<Run> {
        let old = member(&self.curl_grant, "access_token")?;
        let (refused, body) = run(self.server, &self.curl_get(old)?)?;
        if body.contains(PROOF) {
            return Err("the expired token was not refused".into());
        }
        let (refreshed, tokens) = run(self.server, &self.curl_refresh()?)?;
        let tokens: Value = serde_json::from_str(&tokens)?;
        let get = self.curl_get(member(&tokens, "access_token")?)?;
        let answered = proven(run(self.server, &get)?)?;
        Ok(refused.and(refreshed).and(answered))
    }

    fn curl_get(&self, token: &str) -> Result<Command> {
        let mut command = self.curl()?;
        command.args(["--header", "Accept: application/json"]);
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
        command.arg(self.server.employee_url()?);
        Ok(command)
    }

    fn curl_refresh(&self) -> Result<Command> {
        let id = self.server.variable("EVERGRANT_CLIENT_ID")?;
        let secret = self.server.variable("EVERGRANT_CLIENT_SECRET")?;
        let token = member(&self.curl_grant, "refresh_token")?;
        let mut command = self.curl()?;
        command.args(["--user", &format!("{id}:{secret}")]);
        command.args(["--data", "grant_type=refresh_token"]);
        command.args(["--data-urlencode", &format!("refresh_token={token}")]);
        command.arg(self.server.variable("EVERGRANT_TOKEN_URL")?);
        Ok(command)
    }

    fn curl(&self) -> Result<Command> {
        let ca_file = Path::new(self.server.variable("EVERGRANT_CA_FILE")?);
        let mut command = Command::new("curl");
        // The user's own settings and proxies would be measured too.
        command.args(["--disable", "--noproxy", "*", "--silent", "--show-error"]);
        command.arg("--cacert").arg(ca_file);
        Ok(command)
    }
}

fn proven((run, output): (Run, String)) -> Result<Run> {
    if !output.contains(PROOF) {
        return Err(format!("this is not the employee: {output}").into());
    }
    Ok(run)
}

fn member<'a>(tokens: &'a Value, name: &str) -> Result<&'a str> {
    let member = tokens[name].as_str();
    member.ok_or_else(|| format!("the token endpoint gave no {name}").into())
}
