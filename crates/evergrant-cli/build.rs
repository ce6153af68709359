//! Has the linker put side by side what a single call runs, where it can.
//!
//! The program does much besides, and what the system maps around each place that is run is more than
//! what is run: a call whose functions lie together takes less memory, and starts sooner. It is a
//! convenience: a linker that does not understand `layout.ld` is left alone.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by its environment, and writes what can be written again"
)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=layout.ld");
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| env::var(name).unwrap_or_default();
    let is_linux = variable("CARGO_CFG_TARGET_OS") == "linux";
    if !is_linux || variable("OPT_LEVEL") == "0" {
        return;
    }
    let script = Path::new(&variable("CARGO_MANIFEST_DIR")).join("layout.ld");
    let args = ["-Xlinker", "-T", "-Xlinker"].map(str::to_owned);
    let args = args.into_iter().chain([script.display().to_string()]);
    let args: Vec<String> = args.collect();
    if links(&args) {
        for arg in args {
            println!("cargo::rustc-link-arg-bins={arg}");
        }
    }
}

/// Whether a program of one line can be linked so, by the linker and with the flags that are used here.
fn links(args: &[String]) -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let folder = PathBuf::from(variable("OUT_DIR"));
    let source = folder.join("probe.rs");
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--target", &variable("TARGET")]);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={}", linker.display()));
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(
        args.iter()
            .flat_map(|arg| ["-C".to_owned(), format!("link-arg={arg}")]),
    );
    rustc.arg("-o").arg(folder.join("probe")).arg(&source);
    rustc.stdout(Stdio::null()).stderr(Stdio::null());
    rustc.status().is_ok_and(|status| status.success())
}
