//! Steps of the same kind, of many connections, as one statement: most of what a step costs the server is
//! the asking, the planning and the commit, and not its row.
//!
//! Whoever comes while as many statements are under way as may be waits for the next, with all who come
//! meanwhile; whoever comes alone waits for nobody. A statement is one transaction, so all of its steps are durable when one of
//! them is. They come in the order of their connections' names, each connection once, so two hosts can't
//! wait for each other. A row that somebody has locked, or a step that the server does not take, must not be
//! the others' trouble: then the statement is undone, and each step is asked for by itself, while the next
//! statement goes on.
//!
//! Statements are run by a task of their own, so a caller that is dropped takes back only what nobody has
//! begun yet, never what others have a part in.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::server::{Trouble, unavailable};
use crate::{BoxFuture, ConnectionId, Result};

/// How many steps are one statement at most.
const MOST: usize = 64;
/// How long a statement that others wait for waits for one row's lock. Less than the second after which a server looks
/// for transactions that wait for each other.
const HURRY: Duration = Duration::from_millis(300);

/// A step of one connection's.
pub(super) trait Step: Sized + Send + Sync + 'static {
    type Answer: Send + 'static;
    /// Who is asked.
    type Server: Send + Sync + 'static;

    fn id(&self) -> &ConnectionId;

    /// Runs steps of different connections as one statement, which waits for a row's lock for `hurry` at
    /// most if it is given; the answers come in their order.
    fn run<'a>(
        server: &'a Self::Server,
        steps: &'a [Self],
        hurry: Option<Duration>,
    ) -> BoxFuture<'a, Result<Vec<Result<Self::Answer>>, Trouble>>;
}

/// Steps of one kind, gathered.
pub(super) struct Together<S: Step> {
    server: Arc<S::Server>,
    /// How many statements may be under way.
    at_once: usize,
    queue: Mutex<Queue<S>>,
}

struct Queue<S: Step> {
    waiting: VecDeque<Waiting<S>>,
    under_way: usize,
}

/// A step, and whom to tell.
struct Waiting<S: Step> {
    step: S,
    tell: Tell<S>,
}

type Tell<S> = oneshot::Sender<Result<<S as Step>::Answer>>;

impl<S: Step> Together<S> {
    pub(super) fn on(server: &Arc<S::Server>, at_once: usize) -> Arc<Self> {
        Arc::new(Self {
            server: Arc::clone(server),
            at_once,
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                under_way: 0,
            }),
        })
    }

    /// Has a step done, with others that are to be done now.
    pub(super) async fn ask(self: &Arc<Self>, step: S) -> Result<S::Answer> {
        let (tell, told) = oneshot::channel();
        let may_begin = {
            let mut queue = self.queue();
            queue.waiting.push_back(Waiting { step, tell });
            let may_begin = queue.under_way < self.at_once;
            queue.under_way += usize::from(may_begin);
            may_begin
        };
        if may_begin {
            let attendance = Attendance {
                together: Arc::clone(self),
                is_over: false,
            };
            tokio::spawn(attendance.go_on());
        }
        told.await
            .unwrap_or_else(|_| Err(unavailable("the statement was interrupted")))
    }

    /// What makes up the next statement; `None` if nobody waits, and then one fewer attends.
    fn next(&self) -> Option<Vec<Waiting<S>>> {
        let mut queue = self.queue();
        let mut next = BTreeMap::new();
        let mut later = VecDeque::new();
        for waiting in std::mem::take(&mut queue.waiting) {
            let id = waiting.step.id();
            if waiting.tell.is_closed() {
                continue;
            }
            if next.len() < MOST && !next.contains_key(id) {
                next.insert(id.clone(), waiting);
            } else {
                later.push_back(waiting);
            }
        }
        queue.waiting = later;
        if next.is_empty() {
            queue.under_way -= 1;
            return None;
        }
        Some(next.into_values().collect())
    }

    async fn run(self: &Arc<Self>, next: Vec<Waiting<S>>) {
        let (steps, tell): (Vec<_>, Vec<_>) = next
            .into_iter()
            .map(|waiting| (waiting.step, waiting.tell))
            .unzip();
        let error = match S::run(&self.server, &steps, Some(HURRY)).await {
            Ok(answers) => return tell_each(tell, answers),
            Err(Trouble::Refused(_)) => {
                for (step, tell) in steps.into_iter().zip(tell) {
                    tokio::spawn(Arc::clone(self).run_alone(step, tell));
                }
                return;
            }
            Err(trouble) => trouble.into_error(),
        };
        tell_each(tell, std::iter::repeat_with(|| Err(error.clone())));
    }

    async fn run_alone(self: Arc<Self>, step: S, tell: Tell<S>) {
        let done = S::run(&self.server, &[step], None).await;
        let answer = match done {
            Ok(answers) => answers.into_iter().next(),
            Err(trouble) => Some(Err(trouble.into_error())),
        };
        tell_each(vec![tell], answer);
    }

    fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has asked may be gone; whom nobody tells anything sees that.
