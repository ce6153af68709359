//! What the figures were measured on.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

/// The machine in words.
#[derive(Debug)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    system: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: cpu().unwrap_or_else(|| "unknown CPU".to_owned()),
            system: said_by("uname", &["-srm"]).unwrap_or_else(|| "unknown system".to_owned()),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "cores": self.cores, "cpu": self.cpu, "system": self.system })
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cores, {}, {}", self.cores, self.cpu, self.system)
    }
}

/// Linux has it in a file, macOS in a program.
fn cpu() -> Option<String> {
    let Ok(cpuinfo) = fs::read_to_string("/proc/cpuinfo") else {
        return said_by("sysctl", &["-n", "machdep.cpu.brand_string"]);
    };
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said_by(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
