//! The operating system's keyring: macOS's keychain, Windows' credential manager, the Secret Service
//! of Linux desktops. It is asked in a thread of its own and not for long: one that is locked, with
//! nobody there to unlock it, would answer never.

/// What the keyring has under the account, if anything.
///
/// # Errors
/// [`ErrorKind::Sealed`](evergrant::ErrorKind::Sealed) if it can't be asked.
#[cfg(feature = "keyring")]
pub(super) fn read(account: &str) -> evergrant::Result<Option<String>> {
    ask(account, |entry| match entry.get_password() {
        Ok(text) => Ok(Some(text)),
        Err(::keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Puts `text` under the account, in the place of what is there.
///
/// # Errors
/// [`ErrorKind::Sealed`](evergrant::ErrorKind::Sealed) if it can't be put there.
#[cfg(feature = "keyring")]
pub(super) fn write(account: &str, text: &str) -> evergrant::Result<()> {
    let text = text.to_owned();
    ask(account, move |entry| entry.set_password(&text))
}

#[cfg(feature = "keyring")]
fn ask<T: Send + 'static>(
    account: &str,
    work: impl FnOnce(&::keyring::v1::Entry) -> ::keyring::v1::Result<T> + Send + 'static,
) -> evergrant::Result<T> {
    use std::sync::mpsc;
    use std::time::Duration;

    /// Long enough for a human to unlock it, short enough for a job at night to fail in.
    const PATIENCE: Duration = Duration::from_secs(20);

    let (answer, answered) = mpsc::channel();
    let own = account.to_owned();
    std::thread::spawn(move || {
        let done = ::keyring::v1::Entry::new("evergrant", &own).and_then(|entry| work(&entry));
        // Nobody waits for it any more if it has come too late.
        drop(answer.send(done));
    });
    let place = format!("the OS keyring, account {account:?} of evergrant");
    match answered.recv_timeout(PATIENCE) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            Err(super::unusable(format!("{place}, can't be used")).with_source(error))
        }
        Err(_) => Err(super::unusable(format!(
            "{place}, does not answer: it may be locked, with nobody there to unlock it"
        ))),
    }
}

/// This build has none.
#[cfg(not(feature = "keyring"))]
pub(super) fn read(account: &str) -> evergrant::Result<Option<String>> {
    Err(without(account))
}

/// This build has none.
#[cfg(not(feature = "keyring"))]
pub(super) fn write(account: &str, _text: &str) -> evergrant::Result<()> {
    Err(without(account))
}

#[cfg(not(feature = "keyring"))]
fn without(account: &str) -> evergrant::Error {
    super::unusable(format!(
        "this build of evergrant can't ask the OS keyring for {account:?}: build it with --features \
         keyring, or hand the key over in EVERGRANT_SEAL_KEY"
    ))
}
