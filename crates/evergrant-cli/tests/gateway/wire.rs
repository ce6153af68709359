//! HTTP as it stands on the wire: what passes, what stays on one connection, and what two servers might
//! read in two ways.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::gate::{Answer, Gate, request};
use crate::upstream::Upstream;

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain";

const HIDDEN: &str = "GET /v3/hidden HTTP/1.1\r\nhost: x\r\n\r\n";
/// Ways to say where a body ends that two servers may read in two ways, and what stands before
/// [`HIDDEN`] in the body.
const FRAMINGS: [(&str, &str); 19] = [
    (
        "content-length: 3\r\ntransfer-encoding: chunked",
        "0\r\n\r\n",
    ),
    (
        "transfer-encoding: chunked\r\ncontent-length: 60",
        "0\r\n\r\n",
    ),
    ("content-length: 0\r\ncontent-length: 60", ""),
    ("content-length: 0, 60", ""),
    ("content-length: +0", ""),
    ("content-length: 0x0", ""),
    ("content-length:\u{b}0", ""),
    ("transfer-encoding: xchunked\r\ncontent-length: 0", ""),
    ("transfer-encoding: chunked, identity", "0\r\n\r\n"),
    (
        "transfer-encoding: identity, chunked\r\ncontent-length: 1",
        "0\r\n\r\n",
    ),
    (
        "transfer-encoding : chunked\r\ncontent-length: 0",
        "0\r\n\r\n",
    ),
    (
        "transfer-encoding:\tchunked\r\ncontent-length: 0",
        "0\r\n\r\n",
    ),
    (
        "x: y\r\n transfer-encoding: chunked\r\ncontent-length: 0",
        "",
    ),
    (
        "x: y\ntransfer-encoding: chunked\r\ncontent-length: 0",
        "0\r\n\r\n",
    ),
    ("x: y\rtransfer-encoding: chunked\r\ncontent-length: 0", ""),
    ("transfer-encoding: chunked", "0;\n"),
    ("transfer-encoding: chunked", "-1\r\n\r\n"),
    ("transfer-encoding: chunked", "00000000000000000\r\n\r\n"),
    (
        "transfer-encoding: chunked",
        "0\r\ncontent-length: 60\r\n\r\n",
    ),
];

#[test]
fn answers_without_a_body_do_not_confuse_the_next_one() {
    let upstream = Upstream::answering(|head| match head {
        head if head.starts_with("head ") => {
            b"HTTP/1.1 200 OK\r\ncontent-length: 541\r\n\r\n".into()
        }
        head if head.contains("/v3/304") => {
            b"HTTP/1.1 304 Not Modified\r\netag: \"7\"\r\ncontent-length: 99\r\n\r\n".into()
        }
        head if head.contains("/v3/204") => b"HTTP/1.1 204 No Content\r\n\r\n".into(),
        head if head.contains("/v3/103") => {
            let mut hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
            hints.extend_from_slice(PLAIN);
            hints
        }
        _ => PLAIN.into(),
    });
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    // All on one connection, one after the other, none waited for.
    let mut stream = gate.connect();
    for asked in [
        "HEAD /acme/v3/x",
        "GET /acme/v3/304",
        "GET /acme/v3/204",
        "GET /acme/v3/103",
    ] {
        write!(stream, "{asked} HTTP/1.1\r\n{head}\r\n").unwrap();
    }
    let last = request("GET", "/acme/v3/last", &head, "");
    stream.write_all(last.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let statuses: Vec<&str> = text
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["200", "304", "204", "200", "200"], "{text}");
    assert!(text.contains("content-length: 541\r\n"), "{text}");
    assert!(text.contains("etag: \"7\"\r\n"), "{text}");
    assert_eq!(text.matches("plain").count(), 2, "{text}");
    assert!(text.ends_with("\r\n\r\nplain"), "{text}");
    // The connection to the provider was as good after each of them as before.
    assert_eq!(upstream.heard().len(), 5);
}

