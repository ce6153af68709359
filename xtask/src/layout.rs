//! `cargo xtask layout`: lets the linker put side by side what a single call runs.

use crate::step::{cargo, succeeds};

/// What the command line's build script hands to the linker.
const SCRIPT: &str = "crates/evergrant-cli/layout.ld";

/// Builds the program with its symbols, and has the script written; whether that succeeded.
pub(crate) fn run() -> bool {
    let Some(folder) = crate::bench::release_directory() else {
        return false;
    };
    let mut program = cargo([
        "rustc",
        "--release",
        "--locked",
        "--package",
        "evergrant-cli",
    ]);
    program.args(["--bin", "evergrant", "--", "-C", "strip=none"]);
    let mut writer = cargo([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "xtask",
    ]);
    writer.args(["--features", "layout", "--bin", "layout", "--"]);
    writer.arg(folder.join("evergrant")).arg(SCRIPT);
    succeeds(&mut program) && succeeds(&mut writer)
}
