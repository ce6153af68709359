//! The promises, as the checker asks for them in every state, and things that must happen somewhere
//! lest a promise be kept only because it was never put to the test.

use evergrant::Replay;
use stateright::Property;

use crate::journal::Lapse;
use crate::ledger::Broken;
use crate::process::{Process, Received, Step};
use crate::provider::Tokens;
use crate::store::{self, Connection};
use crate::world::{Setting, World};

/// No refresh token is sent twice, unless nobody knows what became of it and the profile allows a
/// replay then.
pub(crate) const SPENT_ONCE: &str = "a refresh token is spent once";
/// A refresh token that was received, or pasted in, is in the store, or in the memory of a process
/// that is about to save it. Only a crash before the first sync can take it away.
pub(crate) const KEPT: &str = "a received refresh token is kept";
/// No callers are given tokens that a power cut could take away, unless the disk refuses to save.
pub(crate) const DURABLE_FIRST: &str = "what is visible is durable";
/// While the provider honours a refresh token that the store holds, a new process gets a bearer.
pub(crate) const USABLE: &str = "a grant that lives is usable";
/// Nobody revokes anything here, so no end of a grant is put down to that.
pub(crate) const TOLD_APART: &str = "a lost reply is not called a revocation";

/// A process finishes a save that was cut off.
pub(crate) const SAVE_FINISHED: &str = "a save cut off is finished";
/// A process finds under the lease that another has done the work.
pub(crate) const WORK_FOUND_DONE: &str = "the work is found done";
/// A refresh token in doubt is sent again and brings tokens.
pub(crate) const REPLAY_SAVES: &str = "a replay saves the grant";
/// A process whose save fails serves what it holds in memory.
pub(crate) const SERVED_FROM_MEMORY: &str = "tokens are served before they can be saved";
/// An answer comes for a grant that a login has replaced meanwhile.
pub(crate) const LOGIN_MEETS_ANSWER: &str = "a login meets an answer";
/// What no client can save: the provider has rotated, and the reply was lost.
pub(crate) const LOST_FOR_GOOD: &str = "a grant is lost with a reply";

/// More than a flight has.
const ENOUGH_STEPS: usize = 64;

/// What must hold in every state.
pub(crate) fn promises() -> Vec<Property<Setting>> {
    vec![
        Property::always(SPENT_ONCE, |_, world: &World| {
            !world.ledger.has_broken(Broken::SpentTwice)
        }),
        Property::always(KEPT, |_, world: &World| world.keeps_what_it_owes()),
        Property::always(DURABLE_FIRST, |_, world: &World| {
            !world.ledger.has_broken(Broken::ShownTooEarly)
        }),
        Property::always(USABLE, |setting, world: &World| {
            !world.has_usable_grant(setting) || world.would_serve(setting)
        }),
        Property::always(TOLD_APART, |_, world: &World| {
            !world.is_lapsed_by(Lapse::Revoked)
        }),
    ]
}

/// What must happen in some state.
pub(crate) fn trials() -> Vec<Property<Setting>> {
    vec![
        Property::sometimes(SAVE_FINISHED, |_, world: &World| {
            world.has_process(|it| matches!(it.step, Step::Finish(_)))
        }),
        Property::sometimes(WORK_FOUND_DONE, |_, world: &World| {
            world.holds_living_tokens() && world.has_process(|it| it.step == Step::Reread)
        }),
        Property::sometimes(REPLAY_SAVES, |_, world: &World| {
            world.has_received(|_, it| it.spend.doubt.is_some() || it.spend.replayed)
        }),
        Property::sometimes(SERVED_FROM_MEMORY, |_, world: &World| {
            world.has_received(|process, it| process.published == Some(it.tokens))
        }),
        Property::sometimes(LOGIN_MEETS_ANSWER, |_, world: &World| {
            let latest = world.provider.latest_consent();
            world.has_received(|_, it| it.tokens.refresh.consent < latest)
        }),
        Property::sometimes(LOST_FOR_GOOD, |setting: &Setting, world: &World| {
            let stored = world.disk.stored();
            let honoured = |it: &Tokens| world.provider.honours(setting.rotation, it.refresh);
            world.is_lapsed_by(Lapse::LostReply) && !stored.iter().any(honoured)
        }),
    ]
}

impl World {
    /// Whether a power cut leaves us `tokens`, or a login that has replaced them.
    pub(crate) fn is_safe(&self, tokens: Tokens) -> bool {
        let owed = self.ledger.owed();
        let login = owed.filter(|owed| owed.consent > tokens.refresh.consent);
        self.disk.holds_durably(login.unwrap_or(tokens.refresh))
    }

    fn keeps_what_it_owes(&self) -> bool {
        let Some(owed) = self.ledger.owed() else {
            return true;
        };
        let is_stored = self.disk.stored().iter().any(|it| it.refresh == owed);
        is_stored || self.has_received(|_, it| it.tokens.refresh == owed)
    }

    /// Where the profile allows no replay, a refresh token in doubt is given up.
    fn has_usable_grant(&self, setting: &Setting) -> bool {
        let mut stored = self.disk.stored().into_iter();
        let is_honoured = stored.any(|it| self.provider.honours(setting.rotation, it.refresh));
        is_honoured && !(setting.replay == Replay::Never && self.is_in_doubt())
    }

    fn is_in_doubt(&self) -> bool {
        let found = Connection::load(&self.disk);
        !store::is_save_unfinished(&self.disk)
            && found.is_some_and(|it| it.doubt.is_some() || it.lapsed == Some(Lapse::LostReply))
    }

    /// Whether one new process, alone and undisturbed, gets a bearer.
    fn would_serve(&self, setting: &Setting) -> bool {
        let mut world = self.clone();
        world.processes = vec![Process::default()];
        for _ in 0..ENOUGH_STEPS {
            world.advance(setting, 0, false);
            if world.processes[0].step == Step::Serve {
                break;
            }
        }
        world.is_served(0)
    }

    fn is_lapsed_by(&self, lapse: Lapse) -> bool {
        let lapsed = self.disk.history().lapsed;
        lapsed.is_some_and(|(_, reason)| reason == lapse)
    }

    fn holds_living_tokens(&self) -> bool {
        let tokens = self.disk.tokens();
        tokens.is_some_and(|tokens| self.provider.is_alive(tokens))
    }

    fn has_process(&self, is: impl Fn(&Process) -> bool) -> bool {
        self.processes.iter().any(is)
    }

    fn has_received(&self, is: impl Fn(&Process, Received) -> bool) -> bool {
        self.has_process(|it| it.step.received().is_some_and(|received| is(it, received)))
    }
}
