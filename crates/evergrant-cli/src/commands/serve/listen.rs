//! Where the gateway listens, and under which names it may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use evergrant_gateway::server::Doors;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::certificate::Certificate;
use crate::config::Serve;
use crate::failure::{Failure, Result};

/// How the gateway is called.
pub(super) struct Names {
    /// Where it can be reached, without a path.
    pub(super) url: String,
    /// What may stand in `Host`.
    pub(super) hosts: Vec<String>,
    /// Where its pages are: consent returns to `localhost`, and a cookie is one name's.
    pub(super) pages: String,
}

/// Binds everything that the settings ask for.
pub(super) async fn bind(serve: &Serve) -> Result<(Doors, Names)> {
    require_safe(serve)?;
    let tls = acceptor(serve)?;
    let first = tcp(serve.listen)
        .await
        .map_err(|error| taken(serve.listen, error))?;
    let bound = first
        .local_addr()
        .map_err(|error| taken(serve.listen, error))?;
    let mut listeners = vec![first];
    if bound.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        // To some programs `localhost` is this one. A machine without IPv6 has no such program.
        let other = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), bound.port());
        listeners.extend(tcp(other).await.ok());
    }
    let names = names(serve, bound, tls.is_some());
    let doors = Doors {
        tcp: listeners,
        #[cfg(unix)]
        socket: serve
            .socket
            .as_deref()
            .map(|path| socket(path, serve.socket_mode))
            .transpose()?,
        tls,
    };
    Ok((doors, names))
}

/// Keys and books must not travel in the clear, and not by mistake.
fn require_safe(serve: &Serve) -> Result<()> {
    if serve.listen.ip().is_loopback() {
        return Ok(());
    }
    let encrypted = serve.tls_cert.is_some() && serve.tls_key.is_some();
    if serve.public && encrypted {
        return Ok(());
    }
    Err(Failure::config(
        format!("{} can be reached from other machines", serve.listen),
        "listen on 127.0.0.1, or set public = true, tls_cert and tls_key in [serve]",
    ))
}

async fn tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn taken(address: SocketAddr, error: std::io::Error) -> Failure {
    Failure::config(
        format!("{address} can't be listened on"),
        "stop what listens there, or choose another address with --listen",
    )
    .because(error)
}

fn names(serve: &Serve, bound: SocketAddr, secure: bool) -> Names {
    let (scheme, usual) = if secure { ("https", 443) } else { ("http", 80) };
    let port = bound.port();
    let mut bare = vec![match bound.ip() {
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    }];
    if bound.ip().is_loopback() || bound.ip().is_unspecified() {
        bare.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
    }
    let mut hosts: Vec<String> = bare.iter().map(|name| format!("{name}:{port}")).collect();
    if port == usual {
        hosts.extend(bare.iter().cloned());
    }
    hosts.extend(serve.hosts.iter().cloned());
    let called = match serve.hosts.first() {
        Some(name) if !bound.ip().is_loopback() => name.clone(),
        _ if bound.ip().is_unspecified() => format!("localhost:{port}"),
        _ => bound.to_string(),
    };
    let pages = if bound.ip().is_loopback() {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{called}")
    };
    Names {
        url: format!("{scheme}://{called}"),
        hosts,
        pages,
    }
}

/// The certificate to show, if there is one.
fn acceptor(serve: &Serve) -> Result<Option<TlsAcceptor>> {
    let (chain, key) = match (&serve.tls_cert, &serve.tls_key) {
        (None, None) => return Ok(None),
        (Some(chain), Some(key)) => (chain, key),
        _ => {
            let what = "of tls_cert and tls_key in [serve] one is missing";
            return Err(Failure::config(
                what,
                "set both, or none to serve without TLS",
            ));
        }
    };
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let shown = Certificate::read(chain, key, &crypto)?;
    let made = rustls::ServerConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::config("TLS can't be set up", "").because(error))?;
    let mut config = made
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// A Unix socket that only those may connect to whom its permissions name. One that a killed process
/// has left is replaced; one that somebody listens on is not.
#[cfg(unix)]
fn socket(path: &Path, mode: u32) -> Result<tokio::net::UnixListener> {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    let cannot = |error: std::io::Error| {
        Failure::config(
            format!("the socket {} can't be listened on", path.display()),
            "stop what listens there, or choose another path",
        )
        .because(error)
    };
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if is_socket {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(cannot(std::io::ErrorKind::AddrInUse.into()));
        }
        std::fs::remove_file(path).map_err(cannot)?;
    }
    // Bound under another name and opened to others only then: there is no moment in which it has
    // the permissions that it happens to be made with.
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    evergrant_gateway::disk::private_folder(folder).map_err(cannot)?;
    let room = tempfile::Builder::new()
        .prefix(".evergrant")
        .tempdir_in(folder)
        .map_err(cannot)?;
    let hidden = room.path().join("s");
    let listener = tokio::net::UnixListener::bind(&hidden).map_err(cannot)?;
    std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(mode)).map_err(cannot)?;
    std::fs::hard_link(&hidden, path).map_err(cannot)?;
    Ok(listener)
}
