//! A one-page PDF of a sales form: what `GET /{entity}/{id}/pdf` answers with; pure.
//!
//! A real document that any viewer opens, in a font that every viewer has, and no attempt at Intuit's layout. It
//! shows what the object says: who, when, the lines that fit on the page, and the total.

use serde_json::Value;

/// US Letter, in points.
const PAGE: (i32, i32) = (612, 792);
const MARGIN: i32 = 54;
/// Where the amounts end.
const RIGHT: i32 = PAGE.0 - MARGIN;
/// More lines than this do not fit; the last row says how many are missing.
const ROWS: usize = 24;

/// The document for an object of the API, as `title` (its entity's name) from `company`.
pub(crate) fn render(company: &str, title: &str, object: &Value) -> Vec<u8> {
    file(&content(company, title, object))
}

/// The page's drawing operators (ISO 32000-1, section 9.4).
fn content(company: &str, title: &str, object: &Value) -> Vec<u8> {
    let text = |member: &str| object[member].as_str().unwrap_or_default();
    let mut page = Drawing::default();
    page.bold(18, MARGIN, 720, company);
    page.bold(14, MARGIN, 690, &spaced(title));
    let facts = [
        ("Number", text("DocNumber")),
        ("Date", text("TxnDate")),
        ("Due", text("DueDate")),
        ("For", named(object)),
    ];
    let mut y = 660;
    for (label, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        page.plain(10, MARGIN, y, label);
        page.plain(10, MARGIN + 60, y, value);
        y -= 14;
    }
    y -= 16;
    let lines = rows(object);
    for (description, amount) in lines.iter().take(ROWS) {
        page.plain(10, MARGIN, y, description);
        page.amount(y, amount);
        y -= 16;
    }
    if lines.len() > ROWS {
        let more = format!("and {} more lines", lines.len() - ROWS);
        page.plain(10, MARGIN, y, &more);
        y -= 16;
    }
    if let Some(total) = money(&object["TotalAmt"]) {
        page.bold(11, MARGIN, y - 10, "Total");
        page.amount(y - 10, &total);
    }
    page.plain(
        8,
        MARGIN,
        MARGIN,
        "Made by an offline sandbox. No real company is concerned.",
    );
    page.operators
}

fn named(object: &Value) -> &str {
    let reference = |member: &str| object[member]["name"].as_str();
    reference("CustomerRef")
        .or_else(|| reference("VendorRef"))
        .unwrap_or_default()
}

/// What each line says and comes to; lines that only repeat the total are left out.
fn rows(object: &Value) -> Vec<(String, String)> {
    let Some(lines) = object["Line"].as_array() else {
        return Vec::new();
    };
    let row = |line: &Value| {
        let kind = line["DetailType"].as_str().unwrap_or_default();
        if kind == "SubTotalLineDetail" {
            return None;
        }
        let item = line[kind]["ItemRef"]["name"].as_str();
        let description = line["Description"].as_str().or(item);
        let without = spaced(kind.trim_end_matches("LineDetail"));
        let description = description.map_or(without, |text| cut(text, 80));
        Some((description, money(&line["Amount"]).unwrap_or_default()))
    };
    lines.iter().filter_map(row).collect()
}

fn money(amount: &Value) -> Option<String> {
    amount.as_f64().map(|amount| format!("{amount:.2}"))
}

/// `SalesReceipt` as people write it.
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    spaced
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

#[derive(Default)]
struct Drawing {
    operators: Vec<u8>,
}

impl Drawing {
    fn plain(&mut self, size: i32, x: i32, y: i32, text: &str) {
        self.show("F1", size, (x, y), text);
    }

    fn bold(&mut self, size: i32, x: i32, y: i32, text: &str) {
        self.show("F2", size, (x, y), text);
    }

