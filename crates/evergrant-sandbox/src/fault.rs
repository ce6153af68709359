//! Faults on demand: what is to go wrong, where, and how often.
//!
//! A fault strikes a request before or after it is carried out; this module only decides whether one strikes. The
//! server carries it out, since some need the connection itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random::Dice;

/// Something that is to go wrong.
///
/// As JSON: `{"where":"token","what":"drop_after","times":2}`, or
/// `{"where":"api","path":"/v3/","what":{"answer":{"status":503,"body":"busy"}},"times":null}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The part of Intuit it strikes.
    #[serde(rename = "where", default)]
    pub at: Where,
    /// Only requests with this method, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests whose path begins like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What happens.
    #[serde(rename = "what")]
    pub effect: Effect,
    /// How many requests it strikes: once if left out, for ever if `None` (`null` in JSON).
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// Of a hundred requests that it could strike, how many it does strike; all if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Where the dice for `percent` start: the same seed strikes the same requests.
    #[serde(default)]
    pub seed: u64,
}

/// A part of Intuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// Everything but the controls.
    #[default]
    Any,
    /// The token endpoint.
    Token,
    /// The accounting API.
    Api,
    /// The revocation endpoint.
    Revoke,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Another answer is sent.
    Answer {
        /// Status, 200 to 599.
        status: u16,
        /// Headers besides those that every answer has.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body as it is.
        #[serde(default)]
        body: String,
        /// Whether the request is carried out all the same, as when a gateway gives up on a reply.
        #[serde(default)]
        after: bool,
    },
    /// An HTML page with this status is sent, as by a proxy or in maintenance.
    Html {
        /// Status, 200 to 599.
        status: u16,
    },
    /// The request waits, then goes on as usual.
    Delay {
        /// Real milliseconds.
        millis: u64,
    },
    /// The connection is closed; nothing was done, nothing is sent.
    DropBefore,
    /// The request is carried out, then the connection is closed without an answer.
    DropAfter,
    /// The request is carried out; the answer's head and half of its body are sent, then the connection is closed.
    Truncate,
    /// The answer is that of a throttled request; nothing was done.
    Throttle,
    /// The request is answered as usual, then the server closes the connection without having announced it.
    CloseAfter,
}

impl Fault {
    /// A fault that strikes once.
    #[must_use]
    pub fn new(at: Where, effect: Effect) -> Self {
        Self {
            at,
            method: None,
            path: None,
            effect,
            times: once(),
            percent: None,
            seed: 0,
        }
    }

    /// The same fault, striking so many times.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// The same fault, striking until it is cleared.
    #[must_use]
    pub fn forever(self) -> Self {
        Self {
            times: None,
            ..self
        }
    }

    /// The same fault, for requests with this method and a path that begins like this only.
    #[must_use]
    pub fn on(self, method: &str, path: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            ..self
        }
    }

    /// The same fault, striking so many of a hundred requests, the same ones for the same seed.
    #[must_use]
    pub fn percent(self, percent: u8, seed: u64) -> Self {
        Self {
            percent: Some(percent),
            seed,
            ..self
        }
    }

    /// What is wrong with it, if it cannot do what it says.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self.effect {
            Effect::Answer { status, .. } | Effect::Html { status }
                if !(200..600).contains(&status) =>
            {
                Some("status must be from 200 to 599")
            }
            _ if self.percent.is_some_and(|percent| percent > 100) => {
                Some("percent must be at most 100")
            }
            _ => None,
        }
    }

    fn concerns(&self, at: Where, method: &str, path: &str) -> bool {
        (self.at == Where::Any || self.at == at)
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .path
                .as_ref()
                .is_none_or(|prefix| path.starts_with(prefix.as_str()))
    }
}

