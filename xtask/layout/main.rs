//! `cargo xtask layout`: which functions a single call runs, in the order in which it first does, written
//! down for the linker.
//!
//! A trap is set at the entry of each function of the program (which must have its symbols), the call is
//! made against the sandbox, with a good access token and with one that has ended, and each trap that is
//! run into is noted and taken away. What is written names functions without what the compiler makes
//! anew for each version, so it stays good while functions come and go; a name that there is no more
//! does no harm.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "what a command prints is its product; what it writes can be written again"
)]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod traps;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [program, script] = args.as_slice() else {
        eprintln!("layout PROGRAM SCRIPT");
        return ExitCode::from(2);
    };
    match write(Path::new(program), Path::new(script)) {
        Ok(count) => {
            println!("{count} functions are in {script}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the layout can't be written: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn write(program: &Path, script: &Path) -> Result<usize, Box<dyn Error>> {
    let functions = traps::functions(program)?;
    let mut patterns: Vec<String> = Vec::new();
    for call in calls::all(program)? {
        for name in traps::run(program, &functions, &call)? {
            let pattern = pattern(&name);
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    std::fs::write(script, script_of(&patterns))?;
    Ok(patterns.len())
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn write(_program: &Path, _script: &Path) -> Result<usize, Box<dyn Error>> {
    Err("traps are only known of Linux on x86-64".into())
}

/// A function's name with what is made anew for each version of compiler and crate left open.
fn pattern(name: &str) -> String {
    if name.starts_with("_ZN") {
        let end = name.rfind("17h").unwrap_or(name.len());
        return format!("{}17h*", &name[..end]);
    }
    if name.starts_with("_R") {
        return without_crate_hashes(name);
    }
    name.to_owned()
}

/// `Cs` and a number, up to an underscore, stand before a crate's name.
fn without_crate_hashes(name: &str) -> String {
    let mut parts = name.split("Cs");
    let mut pattern = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_hash =
            |text: &str| text.len() > 4 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        match part.split_once('_') {
            Some((hash, rest)) if is_hash(hash) => pattern.push_str(&format!("Cs*_{rest}")),
            _ => pattern.push_str(&format!("Cs{part}")),
        }
    }
    pattern
}

fn script_of(patterns: &[String]) -> String {
    let lines: String = patterns
        .iter()
        .map(|pattern| format!("    *(.text.{pattern})\n"))
        .collect();
    format!(
        "/* The functions that a single call runs, side by side: `cargo xtask layout` writes them. */\n\
         SECTIONS\n{{\n  .text.early :\n  {{\n{lines}  }}\n}}\nINSERT BEFORE .text;\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_compiler_makes_anew_is_left_open() {
        let old = "_ZN9evergrant4main17h3de0cd2bd2384e42E";
        assert_eq!(pattern(old), "_ZN9evergrant4main17h*");
        let new = "_RNvNtCsjrHSEGnQ3l9_3std3env7args_os";
        assert_eq!(pattern(new), "_RNvNtCs*_3std3env7args_os");
        assert_eq!(pattern("sqlite3_open"), "sqlite3_open");
    }

    #[test]
    fn a_script_adds_to_the_linkers_own() {
        let script = script_of(&["main".to_owned()]);
        assert!(script.contains("*(.text.main)\n"));
        assert!(script.ends_with("INSERT BEFORE .text;\n"));
    }
}
