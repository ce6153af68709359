//! Files attached to objects: their bytes, and the addresses that they can be fetched from for a while.
//!
//! The objects themselves are entities of the company like any other. An address carries the time it was made and a
//! signature, as those of Intuit's file store do, so that nothing need be remembered to check it; it needs no access
//! token and is good for a quarter of an hour.

pub(crate) mod multipart;
pub(crate) mod upload;

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

/// What addresses of files begin with.
const FILES: &str = "/_files/";
/// How long an address is good.
const LIFE: SignedDuration = SignedDuration::from_secs(900);

/// The bytes of all attachments, by company and id.
pub(crate) struct Files {
    key: hmac::Key,
    kept: HashMap<(String, String), File>,
}

/// An attached file; its bytes never change.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

/// Whether a path is an address of a file.
pub(crate) fn is_file(path: &str) -> bool {
    path.starts_with(FILES)
}

impl Files {
    /// No files yet; `secret` signs addresses.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            kept: HashMap::new(),
        }
    }

    pub(crate) fn keep(&mut self, realm: &str, id: &str, file: File) {
        self.kept.insert((realm.to_owned(), id.to_owned()), file);
    }

    /// Path and query to fetch a file from, from now on for a while; none if there is no such file.
    pub(crate) fn address(&self, realm: &str, id: &str, now: Timestamp) -> Option<String> {
        let key = (realm.to_owned(), id.to_owned());
        self.kept.contains_key(&key).then(|| {
            let made = now.as_second();
            let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &signed(realm, id, made)));
            let expires = LIFE.as_secs();
            format!("{FILES}{realm}/{id}?made={made}&X-Amz-Expires={expires}&signature={signature}")
        })
    }

    /// The file at an address, if the address is one of those given out and still good.
    pub(crate) fn fetch(
        &self,
        path: &str,
        made: i64,
        signature: &str,
        now: Timestamp,
    ) -> Option<File> {
        let (realm, id) = path.strip_prefix(FILES)?.split_once('/')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(&self.key, &signed(realm, id, made), &signature).ok()?;
        let made = Timestamp::from_second(made).ok()?;
        if now.duration_since(made) >= LIFE {
            return None;
        }
        let key = (realm.to_owned(), id.to_owned());
        self.kept.get(&key).cloned()
    }

    /// Every file with where it belongs, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, &File)> {
        self.kept
            .iter()
            .map(|((realm, id), file)| (realm.as_str(), id.as_str(), file))
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }
}

fn signed(realm: &str, id: &str, made: i64) -> Vec<u8> {
    format!("{realm}/{id}/{made}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_good_for_its_file_and_its_time() {
        let mut files = Files::new(b"secret");
        let now = Timestamp::UNIX_EPOCH;
        let file = File {
            content_type: "text/plain".to_owned(),
            bytes: Bytes::from_static(b"hello"),
        };
        files.keep("1", "7", file);
        assert_eq!(files.address("1", "8", now), None);
        let address = files.address("1", "7", now).unwrap();
        let (path, query) = address.split_once('?').unwrap();
        let signature = query.split_once("signature=").unwrap().1;
        let fetch = |path: &str, made, at: i64| {
            files.fetch(path, made, signature, now + SignedDuration::from_secs(at))
        };
        assert_eq!(fetch(path, 0, 899).unwrap().bytes, "hello");
        assert!(fetch(path, 0, 900).is_none(), "too late");
        assert!(
            fetch(path, 800, 900).is_none(),
            "another time than was signed"
        );
        assert!(fetch("/_files/2/7", 0, 1).is_none(), "another company");
        assert!(fetch("/_files/", 0, 1).is_none());
    }
}