    /// Ends at the right margin: the digits of the font are 0.556 of its size wide, point and comma half that.
    fn amount(&mut self, y: i32, text: &str) {
        let narrow = text.matches(['.', ',']).count();
        let halves = 2 * text.len().saturating_sub(narrow) + narrow;
        let width = i32::try_from(halves).unwrap_or_default() * 278 / 100;
        self.plain(10, RIGHT - width, y, text);
    }

    fn show(&mut self, font: &str, size: i32, (x, y): (i32, i32), text: &str) {
        let start = format!("BT /{font} {size} Tf {x} {y} Td (");
        self.operators.extend_from_slice(start.as_bytes());
        self.operators.extend(text.chars().flat_map(escaped));
        self.operators.extend_from_slice(b") Tj ET\n");
    }
}

/// A character as a byte of WinAnsiEncoding, which is Latin-1 where it is anything known here.
fn escaped(character: char) -> Vec<u8> {
    let is_shown = |byte: &u8| matches!(byte, 0x20..=0x7e | 0xa0..=0xff);
    let byte = u8::try_from(character).ok().filter(is_shown);
    let byte = byte.unwrap_or(b'?');
    if b"()\\".contains(&byte) {
        return vec![b'\\', byte];
    }
    vec![byte]
}

/// The file around the page: objects, their offsets, the trailer (ISO 32000-1, section 7.5).
fn file(content: &[u8]) -> Vec<u8> {
    let font = |name| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    let (width, height) = PAGE;
    let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
    stream.extend_from_slice(content);
    stream.extend_from_slice(b"endstream");
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        )
        .into_bytes(),
        stream,
        font("Helvetica").into_bytes(),
        font("Helvetica-Bold").into_bytes(),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let table = file.len();
    let count = objects.len() + 1;
    file.extend_from_slice(format!("xref\n0 {count}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    file.extend_from_slice(trailer.as_bytes());
    file
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn invoice(lines: usize) -> Value {
        let line = json!({
            "Amount": 12.5,
            "Description": "Roses (red) caf\u{e9} \u{2603}",
            "DetailType": "SalesItemLineDetail",
        });
        json!({
            "DocNumber": "1001",
            "TxnDate": "2026-11-22",
            "CustomerRef": {"value": "1", "name": "Larkspur"},
            "Line": vec![line; lines],
            "TotalAmt": 25,
        })
    }

    fn text(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    #[test]
    fn every_offset_leads_to_its_object() {
        let bytes = render("Company", "Invoice", &invoice(2));
        let file = text(&bytes);
        let number = |label: &str| -> usize {
            let (_, after) = file.split_once(label).unwrap();
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        };
        let table = text(&bytes[number("startxref\n")..]);
        for (index, row) in table.lines().skip(3).take(6).enumerate() {
            let offset: usize = row[..10].parse().unwrap();
            let object = format!("{} 0 obj\n", index + 1);
            assert!(bytes[offset..].starts_with(object.as_bytes()));
        }
        let find = |text: &[u8]| bytes.windows(text.len()).position(|part| part == text);
        let begin = find(b"stream\n").unwrap() + b"stream\n".len();
        let end = begin + number("/Length ");
        assert!(bytes[end..].starts_with(b"endstream"));
    }

    #[test]
    fn shows_what_the_object_says() {
        let file = text(&render("Larkspur & Stone", "SalesReceipt", &invoice(2)));
        for shown in [
            "(Larkspur & Stone)",
            "(Sales Receipt)",
            "(1001)",
            "(2026-11-22)",
            "(Roses \\(red\\) caf\u{e9} ?)",
            "(12.50)",
            "(25.00)",
        ] {
            assert!(file.contains(shown), "{shown}");
        }
    }

    #[test]
    fn a_long_form_says_what_is_missing() {
        let file = text(&render("Company", "Invoice", &invoice(30)));
        assert!(file.contains("(and 6 more lines)"));
        assert!(text(&render("Company", "Invoice", &Value::Null)).ends_with("%%EOF\n"));
    }
}
