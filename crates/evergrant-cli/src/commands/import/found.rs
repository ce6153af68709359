//! Grants in other tools' files. Pure.
//!
//! Tools differ in where they put a refresh token and in what they call what stands beside it, but
//! hardly in more. So nothing is asked about who wrote a file: JSON is searched for objects with a
//! refresh token, wherever they stand, and everything else is read as lines of `name = value`, as
//! `.env` and `.conf` files have them.

use std::collections::BTreeMap;
use std::path::Path;

use evergrant::{AccessToken, RefreshToken, TokenSet};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// A grant, and what the file calls it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) realm: Option<String>,
    pub(super) tokens: TokenSet,
}

/// What tools call the same thing, in the order in which it is looked for.
const REFRESH: &[&str] = &["refresh_token", "refreshToken"];
const ACCESS: &[&str] = &["access_token", "accessToken"];
const REALM: &[&str] = &[
    "realmId",
    "realm_id",
    "realmid",
    "realm",
    "companyId",
    "company_id",
];
const ISSUED: &[&str] = &[
    "refreshed_at",
    "createdAt",
    "created_at",
    "obtained_at",
    "issued_at",
];
const ACCESS_END: &[&str] = &[
    "expiry",
    "expires_at",
    "expiresAt",
    "access_token_expires_at",
    "accessTokenExpiresAt",
];
const REFRESH_END: &[&str] = &[
    "refresh_expires_at",
    "refresh_token_expires_at",
    "refreshTokenExpiresAt",
];
const ACCESS_LIFE: &[&str] = &["expires_in", "expiresIn"];
const REFRESH_LIFE: &[&str] = &["x_refresh_token_expires_in", "refresh_token_expires_in"];
/// Names of members that say nothing about whose the grant is.
const NAMELESS: &[&str] = &[
    "token",
    "tokens",
    "oauthclient",
    "profiles",
    "credentials",
    "data",
    "auth",
    "qbo",
    "qb",
    "quickbooks",
    "intuit",
    "default",
    "",
];
/// Milliseconds since 1970 are more than this, seconds less.
const LARGEST_SECOND: i64 = 100_000_000_000;

/// The grants in a file's contents.
pub(super) fn parse(bytes: &[u8], path: &Path) -> Vec<Found> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let root = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(_) => lines(text),
    };
    let mut found = Vec::new();
    search(&root, &stem(path), None, &mut found);
    found
}

/// What a file's name says: `acme` of `acme.json` and of `tokens.acme.json`.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.trim_start_matches('.');
    let stem = stem.strip_prefix("tokens.").unwrap_or(stem);
    stem.to_owned()
}

/// Looks for grants in `value` and below; what is said of the company above holds below.
fn search(value: &Value, name: &str, realm: Option<&str>, found: &mut Vec<Found>) {
    match value {
        Value::Object(members) => {
            let own = text(members, REALM);
            let realm = own.as_deref().or(realm);
            if let Some(grant) = grant(members, name, realm) {
                found.push(grant);
                return;
            }
            for (key, value) in members {
                let is_named = !NAMELESS.contains(&key.to_lowercase().as_str());
                search(value, if is_named { key } else { name }, realm, found);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                search(value, &format!("{name}-{}", at + 1), realm, found);
            }
        }
        // Some keep JSON inside of a text.
        Value::String(text) if text.starts_with('{') => {
            if let Ok(inner) = serde_json::from_str(text) {
                search(&inner, name, realm, found);
            }
        }
        _ => {}
    }
}

fn grant(members: &Map<String, Value>, name: &str, realm: Option<&str>) -> Option<Found> {
    let refresh = text(members, REFRESH)?;
    let issued = moment(members, ISSUED);
    let after = |names| {
        let life = SignedDuration::from_secs(number(find(members, names)?)?);
        issued?.saturating_add(life).ok()
    };
    let access_expires = moment(members, ACCESS_END).or_else(|| after(ACCESS_LIFE));
    let refresh_expires = moment(members, REFRESH_END).or_else(|| after(REFRESH_LIFE));
    Some(Found {
        name: name.to_owned(),
        realm: realm.map(str::to_owned),
        tokens: TokenSet {
            access: text(members, ACCESS).map(AccessToken::new),
            access_expires,
            refresh: Some(RefreshToken::new(refresh)),
            refresh_expires,
            grant_expires: None,
            obtained: issued,
        },
    })
}

