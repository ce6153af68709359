//! Rate limits, pure: what Intuit counts, over sliding windows of the sandbox's clock.
//!
//! Requests count for the realm and, in bursts, for the realm and the app that asks. Batches, reports and mail are
//! counted apart as well. A request that is refused does not count towards anything.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::settings::{Burst, Settings};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How many requests of one app and realm may be under way, or begin within a second.
const BURST: usize = 10;

/// Who calls, as limits see it.
pub(crate) struct Caller {
    pub(crate) realm: String,
    /// The id of the client that the access token was issued to.
    pub(crate) client: String,
}

/// What a request counts as besides being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Plain,
    Batch {
        items: usize,
    },
    Report,
    /// A form sent by mail.
    Mail,
}

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Meter {
    Requests,
    Burst,
    BatchesOfApp,
    Batches,
    Reports,
    Mails,
}

/// At most `most` within `period`.
struct Rule {
    meter: Meter,
    period: SignedDuration,
    most: usize,
    /// What this request counts for.
    weight: usize,
}

/// What everyone has done lately.
#[derive(Default)]
pub(crate) struct Limiter {
    meters: HashMap<(Meter, String), VecDeque<Timestamp>>,
    under_way: HashMap<String, usize>,
}

impl Caller {
    /// The realm and the app together.
    pub(crate) fn app(&self) -> String {
        format!("{} {}", self.realm, self.client)
    }
}

impl Limiter {
    /// Whether a request may pass now; if so it counts.
    pub(crate) fn admits(
        &mut self,
        caller: &Caller,
        sort: Sort,
        settings: &Settings,
        now: Timestamp,
    ) -> bool {
        let rules = rules(sort, settings);
        let has_room = rules.iter().all(|rule| self.has_room(rule, caller, now));
        if has_room {
            for rule in &rules {
                let times = std::iter::repeat_n(now, rule.weight);
                self.meter(rule, caller).extend(times);
            }
        }
        has_room
    }

    /// Counts a request as under way until its `end`; whether there were too many before it.
    pub(crate) fn begin(&mut self, app: &str) -> bool {
        let count = self.under_way.entry(app.to_owned()).or_default();
        *count += 1;
        *count > BURST
    }

    pub(crate) fn end(&mut self, app: &str) {
        if let Some(count) = self.under_way.get_mut(app) {
            *count = count.saturating_sub(1);
        }
    }

    /// Forgets what was counted; what is under way stays so.
    pub(crate) fn reset(&mut self) {
        self.meters.clear();
    }

    fn has_room(&mut self, rule: &Rule, caller: &Caller, now: Timestamp) -> bool {
        let times = self.meter(rule, caller);
        while times
            .front()
            .is_some_and(|first| now.duration_since(*first) >= rule.period)
        {
            times.pop_front();
        }
        // A weight beyond the limit passes on its own, or it never would.
        times.is_empty() || times.len() + rule.weight <= rule.most
    }

    fn meter(&mut self, rule: &Rule, caller: &Caller) -> &mut VecDeque<Timestamp> {
        let who = match rule.meter {
            Meter::Burst | Meter::BatchesOfApp => caller.app(),
            _ => caller.realm.clone(),
        };
        self.meters.entry((rule.meter, who)).or_default()
    }
}

fn rules(sort: Sort, settings: &Settings) -> Vec<Rule> {
    let rule = |meter, period, most, weight| Rule {
        meter,
        period,
        most,
        weight,
    };
    let weight = match sort {
        Sort::Batch { items } if settings.batch_items_count => items.max(1),
        _ => 1,
    };
    let mut rules = vec![rule(Meter::Requests, MINUTE, 500, weight)];
    if settings.burst == Burst::PerSecond {
        rules.push(rule(Meter::Burst, SECOND, BURST, 1));
    }
    match sort {
        Sort::Plain => {}
        Sort::Batch { .. } => {
            rules.push(rule(Meter::BatchesOfApp, MINUTE, 40, 1));
            rules.push(rule(Meter::Batches, MINUTE, 120, 1));
        }
        Sort::Report => {
            if let Some(most) = settings.report_limit {
                rules.push(rule(Meter::Reports, MINUTE, most as usize, 1));
            }
        }
        Sort::Mail => rules.push(rule(Meter::Mails, DAY, 40, 1)),
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Play {
        limiter: Limiter,
        settings: Settings,
        now: Timestamp,
    }

    impl Play {
        fn new(settings: Settings) -> Self {
            Self {
                limiter: Limiter::default(),
                settings,
                now: Timestamp::UNIX_EPOCH,
            }
        }

        fn call(&mut self, realm: &str, client: &str, sort: Sort) -> bool {
            let caller = Caller {
                realm: realm.to_owned(),
                client: client.to_owned(),
            };
            self.limiter.admits(&caller, sort, &self.settings, self.now)
        }

        /// How many of `tries` pass, `step` apart.
        fn passing(&mut self, tries: usize, client: &str, sort: Sort, step: i64) -> usize {
            let one = |_: &usize| {
                let passed = self.call("1", client, sort);
                self.now += SignedDuration::from_millis(step);
                passed
            };
            (0..tries).filter(one).count()
        }
    }

    #[test]
    fn ten_a_second_then_no_more_until_the_second_is_over() {
        let mut play = Play::new(Settings::default());
        assert_eq!(play.passing(11, "a", Sort::Plain, 0), 10);
        assert!(play.call("2", "a", Sort::Plain), "another realm");
        assert!(play.call("1", "b", Sort::Plain), "another app");
        play.now += SECOND;
        assert!(play.call("1", "a", Sort::Plain));
    }

    #[test]
    fn five_hundred_a_minute_whichever_app() {
        let mut play = Play::new(Settings::default());
        assert_eq!(play.passing(500, "a", Sort::Plain, 110), 500);
        assert!(!play.call("1", "b", Sort::Plain));
        play.now = Timestamp::UNIX_EPOCH + MINUTE;
        assert!(play.call("1", "a", Sort::Plain));
    }

    #[test]
    fn batches_mail_and_reports_are_counted_apart() {
        let batch = Sort::Batch { items: 30 };
        let mut play = Play::new(Settings {
            report_limit: Some(20),
            ..Settings::default()
        });
        assert_eq!(play.passing(41, "a", batch, 110), 40);
        assert!(play.call("1", "a", Sort::Plain), "other requests go on");
        assert_eq!(play.passing(40, "b", batch, 110), 40);
        assert_eq!(play.passing(40, "c", batch, 110), 40);
        assert!(!play.call("1", "d", batch), "120 for the realm");
        assert_eq!(play.passing(21, "a", Sort::Report, 110), 20);
        play.now += SignedDuration::from_mins(2);
        assert_eq!(play.passing(41, "a", Sort::Mail, 110), 40);
        play.now += DAY;
        assert!(play.call("1", "a", Sort::Mail));
    }

    #[test]
    fn the_items_of_a_batch_may_count() {
        let mut play = Play::new(Settings {
            batch_items_count: true,
            ..Settings::default()
        });
        let batch = Sort::Batch { items: 30 };
        assert_eq!(play.passing(30, "a", batch, 110), 16, "480 of 500");
    }

    #[test]
    fn requests_under_way_are_counted_while_they_are() {
        let mut limiter = Limiter::default();
        assert!((0..10).all(|_| !limiter.begin("a")));
        assert!(limiter.begin("a"));
        (0..2).for_each(|_| limiter.end("a"));
        assert!(!limiter.begin("a"));
    }
}
