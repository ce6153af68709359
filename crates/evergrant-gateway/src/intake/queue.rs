//! The durable queue: events on the disk before they are acknowledged, until they are handed on.
//!
//! A file to which lines are appended, not a database: there is one writer, it only ever adds, and one
//! sync serves all deliveries that wait for it. One thread owns the file. A line that a crash has cut
//! short was not acknowledged to anybody, and is passed over. When most of the file is about events
//! that are done with, it is written anew.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use evergrant::{Clock as _, SystemClock};
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::event::Event;
use super::state::{Line, State};
use crate::disk;

/// A file of fewer lines is not worth being written anew.
const FEW: usize = 20_000;
/// More must not wait: they are Intuit's to keep until then.
const MOST_WAITING: usize = 100_000;

/// The queue. It is written by a thread of its own.
pub(super) struct Queue {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
}

struct Shared {
    state: Mutex<State>,
    stirred: Notify,
}

/// What the thread is to write.
enum Order {
    Take {
        events: Vec<Event>,
        mark: Option<(String, Timestamp)>,
        reply: oneshot::Sender<io::Result<usize>>,
    },
    Done(u64),
}

impl Queue {
    /// Opens the queue in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// If its file can't be read or written, or another process has it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        disk::private_folder(folder)?;
        let lock = lock(folder)?;
        let path = path(folder);
        let (state, lines, is_whole) = read(&path)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            stirred: Notify::new(),
        });
        let keeper = Keeper {
            file: append(&path)?,
            path,
            lines,
            torn: !is_whole,
            shared: Arc::clone(&shared),
            _lock: lock,
        };
        let (orders, inbox) = mpsc::channel();
        std::thread::Builder::new()
            .name("webhooks".to_owned())
            .spawn(move || keeper.keep(&inbox))?;
        Ok(Self { shared, orders })
    }

    /// Takes in the events that are new, with all that is known to have been taken in by then: on the
    /// disk when this returns. Returns how many were new.
    ///
    /// # Errors
    /// If they can't be kept: none of them has been acknowledged.
    pub(super) async fn take(
        &self,
        events: Vec<Event>,
        mark: Option<(String, Timestamp)>,
    ) -> io::Result<usize> {
        let (reply, replied) = oneshot::channel();
        let order = Order::Take {
            events,
            mark,
            reply,
        };
        let gone = || io::Error::other("the queue's thread has ended");
        self.orders.send(order).map_err(|_| gone())?;
        replied.await.map_err(|_| gone())?
    }

    /// The next event to be handed on, and how often that has failed.
    pub(super) fn next(&self) -> Option<(u64, Event, u32)> {
        self.state().next(Instant::now())
    }

    /// When one that has failed is due again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.state().due()
    }

    /// An event was handed on. That this is not synced costs at most that it is handed on twice.
    pub(super) fn done(&self, n: u64) {
        self.state().done(n);
        self.shared.stirred.notify_one();
        // If the thread has ended, the event is handed on once more after the next start.
        drop(self.orders.send(Order::Done(n)));
    }

    /// An event could not be handed on; when it is tried again.
    pub(super) fn failed(&self, n: u64) -> Duration {
        self.state().failed(n, Instant::now())
    }

    /// Until when all changes of a company are known.
    pub(super) fn mark(&self, realm: &str) -> Option<Timestamp> {
        self.state().mark(realm)
    }

    /// How many events wait, and since when the oldest does.
    pub(super) fn waiting(&self) -> (usize, Option<Timestamp>) {
        let state = self.state();
        let mut waiting = state.waiting();
        (waiting.len(), waiting.next().map(|it| it.taken))
    }

    /// Resolves when there may be an event to hand on.
    pub(super) async fn stirred(&self) {
        self.shared.stirred.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

/// The events that wait in the queue in `folder`, the oldest first, whoever has it open.
///
/// # Errors
/// If its file can't be read.
pub fn waiting(folder: &Path) -> io::Result<Vec<Event>> {
    let (state, _, _) = read(&path(folder))?;
    Ok(state.waiting().cloned().collect())
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own.
struct Keeper {
    file: File,
    path: PathBuf,
    lines: usize,
    /// The file's last line may have no end.
    torn: bool,
    shared: Arc<Shared>,
    _lock: File,
}

/// Deliveries of which the events are on their way to the disk.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    lines: Vec<Line>,
    replies: Vec<(oneshot::Sender<io::Result<usize>>, usize)>,
    keys: HashSet<String>,
}

impl Keeper {
    fn keep(mut self, inbox: &mpsc::Receiver<Order>) {
        while let Ok(first) = inbox.recv() {
            let mut batch = Batch::default();
            for order in std::iter::once(first).chain(inbox.try_iter()) {
                self.add(&mut batch, order);
            }
            let written = self.write(&batch);
            self.settle(batch, &written);
            self.tidy();
        }
    }

    fn add(&self, batch: &mut Batch, order: Order) {
        let (events, mark, reply) = match order {
            Order::Done(done) => return batch.add(Line::Done { done }),
            Order::Take {
                events,
                mark,
                reply,
            } => (events, mark, reply),
        };
        let mut state = self.shared.state();
        if !events.is_empty() && state.waiting().len() + batch.keys.len() >= MOST_WAITING {
            drop(reply.send(Err(io::Error::other("too many events wait already"))));
            return;
        }
        let mut count = 0;
        for event in events {
            if state.is_new(&event) && batch.keys.insert(event.key.clone()) {
                let n = state.number();
                batch.add(Line::Taken { n, event });
                count += 1;
            }
        }
        if let Some((realm, until)) = mark {
            batch.add(Line::Mark { realm, until });
        }
        batch.replies.push((reply, count));
    }

    fn write(&mut self, batch: &Batch) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
        }
        self.torn = true;
        self.file.write_all(&batch.text)?;
        self.torn = false;
        self.lines += batch.lines.len();
        if !batch.replies.is_empty() {
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn settle(&self, batch: Batch, written: &io::Result<()>) {
        if written.is_ok() {
            let mut state = self.shared.state();
            for line in batch.lines {
                // What is done was taken off when it was.
                if !matches!(line, Line::Done { .. }) {
                    state.play(line);
                }
            }
        }
        for (reply, count) in batch.replies {
            let result = match written {
                Ok(()) => Ok(count),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            // A caller who went away learns of it by asking again.
            drop(reply.send(result));
        }
        self.shared.stirred.notify_one();
    }

    /// Writes the file anew if most of it is about what is over. If that fails, it is as it was.
    fn tidy(&mut self) {
        let text = {
            let mut state = self.shared.state();
            state.forget(SystemClock.now());
            if self.lines < FEW || self.lines < 2 * state.size() {
                return;
            }
            let mut batch = Batch::default();
            state.lines().into_iter().for_each(|line| batch.add(line));
            self.lines = batch.lines.len();
            batch.text
        };
        let replaced = disk::replace_bytes(&self.path, &text).and_then(|()| append(&self.path));
        if let Ok(file) = replaced {
            self.file = file;
        }
    }
}

impl Batch {
    fn add(&mut self, line: Line) {
        // Text and numbers can be written as JSON.
        if serde_json::to_writer(&mut self.text, &line).is_ok() {
            self.text.push(b'\n');
            self.lines.push(line);
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("webhooks.jsonl")
}

/// Two processes must not write one queue.
fn lock(folder: &Path) -> io::Result<File> {
    let file = append(&folder.join("webhooks.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::other("another gateway has its webhooks open"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The state that the file tells, how many lines it has, and whether the last one has its end.
fn read(path: &Path) -> io::Result<(State, usize, bool)> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut state = State::default();
    let mut count = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        // A line that was cut short by a crash, and so was never acknowledged.
        if let Ok(line) = serde_json::from_slice(line) {
            state.play(line);
        }
        count += 1;
    }
    Ok((state, count, bytes.is_empty() || bytes.ends_with(b"\n")))
}

#[cfg(test)]
mod tests {
    use super::super::event::Source;
    use super::*;

    fn event(id: u32) -> Event {
        Event {
            realm: "1".to_owned(),
            entity: "Invoice".to_owned(),
            id: id.to_string(),
            action: "created".to_owned(),
            at: None,
            deleted_id: None,
            key: format!("key-{id}"),
            source: Source::Webhook,
            taken: SystemClock.now(),
        }
    }

    fn ids(folder: &Path) -> Vec<String> {
        let waiting = waiting(folder).unwrap();
        waiting.into_iter().map(|it| it.id).collect()
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_crash_however_the_file_ends() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let taken = queue.take(vec![event(1), event(2), event(1)], None).await;
        assert_eq!(taken.unwrap(), 2);
        let (n, first, _) = queue.next().unwrap();
        assert_eq!(first.id, "1");
        queue.done(n);
        // Whatever was sent to the thread before is written by then.
        assert_eq!(queue.take(vec![event(3)], None).await.unwrap(), 1);
        let whole = std::fs::read(path(folder.path())).unwrap();
        for cut in 0..whole.len() {
            let other = tempfile::tempdir().unwrap();
            disk::replace_bytes(&path(other.path()), &whole[..cut]).unwrap();
            let queue = Queue::open(other.path()).unwrap();
            assert_eq!(queue.take(vec![event(4)], None).await.unwrap(), 1);
            drop(queue);
            let (full, found) = (ids(folder.path()), ids(other.path()));
            assert_eq!(found.last().unwrap(), "4", "cut at {cut}");
            let is_done_lost = found.contains(&"1".to_owned());
            let known = |id: &String| is_done_lost || full.contains(id) || id == "4";
            assert!(found.iter().all(known), "cut at {cut}: {found:?}");
        }
        assert_eq!(ids(folder.path()), ["2", "3"]);
    }

    #[tokio::test]
    async fn a_queue_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let _queue = Queue::open(folder.path()).unwrap();
        assert!(Queue::open(folder.path()).is_err());
    }

    #[tokio::test]
    async fn a_file_that_is_mostly_over_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let then = "2020-01-01T00:00:00Z".parse().unwrap();
        for round in 0..6 {
            let old = |id: u32| Event {
                taken: then,
                ..event(round * 4_000 + id)
            };
            let events = (0..4_000).map(old).collect();
            queue.take(events, None).await.unwrap();
            while let Some((n, _, _)) = queue.next() {
                queue.done(n);
            }
        }
        let mark = Some(("1".to_owned(), then));
        assert_eq!(queue.take(vec![event(99_999)], mark).await.unwrap(), 1);
        assert_eq!(queue.take(Vec::new(), None).await.unwrap(), 0);
        let size = std::fs::metadata(path(folder.path())).unwrap().len();
        assert!(size < 4_000 * 400, "{size}");
        assert_eq!(ids(folder.path()), ["99999"]);
        assert_eq!(read(&path(folder.path())).unwrap().0.mark("1"), Some(then));
    }
}
