//! Moments and the time until them, as people read them.

use evergrant::{Clock as _, SystemClock, Warning};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How much time is left until `end`: `43 min left`, `over for 2 days`.
pub fn left(end: Option<Timestamp>) -> String {
    let Some(end) = end else {
        return "end not known".to_owned();
    };
    let left = end.duration_since(SystemClock.now());
    if left.is_negative() {
        return format!("over for {}", rough(-left));
    }
    format!("{} left", rough(left))
}

/// An end that comes near: `the grant reaches its hard end, 6 days left, on 2026-11-28 19:20`.
pub fn warning(warning: &Warning) -> String {
    let (left, day) = (left(Some(warning.at)), local(warning.at));
    format!("{}, {left}, on {day}", warning.end)
}

/// A moment in this machine's time zone, to the second: `2026-11-22 19:20:05`.
pub fn local_second(moment: Timestamp) -> String {
    let zoned = moment.to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A moment in this machine's time zone: `2026-11-22 19:20`.
pub fn local(moment: Timestamp) -> String {
    let zoned = moment.to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A length of time in its largest unit that is at least two of.
fn rough(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} h", seconds / 3_600),
        120.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_down_to_what_matters() {
        for (seconds, expected) in [
            (0, "0 s"),
            (119, "119 s"),
            (3_599, "59 min"),
            (7_200, "2 h"),
            (172_799, "47 h"),
            (8_640_000, "100 days"),
        ] {
            assert_eq!(rough(SignedDuration::from_secs(seconds)), expected);
        }
        assert_eq!(left(None), "end not known");
        assert!(left(Some(Timestamp::UNIX_EPOCH)).starts_with("over for "));
        assert!(left(Some(Timestamp::MAX)).ends_with(" days left"));
    }
}
