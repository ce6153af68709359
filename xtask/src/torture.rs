//! `cargo xtask torture`: builds the driver in release, and starts it.

use crate::step::{cargo, succeeds};

/// Hands `args` to the driver; whether it succeeded.
pub(crate) fn run(args: &[String]) -> bool {
    let mut driver = cargo(["run", "--release", "--locked", "--quiet"]);
    driver.args(["--package", "xtask", "--features", "torture"]);
    driver.args(["--bin", "torture", "--"]);
    succeeds(driver.args(args))
}

/// Lets many processes share one grant in Postgres while all sorts of things go wrong; whether each
/// token was spent once.
pub(crate) fn hosts() -> bool {
    let mut test = cargo(["test", "--release", "--locked", "--package", "evergrant"]);
    test.args(["--all-features", "--test", "hosts", "--"]);
    succeeds(test.args(["--ignored", "--nocapture"]))
}