fn find<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| members.get(*name))
}

/// A text that is not empty, or a number as text.
fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    match find(members, names)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        // A time of day to the microsecond, as Python's has it.
        Value::Number(number) => number.as_i64().or(number.as_f64().map(|it| it as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A moment: RFC 3339, or seconds or milliseconds since 1970.
fn moment(members: &Map<String, Value>, names: &[&str]) -> Option<Timestamp> {
    let value = find(members, names)?;
    let moment = match number(value) {
        Some(number) if number > LARGEST_SECOND => Timestamp::from_millisecond(number).ok(),
        Some(number) => Timestamp::from_second(number).ok(),
        None => value.as_str()?.parse().ok(),
    };
    // Zero and the year 1 stand for "not known".
    moment.filter(|moment| moment.as_second() > 0)
}

/// Lines of `name = value` as an object; those under a `[heading]` as one in it, and those that
/// begin alike, as in `ACME_REFRESH_TOKEN`, too.
fn lines(text: &str) -> Value {
    let mut root: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut heading = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(inner) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            heading = inner.trim().to_owned();
        } else if let Some((name, value)) = assignment(line) {
            let (owner, member) = owned(name);
            let owner = [heading.as_str(), owner.as_str()].join("").to_lowercase();
            root.entry(owner)
                .or_default()
                .insert(member, Value::from(value));
        }
    }
    // What is said of nobody in particular holds for all.
    let shared = root.get("").and_then(|shared| text_of(shared, "realmId"));
    let objects = root.into_iter().map(|(owner, mut members)| {
        if let (Some(realm), true) = (&shared, find(&members, REALM).is_none()) {
            members.insert("realmId".to_owned(), Value::from(realm.as_str()));
        }
        (owner, Value::Object(members))
    });
    Value::Object(objects.collect())
}

fn text_of(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().map(str::to_owned)
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    if line.starts_with(['#', ';']) {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    let value = value.trim();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.split(quote).next());
    Some((name.trim(), quoted.unwrap_or(value)))
}

