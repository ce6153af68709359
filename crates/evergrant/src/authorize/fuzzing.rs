//! The callback of a consent, from any URL.

use url::Url;

use super::Consent;
use crate::ConnectionId;

const STATE: &str = "state-of-this-consent";

/// The URL of a callback, as a text; what is no URL is taken for a query.
///
/// # Panics
/// If a callback is taken that has another state than ours, an error or no code, or if one that is
/// as it should be is not.
pub fn callback(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let query = || Url::parse(&format!("http://localhost:8400/callback?{text}")).ok();
    let Some(callback) = Url::parse(&text).ok().or_else(query) else {
        return;
    };
    let consent = consent();
    let is_ours = first(&callback, "state").is_some_and(|state| state == STATE);
    assert_eq!(consent.is_answered_by(&callback), is_ours);
    let code = first(&callback, "code").filter(|code| !code.is_empty());
    let is_good = is_ours && code.is_some() && first(&callback, "error").is_none();
    match consent.check(&callback) {
        Ok(granted) => {
            assert!(is_good, "{callback}");
            assert_eq!(Some(granted.code.expose()), code.as_deref());
            assert_ne!(granted.realm.as_deref(), Some(""));
        }
        Err(error) => {
            assert!(!is_good, "{callback}: {error}");
            let message = error.to_string();
            assert!(!message.contains(char::is_control), "{message:?}");
            assert!(message.chars().count() < 300);
        }
    }
}

/// The first value of a parameter, decoded by hand.
fn first(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query()?.split('&').filter(|pair| !pair.is_empty());
    pairs.find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key) == name).then(|| decoded(value))
    })
}

/// Form-encoded text: `+` is a blank, `%41` is a byte, bytes are UTF-8.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = digits.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, length) = match (first, escaped) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            (plain, _) => (*plain, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[expect(clippy::expect_used, reason = "the URL is a literal")]
fn consent() -> Consent {
    let url: Url = "https://p.example/authorize".parse().expect("a URL");
    Consent {
        connection: ConnectionId::new("fuzzed"),
        provider: "p".to_owned(),
        redirect: "http://localhost:8400/callback".to_owned(),
        verifier: "verifier".to_owned(),
        state: STATE.to_owned(),
        url,
    }
}
