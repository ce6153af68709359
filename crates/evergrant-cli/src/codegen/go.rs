//! Go, with structs for `encoding/json`.

use super::model::{Field, Model, Record, Step, Type, Way};
use super::names::{self, Taken};

const REFERENCE: &str = r#"
// Reference leads to another object.
type Reference struct {
	Value Id      `json:"value"`
	Name  *string `json:"name"`
	Type  *string `json:"type"`
}
"#;

const ID: &str = r#"
// Id names an object. A string even where it looks like a number.
type Id string
"#;

const DECIMAL: &str = r#"
// Decimal is a number as it was written, so that no digit is lost; big.Rat's SetString reads it.
type Decimal = json.Number
"#;

const DATE: &str = r#"
// Date is a day without a time of day.
type Date struct{ time.Time }

// UnmarshalJSON reads 2026-11-22.
func (d *Date) UnmarshalJSON(text []byte) error {
	day, err := time.Parse(`"2006-01-02"`, string(text))
	d.Time = day
	return err
}

// MarshalText writes 2026-11-22.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Format("2006-01-02")), nil }
"#;

const SHOW: &str = r#"
// show prints a value by its path. A step that is not there panics, which means that there is no value.
func show(path string, value func() any) {
	defer func() { _ = recover() }()
	switch found := value().(type) {
	case nil:
	case map[string]any, []any:
		text, _ := json.Marshal(found)
		fmt.Printf("%s = %s\n", path, text)
	case interface{ MarshalText() ([]byte, error) }:
		text, _ := found.MarshalText()
		fmt.Printf("%s = %s\n", path, text)
	default:
		fmt.Printf("%s = %v\n", path, found)
	}
}
"#;

/// The code for a model.
pub(super) fn write(model: Model) -> String {
    let model = &model
        .without_fields(|name| !is_taggable(name))
        .identified(|_| Taken::default(), exported);
    let uses = |of: Type| model.uses(&of);
    let reference = uses(Type::Reference);
    let time = if uses(Type::Date) || uses(Type::Timestamp) {
        "\n\t\"time\""
    } else {
        ""
    };
    let mut code = format!(
        "// Written by evergrant codegen. It needs nothing but the standard library.\npackage main\n\n\
         import (\n\t\"encoding/json\"\n\t\"fmt\"\n\t\"io\"\n\t\"os\"{time}\n)\n"
    );
    for record in &model.records {
        code.push_str(&declared(record));
    }
    let root = typed(&model.root);
    if !matches!(model.root, Type::Record(_)) {
        code.push_str(&format!(
            "\n// {0} is the whole document.\ntype {0} = {root}\n",
            model.name
        ));
    }
    for (used, text) in [
        (reference, REFERENCE),
        (reference || uses(Type::Id), ID),
        (uses(Type::Decimal), DECIMAL),
        (uses(Type::Date), DATE),
    ] {
        if used {
            code.push_str(text);
        }
    }
    code.push_str(&snippet(model, &root));
    code
}

fn declared(record: &Record) -> String {
    let typed = |field: &Field| match (field.optional, typed(&field.of)) {
        (true, of) if !of.starts_with("[]") && of != "any" => format!("*{of}"),
        (_, of) => of,
    };
    // In columns, as gofmt has them.
    let fields = record.fields.iter();
    let lines = fields.map(|field| (&field.ident, typed(field), &field.name));
    let lines: Vec<_> = lines.collect();
    let names = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let types = lines.iter().map(|(_, of, _)| of.len()).max().unwrap_or(0);
    let fields: String = lines
        .iter()
        .map(|(name, of, json)| format!("\t{name:names$} {of:types$} `json:\"{json}\"`\n"))
        .collect();
    format!(
        "\n// {0} is an object with these members; others are passed over.\ntype {0} struct {{\n{fields}}}\n",
        record.name
    )
}

/// Only members whose names begin with a capital are read.
fn exported(name: &str) -> String {
    let name = names::pascal(name);
    match name.starts_with(|c: char| c.is_ascii_uppercase()) {
        true => name,
        false => format!("X{name}"),
    }
}

/// Whether `encoding/json` takes the name in a tag: it knows no way to write the others.
fn is_taggable(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&()*+-./:;<=>?@[]^_{|}~ ".contains(c);
    !name.is_empty() && name != "-" && name.chars().all(allowed)
}

fn typed(of: &Type) -> String {
    match of {
        Type::Boolean => "bool".to_owned(),
        Type::Integer => "int64".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::Text => "string".to_owned(),
        Type::Date => "Date".to_owned(),
        Type::Timestamp => "time.Time".to_owned(),
        Type::Id => "Id".to_owned(),
        Type::Reference => "Reference".to_owned(),
        Type::Any => "any".to_owned(),
        Type::List(element) => format!("[]{}", typed(element)),
        Type::Record(name) => name.clone(),
    }
}

fn snippet(model: &Model, root: &str) -> String {
    let lines: String = model
        .ways()
        .iter()
        .map(|way| {
            let place = place(way);
            format!(
                "\tshow({}, func() any {{ return {place} }})\n",
                literal(&way.path)
            )
        })
        .collect();
    format!(
        "\n// Read reads a document.\nfunc Read(text []byte) ({root}, error) {{\n\tvar root {root}\n\t\
         err := json.Unmarshal(text, &root)\n\treturn root, err\n}}\n{SHOW}\n\
         // main reads a document from standard input and prints each value that is there by its path; of\n\
         // lists the first element's.\nfunc main() {{\n\ttext, err := io.ReadAll(os.Stdin)\n\tif err != nil {{\n\t\t\
         panic(err)\n\t}}\n\troot, err := Read(text)\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\t_ = root\n{lines}}}\n"
    )
}

fn place(way: &Way) -> String {
    let mut place = "root".to_owned();
    let mut pointer = false;
    for step in &way.steps {
        pointer = false;
        match step {
            Step::First(_) => place.push_str("[0]"),
            Step::OfReference("value") => place.push_str(".Value"),
            Step::OfReference(_) => {
                place.push_str(".Name");
                pointer = true;
            }
            Step::Field(field) => {
                place.push('.');
                place.push_str(&field.ident);
                pointer = field.optional && !matches!(field.of, Type::List(_) | Type::Any);
            }
        }
    }
    match pointer {
        true => format!("*{place}"),
        false => place,
    }
}

/// A string literal of Go: JSON's, which it takes as it is.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
