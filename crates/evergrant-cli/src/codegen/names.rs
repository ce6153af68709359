//! Names as languages write them, made from names as JSON has them.

use std::collections::BTreeSet;

/// The words of a name: `PrimaryAddr`, `primary_addr` and `primary-addr` have the same two.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in characters.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let after_lower =
            at > 0 && (characters[at - 1].is_lowercase() || characters[at - 1].is_numeric());
        let before_lower = characters
            .get(at + 1)
            .is_some_and(|next| next.is_lowercase());
        let after_upper = at > 0 && characters[at - 1].is_uppercase();
        if c.is_uppercase() && (after_lower || after_upper && before_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `primary_addr`.
pub(super) fn snake(name: &str) -> String {
    safe(&words(name).join("_"))
}

/// `PrimaryAddr`.
pub(super) fn pascal(name: &str) -> String {
    let capital = |word: String| {
        let mut rest = word.chars();
        let first: String = rest
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        first + rest.as_str()
    };
    safe(&words(name).into_iter().map(capital).collect::<String>())
}

/// A name that every language takes: letters of ASCII, digits and `_`, no digit first.
fn safe(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    match name.bytes().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) => name,
    }
}

/// Whether `name` can be written as it is in languages of C's family.
pub(super) fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}

/// The name of one element of the list `name`.
pub(super) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match name.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// Names given out so far, in one place where each may stand once.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    /// With names that are not to be had.
    pub(super) fn with(reserved: &[&str]) -> Self {
        Self(
            reserved
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
        )
    }

    /// `name`, or the same with a number after it. Case alone makes no difference: it makes none
    /// in PowerShell.
    pub(super) fn free(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.0.insert(candidate.to_ascii_lowercase()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }

    /// Whether `name` is still to be had.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.0.contains(&name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_every_style() {
        for (name, in_snake, in_pascal) in [
            ("PrimaryAddr", "primary_addr", "PrimaryAddr"),
            ("SSN", "ssn", "Ssn"),
            (
                "CountrySubDivisionCode",
                "country_sub_division_code",
                "CountrySubDivisionCode",
            ),
            ("URIPath", "uri_path", "UriPath"),
            ("Line1", "line1", "Line1"),
            ("a-b.c d", "a_b_c_d", "ABCD"),
            ("2nd", "n2nd", "n2nd"),
            ("", "unnamed", "unnamed"),
            ("été", "t", "t"),
            ("日本", "unnamed", "unnamed"),
        ] {
            assert_eq!(
                (snake(name).as_str(), pascal(name).as_str()),
                (in_snake, in_pascal),
                "{name}"
            );
        }
    }

    #[test]
    fn lists_are_named_after_their_elements() {
        for (name, one) in [
            ("entities", "entity"),
            ("Lines", "Line"),
            ("Line", "Line"),
            ("Address", "Address"),
            ("status", "status"),
            ("s", "s"),
        ] {
            assert_eq!(singular(name), one);
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let mut taken = Taken::with(&["Class"]);
        assert_eq!(taken.free("class"), "class2");
        assert_eq!(taken.free("Line"), "Line");
        assert_eq!(taken.free("line"), "line2");
        assert!(!taken.is_free("LINE") && taken.is_free("x"));
    }
}
