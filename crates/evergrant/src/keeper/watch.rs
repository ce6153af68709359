//! An exchange that is being watched, if anybody watches.

use std::time::Duration;

use jiff::Timestamp;

use super::Keeper;
use crate::client::redacted;
use crate::transport::{Answer, Lost};
use crate::{ConnectionId, Event, Result};

/// An exchange that is being watched, if anybody watches.
pub(crate) struct Watch<'a>(Option<(&'a Keeper, ConnectionId, Timestamp)>);

impl<'a> Watch<'a> {
    pub(super) fn begun(keeper: &'a Keeper, id: ConnectionId, at: Timestamp) -> Self {
        Self(Some((keeper, id, at)))
    }

    pub(super) fn nobody() -> Self {
        Self(None)
    }

    /// Tells of the answer at once.
    pub(crate) fn finish(self, sent: &Result<Answer, Lost>) {
        if let Some((keeper, id, _)) = &self.0
            && let Some(event) = self.answer(sent)
        {
            keeper.notify(id, || event);
        }
    }

    /// What there is to tell of the answer, for later.
    pub(crate) fn answer(&self, sent: &Result<Answer, Lost>) -> Option<Event> {
        let (keeper, _, begun) = self.0.as_ref()?;
        let took = keeper.now().duration_since(*begun);
        let took = Duration::try_from(took).unwrap_or_default();
        Some(match sent {
            Ok(answer) => Event::Answered {
                status: answer.status,
                headers: redacted(answer.headers.clone()),
                took,
            },
            Err(lost) => Event::Unanswered {
                reason: lost.error.to_string(),
                took,
            },
        })
    }
}
