//! `cargo xtask codegen`: writes what is made of `schema/quickbooks.json`.
//!
//! The generator is the test that finds stale files; told to, it writes them.

use crate::step::{cargo, succeeds};

/// Runs the generator; whether it succeeded.
pub(crate) fn run() -> bool {
    let mut generator = cargo(["test", "--quiet", "--package", "evergrant-quickbooks"]);
    generator.args(["--test", "codegen"]);
    succeeds(generator.env("EVERGRANT_CODEGEN", "write"))
}
