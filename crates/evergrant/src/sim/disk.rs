//! The disk as one process has it: each call may be the process's last, and may fail.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};

use super::Sabotage;
use super::world::{Lock, Pid, State, Weather, World};
use crate::store::disk::{Disk, Pace, Stat, Write};

/// A process's way to the files; nobody's is the judge's, which nothing befalls.
#[derive(Debug)]
pub(super) struct ProcessDisk {
    pub(super) world: World,
    pub(super) pid: Option<Pid>,
}

/// What a call does, as far as that decides how it can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Looks,
    Changes,
    /// Asks for so much more space.
    Grows(usize),
    Syncs,
}

impl ProcessDisk {
    /// One call: `work` is done, or the process dies, or it fails, having done `half` of it.
    fn call<T>(
        &self,
        call: Call,
        half: impl FnOnce(&mut State),
        work: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let Some(pid) = self.pid else {
            return work(&mut self.world.lock());
        };
        self.world.survive(pid);
        let mut state = self.world.lock();
        let Some(fault) = state.fault(call) else {
            return work(&mut state);
        };
        state.tally.disk_faults += 1;
        state.note_interruption(pid);
        state.tell(|| format!("process {pid}: {call:?} fails: {fault}"));
        half(&mut state);
        Err(fault.into())
    }

    fn look<T>(&self, work: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        self.call(Call::Looks, |_| {}, |state| Ok(work(state)))
    }
}

impl State {
    pub(super) fn fault(&mut self, call: Call) -> Option<io::ErrorKind> {
        if self.over {
            return None;
        }
        let changes = matches!(call, Call::Changes | Call::Grows(_));
        let struck = match self.weather {
            Weather::Away => return Some(io::ErrorKind::NotConnected),
            Weather::Flaky => self.dice.once_in(5),
            Weather::ReadOnly if changes => return Some(io::ErrorKind::ReadOnlyFilesystem),
            Weather::Full if matches!(call, Call::Grows(more) if more > 0) => {
                return Some(io::ErrorKind::StorageFull);
            }
            Weather::Fine | Weather::ReadOnly | Weather::Full => false,
        };
        let struck = struck || self.dice.once_in(self.scenario.disk_fault);
        struck.then_some(io::ErrorKind::Other)
    }

    pub(super) fn is_sabotaged(&self, by: Sabotage) -> bool {
        self.plan.sabotage == Some(by)
    }
}

impl Disk for ProcessDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.look(|state| state.files.read(path).map(<[u8]>::to_vec))
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        self.look(|state| state.files.stat(path))
    }

    fn write(&self, path: &Path, bytes: &[u8], how: Write) -> io::Result<()> {
        let (at, bytes) = place(&self.world.lock(), path, bytes, how);
        let end = at + bytes.len();
        let capacity = self.world.lock().files.capacity(path);
        self.call(
            Call::Grows(end.saturating_sub(capacity)),
            |state| {
                let written = state.dice.below(bytes.len());
                state.files.write(path, at, &bytes[..written]);
            },
            |state| {
                state.files.write(path, at, &bytes);
                Ok(())
            },
        )
    }

    fn allocate(&self, path: &Path, size: usize) -> io::Result<()> {
        self.call(
            Call::Grows(size),
            |state| state.files.allocate(path, 0, false),
            |state| {
                let filled = state.scenario.zero_filled;
                state.files.allocate(path, size, filled);
                Ok(())
            },
        )
    }

    fn trim(&self, path: &Path, to: Stat) -> io::Result<()> {
        self.call(
            Call::Changes,
            |_| {},
            |state| {
                state.files.trim(path, to);
                Ok(())
            },
        )
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.call(
            Call::Syncs,
            |state| state.files.fail_sync(path, &mut state.dice),
            |state| {
                if state.is_sabotaged(Sabotage::NoSync) {
                    return Ok(());
                }
                found(state.files.sync(path))?;
                state.note_durable();
                Ok(())
            },
        )
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(
            Call::Changes,
            |state| {
                if state.dice.once_in(2) {
                    state.files.rename(from, to);
                }
            },
            |state| found(state.files.rename(from, to)),
        )
    }

    fn sync_directory(&self, _path: &Path) -> io::Result<()> {
        self.call(
            Call::Syncs,
            |_| {},
            |state| {
                if !state.is_sabotaged(Sabotage::NoSync) {
                    state.files.sync_directory();
                    state.note_durable();
                }
                Ok(())
            },
        )
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(
            Call::Changes,
            |state| {
                if state.dice.once_in(2) {
                    state.files.remove(path);
                }
            },
            |state| {
                state.files.remove(path);
                Ok(())
            },
        )
    }

    fn make_directory(&self, _path: &Path) -> io::Result<()> {
        self.look(|_| ())
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        let Some(holder) = self.pid else {
            return Ok(None);
        };
        let locked = self.call(
            Call::Changes,
            |_| {},
            |state| Ok(state.lock_file(path, holder)),
        )?;
        Ok(locked.map(|ticket| {
            let world = self.world.clone();
            Box::new(Held { world, ticket }) as _
        }))
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    fn is_mount_point(&self, _path: &Path) -> bool {
        false
    }

    fn network_kind(&self, _path: &Path) -> Option<String> {
        None
    }

    fn pace(&self) -> Pace {
        Pace::Instant
    }
}

/// Where bytes go; a line that is appended begins on a line of its own.
fn place(state: &State, path: &Path, bytes: &[u8], how: Write) -> (usize, Vec<u8>) {
    let present = state.files.read(path).unwrap_or_default();
    match how {
        Write::Over => (0, bytes.to_vec()),
        Write::Append if present.last().is_some_and(|last| *last != b'\n') => {
            (present.len(), [b"\n", bytes].concat())
        }
        Write::Append => (present.len(), bytes.to_vec()),
    }
}

fn found(is_there: bool) -> io::Result<()> {
    if is_there {
        return Ok(());
    }
    Err(io::ErrorKind::NotFound.into())
}

impl State {
    fn lock_file(&mut self, path: &Path, holder: Pid) -> Option<usize> {
        if self.locks.iter().any(|lock| lock.path == path) {
            return None;
        }
        self.tally.leases += 1;
        let ticket = self.tally.leases;
        self.locks.push(Lock {
            path: path.to_owned(),
            holder,
            ticket,
        });
        Some(ticket)
    }
}

/// A lock that is held until this is dropped.
struct Held {
    world: World,
    ticket: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        state.locks.retain(|lock| lock.ticket != self.ticket);
    }
}
