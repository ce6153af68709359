//! Where callers of other machines come in: over TLS only, and only if that was meant.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use evergrant_sandbox::Options;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::gate::Gate;
use crate::wire::{asked, runtime};

#[test]
fn another_address_needs_tls_and_a_word() {
    let pem = Pem::new();
    let gate = Gate::new();
    let settings = gate.lab.path(".config/evergrant/evergrant.toml");
    let plain = std::fs::read_to_string(&settings).unwrap();
    for lines in ["", "public = true\n", &pem.settings()] {
        let text = plain.replace("[serve]\n", &format!("[serve]\n{lines}"));
        gate.lab.configure(&text);
        let open = gate
            .lab
            .finish(&mut gate.lab.bare(&["serve", "--listen", "0.0.0.0:0"]));
        open.failed(3, &["can be reached from other machines", "public = true"]);
    }
}

#[test]
fn callers_of_other_machines_come_in_over_tls() {
    let pem = Pem::new();
    let lines = format!(
        "public = true\nlimits = false\nschedule = false\n{}timeouts = {{ handshake = \"1s\" }}",
        pem.settings()
    );
    let mut gate = Gate::with(Options::default(), &lines);
    gate.kill();
    let mut open = gate.lab.bare(&["serve", "--listen", "0.0.0.0:0"]);
    gate.start_as(&mut open);
    assert!(gate.address.starts_with("localhost:"), "{}", gate.address);

    // Who does not begin with TLS is told nothing, and who says nothing is not waited for.
    let mut clear = gate.connect();
    drop(write!(
        clear,
        "GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n",
        gate.address
    ));
    let mut silent = gate.connect();
    let mut said = Vec::new();
    drop(clear.read_to_end(&mut said));
    assert!(!said.windows(5).any(|it| it == b"HTTP/"), "{said:?}");
    assert_eq!(silent.read(&mut [0; 16]).unwrap_or(0), 0);

    runtime().block_on(async {
        let stream = pem.connect(&gate, b"h2").await;
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let url = format!("https://{}{}", gate.address, gate.employee());
        let secure = asked(&gate, &url);
        assert_eq!(sender.send_request(secure).await.unwrap().status(), 200);

        let stream = pem.connect(&gate, b"http/1.1").await;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let plain = asked(&gate, &gate.employee());
        assert_eq!(sender.send_request(plain).await.unwrap().status(), 200);
    });
}

#[test]
fn a_certificate_that_is_renewed_is_shown_without_a_restart() {
    let mut pem = Pem::new();
    let lines = format!("schedule = false\n{}", pem.settings());
    let mut gate = Gate::with(Options::default(), &lines);
    let shown = |pem: &Pem| runtime().block_on(pem.shown(&gate));
    assert_eq!(shown(&pem), pem.certificate);
    let old = pem.certificate.clone();
    // Half of it changes nothing.
    let key = std::fs::read(pem.path("key.pem")).unwrap();
    pem.write("key.pem", "no key");
    assert_eq!(shown(&pem), old);
    pem.write("key.pem", key);
    pem.renew();
    assert_ne!(pem.certificate, old);
    assert_eq!(shown(&pem), pem.certificate);
    let said = gate.stop();
    for needle in ["shown as it was: ", "Another certificate is shown"] {
        assert!(said.stderr.contains(needle), "{needle}: {said:?}");
    }
}

/// A certificate for `localhost`, and its key, in files.
struct Pem {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Pem {
    fn new() -> Self {
        let mut pem = Self {
            folder: tempfile::tempdir().unwrap(),
            certificate: CertificateDer::from_slice(&[]),
        };
        pem.renew();
        pem
    }

    fn renew(&mut self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.certificate = made.cert.der().clone();
        self.write("cert.pem", made.cert.pem());
        self.write("key.pem", made.signing_key.serialize_pem());
    }

    /// With an age of its own, however fast one follows the other.
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        let before = path.metadata().and_then(|it| it.modified());
        std::fs::write(&path, text).unwrap();
        if let Ok(before) = before {
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(before + std::time::Duration::from_secs(1))
                .unwrap();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> String {
        format!(
            "tls_cert = \"{}\"\ntls_key = \"{}\"\n",
            self.path("cert.pem").display(),
            self.path("key.pem").display()
        )
    }

    /// The certificate that the gateway shows, which must be one of this folder.
    async fn shown(&self, gate: &Gate) -> CertificateDer<'static> {
        let stream = self.connect(gate, b"h2").await;
        let (_, session) = stream.get_ref();
        session.peer_certificates().unwrap()[0].clone().into_owned()
    }

    /// A connection on which `protocol` was agreed on.
    async fn connect(&self, gate: &Gate, protocol: &[u8]) -> TlsStream<tokio::net::TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = tokio::net::TcpStream::connect(&gate.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        stream
    }
}
