//! A worker as the driver sees it: started, sent on errands, listened to, stopped, killed.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use super::orders::{Errand, Orders, Said};
use super::{Result, WORKER};

/// Whoever says nothing for so long, with nobody in its way, hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(120);

/// Ignores the signal that comes with a write beyond the limit, as many servers do: the write then
/// fails instead.
const IGNORING: &str = r#"trap '' XFSZ; exec "$0" "$@""#;

/// A running worker; killed when dropped.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Said>,
    /// All that it has said so far.
    pub(crate) said: Vec<Said>,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// The signal that it died of, if it did.
    pub(crate) signal: Option<i32>,
    pub(crate) said: Vec<Said>,
}

impl Process {
    /// Starts one and waits until it is ready. `ignoring`: a limit on the size of files makes its
    /// writes fail instead of killing it.
    ///
    /// # Errors
    /// If it can't be started or dies before it is ready.
    pub(crate) fn start(program: &Path, orders: &Orders, ignoring: bool) -> Result<Self> {
        let mut command = if ignoring {
            let mut shell = Command::new("sh");
            shell.args(["-c", IGNORING]).arg(program);
            shell
        } else {
            Command::new(program)
        };
        let mut child = command
            .arg(WORKER)
            .args(orders.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("a worker has no output")?;
        let (saying, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(io::Result::ok);
            for said in lines.filter_map(|line| Said::parse(&line)) {
                if saying.send(said).is_err() {
                    return;
                }
            }
        });
        let mut process = Self {
            input: child.stdin.take(),
            child,
            lines,
            said: Vec::new(),
        };
        if process.listen(HANGS, |said| *said == Said::Ready) {
            return Ok(process);
        }
        Err("a worker did not get ready".into())
    }

    /// Sends it on an errand. One that is dead by now does not go.
    pub(crate) fn go(&mut self, errand: Errand) {
        if let Some(input) = &mut self.input {
            drop(writeln!(input, "{}", errand.line()));
        }
    }

    /// Listens for something, for so long; whether it was said.
    pub(crate) fn listen(&mut self, time: Duration, wanted: impl Fn(&Said) -> bool) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(said) => {
                    let found = wanted(&said);
                    self.said.push(said);
                    if found {
                        return true;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Its answer to the last errand, if it comes within that time.
    pub(crate) fn answer(&mut self, time: Duration) -> Option<String> {
        let answered = self.listen(time, |said| matches!(said, Said::Answer(_)));
        let last = self.said.last().filter(|_| answered);
        last.and_then(Said::answer)
    }

    /// Stops it where it is.
    pub(crate) fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Kills it, and waits until it is dead.
    ///
    /// # Errors
    /// If it can't be waited for.
    pub(crate) fn kill(mut self) -> Result<End> {
        self.child.kill()?;
        self.end()
    }

    /// Lets it end in peace, or waits for its death.
    ///
    /// # Errors
    /// If it does not end, or can't be waited for.
    pub(crate) fn end(mut self) -> Result<End> {
        drop(self.input.take());
        let begun = Instant::now();
        // Its output ends with it.
        while begun.elapsed() < HANGS {
            match self.lines.recv_timeout(HANGS) {
                Ok(said) => self.said.push(said),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    let signal = self.child.wait()?.signal();
                    let said = std::mem::take(&mut self.said);
                    return Ok(End { signal, said });
                }
            }
        }
        Err("a worker does not end".into())
    }

    fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Said {
    pub(crate) fn answer(&self) -> Option<String> {
        match self {
            Self::Answer(answer) => Some(answer.clone()),
            _ => None,
        }
    }
}

impl End {
    /// Whether it was killed by us.
    pub(crate) fn was_killed(&self) -> bool {
        self.signal == Some(Signal::SIGKILL as i32)
    }

    /// Whether a write beyond its limit has killed it.
    pub(crate) fn exceeded_limit(&self) -> bool {
        self.signal == Some(Signal::SIGXFSZ as i32)
    }

    pub(crate) fn answers(&self) -> usize {
        let answers = self.said.iter().filter(|said| said.answer().is_some());
        answers.count()
    }
}
