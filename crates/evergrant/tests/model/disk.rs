//! The three files, and what is left of them after a power cut.
//!
//! Two things stand between a write and its durability, as in POSIX: the contents of a file are
//! safe once the file is synced, a change of names once the directory is. A killed process takes
//! nothing with it, since the page cache is the kernel's. After a power cut, of what was not synced
//! each part may be there or not, and unsynced contents may be torn.

use crate::journal::{History, Line};
use crate::provider::{Refresh, Tokens};

/// The contents of a file that is to hold tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Contents {
    /// Nothing yet: reserved room.
    Room,
    Tokens(Tokens),
    /// Neither: the write was cut off.
    Torn,
}

/// A file: what readers see, and what a power cut leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct File {
    cached: Contents,
    durable: Contents,
}

/// The change of names that the directory's next sync makes durable. There is never more than one:
/// a rename and a removal both leave no `NAME.next`, and reserving a new one syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unsynced {
    Nothing,
    /// `NAME.next` became `NAME`, which was this file.
    Renamed {
        replaced: File,
    },
    /// `NAME.next`, this file, was removed.
    Removed {
        next: File,
    },
}

/// `NAME`, `NAME.next` and `NAME.journal`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Disk {
    file: File,
    next: Option<File>,
    names: Unsynced,
    journal: History,
    /// Lines not synced yet.
    tail: Vec<Line>,
    /// Whether the journal's name is durable. It is made by its first line.
    journal_is_named: bool,
}

impl Disk {
    /// A token file that somebody put there.
    pub(crate) fn with(tokens: Tokens) -> Self {
        Self {
            file: File::synced(Contents::Tokens(tokens)),
            next: None,
            names: Unsynced::Nothing,
            journal: History::default(),
            tail: Vec::new(),
            journal_is_named: false,
        }
    }

    /// The tokens in the token file; `None` if it is damaged.
    pub(crate) fn tokens(&self) -> Option<Tokens> {
        self.file.cached.tokens()
    }

    /// Reserved room as a reader finds it, filled or not.
    pub(crate) fn next(&self) -> Option<Contents> {
        self.next.map(|next| next.cached)
    }

    pub(crate) fn history(&self) -> History {
        let mut history = self.journal;
        for line in &self.tail {
            history.add(*line);
        }
        history
    }

    /// `disk::append`.
    pub(crate) fn append(&mut self, line: Line) {
        self.tail.push(line);
    }

    /// `disk::sync` of the journal.
    pub(crate) fn sync_journal(&mut self) {
        self.journal = self.history();
        self.tail.clear();
    }

    /// `disk::reserve`: room made, written, synced, its name synced. Cut off by a power cut, it
    /// leaves what was there before or what is there after.
    pub(crate) fn reserve(&mut self) {
        self.next = Some(File::synced(Contents::Room));
        self.sync_directory();
    }

    /// The first half of `disk::fill`: contents written.
    pub(crate) fn fill(&mut self, tokens: Tokens) {
        let room = File::synced(Contents::Room);
        self.next.get_or_insert(room).cached = Contents::Tokens(tokens);
    }

    /// The second half: contents synced.
    pub(crate) fn sync_next(&mut self) {
        if let Some(next) = &mut self.next {
            next.durable = next.cached;
        }
    }

    /// The first half of `disk::replace`.
    pub(crate) fn rename(&mut self) {
        let Some(next) = self.next.take() else { return };
        let replaced = self.file;
        self.file = next;
        self.names = Unsynced::Renamed { replaced };
    }

    /// The second half.
    pub(crate) fn sync_directory(&mut self) {
        self.names = Unsynced::Nothing;
        self.journal_is_named = self.history() != History::default();
    }

    /// `disk::remove` of `NAME.next`.
    pub(crate) fn remove_next(&mut self) {
        if let Some(next) = self.next.take() {
            self.names = Unsynced::Removed { next };
        }
    }

    /// A human replaces the token file, and looks twice that it is there. That does not hurry
    /// anybody else's changes of names.
    pub(crate) fn paste(&mut self, tokens: Tokens) {
        if let Unsynced::Renamed { .. } = self.names {
            self.names = Unsynced::Removed { next: self.file };
        }
        self.file = File::synced(Contents::Tokens(tokens));
    }

    /// What is in the token file and in the room beside it, as readers see them.
    pub(crate) fn stored(&self) -> Vec<Tokens> {
        let room = self.next().and_then(Contents::tokens);
        self.tokens().into_iter().chain(room).collect()
    }

    /// Whether it still will be if the power is cut now.
    pub(crate) fn holds_durably(&self, refresh: Refresh) -> bool {
        let contents = [Some(self.file), self.next];
        let mut durable = contents
            .into_iter()
            .flatten()
            .filter(|it| it.cached == it.durable);
        durable.any(|it| it.durable.holds(refresh))
    }

    /// Every disk that may be found when the power comes back.
    pub(crate) fn after_power_cut(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for (file, next) in self.names_found() {
            for file in file.found() {
                for next in next.map_or(vec![None], |it| it.found().map(Some).collect()) {
                    for journal in self.journals_found() {
                        found.push(Self {
                            file,
                            next,
                            names: Unsynced::Nothing,
                            journal,
                            tail: Vec::new(),
                            journal_is_named: journal != History::default(),
                        });
                    }
                }
            }
        }
        found
    }

    fn names_found(&self) -> Vec<(File, Option<File>)> {
        let changed = (self.file, self.next);
        match self.names {
            Unsynced::Nothing => vec![changed],
            Unsynced::Renamed { replaced } => vec![changed, (replaced, Some(self.file))],
            Unsynced::Removed { next } => vec![changed, (self.file, Some(next))],
        }
    }

    /// With any of the unsynced lines: a lost one is a hole that its reader passes over.
    fn journals_found(&self) -> Vec<History> {
        let mut found = vec![self.journal];
        for line in &self.tail {
            let mut with = found.clone();
            for history in &mut with {
                history.add(*line);
            }
            found.append(&mut with);
        }
        if !self.journal_is_named && self.journal != History::default() {
            found.push(History::default());
        }
        found
    }
}

impl File {
    fn synced(contents: Contents) -> Self {
        Self {
            cached: contents,
            durable: contents,
        }
    }

    fn found(self) -> impl Iterator<Item = Self> {
        let unsynced = [self.cached, Contents::Torn];
        let unsynced = unsynced
            .into_iter()
            .filter(move |_| self.cached != self.durable);
        std::iter::once(self.durable)
            .chain(unsynced)
            .map(Self::synced)
    }
}

impl Contents {
    pub(crate) fn tokens(self) -> Option<Tokens> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            Self::Room | Self::Torn => None,
        }
    }

    fn holds(self, refresh: Refresh) -> bool {
        self.tokens()
            .is_some_and(|tokens| tokens.refresh == refresh)
    }
}
