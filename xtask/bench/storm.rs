//! A thousand callers at the instant at which a token ends: what they wait for beyond the token call.
//!
//! The sandbox refuses the token, and takes a while for the token call, so that all come meanwhile.
//! The same callers are answered with a good token besides: what that takes on this machine, which
//! callers, gateway and sandbox share, is in each storm too; and what it takes by way of nginx, which
//! knows no tokens, tells what no gateway can do better. A storm meets a gateway that has just been
//! started and has no connection to the provider yet, and then one that has.

use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::crowd::{Crowd, percentile};
use crate::gateway::Proxy;
use crate::report::{Bound, Figure, Goal, Report};
use crate::sample::Sample;
use crate::server::{Scheme, Server};

const CALLERS: usize = 1000;
/// What a token call takes.
const TOKEN_CALL: Duration = Duration::from_millis(300);

/// Measures `rounds` of them, over TLS and over plain http.
pub(crate) fn measure(rounds: usize) -> Result<Report> {
    let mut report = Report {
        name: "storm",
        how: format!("{CALLERS} callers at once, a token call of {TOKEN_CALL:?}, {rounds} rounds"),
        goals: Vec::new(),
        figures: Vec::new(),
    };
    for (name, scheme) in [
        ("TLS upstream", Scheme::Https),
        ("plain upstream", Scheme::Http),
    ] {
        let server = Server::start(scheme)?;
        let fault = json!({"where": "token", "what": {"delay": {"millis": TOKEN_CALL.as_millis()}}, "times": null});
        server.control("faults", &fault)?;
        let mut storms = Storms::default();
        for _ in 0..rounds {
            storms.round(&server, scheme)?;
        }
        storms.tell(name, &mut report);
    }
    Ok(report)
}

/// What 99 of 100 callers wait at most, in milliseconds.
#[derive(Default)]
struct Storms {
    /// With a good token.
    calm: Sample,
    /// The same by way of nginx.
    nginx: Sample,
    /// Beyond the token call, where there is no connection to the provider.
    cold: Sample,
    /// The same where there are.
    warm: Sample,
}

impl Storms {
    fn round(&mut self, server: &Server, scheme: Scheme) -> Result<()> {
        let proxy = Proxy::evergrant(server)?;
        let request = proxy.request();
        let mut crowd = Crowd::gather(&proxy.address, CALLERS)?;
        self.cold.push(storm(server, &mut crowd, &request)?);
        let calm = crowd.ask(|_| request.clone())?;
        self.calm.push(percentile(&calm, 99));
        self.warm.push(storm(server, &mut crowd, &request)?);
        self.nginx.push(answers_by_nginx(server, scheme)?);
        Ok(())
    }

    fn tell(self, name: &str, report: &mut Report) {
        report.goals.push(Goal::new(
            format!("{name}: p99 beyond the token call, ms"),
            self.warm.median(),
            Bound::AtMost(10.0),
        ));
        report.goals.push(Goal::new(
            format!("{name}: p99 beyond the token call and {CALLERS} answers, ms"),
            self.warm.minus(&self.calm).median(),
            Bound::AtMost(10.0),
        ));
        for (what, sample) in [
            ("p99 with a good token", self.calm),
            ("p99 with a good token, by nginx", self.nginx),
            ("p99 beyond the token call", self.warm),
            ("the same, just started", self.cold),
        ] {
            let label = format!("{name}: {what}");
            report.figures.push(Figure::new(label, "ms", sample));
        }
    }
}

/// What 99 of 100 wait for a good answer, once nginx has connections to the provider.
fn answers_by_nginx(server: &Server, scheme: Scheme) -> Result<f64> {
    let proxy = Proxy::nginx(server, scheme)?;
    let mut crowd = Crowd::gather(&proxy.address, CALLERS)?;
    let request = proxy.request();
    crowd.ask(|_| request.clone())?;
    Ok(percentile(&crowd.ask(|_| request.clone())?, 99))
}

/// Ends the token and lets all ask; what 99 of 100 wait beyond the one token call.
fn storm(server: &Server, crowd: &mut Crowd, request: &str) -> Result<f64> {
    let before = server.token_calls()?;
    server.expire()?;
    let took = crowd.ask(|_| request.to_owned())?;
    let calls = server.token_calls()? - before;
    if calls != 1 {
        return Err(format!("{calls} token calls").into());
    }
    Ok(percentile(&took, 99) - TOKEN_CALL.as_secs_f64() * 1e3)
}
