//! How the processes that share a database hear of each other's changes at once.
//!
//! `LISTEN` needs a connection of its own that nobody pools. Where there is none to be had, or it ends,
//! nothing is lost but time: everybody looks for changes by himself as well.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long changes are gathered before they are told: a statement for each would cost as much as
/// the change itself.
const GATHERING: Duration = Duration::from_millis(3);
/// How long to wait before listening again after it has ended: at first, and at the longest.
const AGAIN: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// What is heard and told.
pub(super) struct News {
    config: Config,
    tls: MakeRustlsConnect,
    arrived: Arc<Notify>,
    is_telling: AtomicBool,
    listener: Mutex<Option<AbortHandle>>,
}

impl News {
    pub(super) fn new(config: Config, tls: MakeRustlsConnect) -> Self {
        Self {
            config,
            tls,
            arrived: Arc::default(),
            is_telling: AtomicBool::new(false),
            listener: Mutex::default(),
        }
    }

    /// Ends when there was news since the last time. The first call begins to listen.
    pub(super) async fn arrived(&self) {
        self.listen();
        self.arrived.notified().await;
    }

    /// Whether it is for the caller to tell: not if somebody is about to.
    pub(super) fn begin_to_tell(&self) -> bool {
        !self.is_telling.swap(true, Ordering::AcqRel)
    }

    /// Waits a moment for more to tell; what comes after it is for the next one.
    pub(super) async fn gather(&self) {
        tokio::time::sleep(GATHERING).await;
        self.is_telling.store(false, Ordering::Release);
    }

    fn listen(&self) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let (config, tls) = (self.config.clone(), self.tls.clone());
        let arrived = Arc::clone(&self.arrived);
        *listener = Some(tokio::spawn(go_on(config, tls, arrived)).abort_handle());
    }
}

impl Drop for News {
    fn drop(&mut self) {
        let listener = self
            .listener
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = listener {
            task.abort();
        }
    }
}

async fn go_on(config: Config, tls: MakeRustlsConnect, arrived: Arc<Notify>) {
    let (mut wait, longest) = AGAIN;
    loop {
        if listen(&config, &tls, &arrived).await.is_ok() {
            wait = AGAIN.0;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}

/// Listens until the connection ends; an error if it never came about.
async fn listen(
    config: &Config,
    tls: &MakeRustlsConnect,
    arrived: &Arc<Notify>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(tls.clone()).await?;
    let arrived = Arc::clone(arrived);
    let hearing = async move {
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(_) = message {
                arrived.notify_one();
            }
        }
        // Something may have been missed since.
        arrived.notify_one();
    };
    let asking = async {
        client.batch_execute("LISTEN evergrant").await?;
        // The connection lasts as long as its client.
        std::future::pending::<Result<(), tokio_postgres::Error>>().await
    };
    tokio::select! {
        () = hearing => Ok(()),
        failed = asking => failed,
    }
}
