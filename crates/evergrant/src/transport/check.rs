//! How closely a certificate is looked at, where that is for somebody to choose: a database's.
//!
//! A provider's certificate is always checked in full. Databases often have one of their own making,
//! and what their clients check is said by a word that PostgreSQL's users know.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};

use super::trust;
use crate::Result;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing: the connection is encrypted, to whomever.
    Nothing,
    /// Who has signed it.
    Chain,
    /// That, and whose it is.
    Full,
}

/// TLS with certificates checked so far; of the authorities in `authority` alone, if there are any.
///
/// # Errors
/// [`Config`](crate::ErrorKind::Config) if `authority` is not PEM with at least one certificate.
pub(crate) fn tls_config(check: Check, authority: Option<&[u8]>) -> Result<rustls::ClientConfig> {
    let own = authority.map(trust::own_authority).transpose()?;
    let (own, pinned) = own.unzip();
    trust::with_verifier(Arc::new(Checking {
        check,
        own,
        pinned: pinned.unwrap_or_default(),
        public: trust::layered(),
    }))
}

#[derive(Debug)]
struct Checking {
    check: Check,
    own: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates of the authorities: a server may show one of them itself.
    pinned: Vec<CertificateDer<'static>>,
    public: Arc<dyn ServerCertVerifier>,
}

impl Checking {
    fn verifier(&self) -> &dyn ServerCertVerifier {
        match &self.own {
            Some(own) => own.as_ref(),
            None => self.public.as_ref(),
        }
    }
}

impl ServerCertVerifier for Checking {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.check == Check::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        if self.pinned.iter().any(|own| own == end_entity) {
            if self.check == Check::Full {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&certificate, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verifier = self.verifier();
        let verdict =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // The name is looked at last, when all else is good.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.check == Check::Chain => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.public.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.public.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.public.supported_verify_schemes()
    }
}
