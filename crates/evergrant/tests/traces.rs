//! The logs of all libraries at their most talkative hold no secret.
//!
//! Alone in its file: the subscriber is the whole process's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use support::{World, acme};
use tracing_subscriber::filter::LevelFilter;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn h50_the_logs_of_all_libraries_hold_no_secret() {
    let kept = Kept::default();
    let writer = kept.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let mut secrets = vec!["evergrant-sandbox-secret".to_owned()];
    for world in [World::over_tls().await, World::start().await] {
        let mut remember = || {
            for name in ["access_token", "refresh_token"] {
                secrets.push(world.tokens()[name].as_str().unwrap().to_owned());
            }
        };
        remember();
        let client = world.keeper().client(&acme());
        world.expire();
        assert_eq!(world.get(&client).await.unwrap().status(), 200);
        remember();
        world.keeper().disconnect(&acme()).await.unwrap();
    }
    let logs = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    assert!(logs.contains("h2::"), "the libraries have logged");
    assert!(logs.contains("hyper_util::"), "the libraries have logged");
    for secret in secrets {
        let part = &secret[..secret.len().min(24)];
        assert!(!logs.contains(part), "a log shows {part}");
    }
}
