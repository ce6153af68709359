//! Whom a connection trusts.
//!
//! A certificate is checked against the caller's own authority if there is one, then against the
//! bundled Mozilla roots, and only then against the system's store. Parsing the system's store costs
//! several milliseconds, so it is not touched before a certificate asks for it.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::{Error, ErrorKind, Result};

/// Those that a file names.
pub(super) type Authorities = (Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>);

/// The TLS of every connection: one crypto provider, HTTP/2 preferred, trust in layers.
///
/// # Errors
/// [`ErrorKind::Config`] if `extra_roots` is not PEM with at least one certificate.
pub(crate) fn tls_config(extra_roots: Option<&[u8]>) -> Result<rustls::ClientConfig> {
    let extra = extra_roots.map(own_authority).transpose()?;
    let verifier = LayeredVerifier::new(extra.map(|(verifier, _)| verifier));
    let mut config = with_verifier(Arc::new(verifier))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The trust of everybody.
#[cfg(feature = "postgres")]
pub(super) fn layered() -> Arc<dyn ServerCertVerifier> {
    Arc::new(LayeredVerifier::new(None))
}

/// TLS with one crypto provider, and certificates checked so.
///
/// # Errors
/// [`ErrorKind::Config`] if TLS can't be set up.
pub(super) fn with_verifier(verifier: Arc<dyn ServerCertVerifier>) -> Result<rustls::ClientConfig> {
    let builder = rustls::ClientConfig::builder_with_provider(crypto());
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder
        .map_err(|error| Error::new(ErrorKind::Config, "TLS can't be set up").with_source(error))?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn crypto() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What a file of authorities trusts, and the authorities themselves.
pub(super) fn own_authority(pem: &[u8]) -> Result<Authorities> {
    let unusable = |why: String| {
        Error::new(
            ErrorKind::Config,
            format!("the file of trusted authorities can't be used: {why}"),
        )
    };
    let mut roots = RootCertStore::empty();
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate.clone())
            .map_err(|error| unusable(error.to_string()))?;
        certificates.push(certificate);
    }
    if roots.is_empty() {
        return Err(unusable("it holds no PEM certificate".to_owned()));
    }
    let verifier = verifier(roots, &crypto()).map_err(|error| unusable(error.to_string()))?;
    Ok((verifier, certificates))
}

fn verifier(
    roots: RootCertStore,
    crypto: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::client::VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(crypto)).build()
}

/// Asks one set of roots after the other until one knows the issuer.
#[derive(Debug)]
struct LayeredVerifier {
    extra: Option<Arc<WebPkiServerVerifier>>,
    bundled: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    system: OnceLock<Option<rustls_platform_verifier::Verifier>>,
    crypto: Arc<CryptoProvider>,
}

impl LayeredVerifier {
    fn new(extra: Option<Arc<WebPkiServerVerifier>>) -> Self {
        Self {
            extra,
            bundled: OnceLock::new(),
            system: OnceLock::new(),
            crypto: crypto(),
        }
    }

    fn extra(&self) -> Option<&dyn ServerCertVerifier> {
        self.extra.as_ref().map(|verifier| verifier.as_ref() as _)
    }

    fn bundled(&self) -> Option<&dyn ServerCertVerifier> {
        let made = self.bundled.get_or_init(|| {
            let roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            verifier(roots, &self.crypto).ok()
        });
        made.as_ref().map(|verifier| verifier.as_ref() as _)
    }

    fn system(&self) -> Option<&dyn ServerCertVerifier> {
        let made = self
            .system
            .get_or_init(|| rustls_platform_verifier::Verifier::new(Arc::clone(&self.crypto)).ok());
        made.as_ref().map(|verifier| verifier as _)
    }
}

impl ServerCertVerifier for LayeredVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let layers = [Self::extra, Self::bundled, Self::system];
        let mut refusal = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for layer in layers {
            let Some(verifier) = layer(self) else {
                continue;
            };
            match verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ) {
                Err(error @ rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                    refusal = error;
                }
                verdict => return verdict,
            }
        }
        Err(refusal)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto
            .signature_verification_algorithms
            .supported_schemes()
    }
}
