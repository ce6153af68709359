//! The program as its users meet it: the real binary, the real sandbox, real files and sockets.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod books;
mod calls;
mod codegen;
mod coverage;
mod demo;
mod doctor;
#[expect(
    unreachable_pub,
    dead_code,
    clippy::too_many_lines,
    reason = "the code is written for a file of its own"
)]
mod generated;
mod keeping;
mod live;
mod login;
mod sealing;
mod settings;
mod stopping;
mod stores;
mod support;
mod tokens;
mod trouble;
