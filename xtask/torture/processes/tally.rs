//! Counts, and the table that they make.

use std::ops::AddAssign;

use super::orders::Step;
use super::world::Mode;

/// How often what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally([u64; What::COUNT]);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Lives,
    Starts,
    KilledAtMoment,
    KilledAfterAnswer,
    KilledInCrowd,
    KilledStopped,
    KilledUnsaved,
    KilledWithServer,
    KilledAt(Step),
    KilledIdle,
    Stops,
    LongStops,
    LeaseDenied,
    FullDisk,
    FilledMeanwhile,
    Held,
    Crashes,
    SizeLimit,
    SizeDeath,
    RepliesLost,
    RequestsFailed,
    Spends,
    Rotations,
    Replays,
    Crowds,
    CrowdExpiries,
    Beliefs,
    LivedOn,
    Unavoidable,
    GivenUp,
    SaidLost,
    Lost,
    DoubleSpends,
    Misjudged,
    ShownEarly,
    Hung,
}

impl What {
    const COUNT: usize = 35 + Step::COUNT;

    /// The order of the table.
    const ROWS: [(Self, &'static str); Self::COUNT] = [
        (Self::KilledAtMoment, "killed: at a random moment"),
        (Self::KilledAfterAnswer, "killed: just after the answer"),
        (Self::KilledAt(Step::Leased), "killed: lease taken"),
        (Self::KilledAt(Step::Reread), "killed: store read again"),
        (Self::KilledAt(Step::Spending), "killed: attempt recorded"),
        (Self::KilledAt(Step::Sending), "killed: about to send"),
        (Self::KilledAt(Step::Answered), "killed: answer told"),
        (Self::KilledAt(Step::Saved), "killed: saved"),
        (Self::KilledAt(Step::Refreshed), "killed: published"),
        (Self::KilledAt(Step::Released), "killed: lease given back"),
        (Self::KilledInCrowd, "killed: in a crowd"),
        (Self::KilledStopped, "killed: while stopped"),
        (Self::KilledUnsaved, "killed: by us, could not write"),
        (Self::KilledWithServer, "killed: with the server"),
        (Self::KilledIdle, "killed idle (not counted)"),
        (Self::Stops, "stopped holding the lease"),
        (Self::LongStops, "stopped past every wait"),
        (Self::LeaseDenied, "  others told that it is busy"),
        (Self::FullDisk, "disk full, nothing spent"),
        (Self::FilledMeanwhile, "disk full when the answer came"),
        (Self::Held, "saves prevented, tokens held"),
        (Self::Crashes, "the server killed, workers alive"),
        (Self::SizeLimit, "RLIMIT_FSIZE reached, write failed"),
        (Self::SizeDeath, "RLIMIT_FSIZE reached, died of it"),
        (Self::RepliesLost, "replies dropped or cut"),
        (Self::RequestsFailed, "requests failed otherwise"),
        (Self::Crowds, "crowds on one grant"),
        (Self::CrowdExpiries, "  expiries met by a crowd"),
        (Self::Lives, "grants' lives"),
        (Self::Starts, "processes started"),
        (Self::Spends, "refreshes at the provider"),
        (Self::Rotations, "  that rotated"),
        (Self::Replays, "  sent again as the profile allows"),
        (Self::Beliefs, "restarts judged"),
        (Self::LivedOn, "lived off the access token"),
        (Self::Unavoidable, "unavoidable losses"),
        (Self::GivenUp, "given up unsent"),
        (Self::SaidLost, "  said that a reply was lost"),
        (Self::Lost, "GRANTS LOST, REPLY RECEIVED"),
        (Self::DoubleSpends, "DOUBLE SPENDS"),
        (Self::Misjudged, "RESTARTS MISJUDGED"),
        (Self::ShownEarly, "SHOWN BEFORE SAVED"),
        (Self::Hung, "HUNG"),
    ];

    fn row(self) -> usize {
        let row = Self::ROWS.iter().position(|(what, _)| *what == self);
        row.unwrap_or(0)
    }

    /// Whether it is a death in the midst of work.
    fn is_kill(self) -> bool {
        matches!(
            self,
            Self::KilledAtMoment
                | Self::KilledAfterAnswer
                | Self::KilledInCrowd
                | Self::KilledStopped
                | Self::KilledUnsaved
                | Self::KilledAt(_)
        )
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self([0; What::COUNT])
    }
}

impl Tally {
    pub(crate) fn count(&mut self, what: What) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: What, times: u64) {
        self.0[what.row()] += times;
    }

    pub(crate) fn of(&self, what: What) -> u64 {
        self.0[what.row()]
    }

    /// Processes that were killed in the midst of their work.
    pub(crate) fn kills(&self) -> u64 {
        let kills = What::ROWS.iter().filter(|(what, _)| what.is_kill());
        kills.map(|(what, _)| self.of(*what)).sum()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// A column for each way of rotating, and one for all.
pub(crate) fn table(tallies: &[Tally; Mode::COUNT]) -> String {
    let mut all = Tally::default();
    tallies.iter().for_each(|tally| all += *tally);
    let columns = [tallies.as_slice(), &[all]].concat();
    let row = |what: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>10}")).collect();
        format!("{what:36}{cells}\n")
    };
    let heads = Mode::ALL.map(|mode| mode.name().to_owned());
    let mut table = row("", [heads.as_slice(), &["all".to_owned()]].concat());
    let numbers =
        |of: &dyn Fn(&Tally) -> u64| columns.iter().map(|it| of(it).to_string()).collect();
    table += &row("KILLS", numbers(&Tally::kills));
    for (what, name) in What::ROWS {
        table += &row(name, numbers(&|tally| tally.of(what)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_a_row_of_its_own() {
        let mut tally = Tally::default();
        for (number, (what, _)) in (1..).zip(What::ROWS) {
            tally.add(what, number);
        }
        for (number, (what, _)) in (1..).zip(What::ROWS) {
            assert_eq!(tally.of(what), number, "{what:?}");
        }
    }

    #[test]
    fn kills_in_the_midst_of_work_are_summed() {
        let mut tally = Tally::default();
        tally.count(What::KilledAt(Step::Saved));
        tally.count(What::KilledInCrowd);
        tally.count(What::KilledIdle);
        tally.count(What::Stops);
        assert_eq!(tally.kills(), 2);
        let table = table(&[tally, Tally::default(), tally]);
        let kills = table.lines().nth(1).unwrap();
        let numbers: Vec<&str> = kills.split_whitespace().skip(1).collect();
        assert_eq!(numbers, ["2", "0", "2", "4"]);
    }
}
