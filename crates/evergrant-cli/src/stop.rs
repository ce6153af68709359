//! The signals that stop a program: Ctrl-C (SIGINT), SIGTERM, and SIGHUP when the terminal goes away.

use std::future::Future;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// Resolves when a signal asks the program to stop, to the way it then ends. Listening begins with
/// this call, not with the first poll, so that no signal is lost in between.
pub(crate) fn asked() -> impl Future<Output = Exit> {
    #[cfg(unix)]
    {
        let listeners = Listeners::new();
        async move {
            // Without listeners the system's default applies, and ends the program.
            match listeners {
                Ok(listeners) => listeners.first().await,
                Err(_) => std::future::pending().await,
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

#[cfg(unix)]
struct Listeners {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Listeners {
    fn new() -> std::io::Result<Self> {
        let hangup = may_be_hung_up().then(|| signal(SignalKind::hangup()));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    async fn first(mut self) -> Exit {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = hangup => Exit::HungUp,
        }
    }
}

/// Whether the closing of the terminal is this program's business: who was started by `nohup` ignores
/// it, and to listen would undo that. Where that can't be seen, the system's default stays.
#[cfg(unix)]
fn may_be_hung_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is signal 1, SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 0)
}
