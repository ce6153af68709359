//! `codegen`: parsing code from samples, which are files or read from the API.

use std::path::Path;

use serde_json::Value;

use super::{get, input};
use crate::args;
use crate::codegen;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Codegen) -> Result<()> {
    let mut samples = Vec::new();
    for file in &args.files {
        samples.extend(parse(file, &input::read(file.clone()).await?)?);
    }
    for place in &args.from {
        samples.push(fetch(context, place).await?);
    }
    if samples.is_empty() {
        return Err(usage("there is no sample to look at"));
    }
    let name = args.name.clone().unwrap_or_else(|| name(args, &samples));
    let code = codegen::generate(&samples, &name, args.lang);
    context.output().raw(code.as_bytes())
}

/// Every document in a file: one, or many after each other, as JSON lines are.
fn parse(file: &Path, text: &[u8]) -> Result<Vec<Value>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let documents = serde_json::Deserializer::from_slice(text).into_iter();
    let documents: Result<Vec<Value>, _> = documents.collect();
    documents.map_err(|error| usage(&format!("{} is not JSON", file.display())).because(error))
}

async fn fetch(context: &Context, place: &str) -> Result<Value> {
    let (entity, id) = place.split_once('/').unwrap_or((place, ""));
    let answer = get::read(context, entity, id).await?;
    let value = answer.to();
    value.map_err(|error| usage(&format!("{place} is too deep a document")).because(error))
}

/// What the document is called: after the only entity in it, its file or where it came from.
fn name(args: &args::Codegen, samples: &[Value]) -> String {
    let stem = args.files.first().and_then(|file| file.file_stem());
    let stem = stem
        .and_then(|stem| stem.to_str())
        .filter(|stem| *stem != "-");
    let from = args.from.first().and_then(|place| place.split('/').next());
    let name = stem.or(from).unwrap_or("Document");
    let clashes = |member: &String| member.eq_ignore_ascii_case(name);
    let is_inside = samples
        .iter()
        .filter_map(Value::as_object)
        .any(|sample| sample.keys().any(clashes));
    match is_inside {
        true => format!("{name}Answer"),
        false => name.to_owned(),
    }
}

fn usage(what: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        what,
        "name files with JSON in them, - for stdin, or --from employee/58",
    )
}
