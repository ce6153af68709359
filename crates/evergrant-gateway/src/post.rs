//! Posts of our own to somebody's URL: JSON, signed where there is a secret.
//!
//! One connection a post, since they are rare. Whether a post is worth another try is its sender's to
//! decide.

use std::error::Error as StdError;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use evergrant::{Dialer, require_private};
use http::header::{CONTENT_TYPE, HOST};
use http::uri::{Authority, PathAndQuery};
use http::{Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ring::hmac;
use url::Url;

use crate::Error;

/// How long a post may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Says when a post was made and proves by whom: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY`.
const SIGNATURE: &str = "evergrant-signature";

/// A URL to post to.
pub struct Post {
    url: Uri,
    dialer: Dialer,
    secret: Option<hmac::Key>,
}

impl Post {
    /// To `url`, signed with what is in `secret_file`, if one is named.
    ///
    /// # Errors
    /// A URL over which anybody could listen, or a secret that can't be read.
    pub fn new(url: &Url, secret_file: Option<&Path>) -> Result<Self, Error> {
        require_private(url)?;
        let uri = url
            .as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| {
                Error::setting(format!("{url} can't be posted to"), "mend the URL", error)
            })?;
        Ok(Self {
            url: uri,
            dialer: Dialer::new(None, url.scheme() == "http")?,
            secret: secret_file.map(secret).transpose()?,
        })
    }

    /// Posts once. `at`, in seconds since 1970, is part of what is signed.
    ///
    /// # Errors
    /// If it was not taken with a 2xx, in words.
    pub async fn send(&self, text: &str, at: i64) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let sent = tokio::time::timeout(PATIENCE, self.exchange(text, at)).await;
        sent.unwrap_or_else(|_| Err("no answer in time".into()))
    }

    async fn exchange(&self, text: &str, at: i64) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let line = self.dialer.dial(&self.url).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(line)).await?;
        let going = tokio::spawn(connection);
        let authority = self.url.authority().map_or("", Authority::as_str);
        let path = self.url.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut request = Request::post(path)
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/json");
        if let Some(secret) = &self.secret {
            request = request.header(SIGNATURE, signature(secret, at, text));
        }
        let body = Full::new(Bytes::copy_from_slice(text.as_bytes()));
        let answer = sender.send_request(request.body(body)?).await;
        going.abort();
        let status = answer?.status();
        if status.is_success() {
            return Ok(());
        }
        Err(format!("it answered {status}").into())
    }
}

fn secret(path: &Path) -> Result<hmac::Key, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("{} can't be read", path.display());
        Error::setting(what, "name a file that holds the secret", error)
    })?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, text.trim().as_bytes()))
}

fn signature(secret: &hmac::Key, at: i64, text: &str) -> String {
    let proof = hmac::sign(secret, format!("{at}.{text}").as_bytes());
    let hex: String = proof
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={at},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_signed_with_its_time() {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let signed = signature(&secret, 5, "{}");
        assert!(
            signed.starts_with("t=5,v1=") && signed.len() == 7 + 64,
            "{signed}"
        );
        assert_ne!(signed[7..], signature(&secret, 6, "{}")[7..]);
    }
}
