//! A grant's story in words, for a screen and for a page.

use evergrant::{Fingerprint, Happening, Outcome};

use crate::span::{local, local_second};

/// What happened, in words.
pub fn told(what: &Happening) -> String {
    match what {
        Happening::Adopted {
            generation,
            refresh,
            access,
        } => format!(
            "found     generation {generation}: refresh token {}, access token {}",
            name(refresh.as_ref()),
            name(access.as_ref())
        ),
        Happening::Spent {
            spends,
            failures,
            why,
        } => {
            let again = match failures {
                0 => String::new(),
                failures => format!(", after {failures} failed"),
            };
            let why = why.as_ref().map(|why| format!(", because {why}"));
            format!("tried     {spends}{again}{}", why.unwrap_or_default())
        }
        Happening::Failed { .. } => failed(what),
        Happening::Saved { .. } => saved(what),
        Happening::Accepted { generation } => {
            format!("accepted  the API takes the token of generation {generation}")
        }
        Happening::Lapsed { refresh, lapse, .. } => {
            format!(
                "lapsed    refresh token {}: {lapse}",
                name(refresh.as_ref())
            )
        }
        _ => "something that this version has no words for".to_owned(),
    }
}

fn failed(what: &Happening) -> String {
    let Happening::Failed {
        outcome,
        failures,
        retry_at,
        why,
        ..
    } = what
    else {
        return String::new();
    };
    let row = match failures {
        0 | 1 => String::new(),
        failures => format!(", {failures} in a row"),
    };
    let next = retry_at.map(|at| format!(", not again before {}", local_second(at)));
    let why = why.as_ref().map(|why| format!(": {why}"));
    format!(
        "failed    {}{row}{}{}",
        outcome_of(*outcome),
        next.unwrap_or_default(),
        why.unwrap_or_default()
    )
}

fn saved(what: &Happening) -> String {
    let Happening::Saved {
        generation,
        refresh,
        replaces,
        access,
        access_expires,
    } = what
    else {
        return String::new();
    };
    let refresh = name(refresh.as_ref());
    let rotation = match replaces {
        Some(old) => format!("refresh token {old} rotated to {refresh}"),
        None => format!("refresh token {refresh}"),
    };
    let end = access_expires.map(|end| format!(", good until {}", local(end)));
    format!(
        "saved     generation {generation}: {rotation}, access token {}{}",
        name(access.as_ref()),
        end.unwrap_or_default()
    )
}

fn name(print: Option<&Fingerprint>) -> String {
    print.map_or_else(|| "none".to_owned(), Fingerprint::to_string)
}

fn outcome_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "its end is not on record",
        Outcome::Unanswered => "no usable answer came, the token may be spent",
        Outcome::NotSpent => "nothing was spent",
    }
}
