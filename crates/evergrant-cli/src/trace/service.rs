//! What the gateway logs, as lines of the server's log.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::log;

/// Whose events these are.
pub(super) const TARGET: &str = "evergrant_gateway";

/// Writes each event as a line: a warning begins with that word, and the connection that it is about
/// stands where it does in all lines.
pub(super) struct Lines;

#[derive(Default)]
struct Line {
    connection: Option<String>,
    text: String,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        if *event.metadata().level() <= Level::WARN {
            line.text.push_str("WARNING: ");
        }
        event.record(&mut line);
        log(line.connection.as_deref(), &line.text);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "connection" => self.connection = Some(value.to_owned()),
            _ => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a String does not fail.
            let _ = write!(self.text, "{value:?}");
        }
    }
}
