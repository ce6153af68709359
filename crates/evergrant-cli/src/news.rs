//! What happens to grants, as lines of a log: the ones that somebody may want to know later.

use evergrant::Event;
use evergrant_gateway::span::{self, local, local_second};

/// The line for an event; most events are steps on the way to another and have none.
pub(crate) fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Refreshed {
            reason,
            rotated,
            generation,
            expires,
        } => {
            let token = if *rotated { "rotated" } else { "stays for now" };
            let end = expires.map(|end| format!(", good until {}", local(end)));
            format!(
                "refreshed, because {reason}: generation {generation}{}; the refresh token {token}",
                end.unwrap_or_default()
            )
        }
        Event::RefreshFailed {
            detail,
            failures,
            retry_at,
            ..
        } => {
            let next = retry_at.map(|at| format!(", not again before {}", local_second(at)));
            format!(
                "the refresh failed ({failures} in a row{}): {detail}",
                next.unwrap_or_default()
            )
        }
        Event::Undurable { detail } => format!(
            "WARNING: the new tokens can't be saved yet and are held in memory; do not kill this \
             process: {detail}"
        ),
        Event::Adopted { generation } => {
            format!("generation {generation}, saved by somebody else, is used from now on")
        }
        Event::PutBack { generation } => format!(
            "WARNING: the store has gone back to an older state; generation {generation} was put back \
             from memory"
        ),
        Event::Expiring { warning, .. } => {
            format!("WARNING: {}; log in again before", span::warning(warning))
        }
        Event::Stalled { detail, .. } => format!("WARNING: can't be kept alive: {detail}"),
        Event::Lapsed { lapse } => {
            format!("WARNING: lapsed: {lapse}; left alone until there is a new login")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use evergrant::{End, ErrorKind, Generation, Lapse, Reason, Warning};
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn what_matters_is_a_line_and_the_rest_is_none() {
        let warning = Warning {
            end: End::Hard,
            days: 7,
            at: Timestamp::MAX,
        };
        for (event, expected) in [
            (
                Event::Refreshed {
                    reason: Reason::Idle,
                    rotated: true,
                    generation: Generation(3),
                    expires: None,
                },
                Some(
                    "refreshed, because the grant must not idle out: generation 3; the refresh token rotated",
                ),
            ),
            (
                Event::Expiring {
                    warning,
                    left: SignedDuration::ZERO,
                },
                Some("WARNING: the grant reaches its hard end, "),
            ),
            (
                Event::Stalled {
                    kind: ErrorKind::Store,
                    detail: "it is read-only".to_owned(),
                },
                Some("WARNING: can't be kept alive: it is read-only"),
            ),
            (
                Event::Lapsed {
                    lapse: Lapse::Disconnected,
                },
                Some("WARNING: lapsed: the grant was revoked on request"),
            ),
            (Event::Leased, None),
        ] {
            let line = line(&event);
            match expected {
                Some(start) => assert!(line.unwrap().starts_with(start), "{event:?}"),
                None => assert_eq!(line, None),
            }
        }
    }
}
