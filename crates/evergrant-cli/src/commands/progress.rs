//! How far a long command has come, on one line of stderr, if that is a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

/// A line that is written over and over.
pub(crate) struct Progress {
    began: Instant,
    shown: Option<Instant>,
    visible: bool,
}

/// How long a line stands at least; one that flickers can't be read.
const STANDS: Duration = Duration::from_millis(200);

impl Default for Progress {
    fn default() -> Self {
        let visible = std::io::stderr().is_terminal();
        Self {
            began: Instant::now(),
            shown: None,
            visible,
        }
    }
}

impl Progress {
    /// So many are done.
    pub(crate) fn show(&mut self, count: u64) {
        let now = Instant::now();
        let fresh = self.shown.is_some_and(|shown| now - shown < STANDS);
        if !self.visible || fresh || now - self.began < STANDS {
            return;
        }
        self.shown = Some(now);
        let rate = count as f64 / (now - self.began).as_secs_f64();
        write(&format!("\r\x1b[K{count} rows, {rate:.0} a second"));
    }

    /// Takes the line away.
    pub(crate) fn end(&mut self) {
        if self.shown.take().is_some() {
            write("\r\x1b[K");
        }
    }

    /// Tells somebody who is watching something that a script need not know.
    pub(crate) fn note(text: &str) {
        if std::io::stderr().is_terminal() {
            write(&format!("evergrant: {text}\n"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // When stderr is gone there is nobody left to tell.
    drop(
        stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush()),
    );
}
