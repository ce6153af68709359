//! What is SQLite's own: backups, and sealed tokens in the file.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

use std::path::Path;
use std::time::Duration;

use evergrant::{
    AccessToken, Connection, ConnectionId, Form, Generation, Grant, KeyRing, Lapse, RefreshToken,
    Sealer, SqliteStore, Store as _, TokenSet,
};

const SHORT: Duration = Duration::from_secs(5);

fn acme() -> ConnectionId {
    ConnectionId::new("acme")
}

async fn save(store: &SqliteStore, generation: u64, refresh: &str) {
    let lease = store.lease(&acme(), SHORT).await.unwrap();
    let new = Connection {
        id: acme(),
        provider: "p".to_owned(),
        realm: None,
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(format!("access for {refresh}"))),
            refresh: Some(RefreshToken::new(refresh)),
            ..TokenSet::default()
        }),
        generation: Generation(generation),
        attempt: None,
        refusals: Vec::new(),
    };
    let replaces = Generation(generation - 1);
    store.save(&lease, &new, replaces).await.unwrap();
}

/// Copies the database with what is not yet folded into it.
fn copy(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let at = |path: &Path| format!("{}{suffix}", path.display());
        drop(std::fs::remove_file(at(to)));
        drop(std::fs::copy(at(from), at(to)));
    }
    drop(std::fs::remove_file(format!("{}-shm", to.display())));
}

async fn restored(refresh_since: &str) -> Connection {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("a.db"), folder.path().join("backup.db"));
    let store = SqliteStore::at(&path);
    save(&store, 1, "r1").await;
    copy(&path, &backup);
    save(&store, 2, refresh_since).await;
    // A process that is gone holds no file: a fresh path stands for that.
    let again = folder.path().join("again.db");
    copy(&backup, &again);
    copy(
        Path::new(&format!("{}-memory", path.display())),
        Path::new(&format!("{}-memory", again.display())),
    );
    let store = SqliteStore::at(&again);
    let found = store.load(&acme()).await.unwrap().unwrap();
    // A login after that is above all that was.
    save(&store, found.generation.0 + 1, "fresh").await;
    let healed = store.load(&acme()).await.unwrap().unwrap();
    assert!(matches!(healed.grant, Grant::Live(_)));
    found
}

#[tokio::test]
async fn h13_a_restored_databases_spent_token_is_recognised() {
    let found = restored("r2").await;
    let Grant::Lapsed { lapse, .. } = found.grant else {
        panic!("a spent token passes for a live one")
    };
    assert_eq!(lapse, Lapse::Spent);
    assert_eq!(found.generation, Generation(2));
}

#[tokio::test]
async fn a_restored_token_that_is_still_the_present_one_is_used() {
    let found = restored("r1").await;
    assert!(matches!(found.grant, Grant::Live(_)));
    assert_eq!(found.generation, Generation(2));
}

#[tokio::test]
async fn h31_sealed_tokens_are_not_in_the_file_and_change_keys_while_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let old = "0000000000000000000000000000000000000000000000000000000000000001";
    let new = "0000000000000000000000000000000000000000000000000000000000000002";
    let sealer = |keys: &str| Some(Sealer::new(KeyRing::parse(keys).unwrap()));
    let one = SqliteStore::at(&path).sealed_by(sealer(old));
    save(&one, 1, "planted-refresh").await;
    for suffix in ["", "-wal", "-memory", "-memory-wal"] {
        let name = format!("{}{suffix}", path.display());
        let bytes = std::fs::read(name).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("planted-refresh"), "{suffix}");
    }
    let both = SqliteStore::at(&path).sealed_by(sealer(&format!("{old}\n{new}")));
    let before = both.sealed_with(&acme()).await.unwrap();
    let lease = both.lease(&acme(), SHORT).await.unwrap();
    both.rewrite(&lease, Form::Sealed).await.unwrap();
    drop(lease);
    let after = both.sealed_with(&acme()).await.unwrap();
    assert!(before.is_some() && after.is_some() && before != after);
    let newest = SqliteStore::at(&path).sealed_by(sealer(new));
    let found = newest.load(&acme()).await.unwrap().unwrap();
    assert_eq!(
        found.tokens().refresh.as_ref().unwrap().expose(),
        "planted-refresh"
    );
    assert!(one.load(&acme()).await.is_err(), "its key is gone");
}
