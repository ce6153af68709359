//! What is counted, and how Prometheus and the console are told.
//!
//! Counters only, of atomics: nothing here waits for anybody.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use evergrant::{Event, Notice};
use jiff::Timestamp;

/// Upper ends of the latency buckets, in microseconds; the format wants seconds.
const BUCKETS: [u64; 14] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 60_000_000,
];
const STATUSES: usize = 600;
/// How far back the console's charts go, in minutes.
pub(crate) const MINUTES: usize = 60;

/// One connection's counters.
#[derive(Debug)]
pub struct Counters {
    statuses: Vec<AtomicU64>,
    buckets: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
    in_flight: AtomicI64,
    resent: AtomicU64,
    waits: AtomicU64,
    waited_micros: AtomicU64,
    turned_away: AtomicU64,
    refreshes: AtomicU64,
    failed_refreshes: AtomicU64,
    lapses: AtomicU64,
    /// Since when tokens are not durable, in seconds since 1970; 0 if they are.
    undurable_since: AtomicI64,
    undurable_before: AtomicI64,
    /// Requests and throttled ones, minute by minute.
    pub(crate) traffic: Series,
    pub(crate) throttled: Series,
}

/// A count for each of the last minutes.
#[derive(Debug)]
pub(crate) struct Series([AtomicU64; MINUTES]);

impl Default for Counters {
    fn default() -> Self {
        Self {
            statuses: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            buckets: Default::default(),
            micros: AtomicU64::new(0),
            in_flight: AtomicI64::new(0),
            resent: AtomicU64::new(0),
            waits: AtomicU64::new(0),
            waited_micros: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            refreshes: AtomicU64::new(0),
            failed_refreshes: AtomicU64::new(0),
            lapses: AtomicU64::new(0),
            undurable_since: AtomicI64::new(0),
            undurable_before: AtomicI64::new(0),
            traffic: Series::default(),
            throttled: Series::default(),
        }
    }
}

impl Counters {
    /// A request has come.
    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// It has been answered.
    pub(crate) fn end(&self, status: u16, took: Duration, at: Timestamp) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some(count) = self.statuses.get(usize::from(status)) {
            add(count, 1);
        }
        let micros = micros(took);
        let bucket = BUCKETS.iter().position(|end| micros <= *end);
        add(&self.buckets[bucket.unwrap_or(BUCKETS.len())], 1);
        add(&self.micros, micros);
        self.traffic.count(at);
        if status == 429 {
            self.throttled.count(at);
        }
    }

    /// It was sent again after a 401.
    pub(crate) fn resent(&self) {
        add(&self.resent, 1);
    }

    /// It has waited for its turn.
    pub(crate) fn waited(&self, time: Duration) {
        add(&self.waits, 1);
        add(&self.waited_micros, micros(time));
    }

    /// There was no turn for it in time.
    pub(crate) fn turned_away(&self) {
        add(&self.turned_away, 1);
    }

    /// Takes in what has happened to the grant.
    pub fn notice(&self, notice: &Notice) {
        match &notice.event {
            Event::Refreshed { .. } => add(&self.refreshes, 1),
            Event::RefreshFailed { .. } => add(&self.failed_refreshes, 1),
            Event::Lapsed { .. } => add(&self.lapses, 1),
            Event::Undurable { .. } => {
                let since = notice.at.as_second();
                let (held, now) = (Ordering::Relaxed, Ordering::Relaxed);
                // If it is set already, it has been so for longer.
                let _ = self.undurable_since.compare_exchange(0, since, held, now);
            }
            Event::Saved { .. } => {
                let since = self.undurable_since.swap(0, Ordering::Relaxed);
                if since > 0 {
                    let lasted = notice.at.as_second().saturating_sub(since);
                    self.undurable_before.fetch_add(lasted, Ordering::Relaxed);
                }
            }
            _ => {}
        }
    }

    /// Whether all tokens are saved.
    pub fn is_durable(&self) -> bool {
        self.undurable_since.load(Ordering::Relaxed) == 0
    }

    fn undurable_seconds(&self, now: Timestamp) -> i64 {
        let since = self.undurable_since.load(Ordering::Relaxed);
        let running = if since == 0 {
            0
        } else {
            now.as_second() - since
        };
        self.undurable_before.load(Ordering::Relaxed) + running.max(0)
    }
}

