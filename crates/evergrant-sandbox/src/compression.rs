//! Compressed bodies, both ways: gzip for who accepts it, gzip and deflate from who sends it.
//!
//! Only the accounting API does this, as at Intuit; answers of the OAuth server are recorded plain.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};

use crate::answer::Answer;
use crate::call::Call;

/// Less than this is sent as it is: the head of a packet has room for it.
const WORTH_IT: usize = 256;

/// The answer with its body compressed, if the client accepts that and there is something to gain.
pub(crate) fn compressed(mut answer: Answer, call: &Call) -> Answer {
    let is_accepted = call.header(ACCEPT_ENCODING).is_some_and(accepts_gzip);
    if !is_accepted || answer.body().len() < WORTH_IT {
        return answer;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(answer.body());
    let Ok(body) = written.and_then(|()| encoder.finish()) else {
        return answer;
    };
    *answer.body_mut() = body.into();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    answer
}

/// What a request's body holds once it is expanded, up to `longest` bytes; none if that is more, or the body is not
/// what its header says.
pub(crate) fn expanded(headers: &HeaderMap, body: Bytes, longest: usize) -> Option<Bytes> {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    match encoding {
        Some(b"gzip" | b"x-gzip") => read(GzDecoder::new(body.as_ref()), longest),
        Some(b"deflate") => read(ZlibDecoder::new(body.as_ref()), longest),
        _ => Some(body),
    }
}

fn read(decoder: impl Read, longest: usize) -> Option<Bytes> {
    let mut body = Vec::new();
    decoder
        .take(longest as u64 + 1)
        .read_to_end(&mut body)
        .ok()?;
    (body.len() <= longest).then(|| body.into())
}

fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(";q=").unwrap_or((coding, "1"));
        let is_gzip = matches!(name.trim(), "gzip" | "x-gzip" | "*");
        is_gzip
            && quality
                .trim()
                .parse()
                .is_ok_and(|quality: f32| quality > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_unless_its_quality_is_nothing() {
        for accepted in [
            "gzip",
            "gzip, deflate, br",
            "deflate;q=1.0, gzip;q=0.5",
            "*",
        ] {
            assert!(accepts_gzip(accepted), "{accepted}");
        }
        for refused in ["", "identity", "deflate, br", "gzip;q=0"] {
            assert!(!accepts_gzip(refused), "{refused}");
        }
    }

    #[test]
    fn a_body_is_expanded_up_to_its_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[b'x'; 1000]).unwrap();
        let body: Bytes = encoder.finish().unwrap().into();
        let mut headers = HeaderMap::new();
        assert_eq!(expanded(&headers, body.clone(), 10), Some(body.clone()));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(expanded(&headers, body.clone(), 1000).unwrap().len(), 1000);
        assert_eq!(expanded(&headers, body, 999), None);
        assert_eq!(expanded(&headers, Bytes::from_static(b"{}"), 999), None);
    }
}
