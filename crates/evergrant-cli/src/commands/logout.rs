//! `logout`: ends the grant at the provider. The file is kept, marked as over.

use crate::context::Context;
use crate::failure::Result;
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    context.keeper()?.disconnect(&settings.connection).await?;
    tell(Some(format!(
        "Revoked; the tokens are still in {}, but they open nothing any more",
        settings.home
    )));
    Ok(())
}
