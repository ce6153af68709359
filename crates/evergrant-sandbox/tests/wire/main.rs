//! The sandbox from outside: real sockets, raw HTTP, bytes compared with what is recorded of Intuit.

mod api;
mod client;
mod consent;
mod control;
mod faults;
mod lifecycle;
mod oauth;
mod tls;
