//! Other people's clients: installed at fixed versions beside the measuring program, and made to do
//! the same as `evergrant`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// A client for QuickBooks that programs use, and a program that lists with it.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    /// How many rows it lists: enough for its rate, which does not depend on their number.
    pub(crate) rows: usize,
    /// What installs it, run by `sh` in a folder of its own.
    install: &'static [&'static str],
    /// What runs a program, below that folder or on the path.
    interpreter: &'static str,
    /// The program, and its name.
    program: (&'static str, &'static str),
    /// What tells the interpreter where it is installed.
    place: Option<(&'static str, &'static str)>,
}

pub(crate) const PYTHON_QUICKBOOKS: Other = Other {
    name: "python-quickbooks 0.9.12",
    rows: 20_000,
    install: &[
        "python3 -m venv venv",
        "venv/bin/pip install --quiet python-quickbooks==0.9.12 intuit-oauth==1.2.6",
    ],
    interpreter: "venv/bin/python",
    program: ("list.py", include_str!("programs/list.py")),
    place: None,
};

pub(crate) const NODE_QUICKBOOKS: Other = Other {
    name: "node-quickbooks 2.0.50",
    rows: 50_000,
    install: &[
        "npm install --prefix . --no-audit --no-fund --ignore-scripts --loglevel error \
         node-quickbooks@2.0.50",
    ],
    interpreter: "node",
    program: ("list.js", include_str!("programs/list.js")),
    place: Some(("NODE_PATH", "node_modules")),
};

impl Other {
    /// Installs it, unless that has been done before; its folder.
    ///
    /// # Errors
    /// What the installer said.
    pub(crate) fn install(&self) -> Result<PathBuf> {
        let folder = std::env::current_exe()?.with_file_name("bench-others");
        let folder = folder.join(self.name.replace(' ', "-"));
        let done = folder.join("installed");
        if done.exists() {
            return Ok(folder);
        }
        fs::create_dir_all(&folder)?;
        for line in self.install {
            let mut command = Command::new("sh");
            let output = command.args(["-c", line]).current_dir(&folder).output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(format!("{} can't be installed: {said}", self.name).into());
            }
        }
        write(&done, "")?;
        Ok(folder)
    }

    /// What lists `rows` invoices, once it is pointed at a server.
    ///
    /// # Errors
    /// If its program can't be written into its folder.
    pub(crate) fn lister(
        &self,
        folder: &Path,
        rows: usize,
        pointed: impl FnOnce(PathBuf) -> Result<Command>,
    ) -> Result<Command> {
        let (name, text) = self.program;
        let program = folder.join(name);
        write(&program, text)?;
        let inside = folder.join(self.interpreter);
        let interpreter = if inside.exists() {
            inside
        } else {
            self.interpreter.into()
        };
        let mut command = pointed(interpreter)?;
        command.arg(program).arg(rows.to_string());
        command.envs(path());
        if let Some((variable, place)) = self.place {
            command.env(variable, folder.join(place));
        }
        Ok(command)
    }
}

/// Where interpreters are found.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement has no settings of its own"
)]
fn path() -> Option<(&'static str, OsString)> {
    Some(("PATH", std::env::var_os("PATH")?))
}

#[expect(clippy::disallowed_methods, reason = "what is lost is made again")]
fn write(path: &Path, text: &str) -> Result<()> {
    Ok(fs::write(path, text)?)
}
