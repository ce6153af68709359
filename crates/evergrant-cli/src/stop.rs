//! The signals that stop a program: Ctrl-C (SIGINT) and SIGTERM.

use std::future::Future;

use crate::exit::Exit;

/// Resolves when a signal asks the program to stop, to the way it then ends. Listening begins with
/// this call, not with the first poll, so that no signal is lost in between.
pub(crate) fn signal() -> impl Future<Output = Exit> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listeners = signal(SignalKind::interrupt())
            .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
        async move {
            // Without listeners the system's default applies, and ends the program.
            let Ok((mut interrupt, mut terminate)) = listeners else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => Exit::Interrupted,
                _ = terminate.recv() => Exit::Terminated,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
