//! Where what happens to grants is taken in: counted, rung out, shown and logged.

use std::sync::Arc;

use evergrant::Notice;
use evergrant_gateway::alert::Bell;
use evergrant_gateway::console::Console;

use super::roster::Ledger;
use crate::news;
use crate::trace::log;

/// What hears a notice.
type Listener = dyn Fn(&Notice) + Send + Sync;

/// Who hears of what happens.
pub(super) struct Desk {
    /// Hears of each exchange, if that is asked for.
    pub(super) exchanges: Option<Box<Listener>>,
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
            if let Some(exchanges) = &self.exchanges {
                exchanges(notice);
            }
            return;
        };
        if let Some(console) = &self.console {
            console.note(notice, &text);
        }
        log(Some(notice.connection.as_str()), &text);
    }
}
