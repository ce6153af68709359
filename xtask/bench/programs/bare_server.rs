//! The least that an HTTP server can do: `bench-bare-server BODY` prints where it listens and answers
//! every request with that body, knowing nothing and checking nothing.

#![expect(clippy::print_stdout, reason = "where it listens is its output")]

use std::convert::Infallible;
use std::error::Error;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

fn main() -> Result<(), Box<dyn Error>> {
    let body = std::env::args()
        .nth(1)
        .ok_or("usage: bench-bare-server BODY")?;
    let body = Bytes::from(body);
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(serve(stream, body.clone()));
        }
    })
}

async fn serve(stream: TcpStream, body: Bytes) {
    let answer = service_fn(|_| {
        let mut answer = Response::new(Full::new(body.clone()));
        let json = HeaderValue::from_static("application/json;charset=utf-8");
        answer.headers_mut().insert(CONTENT_TYPE, json);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    // A client that goes away is none of its business.
    drop(connection.await);
}
