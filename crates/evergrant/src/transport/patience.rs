//! Patience with a silent server, kept for all requests of a transport together.
//!
//! A timer for each request is made and thrown away with each answer, which is a good part of what a
//! request costs beside its bytes. Here a waiting request stands in a list, and one task looks at the
//! list now and then, as long as somebody stands there.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::sleep;

/// How often the list is looked at: by twice as much silence may last longer than was said.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Who waits for an answer, and since when. Clones share one list.
#[derive(Clone)]
pub(crate) struct Patience {
    /// After how many looks silence has lasted too long.
    limit: u32,
    list: Arc<Mutex<List>>,
}

#[derive(Default)]
struct List {
    places: Vec<Option<Waiting>>,
    free: Vec<usize>,
    /// How often it was looked at: time enough for those who stand there, so that no request asks a clock.
    looks: u32,
    /// Whether a task looks at it.
    is_watched: bool,
}

struct Waiting {
    /// The looks that had been when it came.
    since: u32,
    waker: Waker,
    is_over: bool,
}

impl Patience {
    /// Patience that ends after `limit`.
    pub(super) fn of(limit: Duration) -> Self {
        let looks = limit.as_millis().div_ceil(LOOK_EVERY.as_millis());
        Self {
            // The first look may follow at once.
            limit: u32::try_from(looks).map_or(u32::MAX, |looks| looks.saturating_add(1)),
            list: Arc::default(),
        }
    }

    /// What `answer` gives; `None` if it is not there when patience is over.
    pub(super) fn wait<F: Future + Unpin>(&self, answer: F) -> Wait<'_, F> {
        Wait {
            patience: self,
            answer,
            place: None,
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the one who stands at `place`, or stands there from now on, has waited long enough.
    fn is_over(&self, place: &mut Option<usize>, waker: &Waker) -> bool {
        let mut list = self.list();
        if !list.is_watched {
            list.is_watched = true;
            tokio::spawn(watch(Watcher(self.clone())));
        }
        let Some(place) = place else {
            *place = Some(list.enter(waker));
            return false;
        };
        let Some(Some(waiting)) = list.places.get_mut(*place) else {
            return true;
        };
        waiting.waker.clone_from(waker);
        waiting.is_over
    }
}

impl List {
    fn enter(&mut self, waker: &Waker) -> usize {
        let waiting = Some(Waiting {
            since: self.looks,
            waker: waker.clone(),
            is_over: false,
        });
        if let Some(place) = self.free.pop() {
            self.places[place] = waiting;
            return place;
        }
        self.places.push(waiting);
        self.places.len() - 1
    }

    fn leave(&mut self, place: usize) {
        self.places[place] = None;
        self.free.push(place);
    }

    fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    fn waiting(&mut self) -> impl Iterator<Item = &mut Waiting> {
        self.places.iter_mut().flatten()
    }
}

/// The one who looks at the list. If its runtime goes while others wait on another one, one of them
/// finds somebody else.
struct Watcher(Patience);

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut list = self.0.list();
        list.is_watched = false;
        let left: Vec<_> = list
            .waiting()
            .map(|waiting| waiting.waker.clone())
            .collect();
        drop(list);
        left.into_iter().for_each(Waker::wake);
    }
}

async fn watch(watcher: Watcher) {
    loop {
        sleep(LOOK_EVERY).await;
        let Watcher(patience) = &watcher;
        let mut list = patience.list();
        if list.is_empty() {
            return drop(list);
        }
        list.looks = list.looks.wrapping_add(1);
        let looks = list.looks;
        let late = list
            .waiting()
            .filter(|waiting| looks.wrapping_sub(waiting.since) >= patience.limit);
        let wakers: Vec<_> = late
            .map(|waiting| {
                waiting.is_over = true;
                waiting.waker.clone()
            })
            .collect();
        drop(list);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// An answer that is waited for with [`Patience`].
pub(super) struct Wait<'a, F> {
    patience: &'a Patience,
    answer: F,
    place: Option<usize>,
}

impl<F: Future + Unpin> Future for Wait<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // First, so that an answer that came while this machine slept is not too late.
        if let Poll::Ready(answer) = Pin::new(&mut self.answer).poll(context) {
            return Poll::Ready(Some(answer));
        }
        let Self {
            patience, place, ..
        } = &mut *self;
        if patience.is_over(place, context.waker()) {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl<F> Drop for Wait<'_, F> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.patience.list().leave(place);
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(130);

    #[tokio::test(start_paused = true)]
    async fn silence_ends_after_the_limit_and_not_before() {
        let patience = Patience::of(LIMIT);
        let begun = Instant::now();
        assert_eq!(patience.wait(pending::<()>()).await, None);
        let waited = begun.elapsed();
        assert!(
            (LIMIT..LIMIT + 2 * LOOK_EVERY).contains(&waited),
            "{waited:?}"
        );
        assert!(patience.list().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_given_on_and_its_place_is_free_again() {
        let patience = Patience::of(LIMIT);
        assert_eq!(patience.wait(ready(1)).await, Some(1));
        for _ in 0..3 {
            let late = Box::pin(sleep(LIMIT.checked_sub(LOOK_EVERY).unwrap()));
            assert_eq!(patience.wait(late).await, Some(()));
        }
        assert_eq!(patience.list().places.len(), 1);
        // Nobody waits any more, so nobody looks any more.
        sleep(2 * LOOK_EVERY).await;
        assert!(!patience.list().is_watched);
    }

    #[tokio::test(start_paused = true)]
    async fn each_is_waited_for_as_long_as_its_own_time_lasts() {
        let patience = Patience::of(LIMIT);
        let first = tokio::spawn({
            let patience = patience.clone();
            async move { patience.wait(pending::<()>()).await }
        });
        sleep(LIMIT / 2).await;
        let begun = Instant::now();
        assert_eq!(patience.wait(pending::<()>()).await, None);
        assert!(begun.elapsed() >= LIMIT);
        assert_eq!(first.await.unwrap(), None);
    }

    #[test]
    fn a_runtime_that_ends_takes_nobody_elses_patience_with_it() {
        let patience = Patience::of(Duration::ZERO);
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap()
        };
        let first = runtime();
        first.block_on(async {
            let context = &mut Context::from_waker(Waker::noop());
            let mut wait = patience.wait(pending::<()>());
            assert!(Pin::new(&mut wait).poll(context).is_pending());
        });
        assert!(patience.list().is_watched);
        drop(first);
        assert!(!patience.list().is_watched);
        assert_eq!(runtime().block_on(patience.wait(pending::<()>())), None);
    }
}
