//! TLS to PostgreSQL, against a real server with certificates of its own: each `sslmode` means what it
//! means to `psql`.
#![cfg(all(unix, feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::time::Duration;

use evergrant::{ErrorKind, PostgresStore, Result, Store as _};
use postgres::throw_away::{Server, run};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority, and a certificate of its for `localhost` and no other name.
struct Papers {
    authority: String,
    certificate: String,
    key: String,
}

impl Papers {
    fn issue() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        Self {
            authority,
            certificate: leaf.signed_by(&key, &issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    /// As `openssl req -x509` makes it: its own authority.
    fn of_its_own() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            authority: certificate.clone(),
            certificate,
            key: key.serialize_pem(),
        }
    }

    /// Has the server show them from now on.
    fn hand_to(&self, server: &Server) {
        let url = server.url();
        let put = |text: &str, name: &str| {
            let sql = format!(
                "COPY (SELECT unnest(string_to_array('{}', E'\\n'))) TO PROGRAM \
                 'umask 077; cat > {name}'",
                text.trim()
            );
            run(&url, &sql).unwrap();
        };
        put(&self.certificate, "server.crt");
        put(&self.key, "server.key");
        run(&url, "ALTER SYSTEM SET ssl = on").unwrap();
        run(&url, "SELECT pg_reload_conf()").unwrap();
        let on = || run(&url, "SHOW ssl").unwrap() == "on";
        assert!((0..100).any(|_| on() || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }));
    }
}

/// What comes of connecting to `host` with these parameters.
async fn connect(server: &Server, host: &str, parameters: &str) -> Result<bool> {
    let url = server.url().replace("127.0.0.1", host);
    let store = PostgresStore::at(&format!("{url}?{parameters}"))?;
    store.list().await?;
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
               WHERE application_name = 'evergrant'";
    let is_encrypted = run(&server.url(), sql).unwrap() == "t";
    drop(store);
    // The next one looks at its own connections alone.
    let gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'evergrant'";
    while run(&server.url(), gone).unwrap() != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(is_encrypted)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sslmode_checks_what_psql_checks() {
    let server = Server::start().unwrap();
    assert!(!connect(&server, "127.0.0.1", "").await.unwrap());
    let refused = connect(&server, "localhost", "sslmode=require").await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Config);
    let (papers, others) = (Papers::issue(), Papers::issue());
    papers.hand_to(&server);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        support::write(&path, pem);
        format!("sslrootcert={}", path.display())
    };
    let right = file("right.pem", &papers.authority);
    let wrong = file("wrong.pem", &others.authority);
    for (host, parameters, expected) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), Some(false)),
        ("127.0.0.1", String::new(), Some(true)),
        ("127.0.0.1", "sslmode=require".to_owned(), Some(true)),
        ("127.0.0.1", format!("sslmode=require&{right}"), Some(true)),
        ("127.0.0.1", format!("sslmode=require&{wrong}"), None),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&{right}"),
            Some(true),
        ),
        ("127.0.0.1", format!("sslmode=verify-ca&{wrong}"), None),
        ("127.0.0.1", format!("sslmode=verify-full&{right}"), None),
        (
            "localhost",
            format!("sslmode=verify-full&{right}"),
            Some(true),
        ),
        ("localhost", format!("sslmode=verify-full&{wrong}"), None),
        ("localhost", "sslmode=verify-full".to_owned(), None),
        ("localhost", "sslrootcert=system".to_owned(), None),
    ] {
        let outcome = connect(&server, host, &parameters).await;
        match (outcome, expected) {
            (Ok(is_encrypted), Some(expected)) => {
                assert_eq!(is_encrypted, expected, "{host} {parameters}");
            }
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Config, "{error:?}"),
            (outcome, _) => panic!("{host} {parameters}: {outcome:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_may_be_its_own_authority() {
    let server = Server::start().unwrap();
    let papers = Papers::of_its_own();
    papers.hand_to(&server);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.pem");
    support::write(&path, &papers.authority);
    let parameters = format!("sslmode=verify-full&sslrootcert={}", path.display());
    assert!(connect(&server, "localhost", &parameters).await.unwrap());
    let error = connect(&server, "127.0.0.1", &parameters).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Config);
}