#[test]
fn bytes_pass_as_they_are() {
    // Compressed bytes are not looked into; these are not even valid.
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let whole = body.clone();
    let upstream = Upstream::answering(move |head| {
        let mut answer =
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nvary: accept-encoding\r\n".to_vec();
        if head.contains("/v3/chunked") {
            answer.extend_from_slice(b"transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n");
            for piece in whole.chunks(30_000) {
                answer.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                answer.extend_from_slice(piece);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend_from_slice(b"0\r\nx-sum: 1\r\n\r\n");
        } else {
            answer.extend_from_slice(format!("content-length: {}\r\n\r\n", whole.len()).as_bytes());
            answer.extend_from_slice(&whole);
        }
        answer
    });
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    let (whole, chunked) = runtime().block_on(async {
        let mut sender = http1(&gate).await;
        let whole = sender
            .send_request(asked(&gate, "/acme/v3/whole"))
            .await
            .unwrap();
        let whole = read(whole).await;
        sender.ready().await.unwrap();
        let chunked = sender
            .send_request(asked(&gate, "/acme/v3/chunked"))
            .await
            .unwrap();
        (whole, read(chunked).await)
    });
    for (headers, bytes) in [whole, chunked] {
        assert_eq!(headers["content-encoding"], "gzip");
        assert!(bytes == body, "{} bytes", bytes.len());
        // What is said of one connection's framing does not concern the next.
        assert!(!headers.contains_key("trailer"), "{headers:?}");
    }
    let asked = upstream.heard();
    assert!(
        asked[0].contains("\r\naccept-encoding: gzip\r\n"),
        "{asked:?}"
    );
}

#[test]
fn what_concerns_one_connection_stays_on_it() {
    let upstream = Upstream::answering(|_| PLAIN.into());
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    let headers = "connection: x-private, keep-alive\r\nx-private: 1\r\nkeep-alive: 5\r\n\
                   te: trailers\r\nupgrade: websocket\r\nproxy-authorization: Basic eDp5\r\n\
                   proxy-connection: close\r\nx-http-method-override: DELETE\r\ncookie: a=b\r\n\
                   forwarded: for=1.2.3.4\r\nx-kept: 1\r\n";
    gate.send("GET", "/acme/v3/x?a=%2F&b", headers, "").ok();
    let heard = upstream.heard().remove(0);
    assert!(
        heard.starts_with("get /v3/x?a=%2f&b http/1.1\r\n"),
        "{heard}"
    );
    for held in [
        "x-private",
        "keep-alive",
        "te:",
        "upgrade",
        "proxy-",
        "override",
        "cookie",
        "forwarded",
        "egk_",
        "transfer-encoding",
    ] {
        assert!(!heard.contains(held), "{held}: {heard}");
    }
    assert!(heard.contains("\r\nx-kept: 1\r\n"), "{heard}");
    assert_eq!(
        heard.matches("\r\nauthorization: bearer ").count(),
        1,
        "{heard}"
    );
    let host = upstream.url.trim_start_matches("http://");
    assert_eq!(heard.matches("\r\nhost: ").count(), 1, "{heard}");
    assert!(heard.contains(&format!("\r\nhost: {host}\r\n")), "{heard}");
}

#[test]
fn no_request_can_be_hidden_in_another() {
    let upstream = Upstream::answering(|_| PLAIN.into());
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    let key = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    for (framing, before) in FRAMINGS {
        let heard_before = upstream.heard().len();
        let mut stream = gate.connect();
        let bytes =
            format!("POST /acme/v3/open HTTP/1.1\r\n{key}{framing}\r\n\r\n{before}{HIDDEN}");
        drop(stream.write_all(bytes.as_bytes()));
        drop(stream.shutdown(std::net::Shutdown::Write));
        let answer = Answer::read(&mut stream);
        for heard in &upstream.heard()[heard_before..] {
            assert!(heard.starts_with("post /v3/open"), "{framing:?}: {heard}");
            let lengths = heard.matches("\r\ncontent-length:").count();
            let codings = heard.matches("\r\ntransfer-encoding:").count();
            assert!(lengths + codings <= 1, "{framing:?}: {heard}");
        }
        // What follows a request on its connection is a request of its own, and has no key.
        assert!(
            !answer.body.contains("HTTP/1.1 200"),
            "{framing:?}: {answer:?}"
        );
    }
    gate.get("/acme/v3/open").ok();
    let hidden = upstream
        .heard()
        .iter()
        .filter(|it| it.contains("hidden"))
        .count();
    assert_eq!(hidden, 0);
}

#[test]
fn a_body_is_asked_for_only_if_its_request_is_let_in() {
    let upstream = Upstream::answering(|_| PLAIN.into());
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    let expects = |key: &str| {
        format!(
            "POST /acme/v3/x HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n\
             content-length: 4\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            gate.address
        )
    };
    let mut stream = gate.connect();
    stream.write_all(expects(&gate.key).as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"body").unwrap();
    Answer::read(&mut stream).ok();
    assert!(
        !upstream.heard()[0].contains("expect"),
        "{:?}",
        upstream.heard()
    );

    let refused = gate.raw(&expects("egk_nobody_x"));
    refused.refused(401, "no_key");
    assert_eq!(upstream.heard().len(), 1);
}

#[test]
fn an_answer_that_breaks_off_is_not_ended_well() {
    let upstream = Upstream::speaking(|head, stream| {
        let framing = if head.contains("/v3/chunked") {
            "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"
        } else {
            "content-length: 8\r\n\r\nhalf"
        };
        stream
            .write_all(format!("HTTP/1.1 200 OK\r\n{framing}").as_bytes())
            .unwrap();
        None
    });
    let gate = Gate::before(&upstream.url, "limits = false\nschedule = false");
    for path in ["/acme/v3/chunked", "/acme/v3/told"] {
        let cut = gate.get(path);
        assert_eq!(cut.status, 200, "{cut:?}");
        assert!(cut.body.contains("half"), "{cut:?}");
        let whole = cut.body.contains("0\r\n\r\n") || cut.header("content-length") == Some("4");
        assert!(!whole, "{cut:?}");
    }
}

#[test]
fn http_2_is_spoken_with_many_requests_at_once() {
    let gate = Gate::new();
    let realm = gate.lab.sandbox.realm();
    let create = format!("/acme/v3/company/{realm}/employee");
    let employee = gate.employee();
    // HTTP/2 has the host in the target.
    let url = |path: &str| format!("http://{}{path}", gate.address);
    runtime().block_on(async {
        let stream = tokio::net::TcpStream::connect(&gate.address).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..50 {
            let mut sender = sender.clone();
            let mut request = self::asked(&gate, &url(&employee));
            if number % 5 == 0 {
                let body = format!(r#"{{"GivenName":"N{number}","FamilyName":"Two"}}"#);
                *request.method_mut() = http::Method::POST;
                *request.uri_mut() = url(&create).parse().unwrap();
                *request.body_mut() = Full::from(body);
            }
            asked.spawn(async move { sender.send_request(request).await.unwrap().status() });
        }
        let answered = asked.join_all().await;
        assert!(answered.iter().all(|status| *status == 200), "{answered:?}");
        // Another host's requests are not taken on it either.
        let mut sender = sender;
        let other = self::asked(&gate, &format!("http://evil.example{employee}"));
        let misdirected = sender.send_request(other).await.unwrap();
        assert_eq!(misdirected.status(), 421);
    });
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// A GET with the key that may do everything.
pub(crate) fn asked(gate: &Gate, target: &str) -> http::Request<Full<Bytes>> {
    http::Request::get(target)
        .header("host", &gate.address)
        .header("authorization", format!("Bearer {}", gate.key))
        .header("accept-encoding", "gzip")
        .body(Full::default())
        .unwrap()
}

async fn http1(gate: &Gate) -> hyper::client::conn::http1::SendRequest<Full<Bytes>> {
    let stream = tokio::net::TcpStream::connect(&gate.address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

async fn read(answer: http::Response<hyper::body::Incoming>) -> (http::HeaderMap, Bytes) {
    let (parts, body) = answer.into_parts();
    (parts.headers, body.collect().await.unwrap().to_bytes())
}
