//! The files of `model`: one for each entity and nested type, one for the enumerations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::names::{snake, type_name, variant};

/// Nested types that hold anything: there is nothing to say of their members.
const ANYTHING: [&str; 3] = ["IntuitAnyType", "AnyElement", "NameValue"];

/// Adds the files by their paths inside `src`.
pub(crate) fn files(schema: &Value, files: &mut BTreeMap<String, String>) {
    let model = Model::of(schema);
    let mut entities = BTreeMap::new();
    for entity in list(&schema["entities"]) {
        let name = text(&entity["name"]);
        entities.insert(snake(name), (name.to_owned(), model.entity(entity)));
    }
    let mut types = BTreeMap::new();
    for (name, object) in members(&schema["types"]) {
        if !ANYTHING.contains(&name.as_str()) {
            types.insert(snake(name), (name.clone(), model.nested(name, object)));
        }
    }
    directory(files, "entities", "The entities, a file each.", entities);
    directory(
        files,
        "types",
        "The objects inside of entities, a file each.",
        types,
    );
    files.insert("model/enums.rs".to_owned(), model.enums());
    files.insert("model/lines.rs".to_owned(), model.lines());
}

type Sources = BTreeMap<String, (String, String)>;

fn directory(files: &mut BTreeMap<String, String>, name: &str, about: &str, sources: Sources) {
    let mut index = format!("//! {about} {MADE}\n\n");
    for module in sources.keys() {
        let _ = writeln!(index, "mod {module};");
    }
    index.push('\n');
    for (module, (exported, _)) in &sources {
        let _ = writeln!(index, "pub use {module}::{exported};");
    }
    files.insert(format!("model/{name}.rs"), index);
    for (module, (_, source)) in sources {
        files.insert(format!("model/{name}/{module}.rs"), source);
    }
}

const MADE: &str = "Made by `cargo xtask codegen`; not to be changed by hand.";

struct Model<'a> {
    schema: &'a Value,
    entities: BTreeSet<String>,
}

impl<'a> Model<'a> {
    fn of(schema: &'a Value) -> Self {
        let names = list(&schema["entities"])
            .iter()
            .map(|entity| text(&entity["name"]).to_owned());
        Self {
            schema,
            entities: names.collect(),
        }
    }

    fn entity(&self, entity: &Value) -> String {
        let name = text(&entity["name"]);
        let fields = list(&entity["fields"]);
        let mut about = vec![format!(
            "`{name}`: {}, at `{}`.",
            text(&entity["kind"]).replace('-', " "),
            text(&entity["path"])
        )];
        about.push(String::new());
        about.push(format!(
            "Operations: {}.",
            words(&entity["operations"]).replace('_', " ")
        ));
        about.extend(needs(entity, fields));
        let read_only = named(fields, "read_only");
        if !read_only.is_empty() {
            about.push(format!("Set by the server alone: {read_only}."));
        }
        if let Some(lines) = entity["lines"].as_array() {
            about.push(match lines.len() {
                0 => "Its lines carry no details.".to_owned(),
                _ => format!("Its lines carry {}.", words(&entity["lines"])),
            });
        }
        self.file("entity", name, &about, fields)
    }

    fn nested(&self, name: &str, object: &Value) -> String {
        let fields = list(&object["fields"]);
        let mut about = vec![format!("`{name}`, inside of entities.")];
        let needs = needs(object, fields);
        if !needs.is_empty() {
            about.push(String::new());
        }
        about.extend(needs);
        self.file("object", name, &about, fields)
    }

    fn file(&self, macro_name: &str, name: &str, about: &[String], fields: &[Value]) -> String {
        let mut used = BTreeSet::new();
        let mut body = String::new();
        for field in fields {
            self.member(field, &mut body, &mut used);
        }
        let mut file = format!("//! {MADE}\n\n");
        used.remove(name);
        file.push_str(&imports(&used));
        if !used.is_empty() {
            file.push('\n');
        }
        let _ = writeln!(file, "{macro_name}! {{");
        let indented = wrapped(about, "    ///");
        let _ = writeln!(
            file,
            "{indented}    {name} {{\n{}    }}\n}}",
            body.trim_start_matches('\n')
        );
        file
    }

    fn member(&self, field: &Value, body: &mut String, used: &mut BTreeSet<String>) {
        let name = text(&field["name"]);
        let kind = self.kind(field, used);
        let kind = if flag(field, "array") {
            format!("Vec<{kind}>")
        } else {
            kind
        };
        let getter = snake(name);
        let is_settable = !flag(field, "read_only") || matches!(name, "Id" | "SyncToken");
        let setter = if is_settable {
            format!(
                ", set_{}",
                getter.trim_start_matches("r#").trim_end_matches('_')
            )
        } else {
            String::new()
        };
        body.push_str(&wrapped(&[self.about(field)], "        ///"));
        let _ = writeln!(body, "        {getter}{setter}: {kind} = \"{name}\";");
    }

    fn about(&self, field: &Value) -> String {
        let mut about = format!("`{}`", text(&field["name"]));
        let kind = text(&field["type"]);
        let to = list(&field["to"]);
        if kind == "ref" && !to.is_empty() {
            let names: Vec<String> = to.iter().map(|to| format!("`{}`", text(to))).collect();
            let _ = write!(about, ", of {}", names.join(" or "));
        }
        about.push('.');
        for (key, said) in [
            ("required", "Required to create."),
            ("conditional", "Required to create under some condition."),
            ("read_only", "Set by the server alone."),
            ("immutable", "Fixed once created."),
            ("deprecated", "Deprecated."),
        ] {
            if flag(field, key) {
                let _ = write!(about, " {said}");
            }
        }
        if let Some(longest) = field["max_len"].as_u64() {
            let _ = write!(about, " At most {longest} characters.");
        }
        if field["values"].is_array() {
            let _ = write!(about, " One of {}.", words(&field["values"]));
        }
        if let Some(version) = field["since"].as_u64() {
            let _ = write!(about, " Since minor version {version}.");
        }
        if !flag(field, "documented") {
            about.push_str(" *Schema only.*");
        }
        about
    }

