//! What we depend on: which crates are banned, under which licences, from where, how many times.
//!
//! `cargo deny` reads the same rules from `deny.toml` and is asked too where it is installed. These
//! checks need only cargo, and no network once the dependencies have been fetched, so that nobody
//! has to install anything to know. They don't look for advisories: `cargo deny check advisories`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::licence;
use crate::step::{Problems, cargo, output, report, succeeds};

/// Crates that must not come in, and why.
const BANNED: [(&str, &str); 6] = [
    ("aws-lc-rs", TWO_PROVIDERS),
    ("aws-lc-sys", TWO_PROVIDERS),
    ("openssl", SYSTEM_TLS),
    ("openssl-sys", SYSTEM_TLS),
    ("native-tls", SYSTEM_TLS),
    ("hyper-tls", SYSTEM_TLS),
];
const TWO_PROVIDERS: &str = "ring is the one crypto provider; with two, rustls panics at run time";
const SYSTEM_TLS: &str = "rustls is the one TLS library; the build must not need a system's";

/// Crates of which a second version would be more than dead weight: their types cross our crates'
/// borders, or they hold state of which a process must have one copy.
const SINGLE: [&str; 14] = [
    "bytes",
    "http",
    "hyper",
    "hyper-util",
    "jiff",
    "reqwest",
    "ring",
    "rustls",
    "rustls-webpki",
    "serde",
    "serde_json",
    "tokio",
    "tracing",
    "url",
];

const REGISTRY: &str = "registry+";

/// Checks the dependencies of the workspace at `root`; whether they are as they should be.
pub(crate) fn check(root: &Path) -> bool {
    let own = report(&problems(root));
    own & cargo_deny()
}

fn problems(root: &Path) -> Problems {
    let lock = match fs::read_to_string(root.join("Cargo.lock")) {
        Ok(text) => packages(&text),
        Err(error) => return vec![format!("Cargo.lock can't be read: {error}")],
    };
    println!("{} packages in Cargo.lock", lock.len());
    for (name, versions) in duplicates(&lock) {
        println!(
            "note: {name} is there in {} versions: {}",
            versions.len(),
            versions.join(", ")
        );
    }
    let mut problems = banned(&lock);
    problems.extend(foreign(&lock));
    problems.extend(doubled(&lock));
    problems.extend(licences());
    problems
}

/// A package as Cargo.lock has it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Package {
    name: String,
    version: String,
    /// `None` for our own.
    source: Option<String>,
}

/// Reads Cargo.lock: cargo itself writes it, always one `key = "value"` a line.
fn packages(lock: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = Vec::new();
    for line in lock.lines() {
        if line == "[[package]]" {
            packages.push(Package::default());
        }
        let (Some(package), Some((key, value))) = (packages.last_mut(), line.split_once(" = "))
        else {
            continue;
        };
        let value = value.trim_matches('"').to_owned();
        match key {
            "name" => package.name = value,
            "version" => package.version = value,
            "source" => package.source = Some(value),
            _ => {}
        }
    }
    packages
}

fn banned(lock: &[Package]) -> Problems {
    let found = |name: &str| lock.iter().any(|package| package.name == name);
    let hits = BANNED.iter().filter(|(name, _)| found(name));
    hits.map(|(name, why)| format!("{name} is banned: {why} (who brings it: cargo tree -i {name})"))
        .collect()
}

fn foreign(lock: &[Package]) -> Problems {
    let sources = lock.iter().filter_map(|p| Some((p, p.source.as_ref()?)));
    sources
        .filter(|(_, source)| !source.starts_with(REGISTRY))
        .map(|(package, source)| {
            format!("{} comes from {source}, not from a registry", package.name)
        })
        .collect()
}

fn doubled(lock: &[Package]) -> Problems {
    let versions = duplicates(lock);
    SINGLE
        .iter()
        .filter_map(|name| Some((name, versions.get(name)?)))
        .map(|(name, versions)| format!("one {name} only, not {}", versions.join(" and ")))
        .collect()
}

/// The versions of every package that is there more than once.
fn duplicates(lock: &[Package]) -> BTreeMap<&str, Vec<&str>> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock {
        versions
            .entry(&package.name)
            .or_default()
            .push(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions
}

fn licences() -> Problems {
    let tree = match tree() {
        Ok(tree) => tree,
        Err(error) => return vec![format!("cargo tree failed: {error}")],
    };
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    let rows = lines.into_iter().filter_map(|line| line.split_once('|'));
    rows.filter(|(_, licence)| !licence::is_allowed(licence.trim_end_matches(" (*)")))
        .map(|(package, licence)| match licence {
            "" => format!("{package} names no licence"),
            _ => format!("{package}: the licence {licence} is not on our list"),
        })
        .collect()
}

/// Each package with its licence, a line each: for all platforms if their packages can be had, for
/// this one when we are offline and only its own were ever fetched.
fn tree() -> Result<String, String> {
    output(tree_command().args(["--target", "all"])).or_else(|_| {
        println!("note: offline, so licences are checked for this platform only");
        output(tree_command().arg("--offline"))
    })
}

fn tree_command() -> Command {
    let mut tree = cargo(["tree", "--locked", "--workspace", "--all-features"]);
    tree.args(["--prefix", "none", "--format", "{p}|{l}"]);
    tree
}

/// Also asks `cargo deny`, if it is there. Not for advisories: a change must not fail for what was
/// published about a dependency since yesterday.
fn cargo_deny() -> bool {
    if output(&mut cargo(["deny", "--version"])).is_err() {
        println!("note: cargo-deny is not installed; only our own checks were made");
        return true;
    }
    succeeds(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "http"
version = "0.2.12"
source = "registry+https://example.com/index"

[[package]]
name = "http"
version = "1.5.0"
source = "registry+https://example.com/index"
dependencies = [
 "bytes",
]

[[package]]
name = "ours"
version = "0.1.0"

[[package]]
name = "openssl-sys"
version = "0.9.0"
source = "git+https://example.com/openssl-sys"
"#;

    #[test]
    fn the_lock_file_is_read() {
        let lock = packages(LOCK);
        assert_eq!(lock.len(), 4);
        assert_eq!(lock[1].name, "http");
        assert_eq!(lock[1].version, "1.5.0");
        assert_eq!(lock[2].source, None);
    }

    #[test]
    fn what_must_not_come_in_is_named() {
        let lock = packages(LOCK);
        assert!(banned(&lock)[0].starts_with("openssl-sys is banned"));
        assert_eq!(banned(&lock).len(), 1);
        assert_eq!(
            foreign(&lock),
            ["openssl-sys comes from git+https://example.com/openssl-sys, not from a registry"]
        );
        assert_eq!(doubled(&lock), ["one http only, not 0.2.12 and 1.5.0"]);
    }
}
