//! The recipes of docs/recipes.md, run as they stand there, where what they need is on the machine.

use std::io::Write as _;
use std::process::Command;

use crate::gate::Gate;
use crate::support::Ran;

const PAGE: &str = include_str!("../../../../docs/recipes.md");

/// A recipe's heading, the file that it is put into, what runs that, and what tells that it can be run.
type Recipe = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const RECIPES: [Recipe; 11] = [
    ("curl", "r.sh", &["sh"], &["curl", "--version"]),
    ("Python", "r.py", &["python3"], &["python3", "--version"]),
    (
        "Python: requests",
        "r.py",
        &["python3"],
        &["python3", "-c", "import requests"],
    ),
    (
        "Python: python-quickbooks",
        "r.py",
        &["python3"],
        &["python3", "-c", "import quickbooks"],
    ),
    ("Node: fetch", "r.mjs", &["node"], &["node", "--version"]),
    (
        "Node: node-quickbooks",
        "r.cjs",
        &["node"],
        &["node", "-e", "require('node-quickbooks')"],
    ),
    ("Java", "Recipe.java", &["java"], &["javac", "-version"]),
    ("Go", "r.go", &["go", "run"], &["go", "version"]),
    ("Ruby", "r.rb", &["ruby"], &["ruby", "--version"]),
    ("PHP", "r.php", &["php"], &["php", "--version"]),
    (
        "PowerShell",
        "r.ps1",
        &["pwsh", "-File"],
        &["pwsh", "--version"],
    ),
];

#[test]
fn the_recipes_work_as_they_stand() {
    let gate = Gate::new();
    let mut not_run = Vec::new();
    for (heading, file, run, probe) in RECIPES {
        let path = gate.lab.write(file, recipe(heading));
        let there = Command::new(probe[0]).args(&probe[1..]).output();
        if !there.is_ok_and(|it| it.status.success()) {
            not_run.push(heading);
            continue;
        }
        let ran = Command::new(run[0])
            .args(&run[1..])
            .arg(path)
            .env("URL", format!("http://{}/acme", gate.address))
            .env("KEY", &gate.key)
            .env("REALM", gate.lab.sandbox.realm())
            .output();
        let ran = Ran::of(ran.unwrap());
        assert!(ran.ok().contains("Bill Miller"), "{heading}: {ran:?}");
    }
    if !not_run.is_empty() {
        // Not by a macro, whose text is shown for failed tests only.
        let told = format!(
            "\nNOT TESTED, not on this machine: {}\n",
            not_run.join(", ")
        );
        drop(std::io::stderr().write_all(told.as_bytes()));
    }
}

/// The block under this heading, of ten lines at most.
fn recipe(heading: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, rest) = rest.split_once("```").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let recipe = rest.split("```").next().unwrap();
    assert!(recipe.lines().count() <= 10, "{recipe}");
    recipe
}
