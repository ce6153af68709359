//! The sandbox from outside: real sockets, raw HTTP, bytes compared with what is recorded of Intuit.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod api;
mod client;
mod company;
mod consent;
mod control;
mod documents;
mod faults;
mod languages;
mod lifecycle;
mod oauth;
mod proxy;
mod remote;
mod settings;
mod tls;
mod webhooks;
