//! The tree's own rules, which no linter knows: who may import whom, where the exceptions are, how
//! long a file may be, and that nothing unfinished is left.

mod edges;

use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_text::{code, count_lines, name, without_tests};
use crate::step::Problems;

/// The files that may make an exception to clippy.toml's list of methods, each for the one thing
/// that it is there for.
const EXCEPTIONS: [&str; 6] = [
    "crates/evergrant/src/clock.rs",
    "crates/evergrant/src/store/disk/os.rs",
    "crates/evergrant/src/transport.rs",
    "crates/evergrant-sandbox/src/time.rs",
    "crates/evergrant-cli/build.rs",
    "crates/evergrant-cli/src/env.rs",
];

/// `evergrant`'s HTTP libraries: no signature of its own names them.
const HTTP_LIBRARIES: [&str; 4] = ["http_body_util", "hyper", "hyper_rustls", "hyper_util"];
/// The files, without their ending, and the rooms under them that may.
const HTTP_HOMES: [&str; 2] = [
    "crates/evergrant/src/body",
    "crates/evergrant/src/transport",
];

/// Code lines of a file, tests, comments and blank lines not counted.
const LONGEST_FILE: usize = 500;

/// Words of work that is not done, in code and in comments.
const LEFTOVERS: [&str; 4] = [
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
];

/// A Rust file of the tree.
struct Source {
    /// From the root of the workspace, with `/`.
    path: String,
    text: String,
    /// The text without comments, literals and the tests at its foot.
    code: String,
}

/// What is untidy in the workspace at `root`.
pub(crate) fn check(root: &Path) -> Problems {
    let sources = match sources(root) {
        Ok(sources) => sources,
        Err(error) => return vec![format!("the tree can't be read: {error}")],
    };
    println!("{} files", sources.len());
    let mut problems = edges::check(root, &sources);
    for source in &sources {
        problems.extend(length(source));
        problems.extend(leftovers(source));
        problems.extend(exceptions(source));
        problems.extend(http_library(source));
    }
    problems
}

fn sources(root: &Path) -> std::io::Result<Vec<Source>> {
    let mut paths = Vec::new();
    for directory in ["crates", "xtask"] {
        collect(&root.join(directory), &mut paths)?;
    }
    paths.sort();
    let read = |path: PathBuf| Source::read(root, &path);
    paths.into_iter().map(read).collect()
}

fn collect(directory: &Path, rust: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, rust)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            rust.push(path);
        }
    }
    Ok(())
}

impl Source {
    fn read(root: &Path, path: &Path) -> std::io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let inside = path.strip_prefix(root).unwrap_or(path);
        let names = inside.iter().map(|name| name.to_string_lossy());
        Ok(Self::new(names.collect::<Vec<_>>().join("/"), text))
    }

    fn new(path: String, text: String) -> Self {
        let blanked = code(&text);
        let code = without_tests(&blanked).to_owned();
        Self { path, text, code }
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }

    /// The module of `crate_name` at its top level that this file is part of; none for `lib.rs`
    /// and for other crates' files.
    fn module(&self, crate_name: &str) -> Option<&str> {
        let inside = self
            .path
            .strip_prefix("crates/")?
            .strip_prefix(crate_name)?;
        let module = name(inside.strip_prefix("/src/")?);
        (module != "lib").then_some(module)
    }
}

fn length(source: &Source) -> Option<String> {
    let lines = count_lines(&source.code);
    (lines > LONGEST_FILE && !source.is_test()).then(|| {
        format!(
            "{}: {lines} lines of code, {LONGEST_FILE} at most",
            source.path
        )
    })
}

fn leftovers(source: &Source) -> Problems {
    let lines = source.text.lines().enumerate();
    let found = lines.flat_map(|(at, line)| {
        let words = LEFTOVERS.iter().filter(move |word| line.contains(**word));
        words.map(move |word| (at + 1, word))
    });
    found
        .map(|(line, word)| format!("{}:{line}: `{word}` is left", source.path))
        .collect()
}

fn exceptions(source: &Source) -> Option<String> {
    let makes_one = source.code.contains("clippy::disallowed_methods");
    let is_shipped = source.path.starts_with("crates/") && !source.is_test();
    let may = !is_shipped || EXCEPTIONS.contains(&source.path.as_str());
    (makes_one && !may).then(|| {
        format!(
            "{}: makes an exception to clippy.toml's methods; the files that may are listed in \
             xtask/src/tidy.rs",
            source.path
        )
    })
}

fn http_library(source: &Source) -> Option<String> {
    source.module("evergrant")?;
    if HTTP_HOMES.iter().any(|home| source.path.starts_with(home)) {
        return None;
    }
    let library = HTTP_LIBRARIES
        .iter()
        .find(|library| source.code.contains(&format!("{library}::")))?;
    let homes = HTTP_HOMES.join(" and ");
    Some(format!(
        "{}: {library} is named in {homes} only",
        source.path
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path.to_owned(), text.to_owned())
    }

    #[test]
    fn long_files_leftovers_and_exceptions_are_found() {
        let long = "fn a() {}\n".repeat(LONGEST_FILE + 1);
        assert!(length(&source("crates/a/src/a.rs", &long)).is_some());
        assert!(length(&source("crates/a/tests/a.rs", &long)).is_none());
        let comments = "// a comment\n\n".repeat(LONGEST_FILE + 1);
        assert!(length(&source("crates/a/src/a.rs", &comments)).is_none());

        let unfinished = format!("fn a() {{\n    {})\n}}\n", LEFTOVERS[0]);
        assert_eq!(leftovers(&source("a.rs", &unfinished)).len(), 1);

        let exception = "#[expect(clippy::disallowed_methods, reason = \"x\")]\nfn a() {}";
        assert!(exceptions(&source("crates/a/src/a.rs", exception)).is_some());
        assert!(exceptions(&source(EXCEPTIONS[0], exception)).is_none());
    }

    #[test]
    fn the_http_library_stays_in_its_file() {
        let text = "fn a(b: hyper::Request) {}";
        assert!(http_library(&source("crates/evergrant/src/keeper.rs", text)).is_some());
        assert!(http_library(&source("crates/evergrant/src/body.rs", text)).is_none());
        assert!(http_library(&source("crates/other/src/client.rs", text)).is_none());
    }
}
