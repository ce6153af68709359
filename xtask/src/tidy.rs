//! The tree's own rules, which no linter knows: who may import whom, where the exceptions are, how
//! long a file may be, and that nothing unfinished is left.
//!
//! The tables are the architecture in a form that can fail; ARCHITECTURE.md tells why it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_text::{code, count_lines, crate_paths, name, without_tests};
use crate::step::Problems;

/// Our crates, and which of ours each may depend on; those after the bar only in its tests.
const CRATES: [(&str, &[&str], &[&str]); 4] = [
    // Without a line of ours the sandbox can't share our mistakes.
    ("evergrant-sandbox", &[], &[]),
    ("evergrant", &[], &["evergrant-sandbox"]),
    (
        "evergrant-quickbooks",
        &["evergrant"],
        &["evergrant-sandbox"],
    ),
    (
        "evergrant-cli",
        &["evergrant", "evergrant-quickbooks", "evergrant-sandbox"],
        &[],
    ),
];

/// The modules of `evergrant`, leaves first, and which of its modules each may import. A module
/// may only name those above it, so there is no cycle.
const MODULES: [(&str, &[&str]); 15] = [
    ("clock", &[]),
    ("secret", &[]),
    ("connection", &["secret"]),
    ("error", &["connection"]),
    ("provider", &["secret", "error"]),
    ("event", &["secret", "connection", "error", "provider"]),
    ("policy", &["connection", "provider", "event"]),
    ("authorize", &["secret", "connection", "error", "provider"]),
    ("transport", &["error"]),
    (
        "token_endpoint",
        &[
            "secret",
            "connection",
            "error",
            "provider",
            "event",
            "transport",
        ],
    ),
    (
        "store",
        &["clock", "secret", "connection", "error", "token_endpoint"],
    ),
    (
        "refresh",
        &[
            "secret",
            "connection",
            "error",
            "provider",
            "event",
            "policy",
            "token_endpoint",
            "store",
        ],
    ),
    (
        "connect",
        &[
            "connection",
            "error",
            "event",
            "authorize",
            "token_endpoint",
            "refresh",
        ],
    ),
    (
        "keeper",
        &[
            "clock",
            "secret",
            "connection",
            "error",
            "provider",
            "event",
            "policy",
            "authorize",
            "transport",
            "store",
            "refresh",
            "connect",
        ],
    ),
    (
        "client",
        &[
            "connection",
            "error",
            "provider",
            "event",
            "transport",
            "keeper",
        ],
    ),
];

/// The imports that go up all the same. There should be no more of them.
const UPWARD: [(&str, &str); 5] = [
    // The keeper's parts are handed the keeper: the clock, the observer and the providers are its.
    ("token_endpoint", "keeper"),
    ("refresh", "keeper"),
    ("connect", "keeper"),
    // It makes clients, and a client asks it for bearers.
    ("keeper", "client"),
    // Both ends of the wire share the body's type.
    ("transport", "client"),
];

/// The files that may make an exception to clippy.toml's list of methods, each for the one thing
/// that it is there for.
const EXCEPTIONS: [&str; 5] = [
    "crates/evergrant/src/clock.rs",
    "crates/evergrant/src/store/disk.rs",
    "crates/evergrant/src/transport.rs",
    "crates/evergrant-sandbox/src/time.rs",
    "crates/evergrant-cli/src/env.rs",
];

/// `evergrant`'s HTTP library, and the files of its own that may name it: no signature does.
const HTTP_LIBRARY: (&str, [&str; 2]) = (
    "reqwest",
    [
        "crates/evergrant/src/client.rs",
        "crates/evergrant/src/transport.rs",
    ],
);

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
    let mut problems = crate_edges(root);
    problems.extend(module_edges(&sources));
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
    let (library, homes) = HTTP_LIBRARY;
    source.module("evergrant")?;
    let is_named = source.code.contains(&format!("{library}::"));
    (is_named && !homes.contains(&source.path.as_str())).then(|| {
        let homes = homes.join(" and ");
        format!("{}: {library} is named in {homes} only", source.path)
    })
}

/// Which of our crates depend on which.
fn crate_edges(root: &Path) -> Problems {
    let mut problems = Vec::new();
    for (name, allowed, in_tests) in CRATES {
        let manifest = root.join("crates").join(name).join("Cargo.toml");
        let Ok(manifest) = fs::read_to_string(&manifest) else {
            problems.push(format!("{} can't be read", manifest.display()));
            continue;
        };
        for (section, dependency) in own_dependencies(&manifest) {
            let is_test_only =
                section.contains("dev-dependencies") && in_tests.contains(&dependency);
            if !is_test_only && !allowed.contains(&dependency) {
                problems.push(format!("{name} must not depend on {dependency}"));
            }
        }
    }
    problems
}