/// Whose a variable is, by the beginning of its name, and what it says: `ACME_REALM_ID` is `acme`'s
/// `realmId`. The usual beginnings are nobody's.
fn owned(name: &str) -> (String, String) {
    let lower = name.to_lowercase();
    let known = [
        ("refresh_token", "refresh_token"),
        ("access_token", "access_token"),
        ("realm_id", "realmId"),
        ("realmid", "realmId"),
        ("company_id", "realmId"),
        ("expires_at", "expires_at"),
    ];
    for (ending, member) in known {
        if let Some(owner) = lower.strip_suffix(ending) {
            let owner = owner.trim_end_matches(['_', '.']);
            let is_named = !NAMELESS.contains(&owner);
            let owner = if is_named { owner } else { "" };
            return (owner.to_owned(), member.to_owned());
        }
    }
    (String::new(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, path: &str) -> Vec<Found> {
        parse(text.as_bytes(), Path::new(path))
    }

    /// Name, realm, refresh token, and the seconds of the three times.
    fn told(found: &Found) -> (&str, Option<&str>, &str, [Option<i64>; 3]) {
        let tokens = &found.tokens;
        let seconds = |moment: Option<Timestamp>| moment.map(Timestamp::as_second);
        (
            &found.name,
            found.realm.as_deref(),
            tokens.refresh.as_ref().unwrap().expose(),
            [
                seconds(tokens.obtained),
                seconds(tokens.access_expires),
                seconds(tokens.refresh_expires),
            ],
        )
    }

    type Told = (
        &'static str,
        Option<&'static str>,
        &'static str,
        [Option<i64>; 3],
    );

    fn check(files: &[(&str, &str, Told)]) {
        for (text, path, expected) in files {
            let found = found(text, path);
            assert_eq!(found.len(), 1, "{path}");
            assert_eq!(told(&found[0]), *expected);
            assert_eq!(found[0].tokens.access.as_ref().unwrap().expose(), "a");
        }
    }

    #[test]
    fn json_of_each_tool_is_understood() {
        let none = [None; 3];
        check(&[
            (
                // Intuit's own, as Chilkat keeps it.
                r#"{"expires_in":3600,"x_refresh_token_expires_in":8726400,"refresh_token":"r",
                    "access_token":"a","token_type":"bearer"}"#,
                "qb-access-token.json",
                ("qb-access-token", None, "r", none),
            ),
            (
                // intuit-oauth for Python, dumped with the client.
                r#"{"client_id":"i","realm_id":4620816365,"refresh_token":"r","access_token":"a"}"#,
                "acme.json",
                ("acme", Some("4620816365"), "r", none),
            ),
            (
                // intuit-oauth for Node, the client as a whole.
                r#"{"oauthClient":{"token":{"realmId":"7","refresh_token":"r","access_token":"a",
                    "expires_in":3600,"x_refresh_token_expires_in":8726400,
                    "createdAt":1800000000000}}}"#,
                "acme.json",
                (
                    "acme",
                    Some("7"),
                    "r",
                    [
                        Some(1_800_000_000),
                        Some(1_800_003_600),
                        Some(1_808_726_400),
                    ],
                ),
            ),
            (
                // qbo-cli.
                r#"{"access_token":"a","refresh_token":"r","realm_id":"7",
                    "expires_at":1800003600.25,"refresh_expires_at":1808726400.5,
                    "created_at":1700000000.5,"refreshed_at":1800000000.75}"#,
                "/home/me/.qbo/tokens.prod.json",
                (
                    "prod",
                    Some("7"),
                    "r",
                    [
                        Some(1_800_000_000),
                        Some(1_800_003_600),
                        Some(1_808_726_400),
                    ],
                ),
            ),
        ]);
    }

    #[test]
    fn lines_of_each_tool_are_understood() {
        check(&[
            (
                // rclone's configuration.
                "[books]\ntype = x\ntoken = {\"access_token\":\"a\",\"token_type\":\"Bearer\",\
                 \"refresh_token\":\"r\",\"expiry\":\"2027-01-15T08:00:00Z\"}\n",
                "rclone.conf",
                ("books", None, "r", [None, Some(1_800_000_000), None]),
            ),
            (
                "# keys\nexport QBO_REFRESH_TOKEN='r'\nQBO_ACCESS_TOKEN=a\nQBO_REALM_ID=\"7\"\n\
                 QBO_CLIENT_SECRET=planted\n",
                "books/.env",
                ("env", Some("7"), "r", [None; 3]),
            ),
        ]);
    }

    #[test]
    fn several_grants_of_a_file_keep_their_names() {
        let profiles = r#"{"realm_id":"9","profiles":{"acme":{"realm_id":"7","refresh_token":"r1"},
                           "bolt":{"tokens":{"refresh_token":"r2"}}}}"#;
        let names: Vec<_> = found(profiles, "x.json");
        let names: Vec<_> = names.iter().map(told).collect();
        assert_eq!(
            names,
            [
                ("acme", Some("7"), "r1", [None; 3]),
                ("bolt", Some("9"), "r2", [None; 3])
            ]
        );
        let env = "REALM_ID=9\nACME_REFRESH_TOKEN=r1\nBOLT_REFRESH_TOKEN=r2\nBOLT_REALM_ID=7\n";
        let names = found(env, ".env");
        let names: Vec<_> = names.iter().map(told).collect();
        assert_eq!(
            names,
            [
                ("acme", Some("9"), "r1", [None; 3]),
                ("bolt", Some("7"), "r2", [None; 3])
            ]
        );
    }

    #[test]
    fn what_holds_no_grant_gives_none() {
        for text in [
            "",
            "{",
            "[]",
            "{}",
            "{\"refresh_token\":\"\"}",
            "hello",
            "A=B",
            "\u{0}",
        ] {
            assert!(found(text, "x").is_empty(), "{text:?}");
        }
    }
}