    fn kind(&self, field: &Value, used: &mut BTreeSet<String>) -> String {
        let kind = text(&field["type"]);
        let is_token = text(&field["name"]) == "SyncToken";
        self.kind_of(field, kind, is_token, used)
    }

    fn kind_of(
        &self,
        field: &Value,
        kind: &str,
        is_token: bool,
        used: &mut BTreeSet<String>,
    ) -> String {
        let mut of_model = |name: String| {
            used.insert(name.clone());
            name
        };
        match kind {
            "string" if is_token => of_model("SyncToken".to_owned()),
            "string" => "String".to_owned(),
            "id" => of_model("Id".to_owned()),
            "boolean" => "bool".to_owned(),
            "integer" => "i64".to_owned(),
            "decimal" => "rust_decimal::Decimal".to_owned(),
            "date" => "jiff::civil::Date".to_owned(),
            "datetime" => "jiff::Zoned".to_owned(),
            "ref" => match list(&field["to"]) {
                [one] => {
                    of_model("Ref".to_owned());
                    format!("Ref<{}>", text(one))
                }
                _ => {
                    of_model("Ref".to_owned());
                    of_model("crate::Entity".to_owned());
                    "Ref<Entity>".to_owned()
                }
            },
            any if ANYTHING.contains(&any) => {
                of_model("crate::Object".to_owned());
                "Object".to_owned()
            }
            other if self.schema["enums"][other].is_array() => of_model(self.enum_name(other)),
            other => of_model(other.to_owned()),
        }
    }

    /// An enumeration's name without what Intuit appends to it, unless that is taken.
    fn enum_name(&self, name: &str) -> String {
        let short = type_name(name.strip_suffix("Enum").unwrap_or(name));
        let is_taken = self.entities.contains(&short) || self.schema["types"][&short].is_object();
        if is_taken { type_name(name) } else { short }
    }

    fn enums(&self) -> String {
        let mut enums = BTreeMap::new();
        for (name, values) in members(&self.schema["enums"]) {
            enums.insert(self.enum_name(name), values);
        }
        let mut file =
            format!("//! The enumerations, all of them open. {MADE}\n\nopen_enums! {{\n");
        for (name, values) in enums {
            let _ = write!(file, "    {name} {{");
            let mut column = usize::MAX;
            for value in list(values) {
                let entry = format!(" {} {value}", variant(text(value)));
                if column.saturating_add(entry.len()) > 99 {
                    file.push_str("\n       ");
                    column = 7;
                }
                column += entry.len();
                file.push_str(&entry);
            }
            file.push_str("\n    }\n");
        }
        file.push_str("}\n");
        file
    }

    fn lines(&self) -> String {
        let mut file = format!("//! What lines are about. {MADE}\n\nline_details! {{\n");
        let details: BTreeMap<_, _> = members(&self.schema["line_details"]).collect();
        for (detail_type, member) in details {
            let member = text(member);
            let variant = member.strip_suffix("LineDetail").unwrap();
            let _ = writeln!(
                file,
                "    {variant} \"{detail_type}\" {member} \"{member}\""
            );
        }
        file.push_str("}\n");
        file
    }
}

/// What a file names of the rest of the crate, in rustfmt's order.
fn imports(used: &BTreeSet<String>) -> String {
    let whole: Vec<&str> = used
        .iter()
        .filter_map(|used| used.strip_prefix("crate::"))
        .collect();
    let of_model = if whole.len() < used.len() {
        "use crate::model::*;\n"
    } else {
        ""
    };
    match whole.as_slice() {
        [] => of_model.to_owned(),
        [one] => format!("use crate::{one};\n{of_model}"),
        several => format!("{of_model}use crate::{{{}}};\n", several.join(", ")),
    }
}

/// What it takes to create one.
fn needs(object: &Value, fields: &[Value]) -> Vec<String> {
    let mut needs = Vec::new();
    let required = named(fields, "required");
    if !required.is_empty() {
        needs.push(format!("Required to create: {required}."));
    }
    for group in list(&object["create_any_of"]) {
        needs.push(format!("At least one of: {}.", words(group)));
    }
    needs
}

/// Documentation, wrapped.
fn wrapped(lines: &[String], prefix: &str) -> String {
    let mut text = String::new();
    for line in lines {
        let mut row = prefix.to_owned();
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            if row.len() + 1 + word.len() > 100 {
                let _ = writeln!(text, "{row}");
                row = prefix.to_owned();
            }
            row.push(' ');
            row.push_str(word);
        }
        let _ = writeln!(text, "{row}");
    }
    text
}

fn named(fields: &[Value], key: &str) -> String {
    let named = fields.iter().filter(|field| flag(field, key));
    let names: Vec<String> = named
        .map(|field| format!("`{}`", text(&field["name"])))
        .collect();
    names.join(", ")
}

fn words(names: &Value) -> String {
    let names: Vec<String> = list(names)
        .iter()
        .map(|name| format!("`{}`", text(name)))
        .collect();
    names.join(", ")
}

fn flag(field: &Value, key: &str) -> bool {
    field[key].as_bool().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