/// The crates of ours that a manifest names, each with the section it is named in.
fn own_dependencies(manifest: &str) -> Vec<(&str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        }
        let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
        if section.ends_with("dependencies") && CRATES.iter().any(|(name, ..)| *name == key) {
            found.push((section, key));
        }
    }
    found
}

/// Which modules of `evergrant` import which.
fn module_edges(sources: &[Source]) -> Problems {
    let library = sources
        .iter()
        .find(|s| s.path == "crates/evergrant/src/lib.rs");
    let homes = library.map(|lib| reexports(&lib.code)).unwrap_or_default();
    let mut problems = Vec::new();
    for source in sources {
        let Some(module) = source.module("evergrant") else {
            continue;
        };
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == module) else {
            problems.push(format!(
                "{}: give `{module}` its place in xtask/src/tidy.rs",
                source.path
            ));
            continue;
        };
        let names = crate_paths(&source.code).into_iter();
        let imported: BTreeSet<&str> = names
            .map(|name| homes.get(name).copied().unwrap_or(name))
            .collect();
        let forbidden = imported.into_iter().filter(|home| {
            *home != module && !allowed.contains(home) && !UPWARD.contains(&(module, home))
        });
        problems.extend(
            forbidden.map(|home| format!("{}: `{module}` must not import `{home}`", source.path)),
        );
    }
    problems
}

/// The items that `lib.rs` hands on, each with the module that it lives in.
fn reexports(lib: &str) -> BTreeMap<&str, &str> {
    let mut homes = BTreeMap::new();
    for statement in lib.split(';') {
        let Some((_, path)) = statement.split_once("use ") else {
            continue;
        };
        let Some((module, items)) = path.trim().split_once("::") else {
            continue;
        };
        for item in items.trim_matches(['{', '}']).split(',') {
            homes.insert(name(item.trim()), module);
        }
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path.to_owned(), text.to_owned())
    }

    #[test]
    fn only_what_is_listed_as_upward_goes_up() {
        for (at, (module, allowed)) in MODULES.iter().enumerate() {
            let above = &MODULES[..at];
            for import in *allowed {
                assert!(
                    above.iter().any(|(name, _)| name == import),
                    "{module} {import}"
                );
            }
        }
        let rank = |module| MODULES.iter().position(|(name, _)| *name == module);
        for (module, import) in UPWARD {
            assert!(rank(module) < rank(import), "{module} {import}");
        }
        for (at, (name, allowed, _)) in CRATES.iter().enumerate() {
            let above = &CRATES[..at];
            for import in *allowed {
                assert!(
                    above.iter().any(|(name, ..)| name == import),
                    "{name} {import}"
                );
            }
        }
    }

    #[test]
    fn an_import_against_the_direction_is_found() {
        let sources = [
            source(
                "crates/evergrant/src/lib.rs",
                "pub use error::{Error, Result};\npub use policy::decide;",
            ),
            source(
                "crates/evergrant/src/policy.rs",
                "use crate::provider::Provider;",
            ),
            source(
                "crates/evergrant/src/secret.rs",
                "use crate::{Error, decide};",
            ),
            source(
                "crates/evergrant/src/store/file.rs",
                "use crate::store::Lease;",
            ),
            source("crates/evergrant/src/novel.rs", ""),
        ];
        assert_eq!(
            module_edges(&sources),
            [
                "crates/evergrant/src/secret.rs: `secret` must not import `error`",
                "crates/evergrant/src/secret.rs: `secret` must not import `policy`",
                "crates/evergrant/src/novel.rs: give `novel` its place in xtask/src/tidy.rs",
            ]
        );
    }

    #[test]
    fn dependencies_of_ours_are_read_from_manifests() {
        let manifest = "[package]\nname = \"evergrant-cli\"\n[dependencies]\nevergrant = { path = \"x\" }\n\
                        evergrantic = \"1\"\n[dev-dependencies]\nevergrant-sandbox.path = \"y\"\n";
        assert_eq!(
            own_dependencies(manifest),
            [
                ("dependencies", "evergrant"),
                ("dev-dependencies", "evergrant-sandbox")
            ]
        );
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
        let text = "fn a(b: reqwest::Body) {}";
        assert!(http_library(&source("crates/evergrant/src/keeper.rs", text)).is_some());
        assert!(http_library(&source(HTTP_LIBRARY.1[0], text)).is_none());
        assert!(http_library(&source("crates/other/src/client.rs", text)).is_none());
    }
}
