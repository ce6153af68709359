//! A statement taken apart into its clauses.
//!
//! It looks for the words that begin a clause, outside of quotes and in any case, and keeps what
//! stands between them. Whether conditions mean something is for QuickBooks to say.

use super::{LARGEST_PAGE, Query, Selection};

/// The words that begin a clause, in the order in which they come; the last two come in either.
const CLAUSES: [&str; 6] = [
    "SELECT",
    "FROM",
    "WHERE",
    "ORDERBY",
    "STARTPOSITION",
    "MAXRESULTS",
];

pub(super) fn parse(text: &str) -> Result<Query, String> {
    let text = text.trim().trim_end_matches(';');
    let mut clauses: [Option<&str>; CLAUSES.len()] = [None; CLAUSES.len()];
    let words = words(text)?;
    let first = words.iter().find_map(|word| clause(text, word));
    if !matches!(first, Some(clause) if clause.which == 0 && clause.start == 0) {
        return Err("it does not begin with SELECT".to_owned());
    }
    let found: Vec<Clause> = words.iter().filter_map(|word| clause(text, word)).collect();
    for (at, clause) in found.iter().enumerate() {
        let end = found.get(at + 1).map_or(text.len(), |next| next.start);
        let inside = text.get(clause.end..end).unwrap_or_default().trim();
        let name = CLAUSES[clause.which];
        if inside.is_empty() {
            return Err(format!("nothing follows {name}"));
        }
        if clauses[clause.which].replace(inside).is_some() {
            return Err(format!("{name} comes twice"));
        }
    }
    let order = |clause: &Clause| clause.which.min(4);
    if !found.is_sorted_by_key(order) {
        return Err("its clauses are not in the order SELECT, FROM, WHERE, ORDERBY".to_owned());
    }
    build(clauses)
}

fn build(clauses: [Option<&str>; CLAUSES.len()]) -> Result<Query, String> {
    let [selected, name, conditions, order, start, limit] = clauses;
    let name = name.ok_or("it has no FROM")?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_name {
        return Err(format!("{name:?} after FROM is no name of an entity"));
    }
    let mut query = Query::named(name);
    query.selection = match selected.unwrap_or("*") {
        "*" => Selection::All,
        count if is_count(count) => Selection::Count,
        members => Selection::Members(members.to_owned()),
    };
    query.conditions = conditions.into_iter().map(str::to_owned).collect();
    query.order = order.map(str::to_owned);
    query.start = start.map(number).transpose()?;
    query.limit = limit.map(number).transpose()?;
    if let Some(limit) = query.limit.and_then(|limit| u32::try_from(limit).ok()) {
        query.page_size = limit.clamp(1, LARGEST_PAGE);
    }
    Ok(query)
}

fn is_count(selected: &str) -> bool {
    let tight: String = selected.split_whitespace().collect();
    tight.eq_ignore_ascii_case("count(*)")
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no number of rows"))
}

/// A word that begins a clause.
struct Clause {
    which: usize,
    start: usize,
    end: usize,
}

fn clause(text: &str, word: &(usize, usize)) -> Option<Clause> {
    let (start, end) = *word;
    let named = text.get(start..end)?;
    if named.eq_ignore_ascii_case("ORDER") {
        let after = text.get(end..)?;
        let by = after.trim_start();
        let is_by = by.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("BY"))
            && by[2..].starts_with(char::is_whitespace);
        let end = end + (after.len() - by.len()) + 2;
        return is_by.then_some(Clause {
            which: 3,
            start,
            end,
        });
    }
    let mut names = CLAUSES.iter();
    let which = names.position(|clause| named.eq_ignore_ascii_case(clause))?;
    Some(Clause { which, start, end })
}

/// Where the words outside of quotes begin and end.
fn words(text: &str) -> Result<Vec<(usize, usize)>, String> {
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        let is_part = letter.is_alphanumeric() || matches!(letter, '_' | '.');
        if !is_part && let Some(start) = begun.take() {
            words.push((start, at));
        }
        match letter {
            '\'' => skip_string(&mut letters).ok_or("a quote is not closed")?,
            _ if is_part && begun.is_none() => begun = Some(at),
            _ => {}
        }
    }
    words.extend(begun.map(|start| (start, text.len())));
    Ok(words)
}

/// To the closing quote, the opening one being behind.
fn skip_string(letters: &mut std::str::CharIndices<'_>) -> Option<()> {
    while let Some((_, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next()?;
            }
            '\'' => return Some(()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EntityKind;

    #[test]
    fn clauses_are_found_in_any_case() {
        let text = r"select Id, DocNumber from Invoice where DocNumber = 'from \'where\' maxresults' and TotalAmt > '3' order by TxnDate desc startposition 5 maxresults 20;";
        let query = parse(text).unwrap();
        assert_eq!(query.kind(), Some(EntityKind::Invoice));
        assert_eq!(
            query.selection,
            Selection::Members("Id, DocNumber".to_owned())
        );
        assert_eq!(
            query.conditions,
            [r"DocNumber = 'from \'where\' maxresults' and TotalAmt > '3'"]
        );
        assert_eq!(query.order.as_deref(), Some("TxnDate desc"));
        assert_eq!((query.start, query.limit), (Some(5), Some(20)));
        assert!(parse("SELECT COUNT( * ) FROM Invoice").unwrap().is_count());
        assert!(parse("select *from Invoice maxresults 7 startposition 2").is_ok());
    }

    #[test]
    fn what_is_no_query_is_told_why() {
        for (text, why) in [
            ("", "it does not begin with SELECT"),
            ("delete from Invoice", "it does not begin with SELECT"),
            ("select *", "it has no FROM"),
            ("select * from", "nothing follows FROM"),
            (
                "select * from A, B",
                "\"A, B\" after FROM is no name of an entity",
            ),
            ("select * from A where", "nothing follows WHERE"),
            ("select * from A where x = 'y", "a quote is not closed"),
            (
                "select * from A maxresults many",
                "\"many\" is no number of rows",
            ),
            (
                "select * from A where x = 1 where y = 2",
                "WHERE comes twice",
            ),
            (
                "select * from A orderby B where x = 1",
                "its clauses are not in the order SELECT, FROM, WHERE, ORDERBY",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = parse(&text);
            let _ = parse(&format!("select * from {text}"));
        }

        #[test]
        fn a_query_means_what_it_prints(value in any::<String>()) {
            let query = Query::of(EntityKind::Customer).filter("DisplayName", super::super::Op::Eq, value).unwrap().limit(3);
            let again = parse(&query.to_string()).unwrap();
            prop_assert_eq!(again.to_string(), query.to_string());
        }
    }
}
