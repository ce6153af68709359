//! Parsing code from samples of JSON: what the values are (`shape`), which types they make
//! (`model`), and how a language writes them (a file each).
//!
//! What is written stands alone: it reads a document from its standard input and prints each value
//! that the samples had by its dotted path. It keeps amounts exact and does not turn ids into
//! numbers. Nothing here reads files or knows the command line.

mod csharp;
mod go;
mod model;
mod names;
mod powershell;
mod python;
mod rust;
mod shape;
mod typescript;

use serde_json::Value;

use model::Model;

/// A language to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// With serde, `rust_decimal` and jiff.
    Rust,
    /// Without a library.
    Typescript,
    /// Dataclasses, standard library only.
    Python,
    /// Records for System.Text.Json.
    Csharp,
    /// Structs for encoding/json.
    Go,
    /// Classes, for 5.1 and later.
    Powershell,
}

/// The code that reads documents like `samples`, whose whole is called `root`.
pub(crate) fn generate(samples: &[Value], root: &str, language: Language) -> String {
    let model = Model::of(shape::infer(samples), root);
    match language {
        Language::Rust => rust::write(model),
        Language::Typescript => typescript::write(&model),
        Language::Python => python::write(model),
        Language::Csharp => csharp::write(model),
        Language::Go => go::write(model),
        Language::Powershell => powershell::write(model),
    }
}
