//! Reads faults: the bodies with which QuickBooks says no.
//!
//! There are three envelopes for one thing. The accounting service writes `Fault` in JSON, the
//! gateway before it writes `fault` in JSON, and either may send XML though JSON was asked for.
//! [`Fault::parse`] reads them all, from any bytes, with any status: a 200 can carry a fault too.
//! What a fault means is not decided here but in [`ErrorKind`](crate::ErrorKind).

mod xml;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::{members, without_mark};

/// Codes that mean something to us.
pub(crate) mod code {
    /// The token is good, but not for this company.
    pub(crate) const WRONG_COMPANY: u32 = 100;
    /// Whoever connected the app has lost the right to.
    pub(crate) const NOT_ADMIN: u32 = 120;
    /// A sandbox company was looked for in production, or the reverse.
    pub(crate) const WRONG_CLUSTER: u32 = 130;
    /// No such object.
    pub(crate) const NOT_FOUND: u32 = 610;
    /// Throttled.
    pub(crate) const THROTTLED: u32 = 3001;
    /// The app may not use this company here.
    pub(crate) const NOT_AUTHORIZED: u32 = 3100;
    /// The access token is expired or malformed.
    pub(crate) const AUTHENTICATION_FAILED: u32 = 3200;
    /// The object has changed since it was read.
    pub(crate) const STALE: u32 = 5010;
    /// The company's subscription has ended.
    pub(crate) const SUBSCRIPTION_ENDED: u32 = 6190;
    /// An older way to say that sandbox and production are mixed up.
    pub(crate) const WRONG_DESTINATION: u32 = 7001;
    /// Something failed inside QuickBooks.
    pub(crate) const SYSTEM_FAILURE: u32 = 10000;
}

/// How QuickBooks names a throttle in words, whatever surrounds them.
const THROTTLE_WORD: &str = "ThrottleExceeded";

/// A fault, whichever envelope it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The type that it claims: `ValidationFault`, `AUTHENTICATION`…; empty if it claims none.
    pub kind: String,
    /// What is wrong; mostly one thing.
    pub errors: Vec<FaultError>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultError {
    /// In a few words.
    pub message: String,
    /// In more words; empty if there are none.
    pub detail: String,
    /// The number of it. `3200`, `003200` and `errorCode=003200` in the message are the same.
    pub code: Option<u32>,
    /// The member of the request that is to blame, if one is.
    pub element: Option<String>,
}

impl Fault {
    /// The fault in `body`; `None` if there is none, whatever else is there.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body = without_mark(body).trim_ascii_start();
        match body.first()? {
            b'{' if is_long_and_without(body) => None,
            // A name in another encoding must not hide that something is wrong.
            b'{' => Self::in_json(serde_json::from_str(&String::from_utf8_lossy(body)).ok()?),
            b'<' => xml::parse(&String::from_utf8_lossy(body)),
            _ => None,
        }
    }

    /// An OAuth server's refusal (RFC 6749 §5.2) as a fault: for bodies that carry no other.
    pub(crate) fn parse_oauth(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(without_mark(body)).ok()?;
        let object = value.as_object()?;
        let error = object.get("error")?.as_str()?;
        let error = FaultError::new(
            error.to_owned(),
            text(object, "error_description"),
            None,
            None,
        );
        Some(Self {
            kind: "OAuth".to_owned(),
            errors: vec![error],
        })
    }

    /// The fault among the members of an answer, or of the query response in it.
    fn in_json(answer: &RawValue) -> Option<Self> {
        let fault = said(answer, "Fault");
        let within = || said(said(answer, "QueryResponse")?, "Fault");
        Self::read(fault.or_else(within)?)
    }

    fn read(fault: &RawValue) -> Option<Self> {
        // A tree is enough for what is this small, and its limit on nesting is welcome.
        let fault: Value = serde_json::from_str(fault.get()).ok()?;
        let fault = fault.as_object()?;
        let errors = match member(fault, "Error") {
            Some(Value::Array(errors)) => errors.iter().filter_map(read_error).collect(),
            Some(single) => read_error(single).into_iter().collect(),
            None => Vec::new(),
        };
        Some(Self {
            kind: text(fault, "type"),
            errors,
        })
    }

    /// The codes in it.
    pub fn codes(&self) -> impl Iterator<Item = u32> {
        self.errors.iter().filter_map(|error| error.code)
    }

    /// Whether one of its errors has this code.
    pub fn has(&self, code: u32) -> bool {
        self.codes().any(|found| found == code)
    }

    /// Whether it says that we ask too often.
    pub fn is_throttle(&self) -> bool {
        let named = |error: &FaultError| is_throttle_text(error.message.as_bytes());
        self.has(code::THROTTLED) || self.errors.iter().any(named)
    }
}

/// Whether a body speaks of throttling, even if nothing else in it can be read.
pub(crate) fn is_throttle_text(body: &[u8]) -> bool {
    let word = THROTTLE_WORD.as_bytes();
    body.windows(word.len()).any(|window| window == word)
}

