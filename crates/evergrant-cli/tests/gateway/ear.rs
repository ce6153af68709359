//! A server that hears what is posted to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) path: String,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// It listens until the test ends.
pub(crate) struct Ear {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Ear {
    /// Answers with these statuses, one after the other, and then with 200.
    pub(crate) fn open(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (own, statuses) = (Arc::clone(&heard), statuses.to_vec());
        std::thread::spawn(move || {
            let mut statuses = statuses.into_iter();
            for stream in listener.incoming() {
                let status = statuses.next().unwrap_or(200);
                let stream = stream.unwrap();
                own.lock().unwrap().push(hear(&stream));
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
                drop((&stream).write_all(answer.as_bytes()));
            }
        });
        Self { url, heard }
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

impl Heard {
    /// A header's value, as it came.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(found, value)| (found == name).then_some(value.trim()))
    }
}

fn hear(stream: &TcpStream) -> Heard {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let mut heard = Heard {
        path,
        head: head.to_ascii_lowercase(),
        body: String::new(),
    };
    let length = heard.header("content-length").unwrap().parse().unwrap();
    let body = reader.take(length).read_to_string(&mut heard.body);
    body.unwrap();
    heard
}
