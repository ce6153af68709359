//! `cargo xtask torture`: builds the driver in release, and starts it.

use crate::step::{cargo, succeeds};

/// Hands `args` to the driver; whether it succeeded.
pub(crate) fn run(args: &[String]) -> bool {
    // It lets the real program write.
    let needs_program = args.first().is_some_and(|first| first == "writes");
    let mut program = cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "evergrant-cli",
    ]);
    if needs_program && !succeeds(&mut program) {
        return false;
    }
    let mut driver = cargo(["run", "--release", "--locked", "--quiet"]);
    driver.args(["--package", "xtask", "--features", "torture"]);
    driver.args(["--bin", "torture", "--"]);
    succeeds(driver.args(args))
}

/// Lives a day on the sandbox's clock in front of a gateway that is killed each hour; whether no call
/// failed.
pub(crate) fn day() -> bool {
    gateway("day::")
}

/// Keeps ten thousand idle connections open to a gateway; whether others are served as before.
pub(crate) fn idle() -> bool {
    gateway("slow::ten_thousand")
}

/// Runs those tests of the gateway that take long.
fn gateway(tests: &str) -> bool {
    let mut test = cargo([
        "test",
        "--release",
        "--locked",
        "--package",
        "evergrant-cli",
    ]);
    test.args(["--test", "gateway", "--", "--ignored", "--nocapture"]);
    succeeds(test.arg(tests))
}

/// Lets many processes share one grant in Postgres while all sorts of things go wrong; whether each
/// token was spent once.
pub(crate) fn hosts() -> bool {
    let mut test = cargo(["test", "--release", "--locked", "--package", "evergrant"]);
    test.args(["--all-features", "--test", "hosts", "--"]);
    succeeds(test.args(["--ignored", "--nocapture"]))
}
