//! The commands, one file each.

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

/// Runs a command to its end.
#[expect(
    clippy::cognitive_complexity,
    reason = "it is a table with a line for each command"
)]
pub(crate) async fn run(command: &Command, context: &Context, voice: Voice) -> Result<()> {
    match command {
        Command::Demo(args) => demo::run(args, voice).await,
        Command::Get(args) => get::run(context, args).await,
        Command::List(args) => list::run(context, args).await,
        Command::Query(args) => query::run(context, args).await,
        Command::Create(args) => write::create(context, args).await,
        Command::Update(args) => write::update(context, args).await,
        Command::Delete(args) => write::delete(context, args).await,
        Command::Void(args) => write::void(context, args).await,
        Command::Send(args) => write::send(context, args).await,
        Command::Pdf(args) => pdf::run(context, args).await,
        Command::Batch(args) => batch::run(context, args).await,
        Command::Cdc(args) => cdc::run(context, args).await,
        Command::Attach(args) => attach::run(context, args).await,
        Command::Report(args) => report::run(context, args).await,
        Command::Usage => usage::run(context),
        Command::Webhook(args) => match &args.action {
            args::Verifying::Verify(args) => webhook::verify(context, args).await,
            args::Verifying::Queue => webhook::queue(context),
        },
        Command::Schema(args) => schema::run(context, args),
        Command::Api(args) => api::run(context, args).await,
        Command::Codegen(args) => codegen::run(context, args).await,
        Command::Token(args) => token::run(context, args).await,
        Command::Refresh(args) => refresh::run(context, args).await,
        Command::Keep => keep::run(context, voice).await,
        Command::Serve(args) => serve::run(context, args, voice).await,
        Command::Key(args) => key::run(context, args),
        Command::Console => console::run(context),
        Command::Exec(args) => exec::run(context, args),
        Command::Explain(args) => explain::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Login(args) => login::run(context, args).await,
        Command::Logout => logout::run(context).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Export(args) => export::run(context, args).await,
        Command::Connections(args) => connections::run(context, args).await,
        Command::Sandbox(args) => sandbox::run(context, args).await,
        Command::Seal(args) => seal::seal(context, args).await,
        Command::Unseal => seal::unseal(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::ExitCodes => exit_codes::run(context),
        Command::Completions(args) => completions::run(context, args),
    }
}
