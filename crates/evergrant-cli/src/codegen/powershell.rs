//! PowerShell: classes, for Windows PowerShell 5.1 and later.

use super::model::{Model, Record, Step, Type, Way};
use super::names::{self, Taken};

const HEADER: &str = r#"# Written by evergrant codegen. It needs PowerShell 5.1 or later and no module.
# Use: Get-Content -Raw document.json | powershell -File this.ps1, or dot-source it and call Read-Document.

Set-StrictMode -Off
$ErrorActionPreference = 'Stop'

# Members whose names differ in case alone are told apart from PowerShell 6 on; 5.1 reads no document that has such.
function ConvertFrom-Text([string]$text) {
    if ($PSVersionTable.PSVersion.Major -ge 6) { return ConvertFrom-Json $text -AsHashtable }
    return ConvertFrom-Json $text
}

# PowerShell 7 has made dates of some strings already, 5.1 has not.
function ConvertTo-Timestamp($value) {
    if ($value -is [datetime]) { return [DateTimeOffset]$value }
    return [DateTimeOffset]::Parse($value, [Globalization.CultureInfo]::InvariantCulture)
}

function ConvertTo-Date($value) {
    if ($value -is [datetime]) { return $value.Date }
    return [datetime]::ParseExact($value, 'yyyy-MM-dd', [Globalization.CultureInfo]::InvariantCulture)
}

# Exact up to fifteen digits, which is what QuickBooks sends at most.
function ConvertTo-Decimal($value) { return [decimal]$value }

function ConvertTo-Maybe($value, [scriptblock]$convert) {
    if ($null -eq $value) { return $null }
    return & $convert $value
}
"#;

const REFERENCE: &str = r#"
# Leads to another object.
class Reference {
    [string]$Value
    [object]$Name
    [object]$Type

    Reference([object]$it) {
        $this.Value = $it.value
        $this.Name = $it.name
        $this.Type = $it.type
    }
}
"#;

const SHOW: &str = r#"
function Show-Value([string]$path, $value) {
    if ($null -eq $value) { return }
    if ($value -is [bool]) { $value = $value.ToString().ToLowerInvariant() }
    elseif ($value -is [DateTimeOffset]) { $value = $value.ToString('o') }
    elseif ($value -is [datetime]) { $value = $value.ToString('yyyy-MM-dd') }
    elseif ($value -is [IFormattable]) { $value = $value.ToString($null, [Globalization.CultureInfo]::InvariantCulture) }
    elseif ($value -isnot [string]) { $value = ConvertTo-Json $value -Compress -Depth 100 }
    Write-Output "$path = $value"
}
"#;

/// The code for a model.
pub(super) fn write(model: Model) -> String {
    let model = &model.identified(reserved, names::pascal);
    let mut code = HEADER.to_owned();
    if model.uses(&Type::Reference) {
        code.push_str(REFERENCE);
    }
    // Inner ones first: a class must be known where it is named.
    for record in model.records.iter().rev() {
        code.push_str(&declared(record));
    }
    let lines: String = model.ways().iter().map(shown).collect();
    let converted = converted(&model.root, "(ConvertFrom-Text $text)");
    code.push_str(&format!(
        "\nfunction Read-Document([string]$text) {{\n    return {converted}\n}}\n{SHOW}\n\
         # Prints each value that is there by its path; of lists the first element's.\n\
         if ($MyInvocation.InvocationName -ne '.') {{\n    $root = Read-Document ($input | Out-String)\n{lines}}}\n"
    ));
    code
}

fn declared(record: &Record) -> String {
    let mut declared = String::new();
    let mut read = String::new();
    for field in &record.fields {
        let name = &field.ident;
        let value = format!("$it.{}", literal(&field.name));
        declared.push_str(&format!(
            "    {}${name}\n",
            typed(&field.of, field.optional)
        ));
        let value = match (field.optional, is_plain(&field.of)) {
            (true, false) => format!(
                "ConvertTo-Maybe {value} {{ param($it) {} }}",
                converted(&field.of, "$it")
            ),
            (_, _) => converted(&field.of, &value),
        };
        read.push_str(&format!("        $this.{name} = {value}\n"));
    }
    let name = &record.name;
    format!(
        "\n# An object with these members; others are passed over.\nclass {name} {{\n{declared}\n    \
         {name}([object]$it) {{\n{read}    }}\n}}\n"
    )
}

fn reserved(record: &Record) -> Taken {
    Taken::with(&[&record.name, "GetType", "ToString", "Equals", "GetHashCode"])
}

/// A string that may be missing has no type of its own: `[string]` would turn `$null` into "".
fn typed(of: &Type, optional: bool) -> String {
    let value = match of {
        Type::Boolean => "bool",
        Type::Integer => "long",
        Type::Decimal => "decimal",
        Type::Date => "datetime",
        Type::Timestamp => "DateTimeOffset",
        Type::Text | Type::Id if optional => return "[object]".to_owned(),
        Type::Text | Type::Id => return "[string]".to_owned(),
        Type::Any => return "[object]".to_owned(),
        Type::List(_) => return "[object[]]".to_owned(),
        Type::Reference => return "[Reference]".to_owned(),
        Type::Record(name) => return format!("[{name}]"),
    };
    match optional {
        true => format!("[Nullable[{value}]]"),
        false => format!("[{value}]"),
    }
}

/// Whether a value is taken as it is.
fn is_plain(of: &Type) -> bool {
    matches!(
        of,
        Type::Boolean | Type::Integer | Type::Text | Type::Id | Type::Any
    )
}

fn converted(of: &Type, value: &str) -> String {
    match of {
        of if is_plain(of) => value.to_owned(),
        Type::Decimal => format!("ConvertTo-Decimal {value}"),
        Type::Date => format!("ConvertTo-Date {value}"),
        Type::Timestamp => format!("ConvertTo-Timestamp {value}"),
        Type::Reference => format!("[Reference]::new({value})"),
        Type::Record(name) => format!("[{name}]::new({value})"),
        // A pipeline would make an element of a list that is missing.
        Type::List(element) => {
            // What is written is laid flat unless it stands behind a comma.
            let whole = if matches!(**element, Type::List(_)) {
                ", "
            } else {
                ""
            };
            let element = converted(element, "$each");
            format!("@(foreach ($each in {value}) {{ {whole}{element} }})")
        }
        _ => value.to_owned(),
    }
}

fn shown(way: &Way) -> String {
    let mut place = "$root".to_owned();
    for step in &way.steps {
        match step {
            Step::First(_) => place = format!("@({place})[0]"),
            Step::OfReference(name) => {
                place.push_str(if *name == "value" { ".Value" } else { ".Name" });
            }
            Step::Field(field) => place.push_str(&format!(".{}", field.ident)),
        }
    }
    format!("    Show-Value {} ({place})\n", literal(&way.path))
}

/// A string literal that has no variables in it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
