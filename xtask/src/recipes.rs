//! `cargo xtask recipes`: the recipes of docs/recipes.md with the libraries that they are for.
//!
//! The test that runs them leaves out what is not on the machine; here the libraries are installed first,
//! at fixed versions, below the target directory.

use std::path::Path;
use std::process::Command;

use crate::conformance::target_directory;
use crate::step::{Verdict, cargo, succeeds};

const PYTHON: [&str; 2] = ["python-quickbooks==0.9.12", "requests==2.34.2"];
const NODE: &str = "node-quickbooks@2.0.50";

/// Installs, and runs the test.
pub(crate) fn run() -> Verdict {
    let Some(home) = target_directory().map(|target| target.join("recipes")) else {
        eprintln!("the target directory can't be found");
        return Verdict::Failed;
    };
    let in_home = home.to_string_lossy().into_owned();
    let made = std::fs::create_dir_all(&home).is_ok()
        && succeeds(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(home.join("venv")),
        )
        && succeeds(
            Command::new(home.join("venv/bin/pip"))
                .args(["install", "--quiet"])
                .args(PYTHON),
        )
        && succeeds(
            Command::new("npm")
                .args(["install", "--prefix", &in_home, "--no-audit", "--no-fund"])
                .args(["--ignore-scripts", "--loglevel", "error", NODE]),
        );
    if !made {
        eprintln!("the libraries could not be installed: python3 with venv, and npm are needed");
        return Verdict::NotRun;
    }
    Verdict::from(succeeds(
        cargo(["test", "--package", "evergrant-cli", "--test", "gateway"])
            .args(["--", "recipes"])
            .env("PATH", path_with(&home.join("venv/bin")))
            .env("NODE_PATH", home.join("node_modules")),
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "programs are found by it, and the libraries' one comes first"
)]
fn path_with(first: &Path) -> std::ffi::OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first.to_owned()).chain(std::env::split_paths(&rest));
    std::env::join_paths(all).unwrap_or(rest)
}
