//! Prints a failure on stderr: what was exchanged, if anything was, then what happened and one line
//! on what mends it.

use std::io::IsTerminal as _;

use evergrant::{ErrorKind, Lapse};
pub(crate) use evergrant_gateway::chain;
use evergrant_quickbooks::{Exchange, RequestId};
use http::HeaderMap;

use crate::config::Settings;
use crate::failure::Failure;
use crate::trace::{shown, tell};

/// Prints it. `settings` make the advice a command that can be typed.
pub(crate) fn print(failure: &Failure, settings: Option<&Settings>) {
    match failure {
        Failure::Told(_) => {}
        Failure::Own(own) => {
            say(&in_words(failure), &own.mend);
        }
        Failure::Keeper(error) => say(&chain(error), &advice(error, settings)),
        Failure::Api(error) => match (error.exchange(), error.core()) {
            (Some(exchange), _) => {
                tell(Some(transcript(exchange)));
                tell(Some(format!("evergrant: {}", error.advice())));
                tell(going_on(error));
            }
            (None, Some(_)) if error.request_id().is_some() => {
                say(&error.to_string(), &error.advice());
                tell(going_on(error));
            }
            (None, Some(core)) => say(&chain(core), &advice(core, settings)),
            (None, None) => say(&error.to_string(), &error.advice()),
        },
    }
}

/// What happened, on one line of a log.
pub(crate) fn in_words(failure: &Failure) -> String {
    match failure {
        Failure::Told(_) => String::new(),
        Failure::Own(own) => match &own.source {
            Some(cause) => format!("{}: {}", own.what, chain(cause.as_ref())),
            None => own.what.clone(),
        },
        Failure::Keeper(error) => chain(error),
        Failure::Api(error) => chain(error),
    }
}

/// The command that asks what came of a write, and makes it if nothing did.
fn going_on(error: &evergrant_quickbooks::Error) -> Option<String> {
    let id = error.request_id()?;
    if error.remedy() != evergrant::Remedy::Verify {
        return None;
    }
    Some(format!("  -> {}", going_on_with(id)))
}

/// How to ask for the answer to a write: that makes nothing twice.
pub(crate) fn going_on_with(id: &RequestId) -> String {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    format!("go on with: {}", again(&words, id.as_str()))
}

/// Told when a write is given up before its outcome is known: the program was stopped.
pub(crate) fn given_up(id: &RequestId) {
    say(
        "stopped while a write was under way; it may have been made",
        &going_on_with(id),
    );
}

/// The command line with the request id in it, as a shell takes it.
fn again(words: &[String], id: &str) -> String {
    if words.get(1).is_some_and(|word| word == "batch") {
        let resumed = words.iter().any(|word| word == "--resume");
        let more = if resumed { &[][..] } else { &["--resume"] };
        let words = words.iter().map(String::as_str).chain(more.iter().copied());
        return words.map(quoted).collect::<Vec<_>>().join(" ");
    }
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--request-id" {
            words.next();
        } else if !word.starts_with("--request-id=") {
            kept.push(quoted(word));
        }
    }
    kept.push(format!("--request-id {}", quoted(id)));
    kept.join(" ")
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn say(what: &str, mend: &str) {
    let mend = match mend {
        "" => String::new(),
        mend => format!("\n  -> {mend}"),
    };
    tell(Some(printable(&format!("evergrant: {what}{mend}"))));
}

/// The request, its answer and the body as it came.
fn transcript(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let body = String::from_utf8_lossy(&exchange.body);
    let cut = if exchange.is_cut {
        "\n[the rest is left out]"
    } else {
        ""
    };
    let text = format!(
        "{} {}\n{}\n{}\n{}\n{}{cut}\n",
        request.method,
        request.url,
        lines(&request.headers),
        exchange.status,
        lines(&exchange.headers),
        body.trim_end(),
    );
    printable(&text)
}

fn lines(headers: &HeaderMap) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", shown(name, value)));
    lines.collect()
}

