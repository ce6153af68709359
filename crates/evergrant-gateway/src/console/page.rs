//! The console's pages, as text. Whatever comes from outside is escaped where it is put in.

use std::fmt::Write as _;

use evergrant::{Clock as _, Connection, Grant, Runway, SystemClock};
use jiff::Timestamp;

use super::{Session, Told};
use crate::metrics::Series;
use crate::refusal::escaped;
use crate::span::{self, local, local_second};
use crate::{Gateway, Route, story};

/// The one style sheet.
pub(super) const STYLE: &str = include_str!("style.css");
/// The one script, which pages don't need.
pub(super) const LIVE: &str = include_str!("live.js");

/// The runway of a QuickBooks grant at its longest: 100 days of idleness, 5 years in all.
const LONGEST_IDLE: i64 = 100 * 24 * 3600;
const LONGEST_GRANT: i64 = 5 * 365 * 24 * 3600;
const LONGEST_ACCESS: i64 = 3600;

/// Every connection at a glance.
pub(super) async fn front(gateway: &Gateway, events: &[Told], session: &Session) -> String {
    let mut cards = String::new();
    for route in gateway.routes().values() {
        let record = route.keeper.connection(&route.id).await;
        put(&mut cards, &card(route, record.as_ref().ok(), "h2"));
    }
    let body = format!(
        "<h1>Connections</h1>\n<div class=\"cards\">\n{cards}</div>\n{}<h2>Events</h2>\n{}",
        webhooks(gateway),
        told(events)
    );
    living("Connections", &body, session)
}

/// How the webhooks are, if they are taken in.
fn webhooks(gateway: &Gateway) -> String {
    let Some(intake) = &gateway.intake else {
        return String::new();
    };
    let told = intake.told();
    let oldest = told.oldest.map_or(String::new(), |at| {
        format!(", the oldest since {}", local_second(at))
    });
    let counts: String = told
        .counts
        .iter()
        .map(|(_, what, count)| format!("<dt>{what}</dt><dd>{count}</dd>"))
        .collect();
    format!(
        "<h2>Webhooks</h2>\n<p>{} waiting to be handed on{oldest}.</p>\n<details><summary>Since the \
         gateway was started</summary><dl>{counts}</dl></details>\n",
        told.waiting
    )
}

/// One connection and its story.
pub(super) async fn connection(route: &Route, events: &[Told], session: &Session) -> String {
    let record = route.keeper.connection(&route.id).await;
    let record = record.as_ref().ok();
    let story = route.keeper.story(&route.id).await.unwrap_or_default();
    let story: String = story
        .iter()
        .rev()
        .take(30)
        .map(|chapter| {
            let at = local_second(chapter.at);
            format!(
                "<li><time>{at}</time> {}</li>\n",
                escaped(&story::told(&chapter.what))
            )
        })
        .collect();
    let verb = if record.is_some() {
        "Reconnect"
    } else {
        "Connect to QuickBooks"
    };
    let now = SystemClock.now();
    let body = format!(
        "<p><a href=\"/console\">All connections</a></p>\n{}\n\
         <form method=\"post\" action=\"/console/connections{}/connect\">{}\
         <button>{verb}</button></form>\n\
         <h2>The last hour</h2>\n<figure>{}<figcaption>Requests a minute; throttled ones stand out\
         </figcaption></figure>\n<h2>Story</h2>\n<ol class=\"story\">\n{story}</ol>\n\
         <h2>Events</h2>\n{}",
        card(route, record, "h1"),
        escaped(&route.path),
        token(session),
        chart(&route.counters.traffic, &route.counters.throttled, now),
        told(events)
    );
    living(&route.name, &body, session)
}

