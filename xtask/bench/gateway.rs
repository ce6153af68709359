//! The gateway beside nginx as a plain reverse proxy that sets a fixed header: the floor of the work.
//!
//! Both in front of the same sandbox, over TLS and over plain http, in turns. wrk loads them as hard as
//! it can on 1, 50 and 500 connections; then each gets half of what nginx can do on 50 for a load that
//! measures how long each answer takes. All of it shares the machine's cores, load and sandbox too,
//! so throughput is diluted by what they take: the processor time of the proxy alone is told besides.

mod pace;
mod proxy;
mod wrk;

use std::time::Duration;

use crate::Result;
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};
use pace::Pace;
pub(crate) use proxy::Proxy;

const CONNECTIONS: [usize; 3] = [1, 50, 500];
/// On how many connections half the load is given.
const PACED: usize = 50;
const SLICE: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_secs(1);

/// Measures `rounds` slices of each.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let mut report = Report {
        name: "gateway",
        how: format!("in turns with nginx, {rounds} rounds of slices of {SLICE:?}"),
        goals: Vec::new(),
        figures: Vec::new(),
    };
    for (name, scheme, least) in [
        ("TLS upstream", Scheme::Https, 1.0),
        ("plain upstream", Scheme::Http, 0.8),
    ] {
        let pair = Pair::start(scheme)?;
        let loads: Vec<Load> = CONNECTIONS
            .into_iter()
            .map(|connections| pair.load(connections, rounds))
            .collect::<Result<_>>()?;
        let memory = pair.evergrant.peak_megabytes()?;
        let half = pace::most(&pair.nginx, PACED, SLICE)? / 2.0;
        let paced = pair.paced(half, rounds)?;
        for load in loads {
            load.tell(name, least, &mut report);
        }
        paced.tell(name, half, &mut report);
        let label = format!("{name}: memory with {} connections, MB", CONNECTIONS[2]);
        report
            .goals
            .push(Goal::new(label, memory, Bound::AtMost(50.0)));
    }
    Ok(report)
}

/// The two in front of one sandbox.
struct Pair {
    evergrant: Proxy,
    nginx: Proxy,
    _server: Server,
}

/// What came of loading one proxy as hard as wrk can.
#[derive(Default)]
struct Loaded {
    rate: Sample,
    /// Of processor time for a request, in microseconds.
    cost: Sample,
}

/// The same for both, on so many connections.
struct Load {
    connections: usize,
    evergrant: Loaded,
    nginx: Loaded,
}

/// How long answers take at half load, in milliseconds.
#[derive(Default)]
struct Answered {
    median: Sample,
    /// 99 of 100 take less.
    slow: Sample,
}

/// The same for both.
#[derive(Default)]
struct Paced {
    evergrant: Answered,
    nginx: Answered,
}

impl Pair {
    fn start(scheme: Scheme) -> Result<Self> {
        let server = Server::start(scheme)?;
        Ok(Self {
            evergrant: Proxy::evergrant(&server)?,
            nginx: Proxy::nginx(&server, scheme)?,
            _server: server,
        })
    }

    fn load(&self, connections: usize, rounds: usize) -> Result<Load> {
        let mut load = Load {
            connections,
            evergrant: Loaded::default(),
            nginx: Loaded::default(),
        };
        for proxy in [&self.evergrant, &self.nginx] {
            wrk::run(proxy, connections, WARM_UP)?;
        }
        for _ in 0..rounds {
            load.evergrant.slice(&self.evergrant, connections)?;
            load.nginx.slice(&self.nginx, connections)?;
        }
        Ok(load)
    }

    fn paced(&self, rate: f64, rounds: usize) -> Result<Paced> {
        let pace = Pace {
            lines: PACED,
            rate,
            time: SLICE,
        };
        let mut paced = Paced::default();
        for _ in 0..rounds {
            paced.evergrant.slice(&self.evergrant, &pace)?;
            paced.nginx.slice(&self.nginx, &pace)?;
        }
        Ok(paced)
    }
}

impl Loaded {
    fn slice(&mut self, proxy: &Proxy, connections: usize) -> Result<()> {
        let before = proxy.processor_time()?;
        let found = wrk::run(proxy, connections, SLICE)?;
        let spent = proxy.processor_time()?.saturating_sub(before);
        self.rate.push(found.rate);
        self.cost.push(spent.as_secs_f64() * 1e6 / found.requests);
        Ok(())
    }
}

impl Load {
    fn tell(self, name: &str, least: f64, report: &mut Report) {
        let at = format!("{name}, {}", self.connections);
        report.goals.push(Goal::new(
            format!("{at}: requests, evergrant / nginx"),
            self.evergrant.rate.over(&self.nginx.rate).median(),
            Bound::AtLeast(least),
        ));
        let cost = self.evergrant.cost.over(&self.nginx.cost);
        for (who, loaded) in [("evergrant", self.evergrant), ("nginx", self.nginx)] {
            let label = format!("{at}: {who}");
            report
                .figures
                .push(Figure::new(&label, "requests/s", loaded.rate));
            let label = format!("{label}, processor time a request");
            report.figures.push(Figure::new(label, "us", loaded.cost));
        }
        let label = format!("{at}: processor time, evergrant / nginx");
        report.figures.push(Figure::new(label, "", cost));
    }
}

impl Answered {
    fn slice(&mut self, proxy: &Proxy, pace: &Pace) -> Result<()> {
        let took = pace::run(proxy, pace)?;
        let at = |share: usize| took.get(took.len() * share / 100).copied();
        let milliseconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
        self.median.push(milliseconds(at(50)));
        self.slow.push(milliseconds(at(99)));
        Ok(())
    }
}

impl Paced {
    fn tell(self, name: &str, rate: f64, report: &mut Report) {
        let at = format!("{name}, {rate:.0}/s");
        for (share, most, own, other) in [
            ("p50", 0.2, self.evergrant.median, self.nginx.median),
            ("p99", 1.0, self.evergrant.slow, self.nginx.slow),
        ] {
            report.goals.push(Goal::new(
                format!("{at}: added {share}, ms"),
                own.minus(&other).median(),
                Bound::AtMost(most),
            ));
            for (who, sample) in [("evergrant", own), ("nginx", other)] {
                let label = format!("{at}: {share}, {who}");
                report.figures.push(Figure::new(label, "ms", sample));
            }
        }
    }
}
