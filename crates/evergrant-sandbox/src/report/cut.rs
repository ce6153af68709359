//! The cut: a report of too many cells ends early, under a success's status, and says so in its last row only.

use super::shape::{Cell, Report, Row};

/// What stands in the last row of a report that was cut.
const NOTICE: &str = "Unable to display more data. Please reduce the date range.";

/// Ends a report where its cells come to more than `most`. Sections that it is cut within have no sums.
pub(super) fn cut(report: &mut Report, most: usize) {
    let mut left = most;
    keep(&mut report.rows, &mut left, report.columns.len());
}

/// Keeps the rows that fit and the notice after them; whether all fit.
fn keep(rows: &mut Vec<Row>, left: &mut usize, width: usize) -> bool {
    let cut = rows.iter_mut().position(|row| !keep_row(row, left, width));
    let Some(last) = cut else {
        return true;
    };
    rows.truncate(last + 1);
    false
}

fn keep_row(row: &mut Row, left: &mut usize, width: usize) -> bool {
    let head = match row {
        Row::Data(cells) => cells.len(),
        Row::Section(section) => section.header.len(),
    };
    if !spend(left, head) {
        *row = notice(width);
        return false;
    }
    let Row::Section(section) = row else {
        return true;
    };
    if keep(&mut section.rows, left, width) {
        if spend(left, section.summary.len()) {
            return true;
        }
        section.rows.push(notice(width));
    }
    section.summary.clear();
    false
}

/// Takes `cells` from what is left, if there are so many.
fn spend(left: &mut usize, cells: usize) -> bool {
    let rest = left.checked_sub(cells);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

fn notice(width: usize) -> Row {
    Row::Data(Cell::title(NOTICE, None, width))
}
