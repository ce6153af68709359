//! A provider's server that says what it is told to, and remembers what it has heard.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// It speaks plain http on loopback and serves each connection on a thread, until the test's end.
#[derive(Clone)]
pub(crate) struct Upstream {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

/// What it says to a request, given its head; `None` to close the connection.
type Says = dyn Fn(&str, &mut TcpStream) -> Option<()> + Send + Sync;

impl Upstream {
    /// Answers each request with what `says` makes of its head.
    pub(crate) fn answering(says: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::speaking(move |head, stream| stream.write_all(&says(head)).ok())
    }

    /// Does with each request's connection what `says` does.
    pub(crate) fn speaking(
        says: impl Fn(&str, &mut TcpStream) -> Option<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            heard: Arc::default(),
        };
        let (own, says) = (upstream.clone(), Arc::new(says));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (own, says) = (own.clone(), Arc::clone(&says));
                std::thread::spawn(move || own.serve(stream.unwrap(), &*says));
            }
        });
        upstream
    }

    /// The heads of all requests so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn serve(&self, mut stream: TcpStream, says: &Says) {
        let mut held = Vec::new();
        while let Ok(Some(head)) = request(&mut stream, &mut held) {
            self.heard.lock().unwrap().push(head.clone());
            if says(&head, &mut stream).is_none() {
                return;
            }
        }
    }
}

/// A request's head, in lower case, once its body has come too; `None` at the end.
fn request(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<Option<String>> {
    let Some(end) = until(stream, held, b"\r\n\r\n")? else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&held[..end]).to_ascii_lowercase();
    held.drain(..end);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    if head.contains("\r\ntransfer-encoding: chunked\r\n") {
        let end = until(stream, held, b"0\r\n\r\n")?.unwrap_or(held.len());
        held.drain(..end);
    } else if let Some(length) = length {
        let length: usize = length.trim().parse().unwrap();
        while held.len() < length {
            if more(stream, held)? == 0 {
                return Ok(None);
            }
        }
        held.drain(..length);
    }
    Ok(Some(head))
}

fn until(stream: &mut TcpStream, held: &mut Vec<u8>, mark: &[u8]) -> io::Result<Option<usize>> {
    loop {
        let found = held.windows(mark.len()).position(|it| it == mark);
        if let Some(found) = found {
            return Ok(Some(found + mark.len()));
        }
        if more(stream, held)? == 0 {
            return Ok(None);
        }
    }
}

fn more(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<usize> {
    let mut piece = [0; 16 * 1024];
    let length = stream.read(&mut piece)?;
    held.extend_from_slice(&piece[..length]);
    Ok(length)
}
