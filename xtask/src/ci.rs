//! What a change must pass before it lands.

use crate::step::{Steps, cargo, report, root, succeeds};
use crate::{conformance, policy, test, tidy};

/// Every check, then the tests, so that their result ends the output.
pub(crate) fn all() -> bool {
    let mut steps = Steps::default();
    add_lint(&mut steps);
    steps.run("policy", policy);
    steps.run("tidy", tidy);
    steps.run("conformance", || conformance::run(&[]));
    steps.run("tests", || test::run(&[]));
    steps.finish()
}

/// Formatting, clippy, documentation.
pub(crate) fn lint() -> bool {
    let mut steps = Steps::default();
    add_lint(&mut steps);
    steps.finish()
}

/// What is depended on.
pub(crate) fn policy() -> bool {
    policy::check(&root())
}

/// What the tree looks like.
pub(crate) fn tidy() -> bool {
    report(&tidy::check(&root()))
}

fn add_lint(steps: &mut Steps) {
    steps.run("formatting", || {
        succeeds(&mut cargo(["fmt", "--all", "--check"]))
    });
    steps.run("clippy", || {
        let mut clippy = cargo(["clippy", "--workspace", "--all-targets", "--all-features"]);
        succeeds(clippy.args(["--locked", "--", "-D", "warnings"]))
    });
    steps.run("documentation", documentation);
}

/// The libraries' pages. The binary has the same name as the main library and is documented by
/// its own `--help`.
fn documentation() -> bool {
    let mut doc = cargo(["doc", "--workspace", "--lib", "--no-deps", "--locked"]);
    succeeds(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
