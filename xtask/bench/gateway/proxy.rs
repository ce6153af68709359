//! What is compared: the gateway and nginx, as processes of their own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use url::{Position, Url};

use crate::Result;
use crate::server::{Scheme, Server};

/// A running proxy; stopped when dropped.
pub(crate) struct Proxy {
    pub(crate) name: &'static str,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// The path of employee 58.
    pub(crate) path: String,
    /// What callers send in `Authorization`.
    pub(crate) key: String,
    child: Child,
}

impl Proxy {
    /// The gateway as it is by default (which names the connection after its token file), but for the provider's limits, with a key that may do all.
    ///
    /// # Errors
    /// If it can't be started.
    pub(crate) fn evergrant(server: &Server) -> Result<Self> {
        let tokens = server.write("token.json", &server.issue_grant()?.to_string())?;
        let added = server
            .evergrant(&tokens)?
            .args(["key", "add", "bench"])
            .output()?;
        let key = String::from_utf8(added.stdout)?.trim().to_owned();
        let mut child = server
            .evergrant(&tokens)?
            .args(["serve", "--listen", "127.0.0.1:0", "--no-limits"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the gateway has no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let (_, address) = line.trim().split_once("://").ok_or("no address")?;
        let url = Url::parse(&server.employee_url()?)?;
        Ok(Self {
            name: "evergrant",
            address: address.to_owned(),
            path: format!("/token{}", &url[Position::BeforePath..]),
            key: format!("Bearer {key}"),
            child,
        })
    }

    /// nginx with as many workers as there are processors, as the gateway has, connections to the
    /// sandbox that stay open, and no log.
    ///
    /// # Errors
    /// If it is not there or can't be started.
    pub(crate) fn nginx(server: &Server, scheme: Scheme) -> Result<Self> {
        let url = Url::parse(&server.employee_url()?)?;
        let grant = server.issue_grant()?;
        let token = grant["access_token"].as_str().ok_or("no access token")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let upstream = &url[Position::BeforeHost..Position::AfterPort];
        let scheme = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let folder = server.path("nginx");
        fs::create_dir_all(&folder)?;
        let text = configuration(&folder.display().to_string(), port, scheme, upstream, token);
        let file = server.write("nginx.conf", &text)?;
        let child = Command::new(find_nginx()?)
            .arg("-c")
            .arg(file)
            .stderr(Stdio::null())
            .spawn()?;
        let proxy = Self {
            name: "nginx",
            address: format!("127.0.0.1:{port}"),
            path: url[Position::BeforePath..].to_owned(),
            key: format!("Bearer egk_{}", "x".repeat(56)),
            child,
        };
        proxy.wait_for()?;
        Ok(proxy)
    }

    fn wait_for(&self) -> Result<()> {
        for _ in 0..500 {
            if TcpStream::connect(&self.address).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{} does not answer at {}", self.name, self.address).into())
    }

    /// A request for employee 58.
    pub(crate) fn request(&self) -> String {
        format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nAuthorization: {}\r\n\r\n",
            self.path, self.address, self.key
        )
    }

    /// How long its threads have run on a processor.
    ///
    /// # Errors
    /// If this is not Linux.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for process in self.processes() {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                let told = fs::read_to_string(thread?.path().join("schedstat"))?;
                let first = told.split_whitespace().next().ok_or("no schedstat")?;
                nanoseconds += first.parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The most memory that it ever had resident, in millions of bytes.
    ///
    /// # Errors
    /// If this is not Linux.
    pub(crate) fn peak_megabytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
        let kibibytes: f64 = kibibytes.ok_or("no VmHWM")?.parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    /// It and its workers.
    fn processes(&self) -> Vec<String> {
        let own = self.child.id().to_string();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let mut all: Vec<String> = children
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        all.push(own);
        all
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Asked kindly, since a master that is killed leaves its workers behind.
        let id = self.child.id().cast_signed();
        let asked = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(id),
            nix::sys::signal::Signal::SIGTERM,
        );
        if asked.is_err() {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

/// It is not in every user's search path.
fn find_nginx() -> Result<&'static str> {
    let known = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"];
    let answers = |program: &&str| Command::new(program).arg("-v").output().is_ok();
    let found = known.into_iter().find(answers);
    Ok(found.ok_or("nginx is not there: apt-get install nginx")?)
}

fn configuration(folder: &str, port: u16, scheme: &str, upstream: &str, token: &str) -> String {
    format!(
        "daemon off;
worker_processes auto;
worker_rlimit_nofile 8192;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  upstream sandbox {{
    server {upstream};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_time 1h;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass {scheme}://sandbox;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_set_header Host {upstream};
      proxy_set_header Authorization \"Bearer {token}\";
      proxy_ssl_protocols TLSv1.2 TLSv1.3;
    }}
  }}
}}
"
    )
}
