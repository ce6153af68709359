//! `token`: prints an access token, alone on stdout, for other programs to use.

use jiff::SignedDuration;

use crate::args;
use crate::context::Context;
use crate::failure::Result;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Token) -> Result<()> {
    let keeper = context.keeper()?;
    let connection = &context.settings()?.connection;
    let life = SignedDuration::from_secs(args.min_life.into());
    let bearer = keeper.bearer_with(connection, life).await?;
    context.output().line(bearer.token.expose())
}
