//! QuickBooks' names as Rust writes them.

/// Words that Rust keeps for itself, among the members' names, and names that every object has.
const TAKEN: [&str; 8] = [
    "type",
    "ref",
    "use",
    "match",
    "default",
    "new",
    "object",
    "object_mut",
];

/// `TotalAmt` as `total_amt`, `ARAccountRef` as `ar_account_ref`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let follows_word = before.is_some_and(char::is_lowercase);
        let ends_acronym = before.is_some_and(char::is_uppercase)
            && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (follows_word || ends_acronym) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    if TAKEN.contains(&snake.as_str()) {
        snake.push('_');
    }
    snake
}

/// A name with a capital.
pub(crate) fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The value of an enumeration as a variant: `Accounts Receivable` as `AccountsReceivable`,
/// `GST_REG` as `GstReg`.
pub(crate) fn variant(value: &str) -> String {
    let words = value.split(|letter: char| !letter.is_ascii_alphanumeric());
    let named: String = words.map(capitalised).collect();
    match named.chars().next() {
        Some(first) if first.is_alphabetic() => named,
        _ => format!("N{named}"),
    }
}

fn capitalised(word: &str) -> String {
    let is_shouted = word.len() > 1 && word.chars().all(|letter| !letter.is_lowercase());
    let word = if is_shouted {
        word.to_lowercase()
    } else {
        word.to_owned()
    };
    type_name(&word)
}

#[test]
fn names_are_written_as_rust_writes_them() {
    for (name, written) in [
        ("TotalAmt", "total_amt"),
        ("ARAccountRef", "ar_account_ref"),
        ("domain", "domain"),
        ("SSN", "ssn"),
        ("Vendor1099", "vendor1099"),
        ("Type", "type_"),
    ] {
        assert_eq!(snake(name), written);
    }
    for (value, written) in [
        ("Accounts Receivable", "AccountsReceivable"),
        ("GST_REG_REG", "GstRegReg"),
        ("Investment_Other", "InvestmentOther"),
        ("On", "On"),
        ("1st", "N1st"),
    ] {
        assert_eq!(variant(value), written);
    }
}
