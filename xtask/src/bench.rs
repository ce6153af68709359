//! `cargo xtask bench`: builds what is measured and what measures, in release, and starts it.

use std::path::PathBuf;
use std::process::Command;

use crate::step::{cargo, succeeds};

/// What measures.
const PROGRAMS: [&str; 4] = ["bench", "bench-probe", "bench-bare", "bench-bare-server"];

/// Builds, then hands `args` to the measuring program; whether it succeeded.
pub(crate) fn run(args: &[String]) -> bool {
    let Some(release) = release_directory() else {
        eprintln!("the target directory can't be found");
        return false;
    };
    build() && succeeds(Command::new(release.join("bench")).args(args))
}

/// Fills stores with connections and keeps them alive; whether nothing was lost.
pub(crate) fn fleet() -> bool {
    let mut test = cargo(["test", "--release", "--locked", "--package", "evergrant"]);
    test.args(["--all-features", "--test", "fleet", "--"]);
    succeeds(test.args(["--ignored", "--nocapture"]))
}

/// The product by itself first: built together, the two would share the union of their
/// dependencies' features, and what is measured would not be what users get.
fn build() -> bool {
    let release = |package| cargo(["build", "--release", "--locked", "--package", package]);
    let programs = PROGRAMS.into_iter().flat_map(|name| ["--bin", name]);
    succeeds(&mut release("evergrant-cli"))
        && succeeds(
            release("xtask")
                .args(["--features", "bench"])
                .args(programs),
        )
}

/// Beside the directory that this very program was built into, whatever the target directory is.
pub(crate) fn release_directory() -> Option<PathBuf> {
    let debug = std::env::current_exe().ok()?.parent()?.to_owned();
    Some(debug.parent()?.join("release"))
}
