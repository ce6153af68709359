//! The suites: what they are installed from, how they are run, what in them can pass nowhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::step::{output, said};

/// A test suite that came with somebody's package.
pub(super) struct Suite {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// How many tests it has.
    pub(super) tests: usize,
    /// Programs that it needs, each with arguments that make it end at once.
    pub(super) tools: &'static [&'static [&'static str]],
    /// The script in `xtask/conformance` that points it at the sandbox.
    pub(super) set_up: &'static str,
    /// Commands that install it, run by `sh` in its folder.
    install: &'static [&'static str],
    /// Where its tests are, below its folder.
    place: &'static str,
    /// What runs them; `{}` stands for its folder.
    run: &'static [&'static str],
    /// Reads what became of its tests from what it said.
    outcomes: fn(&str) -> Vec<Outcome>,
    /// Tests that can pass nowhere, by how their name begins, and why.
    broken: &'static [(&'static str, &'static str)],
}

/// What became of a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) test: String,
    pub(super) passed: bool,
}

pub(super) const SUITES: [Suite; 4] = [
    Suite {
        name: "node-quickbooks",
        version: "2.0.50",
        tests: 58,
        tools: &[
            &["node", "--version"],
            &["npm", "--version"],
            &["bash", "--version"],
        ],
        set_up: "node-quickbooks.sh",
        install: &[
            "npm install --prefix . --no-audit --no-fund --ignore-scripts --loglevel error \
             node-quickbooks@2.0.50 mocha@10.1.0 expect@0.1.1 async@0.9.0 moment@2.30.1",
        ],
        place: "node_modules/node-quickbooks",
        // The one that leaves something behind where it breaks comes last.
        run: &[
            "{}/node_modules/.bin/mocha",
            "--reporter",
            "tap",
            "test/index.js",
            "test/batch.js",
            "test/charge.js",
            "test/cdc.js",
        ],
        outcomes: |said| said.lines().filter_map(tap).collect(),
        broken: &[
            (
                "Change Data Capture",
                "its library can't read the moment object that the test passes as a date",
            ),
            (
                "Charge Api",
                "it is about payments, and its library has lost the functions that it calls",
            ),
        ],
    },
    Suite {
        name: "qbo-cli",
        version: "0.9.0",
        tests: 29,
        tools: &[
            &["python3", "-c", "import venv, ensurepip"],
            &["bash", "--version"],
        ],
        set_up: "qbo-cli.sh",
        install: &[
            "python3 -m venv venv",
            "venv/bin/pip download --quiet --no-deps --no-binary :all: --dest . qbo-cli==0.9.0",
            "tar -xzf qbo_cli-0.9.0.tar.gz",
            "venv/bin/pip install --quiet ./qbo_cli-0.9.0 pytest==9.2.0 pytest-mock==3.17.0 uv==0.13.9",
        ],
        place: "qbo_cli-0.9.0",
        run: &[
            "{}/venv/bin/pytest",
            "-m",
            "live",
            "-vv",
            "-p",
            "no:cacheprovider",
        ],
        outcomes: |said| said.lines().filter_map(pytest).collect(),
        broken: &[],
    },
    Suite {
        name: "quickbooks-api",
        version: "0.6.2",
        tests: 78,
        tools: &[
            &["node", "--version"],
            &["npm", "--version"],
            &["bash", "--version"],
        ],
        set_up: "quickbooks-api.sh",
        install: &[
            "npm pack --silent quickbooks-api@0.6.2",
            "tar -xzf quickbooks-api-0.6.2.tgz",
            "npm install --prefix . --no-audit --no-fund --ignore-scripts --loglevel error bun@1.4.5",
            // The installer's own script, which only puts the program into its place.
            "cd node_modules/bun && node install.js",
        ],
        place: "package",
        run: &[
            "{}/node_modules/.bin/bun",
            "test",
            "--timeout",
            "15000",
            "./__live-tests__",
        ],
        outcomes: bun,
        broken: &[],
    },
    // A copy of python-quickbooks, whose own packages leave its live tests out.
    Suite {
        name: "quickbooks-pinecone",
        version: "0.8.7",
        tests: 42,
        tools: &[
            // Its tests call what Python 3.12 no longer has.
            &[
                "python3",
                "-c",
                "import venv, ensurepip, unittest; unittest.TestCase.assertEquals",
            ],
            &["bash", "--version"],
        ],
        set_up: "quickbooks-pinecone.sh",
        install: &[
            "python3 -m venv venv",
            "venv/bin/pip install --quiet quickbooks-pinecone==0.8.7 pytest==9.2.0",
            "ln -sfn venv/lib/python3*/site-packages packages",
        ],
        place: "packages",
        run: &[
            "{}/venv/bin/pytest",
            "-vv",
            "-W",
            "ignore",
            "-p",
            "no:cacheprovider",
            "tests/integration",
        ],
        outcomes: |said| said.lines().filter_map(pytest).collect(),
        broken: &[],
    },
];

