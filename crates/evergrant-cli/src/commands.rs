//! The commands, one file each.

use std::pin::Pin;

use crate::args::{self, Command};
use crate::context::Context;
use crate::failure::Result;
use crate::trace::Voice;

mod api;
mod attach;
mod batch;
mod cdc;
mod codegen;
mod completions;
mod confirm;
mod connections;
mod console;
mod demo;
mod doctor;
mod exec;
mod exit_codes;
pub(crate) mod explain;
mod export;
mod file;
mod get;
mod import;
mod input;
mod keep;
pub(crate) mod key;
mod list;
mod login;
mod logout;
mod pdf;
mod progress;
mod query;
mod refresh;
mod report;
mod sandbox;
mod schema;
mod seal;
mod serve;
mod status;
mod suggest;
mod token;
mod usage;
mod webhook;
mod write;

/// A command that is being run: each in a box of its own, so that one small command does not carry
/// the others' state and code along.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Runs a command to its end.
pub(crate) fn run<'a>(command: &'a Command, context: &'a Context, voice: Voice) -> Running<'a> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args, voice)),
        Command::Get(args) => Box::pin(get::run(context, args)),
        Command::List(args) => Box::pin(list::run(context, args)),
        Command::Query(args) => Box::pin(query::run(context, args)),
        Command::Create(args) => Box::pin(write::create(context, args)),
        Command::Update(args) => Box::pin(write::update(context, args)),
        Command::Delete(args) => Box::pin(write::delete(context, args)),
        Command::Void(args) => Box::pin(write::void(context, args)),
        Command::Send(args) => Box::pin(write::send(context, args)),
        Command::Pdf(args) => Box::pin(pdf::run(context, args)),
        Command::Batch(args) => Box::pin(batch::run(context, args)),
        Command::Cdc(args) => Box::pin(cdc::run(context, args)),
        Command::Attach(args) => Box::pin(attach::run(context, args)),
        Command::Report(args) => Box::pin(report::run(context, args)),
        Command::Usage => Box::pin(async move { usage::run(context) }),
        Command::Webhook(args) => match &args.action {
            args::Verifying::Verify(args) => Box::pin(webhook::verify(context, args)),
            args::Verifying::Queue => Box::pin(async move { webhook::queue(context) }),
        },
        Command::Schema(args) => Box::pin(async move { schema::run(context, args) }),
        Command::Api(args) => Box::pin(api::run(context, args)),
        Command::Codegen(args) => Box::pin(codegen::run(context, args)),
        Command::Token(args) => Box::pin(token::run(context, args)),
        Command::Refresh(args) => Box::pin(refresh::run(context, args)),
        Command::Keep => Box::pin(keep::run(context, voice)),
        Command::Serve(args) => Box::pin(serve::run(context, args, voice)),
        Command::Key(args) => Box::pin(async move { key::run(context, args) }),
        Command::Console => Box::pin(async move { console::run(context) }),
        Command::Exec(args) => Box::pin(exec::run(context, args)),
        Command::Explain(args) => Box::pin(explain::run(context, args)),
        Command::Status(args) => Box::pin(status::run(context, args)),
        Command::Login(args) => Box::pin(login::run(context, args)),
        Command::Logout => Box::pin(logout::run(context)),
        Command::Import(args) => Box::pin(import::run(context, args)),
        Command::Export(args) => Box::pin(export::run(context, args)),
        Command::Connections(args) => Box::pin(connections::run(context, args)),
        Command::Sandbox(args) => Box::pin(sandbox::run(context, args)),
        Command::Seal(args) => Box::pin(seal::seal(context, args)),
        Command::Unseal => Box::pin(seal::unseal(context)),
        Command::Doctor => Box::pin(doctor::run(context)),
        Command::ExitCodes => Box::pin(async move { exit_codes::run(context) }),
        Command::Completions(args) => Box::pin(async move { completions::run(context, args) }),
    }
}