/// The keys, and the one that was just made.
pub(super) fn keys(gateway: &Gateway, session: &Session, made: Option<&str>) -> String {
    let shown = made.map_or(String::new(), |key| {
        format!(
            "<p class=\"made\" role=\"status\">The new key, shown this once:<br><code>{}</code></p>\n",
            escaped(key)
        )
    });
    let mut rows = String::new();
    for key in gateway.keys.file().list().unwrap_or_default() {
        let row = format!(
            "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td><form method=\"post\" \
             action=\"/console/keys/revoke\">{}<input type=\"hidden\" name=\"id\" value=\"{}\">\
             <button class=\"quiet\" aria-label=\"Revoke {}\">Revoke</button></form></td></tr>\n",
            escaped(&key.name),
            escaped(&key.id),
            escaped(&key.in_words()),
            local(key.created),
            token(session),
            escaped(&key.id),
            escaped(&key.name),
        );
        put(&mut rows, &row);
    }
    let options: String = gateway
        .routes()
        .keys()
        .map(|name| format!("<option>{}</option>", escaped(name)))
        .collect();
    let body = format!(
        "<h1>Keys</h1>\n{shown}<div class=\"wide\"><table>\n<thead><tr><th>Holder</th><th>Id</th>\
         <th>May</th><th>Made</th><th></th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n\
         <h2>New key</h2>\n<form method=\"post\" action=\"/console/keys\" class=\"fields\">{}\n\
         <label>Holder <input name=\"name\" required maxlength=\"80\"></label>\n\
         <label>May <select name=\"preset\"><option value=\"read-only\">read</option>\
         <option value=\"full\">read and write</option></select></label>\n\
         <label>Connection <select name=\"connection\"><option value=\"\">all</option>{options}\
         </select></label>\n\
         <label>For days <input name=\"days\" inputmode=\"numeric\" pattern=\"[0-9]*\"></label>\n\
         <button>Make key</button>\n</form>\n",
        token(session)
    );
    whole("Keys", &body, Some(session))
}

/// For somebody who was not let in.
pub(super) fn locked() -> String {
    let body = "<h1>This console is locked</h1>\n<p>On the machine that serves it, run \
                <code>evergrant console</code> and open the link that it prints. A link works once, \
                for ten minutes.</p>\n";
    whole("Locked", body, None)
}

/// For a path without a page.
pub(super) fn missing() -> String {
    trouble("Nothing here", "There is no such page.")
}

/// For what went wrong.
pub(super) fn trouble(what: &str, more: &str) -> String {
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p><a href=\"/console\">All connections</a></p>\n",
        escaped(what),
        escaped(more)
    );
    whole(what, &body, None)
}

fn card(route: &Route, record: Option<&Connection>, heading: &str) -> String {
    let (state, mark) = match record.map(|it| &it.grant) {
        None => ("not connected".to_owned(), "over"),
        Some(Grant::Live(_)) if !route.counters.is_durable() => {
            ("its new tokens can't be saved yet".to_owned(), "warn")
        }
        Some(Grant::Live(_)) => ("live".to_owned(), "live"),
        Some(Grant::Lapsed { lapse, .. }) => (format!("lapsed: {lapse}"), "over"),
    };
    let told = record.and_then(|it| it.realm.as_deref());
    let realm = told.or(route.realm.as_deref()).unwrap_or("not known");
    let obtained = record.and_then(|it| it.tokens().obtained);
    let refreshed = obtained.map_or("not known".to_owned(), local);
    let bars = record.map_or(String::new(), |record| bars(&Runway::of(record)));
    format!(
        "<section class=\"card\">\n<{heading}><a href=\"/console/connections{}\">{}</a></{heading}>\n\
         <p class=\"state {mark}\">{}</p>\n<dl><dt>Company</dt><dd>{}</dd><dt>Last refresh</dt>\
         <dd>{refreshed}</dd></dl>\n{bars}</section>\n",
        escaped(&route.path),
        escaped(&route.name),
        escaped(&state),
        escaped(realm),
    )
}

fn bars(runway: &Runway) -> String {
    let ends = [
        ("Access token", runway.access, LONGEST_ACCESS),
        ("Unused grant", runway.idle, LONGEST_IDLE),
        ("Consent", runway.hard, LONGEST_GRANT),
    ];
    let now = SystemClock.now();
    let known = ends.into_iter().filter_map(|(label, end, longest)| {
        let left = end?.duration_since(now).as_secs().clamp(0, longest);
        let text = span::left(end);
        Some(format!(
            "<label class=\"bar\"><span>{label}</span> <meter min=\"0\" max=\"{longest}\" \
             low=\"{}\" value=\"{left}\">{text}</meter> <small>{text}</small></label>\n",
            longest / 10
        ))
    });
    known.collect()
}