impl FaultError {
    fn new(message: String, detail: String, code: Option<&str>, element: Option<String>) -> Self {
        let code = code.and_then(|code| code.trim().parse().ok());
        Self {
            code: code.or_else(|| code_in(&message)),
            element: element.filter(|element| !element.is_empty()),
            message,
            detail,
        }
    }

    /// Whether its texts say that it is the server's own failure, whatever its code.
    pub(crate) fn blames_server(&self) -> bool {
        [&self.message, &self.detail].into_iter().any(|text| {
            number_after(text, "statusCode").is_some_and(|status| (500..600).contains(&status))
        })
    }
}

/// Whether a body is too long for a fault and does not speak of any: a page of rows, mostly, which
/// need not be taken apart to know that.
fn is_long_and_without(body: &[u8]) -> bool {
    const LONGEST: usize = 64 * 1024;
    let speaks_of_it = |text: &str| text.contains("ault\"") || text.contains("AULT\"");
    body.len() > LONGEST && std::str::from_utf8(body).is_ok_and(|text| !speaks_of_it(text))
}

/// A member by its name in any case, unless it is `null`.
fn said<'a>(object: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let members = members(object)?.into_iter();
    let mut said = members.filter(|(_, value)| value.get() != "null");
    said.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

fn read_error(error: &Value) -> Option<FaultError> {
    let error = error.as_object()?;
    let code = text(error, "code");
    Some(FaultError::new(
        text(error, "Message"),
        text(error, "Detail"),
        Some(&code),
        Some(text(error, "element")),
    ))
}

/// A member by its name in any case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .iter()
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

