//! How many connections the operating system lets the gateway have.

/// What is open besides connections: the store, the logs, listeners, token exchanges.
const OTHERS: u64 = 64;

/// Raises the limit of open files as far as a process may by itself, and says how many of `wanted`
/// connections fit: each may need one to the provider too. What is left is for the store: connections
/// that are idle must not keep a token from being saved.
#[cfg(unix)]
pub(super) fn fitting(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_mul(2) + OTHERS;
    let Some(current) = now.current.filter(|current| *current < needed) else {
        return wanted;
    };
    let most = now.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(needed.min(most)),
        maximum: now.maximum,
    };
    let held = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => needed.min(most),
        Err(_) => current,
    };
    let fit = held.saturating_sub(OTHERS) / 2;
    usize::try_from(fit).unwrap_or(wanted).clamp(1, wanted)
}

/// There is no such limit there.
#[cfg(not(unix))]
pub(super) fn fitting(wanted: usize) -> usize {
    wanted
}
