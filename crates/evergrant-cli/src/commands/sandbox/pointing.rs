//! The environment that points clients at a sandbox: its own variables for evergrant, and for
//! everybody else the proxy and the authority, each family of languages by what it reads.
//!
//! Some read no variable but one that names a file of settings; those files are written beside the
//! authority's certificate.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergrant_gateway::disk;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// Where the authority stands by which variable: OpenSSL and what is built on it, Go and .NET; Node;
/// Python's requests; curl; Deno; Perl.
const CA_VARIABLES: [&str; 6] = [
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "DENO_CERT",
    "PERL_LWP_SSL_CA_FILE",
];

/// Who the proxy is, by which variable. Some read the small names alone, most of the others them
/// first; Ruby sends https by what stands in `http_proxy`.
const PROXY_VARIABLES: [&str; 3] = ["HTTPS_PROXY", "https_proxy", "http_proxy"];

/// What is reached without the proxy: the sandbox by its own address.
const NO_PROXY: &str = "localhost,127.0.0.1,::1";
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Files beside the authority's certificate for clients that can't read that.
pub(super) struct Trust {
    pem: PathBuf,
    java: PathBuf,
    php: PathBuf,
}

impl Trust {
    /// Writes the authority's certificate, `pem`, into `folder` in each form.
    ///
    /// # Errors
    /// With the path that can't be written.
    pub(super) fn write(folder: &Path, pem: &str) -> Result<Self, (PathBuf, io::Error)> {
        let trust = Self {
            pem: folder.join("ca.pem"),
            java: folder.join("ca.jks"),
            php: folder.join("php").join("evergrant.ini"),
        };
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| (path, error)
        };
        disk::replace(&trust.pem, pem).map_err(at(&trust.pem))?;
        disk::replace_bytes(&trust.java, &java_key_store(&der(pem))).map_err(at(&trust.java))?;
        if let Some(php) = trust.php.parent() {
            std::fs::create_dir_all(php).map_err(at(php))?;
        }
        let file = text(&trust.pem);
        let settings = format!("curl.cainfo = \"{file}\"\nopenssl.cafile = \"{file}\"\n");
        disk::replace(&trust.php, &settings).map_err(at(&trust.php))?;
        Ok(trust)
    }

    /// The certificate's file.
    pub(super) fn pem(&self) -> &Path {
        &self.pem
    }

    /// The variables by which clients send what they have for Intuit to the proxy at `address`.
    pub(super) fn variables(&self, address: SocketAddr) -> Vec<(&'static str, String)> {
        let proxy = format!("http://{address}");
        let mut variables = Vec::new();
        variables.extend(PROXY_VARIABLES.map(|name| (name, proxy.clone())));
        variables.extend(NO_PROXY_VARIABLES.map(|name| (name, NO_PROXY.to_owned())));
        variables.extend(CA_VARIABLES.map(|name| (name, text(&self.pem))));
        variables.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
        variables.push(("JAVA_TOOL_OPTIONS", self.java_options(address)));
        if let Some(php) = self.php.parent() {
            // Besides the folder that is built in.
            variables.push(("PHP_INI_SCAN_DIR", format!(":{}", text(php))));
        }
        variables
    }

    fn java_options(&self, address: SocketAddr) -> String {
        let (host, port) = (address.ip(), address.port());
        let store = text(&self.java);
        format!(
            "-Dhttps.proxyHost={host} -Dhttps.proxyPort={port} \"-Djavax.net.ssl.trustStore={store}\""
        )
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What stands between the lines of a PEM file with one certificate.
fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let base64: String = lines.map(str::trim).collect();
    STANDARD.decode(base64).unwrap_or_default()
}

/// A Java key store (JKS, version 2) that holds one trusted certificate. Its seal is made with the
/// password that Java's own has, and is not looked at by who has none.
fn java_key_store(certificate: &[u8]) -> Vec<u8> {
    const TRUSTED_CERTIFICATE: u32 = 2;
    let mut store = Vec::new();
    store.extend(0xFEED_FEED_u32.to_be_bytes());
    store.extend(2_u32.to_be_bytes());
    store.extend(1_u32.to_be_bytes());
    store.extend(TRUSTED_CERTIFICATE.to_be_bytes());
    push_text(&mut store, "evergrant-sandbox");
    // When it was made, which nobody reads.
    store.extend(0_u64.to_be_bytes());
    push_text(&mut store, "X.509");
    let length = u32::try_from(certificate.len()).unwrap_or_default();
    store.extend(length.to_be_bytes());
    store.extend(certificate);
    let mut seal = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    let password = "changeit".encode_utf16().flat_map(u16::to_be_bytes);
    seal.update(&password.collect::<Vec<u8>>());
    seal.update(b"Mighty Aphrodite");
    seal.update(&store);
    store.extend(seal.finish().as_ref());
    store
}

/// A short text in Java's modified UTF-8, its length first.
fn push_text(store: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or_default();
    store.extend(length.to_be_bytes());
    store.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_the_sandboxs_own_address_use_no_proxy() {
        let folder = tempfile::tempdir().unwrap();
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let trust = Trust::write(folder.path(), pem).unwrap();
        let variables = trust.variables(SocketAddr::from(([127, 0, 0, 1], 9)));
        let value = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.unwrap().1.as_str()
        };
        assert_eq!(value("HTTPS_PROXY"), "http://127.0.0.1:9");
        assert_eq!(value("https_proxy"), "http://127.0.0.1:9");
        for name in ["NO_PROXY", "no_proxy"] {
            assert!(value(name).split(',').any(|host| host == "127.0.0.1"));
        }
        assert!(value("JAVA_TOOL_OPTIONS").contains("ca.jks"));
        let php = Path::new(value("PHP_INI_SCAN_DIR").trim_start_matches(':'));
        let settings = std::fs::read_to_string(php.join("evergrant.ini")).unwrap();
        assert!(settings.contains(value("SSL_CERT_FILE")), "{settings}");
    }

    #[test]
    fn a_java_key_store_ends_with_its_seal() {
        let store = java_key_store(&[0x30, 0x00]);
        assert_eq!(&store[..8], [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2]);
        let (body, seal) = store.split_at(store.len() - 20);
        assert!(body.ends_with(&[0, 0, 0, 2, 0x30, 0x00]));
        let password = b"\0c\0h\0a\0n\0g\0e\0i\0t";
        let sealed = [password.as_slice(), b"Mighty Aphrodite", body].concat();
        let expected = ring::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &sealed);
        assert_eq!(seal, expected.as_ref());
    }
}
