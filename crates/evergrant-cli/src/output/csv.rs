//! Rows as comma-separated values (RFC 4180, lines ended by a bare line feed).

use std::borrow::Cow;

use super::sheet::Cells;
use super::walk::plain;

/// The cells of a row as they stand in the file.
pub(super) fn shown<'a>(
    cells: &'a Cells,
    moved: impl Fn(&str) -> Option<String>,
) -> impl Iterator<Item = Cow<'a, str>> {
    cells.iter().map(move |cell| {
        let Some(cell) = cell.as_deref().filter(|cell| *cell != "null") else {
            return Cow::Borrowed("");
        };
        let text = plain(cell);
        if let Some(moved) = moved(&text) {
            return moved.into();
        }
        match cell.starts_with('"') && is_formula(&text) {
            true => format!("'{text}").into(),
            false => text,
        }
    })
}

/// Whether a spreadsheet could take a string for a formula and run it. Texts that are nothing but a
/// number, as those of telephones are, are none.
fn is_formula(text: &str) -> bool {
    let harmless = |c: char| c.is_ascii_digit() || " +-().,/".contains(c);
    text.starts_with(['=', '@', '\t', '\r'])
        || text.starts_with(['+', '-']) && !text.chars().all(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Option<&str>]) -> String {
        let cells: Cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
        let mut out = csv::Writer::from_writer(Vec::new());
        let cells = shown(&cells, |_| None);
        out.write_record(cells.map(Cow::into_owned)).unwrap();
        String::from_utf8(out.into_inner().unwrap()).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(
            line(&[
                Some("639.00"),
                Some(r#""a,b""#),
                None,
                Some("null"),
                Some(r#""say \"x\"\n""#),
                Some("[1]")
            ]),
            "639.00,\"a,b\",,,\"say \"\"x\"\"\n\",[1]\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, shown) in [
            (r#""=HYPERLINK(1)""#, "'=HYPERLINK(1)\n"),
            (r#""@SUM(A1)""#, "'@SUM(A1)\n"),
            (r#""+1+cmd|x""#, "'+1+cmd|x\n"),
            (r#""-5.00""#, "-5.00\n"),
            ("-5.00", "-5.00\n"),
            (r#""+1 (555) 123-4567""#, "+1 (555) 123-4567\n"),
        ] {
            assert_eq!(line(&[Some(cell)]), shown);
        }
    }
}
