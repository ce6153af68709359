//! Written by evergrant codegen. It needs these lines in Cargo.toml:
//!
//! ```toml
//! [dependencies]
//! jiff = { version = "0.2", features = ["serde"] }
//! rust_decimal = "1"
//! serde = { version = "1", features = ["derive"] }
//! serde_json = { version = "1", features = ["raw_value"] }
//! ```

use std::io::Write;

use serde::Deserialize;

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Awkward {
    /// `class`.
    pub class: String,
    /// `Class`.
    #[serde(rename = "Class")]
    pub class2: i64,
    /// `self`.
    #[serde(rename = "self")]
    pub self2: bool,
    /// `type`.
    #[serde(rename = "type")]
    pub type2: String,
    /// `from`.
    pub from: Decimal,
    /// `a.b`.
    #[serde(rename = "a.b")]
    pub a_b: String,
    /// `a\"b`.
    #[serde(rename = "a\"b")]
    pub a_b2: String,
    /// `with space`.
    #[serde(rename = "with space")]
    pub with_space: String,
    /// `2nd`.
    #[serde(rename = "2nd")]
    pub n2nd: i64,
    /// `été`.
    #[serde(rename = "été")]
    pub t: String,
    /// ``.
    #[serde(rename = "")]
    pub unnamed: String,
    /// `__proto__`.
    #[serde(rename = "__proto__")]
    pub proto: String,
    /// `id`.
    pub id: i64,
    /// `Any`.
    #[serde(rename = "Any")]
    pub any: AwkwardAny,
    /// `Dates`.
    #[serde(rename = "Dates")]
    pub dates: Vec<jiff::civil::Date>,
    /// `When`.
    #[serde(rename = "When")]
    pub when: jiff::Timestamp,
    /// `Refs`.
    #[serde(rename = "Refs")]
    pub refs: Vec<Ref>,
    /// `ItemRef`.
    #[serde(rename = "ItemRef")]
    pub item_ref: Reference,
    /// `Nothing`.
    #[serde(rename = "Nothing")]
    pub nothing: Option<serde_json::Value>,
    /// `Empty`.
    #[serde(rename = "Empty")]
    pub empty: Vec<serde_json::Value>,
    /// `Mixed`.
    #[serde(rename = "Mixed")]
    pub mixed: Vec<serde_json::Value>,
    /// `String`.
    #[serde(rename = "String")]
    pub string: AwkwardString,
    /// `Object`.
    #[serde(rename = "Object")]
    pub object: AwkwardObject,
    /// `Big`.
    #[serde(rename = "Big")]
    pub big: Decimal,
    /// `Huge`.
    #[serde(rename = "Huge")]
    pub huge: Decimal,
    /// `Match`.
    #[serde(rename = "Match")]
    pub match2: Match,
    /// `entities`.
    pub entities: Vec<Entity>,
    /// `Nested`.
    #[serde(rename = "Nested")]
    pub nested: Vec<Nested>,
    /// `$ref`.
    #[serde(rename = "$ref")]
    pub ref2: String,
    /// `'tick'`.
    #[serde(rename = "`tick`")]
    pub tick: String,
    /// `{brace}`.
    #[serde(rename = "{brace}")]
    pub brace: String,
    /// `comma,name`.
    #[serde(rename = "comma,name")]
    pub comma_name: String,
    /// `Gone`.
    #[serde(rename = "Gone")]
    pub gone: Gone,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AwkwardAny {
    /// `Deep`.
    #[serde(rename = "Deep")]
    pub deep: Vec<Vec<Decimal>>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Ref {
    /// `value`.
    pub value: String,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AwkwardString {
    /// `String`.
    #[serde(rename = "String")]
    pub string: String,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AwkwardObject {
    /// `Id`.
    #[serde(rename = "Id")]
    pub id: Id,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Match {
    /// `in`.
    #[serde(rename = "in")]
    pub in2: In,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct In {
    /// `in`.
    #[serde(rename = "in")]
    pub in2: InIn,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InIn {
    /// `in`.
    #[serde(rename = "in")]
    pub in2: bool,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Entity {
    /// `Line1`.
    #[serde(rename = "Line1")]
    pub line1: String,
    /// `Price`.
    #[serde(rename = "Price")]
    pub price: Option<Decimal>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Nested {
    /// `Line`.
    #[serde(rename = "Line")]
    pub line: Vec<Line>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Line {
    /// `Amount`.
    #[serde(rename = "Amount")]
    pub amount: Decimal,
    /// `On`.
    #[serde(rename = "On")]
    pub on: jiff::civil::Date,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Gone {
    /// `Opt`.
    #[serde(rename = "Opt")]
    pub opt: Option<serde_json::Value>,
}

/// Leads to another object.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reference {
    /// The object's id.
    pub value: Id,
    /// What it is called.
    pub name: Option<String>,
    /// Its kind, where that is not clear from the context.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Names an object. A string even where it looks like a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct Id(pub String);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A number, exact: it is read from its text and never was a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal(pub rust_decimal::Decimal);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = Box::<serde_json::value::RawValue>::deserialize(from)?;
        let text = number.get().trim_matches('"');
        let read = rust_decimal::Decimal::from_str_exact(text);
        let read = read.or_else(|_| rust_decimal::Decimal::from_scientific(text));
        read.map(Self).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads a document.
///
/// # Errors
/// If it is not JSON, or has another shape.
pub fn read(text: &str) -> serde_json::Result<Awkward> {
    serde_json::from_str(text)
}

/// Prints each value that is there by its path; of lists the first element's.
///
/// # Errors
/// If `out` does not take it.
pub fn show(root: &Awkward, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "class = {}", root.class)?;
    writeln!(out, "Class = {}", root.class2)?;
    writeln!(out, "self = {}", root.self2)?;
    writeln!(out, "type = {}", root.type2)?;
    writeln!(out, "from = {}", root.from)?;
    writeln!(out, "[\"a.b\"] = {}", root.a_b)?;
    writeln!(out, "[\"a\\\"b\"] = {}", root.a_b2)?;
    writeln!(out, "with space = {}", root.with_space)?;
    writeln!(out, "2nd = {}", root.n2nd)?;
    writeln!(out, "été = {}", root.t)?;
    writeln!(out, "[\"\"] = {}", root.unnamed)?;
    writeln!(out, "__proto__ = {}", root.proto)?;
    writeln!(out, "id = {}", root.id)?;
    if let Some(value) = root.any.deep.first().and_then(|it| it.first()) {
        writeln!(out, "Any.Deep[0][0] = {value}")?;
    }
    if let Some(value) = root.dates.first() {
        writeln!(out, "Dates[0] = {value}")?;
    }
    writeln!(out, "When = {}", root.when)?;
    if let Some(value) = root.refs.first().map(|it| &it.value) {
        writeln!(out, "Refs[0].value = {value}")?;
    }
    writeln!(out, "ItemRef.value = {}", root.item_ref.value)?;
    if let Some(value) = root.item_ref.name.as_ref() {
        writeln!(out, "ItemRef.name = {value}")?;
    }
    if let Some(value) = root.nothing.as_ref() {
        writeln!(out, "Nothing = {value}")?;
    }
    if let Some(value) = root.empty.first() {
        writeln!(out, "Empty[0] = {value}")?;
    }
    if let Some(value) = root.mixed.first() {
        writeln!(out, "Mixed[0] = {value}")?;
    }
    writeln!(out, "String.String = {}", root.string.string)?;
    writeln!(out, "Object.Id = {}", root.object.id)?;
    writeln!(out, "Big = {}", root.big)?;
    writeln!(out, "Huge = {}", root.huge)?;
    writeln!(out, "Match.in.in.in = {}", root.match2.in2.in2.in2)?;
    if let Some(value) = root.entities.first().map(|it| &it.line1) {
        writeln!(out, "entities[0].Line1 = {value}")?;
    }
    if let Some(value) = root.entities.first().and_then(|it| it.price.as_ref()) {
        writeln!(out, "entities[0].Price = {value}")?;
    }
    if let Some(value) = root
        .nested
        .first()
        .map(|it| &it.line)
        .and_then(|it| it.first())
        .map(|it| &it.amount)
    {
        writeln!(out, "Nested[0].Line[0].Amount = {value}")?;
    }
    if let Some(value) = root
        .nested
        .first()
        .map(|it| &it.line)
        .and_then(|it| it.first())
        .map(|it| &it.on)
    {
        writeln!(out, "Nested[0].Line[0].On = {value}")?;
    }
    writeln!(out, "$ref = {}", root.ref2)?;
    writeln!(out, "`tick` = {}", root.tick)?;
    writeln!(out, "{{brace}} = {}", root.brace)?;
    writeln!(out, "comma,name = {}", root.comma_name)?;
    if let Some(value) = root.gone.opt.as_ref() {
        writeln!(out, "Gone.Opt = {value}")?;
    }
    Ok(())
}

/// Reads a document from standard input and shows it.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::io::read_to_string(std::io::stdin())?;
    show(&read(&text)?, &mut std::io::stdout().lock())?;
    Ok(())
}