/// A member that is a string, or a number that somebody forgot to quote; else nothing.
fn text(object: &Map<String, Value>, name: &str) -> String {
    match member(object, name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The gateway's habit of writing the code into its message: `…; errorCode=003200; …`.
fn code_in(message: &str) -> Option<u32> {
    number_after(message, "errorCode")
}

/// The number in `name=number` or `name: number`.
fn number_after(text: &str, name: &str) -> Option<u32> {
    let (_, after) = text.split_once(name)?;
    let after = after.trim_start_matches([' ', '=', ':']);
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(message: &str, detail: &str, code: u32, element: Option<&str>) -> FaultError {
        FaultError {
            message: message.to_owned(),
            detail: detail.to_owned(),
            code: Some(code),
            element: element.map(str::to_owned),
        }
    }

    fn fault(kind: &str, errors: Vec<FaultError>) -> Option<Fault> {
        Some(Fault {
            kind: kind.to_owned(),
            errors,
        })
    }

    #[test]
    fn the_services_envelope() {
        let body = r#"{"Fault":{"Error":[{"Message":"Duplicate Name Exists Error","Detail":"The name supplied already exists. : null","code":"6240","element":""}],"type":"ValidationFault"},"time":"2020-09-29T06:58:50.262-07:00"}"#;
        let named = error(
            "Duplicate Name Exists Error",
            "The name supplied already exists. : null",
            6240,
            None,
        );
        assert_eq!(
            Fault::parse(body.as_bytes()),
            fault("ValidationFault", vec![named])
        );
        let body = r#"{"Fault":{"Error":[{"Message":"Invalid ID","Detail":"Id should be a valid number. Supplied value:1.5","code":"2030","element":"Id"}],"type":"ValidationFault"}}"#;
        let id = error(
            "Invalid ID",
            "Id should be a valid number. Supplied value:1.5",
            2030,
            Some("Id"),
        );
        assert_eq!(
            Fault::parse(body.as_bytes()),
            fault("ValidationFault", vec![id])
        );
    }

    #[test]
    fn the_gateways_envelope() {
        let body = r#"{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403","detail":null,"code":"3100","element":null}],"type":"SERVICE"},"report":null,"queryResponse":null,"batchItemResponse":[],"attachableResponse":[],"syncErrorResponse":null,"requestId":null,"time":1601391072830,"status":null,"cdcresponse":[]}"#;
        let refused = error(
            "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
            "",
            3100,
            None,
        );
        assert_eq!(
            Fault::parse(body.as_bytes()),
            fault("SERVICE", vec![refused])
        );
        let none = r#"{"warnings":null,"fault":null,"queryResponse":{}}"#;
        assert_eq!(Fault::parse(none.as_bytes()), None);
    }

    #[test]
    fn one_code_has_three_spellings() {
        for code in [r#""3200""#, r#""003200""#, "3200", r#""""#, "null"] {
            let body = format!(
                r#"{{"fault":{{"error":[{{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","code":{code}}}]}}}}"#
            );
            assert!(Fault::parse(body.as_bytes()).unwrap().has(3200), "{code}");
        }
        let body = r#"{"Fault":{"Error":[{"Message":"m","code":"x12"}]}}"#;
        assert_eq!(Fault::parse(body.as_bytes()).unwrap().codes().count(), 0);
    }

    #[test]
    fn odd_shapes_are_read_as_far_as_they_go() {
        for (body, errors) in [
            (r#"{"Fault":{}}"#, 0),
            (r#"{"Fault":{"Error":null}}"#, 0),
            (r#"{"Fault":{"Error":{"Message":"m","code":"610"}}}"#, 1),
            (r#"{"Fault":{"Error":["m",7,{"Message":"m"}]}}"#, 1),
            (r#" {"FAULT":{"ERROR":[{},{}]}}"#, 2),
            (
                r#"{"QueryResponse":{"Fault":{"Error":[{"code":"4000"}]}},"time":"x"}"#,
                1,
            ),
        ] {
            let fault = Fault::parse(body.as_bytes()).unwrap();
            assert_eq!(fault.errors.len(), errors, "{body}");
        }
    }

    #[test]
    fn what_is_no_fault_is_none() {
        for body in [
            "",
            "   ",
            "{",
            "null",
            "[]",
            "plain text",
            r#"{"Fault":"text"}"#,
            r#"{"Fault":null}"#,
            r#"{"Employee":{"Fault":{"Error":[]}},"time":"x"}"#,
            r#"{"Fault":{"Error":[{"Message":"cut of"#,
            "<html><body>Service Unavailable</body></html>",
            "<!DOCTYPE html><html><head><title>x</title><br></head>",
            "<",
            "%PDF-1.4",
        ] {
            assert_eq!(Fault::parse(body.as_bytes()), None, "{body}");
        }
        assert_eq!(Fault::parse(b"\xff\xfe{"), None);
    }

    #[test]
    fn throttles_are_known_by_code_or_word() {
        for (body, throttled) in [
            (
                r#"{"fault":{"error":[{"message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","code":"3001"}],"type":"SERVICE"}}"#,
                true,
            ),
            (
                r#"{"Fault":{"Error":[{"Message":"ThrottleExceeded"}]}}"#,
                true,
            ),
            (
                r#"{"Fault":{"Error":[{"Message":"x","code":"003001"}]}}"#,
                true,
            ),
            (
                r#"{"Fault":{"Error":[{"Message":"x","code":"610"}]}}"#,
                false,
            ),
        ] {
            assert_eq!(
                Fault::parse(body.as_bytes()).unwrap().is_throttle(),
                throttled,
                "{body}"
            );
        }
        assert!(is_throttle_text(b"...message=ThrottleExceeded; err"));
        assert!(!is_throttle_text(b"Throttle"));
    }

    #[test]
    fn an_oauth_refusal_is_read_when_nothing_else_is_there() {
        let refusal =
            Fault::parse_oauth(br#"{"error":"invalid_client","error_description":"why"}"#);
        let refusal = refusal.unwrap();
        assert_eq!(refusal.kind, "OAuth");
        assert_eq!(refusal.errors[0].message, "invalid_client");
        assert_eq!(refusal.errors[0].detail, "why");
        for none in ["", "{}", r#"{"error":[]}"#, "x", "[]"] {
            assert_eq!(Fault::parse_oauth(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_bomb_of_brackets_is_no_fault_and_no_crash() {
        for bomb in [
            format!(r#"{{"Fault":{}"#, "[".repeat(500_000)),
            format!(
                r#"{{"Fault":{{"Error":{}{}}}}}"#,
                "[".repeat(400_000),
                "]".repeat(400_000)
            ),
            "{\"a\":".repeat(200_000),
            format!(
                "{}{{}}{}",
                r#"{"QueryResponse":"#.repeat(50_000),
                "}".repeat(50_000)
            ),
            "<a>".repeat(300_000),
            format!("<Fault><Error>{}", "<Message>".repeat(100_000)),
        ] {
            let _ = Fault::parse(bomb.as_bytes());
            let _ = Fault::parse_oauth(bomb.as_bytes());
        }
    }

    /// Bodies that begin well and then go wrong.
    fn almost_a_fault() -> impl Strategy<Value = Vec<u8>> {
        let whole = prop_oneof![
            Just(
                r#"{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"610","element":"e"}],"type":"ValidationFault"}}"#
            ),
            Just(
                r#"<?xml version="1.0"?><IntuitResponse xmlns="x"><Fault type="T"><Error code="610" element=""><Message>a&amp;b</Message><Detail><![CDATA[d]]></Detail></Error></Fault></IntuitResponse>"#
            ),
        ];
        (
            whole,
            any::<prop::sample::Index>(),
            any::<u8>(),
            any::<bool>(),
        )
            .prop_map(|(whole, at, byte, cut)| {
                let mut bytes = whole.as_bytes().to_vec();
                let at = at.index(bytes.len());
                if cut {
                    bytes.truncate(at);
                } else {
                    bytes[at] = byte;
                }
                bytes
            })
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Fault::parse(&body);
            let _ = Fault::parse_oauth(&body);
        }

        #[test]
        fn no_damage_makes_the_parser_panic(body in almost_a_fault()) {
            let _ = Fault::parse(&body);
            let _ = Fault::parse_oauth(&body);
        }
    }
}
