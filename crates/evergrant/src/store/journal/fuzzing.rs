//! A journal that is cut, glued and summed up.

use jiff::Timestamp;

use super::{Entry, History};

/// How many of a journal's places are tried as the place of a cut.
const CUTS: usize = 8;

/// A journal's bytes.
///
/// # Panics
/// If the history of a journal is not that of its lines one after the other: if a torn line is more
/// than no line, if rubbish between lines changes what they say, or if a summary of the first lines
/// does not stand for them.
pub fn journal(data: &[u8]) {
    let Ok(whole) = History::read(data) else {
        return;
    };
    assert!(whole.generation().next() >= whole.generation());
    assert!(whole.open_attempt().is_none() || whole.attempt.is_some());

    let summary = Entry::summary(Timestamp::UNIX_EPOCH, whole.clone()).to_line();
    assert_eq!(
        History::read(&summary),
        Ok(whole.clone()),
        "a summary says less"
    );
    let summed_up = [data, b"\n", &summary].concat();
    assert_eq!(
        History::read(&summed_up),
        Ok(whole.clone()),
        "a summary adds to it"
    );

    let step = data.len() / CUTS + 1;
    for at in (0..data.len()).step_by(step) {
        check_torn(&data[..at]);
    }
    let ends = data.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    for (at, _) in ends.take(CUTS) {
        check_split(data.split_at(at + 1), &whole);
    }
}

/// What a crash in the middle of a line leaves behind says what its whole lines say, or that and
/// the last line, if only its end is missing.
fn check_torn(data: &[u8]) {
    let lines = data.iter().rposition(|byte| super::ends_line(*byte));
    let (lines, torn) = data.split_at(lines.map_or(0, |last| last + 1));
    let (Ok(before), after) = (History::read(lines), History::read(data)) else {
        return;
    };
    if serde_json::from_slice::<Entry>(torn).is_err() {
        assert!(
            after.is_err() || after == Ok(before.clone()),
            "a torn line counts"
        );
    }
    // The next line goes on a line of its own.
    let next = Entry::summary(Timestamp::UNIX_EPOCH, before.clone()).to_line();
    if after.is_ok() {
        let again = History::read(&[data, b"\n", &next].concat());
        assert_eq!(again, Ok(before));
    }
}

/// Lines count one after the other, and a summary of the first ones stands for them.
fn check_split((first, rest): (&[u8], &[u8]), whole: &History) {
    let Ok(history) = History::read(first) else {
        return;
    };
    let summary = Entry::summary(Timestamp::UNIX_EPOCH, history).to_line();
    assert_eq!(
        History::read(&[&summary, rest].concat()).as_ref(),
        Ok(whole)
    );
    let rubbish = [first, b"\0\0{\"at\":\n\n", rest].concat();
    assert_eq!(History::read(&rubbish).as_ref(), Ok(whole));
}
