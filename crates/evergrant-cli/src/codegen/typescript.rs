//! TypeScript: types, and functions that check what they read.

use super::model::{Field, Model, Record, Step, Type, Way};
use super::names;

const HEADER: &str = r#"// Written by evergrant codegen. It needs no package.

/** Names an object. A string even where it looks like a number. */
export type Id = string;
/** A number as it was written, so that no digit is lost: Number(it), or a decimal library's. */
export type Decimal = string;
/** A day, as 2026-11-22. A Date would move it into another time zone. */
export type CalendarDate = string;
/** Leads to another object. */
export interface Reference {
  readonly value: Id;
  readonly name?: string;
  readonly type?: string;
}
"#;

const READERS: &str = r#"
type Read<T> = (it: unknown) => T;

/** JSON whose numbers are still text: JSON.parse alone would make floats of them. */
function parse(text: string): unknown {
  const pieces = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replace(pieces, (piece) => (piece[0] === '"' ? piece : `"\\u0000${piece}"`)));
}

function wrong(expected: string, it: unknown): never {
  throw new TypeError(`expected ${expected}, found ${JSON.stringify(it)?.slice(0, 80)}`);
}

function number(it: unknown): string {
  return typeof it === "string" && it[0] === "\u0000" ? it.slice(1) : wrong("a number", it);
}

const text: Read<string> = (it) => (typeof it === "string" && it[0] !== "\u0000" ? it : wrong("a string", it));
const boolean: Read<boolean> = (it) => (typeof it === "boolean" ? it : wrong("true or false", it));
const integer: Read<number> = (it) => Number(number(it));
const decimal: Read<Decimal> = number;
const calendarDate: Read<CalendarDate> = text;
const timestamp: Read<Date> = (it) => new Date(text(it));
const anything: Read<unknown> = (it) =>
  JSON.parse(JSON.stringify(it, (_, value) => (typeof value === "string" && value[0] === "\u0000" ? Number(value.slice(1)) : value)));

function object(it: unknown): Record<string, unknown> {
  return typeof it === "object" && it !== null && !Array.isArray(it) ? (it as Record<string, unknown>) : wrong("an object", it);
}

function list<T>(read: Read<T>): Read<T[]> {
  return (it) => (Array.isArray(it) ? it.map(read) : wrong("a list", it));
}

function optional<T>(it: unknown, read: Read<T>): T | undefined {
  return it === undefined || it === null ? undefined : read(it);
}

const reference: Read<Reference> = (it) => {
  const from = object(it);
  return { value: text(from["value"]), name: optional(from["name"], text), type: optional(from["type"], text) };
};
"#;

const FOOTER: &str = r#"
function show(path: string, value: unknown): void {
  if (value === undefined) return;
  const shown = value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : String(value);
  console.log(`${path} = ${shown}`);
}

declare const process: { stdin: AsyncIterable<Uint8Array> };

/** Reads a document from standard input and shows it. */
async function main(): Promise<void> {
  const decoder = new TextDecoder();
  let document = "";
  for await (const chunk of process.stdin) document += decoder.decode(chunk, { stream: true });
  showAll(read(document));
}

void main();
"#;

/// The code for a model.
pub(super) fn write(model: &Model) -> String {
    let mut code = HEADER.to_owned();
    for record in &model.records {
        code.push_str(&declared(record));
    }
    let root = typed(&model.root);
    if !matches!(model.root, Type::Record(_)) {
        code.push_str(&format!(
            "\n/** The whole document. */\nexport type {} = {root};\n",
            model.name
        ));
    }
    code.push_str(READERS);
    for record in &model.records {
        code.push_str(&reader(record));
    }
    let lines: String = model.ways().iter().map(shown).collect();
    code.push_str(&format!(
        "\n/** Reads a document; fails if it has another shape. */\nexport function read(json: string): {root} {{\n  \
         return {}(parse(json));\n}}\n\n\
         /** Prints each value that is there by its path; of lists the first element's. */\n\
         export function showAll(root: {root}): void {{\n{lines}}}\n",
        reading(&model.root)
    ));
    code.push_str(FOOTER);
    code
}

fn declared(record: &Record) -> String {
    let fields = record.fields.iter().map(|field| {
        let mark = if field.optional { "?" } else { "" };
        format!(
            "  readonly {}{mark}: {};\n",
            key(&field.name),
            typed(&field.of)
        )
    });
    let fields: String = fields.collect();
    format!(
        "\n/** An object with these members; others are passed over. */\nexport interface {} {{\n{fields}}}\n",
        record.name
    )
}

fn reader(record: &Record) -> String {
    let fields = record.fields.iter().map(
        |Field {
             name, of, optional, ..
         }| {
            let (key, value, read) = (key(name), literal(name), reading(of));
            match optional {
                true => format!("    {key}: optional(from[{value}], {read}),\n"),
                false => format!("    {key}: {read}(from[{value}]),\n"),
            }
        },
    );
    let fields: String = fields.collect();
    let name = &record.name;
    let body = match fields.as_str() {
        "" => "  object(it);\n  return {};\n".to_owned(),
        fields => format!("  const from = object(it);\n  return {{\n{fields}  }};\n"),
    };
    format!("\nfunction read{name}(it: unknown): {name} {{\n{body}}}\n")
}

fn typed(of: &Type) -> String {
    match of {
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "number".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::Text => "string".to_owned(),
        Type::Date => "CalendarDate".to_owned(),
        Type::Timestamp => "Date".to_owned(),
        Type::Id => "Id".to_owned(),
        Type::Reference => "Reference".to_owned(),
        Type::Any => "unknown".to_owned(),
        Type::List(element) => format!("{}[]", typed(element)),
        Type::Record(name) => name.clone(),
    }
}

/// The function that reads a value of the type.
fn reading(of: &Type) -> String {
    match of {
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Decimal => "decimal".to_owned(),
        Type::Text | Type::Id => "text".to_owned(),
        Type::Date => "calendarDate".to_owned(),
        Type::Timestamp => "timestamp".to_owned(),
        Type::Reference => "reference".to_owned(),
        Type::Any => "anything".to_owned(),
        Type::List(element) => format!("list({})", reading(element)),
        Type::Record(name) => format!("read{name}"),
    }
}

fn shown(way: &Way) -> String {
    format!("  show({}, {});\n", literal(&way.path), place(way))
}

fn place(way: &Way) -> String {
    let mut place = "root".to_owned();
    let mut certain = true;
    for step in &way.steps {
        let (name, optional) = match step {
            Step::First(_) => {
                place.push_str(if certain { "[0]" } else { "?.[0]" });
                certain = false;
                continue;
            }
            Step::OfReference(name) => (*name, *name == "name"),
            Step::Field(field) => (field.name.as_str(), field.optional),
        };
        place.push_str(&match (names::is_identifier(name), certain) {
            (true, true) => format!(".{name}"),
            (true, false) => format!("?.{name}"),
            (false, true) => format!("[{}]", literal(name)),
            (false, false) => format!("?.[{}]", literal(name)),
        });
        certain &= !optional;
    }
    place
}

/// A member's name where it is declared.
fn key(name: &str) -> String {
    if names::is_identifier(name) && name != "__proto__" {
        return name.to_owned();
    }
    match name {
        // Without brackets it would name the prototype.
        "__proto__" => "[\"__proto__\"]".to_owned(),
        name => literal(name),
    }
}

/// A string literal: JSON's, which it takes as it is.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
