//! `refresh`: refreshes now, and says what came of it.

use evergrant::Connection;
use evergrant_gateway::span::{left, local};

use crate::args;
use crate::context::Context;
use crate::failure::Result;
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Refresh) -> Result<()> {
    let keeper = context.keeper()?;
    let settings = context.settings()?;
    let before = keeper.connection(&settings.connection).await?;
    let bearer = match args.if_older_than {
        None => keeper.refresh(&settings.connection).await?,
        Some(age) => match keeper.refresh_if_older(&settings.connection, age).await? {
            Some(bearer) => bearer,
            None => {
                tell(Some(young(&before)));
                return Ok(());
            }
        },
    };
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
        settings.home
    )));
    Ok(())
}

fn young(connection: &Connection) -> String {
    let tokens = connection.tokens();
    let since = tokens
        .obtained
        .map_or_else(String::new, |since| format!(", obtained {}", local(since)));
    let left = left(tokens.access_expires);
    format!("Not refreshed: the access token is young enough{since}, {left}")
}
