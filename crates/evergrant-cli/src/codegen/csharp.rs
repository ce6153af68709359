//! C#, with records for `System.Text.Json`.

use super::model::{Model, Record, Step, Type, Way};
use super::names::{self, Taken};

const HEADER: &str = "\
// Written by evergrant codegen. It needs .NET 8 or later and no package.
#nullable enable

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;

";

const REFERENCE: &str = r#"
/// <summary>Leads to another object.</summary>
public sealed record Reference
{
    [JsonPropertyName("value")]
    public required string Value { get; init; }
    [JsonPropertyName("name")]
    public string? Name { get; init; }
    [JsonPropertyName("type")]
    public string? Type { get; init; }
}
"#;

/// The code for a model.
pub(super) fn write(model: Model) -> String {
    let model = &model.identified(reserved, names::pascal);
    let root = typed(&model.root);
    let lines: String = model.ways().iter().map(shown).collect();
    let mut code = HEADER.to_owned();
    code.push_str(&format!(
        "// Prints each value that is there by its path; of lists the first element's.\n\
         var root = Document.Read(Console.In.ReadToEnd());\n{lines}\n\
         static void Show(string path, object? value)\n{{\n    if (value is null) return;\n    var shown = value switch\n    {{\n        \
         bool truth => truth ? \"true\" : \"false\",\n        DateOnly day => day.ToString(\"yyyy-MM-dd\", CultureInfo.InvariantCulture),\n        \
         DateTimeOffset moment => moment.ToString(\"o\", CultureInfo.InvariantCulture),\n        \
         JsonElement element => element.GetRawText(),\n        \
         _ => Convert.ToString(value, CultureInfo.InvariantCulture),\n    }};\n    \
         Console.WriteLine($\"{{path}} = {{shown}}\");\n}}\n\n\
         /// <summary>Reads documents.</summary>\npublic static class Document\n{{\n    \
         /// <summary>Reads one; amounts stay exact.</summary>\n    \
         public static {root} Read(string text) =>\n        JsonSerializer.Deserialize<{root}>(text)\n        \
         ?? throw new JsonException(\"the document is null\");\n}}\n"
    ));
    for record in &model.records {
        code.push_str(&declared(record));
    }
    if model.uses(&Type::Reference) {
        code.push_str(REFERENCE);
    }
    code
}

fn declared(record: &Record) -> String {
    let fields: String = record
        .fields
        .iter()
        .map(|field| {
            let name = &field.ident;
            let json = literal(&field.name);
            let of = typed(&field.of);
            let declared = match field.optional {
                true => format!("public {of}? {name} {{ get; init; }}"),
                false => format!("public required {of} {name} {{ get; init; }}"),
            };
            format!("    [JsonPropertyName({json})]\n    {declared}\n")
        })
        .collect();
    format!(
        "\n/// <summary>An object with these members; others are passed over.</summary>\n\
         public sealed record {}\n{{\n{fields}}}\n",
        record.name
    )
}

/// Neither the record's own name nor what every object has.
fn reserved(record: &Record) -> Taken {
    Taken::with(&[
        &record.name,
        "Equals",
        "GetHashCode",
        "GetType",
        "ToString",
        "MemberwiseClone",
        "Finalize",
        "PrintMembers",
        "EqualityContract",
        "Deconstruct",
        "ReferenceEquals",
        "Clone",
    ])
}

fn typed(of: &Type) -> String {
    match of {
        Type::Boolean => "bool".to_owned(),
        Type::Integer => "long".to_owned(),
        Type::Decimal => "decimal".to_owned(),
        Type::Text | Type::Id => "string".to_owned(),
        Type::Date => "DateOnly".to_owned(),
        Type::Timestamp => "DateTimeOffset".to_owned(),
        Type::Reference => "Reference".to_owned(),
        Type::Any => "JsonElement".to_owned(),
        Type::List(element) => format!("List<{}>", typed(element)),
        Type::Record(name) => name.clone(),
    }
}

/// Whether the type has no `null` of its own.
fn is_value(of: &Type) -> bool {
    matches!(
        of,
        Type::Boolean | Type::Integer | Type::Decimal | Type::Date | Type::Timestamp | Type::Any
    )
}

fn shown(way: &Way) -> String {
    format!("Show({}, {});\n", literal(&way.path), place(way))
}

fn place(way: &Way) -> String {
    let mut place = "root".to_owned();
    let mut certain = true;
    for step in &way.steps {
        let dot = if certain { "." } else { "?." };
        let (name, optional) = match step {
            Step::First(of) => {
                let nullable = match is_value(of) {
                    true => format!("Select(it => ({}?)it).", typed(of)),
                    false => String::new(),
                };
                place.push_str(&format!("{dot}{nullable}FirstOrDefault()"));
                certain = false;
                continue;
            }
            Step::OfReference("value") => ("Value".to_owned(), false),
            Step::OfReference(_) => ("Name".to_owned(), true),
            Step::Field(field) => (field.ident.clone(), field.optional),
        };
        place.push_str(&format!("{dot}{name}"));
        certain &= !optional;
    }
    place
}

/// A string literal of C#: JSON's, which it takes as it is.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
