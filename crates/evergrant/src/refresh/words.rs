//! A failure in words: for the record, and for those who are told.

use crate::Error;

/// How many characters of a failure's reason go on record.
const LONGEST_SENTENCE: usize = 240;

/// An error with its causes as a sentence for the record: of bounded length, and without `secrets`,
/// since a provider's own words may be in it and could quote what it was sent.
pub(crate) fn sentence(error: &Error, secrets: &[&str]) -> String {
    let mut text = chain(error);
    // Whoever reads the record knows whose it is.
    if let Some(id) = error.connection()
        && let Some(rest) = text.strip_prefix(&format!("{id}: "))
    {
        text = rest.to_owned();
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[redacted]");
    }
    text.retain(|c| !c.is_control());
    match text.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &Error) -> String {
    let mut shown = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(current) = cause {
        shown.push_str(": ");
        shown.push_str(&current.to_string());
        cause = current.source();
    }
    shown
}