/// The faults that are lying in wait, in the order they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    dice: Dice,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        let dice = Dice::new(fault.seed);
        self.armed.push(Armed { fault, dice });
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    /// Arms these and no others.
    pub(crate) fn replace(&mut self, faults: Vec<Fault>) {
        self.clear();
        faults.into_iter().for_each(|fault| self.add(fault));
    }

    /// The faults still armed; `times` is what is left of them.
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.armed.iter().map(|armed| armed.fault.clone()).collect()
    }

    /// The first fault that strikes this request, which uses it up once.
    pub(crate) fn strike(&mut self, at: Where, method: &str, path: &str) -> Option<Effect> {
        let position = self
            .armed
            .iter()
            .position(|armed| armed.fault.concerns(at, method, path) && armed.falls())?;
        let fault = &mut self.armed[position].fault;
        let effect = fault.effect.clone();
        fault.times = fault.times.map(|left| left.saturating_sub(1));
        if fault.times == Some(0) {
            self.armed.remove(position);
        }
        Some(effect)
    }
}

impl Armed {
    fn falls(&self) -> bool {
        let spent = self.fault.times == Some(0);
        !spent
            && self
                .fault
                .percent
                .is_none_or(|percent| self.dice.roll() % 100 < u64::from(percent))
    }
}

fn once() -> Option<u64> {
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(faults: &mut Faults, at: Where, method: &str, path: &str) -> bool {
        faults.strike(at, method, path).is_some()
    }

    #[test]
    fn strikes_only_where_it_is_told_and_so_often() {
        let mut faults = Faults::default();
        faults.add(
            Fault::new(Where::Api, Effect::DropAfter)
                .on("post", "/v3/")
                .times(2),
        );
        assert!(!strikes(
            &mut faults,
            Where::Token,
            "POST",
            "/oauth2/v1/tokens/bearer"
        ));
        assert!(!strikes(
            &mut faults,
            Where::Api,
            "GET",
            "/v3/company/1/employee/58"
        ));
        assert!(strikes(
            &mut faults,
            Where::Api,
            "POST",
            "/v3/company/1/employee"
        ));
        assert_eq!(faults.list()[0].times, Some(1));
        assert!(strikes(
            &mut faults,
            Where::Api,
            "POST",
            "/v3/company/1/employee"
        ));
        assert!(!strikes(
            &mut faults,
            Where::Api,
            "POST",
            "/v3/company/1/employee"
        ));
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_percentage_repeats_from_its_seed() {
        let course = |seed| -> Vec<bool> {
            let mut faults = Faults::default();
            faults.add(
                Fault::new(Where::Any, Effect::Throttle)
                    .forever()
                    .percent(30, seed),
            );
            (0..200)
                .map(|_| strikes(&mut faults, Where::Api, "GET", "/"))
                .collect()
        };
        assert_eq!(course(1), course(1));
        assert_ne!(course(1), course(2));
        let struck = course(1).iter().filter(|struck| **struck).count();
        assert!((40..80).contains(&struck), "{struck} of 200");
    }

    #[test]
    fn the_json_form_is_as_documented() {
        let fault: Fault =
            serde_json::from_str(r#"{"where":"token","what":"drop_after","times":2}"#).unwrap();
        assert_eq!(fault, Fault::new(Where::Token, Effect::DropAfter).times(2));
        let text = r#"{"where":"api","path":"/v3/","what":{"answer":{"status":503,"body":"busy"}},"times":null}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.times, None);
        assert!(
            matches!(&fault.effect, Effect::Answer { status: 503, after: false, body, .. } if body == "busy")
        );
        assert_eq!(
            serde_json::from_str::<Fault>(r#"{"what":"throttle"}"#)
                .unwrap()
                .times,
            Some(1)
        );
        assert!(serde_json::from_str::<Fault>(r#"{"what":"throttle","time":3}"#).is_err());
    }

    #[test]
    fn impossible_faults_are_named() {
        assert!(
            Fault::new(Where::Any, Effect::Html { status: 99 })
                .problem()
                .is_some()
        );
        assert!(
            Fault::new(Where::Any, Effect::Throttle)
                .percent(101, 0)
                .problem()
                .is_some()
        );
        assert!(
            Fault::new(Where::Any, Effect::Html { status: 503 })
                .problem()
                .is_none()
        );
    }
}
