//! `sandbox --data`: the sandbox's state in a file, saved a moment after each change and at the end.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evergrant_gateway::disk;
use evergrant_sandbox::Handle;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// What is lost at most when the machine goes down.
const PAUSE: Duration = Duration::from_secs(1);

/// A sandbox whose state is kept.
pub(super) struct Kept {
    sandbox: Handle,
    file: PathBuf,
    /// The sandbox's count of changes when it was last saved.
    saved: u64,
}

/// Goes on from what the file holds, if there is one yet. It is not written before [`Kept::save`].
pub(super) fn open(sandbox: &Handle, file: &Path) -> Result<Kept> {
    match std::fs::read_to_string(file) {
        Ok(text) => sandbox.control().restore(&text).map_err(|error| {
            let what = format!("{} can't be read", file.display());
            Failure::new(Exit::Store, what, "choose another --data").because(error)
        })?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            let what = format!("{} can't be read", file.display());
            return Err(Failure::new(Exit::Store, what, "choose another --data").because(error));
        }
    }
    Ok(Kept {
        sandbox: sandbox.clone(),
        file: file.to_owned(),
        saved: 0,
    })
}

impl Kept {
    /// Saves what changes until the end, and then once more.
    pub(super) async fn keep_until(&mut self, stopped: impl Future) -> Result<()> {
        let mut stopped = std::pin::pin!(stopped);
        loop {
            tokio::select! {
                biased;
                _ = stopped.as_mut() => return self.save(),
                () = tokio::time::sleep(PAUSE) => {}
            }
            if self.sandbox.control().changes() != self.saved {
                self.save()?;
            }
        }
    }

    /// Writes the whole file anew.
    pub(super) fn save(&mut self) -> Result<()> {
        let control = self.sandbox.control();
        self.saved = control.changes();
        disk::replace(&self.file, &control.snapshot()).map_err(|error| {
            let what = format!("{} can't be written", self.file.display());
            Failure::new(Exit::Store, what, "choose another --data").because(error)
        })
    }
}
