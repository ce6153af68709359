//! A certificate authority for this one run, and the TLS side of the server.
//!
//! The authority signs one certificate and its key is dropped. A client that trusts the authority can check the
//! sandbox's certificate just as it checks a real one.

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

use crate::time::{real_now, saturating_add};

/// Long enough for any run, short enough for platforms that refuse certificates of many years.
const VALID: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Begins a while ago, for clients whose clock is behind.
const VALID_BEFORE: SignedDuration = SignedDuration::from_hours(48);

/// A server's half of TLS, with the authority that clients must trust.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

/// Why no certificate could be made.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Identity {
    /// A new authority, and a certificate for the names that loopback goes by.
    pub(crate) fn generate() -> Result<Self, Failure> {
        let ca_key = KeyPair::generate()?;
        let ca_params = ca_params()?;
        let ca_pem = ca_params.self_signed(&ca_key)?.pem();
        let key = KeyPair::generate()?;
        let certificate = leaf_params()?.signed_by(&key, &Issuer::new(ca_params, ca_key))?;

        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.ticketer = ring::Ticketer::new()?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            ca_pem,
        })
    }
}

fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(CertificateParams::new(Vec::new())?);
    params.distinguished_name = named("evergrant sandbox CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params() -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    let mut params = dated(CertificateParams::new(names)?);
    params.distinguished_name = named("localhost");
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
