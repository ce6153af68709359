//! The program as its users meet it: the real binary, the real sandbox, real files and sockets.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod calls;
mod demo;
mod doctor;
mod keeping;
mod login;
mod settings;
mod stopping;
mod support;
mod tokens;
mod trouble;
