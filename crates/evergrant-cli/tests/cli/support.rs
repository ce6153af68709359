//! What the tests share: a sandbox of their own, a home directory of their own, and the real
//! program run in them.
//!
//! Every run is searched for secrets: the client secret and each token that the sandbox's token
//! file has ever held must be in neither stream, unless the test says that the token is the output.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use evergrant_sandbox::{Handle, Options, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Planted, to be searched for.
pub(crate) const SECRET: &str = "planted-client-secret-3e1f";

/// A sandbox and a home.
pub(crate) struct Lab {
    pub(crate) sandbox: Handle,
    pub(crate) home: TempDir,
    secrets: RefCell<Vec<String>>,
    _runtime: Runtime,
}

/// What a run has come to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    /// With a grant in `token.json` that has just been issued.
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options {
            client_secret: SECRET.to_owned(),
            ..options
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let lab = Self {
            sandbox,
            home: tempfile::tempdir().unwrap(),
            secrets: RefCell::new(vec![SECRET.to_owned()]),
            _runtime: runtime,
        };
        lab.write("ca.pem", lab.sandbox.ca_pem());
        lab.issue("token.json");
        lab
    }

    /// With a grant whose access token has expired.
    pub(crate) fn expired() -> Self {
        let lab = Self::new();
        lab.sandbox.control().expire_access_tokens();
        lab
    }

    /// Writes a fresh grant into a token file.
    pub(crate) fn issue(&self, name: &str) -> PathBuf {
        let tokens = self.sandbox.issue_grant(self.sandbox.realm());
        self.plant(&tokens);
        self.write(name, format!("{tokens:#}"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn tokens(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// `evergrant.toml` in the place where it is looked for.
    pub(crate) fn configure(&self, text: &str) -> PathBuf {
        self.write(".config/evergrant/evergrant.toml", text)
    }

    /// The lines of `evergrant.toml` that lead to this sandbox.
    pub(crate) fn hosts(&self) -> String {
        let url = self.url();
        format!(
            "base_url = \"{url}\"\ntoken_url = \"{url}/oauth2/v1/tokens/bearer\"\nca_file = \"{}\"\n\
             client_id = \"{}\"\n",
            self.path("ca.pem").display(),
            self.sandbox.client_id()
        )
    }

    pub(crate) fn url(&self) -> String {
        self.sandbox.https_url().unwrap()
    }

    /// The program with nothing but a home around it.
    pub(crate) fn bare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evergrant"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// The program pointed at the sandbox by its environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command
            .env("EVERGRANT_BASE_URL", self.url())
            .env(
                "EVERGRANT_TOKEN_URL",
                format!("{}/oauth2/v1/tokens/bearer", self.url()),
            )
            .env("EVERGRANT_CLIENT_ID", self.sandbox.client_id())
            .env("EVERGRANT_CLIENT_SECRET", SECRET)
            .env("EVERGRANT_REALM", self.sandbox.realm())
            .env("EVERGRANT_TOKEN_FILE", self.path("token.json"))
            .env("EVERGRANT_CA_FILE", self.path("ca.pem"))
            .env("EVERGRANT_ENVIRONMENT", "sandbox");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.finish(&mut self.command(args))
    }

    /// Runs a command to its end and searches what it has said for secrets.
    pub(crate) fn finish(&self, command: &mut Command) -> Ran {
        let ran = Ran::of(command.output().unwrap());
        self.search(&ran);
        ran
    }

    /// Runs a command whose stdout is a token.
    pub(crate) fn run_for_token(&self, args: &[&str]) -> Ran {
        let ran = Ran::of(self.command(args).output().unwrap());
        let quiet = Ran {
            stdout: String::new(),
            stderr: ran.stderr.clone(),
            code: ran.code,
        };
        self.search(&quiet);
        ran
    }

    /// Fails if a secret is in what was said.
    pub(crate) fn search(&self, ran: &Ran) {
        for name in ["token.json"] {
            if let Ok(text) = std::fs::read_to_string(self.path(name))
                && let Ok(tokens) = serde_json::from_str(&text)
            {
                self.plant(&tokens);
            }
        }
        for secret in self.secrets.borrow().iter() {
            for stream in [&ran.stdout, &ran.stderr] {
                assert!(!stream.contains(secret.as_str()), "a secret in: {ran:?}");
            }
        }
    }

    /// Adds the tokens of a token JSON to what is searched for.
    pub(crate) fn plant(&self, tokens: &Value) {
        for member in ["access_token", "refresh_token"] {
            if let Some(token) = tokens[member].as_str().filter(|token| token.len() > 8) {
                self.secrets.borrow_mut().push(token.to_owned());
            }
        }
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its stdout, if it went well.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.stdout
    }

    /// Its stderr, if it failed with this code and each of these texts is there.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, texts: &[&str]) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {self:?}");
        }
        &self.stderr
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap()
    }
}

/// Runs a command with something to read on stdin.
pub(crate) fn with_stdin(command: &mut Command, text: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// Sends a request over plain http and returns the answer, head and body.
pub(crate) fn ask(address: &str, method: &str, target: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Waits for something to happen.
#[track_caller]
pub(crate) fn until(done: impl Fn() -> bool) {
    let began = now();
    while !done() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it never happened"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own patience")]
fn now() -> Instant {
    Instant::now()
}

/// Sets the mode of a file or folder.
#[cfg(unix)]
pub(crate) fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
impl Lab {
    /// Runs the program as a user whom modes bind. Root, as which tests run in containers, may read
    /// and write everything, so it lends the program another user's rights.
    pub(crate) fn run_unprivileged(&self, args: &[&str]) -> Ran {
        use std::os::unix::fs::{MetadataExt as _, chown};
        use std::os::unix::process::CommandExt as _;
        const NOBODY: u32 = 65534;
        let mut command = self.command(args);
        let own = tempfile::tempfile().unwrap();
        let is_root = own.metadata().unwrap().uid() == 0;
        if is_root {
            // The build folder may be closed to others, the home is not.
            let program = self.path("evergrant");
            std::fs::copy(env!("CARGO_BIN_EXE_evergrant"), &program).unwrap();
            let mut lent = Command::new(program);
            lent.args(args).env_clear().stdin(Stdio::null());
            lent.current_dir(self.home.path()).uid(NOBODY).gid(NOBODY);
            for (name, value) in command.get_envs() {
                lent.env(name, value.unwrap());
            }
            command = lent;
            let entries = std::fs::read_dir(self.home.path()).unwrap();
            let entries = entries.map(|entry| entry.unwrap().path());
            for path in entries.chain([self.home.path().to_owned()]) {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        self.finish(&mut command)
    }
}