/// On a terminal, text without the characters that could command it; elsewhere text as it came.
fn printable(text: &str) -> String {
    if std::io::stderr().is_terminal() {
        without_controls(text)
    } else {
        text.to_owned()
    }
}

fn without_controls(text: &str) -> String {
    let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let shown = |c| {
        if harmless(c) {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    text.chars().map(shown).collect()
}

/// What mends a failure of the keeper's, as a command where there is one.
fn advice(error: &evergrant::Error, settings: Option<&Settings>) -> String {
    let flags = settings.map_or("-c NAME".to_owned(), Settings::flags);
    // What is wrong before a connection comes into it, is wrong for any client.
    let without_client = error.connection().is_some()
        && settings.is_some_and(|settings| settings.client_id().is_empty());
    match error.kind() {
        ErrorKind::Lapsed(Lapse::HandedOver) => format!(
            "use it where it is kept now (evergrant connections list), or connect anew: evergrant login \
             {flags}"
        ),
        ErrorKind::Lapsed(_) => format!("a human must reconnect: evergrant login {flags}"),
        ErrorKind::NotFound => {
            format!("check the path of the token file, or connect: evergrant login {flags}")
        }
        ErrorKind::Config if without_client => {
            "no client id is set, and a refresh needs one: --client-id and --client-secret-file, \
             or EVERGRANT_CLIENT_ID and EVERGRANT_CLIENT_SECRET"
                .to_owned()
        }
        ErrorKind::Config => {
            format!("mend that setting; evergrant doctor {flags} checks them all")
        }
        ErrorKind::Sealed => format!(
            "name the key with --seal-key-file PATH, seal_key_file in evergrant.toml or \
             EVERGRANT_SEAL_KEY; if it is lost, move the token file away and log in again: \
             evergrant login {flags}"
        ),
        ErrorKind::RemoteFile => {
            "keep the token file on a local disk (--token-file PATH, or token_file in \
             evergrant.toml); or, if one machine alone uses it: --allow-network-fs, or \
             allow_network_fs = true"
                .to_owned()
        }
        ErrorKind::Unavailable => {
            format!(
                "nothing is lost: run it again later; evergrant doctor {flags} tries the way there"
            )
        }
        ErrorKind::Unanswered => "look whether it was done before doing it again".to_owned(),
        ErrorKind::Throttled => "wait a minute, then ask less often".to_owned(),
        ErrorKind::Busy | ErrorKind::Conflict => {
            "another process is refreshing this connection: run it again".to_owned()
        }
        ErrorKind::Store => format!(
            "mend that place (owner, mode, room on the disk); evergrant doctor {flags} looks closer"
        ),
        ErrorKind::Protocol => {
            "check that the token URL and base URL lead to Intuit; if they do, report this"
                .to_owned()
        }
        _ => "please report this".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_commanded_by_an_answer() {
        assert_eq!(
            without_controls("a\x1b[31mb\r\n\tc\u{9b}"),
            "a\u{fffd}[31mb\u{fffd}\n\tc\u{fffd}"
        );
    }

    #[test]
    fn the_command_that_goes_on_can_be_typed() {
        let words = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            again(
                &words("evergrant|create|customer|DisplayName=Bill's|--request-id|old"),
                "5e"
            ),
            r"evergrant create customer 'DisplayName=Bill'\''s' --request-id 5e"
        );
        assert_eq!(
            again(&words("evergrant|batch|x.jsonl"), "5e"),
            "evergrant batch x.jsonl --resume"
        );
    }

    #[test]
    fn every_kind_has_advice() {
        let advice = |kind| advice(&evergrant::Error::new(kind, ""), None);
        for kind in [
            ErrorKind::Config,
            ErrorKind::Store,
            ErrorKind::NotFound,
            ErrorKind::Sealed,
            ErrorKind::RemoteFile,
        ] {
            assert!(!advice(kind).is_empty());
        }
        assert!(advice(ErrorKind::NotFound).contains("evergrant login -c NAME"));
    }
}
