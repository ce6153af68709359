//! `keep`: runs the schedule over all connections until a signal stops it.
//!
//! What happens is told on stderr, a line for each event, with the local time and the connection's
//! name first, so that it reads as a log. A signal ends the schedule, never a refresh under way: that
//! one is saved before the program ends, however many signals come.
//!
//! Connections that are added to `evergrant.toml`, taken out of it or changed there are noticed within
//! seconds. A file that can't be read is told of, and changes nothing.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use evergrant::{ClientSecret, Notice};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Fleet, Settings};
use crate::context::{self, Context};
use crate::failure::{Failure, Result};
use crate::news;
use crate::report;
use crate::span::local_second;
use crate::stop;
use crate::trace::{Voice, tell};

/// How often the settings are read again: it costs next to nothing, and whoever has changed them is
/// still looking.
const LOOK: Duration = Duration::from_secs(2);

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, voice: Voice) -> Result<()> {
    let mut stopped = pin!(stop::signal());
    let mut keeping = Keeping::new(voice);
    keeping.keep(&Fleet::read(context.given())?)?;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            () = tokio::time::sleep(LOOK) => keeping.look_again(Fleet::read(context.given())),
        }
    }
    tell(Some(
        "Stopping; a refresh under way is saved first".to_owned(),
    ));
    keeping.end().await;
    Ok(())
}

/// The keepers at work.
struct Keeping {
    voice: Voice,
    /// Stops those that work by the present settings.
    stop: watch::Sender<bool>,
    /// All of them, those too that were stopped and still end a refresh.
    running: JoinSet<()>,
    /// The present settings, as far as they matter.
    shapes: BTreeSet<Shape>,
    /// Why the settings could not be followed, when they were last read.
    trouble: Option<String>,
}

/// A connection's name, and all that is set for it.
type Shape = (String, String);

impl Keeping {
    fn new(voice: Voice) -> Self {
        Self {
            voice,
            stop: watch::Sender::new(false),
            running: JoinSet::new(),
            shapes: BTreeSet::new(),
            trouble: None,
        }
    }

    /// Follows these settings from now on. Keepers by older ones end what they have begun; one lease
    /// at a time keeps them apart from the new ones.
    fn keep(&mut self, fleet: &Fleet) -> Result<()> {
        let voice = self.voice;
        let built: Vec<_> = context::keepers(fleet)?
            .into_iter()
            .map(|builder| builder.on_notice(listener(voice)).build())
            .collect::<Result<_, _>>()?;
        self.stop.send_replace(true);
        self.stop = watch::Sender::new(false);
        for keeper in built {
            let mut stopping = self.stop.subscribe();
            self.running.spawn(async move {
                // It is an error when nobody can stop us any more, and that is to be stopped as well.
                keeper
                    .run(async move { drop(stopping.wait_for(|stop| *stop).await) })
                    .await;
            });
        }
        self.shapes = shapes(fleet);
        let names: Vec<&str> = self.shapes.iter().map(|(name, _)| name.as_str()).collect();
        tell(Some(format!("Keeping {} alive", names.join(", "))));
        Ok(())
    }

    fn look_again(&mut self, read: Result<Fleet>) {
        while self.running.try_join_next().is_some() {}
        let followed = read.and_then(|fleet| {
            let shapes = shapes(&fleet);
            if shapes == self.shapes {
                return Ok(());
            }
            tell(Some(format!(
                "Settings changed: {}",
                change(&self.shapes, &shapes)
            )));
            self.keep(&fleet)
        });
        match followed {
            Ok(()) => self.trouble = None,
            Err(failure) => self.complain(&failure),
        }
    }

    /// Once for each trouble.
    fn complain(&mut self, failure: &Failure) {
        let trouble = format!("{failure:?}");
        if self.trouble.as_ref() == Some(&trouble) {
            return;
        }
        report::print(failure, None);
        tell(Some("Going on with the settings as they were".to_owned()));
        self.trouble = Some(trouble);
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.running.join_all().await;
    }
}

/// What all that is kept looks like.
fn shapes(fleet: &Fleet) -> BTreeSet<Shape> {
    let named = fleet.named.iter().map(shape);
    let others = fleet.others.iter().map(|others| {
        let (_, shown) = shape(others);
        (format!("all in {}", others.home), shown)
    });
    named.chain(others).collect()
}

/// Two settings that show alike are alike: secrets do not show, so the client's is named.
fn shape(settings: &Settings) -> Shape {
    let secret = settings.client_secret().ok().flatten();
    let secret = secret.as_ref().map(ClientSecret::fingerprint);
    (
        settings.connection.to_string(),
        format!("{settings:?} {secret:?}"),
    )
}

fn change(before: &BTreeSet<Shape>, after: &BTreeSet<Shape>) -> String {
    let names = |shapes: &BTreeSet<Shape>| -> BTreeSet<String> {
        shapes.iter().map(|(name, _)| name.clone()).collect()
    };
    let (old, new) = (names(before), names(after));
    let other = names(&after.difference(before).cloned().collect());
    let parts = [
        ("added", new.difference(&old).cloned().collect::<Vec<_>>()),
        ("removed", old.difference(&new).cloned().collect()),
        ("changed", other.intersection(&old).cloned().collect()),
    ];
    let told = parts.iter().filter(|(_, names)| !names.is_empty());
    let told: Vec<_> = told
        .map(|(what, names)| format!("{what} {}", names.join(", ")))
        .collect();
    told.join("; ")
}

/// Tells each notice once: as a line of the log, or, if asked for, as an exchange.
fn listener(voice: Voice) -> impl Fn(&Notice) + Send + Sync + 'static {
    let exchanges = voice.listener();
    move |notice| match news::line(&notice.event) {
        Some(text) => {
            let at = local_second(notice.at);
            tell(Some(format!("{at} {}: {text}", notice.connection)));
        }
        None if voice == Voice::Exchanges => exchanges(notice),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_told_by_name() {
        let shapes = |all: &[(&str, &str)]| -> BTreeSet<Shape> {
            let own = |(name, set): &(&str, &str)| (name.to_string(), set.to_string());
            all.iter().map(own).collect()
        };
        let before = shapes(&[("acme", "1"), ("bolt", "1"), ("coil", "1")]);
        let after = shapes(&[("acme", "1"), ("bolt", "2"), ("dent", "1")]);
        assert_eq!(
            change(&before, &after),
            "added dent; removed coil; changed bolt"
        );
        assert_eq!(change(&after, &after), "");
    }
}
