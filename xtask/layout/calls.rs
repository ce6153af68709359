//! The calls whose functions are noted, and the sandbox that answers them.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the sandbox prints last.
const LAST: &str = "EVERGRANT_CA_FILE";
const TOKEN_FILE: &str = "EVERGRANT_TOKEN_FILE";

/// A call against a sandbox that is there as long as this is.
pub(crate) struct Call {
    pub(crate) environment: Vec<(String, String)>,
    sandbox: Child,
    folder: tempfile::TempDir,
}

/// With an access token that is good, and with one that the API refuses.
pub(crate) fn all(program: &Path) -> Result<[Call; 2], Box<dyn Error>> {
    Ok([begin(program, false)?, begin(program, true)?])
}

fn begin(program: &Path, is_over: bool) -> Result<Call, Box<dyn Error>> {
    let mut sandbox = Command::new(program)
        .arg("sandbox")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let out = sandbox.stdout.take().ok_or("the sandbox is mute")?;
    let folder = tempfile::tempdir()?;
    let mut call = Call {
        environment: Vec::new(),
        sandbox,
        folder,
    };
    for line in BufReader::new(out).lines() {
        let line = line?;
        let Some((name, value)) = line
            .strip_prefix("export ")
            .and_then(|it| it.split_once('='))
        else {
            continue;
        };
        call.environment.push((name.to_owned(), value.to_owned()));
        if name == LAST {
            break;
        }
    }
    if is_over {
        call.end_access_token()?;
    }
    Ok(call)
}

impl Call {
    fn end_access_token(&mut self) -> Result<(), Box<dyn Error>> {
        let path: PathBuf = self.folder.path().join("token.json");
        for (name, value) in &mut self.environment {
            if name == TOKEN_FILE {
                let text = std::fs::read(&*value)?;
                let mut tokens: serde_json::Value = serde_json::from_slice(&text)?;
                tokens["access_token"] = "it is over".into();
                std::fs::write(&path, tokens.to_string())?;
                *value = path.display().to_string();
            }
        }
        Ok(())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        drop(self.sandbox.kill());
        drop(self.sandbox.wait());
    }
}
