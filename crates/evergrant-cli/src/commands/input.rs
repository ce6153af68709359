//! What a command reads besides its arguments: a file, or stdin.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Reads a file, or stdin if it is `-`, on a thread of its own: stdin may keep it waiting, and a
/// signal must still be able to stop the program.
pub(crate) async fn read(file: PathBuf) -> Result<Vec<u8>> {
    let name = file.display().to_string();
    let read = tokio::task::spawn_blocking(move || {
        if file == Path::new("-") {
            let mut text = Vec::new();
            std::io::stdin().lock().read_to_end(&mut text)?;
            return Ok(text);
        }
        std::fs::read(file)
    });
    let read = read.await.map_err(std::io::Error::other).flatten();
    read.map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("{name} can't be read"),
            "nothing was sent: name the right file, or - for stdin",
        )
        .because(error)
    })
}
