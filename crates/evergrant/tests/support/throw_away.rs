//! A PostgreSQL server for tests: started on a free port in a folder of its own, gone when whoever
//! started it is, however that ends. Debian's package has all that it needs; nothing but the standard
//! library is used here, since `cargo xtask test` starts one with it too.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// As whom the server runs when root asks, whom it refuses to serve.
#[cfg(unix)]
const NOBODY: u32 = 65534;
/// How often a server is looked for before it is given up: a minute.
const LOOKS: u32 = 600;

/// Runs the server, again whenever it ends, until stdin closes; then removes everything.
const KEEPER: &str = r#"
exec 3<&0
(cat <&3 >/dev/null; touch "$1/stop"; kill -QUIT "$(head -1 "$1/data/postmaster.pid")") &
while [ ! -e "$1/stop" ]; do
    rm -f "$1/data/postmaster.pid"
    "$2/postgres" -D "$1/data" -p "$3" -k "$1" -c listen_addresses=127.0.0.1 \
        -c max_connections=300 -c fsync=off -c synchronous_commit=off >>"$1/log" 2>&1
    sleep 0.05
done
rm -rf "$1"
"#;

/// A server, while it is not dropped.
pub(crate) struct Server {
    /// Its stdin holds the server up.
    _keeper: Child,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Starts one.
    ///
    /// # Errors
    /// Why that can't be, in a sentence.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or(
            "PostgreSQL is not installed (Debian's package is `postgresql`), and \
             EVERGRANT_TEST_POSTGRES names no server",
        )?;
        let folder = folder()?;
        let mut initdb = lent(Command::new(programs.join("initdb")), &folder);
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args(["-U", "evergrant", "-A", "trust", "-E", "UTF8"]);
        initdb.args(["--locale=C", "--no-sync"]);
        let made = initdb
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).into_owned();
            return Err(format!("initdb has failed: {said}"));
        }
        let port = free_port()?;
        let mut keeper = lent(Command::new("sh"), &folder);
        keeper
            .args(["-c", KEEPER, "sh"])
            .arg(&folder)
            .arg(&programs);
        keeper.arg(port.to_string()).stdin(Stdio::piped());
        let keeper = keeper.spawn().map_err(|error| format!("sh: {error}"))?;
        let server = Self {
            _keeper: keeper,
            folder,
            port,
        };
        server.wait()?;
        Ok(server)
    }

    /// The URL of its maintenance database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://evergrant@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends the server as a crash would; it is started again by itself.
    #[allow(dead_code, reason = "not every test is as rough")]
    pub(crate) fn crash(&self) {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
        if let Some(pid) = pid.ok().as_deref().and_then(|text| text.lines().next()) {
            drop(Command::new("kill").args(["-KILL", pid]).status());
        }
    }

    fn wait(&self) -> Result<(), String> {
        for _ in 0..LOOKS {
            if run(&self.url(), "SELECT 1").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("the server did not start: {log}"))
    }
}

/// PgBouncer in front of a server, each database through one connection and a transaction at a time;
/// gone when dropped.
#[allow(dead_code, reason = "not every test has a pooler in the way")]
pub(crate) struct Pooler {
    process: Child,
    port: u16,
}

#[allow(dead_code, reason = "not every test has a pooler in the way")]
impl Pooler {
    /// Starts one; `None` if it is not installed.
    ///
    /// # Errors
    /// Why that can't be, in a sentence.
    #[allow(clippy::disallowed_methods, reason = "a file that nobody will miss")]
    pub(crate) fn start(server: &Server) -> Result<Option<Self>, String> {
        let program = Path::new("/usr/sbin/pgbouncer");
        if !program.exists() {
            return Ok(None);
        }
        let port = free_port()?;
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=evergrant\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 1\nmax_client_conn = 500\n",
            server.port
        );
        let file = server.folder.join("pgbouncer.ini");
        std::fs::write(&file, settings).map_err(|error| error.to_string())?;
        let mut command = lent(Command::new(program), &server.folder);
        let process = command.arg("-q").arg(&file).spawn();
        let process = process.map_err(|error| format!("pgbouncer: {error}"))?;
        let pooler = Self { process, port };
        let url = pooler.url_of(&server.url());
        for _ in 0..LOOKS {
            if run(&url, "SELECT 1").is_ok() {
                return Ok(Some(pooler));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("pgbouncer did not start".to_owned())
    }

    /// The same database, through the pooler.
    pub(crate) fn url_of(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap_or_default();
        format!("postgres://evergrant@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Runs a statement with `psql`.
///
/// # Errors
/// What it has said.
pub(crate) fn run(url: &str, sql: &str) -> Result<String, String> {
    let programs = programs().unwrap_or_default();
    let output = Command::new(programs.join("psql"))
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            url,
        ])
        .output()
        .map_err(|error| format!("psql: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Our tables as `pg_dump` writes them.
///
/// # Errors
/// What it has said.
#[allow(dead_code, reason = "not every test makes backups")]
pub(crate) fn dump(url: &str) -> Result<String, String> {
    let programs = programs().unwrap_or_default();
    let output = Command::new(programs.join("pg_dump"))
        .args(["-n", "evergrant", url])
        .output()
        .map_err(|error| format!("pg_dump: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Puts a dump in the place of what is there.
///
/// # Errors
/// What `psql` has said.
#[allow(dead_code, reason = "not every test restores backups")]
pub(crate) fn restore(url: &str, dump: &str) -> Result<(), String> {
    use std::io::Write as _;
    let programs = programs().unwrap_or_default();
    let mut psql = Command::new(programs.join("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("psql: {error}"))?;
    let script = format!(
        "SET client_min_messages = warning; DROP SCHEMA IF EXISTS evergrant CASCADE;\n{dump}"
    );
    if let Some(mut stdin) = psql.stdin.take() {
        let fed = stdin.write_all(script.as_bytes());
        fed.map_err(|error| format!("psql: {error}"))?;
    }
    match psql.wait() {
        Ok(status) if status.success() => Ok(()),
        ended => Err(format!("psql: {ended:?}")),
    }
}

/// Where the server's programs are: Debian keeps them out of the search path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut places: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    places.sort();
    places.reverse();
    for usual in ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"] {
        places.push(PathBuf::from(usual));
    }
    let is_there = |place: &PathBuf| {
        let all = ["initdb", "postgres", "psql"];
        all.iter().all(|program| place.join(program).exists())
    };
    places.into_iter().find(is_there)
}

fn folder() -> Result<PathBuf, String> {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("evergrant-postgres-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    #[cfg(unix)]
    if is_root(&folder) {
        std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok(folder)
}

/// The command, run by somebody whom the server serves.
fn lent(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder);
    #[cfg(unix)]
    if is_nobodys(folder) {
        use std::os::unix::process::CommandExt as _;
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[cfg(unix)]
fn is_root(own: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(own).is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(unix)]
fn is_nobodys(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.uid() == NOBODY)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.port())
}