fn tell_each<T>(
    tell: Vec<oneshot::Sender<Result<T>>>,
    answers: impl IntoIterator<Item = Result<T>>,
) {
    for (tell, answer) in tell.into_iter().zip(answers) {
        drop(tell.send(answer));
    }
}

/// Runs statements until nobody waits. If it ends before, with the runtime that it was started in, all who
/// wait are told, and the next one who asks begins anew.
struct Attendance<S: Step> {
    together: Arc<Together<S>>,
    is_over: bool,
}

impl<S: Step> Attendance<S> {
    async fn go_on(mut self) {
        while let Some(next) = self.together.next() {
            self.together.run(next).await;
        }
        self.is_over = true;
    }
}

impl<S: Step> Drop for Attendance<S> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut queue = self.together.queue();
        queue.under_way -= 1;
        queue.waiting.clear();
    }
}

impl<S: Step> fmt::Debug for Together<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;
    use crate::{Error, ErrorKind};

    /// Answers a statement when it is let to, and notes which steps were in it.
    struct Fake {
        may: Semaphore,
        ran: Mutex<Vec<Vec<String>>>,
    }

    impl Fake {
        fn new(statements: usize) -> Arc<Self> {
            Arc::new(Self {
                may: Semaphore::new(statements),
                ran: Mutex::default(),
            })
        }

        fn ran(&self) -> Vec<Vec<String>> {
            self.ran.lock().unwrap().clone()
        }

        async fn has_begun(&self, statements: usize) {
            while self.ran().len() < statements {
                tokio::task::yield_now().await;
            }
        }
    }

    struct Named(ConnectionId);

    impl Step for Named {
        type Answer = String;
        type Server = Fake;

        fn id(&self) -> &ConnectionId {
            &self.0
        }

        fn run<'a>(
            server: &'a Fake,
            steps: &'a [Self],
            hurry: Option<Duration>,
        ) -> BoxFuture<'a, Result<Vec<Result<String>>, Trouble>> {
            Box::pin(async move {
                let names: Vec<_> = steps.iter().map(|step| step.0.to_string()).collect();
                assert!(hurry.is_some() || names.len() == 1);
                server.ran.lock().unwrap().push(names.clone());
                server.may.acquire().await.unwrap().forget();
                if names.iter().any(|name| name == "bad") {
                    let error = Error::new(ErrorKind::Store, "bad is refused");
                    return Err(Trouble::Refused(error));
                }
                if names.iter().any(|name| name == "late") {
                    return Err(Trouble::Other(unavailable("it is late")));
                }
                Ok(names.into_iter().map(Ok).collect())
            })
        }
    }

    type Asked = tokio::task::JoinHandle<Result<String>>;

    fn ask(together: &Arc<Together<Named>>, name: &str) -> Asked {
        let (together, step) = (Arc::clone(together), Named(ConnectionId::new(name)));
        tokio::spawn(async move { together.ask(step).await })
    }

    /// Has `first` asked, and while that is under way, the others.
    async fn behind(
        together: &Arc<Together<Named>>,
        first: &str,
        others: &[&str],
    ) -> (Asked, Vec<Asked>) {
        let first = ask(together, first);
        together.server.has_begun(1).await;
        let others: Vec<_> = others.iter().map(|name| ask(together, name)).collect();
        while together.queue().waiting.len() < others.len() {
            tokio::task::yield_now().await;
        }
        (first, others)
    }

    #[tokio::test]
    async fn what_comes_while_a_statement_is_under_way_is_one_statement_in_the_order_of_names() {
        let server = Fake::new(0);
        let together = Together::on(&server, 1);
        let (first, others) = behind(&together, "m", &["z", "a", "m", "a"]).await;
        server.may.add_permits(3);
        assert_eq!(first.await.unwrap().unwrap(), "m");
        let mut told = Vec::new();
        for other in others {
            told.push(other.await.unwrap().unwrap());
        }
        assert_eq!(told, ["z", "a", "m", "a"]);
        // Of one connection, one at a time.
        let ran: [&[&str]; 3] = [&["m"], &["a", "m", "z"], &["a"]];
        assert_eq!(server.ran(), ran);
    }

    #[tokio::test]
    async fn what_the_server_refuses_is_nobody_elses_trouble() {
        let server = Fake::new(0);
        let together = Together::on(&server, 1);
        let (_first, others) = behind(&together, "first", &["good", "bad", "fine"]).await;
        server.may.add_permits(5);
        let mut told = Vec::new();
        for other in others {
            told.push(other.await.unwrap().ok());
        }
        assert_eq!(told, [Some("good".into()), None, Some("fine".into())]);
        assert_eq!(server.ran()[1].len(), 3);
        assert!(server.ran()[2..].iter().all(|names| names.len() == 1));
    }

    #[tokio::test]
    async fn who_waits_for_a_lock_holds_nobody_up() {
        let server = Fake::new(1);
        let together = Together::on(&server, 1);
        let waits = ask(&together, "bad");
        server.has_begun(2).await;
        let other = ask(&together, "other");
        server.has_begun(3).await;
        server.may.add_permits(2);
        assert!(waits.await.unwrap().is_err());
        assert_eq!(other.await.unwrap().unwrap(), "other");
    }

    #[tokio::test]
    async fn what_is_not_known_to_be_undone_is_not_done_again() {
        let server = Fake::new(0);
        let together = Together::on(&server, 1);
        let (_first, others) = behind(&together, "first", &["good", "late"]).await;
        server.may.add_permits(5);
        for other in others {
            assert!(other.await.unwrap().unwrap_err().is_transient());
        }
        assert_eq!(server.ran().len(), 2);
    }

    #[tokio::test]
    async fn who_is_dropped_takes_back_only_what_nobody_has_begun() {
        let server = Fake::new(0);
        let together = Together::on(&server, 1);
        let (first, others) = behind(&together, "first", &["gone", "stays"]).await;
        for dropped in [&first, &others[0]] {
            dropped.abort();
        }
        assert!(first.await.unwrap_err().is_cancelled());
        let mut others = others.into_iter();
        assert!(others.next().unwrap().await.unwrap_err().is_cancelled());
        server.may.add_permits(2);
        assert_eq!(others.next().unwrap().await.unwrap().unwrap(), "stays");
        let ran: [&[&str]; 2] = [&["first"], &["stays"]];
        assert_eq!(server.ran(), ran);
    }

    #[test]
    fn a_runtime_that_ends_leaves_nobody_waiting() {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
        };
        let server = Fake::new(0);
        let together = Together::on(&server, 1);
        let ended = runtime();
        ended.block_on(async { drop(behind(&together, "first", &["second"]).await) });
        let waits = std::thread::scope(|scope| {
            let outlives = scope.spawn(|| {
                let asked = together.ask(Named(ConnectionId::new("third")));
                runtime().block_on(asked)
            });
            while together.queue().waiting.len() < 2 {
                std::thread::yield_now();
            }
            drop(ended);
            outlives.join().unwrap()
        });
        assert_eq!(waits.unwrap_err().kind(), ErrorKind::Unavailable);
        server.may.add_permits(1);
        let next = together.ask(Named(ConnectionId::new("fourth")));
        assert_eq!(runtime().block_on(next).unwrap(), "fourth");
    }
}
