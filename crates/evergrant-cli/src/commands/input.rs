//! What a command reads besides its arguments: a file, or stdin.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// What is larger than this (1 GB) is held to be a mistake, such as a device that has no end.
const LARGEST: u64 = 1 << 30;

/// Reads a file, or stdin if it is `-`, on a thread of its own: stdin may keep it waiting, and a
/// signal must still be able to stop the program.
pub(crate) async fn read(file: PathBuf) -> Result<Vec<u8>> {
    let name = file.display().to_string();
    let read = tokio::task::spawn_blocking(move || {
        if file == Path::new("-") {
            return bounded(io::stdin().lock());
        }
        bounded(std::fs::File::open(file)?)
    });
    let read = read.await.map_err(io::Error::other).flatten();
    read.map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("{name} can't be read"),
            "nothing was sent: name the right file, or - for stdin",
        )
        .because(error)
    })
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}
