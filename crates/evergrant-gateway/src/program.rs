//! Programs of somebody's that take a text on stdin.
//!
//! One that does not end is stopped, so that it holds up nobody for ever. Whether a failure is worth
//! another try is decided by who runs it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Runs a program with its arguments, for `patience` at most.
///
/// # Errors
/// If it can't be run, did not end in time, or not with 0; in words.
pub(crate) async fn run(command: &[String], text: &str, patience: Duration) -> Result<(), String> {
    let ran = timeout(patience, to_its_end(command, text)).await;
    ran.unwrap_or_else(|_| Err(format!("it did not end within {} s", patience.as_secs())))
}

async fn to_its_end(command: &[String], text: &str) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else {
        return Err("there is no program".to_owned());
    };
    let in_words = |error: std::io::Error| format!("{program}: {error}");
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(in_words)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read it.
        drop(stdin.write_all(text.as_bytes()).await);
    }
    let status = child.wait().await.map_err(in_words)?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{program} ended with {status}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{Duration, run as program};

    #[tokio::test]
    async fn a_program_has_so_much_time_and_no_more() {
        let run = async |words: &[&str], patience| {
            let command: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            program(&command, "text", patience).await
        };
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(20));
        assert_eq!(run(&["sh", "-c", "test $(cat) = text"], long).await, Ok(()));
        let failed = run(&["sh", "-c", "exit 3"], long).await.unwrap_err();
        assert!(failed.contains("exit status: 3"), "{failed}");
        let hung = run(&["sleep", "60"], short).await.unwrap_err();
        assert!(hung.contains("did not end"), "{hung}");
    }
}
