//! Fate: what comes from outside, at any moment.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::database;
use super::provider::Pair;
use super::world::{Crash, JOURNAL, Pid, State, TOKEN_FILE, Weather, World};

/// A line of a journal's, and how many make one that is about to be summed up.
const OLD_LINE: &[u8] =
    b"{\"at\":\"2026-11-22T20:00:00Z\",\"event\":\"accepted\",\"generation\":0}\n";
const OLD_LINES: usize = 1000;
/// How long a process is stopped at most: some for longer than a lease lasts, some for longer than it
/// is kept for them, too.
const LONGEST_STOP: Duration = Duration::from_secs(180);
/// How long a human's editor leaves a file empty.
const EDITING: Duration = Duration::from_millis(40);

/// One blow after the other, until it is over.
pub(super) async fn strike(world: World) {
    loop {
        let pause = {
            let mut state = world.lock();
            let most = state.scenario.peace * 2;
            state.dice.within(most)
        };
        tokio::time::sleep(pause).await;
        if world.lock().over {
            return;
        }
        if world.lock().has_database() {
            world.lock().maybe_stop_somebody();
        }
        let blow = world.lock().dice.below(16);
        match blow {
            0..=2 => world.lock().kill_somebody(),
            3 | 4 => world.lock().cut_power(),
            5 | 6 => world.lock().shift_some_time(),
            7..=10 => spoil_weather(&world).await,
            11 | 12 => paste_login(&world).await,
            13 if world.lock().has_database() => lose_database(&world).await,
            13 => world.lock().restore_backup(),
            14 => world.lock().maybe_revoke(),
            _ => world.lock().tempt_somebody(),
        }
        world.lock().back_up();
    }
}

async fn spoil_weather(world: &World) {
    let time = {
        let mut state = world.lock();
        let weathers = [Weather::Full, Weather::ReadOnly, Weather::Flaky];
        state.weather = state.dice.pick(&weathers).unwrap_or(Weather::Fine);
        let weather = state.weather;
        state.tell(|| format!("the disk is {weather:?}"));
        let most = state.dice.within(Duration::from_secs(1800));
        state.dice.within(most)
    };
    tokio::time::sleep(time).await;
    let mut state = world.lock();
    state.weather = Weather::Fine;
    state.tell(|| "the disk is fine".to_owned());
}

/// The database's server crashes, and is away for a while.
async fn lose_database(world: &World) {
    let time = {
        let mut state = world.lock();
        state.crash_database();
        state.weather = Weather::Away;
        state.dice.within(Duration::from_secs(120))
    };
    tokio::time::sleep(time).await;
    world.lock().weather = Weather::Fine;
}

/// What a human does who is told that the grant is over.
pub(super) async fn log_in_again(world: World, pause: Duration) {
    tokio::time::sleep(pause).await;
    if !world.lock().over {
        paste_login(&world).await;
    }
}

/// What the run begins with.
pub(super) async fn lay_out(world: &World) {
    if world.lock().has_database() {
        database::log_in(world).await;
    } else {
        world.lock().lay_out();
    }
}

/// A human logs in again and puts what he got into the file, some with an editor.
async fn paste_login(world: &World) {
    if world.lock().has_database() {
        database::log_in(world).await;
        world.lock().tally.logins += 1;
        return;
    }
    let (pair, text, edited) = {
        let mut state = world.lock();
        let now = state.now();
        let state = &mut *state;
        let pair = state.provider.log_in(now, &mut state.dice);
        (pair, state.login(pair), state.dice.once_in(3))
    };
    if edited {
        world.lock().files.replace(Path::new(TOKEN_FILE), b"");
        tokio::time::sleep(EDITING).await;
    }
    let mut state = world.lock();
    state.tell(|| "a human pastes a fresh login".to_owned());
    // Not before: of two who log in at once, the one who is done last is the one who is meant.
    state.ledger.intended = state.provider.family(pair.refresh);
    state.ledger.thrown_away = false;
    state.files.replace(Path::new(TOKEN_FILE), text.as_bytes());
    state.tally.logins += 1;
}

impl State {
    /// The first login, with what else is in the files.
    fn lay_out(&mut self) {
        let now = self.now();
        let pair = self.provider.log_in(now, &mut self.dice);
        let text = self.login(pair);
        self.files.replace(Path::new(TOKEN_FILE), text.as_bytes());
        if self.scenario.long_story {
            let lines = OLD_LINE.repeat(OLD_LINES);
            self.files.replace(Path::new(JOURNAL), &lines);
        }
        self.back_up();
    }

    /// As the provider gave it, or with nothing but what one must have.
    fn login(&mut self, pair: Pair) -> String {
        let refresh = self.provider.refresh_text(pair.refresh);
        let access = self.provider.access_text(pair.access);
        match self.dice.below(3) {
            0 => format!(r#"{{"refresh_token":"{refresh}"}}"#),
            1 => format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"}}"#),
            _ => format!(
                r#"{{"token_type":"bearer","expires_in":3600,"refresh_token":"{refresh}","access_token":"{access}","realmId":"123"}}"#
            ),
        }
    }

    fn kill_somebody(&mut self) {
        if let Some(pid) = self.somebody() {
            self.crash(pid, Crash::Kill);
        }
    }

    fn tempt_somebody(&mut self) {
        if let Some(pid) = self.somebody() {
            self.light_fuse(pid);
        }
    }

    fn maybe_stop_somebody(&mut self) {
        if let Some(pid) = self.somebody() {
            self.maybe_stop(pid, 3);
        }
    }

    /// Stops a process once in so many times.
    pub(super) fn maybe_stop(&mut self, pid: Pid, every: usize) {
        if !self.over && self.dice.once_in(every) {
            let time = self.dice.within(LONGEST_STOP);
            self.stop(pid, time);
        }
    }

    fn somebody(&mut self) -> Option<usize> {
        let all = self.processes.iter().enumerate();
        let living: Vec<usize> = all
            .filter(|(_, process)| process.alive)
            .map(|(pid, _)| pid)
            .collect();
        self.dice.pick(&living)
    }

    fn shift_some_time(&mut self) {
        let spans = [10, 600, 4000, 100_000];
        let span = self.dice.pick(&spans).unwrap_or(0);
        let by = SignedDuration::from_secs(span);
        let by = if self.dice.once_in(2) { by } else { -by };
        self.shift_clocks(by);
    }

    fn maybe_revoke(&mut self) {
        if self.dice.once_in(4) {
            self.tell(|| "the provider revokes the grant".to_owned());
            self.provider.revoke(self.ledger.intended);
        }
    }

    fn back_up(&mut self) {
        let present = self.files.read(Path::new(TOKEN_FILE));
        if let Some(contents) = present.filter(|contents| !contents.is_empty()) {
            self.backups.push(contents.to_vec());
        }
    }

    /// A human puts an older copy of the token file back; its journal stays.
    fn restore_backup(&mut self) {
        let which = self.dice.below(self.backups.len());
        let Some(contents) = self.backups.get(which).cloned() else {
            return;
        };
        let text = String::from_utf8_lossy(&contents);
        let Some(token) = self.refresh_token_in(&text) else {
            return;
        };
        // A line that a full disk did not take is as lost as one that a power cut took.
        self.note_forgotten();
        self.tell(|| format!("a human restores a copy with refresh token {token}"));
        self.files.replace(Path::new(TOKEN_FILE), &contents);
        self.ledger.intended = self.provider.family(token);
        self.ledger.thrown_away = self.provider.newest(self.ledger.intended) != token;
        self.tally.restores += 1;
    }
}
