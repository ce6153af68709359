//! Who may import whom: among our crates, and among the modules of `evergrant`.
//!
//! The tables are the architecture in a form that can fail; ARCHITECTURE.md tells why it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::Source;
use crate::rust_text::{crate_paths, name};
use crate::step::Problems;

/// Our crates, and which of ours each may depend on; those after the bar only in its tests.
const CRATES: [(&str, &[&str], &[&str]); 5] = [
    // Without a line of ours the sandbox can't share our mistakes.
    ("evergrant-sandbox", &[], &[]),
    ("evergrant", &[], &["evergrant-sandbox"]),
    (
        "evergrant-quickbooks",
        &["evergrant"],
        &["evergrant-sandbox"],
    ),
    (
        "evergrant-gateway",
        &["evergrant", "evergrant-quickbooks"],
        &[],
    ),
    (
        "evergrant-cli",
        &[
            "evergrant",
            "evergrant-quickbooks",
            "evergrant-sandbox",
            "evergrant-gateway",
        ],
        &[],
    ),
];

/// The modules of `evergrant`, leaves first, and which of its modules each may import. A module
/// may only name those above it, so there is no cycle.
const MODULES: [(&str, &[&str]); 24] = [
    ("secret", &[]),
    ("clock", &[]),
    ("connection", &["secret"]),
    ("error", &["connection"]),
    ("provider", &["secret", "error"]),
    ("seal", &["secret", "connection", "error"]),
    ("runway", &["connection"]),
    ("story", &["secret", "connection"]),
    (
        "event",
        &["secret", "connection", "error", "provider", "runway"],
    ),
    ("policy", &["connection", "provider", "event"]),
    (
        "breaker",
        &["secret", "clock", "error", "provider", "event", "policy"],
    ),
    ("authorize", &["secret", "connection", "error", "provider"]),
    ("body", &["error"]),
    ("transport", &["error", "body"]),
    (
        "observer",
        &["clock", "connection", "error", "event", "transport"],
    ),
    (
        "token_endpoint",
        &[
            "secret",
            "connection",
            "error",
            "provider",
            "event",
            "body",
            "transport",
            "observer",
        ],
    ),
    (
        "store",
        &[
            "secret",
            "clock",
            "connection",
            "error",
            "story",
            "body",
            "transport",
            "token_endpoint",
            "seal",
        ],
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
            "breaker",
            "token_endpoint",
            "store",
        ],
    ),
    (
        "connect",
        &[
            "breaker",
            "connection",
            "error",
            "event",
            "authorize",
            "token_endpoint",
            "store",
            "refresh",
        ],
    ),
    (
        "keeper",
        &[
            "secret",
            "clock",
            "connection",
            "error",
            "provider",
            "story",
            "event",
            "policy",
            "breaker",
            "authorize",
            "transport",
            "observer",
            "store",
            "refresh",
            "connect",
        ],
    ),
    (
        "schedule",
        &[
            "store",
            "clock",
            "connection",
            "error",
            "runway",
            "event",
            "policy",
            "refresh",
            "keeper",
        ],
    ),
    (
        "client",
        &[
            "connection",
            "error",
            "provider",
            "event",
            "body",
            "transport",
            "observer",
            "keeper",
        ],
    ),
    // What all the others stand on, simulated; only tests have it.
    (
        "sim",
        &[
            "secret",
            "clock",
            "connection",
            "error",
            "provider",
            "event",
            "policy",
            "body",
            "transport",
            "seal",
            "store",
            "keeper",
        ],
    ),
    (
        "fuzzing",
        &[
            "clock",
            "connection",
            "provider",
            "authorize",
            "transport",
            "observer",
            "token_endpoint",
            "store",
            "seal",
        ],
    ),
];

/// The imports that go up all the same. There should be no more of them.
const UPWARD: [(&str, &str); 3] = [
    // The keeper's parts are handed the keeper: the store, the clock and the providers are its.
    ("refresh", "keeper"),
    ("connect", "keeper"),
    // It makes clients, and a client asks it for bearers.
    ("keeper", "client"),
];

/// What is wrong with who imports whom.
pub(super) fn check(root: &Path, sources: &[Source]) -> Problems {
    let mut problems = crate_edges(root);
    problems.extend(module_edges(sources));
    problems.extend(done_with(sources));
    problems
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

/// An import between modules of `evergrant`, as found in a file.
struct Import<'a> {
    path: &'a str,
    module: &'a str,
    imported: &'a str,
}

impl Import<'_> {
    fn is_upward(&self) -> bool {
        UPWARD.contains(&(self.module, self.imported))
    }

    fn is_allowed(&self) -> bool {
        let rules = MODULES.iter().find(|(name, _)| *name == self.module);
        rules.is_some_and(|(_, allowed)| allowed.contains(&self.imported))
    }
}

/// Which modules of `evergrant` import which.
fn module_edges(sources: &[Source]) -> Problems {
    let imports = imports(sources);
    let unplaced = sources
        .iter()
        .filter_map(|source| source.module("evergrant"))
        .filter(|module| MODULES.iter().all(|(name, _)| name != module))
        .map(|module| format!("give `{module}` its place in xtask/src/tidy/edges.rs"));
    let forbidden = imports
        .iter()
        .filter(|import| !import.is_allowed() && !import.is_upward())
        .map(|import| {
            let Import {
                path,
                module,
                imported,
            } = import;
            format!("{path}: `{module}` must not import `{imported}`")
        });
    let unplaced: BTreeSet<String> = unplaced.collect();
    unplaced.into_iter().chain(forbidden).collect()
}

/// Imports that were let go up and do so no longer.
fn done_with(sources: &[Source]) -> Problems {
    let imports = imports(sources);
    let is_there = |edge: &(&str, &str)| imports.iter().any(|i| (i.module, i.imported) == *edge);
    UPWARD
        .iter()
        .filter(|edge| !is_there(edge))
        .map(|(module, imported)| {
            format!(
                "`{module}` no longer imports `{imported}`: take it off xtask/src/tidy/edges.rs's UPWARD"
            )
        })
        .collect()
}

fn imports(sources: &[Source]) -> Vec<Import<'_>> {
    let library = sources
        .iter()
        .find(|source| source.path == "crates/evergrant/src/lib.rs");
    let homes = library.map(|lib| reexports(&lib.code)).unwrap_or_default();
    let mut imports = Vec::new();
    for source in sources {
        let Some(module) = source.module("evergrant") else {
            continue;
        };
        let names = crate_paths(&source.code).into_iter();
        let found: BTreeSet<&str> = names
            .map(|name| homes.get(name).copied().unwrap_or(name))
            .filter(|imported| *imported != module)
            .collect();
        imports.extend(found.into_iter().map(|imported| Import {
            path: &source.path,
            module,
            imported,
        }));
    }
    imports
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
                "give `novel` its place in xtask/src/tidy/edges.rs",
                "crates/evergrant/src/secret.rs: `secret` must not import `error`",
                "crates/evergrant/src/secret.rs: `secret` must not import `policy`",
            ]
        );
        assert_eq!(done_with(&sources).len(), UPWARD.len());
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
}
