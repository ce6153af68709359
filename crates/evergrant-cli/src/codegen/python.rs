//! Python, with dataclasses and nothing but the standard library.

use super::model::{Model, Record, Step, Type, Way};
use super::names::{self, Taken};

const KEYWORDS: [&str; 40] = [
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "match",
    "case",
    "type",
    "from_json",
    "self",
];

const HEADER: &str = r#""""Written by evergrant codegen. It needs Python 3.9 or later and no package."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Callable, NewType, Optional

# Names an object. A string even where it looks like a number.
Id = NewType("Id", str)


def maybe(value: Any, convert: Callable[[Any], Any]) -> Any:
    """`value` converted, or None if there is none."""
    return None if value is None else convert(value)


def timestamp(text: str) -> datetime:
    """A time with its offset; older Pythons don't read Z, nor more than six decimals."""
    head, _, tail = text.replace("Z", "+00:00").partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return datetime.fromisoformat(head + ("." + tail[:digits][:6].ljust(6, "0") + tail[digits:] if tail else ""))


def first(values: list[Any]) -> Any:
    """The first of them, or None."""
    return values[0] if values else None


@dataclass(frozen=True)
class Reference:
    """Leads to another object."""

    value: Id
    name: Optional[str]
    type: Optional[str]

    @classmethod
    def from_json(cls, it: dict[str, Any]) -> Reference:
        return cls(value=Id(it["value"]), name=it.get("name"), type=it.get("type"))
"#;

const FOOTER: &str = r#"

def show(path: str, value: Any) -> None:
    """Prints a value, if there is one."""
    if isinstance(value, (date, datetime)):
        value = value.isoformat()
    if isinstance(value, bool) or isinstance(value, (dict, list)):
        value = json.dumps(value, default=str)
    if value is not None:
        print(f"{path} = {value}")


if __name__ == "__main__":
    main()
"#;

/// The code for a model.
pub(super) fn write(model: Model) -> String {
    let model = &model.identified(|_| Taken::with(&KEYWORDS), names::snake);
    let mut code = HEADER.to_owned();
    for record in &model.records {
        code.push_str(&declared(record));
    }
    let root = typed(&model.root);
    let name = &model.name;
    if !matches!(model.root, Type::Record(_)) {
        code.push_str(&format!("\n\n# The whole document.\n{name} = {root}\n"));
    }
    let converted = converted(&model.root, "document");
    let lines: String = model.ways().iter().map(shown).collect();
    code.push_str(&format!(
        "\n\ndef read(text: str) -> {root}:\n    \"\"\"Reads a document; its numbers stay exact.\"\"\"\n    \
         document = json.loads(text, parse_float=Decimal)\n    return {converted}\n\n\n\
         def main() -> None:\n    \"\"\"Prints each value that is there by its path; of lists the first element's.\"\"\"\n    \
         root = read(sys.stdin.read())\n{lines}"
    ));
    code.push_str(FOOTER);
    code
}

fn declared(record: &Record) -> String {
    let mut declared = String::new();
    let mut read = String::new();
    for field in &record.fields {
        let name = &field.ident;
        let key = literal(&field.name);
        let of = typed(&field.of);
        if field.optional {
            declared.push_str(&format!("    {name}: Optional[{of}]\n"));
            let value = match function(&field.of) {
                None => format!("it.get({key})"),
                Some(function) => format!("maybe(it.get({key}), {function})"),
            };
            read.push_str(&format!("            {name}={value},\n"));
        } else {
            declared.push_str(&format!("    {name}: {of}\n"));
            let value = converted(&field.of, &format!("it[{key}]"));
            read.push_str(&format!("            {name}={value},\n"));
        }
    }
    let name = &record.name;
    let call = match read.as_str() {
        "" => "cls()".to_owned(),
        read => format!("cls(\n{read}        )"),
    };
    format!(
        "\n\n@dataclass(frozen=True)\nclass {name}:\n    \"\"\"An object with these members; others are passed over.\"\"\"\n\n\
         {declared}\n    @classmethod\n    def from_json(cls, it: dict[str, Any]) -> {name}:\n        return {call}\n"
    )
}

fn typed(of: &Type) -> String {
    match of {
        Type::Boolean => "bool".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::Text => "str".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Timestamp => "datetime".to_owned(),
        Type::Id => "Id".to_owned(),
        Type::Reference => "Reference".to_owned(),
        Type::Any => "Any".to_owned(),
        Type::List(element) => format!("list[{}]", typed(element)),
        Type::Record(name) => name.clone(),
    }
}

/// What turns JSON's value into the type; nothing if it is that already.
fn function(of: &Type) -> Option<String> {
    match of {
        Type::Boolean | Type::Integer | Type::Text | Type::Any => None,
        Type::Decimal => Some("Decimal".to_owned()),
        Type::Date => Some("date.fromisoformat".to_owned()),
        Type::Timestamp => Some("timestamp".to_owned()),
        Type::Id => Some("Id".to_owned()),
        Type::Reference => Some("Reference.from_json".to_owned()),
        Type::Record(name) => Some(format!("{name}.from_json")),
        Type::List(element) => {
            function(element)?;
            Some(format!("lambda all: {}", converted(of, "all")))
        }
    }
}

fn converted(of: &Type, value: &str) -> String {
    match of {
        Type::List(element) if function(element).is_some() => {
            format!("[{} for it in {value}]", converted(element, "it"))
        }
        Type::List(_) => value.to_owned(),
        _ => match function(of) {
            None => value.to_owned(),
            Some(function) => format!("{function}({value})"),
        },
    }
}

fn shown(way: &Way) -> String {
    format!("    show({}, {})\n", literal(&way.path), place(way))
}

fn place(way: &Way) -> String {
    let mut place = "root".to_owned();
    let mut certain = true;
    for step in &way.steps {
        let (name, optional) = match step {
            Step::First(_) => {
                place = match certain {
                    true => format!("first({place})"),
                    false => format!("maybe({place}, first)"),
                };
                certain = false;
                continue;
            }
            Step::OfReference(name) => ((*name).to_owned(), *name == "name"),
            Step::Field(field) => (field.ident.clone(), field.optional),
        };
        place = match certain {
            true => format!("{place}.{name}"),
            false => format!("maybe({place}, lambda it: it.{name})"),
        };
        certain &= !optional;
    }
    place
}

/// A string literal of Python: JSON's, which it takes as it is.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
