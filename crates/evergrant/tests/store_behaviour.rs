//! One suite for every store: no test knows which store it runs on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AccessToken, Attempt, Connection, ConnectionId, ErrorKind, FileStore, Generation, Grant, Lapse,
    MemoryStore, Outcome, RefreshToken, Store, TokenFile, TokenSet,
};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const SHORT: Duration = Duration::from_millis(50);

/// Runs `check` on each kind of store, as two handles on the same place.
async fn on_every_store<F: Future<Output = ()>>(
    check: impl Fn(Arc<dyn Store>, Arc<dyn Store>) -> F,
) {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    check(Arc::clone(&memory), memory).await;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acme.json");
    check(file_store(&path), file_store(&path)).await;
}

fn file_store(path: &std::path::Path) -> Arc<dyn Store> {
    let file = TokenFile {
        path: PathBuf::from(path),
        provider: "p".to_owned(),
        realm: None,
    };
    Arc::new(FileStore::new().with(acme(), file))
}

fn acme() -> ConnectionId {
    ConnectionId::new("acme")
}

fn tokens(access: &str, refresh: &str) -> TokenSet {
    TokenSet {
        access: Some(AccessToken::new(access)),
        access_expires: Some(NOW + SignedDuration::from_secs(3600)),
        refresh: Some(RefreshToken::new(refresh)),
        refresh_expires: Some(NOW + SignedDuration::from_secs(8_726_400)),
        grant_expires: Some(NOW + SignedDuration::from_secs(157_680_000)),
        obtained: Some(NOW),
    }
}

fn connection(generation: u64, access: &str, refresh: &str) -> Connection {
    Connection {
        id: acme(),
        provider: "p".to_owned(),
        realm: Some("42".to_owned()),
        grant: Grant::Live(tokens(access, refresh)),
        generation: Generation(generation),
        attempt: None,
        refusals: vec![NOW],
    }
}

fn attempt(spends: &str, outcome: Outcome) -> Attempt {
    Attempt {
        spends: RefreshToken::new(spends).fingerprint(),
        started: NOW,
        outcome,
        failures: 3,
        retry_at: Some(NOW + SignedDuration::from_secs(9)),
        why: None,
    }
}

async fn saved(store: &dyn Store, new: &Connection) {
    let lease = store.lease(&acme(), SHORT).await.unwrap();
    let replaces = Generation(new.generation.0 - 1);
    store.save(&lease, new, replaces).await.unwrap();
}

async fn loaded(store: &dyn Store) -> Connection {
    store.load(&acme()).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_saved_is_loaded_whole() {
    on_every_store(|one, other| async move {
        assert!(one.load(&acme()).await.unwrap().is_none());
        saved(&*one, &connection(1, "a1", "r1")).await;
        let back = loaded(&*other).await;
        assert_eq!(back.generation, Generation(1));
        assert_eq!(back.realm.as_deref(), Some("42"));
        assert_eq!(back.refusals, vec![NOW]);
        assert!(back.attempt.is_none());
        let (back, sent) = (back.tokens(), tokens("a1", "r1"));
        assert_eq!(back.access.as_ref().unwrap().expose(), "a1");
        assert_eq!(back.refresh.as_ref().unwrap().expose(), "r1");
        assert_eq!(back.access_expires, sent.access_expires);
        assert_eq!(back.refresh_expires, sent.refresh_expires);
        assert_eq!(back.grant_expires, sent.grant_expires);
        assert_eq!(back.obtained, sent.obtained);
    })
    .await;
}

#[tokio::test]
async fn h09_a_save_on_top_of_another_generation_is_refused() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        saved(&*one, &connection(2, "a2", "r2")).await;
        let lease = other.lease(&acme(), SHORT).await.unwrap();
        let late = other
            .save(&lease, &connection(2, "x", "y"), Generation(1))
            .await;
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(
            loaded(&*one)
                .await
                .tokens()
                .access
                .as_ref()
                .unwrap()
                .expose(),
            "a2"
        );
    })
    .await;
}

#[tokio::test]
async fn h07_one_lease_at_a_time_and_waiting_for_it_ends() {
    on_every_store(|one, other| async move {
        let held = one.lease(&acme(), SHORT).await.unwrap();
        let second = other.lease(&acme(), SHORT).await;
        assert_eq!(second.unwrap_err().kind(), ErrorKind::Busy);
        drop(held);
        other.lease(&acme(), SHORT).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_kept_until_a_save_closes_it() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        let lease = one.lease(&acme(), SHORT).await.unwrap();
        for outcome in [Outcome::Open, Outcome::NotSpent, Outcome::Unanswered] {
            let recorded = attempt("r1", outcome);
            one.record(&lease, &recorded).await.unwrap();
            assert_eq!(loaded(&*other).await.attempt, Some(recorded));
        }
        one.save(&lease, &connection(2, "a2", "r2"), Generation(1))
            .await
            .unwrap();
        assert!(loaded(&*other).await.attempt.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_grant_is_marked_and_its_tokens_stay() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        let lapsed = Connection {
            grant: Grant::Lapsed {
                lapse: Lapse::Revoked,
                since: NOW,
                tokens: tokens("a1", "r1"),
            },
            ..connection(2, "a1", "r1")
        };
        saved(&*one, &lapsed).await;
        let back = loaded(&*other).await;
        let Grant::Lapsed { lapse, since, .. } = back.grant else {
            panic!("still live")
        };
        assert_eq!((lapse, since), (Lapse::Revoked, NOW));
        let tokens = loaded(&*other).await.tokens().clone();
        assert_eq!(tokens.refresh.as_ref().unwrap().expose(), "r1");
        saved(&*one, &connection(3, "a3", "r3")).await;
        assert!(matches!(loaded(&*other).await.grant, Grant::Live(_)));
    })
    .await;
}

#[tokio::test]
async fn a_failed_refresh_leaves_the_tokens_alone() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        let lease = one.lease(&acme(), SHORT).await.unwrap();
        one.record(&lease, &attempt("r1", Outcome::Open))
            .await
            .unwrap();
        one.record(&lease, &attempt("r1", Outcome::NotSpent))
            .await
            .unwrap();
        let back = loaded(&*other).await;
        assert_eq!(back.generation, Generation(1));
        assert_eq!(back.tokens().refresh.as_ref().unwrap().expose(), "r1");
    })
    .await;
}
