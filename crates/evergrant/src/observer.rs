//! Who listens, and what time it is: how what happens is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use url::Url;

use crate::clock::Moment;
use crate::transport::{Answer, Lost};
use crate::{Clock, ConnectionId, Event, Generation, Notice, Result};

/// The callback, if there is one, and the clock that dates its notices.
pub(crate) struct Observer {
    clock: Arc<dyn Clock>,
    listener: Option<Box<Listener>>,
}

pub(crate) type Listener = dyn Fn(&Notice) + Send + Sync;

impl Observer {
    pub(crate) fn new(clock: Arc<dyn Clock>, listener: Option<Box<Listener>>) -> Self {
        Self { clock, listener }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment::of(self.clock.as_ref())
    }

    pub(crate) fn notify(&self, id: &ConnectionId, event: impl FnOnce() -> Event) {
        if let Some(listener) = &self.listener {
            listener(&Notice {
                at: self.now(),
                connection: id.clone(),
                event: event(),
            });
        }
    }

    /// Tells of a request now and of its answer later.
    pub(crate) fn watch(
        &self,
        id: &ConnectionId,
        method: &Method,
        url: impl FnOnce() -> Option<Url>,
        headers: &HeaderMap,
        generation: Option<Generation>,
    ) -> Watch<'_> {
        if self.listener.is_none() {
            return Watch(None);
        }
        let Some(url) = url() else {
            return Watch(None);
        };
        self.notify(id, || Event::Sending {
            method: method.clone(),
            url,
            headers: redacted(headers.clone()),
            generation,
        });
        Watch(Some((self, id.clone(), self.now())))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// An exchange that is being watched, if anybody watches.
pub(crate) struct Watch<'a>(Option<(&'a Observer, ConnectionId, Timestamp)>);

impl Watch<'_> {
    /// Tells of the answer at once.
    pub(crate) fn finish(self, sent: &Result<Answer, Lost>) {
        if let Some((observer, id, _)) = &self.0
            && let Some(event) = self.answer(sent)
        {
            observer.notify(id, || event);
        }
    }

    /// What there is to tell of the answer, for later.
    pub(crate) fn answer(&self, sent: &Result<Answer, Lost>) -> Option<Event> {
        let (observer, _, begun) = self.0.as_ref()?;
        let took = observer.now().duration_since(*begun);
        let took = Duration::try_from(took).unwrap_or_default();
        Some(match sent {
            Ok(answer) => Event::Answered {
                status: answer.status(),
                headers: redacted(answer.headers().clone()),
                took,
            },
            Err(lost) => Event::Unanswered {
                reason: lost.error.to_string(),
                took,
            },
        })
    }
}

/// The same headers, fit to be shown.
pub(crate) fn redacted(mut headers: HeaderMap) -> HeaderMap {
    for (name, value) in &mut headers {
        if value.is_sensitive() || *name == AUTHORIZATION {
            let scheme = value
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .map_or("", |(scheme, _)| scheme);
            let shown = format!("{scheme} [redacted]");
            *value = HeaderValue::from_str(shown.trim_start())
                .unwrap_or(HeaderValue::from_static("[redacted]"));
        }
    }
    headers
}
