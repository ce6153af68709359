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

use evergrant::Notice;
use evergrant_gateway::span::local_second;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Fleet, Shape, change};
use crate::context::{self, Context};
use crate::failure::{Failure, Result};
use crate::news;
use crate::report;
use crate::stop;
use crate::trace::{Voice, tell};

/// How often the settings are read again: it costs next to nothing, and whoever has changed them is
/// still looking.
const LOOK: Duration = Duration::from_secs(2);

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, voice: Voice) -> Result<()> {
    let mut stopped = pin!(stop::asked());
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
        self.shapes = fleet.shapes();
        let names: Vec<&str> = self.shapes.iter().map(|(name, _)| name.as_str()).collect();
        tell(Some(format!("Keeping {} alive", names.join(", "))));
        Ok(())
    }

    fn look_again(&mut self, read: Result<Fleet>) {
        while self.running.try_join_next().is_some() {}
        let followed = read.and_then(|fleet| {
            let shapes = fleet.shapes();
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
