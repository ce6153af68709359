//! Licence expressions (SPDX 3 annex D): may a package under this expression be shipped?

/// Licences that ask for nothing but that their text and the authors' names travel along.
const ALLOWED: [&str; 10] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether `expression` can be met by allowed licences alone. `AND` binds tighter than `OR`; the
/// old `MIT/Apache-2.0` spelling means `OR`; an exception (`WITH …`) only adds permission.
pub(crate) fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    let verdict = any(&mut words);
    verdict == Some(true) && words.is_empty()
}

/// `None` for what is not an expression.
fn any(words: &mut &[&str]) -> Option<bool> {
    let mut verdict = all(words)?;
    while take(words, "OR") {
        verdict |= all(words)?;
    }
    Some(verdict)
}

fn all(words: &mut &[&str]) -> Option<bool> {
    let mut verdict = one(words)?;
    while take(words, "AND") {
        verdict &= one(words)?;
    }
    Some(verdict)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let verdict = any(words)?;
        return take(words, ")").then_some(verdict);
    }
    let id = next(words)?;
    if take(words, "WITH") {
        next(words)?;
    }
    Some(ALLOWED.contains(&id))
}

fn next<'a>(words: &mut &[&'a str]) -> Option<&'a str> {
    let (first, rest) = words.split_first()?;
    *words = rest;
    Some(first)
}

fn take(words: &mut &[&str], word: &str) -> bool {
    let found = words.first() == Some(&word);
    if found {
        *words = &words[1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged() {
        let check =
            |expression, allowed| assert_eq!(is_allowed(expression), allowed, "{expression}");
        check("MIT", true);
        check("MIT OR Apache-2.0", true);
        check("MIT/Apache-2.0", true);
        check("GPL-3.0-only OR MIT", true);
        check("GPL-3.0-only", false);
        check("MIT AND GPL-3.0-only", false);
        check("Apache-2.0 AND ISC", true);
        check("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true);
        check("(MIT OR GPL-2.0-only) AND Unicode-3.0", true);
        check("(MIT OR Apache-2.0) AND GPL-2.0-only", false);
        check("MIT OR GPL-2.0-only AND GPL-3.0-only", true);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for expression in [
            "", "OR MIT", "MIT MIT", "(MIT", "MIT)", "MIT WITH", "MIT AND",
        ] {
            assert!(!is_allowed(expression), "{expression}");
        }
    }
}