impl Suite {
    /// Installs it below `home`, unless that has been done before.
    ///
    /// # Errors
    /// What the installer said.
    pub(super) fn install(&self, home: &Path) -> Result<(), String> {
        let done = home.join("installed");
        if fs::read_to_string(&done).is_ok_and(|version| version == self.version) {
            return Ok(());
        }
        fs::create_dir_all(home).map_err(|error| error.to_string())?;
        for line in self.install {
            println!("  {line}");
            let mut command = Command::new("sh");
            output(command.args(["-c", line]).current_dir(home))?;
        }
        write(&done, self.version)
    }

    /// Sets it up and runs it; what became of its tests.
    ///
    /// # Errors
    /// If it could not be started.
    pub(super) fn play(
        &self,
        home: &Path,
        set_up: &Path,
        environment: &[(String, String)],
    ) -> Result<Vec<Outcome>, String> {
        let folder = home.to_string_lossy();
        let run = self.run.iter().map(|word| word.replace("{}", &folder));
        let mut command = Command::new("bash");
        command
            .args(["-eu", "-c", r#". "$0"; exec "$@""#])
            .arg(set_up)
            .args(run)
            .current_dir(home.join(self.place))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("SUITE", home);
        let (said, log) = (said(&mut command)?, home.join("log.txt"));
        write(&log, &said)?;
        println!("  {} has all that it said", log.display());
        Ok((self.outcomes)(&said))
    }

    /// Why a test can pass nowhere, if that is so.
    pub(super) fn reason(&self, test: &str) -> Option<&'static str> {
        self.broken
            .iter()
            .find(|(start, _)| test.starts_with(start))
            .map(|(_, reason)| *reason)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is lost with the machine is made again"
)]
fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}", path.display()))
}

/// `ok 1 Title` and `not ok 2 Title`, as the Test Anything Protocol has it.
fn tap(line: &str) -> Option<Outcome> {
    let (passed, rest) = match line.strip_prefix("not ok ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok ")?),
    };
    let (number, test) = rest.split_once(' ')?;
    number.parse::<usize>().ok()?;
    Some(Outcome {
        test: test.to_owned(),
        passed: passed && !test.contains("# SKIP"),
    })
}

/// `tests/test_live.py::test_smoke_query PASSED  [ 3%]`.
fn pytest(line: &str) -> Option<Outcome> {
    let (test, rest) = line.split_once(' ')?;
    let (_, test) = test.split_once("::")?;
    let verdict = rest.split_whitespace().next()?;
    ["PASSED", "FAILED", "SKIPPED", "ERROR"]
        .contains(&verdict)
        .then(|| Outcome {
            test: test.to_owned(),
            passed: verdict == "PASSED",
        })
}

/// `(pass) Group > title [1.20ms]` and `(fail) …`, each once: those that failed are told again at the end.
fn bun(said: &str) -> Vec<Outcome> {
    let is_epilogue = |line: &&str| line.ends_with(" tests failed:");
    let outcome = |line: &str| {
        let (verdict, rest) = line.strip_prefix('(')?.split_once(") ")?;
        let test = rest.rsplit_once(" [").map_or(rest, |(test, _)| test);
        ["pass", "fail", "skip", "todo"]
            .contains(&verdict)
            .then(|| Outcome {
                test: test.to_owned(),
                passed: verdict == "pass",
            })
    };
    let lines = said.lines().take_while(|line| !is_epilogue(line));
    lines.filter_map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(test: &str, passed: bool) -> Option<Outcome> {
        let test = test.to_owned();
        Some(Outcome { test, passed })
    }

    #[test]
    fn outcomes_are_read_from_what_runners_print() {
        assert_eq!(tap("ok 1 Query a b"), outcome("Query a b", true));
        assert_eq!(tap("not ok 12 Query a"), outcome("Query a", false));
        assert_eq!(tap("ok 1 a # SKIP -"), outcome("a # SKIP -", false));
        assert_eq!(tap("ok then"), None);
        assert_eq!(tap("# pass 3"), None);
        let passed = "tests/test_live.py::test_a PASSED      [  3%]";
        assert_eq!(pytest(passed), outcome("test_a", true));
        assert_eq!(
            pytest("tests/t.py::test_b SKIPPED (no)  [ 3%]"),
            outcome("test_b", false)
        );
        assert_eq!(pytest("FAILED tests/t.py::test_b - assert"), None);
        let said =
            "(pass) A > b [1.2ms]\n(fail) A > c\nerror: x\n\n1 tests failed:\n(fail) A > c\n";
        let expected = [outcome("A > b", true), outcome("A > c", false)];
        assert_eq!(bun(said), expected.map(Option::unwrap));
    }

    #[test]
    fn set_up_is_ten_lines_at_most() {
        for suite in SUITES {
            let script = crate::step::root()
                .join("xtask/conformance")
                .join(suite.set_up);
            let lines = fs::read_to_string(script).unwrap().lines().count();
            assert!(lines <= 10, "{}: {lines} lines", suite.set_up);
        }
    }
}