impl Default for Series {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Series {
    /// Each slot holds the minute that it counts (in its upper half) and the count.
    fn count(&self, at: Timestamp) {
        let minute = minute(at);
        let slot = &self.0[minute as usize % MINUTES];
        let next = |held: u64| {
            let same = held >> 32 == minute;
            Some(if same { held + 1 } else { minute << 32 | 1 })
        };
        // There always is a next value.
        let _ = slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// The counts of the last [`MINUTES`], oldest first.
    pub(crate) fn last(&self, now: Timestamp) -> Vec<u64> {
        let now = minute(now);
        let minutes = (0..MINUTES as u64).rev().map(|ago| now.saturating_sub(ago));
        let held = minutes.map(|minute| {
            let held = self.0[minute as usize % MINUTES].load(Ordering::Relaxed);
            if held >> 32 == minute {
                held & 0xffff_ffff
            } else {
                0
            }
        });
        held.collect()
    }
}

fn minute(at: Timestamp) -> u64 {
    u64::try_from(at.as_second() / 60).unwrap_or(0)
}

/// One connection, as the metrics tell it.
pub(crate) struct Told<'a> {
    pub(crate) connection: &'a str,
    pub(crate) counters: &'a Counters,
    /// Requests that wait for their turn.
    pub(crate) waiting: usize,
    /// How long the grant lives without a human, in seconds, where that is known.
    pub(crate) runway: Option<i64>,
    /// How long the access token lives.
    pub(crate) access: Option<i64>,
    /// Whether the grant lives, if that can be seen.
    pub(crate) live: Option<bool>,
}

/// The text that Prometheus reads (exposition format 0.0.4).
pub(crate) fn exposition(told: &[Told<'_>], lost_audit_lines: u64, now: Timestamp) -> String {
    let mut text = String::new();
    requests(&mut text, told);
    latency(&mut text, told);
    for (name, kind, help, value) in FIGURES {
        head(&mut text, name, kind, help);
        for it in told {
            if let Some(value) = value(it, now) {
                let connection = label(it.connection);
                line(
                    &mut text,
                    format_args!("evergrant_{name}{{connection=\"{connection}\"}} {value}"),
                );
            }
        }
    }
    head(
        &mut text,
        "throttle_wait_seconds_total",
        "counter",
        "Time spent waiting for a turn.",
    );
    for it in told {
        let seconds = seconds(held(&it.counters.waited_micros));
        let connection = label(it.connection);
        line(
            &mut text,
            format_args!(
                "evergrant_throttle_wait_seconds_total{{connection=\"{connection}\"}} {seconds}"
            ),
        );
    }
    head(
        &mut text,
        "audit_lines_lost_total",
        "counter",
        "Lines that the audit log did not take.",
    );
    line(
        &mut text,
        format_args!("evergrant_audit_lines_lost_total {lost_audit_lines}"),
    );
    text
}

/// What there is to tell of spans.
pub(crate) fn spans(text: &mut String, lost: u64) {
    let help = "Spans that the collector did not keep up with.";
    head(text, "spans_lost_total", "counter", help);
    line(text, format_args!("evergrant_spans_lost_total {lost}"));
}

/// What there is to tell of webhooks.
pub(crate) fn webhooks(text: &mut String, told: &crate::intake::Told, now: Timestamp) {
    for (name, help, value) in told.counts {
        let name = format!("webhook_{name}_total");
        head(text, &name, "counter", help);
        line(text, format_args!("evergrant_{name} {value}"));
    }
    let age = told.oldest.map_or(0, |at| now.duration_since(at).as_secs());
    let gauges = [
        (
            "webhook_waiting",
            "Events that wait to be handed on.",
            told.waiting as i64,
        ),
        (
            "webhook_oldest_seconds",
            "Since when the oldest of them waits.",
            age.max(0),
        ),
    ];
    for (name, help, value) in gauges {
        head(text, name, "gauge", help);
        line(text, format_args!("evergrant_{name} {value}"));
    }
}

/// What there is one figure of for each connection.
const FIGURES: [(&str, &str, &str, Figure); 12] = [
    (
        "requests_in_flight",
        "gauge",
        "Requests under way.",
        |it, _| Some(it.counters.in_flight.load(Ordering::Relaxed)),
    ),
    (
        "resends_total",
        "counter",
        "Requests sent again after a 401.",
        |it, _| Some(held(&it.counters.resent)),
    ),
    (
        "throttle_waits_total",
        "counter",
        "Requests that waited for their turn.",
        |it, _| Some(held(&it.counters.waits)),
    ),
    (
        "throttle_refusals_total",
        "counter",
        "Requests that got no turn in time.",
        |it, _| Some(held(&it.counters.turned_away)),
    ),
    (
        "throttle_waiting",
        "gauge",
        "Requests that wait for their turn now.",
        |it, _| i64::try_from(it.waiting).ok(),
    ),
    (
        "refreshes_total",
        "counter",
        "Refreshes that brought new tokens.",
        |it, _| Some(held(&it.counters.refreshes)),
    ),
    (
        "refresh_failures_total",
        "counter",
        "Refreshes that failed.",
        |it, _| Some(held(&it.counters.failed_refreshes)),
    ),
    (
        "lapses_total",
        "counter",
        "Grants found to be over.",
        |it, _| Some(held(&it.counters.lapses)),
    ),
    (
        "undurable_seconds_total",
        "counter",
        "Time with tokens that could not be saved.",
        |it, now| Some(it.counters.undurable_seconds(now)),
    ),
    ("live", "gauge", "Whether the grant lives.", |it, _| {
        it.live.map(Into::into)
    }),
    (
        "runway_seconds",
        "gauge",
        "How long the grant lives without a human.",
        |it, _| it.runway,
    ),
    (
        "access_token_seconds",
        "gauge",
        "How long the access token lives.",
        |it, _| it.access,
    ),
];

type Figure = fn(&Told<'_>, Timestamp) -> Option<i64>;

fn requests(text: &mut String, told: &[Told<'_>]) {
    head(
        text,
        "requests_total",
        "counter",
        "Requests answered, by status.",
    );
    for it in told {
        let connection = label(it.connection);
        for (status, count) in it.counters.statuses.iter().enumerate() {
            let count = held(count);
            if count > 0 {
                line(
                    text,
                    format_args!(
                        "evergrant_requests_total{{connection=\"{connection}\",status=\"{status}\"}} {count}"
                    ),
                );
            }
        }
    }
}

fn latency(text: &mut String, told: &[Told<'_>]) {
    let name = "request_duration_seconds";
    head(
        text,
        name,
        "histogram",
        "From a request's arrival to the end of its answer.",
    );
    for it in told {
        let connection = label(it.connection);
        let mut all = 0;
        for (bucket, count) in it.counters.buckets.iter().enumerate() {
            all += held(count);
            let end = BUCKETS
                .get(bucket)
                .map(|end| seconds(i64::try_from(*end).unwrap_or(0)));
            let end = end.map_or("+Inf".to_owned(), |end| end.to_string());
            line(
                text,
                format_args!(
                    "evergrant_{name}_bucket{{connection=\"{connection}\",le=\"{end}\"}} {all}"
                ),
            );
        }
        let sum = seconds(held(&it.counters.micros));
        line(
            text,
            format_args!("evergrant_{name}_sum{{connection=\"{connection}\"}} {sum}"),
        );
        line(
            text,
            format_args!("evergrant_{name}_count{{connection=\"{connection}\"}} {all}"),
        );
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP evergrant_{name} {help}"));
    line(text, format_args!("# TYPE evergrant_{name} {kind}"));
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = text.write_fmt(content);
    text.push('\n');
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people and graphs")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn held(counter: &AtomicU64) -> i64 {
    i64::try_from(counter.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use evergrant::ConnectionId;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn notice(event: Event, at: Timestamp) -> Notice {
        Notice {
            at,
            connection: ConnectionId::new("acme"),
            event,
        }
    }

    #[test]
    fn prometheus_is_told_of_requests_and_latency() {
        let counters = Counters::default();
        counters.begin();
        counters.end(200, Duration::from_millis(3), NOW);
        let told = [Told {
            connection: "a\"b",
            counters: &counters,
            waiting: 0,
            runway: Some(7),
            access: None,
            live: Some(true),
        }];
        let text = exposition(&told, 0, NOW);
        for needle in [
            "evergrant_requests_total{connection=\"a\\\"b\",status=\"200\"} 1\n",
            "le=\"0.0025\"} 0\n",
            "le=\"0.005\"} 1\n",
            "le=\"+Inf\"} 1\n",
            "evergrant_runway_seconds{connection=\"a\\\"b\"} 7\n",
            "evergrant_live{connection=\"a\\\"b\"} 1\n",
        ] {
            assert!(text.contains(needle), "{needle} is not in {text}");
        }
        assert!(!text.contains("access_token_seconds{"));
    }

    #[test]
    fn tokens_are_undurable_until_they_are_saved() {
        let counters = Counters::default();
        let later = NOW + jiff::SignedDuration::from_secs(5);
        let undurable = || Event::Undurable {
            detail: String::new(),
        };
        counters.notice(&notice(undurable(), NOW));
        counters.notice(&notice(undurable(), later));
        assert!(!counters.is_durable());
        assert_eq!(counters.undurable_seconds(later), 5);
        let saved = Event::Saved {
            place: String::new(),
            generation: evergrant::Generation(2),
            refresh: None,
            access: None,
        };
        counters.notice(&notice(saved, later));
        assert!(counters.is_durable());
        assert_eq!(counters.undurable_seconds(later), 5);
    }

    #[test]
    fn a_series_forgets_what_is_older_than_an_hour() {
        let series = Series::default();
        series.count(NOW);
        series.count(NOW);
        assert_eq!(series.last(NOW).last(), Some(&2));
        let later = NOW + jiff::SignedDuration::from_mins(5);
        assert_eq!(series.last(later)[MINUTES - 6], 2);
        let next_hour = NOW + jiff::SignedDuration::from_hours(1);
        assert_eq!(series.last(next_hour).iter().sum::<u64>(), 0);
    }
}
