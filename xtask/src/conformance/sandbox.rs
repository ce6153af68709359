//! A sandbox for one suite: a process that intercepts, and the environment that it prints.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Stopped when dropped.
pub(super) struct Sandbox {
    process: Child,
    environment: Vec<(String, String)>,
}

impl Sandbox {
    /// A new company, with its files in `folder`.
    ///
    /// # Errors
    /// Why it could not be started.
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("the sandbox can't be started: {error}");
        fs::create_dir_all(folder).map_err(cannot)?;
        let own = std::env::current_exe().map_err(cannot)?;
        let program = own
            .with_file_name("evergrant")
            .with_extension(std::env::consts::EXE_EXTENSION);
        let mut process = Command::new(program)
            .args(["sandbox", "--intercept", "--format", "json", "--dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(cannot)?;
        let environment = process.stdout.take().map(|stdout| {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            // The object's last line: the process itself goes on.
            let object = lines.take_while(|line| line != "}");
            object.filter_map(|line| member(&line)).collect()
        });
        Ok(Self {
            process,
            environment: environment.unwrap_or_default(),
        })
    }

    pub(super) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // One that has ended by itself is gone too.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// `  "NAME": "value",` of an object with a member a line.
fn member(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().trim_end_matches(',').split_once(": ")?;
    Some((text(name)?, text(value)?))
}

/// A JSON string without its quotes; of escapes, those that paths and options need.
fn text(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace(r#"\""#, "\"").replace(r"\\", r"\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_line_by_line() {
        let read = |line: &str| member(line).unwrap();
        assert_eq!(read(r#"  "A": "b:1","#), ("A".to_owned(), "b:1".to_owned()));
        assert_eq!(
            read(r#"  "A": "c:\\d""#),
            ("A".to_owned(), r"c:\d".to_owned())
        );
        assert_eq!(
            read(r#""A": "-D \"b\"""#),
            ("A".to_owned(), r#"-D "b""#.to_owned())
        );
        assert_eq!(member("{"), None);
    }
}
