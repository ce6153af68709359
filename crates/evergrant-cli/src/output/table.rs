//! Rows in columns, for people.

use comfy_table::{CellAlignment, ColumnConstraint, Table, Width, presets};

/// A cell is no wider than this; the rest is shown as dots.
const WIDEST: usize = 80;

/// The lines of some rows, each ended. The widths of the columns are those of `widths` at least,
/// and are left there, so that rows that come later stand below these.
pub(super) fn lay_out(
    header: Option<&[String]>,
    rows: &[Vec<String>],
    widths: &mut Vec<u16>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(header) = header {
        table.set_header(header);
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| short(cell)));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let last = rows
            .iter()
            .map(|row| row.get(at).map_or("", String::as_str));
        column.set_padding((0, 2));
        if is_numeric(last) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if let Some(width) = widths.get(at) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + 2)));
        }
    }
    *widths = table
        .column_max_content_widths()
        .into_iter()
        .enumerate()
        .map(|(at, width)| width.max(widths.get(at).copied().unwrap_or(0)))
        .collect();
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn is_numeric<'a>(mut cells: impl Iterator<Item = &'a str>) -> bool {
    let number = |cell: &str| {
        cell.is_empty()
            || cell
                .trim_start_matches('-')
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    cells.all(number)
}

/// The cell on one line, cut if it is long, without what could command a terminal.
fn short(cell: &str) -> String {
    let line: String = cell
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if line.chars().count() <= WIDEST {
        return line;
    }
    line.chars().take(WIDEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 2]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    #[test]
    fn later_rows_stand_below_earlier_ones() {
        let mut widths = Vec::new();
        let header = ["Name", "Amt"].map(str::to_owned);
        let first = lay_out(
            Some(&header),
            &[row(["Amy", "639.00"]), row(["Bo\nb", "0"])],
            &mut widths,
        );
        assert_eq!(first, "Name     Amt\nAmy   639.00\nBo b       0\n");
        let more = lay_out(None, &[row(["C", "-1.50"])], &mut widths);
        assert_eq!(more, "C      -1.50\n");
    }

    #[test]
    fn long_cells_are_cut() {
        let long = "x".repeat(120);
        assert_eq!(short(&long).chars().count(), WIDEST);
        assert!(short(&long).ends_with('…'));
    }
}
