//! Why the service, or a part of it, can't be made as it should be; and errors in one line.

use std::error::Error as StdError;

/// A part of the service that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library can't do what is asked for.
    #[error(transparent)]
    Keeper(#[from] evergrant::Error),
    /// What is asked for is not possible.
    #[error("{what}")]
    Setting {
        /// What happened, without a capital or a full stop.
        what: String,
        /// What mends it.
        mend: &'static str,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    pub(crate) fn setting(
        what: String,
        mend: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Setting {
            what,
            mend,
            source: source.into(),
        }
    }
}

/// An error and its causes on one line; a cause that only repeats is left out.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use evergrant::ErrorKind;

    use super::*;

    #[test]
    fn causes_stand_on_one_line_and_do_not_repeat() {
        let cause = evergrant::Error::new(ErrorKind::Store, "permission denied");
        let error = evergrant::Error::new(ErrorKind::Store, "it can't be read").with_source(cause);
        let outer = evergrant::Error::new(ErrorKind::Store, "permission denied, in short")
            .with_source(error);
        assert_eq!(
            chain(&outer),
            "permission denied, in short: it can't be read"
        );
    }
}
