//! What a database's URL says: where the server is, and how it is known to be the right one.
//!
//! The words are libpq's, and mean what they mean there: `sslmode=require` encrypts and checks nothing,
//! unless authorities are named; `verify-ca` checks who has signed the certificate, `verify-full` whose it
//! is, too. Authorities that are named with `sslrootcert` are the only ones then; `system` names those that
//! everybody trusts.

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::server::PATIENCE;
use crate::transport::check::{Check, tls_config};
use crate::{Error, ErrorKind, Result};

/// Reads a URL.
///
/// # Errors
/// [`ErrorKind::Config`] if there is something in it that is not understood.
pub(super) fn settings(url: &str) -> Result<(Config, MakeRustlsConnect)> {
    let mut url: Url = url.parse().map_err(|_| bad("it is no URL"))?;
    let (own, theirs): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .partition(|(name, _)| matches!(name.as_str(), "sslmode" | "sslrootcert"));
    url.set_query(None);
    if !theirs.is_empty() {
        url.query_pairs_mut().extend_pairs(theirs);
    }
    // Its own error could quote what it was given.
    let mut config: Config = url
        .as_str()
        .parse()
        .map_err(|_| bad("a parameter of it is not understood"))?;
    let said = |name| own.iter().find(|(own, _)| own == name);
    let said = |name| said(name).map(|(_, value)| value.as_str());
    let tls = Tls::of(said("sslmode"), said("sslrootcert"))?;
    config
        .application_name("evergrant")
        .connect_timeout(PATIENCE)
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .ssl_mode(tls.mode);
    let mut client = tls_config(tls.check, tls.authority.as_deref())?;
    // Direct TLS asks for the protocol by name; other servers are not told one.
    client.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok((config, MakeRustlsConnect::new(client)))
}

/// The database in words: never with a password.
pub(super) fn place(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let hosts: Vec<String> = hosts.collect();
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or("postgres");
    format!("PostgreSQL database {database} at {}", hosts.join(", "))
}

struct Tls {
    mode: SslMode,
    check: Check,
    authority: Option<Vec<u8>>,
}

impl Tls {
    fn of(mode: Option<&str>, authority: Option<&str>) -> Result<Self> {
        let is_public = authority == Some("system");
        let mode = mode.unwrap_or(if is_public { "verify-full" } else { "prefer" });
        let (wanted, check) = match mode {
            "disable" => (SslMode::Disable, Check::Nothing),
            "allow" | "prefer" => (SslMode::Prefer, Check::Nothing),
            "require" => (SslMode::Require, Check::Nothing),
            "verify-ca" => (SslMode::Require, Check::Chain),
            "verify-full" => (SslMode::Require, Check::Full),
            _ => return Err(bad("there is no such sslmode")),
        };
        if is_public && check != Check::Full {
            return Err(bad("sslrootcert=system wants sslmode=verify-full"));
        }
        let named = authority.filter(|_| !is_public);
        if check == Check::Chain && named.is_none() {
            return Err(bad(
                "sslmode=verify-ca wants the authority's file, in sslrootcert",
            ));
        }
        let read = |path| std::fs::read(path).map_err(|error| bad(&format!("{path}: {error}")));
        Ok(Self {
            mode: wanted,
            check: match (check, named) {
                (Check::Nothing, Some(_)) => Check::Chain,
                (check, _) => check,
            },
            authority: named.map(read).transpose()?,
        })
    }
}

fn bad(why: &str) -> Error {
    let what = format!("the store's URL can't be used: {why}");
    Error::new(ErrorKind::Config, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h50_a_url_is_never_shown_with_its_password() {
        let (config, _) = settings("postgres://me:planted@db.example:5433/grants").unwrap();
        assert_eq!(place(&config), "PostgreSQL database grants at db.example");
        for bad in [
            "postgres://me:planted@db/x?colour=planted",
            "postgres://me:planted@db/x?sslmode=planted",
            "postgres://me:planted@db:port/x",
        ] {
            let error = settings(bad).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }

    #[test]
    fn what_is_checked_is_what_libpq_checks() {
        let checked = |mode, authority| {
            let tls = Tls::of(mode, authority).ok()?;
            Some((tls.mode, tls.check))
        };
        let file = Some("Cargo.toml");
        assert_eq!(checked(None, None), Some((SslMode::Prefer, Check::Nothing)));
        assert_eq!(
            checked(Some("require"), None),
            Some((SslMode::Require, Check::Nothing))
        );
        assert_eq!(
            checked(Some("require"), file),
            Some((SslMode::Require, Check::Chain))
        );
        assert_eq!(
            checked(Some("verify-full"), None),
            Some((SslMode::Require, Check::Full))
        );
        assert_eq!(
            checked(None, Some("system")),
            Some((SslMode::Require, Check::Full))
        );
        assert_eq!(checked(Some("require"), Some("system")), None);
        assert_eq!(checked(Some("verify-ca"), None), None);
        assert_eq!(checked(Some("verify-ca"), Some("no/such/file")), None);
        assert_eq!(checked(Some("always"), None), None);
    }
}
