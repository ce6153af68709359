//! Asking before something is done that can't be undone.

use std::io::{IsTerminal as _, Write as _};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Whether anybody is there to ask.
///
/// # Errors
/// If stdin is no terminal.
pub(crate) fn possible(verb: &str) -> Result<()> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    let what = format!("{verb} asks before it goes on, and stdin is no terminal");
    Err(Failure::new(
        Exit::Usage,
        what,
        "nothing was sent: to go on without being asked, add --yes",
    ))
}

/// Asks.
///
/// # Errors
/// If the answer is not yes.
pub(crate) async fn ask(question: &str) -> Result<()> {
    let asked = format!("{question} [y/N] ");
    let answer = tokio::task::spawn_blocking(move || {
        let mut stderr = std::io::stderr().lock();
        drop(
            stderr
                .write_all(asked.as_bytes())
                .and_then(|()| stderr.flush()),
        );
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let answer = answer
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .unwrap_or_default();
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "nothing was sent", ""))
}
