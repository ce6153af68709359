//! `cargo xtask torture`: builds the driver in release, and starts it.

use crate::step::{cargo, succeeds};

/// Hands `args` to the driver; whether it succeeded.
pub(crate) fn run(args: &[String]) -> bool {
    let mut driver = cargo(["run", "--release", "--locked", "--quiet"]);
    driver.args(["--package", "xtask", "--features", "torture"]);
    driver.args(["--bin", "torture", "--"]);
    succeeds(driver.args(args))
}
