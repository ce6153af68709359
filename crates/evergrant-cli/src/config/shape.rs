//! What settings look like from outside, so that a change of them is noticed and told.

use std::collections::BTreeSet;

use evergrant::ClientSecret;

use super::{Fleet, Settings};

/// A connection's name, and all that is set for it.
pub(crate) type Shape = (String, String);

impl Fleet {
    /// What all that is kept looks like.
    pub(crate) fn shapes(&self) -> BTreeSet<Shape> {
        let named = self.named.iter().map(Settings::shape);
        let others = self.others.iter().map(|others| {
            let (_, shown) = others.shape();
            (format!("all in {}", others.home), shown)
        });
        named.chain(others).collect()
    }
}

impl Settings {
    /// Two settings that show alike are alike: secrets do not show, so the client's is named, and of who
    /// is trusted there is a file only, so its age is told.
    pub(crate) fn shape(&self) -> Shape {
        let secret = self.client_secret().ok().flatten();
        let secret = secret.as_ref().map(ClientSecret::fingerprint);
        let trusted = self
            .layer
            .ca_file
            .as_ref()
            .and_then(|it| it.metadata().ok());
        let trusted = trusted.and_then(|it| it.modified().ok());
        (
            self.connection.to_string(),
            format!("{self:?} {secret:?} {trusted:?}"),
        )
    }
}

/// What has been added, removed and changed, by name; empty if nothing has.
pub(crate) fn change(before: &BTreeSet<Shape>, after: &BTreeSet<Shape>) -> String {
    let names = |shapes: &BTreeSet<Shape>| -> BTreeSet<String> {
        shapes.iter().map(|(name, _)| name.clone()).collect()
    };
    let (old, new) = (names(before), names(after));
    let other = names(&after.difference(before).cloned().collect());
    let parts = [
        ("added", new.difference(&old).cloned().collect::<Vec<_>>()),
        ("removed", old.difference(&new).cloned().collect()),
        ("changed", other.intersection(&old).cloned().collect()),
    ];
    let told = parts.iter().filter(|(_, names)| !names.is_empty());
    let told: Vec<_> = told
        .map(|(what, names)| format!("{what} {}", names.join(", ")))
        .collect();
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_told_by_name() {
        let shapes = |all: &[(&str, &str)]| -> BTreeSet<Shape> {
            let own = |(name, set): &(&str, &str)| (name.to_string(), set.to_string());
            all.iter().map(own).collect()
        };
        let before = shapes(&[("acme", "1"), ("bolt", "1"), ("coil", "1")]);
        let after = shapes(&[("acme", "1"), ("bolt", "2"), ("dent", "1")]);
        assert_eq!(
            change(&before, &after),
            "added dent; removed coil; changed bolt"
        );
        assert_eq!(change(&after, &after), "");
    }
}
