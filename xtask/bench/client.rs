//! reqwest, the HTTP client that a program without evergrant would most likely use.

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
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(ca_pem)?)
        .no_proxy()
        .tcp_nodelay(true)
        .build()?;
    Ok(client)
}

/// The TLS of `evergrant`'s connections, with no other trust than in `ca_pem`.
///
/// # Errors
/// If `ca_pem` holds something else than certificates.
pub(crate) fn tls(ca_pem: &[u8]) -> Result<ClientConfig, Box<dyn Error>> {
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
    Ok(tls)
}
