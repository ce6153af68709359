//! The bare HTTP client: what `evergrant` sends with underneath, and nothing on top.

use std::error::Error;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the authorities in `ca_pem` alone, over the same TLS library, crypto and
/// protocols as `evergrant`'s. Without any it is good for plain http.
///
/// # Errors
/// If `ca_pem` holds something else than certificates.
pub(crate) fn bare(ca_pem: &[u8]) -> Result<reqwest::Client, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        roots.add(certificate?)?;
    }
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    build(tls)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the bare client is what evergrant's is compared with"
)]
fn build(tls: ClientConfig) -> Result<reqwest::Client, Box<dyn Error>> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .tcp_nodelay(true)
        .build()?;
    Ok(client)
}
