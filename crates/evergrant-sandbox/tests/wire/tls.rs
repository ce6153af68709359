//! TLS with the sandbox's own authority, HTTP/2, and faults under both.

use std::sync::Arc;

use evergrant_sandbox::{Effect, Fault, Handle, Options, Where};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version,
};

use crate::client::{REALM, Wire, employee, start, text};

fn config(
    ca_pem: &str,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&str],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if !ca_pem.is_empty() {
        roots
            .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
            .unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

async fn connect(
    sandbox: &Handle,
    config: &Arc<ClientConfig>,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let url = sandbox.https_url().unwrap();
    let stream = TcpStream::connect(url.strip_prefix("https://").unwrap())
        .await
        .unwrap();
    TlsConnector::from(Arc::clone(config))
        .connect(ServerName::try_from(name).unwrap(), stream)
        .await
}

async fn ready() -> (Handle, String) {
    let sandbox = start(Options::default()).await;
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    (sandbox, token)
}

#[tokio::test]
async fn serves_both_versions_under_every_name_of_loopback() {
    let (sandbox, token) = ready().await;
    for version in [&version::TLS12, &version::TLS13] {
        let config = config(sandbox.ca_pem(), &[version], &[]);
        for name in ["127.0.0.1", "localhost", "::1"] {
            let stream = connect(&sandbox, &config, name).await.unwrap();
            assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
            let reply = Wire::over(stream).get(&employee("58"), &token).await;
            assert_eq!(reply.status, 200);
            assert_eq!(
                reply.header("strict-transport-security"),
                Some("max-age=15552000")
            );
        }
    }
}

#[tokio::test]
async fn nobody_trusts_it_by_accident() {
    let (sandbox, _) = ready().await;
    let other = start(Options::default()).await;
    for (ca, name) in [
        ("", "localhost"),
        (other.ca_pem(), "localhost"),
        (sandbox.ca_pem(), "example.com"),
    ] {
        let config = config(ca, &[&version::TLS13], &[]);
        assert!(connect(&sandbox, &config, name).await.is_err());
    }
}

#[tokio::test]
async fn sessions_resume() {
    let (sandbox, token) = ready().await;
    let config = config(sandbox.ca_pem(), &[&version::TLS13], &[]);
    let mut first = connect(&sandbox, &config, "localhost").await.unwrap();
    assert_eq!(
        first.get_ref().1.handshake_kind(),
        Some(HandshakeKind::Full)
    );
    // A ticket comes with the first bytes read.
    Wire::over(&mut first).get(&employee("58"), &token).await;
    let second = connect(&sandbox, &config, "localhost").await.unwrap();
    assert_eq!(
        second.get_ref().1.handshake_kind(),
        Some(HandshakeKind::Resumed)
    );
    assert_eq!(
        second.get_ref().1.protocol_version(),
        Some(ProtocolVersion::TLSv1_3)
    );
}

type Sender = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

async fn http2(sandbox: &Handle) -> Sender {
    let config = config(sandbox.ca_pem(), &[&version::TLS13], &["h2", "http/1.1"]);
    let stream = connect(sandbox, &config, "localhost").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let io = TokioIo::new(stream);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

async fn read(sender: &mut Sender, token: &str) -> Result<(u16, Bytes), hyper::Error> {
    let request = Request::get(format!("https://localhost{}", employee("58")))
        .header("authorization", format!("Bearer {token}"))
        .body(Empty::new())
        .unwrap();
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

#[tokio::test]
async fn speaks_http2_to_those_who_can() {
    let (sandbox, token) = ready().await;
    let mut sender = http2(&sandbox).await;
    for _ in 0..3 {
        let (status, body) = read(&mut sender, &token).await.unwrap();
        assert!(status == 200 && body.starts_with(br#"{"Employee":"#));
    }
    assert_eq!(sandbox.control().counters().connections, 1);
}

#[tokio::test]
async fn faults_end_the_connection_under_tls_and_http2_too() {
    let (sandbox, token) = ready().await;
    let config = config(sandbox.ca_pem(), &[&version::TLS13], &[]);
    for effect in [Effect::DropBefore, Effect::DropAfter] {
        sandbox
            .control()
            .add_fault(Fault::new(Where::Api, effect.clone()));
        let mut wire = Wire::over(connect(&sandbox, &config, "localhost").await.unwrap());
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        assert!(
            wire.send("GET", &employee("58"), &headers, "")
                .await
                .is_none()
        );
        assert!(wire.is_closed().await);

        sandbox.control().add_fault(Fault::new(Where::Api, effect));
        let mut sender = http2(&sandbox).await;
        assert!(read(&mut sender, &token).await.is_err());
        assert!(
            sender.ready().await.is_err(),
            "the connection is gone, not the stream alone"
        );
    }
}

#[tokio::test]
async fn truncation_and_closing_work_under_tls_and_http2_too() {
    let (sandbox, token) = ready().await;
    let config = config(sandbox.ca_pem(), &[&version::TLS13], &[]);
    let fault = |effect| sandbox.control().add_fault(Fault::new(Where::Api, effect));

    fault(Effect::Truncate);
    let mut wire = Wire::over(connect(&sandbox, &config, "localhost").await.unwrap());
    let reply = wire.get(&employee("58"), &token).await;
    assert!(
        !reply.whole && reply.body.starts_with(r#"{"Employee":"#),
        "{}",
        reply.body
    );
    fault(Effect::Truncate);
    assert!(read(&mut http2(&sandbox).await, &token).await.is_err());

    fault(Effect::CloseAfter);
    let mut wire = Wire::over(connect(&sandbox, &config, "localhost").await.unwrap());
    assert!(wire.get(&employee("58"), &token).await.whole);
    assert!(wire.is_closed().await);
    fault(Effect::CloseAfter);
    let mut sender = http2(&sandbox).await;
    assert_eq!(read(&mut sender, &token).await.unwrap().0, 200);
    let closed = async {
        while sender.ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), closed)
        .await
        .unwrap();
}
