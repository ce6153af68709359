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

/// A certificate for `localhost`, and its key, in files.
struct Pem {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Pem {
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = Self {
            folder: tempfile::tempdir().unwrap(),
            certificate: made.cert.der().clone(),
        };
        std::fs::write(pem.path("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(pem.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
        pem
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
