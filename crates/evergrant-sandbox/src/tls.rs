//! A certificate authority for this one run, and the TLS side of the servers.
//!
//! The authority signs the sandbox's certificates and its key is dropped when that is done. A client that trusts the
//! authority can check them just as it checks real ones.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::host::{self, Host};
use crate::time::{real_now, saturating_add};

/// Long enough for any run, short enough for platforms that refuse certificates of many years.
const VALID: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Begins a while ago, for clients whose clock is behind.
const VALID_BEFORE: SignedDuration = SignedDuration::from_hours(48);

/// Why no certificate could be made.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What signs the sandbox's certificates, and what clients must trust.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new authority, unlike any other.
    pub(crate) fn generate() -> Result<Self, Failure> {
        let key = KeyPair::generate()?;
        let params = ca_params()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// TLS under the names that loopback goes by.
    pub(crate) fn for_loopback(&self) -> Result<TlsAcceptor, Failure> {
        let names = ["localhost", "127.0.0.1", "::1"];
        acceptor(Arc::new(Any(self.certify(&names)?)))
    }

    /// TLS under the names of Intuit's hosts, for clients that ask for one of them or do not say.
    pub(crate) fn for_intuit(&self) -> Result<TlsAcceptor, Failure> {
        let names = host::INTUIT.map(|(name, _)| name);
        acceptor(Arc::new(Intuits(self.certify(&names)?)))
    }

    fn certify(&self, names: &[&str]) -> Result<Arc<CertifiedKey>, Failure> {
        let key = KeyPair::generate()?;
        let certificate = leaf_params(names)?.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate.der().clone()];
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())?;
        Ok(Arc::new(certified))
    }
}

/// One certificate, whatever name the client asks for.
struct Any(Arc<CertifiedKey>);

impl ResolvesServerCert for Any {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// One certificate, for the names of Intuit's hosts alone.
struct Intuits(Arc<CertifiedKey>);

impl ResolvesServerCert for Intuits {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_intuits = |name| Host::named(name) != Host::Own;
        hello
            .server_name()
            .is_none_or(is_intuits)
            .then(|| Arc::clone(&self.0))
    }
}

impl fmt::Debug for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Any").finish_non_exhaustive()
    }
}

impl fmt::Debug for Intuits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Intuits").finish_non_exhaustive()
    }
}

fn acceptor(certificates: Arc<dyn ResolvesServerCert>) -> Result<TlsAcceptor, Failure> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.ticketer = ring::Ticketer::new()?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(CertificateParams::new(Vec::new())?);
    params.distinguished_name = named("evergrant sandbox CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params(names: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let alternatives: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = dated(CertificateParams::new(alternatives)?);
    params.distinguished_name = named(names.first().copied().unwrap_or_default());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// By the real clock, since it is by that that clients judge a certificate.
fn dated(mut params: CertificateParams) -> CertificateParams {
    let day = |at: Timestamp| {
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let now = real_now();
    params.not_before = day(saturating_add(now, -VALID_BEFORE));
    params.not_after = day(saturating_add(now, VALID));
    params
}
