//! Where what happens to grants is taken in: counted, rung out, shown and logged.

use std::sync::Arc;

use evergrant::{Clock as _, ConnectionId, Notice, SystemClock};
use serde_json::json;

use super::roster::Ledger;
use crate::alert::Bell;
use crate::config::Log;
use crate::console::Console;
use crate::news;
use crate::span::local_second;
use crate::trace::tell;

/// Who hears of what happens.
pub(super) struct Desk {
    /// How to write the log.
    pub(super) form: Log,
    /// The counters.
    pub(super) ledger: Ledger,
    /// The pages on which it is shown.
    pub(super) console: Option<Arc<Console>>,
    /// Who is told when a human is needed.
    pub(super) bell: Option<Bell>,
}

impl Desk {
    /// Tells a notice to the counters, and if it is for people, to the log and the console.
    pub(super) fn take(&self, notice: &Notice) {
        self.ledger.of(&notice.connection).notice(notice);
        if let Some(bell) = &self.bell {
            bell.take(notice);
        }
        let Some(text) = news::line(&notice.event) else {
            return;
        };
        if let Some(console) = &self.console {
            console.note(notice, &text);
        }
        log(self.form, Some(&notice.connection), &text);
    }

    /// A line of the log that is no connection's.
    pub(super) fn log(&self, text: &str) {
        log(self.form, None, text);
    }
}

fn log(form: Log, connection: Option<&ConnectionId>, text: &str) {
    let now = SystemClock.now();
    tell(Some(match form {
        Log::Json => json!({
            "at": format!("{now:.3}"),
            "connection": connection.map(ConnectionId::as_str),
            "message": text,
        })
        .to_string(),
        Log::Text => match connection {
            Some(name) => format!("{} {name}: {text}", local_second(now)),
            None => format!("{} {text}", local_second(now)),
        },
    }));
}
