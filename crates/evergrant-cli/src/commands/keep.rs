//! `keep`: runs the schedule over all connections until a signal stops it.
//!
//! What happens is told on stderr, a line for each event, with the local time and the connection's
//! name first, so that it reads as a log. A signal ends the schedule, never a refresh under way: that
//! one is saved before the program ends, however many signals come.

use evergrant::{Event, Notice};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Settings;
use crate::context::{self, Context};
use crate::failure::Result;
use crate::span::{self, local, local_second};
use crate::stop;
use crate::trace::{Voice, tell};

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, voice: Voice) -> Result<()> {
    let stopped = stop::signal();
    let all = Settings::read_all(context.given())?;
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    for builder in context::keepers(&all)? {
        let keeper = builder.on_notice(listener(voice)).build()?;
        let mut stopping = stopping.clone();
        running.spawn(async move {
            // It is an error when nobody can stop us any more, and that is to be stopped as well.
            keeper
                .run(async move { drop(stopping.wait_for(|stop| *stop).await) })
                .await;
        });
    }
    let names: Vec<String> = all.iter().map(|it| it.connection.to_string()).collect();
    tell(Some(format!("Keeping {} alive", names.join(", "))));
    stopped.await;
    tell(Some(
        "Stopping; a refresh under way is saved first".to_owned(),
    ));
    stop.send_replace(true);
    running.join_all().await;
    Ok(())
}

/// Tells each notice once: as a line of the log, or, if asked for, as an exchange.
fn listener(voice: Voice) -> impl Fn(&Notice) + Send + Sync + 'static {
    let exchanges = voice.listener();
    move |notice| match line(&notice.event) {
        Some(text) => {
            let at = local_second(notice.at);
            tell(Some(format!("{at} {}: {text}", notice.connection)));
        }
        None if voice == Voice::Exchanges => exchanges(notice),
        None => {}
    }
}

fn line(event: &Event) -> Option<String> {
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
