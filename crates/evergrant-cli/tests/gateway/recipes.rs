//! The recipes of docs/gateway.md, run as they stand there, where their program is on the machine.

use std::process::Command;

use crate::gate::Gate;
use crate::support::Ran;

const PAGE: &str = include_str!("../../../../docs/gateway.md");

#[test]
fn the_recipes_work_as_they_stand() {
    let gate = Gate::new();
    for (language, program, args) in [
        ("sh", "sh", &["-c"][..]),
        ("python", "python3", &["-c"]),
        ("js", "node", &["--input-type=module", "-e"]),
    ] {
        let needed = if language == "sh" { "curl" } else { program };
        let there = Command::new(needed).arg("--version").output();
        if !there.is_ok_and(|it| it.status.success()) {
            continue;
        }
        let ran = Command::new(program)
            .args(args)
            .arg(recipe(language))
            .env("URL", format!("http://{}/acme", gate.address))
            .env("KEY", &gate.key)
            .env("REALM", gate.lab.sandbox.realm())
            .output();
        let ran = Ran::of(ran.unwrap());
        let wanted = if language == "sh" {
            "CompanyInfo"
        } else {
            "Bill Miller"
        };
        assert!(ran.ok().contains(wanted), "{language}: {ran:?}");
    }
}

/// The first block of the page in this language, of ten lines at most.
fn recipe(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    let recipe = rest.split("```").next().unwrap();
    assert!(recipe.lines().count() <= 10, "{recipe}");
    recipe
}
