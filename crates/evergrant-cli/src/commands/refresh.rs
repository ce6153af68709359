//! `refresh`: refreshes now, and says what came of it.

use crate::context::Context;
use crate::failure::Result;
use crate::span::left;
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<()> {
    let keeper = context.keeper()?;
    let settings = context.settings()?;
    let before = keeper.connection(&settings.connection).await?;
    let bearer = keeper.refresh(&settings.connection).await?;
    let after = keeper.connection(&settings.connection).await?;
    let [old, new] = [&before, &after].map(|connection| {
        let refresh = connection.tokens().refresh.as_ref();
        refresh.map(evergrant::RefreshToken::fingerprint)
    });
    let rotated = match (old, new) {
        (Some(old), Some(new)) if old != new => format!("refresh token {old} rotated to {new}"),
        (_, Some(new)) => format!("refresh token {new} stays for now"),
        (_, None) => "there is no refresh token".to_owned(),
    };
    tell(Some(format!(
        "Refreshed: access token {}, {}; {rotated}; generation {} in {}",
        bearer.token.fingerprint(),
        left(bearer.expires),
        after.generation,
        settings.token_file.display()
    )));
    Ok(())
}
