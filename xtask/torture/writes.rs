//! Many creates through everything that goes wrong with answers, and through deaths of the program:
//! `cargo xtask torture writes`.
//!
//! The real program carries out one long batch file against a sandbox that loses answers, throttles
//! and fails. It is killed again and again in the midst of that, and gone on with as its users are
//! told to: `--resume`. In the end every line of the file must have made one object, and none two.
//! Invoices are made, since nothing but their request's id keeps two alike from both being made.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Handle, Options, Sandbox, Where};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::args::Writes;
use crate::dice::Dice;
use crate::processes::Result;

/// A program that dies more often than this by itself gets nowhere.
const ENDS: u64 = 1000;

/// What goes wrong, of a hundred requests: an answer is lost after the deed, the company is
/// throttled, and something fails after the deed.
fn faults(seed: u64) -> [Fault; 3] {
    let failure = Effect::Answer {
        status: 500,
        headers: BTreeMap::new(),
        body: String::new(),
        after: true,
    };
    let effects = [(Effect::DropAfter, 5), (Effect::Throttle, 5), (failure, 1)];
    let mut number = seed;
    effects.map(|(effect, percent)| {
        number += 1;
        let mut fault = Fault::new(Where::Api, effect);
        fault.method = Some("POST".to_owned());
        fault.times = None;
        fault.percent = Some(percent);
        fault.seed = number;
        fault
    })
}

/// Carries the plan out; whether there is one object for each line.
///
/// # Errors
/// If something cannot be done at all.
pub(crate) fn torture(plan: &Writes) -> Result<bool> {
    let place = Place::new(plan)?;
    let before = place.count()?;
    for fault in faults(plan.seed) {
        place.sandbox.control().add_fault(fault);
    }
    let began = Instant::now();
    let course = course(&place, plan)?;
    let took = began.elapsed();
    let counters = place.sandbox.control().counters();
    place.sandbox.control().clear_faults();
    let made = place.count()? - before;
    let twice = place.made_twice()?;
    println!(
        "{} creates in {} s: {} kills, {} ends with an outcome unknown, {} of {} requests were \
         answered wrongly or not at all ({} throttled)",
        plan.creates,
        took.as_secs(),
        course.kills,
        course.ends,
        counters.faults,
        counters.requests,
        counters.throttled,
    );
    println!("{made} objects, {twice} made more than once");
    Ok(made == plan.creates && twice == 0)
}

/// How it went.
#[derive(Default)]
struct Course {
    kills: u64,
    /// How often the program ended by itself before it was through.
    ends: u64,
}

/// Runs the program until it is through.
fn course(place: &Place, plan: &Writes) -> Result<Course> {
    let mut dice = Dice::new(plan.seed);
    let requests = plan.creates.div_ceil(plan.items);
    let mut deaths: Vec<u64> = (0..plan.kills).map(|_| 1 + dice.below(requests)).collect();
    deaths.sort_unstable();
    let mut deaths = deaths.into_iter().peekable();
    let mut course = Course::default();
    loop {
        let resumes = course.kills + course.ends > 0;
        let mut process = place.start(plan, resumes)?;
        let death = deaths.peek().copied();
        match place.watch(&mut process, death, &mut dice)? {
            Some(status) if status.success() => return Ok(course),
            Some(status) if course.ends >= ENDS => {
                return Err(format!("the program ends again and again: {status}").into());
            }
            Some(_) => course.ends += 1,
            None => {
                course.kills += 1;
                deaths.next();
            }
        }
    }
}

/// A sandbox, a home and the file.
struct Place {
    sandbox: Handle,
    home: TempDir,
    _runtime: Runtime,
}

impl Place {
    fn new(plan: &Writes) -> Result<Self> {
        let runtime = Runtime::new()?;
        let mut options = Options::default();
        if let Some(seconds) = plan.retry_after {
            let name = "retry_after".to_owned();
            options.settings.insert(name, json!(seconds));
        }
        let sandbox = runtime.block_on(Sandbox::start(options))?;
        let place = Self {
            sandbox,
            home: tempfile::tempdir()?,
            _runtime: runtime,
        };
        let tokens = place.sandbox.issue_grant(place.sandbox.realm());
        place.write("token.json", &tokens.to_string())?;
        let mut lines = String::new();
        for number in 0..plan.creates {
            writeln!(lines, "{}", invoice(number))?;
        }
        place.write("creates.jsonl", &lines)?;
        Ok(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "what it writes is its own")]
    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path(name), text)?)
    }

    fn program(&self) -> Result<Command> {
        let url = self.sandbox.http_url().ok_or("no plain http")?;
        let mut command = Command::new(std::env::current_exe()?.with_file_name("evergrant"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env(
                "EVERGRANT_TOKEN_URL",
                format!("{url}/oauth2/v1/tokens/bearer"),
            )
            .env("EVERGRANT_BASE_URL", url)
            .env("EVERGRANT_CLIENT_ID", self.sandbox.client_id())
            .env("EVERGRANT_CLIENT_SECRET", self.sandbox.client_secret())
            .env("EVERGRANT_REALM", self.sandbox.realm())
            .env("EVERGRANT_TOKEN_FILE", self.path("token.json"));
        Ok(command)
    }

    fn start(&self, plan: &Writes, resumes: bool) -> Result<Child> {
        let mut command = self.program()?;
        command
            .args(["batch", "--unpaced", "--items", &plan.items.to_string()])
            .arg(self.path("creates.jsonl"));
        if resumes {
            command.arg("--resume");
        }
        let said = File::options()
            .create(true)
            .append(true)
            .open(self.path("said"))?;
        Ok(command.stdout(Stdio::null()).stderr(said).spawn()?)
    }

    /// Waits for the program's end, or for the request that is to be its last one: then it is
    /// killed a little later, and there is no status.
    fn watch(
        &self,
        process: &mut Child,
        death: Option<u64>,
        dice: &mut Dice,
    ) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = process.try_wait()? {
                return Ok(Some(status));
            }
            if death.is_some_and(|death| self.sandbox.control().counters().requests >= death) {
                thread::sleep(Duration::from_micros(dice.below(20_000)));
                process.kill()?;
                process.wait()?;
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn count(&self) -> Result<u64> {
        let said = self.ask(&["query", "select * from Invoice", "--count"])?;
        Ok(said.trim().parse()?)
    }

    /// How many of the lines have made two objects or more.
    fn made_twice(&self) -> Result<usize> {
        let said = self.ask(&[
            "list",
            "invoice",
            "--all",
            "--unpaced",
            "--path",
            "PrivateNote",
        ])?;
        let mut made: HashMap<&str, u32> = HashMap::new();
        for note in said.lines().filter(|note| note.starts_with(NOTE)) {
            *made.entry(note).or_default() += 1;
        }
        Ok(made.values().filter(|times| **times > 1).count())
    }

    fn ask(&self, words: &[&str]) -> Result<String> {
        let output = self.program()?.args(words).stderr(Stdio::null()).output()?;
        Ok(String::from_utf8(output.stdout)?)
    }
}

const NOTE: &str = "line ";

fn invoice(number: u64) -> Value {
    json!({"Invoice": {
        "CustomerRef": {"value": "1"},
        "PrivateNote": format!("{NOTE}{number}"),
        "Line": [{"Amount": 10.5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}],
    }})
}