fn chart(traffic: &Series, throttled: &Series, now: Timestamp) -> String {
    let (all, slow) = (traffic.last(now), throttled.last(now));
    let highest = all.iter().copied().max().unwrap_or(0).max(1);
    let mut bars = String::new();
    for (at, (count, slow)) in all.iter().zip(&slow).enumerate() {
        for (class, count) in [("all", *count), ("slow", (*slow).min(*count))] {
            let height = count * 100 / highest;
            if height > 0 {
                let (x, y) = (at * 10, 100 - height);
                put(
                    &mut bars,
                    &format!(
                        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"8\" height=\"{height}\"/>"
                    ),
                );
            }
        }
    }
    let total: u64 = all.iter().sum();
    format!(
        "<svg viewBox=\"0 0 600 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{total} requests in the last hour, at \
         most {highest} a minute\">{bars}</svg>"
    )
}

fn told(events: &[Told]) -> String {
    if events.is_empty() {
        return "<p>Nothing has happened since the gateway was started.</p>\n".to_owned();
    }
    let lines: String = events
        .iter()
        .map(|told| {
            format!(
                "<li><time>{}</time> <b>{}</b> {}</li>\n",
                local_second(told.at),
                escaped(&told.connection),
                escaped(&told.text)
            )
        })
        .collect();
    format!("<ol class=\"story\">\n{lines}</ol>\n")
}

fn token(session: &Session) -> String {
    format!(
        "<input type=\"hidden\" name=\"token\" value=\"{}\">",
        escaped(&session.token)
    )
}

fn put(text: &mut String, more: &str) {
    // Writing to a String does not fail.
    let _ = text.write_str(more);
}

/// A page that follows what happens, where scripts are run.
fn living(title: &str, body: &str, session: &Session) -> String {
    let script = "<script type=\"module\" src=\"/console/live.js\"></script></head>";
    whole(title, body, Some(session)).replacen("</head>", script, 1)
}

fn whole(title: &str, body: &str, session: Option<&Session>) -> String {
    let menu = session.map_or(String::new(), |session| {
        format!(
            "<nav><a href=\"/console\">Connections</a> <a href=\"/console/keys\">Keys</a>\
             <form method=\"post\" action=\"/console/logout\">{}<button class=\"quiet\">Log out\
             </button></form></nav>",
            token(session)
        )
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{} · evergrant</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/console/style.css\"></head>\n\
         <body>\n<header><strong>evergrant</strong>{menu}</header>\n<main>\n{body}</main>\n</body>\n\
         </html>\n",
        escaped(title)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The colours of one scheme, by name.
    fn colours(block: &str) -> HashMap<&str, [f64; 3]> {
        let declared = block
            .split([';', '{', '}'])
            .filter_map(|it| it.split_once(':'));
        let named = declared.filter_map(|(name, value)| {
            let hex = value.trim().strip_prefix('#')?;
            let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let parts = [0, 2, 4].map(|at| f64::from(part(at)) / 255.0);
            Some((name.trim().strip_prefix("--")?, parts))
        });
        named.collect()
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = colour.map(|part| {
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn colours_have_the_contrast_that_they_need_in_light_and_dark() {
        assert!((contrast([1.0; 3], [0.0; 3]) - 21.0).abs() < 1e-9);
        let (light, rest) = STYLE.split_once("@media").unwrap();
        let (dark, _) = rest.split_once("* {").unwrap();
        for (scheme, block) in [("light", light), ("dark", dark)] {
            let colours = colours(block);
            // Text: 4.5 at least (1.4.3). What has to be seen besides: 3 (1.4.11).
            let text = ["ink", "soft", "link", "good", "warn", "bad"].map(|it| (it, 4.5));
            for (name, least) in text {
                for behind in ["page", "card"] {
                    let found = contrast(colours[name], colours[behind]);
                    assert!(found >= least, "{scheme}: {name} on {behind}: {found}");
                }
            }
        }
    }
}
