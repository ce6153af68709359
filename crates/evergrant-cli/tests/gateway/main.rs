//! `serve` as its callers meet it: the real program in front of the sandbox, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![cfg(unix)]

mod browser;
mod callers;
mod console;
mod console_in_browser;
mod day;
mod doors;
mod ear;
mod following;
mod gate;
mod healing;
mod intake;
mod packaging;
mod recipes;
mod slow;
mod stress;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "written for the tests of the other commands")]
mod support;
mod upkeep;
mod upstream;
mod wire;
