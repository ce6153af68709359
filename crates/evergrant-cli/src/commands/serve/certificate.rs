//! The certificate that the gateway shows, read again when its files have changed, since certificates are
//! renewed far more often than a gateway is started.
//!
//! Files that can't be used, as between the writing of the one and of the other, change nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::failure::{Failure, Result};
use crate::report;
use crate::trace::log;

/// A certificate and its key, in two PEM files.
#[derive(Debug)]
pub(super) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    crypto: Arc<CryptoProvider>,
    shown: RwLock<Shown>,
}

/// When the files were changed, and what was in them when they could last be used.
#[derive(Debug)]
struct Shown {
    ages: Ages,
    key: Arc<CertifiedKey>,
}

/// When either file was changed, as far as that can be seen.
type Ages = [Option<SystemTime>; 2];

impl Certificate {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// Files that can't be used.
    pub(super) fn read(chain: &Path, key: &Path, crypto: &Arc<CryptoProvider>) -> Result<Self> {
        let shown = Shown {
            ages: ages(chain, key),
            key: load(chain, key, crypto)?,
        };
        Ok(Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            crypto: Arc::clone(crypto),
            shown: RwLock::new(shown),
        })
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let ages = ages(&self.chain, &self.key);
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        if shown.ages == ages {
            return Arc::clone(&shown.key);
        }
        drop(shown);
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        if shown.ages != ages {
            self.renew(&mut shown, ages);
        }
        Arc::clone(&shown.key)
    }

    /// Once for each change, whatever comes of it.
    fn renew(&self, shown: &mut Shown, ages: Ages) {
        shown.ages = ages;
        match load(&self.chain, &self.key, &self.crypto) {
            Ok(key) => {
                shown.key = key;
                log(None, "Another certificate is shown from now on");
            }
            Err(failure) => {
                let why = report::in_words(&failure);
                log(
                    None,
                    &format!("WARNING: the certificate is shown as it was: {why}"),
                );
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn ages(chain: &Path, key: &Path) -> Ages {
    [chain, key].map(|path| path.metadata().and_then(|it| it.modified()).ok())
}

fn load(chain: &Path, key: &Path, crypto: &CryptoProvider) -> Result<Arc<CertifiedKey>> {
    let unusable = |path: &Path, error: Box<dyn std::error::Error + Send + Sync>| {
        Failure::config(
            format!("{} can't be used for TLS", path.display()),
            "name PEM files with tls_cert (the server's own certificate first) and tls_key",
        )
        .because(error)
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(chain)
        .map_err(|error| unusable(chain, error.into()))?
        .collect();
    let certificates = certificates.map_err(|error| unusable(chain, error.into()))?;
    if certificates.is_empty() {
        return Err(unusable(chain, "it holds no PEM certificate".into()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.into()))?;
    let made = CertifiedKey::from_der(certificates, private, crypto);
    Ok(Arc::new(made.map_err(|error| unusable(key, error.into()))?))
}
