//! The file store from outside: what stands on the disk, and what a crash may leave there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evergrant::{
    AccessToken, Attempt, Connection, ConnectionId, ErrorKind, FileStore, Generation, Grant, Lapse,
    Lease, Outcome, RefreshToken, Store, TokenFile, TokenSet,
};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const ADOPTED: &str =
    r#"{"owner":"ops","access_token":"a0","refresh_token":"r0","expires_in":3600,"n":1.50}"#;

struct Place {
    directory: tempfile::TempDir,
    store: FileStore,
}

impl Place {
    fn with(contents: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token.json");
        if let Some(contents) = contents {
            write(&path, contents);
        }
        let file = TokenFile {
            path,
            provider: "p".to_owned(),
            realm: None,
        };
        let store = FileStore::new().with(id(), file);
        Self { directory, store }
    }

    fn path(&self, suffix: &str) -> PathBuf {
        self.directory.path().join(format!("token.json{suffix}"))
    }

    fn read(&self, suffix: &str) -> String {
        fs::read_to_string(self.path(suffix)).unwrap()
    }

    async fn lease(&self) -> Lease {
        self.store
            .lease(&id(), Duration::from_millis(50))
            .await
            .unwrap()
    }

    async fn load(&self) -> Connection {
        self.store.load(&id()).await.unwrap().unwrap()
    }

    /// Begins a refresh as the keeper does, up to the moment of the exchange.
    async fn marked(&self, spends: &str) -> Lease {
        let lease = self.lease().await;
        self.store.record(&lease, &open(spends)).await.unwrap();
        lease
    }

    /// A whole refresh from the present generation to the next.
    async fn rotated(&self, spends: &str, access: &str, refresh: &str) {
        let lease = self.marked(spends).await;
        let old = self.load().await;
        let new = next(&old, access, refresh);
        self.store.save(&lease, &new, old.generation).await.unwrap();
    }
}

fn next(old: &Connection, access: &str, refresh: &str) -> Connection {
    Connection {
        grant: Grant::Live(tokens(access, refresh)),
        generation: old.generation.next(),
        attempt: None,
        ..old.clone()
    }
}

fn id() -> ConnectionId {
    ConnectionId::new("acme")
}

#[expect(clippy::disallowed_methods, reason = "the test plays the other tool")]
fn write(path: &Path, contents: impl AsRef<[u8]>) {
    fs::write(path, contents).unwrap();
}

fn open(spends: &str) -> Attempt {
    Attempt {
        spends: RefreshToken::new(spends).fingerprint(),
        started: NOW,
        outcome: Outcome::Open,
        failures: 0,
        retry_at: None,
        why: None,
    }
}

fn tokens(access: &str, refresh: &str) -> TokenSet {
    TokenSet {
        access: Some(AccessToken::new(access)),
        access_expires: Some(NOW + SignedDuration::from_secs(3600)),
        refresh: Some(RefreshToken::new(refresh)),
        refresh_expires: None,
        grant_expires: None,
        obtained: Some(NOW),
    }
}

fn refresh_of(connection: &Connection) -> &str {
    connection.tokens().refresh.as_ref().unwrap().expose()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn an_adopted_file_keeps_what_is_not_ours_and_becomes_private() {
    let place = Place::with(Some(ADOPTED));
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o644)).unwrap();
    let found = place.load().await;
    assert_eq!(found.generation, Generation(1));
    assert_eq!(found.tokens().access_expires, None, "its age is unknown");
    place.rotated("r0", "a1", "r1").await;
    assert_eq!(
        place.read(""),
        "{\n  \"owner\": \"ops\",\n  \"access_token\": \"a1\",\n  \"refresh_token\": \"r1\",\n  \
         \"expires_in\": 3600,\n  \"n\": 1.50\n}\n"
    );
    for suffix in ["", ".journal", ".lock"] {
        assert_eq!(mode(&place.path(suffix)), 0o600, "{suffix}");
    }
    assert!(!place.path(".next").exists());
    assert_eq!(place.load().await.generation, Generation(2));
}

#[tokio::test]
async fn h50_no_file_beside_the_token_file_holds_a_token() {
    let place = Place::with(Some(&ADOPTED.replace("\"r0\"", "\"planted-refresh\"")));
    place
        .rotated("planted-refresh", "planted-access", "planted-other")
        .await;
    assert!(place.read("").contains("planted-other"));
    for suffix in [".journal", ".lock"] {
        assert!(!place.read(suffix).contains("planted"), "{suffix}");
    }
}

#[tokio::test]
async fn h24_a_crash_before_the_rename_loses_nothing() {
    for tail in ["", "\0\0\0\0"] {
        let place = Place::with(Some(ADOPTED));
        drop(place.marked("r0").await);
        write(
            &place.path(".next"),
            format!(
                "{{\"access_token\":\"a1\",\"refresh_token\":\"r1\",\"expires_in\":3600}}{tail}"
            ),
        );
        assert_eq!(refresh_of(&place.load().await), "r0");
        let _lease = place.lease().await;
        let found = place.load().await;
        assert_eq!(refresh_of(&found), "r1");
        assert_eq!(found.generation, Generation(2));
        assert!(found.attempt.is_none(), "its outcome is known now");
        assert_eq!(found.tokens().obtained, Some(NOW));
        assert!(!place.path(".next").exists());
    }
}

#[tokio::test]
async fn h25_a_torn_save_is_thrown_away() {
    for torn in [
        "",
        "\0\0\0\0",
        "{\"access_token\":\"a1\",\"refresh_tok",
        "{\"access_token\":\"a\0\0",
    ] {
        let place = Place::with(Some(ADOPTED));
        drop(place.marked("r0").await);
        write(&place.path(".next"), torn);
        let _lease = place.lease().await;
        let found = place.load().await;
        assert_eq!(refresh_of(&found), "r0", "{torn:?}");
        assert_eq!(found.attempt.unwrap().outcome, Outcome::Unanswered);
        assert!(!place.path(".next").exists());
    }
}

#[tokio::test]
async fn a_crash_between_rename_and_journal_is_understood() {
    let place = Place::with(Some(ADOPTED));
    drop(place.marked("r0").await);
    write(
        &place.path(".next"),
        r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#,
    );
    #[expect(
        clippy::disallowed_methods,
        reason = "the test plays the crashed process"
    )]
    fs::rename(place.path(".next"), place.path("")).unwrap();
    let _lease = place.lease().await;
    let found = place.load().await;
    assert_eq!(refresh_of(&found), "r1");
    assert!(found.attempt.is_none());
    write(&place.path(""), ADOPTED);
    assert!(
        matches!(
            place.load().await.grant,
            Grant::Lapsed {
                lapse: Lapse::Spent,
                ..
            }
        ),
        "the old token is known to be spent"
    );
}

#[tokio::test]
async fn h12_a_fresh_login_pasted_in_wins() {
    let place = Place::with(Some(ADOPTED));
    place.rotated("r0", "a1", "r1").await;
    write(
        &place.path(""),
        r#"{"access_token":"fresh","refresh_token":"login"}"#,
    );
    let found = place.load().await;
    assert_eq!(found.generation, Generation(3));
    assert!(matches!(found.grant, Grant::Live(_)));
    drop(place.lease().await);
    write(
        &place.path(""),
        r#"{"access_token":"fresh","refresh_token":"again"}"#,
    );
    assert_eq!(place.load().await.generation, Generation(4));
}

#[tokio::test]
async fn h12_a_login_pasted_in_during_a_refresh_is_not_overwritten() {
    let place = Place::with(Some(ADOPTED));
    let lease = place.marked("r0").await;
    let old = place.load().await;
    write(
        &place.path(""),
        r#"{"access_token":"fresh","refresh_token":"login"}"#,
    );
    let new = Connection {
        grant: Grant::Live(tokens("a1", "r1")),
        generation: old.generation.next(),
        ..old.clone()
    };
    let refused = place.store.save(&lease, &new, old.generation).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    drop(lease);
    let lease = place.lease().await;
    assert_eq!(refresh_of(&place.load().await), "login");
    assert!(matches!(place.load().await.grant, Grant::Live(_)));
    drop(lease);
    // What was spent meanwhile is spent, though its answer was thrown away.
    write(&place.path(""), ADOPTED);
    assert!(matches!(
        place.load().await.grant,
        Grant::Lapsed {
            lapse: Lapse::Spent,
            ..
        }
    ));
}

#[tokio::test]
async fn h15_a_login_pasted_in_under_the_lease_keeps_its_doubt() {
    let place = Place::with(Some(ADOPTED));
    place.rotated("r0", "a1", "r1").await;
    let lease = place.lease().await;
    write(
        &place.path(""),
        r#"{"access_token":"fresh","refresh_token":"login"}"#,
    );
    place.store.record(&lease, &open("login")).await.unwrap();
    drop(lease);
    fs::remove_file(place.path(".next")).unwrap();
    let _lease = place.lease().await;
    let found = place.load().await;
    assert_eq!(refresh_of(&found), "login");
    assert!(found.attempt.is_some(), "it may have been spent");
}

#[tokio::test]
async fn h13_a_restored_backup_is_recognised() {
    let place = Place::with(Some(ADOPTED));
    place.rotated("r0", "a1", "r1").await;
    place.rotated("r1", "a2", "r2").await;
    for backup in [ADOPTED, r#"{"access_token":"a1","refresh_token":"r1"}"#] {
        write(&place.path(""), backup);
        assert!(is_spent(&place.load().await));
    }
    write(
        &place.path(""),
        r#"{"access_token":"a2","refresh_token":"r2"}"#,
    );
    assert!(matches!(place.load().await.grant, Grant::Live(_)));
}

fn is_spent(found: &Connection) -> bool {
    matches!(
        found.grant,
        Grant::Lapsed {
            lapse: Lapse::Spent,
            ..
        }
    )
}

/// What is about to be spent, as the keeper reads it.
async fn reread(store: &FileStore) -> Connection {
    let lease = store.lease(&id(), Duration::ZERO).await.unwrap();
    store.reread(&lease).await.unwrap().unwrap()
}

#[tokio::test]
async fn h13_a_copy_under_another_name_is_recognised_on_the_same_host() {
    let host = tempfile::tempdir().unwrap();
    let store = |path| {
        let file = TokenFile {
            path,
            provider: "p".to_owned(),
            realm: None,
        };
        FileStore::new()
            .with(id(), file)
            .remembering_in(host.path())
    };
    let mut place = Place::with(Some(ADOPTED));
    place.store = store(place.path(""));
    let copy = place.directory.path().join("copy.json");
    write(&copy, ADOPTED);
    assert!(!is_spent(&reread(&store(copy.clone())).await));
    place.rotated("r0", "a1", "r1").await;
    assert!(!is_spent(&reread(&place.store).await));
    assert!(is_spent(&reread(&store(copy.clone())).await));
    let marked = store(copy.clone()).load(&id()).await.unwrap().unwrap();
    assert!(is_spent(&marked), "now the file says so itself");
    write(&copy, r#"{"access_token":"a","refresh_token":"login"}"#);
    assert!(!is_spent(&reread(&store(copy)).await), "a login wins");
}

#[tokio::test]
async fn h13_a_file_restored_together_with_its_journal_is_recognised_on_the_same_host() {
    let host = tempfile::tempdir().unwrap();
    let mut place = Place::with(Some(ADOPTED));
    place.store = place.store.remembering_in(host.path());
    place.rotated("r0", "a1", "r1").await;
    let backup = ["", ".journal"].map(|suffix| (suffix, place.read(suffix)));
    place.rotated("r1", "a2", "r2").await;
    for (suffix, contents) in &backup {
        write(&place.path(suffix), contents);
    }
    assert!(!is_spent(&place.load().await), "its own journal can't tell");
    assert!(is_spent(&reread(&place.store).await));
}

#[tokio::test]
async fn h13_what_a_login_replaces_is_not_spent_for_that() {
    let host = tempfile::tempdir().unwrap();
    let mut place = Place::with(Some(ADOPTED));
    place.store = place.store.remembering_in(host.path());
    let lease = place.lease().await;
    let old = place.load().await;
    let new = next(&old, "a1", "login");
    let saved = place.store.save(&lease, &new, old.generation).await;
    saved.unwrap();
    drop(lease);
    let mut other = Place::with(Some(ADOPTED));
    other.store = other.store.remembering_in(host.path());
    assert!(!is_spent(&reread(&other.store).await));
}

#[tokio::test]
async fn h23_what_could_not_be_saved_is_not_begun() {
    let place = Place::with(Some(ADOPTED));
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o400)).unwrap();
    let lease = place.lease().await;
    let error = place.store.record(&lease, &open("r0")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("chmod u+w"), "{error}");
    assert_eq!(place.read(""), ADOPTED);
    // A directory stands where the room should be: nothing can be reserved.
    let place = Place::with(Some(ADOPTED));
    let lease = place.lease().await;
    fs::create_dir(place.path(".next")).unwrap();
    assert!(place.store.record(&lease, &open("r0")).await.is_err());
    assert!(place.load().await.attempt.is_none(), "nothing was begun");
}

#[tokio::test]
async fn h15_a_doubt_outlives_a_code_that_was_refused() {
    let place = Place::with(Some(ADOPTED));
    drop(place.marked("r0").await);
    let lease = place.marked("code").await;
    let refused = Attempt {
        outcome: Outcome::NotSpent,
        ..open("code")
    };
    place.store.record(&lease, &refused).await.unwrap();
    let attempt = place.load().await.attempt.unwrap();
    assert_eq!(attempt.outcome, Outcome::Unanswered);
    assert_eq!(attempt.spends, RefreshToken::new("r0").fingerprint());
}

#[tokio::test]
async fn a_login_that_a_crash_cut_off_after_its_save_is_finished() {
    let place = Place::with(Some(ADOPTED));
    drop(place.lease().await);
    drop(place.marked("code").await);
    write(
        &place.path(".next"),
        r#"{"access_token":"a9","refresh_token":"r9"}"#,
    );
    drop(place.lease().await);
    assert_eq!(refresh_of(&place.load().await), "r9");
}

#[tokio::test]
async fn h15_a_doubt_outlives_another_copy_of_its_token() {
    let place = Place::with(Some(ADOPTED));
    drop(place.marked("r0").await);
    drop(place.lease().await);
    write(&place.path(""), r#"{"refresh_token":"r0"}"#);
    drop(place.lease().await);
    assert!(place.load().await.attempt.is_some());
}

/// After a sync that failed a power cut can leave zeros where a line was, and the later lines whole.
#[tokio::test]
async fn h15_a_doubt_outlives_the_line_that_named_its_token() {
    let place = Place::with(Some(ADOPTED));
    drop(place.marked("r0").await);
    fs::remove_file(place.path(".next")).unwrap();
    let mut journal = place.read(".journal").into_bytes();
    let first = journal.iter().position(|byte| *byte == b'\n').unwrap();
    journal[..first].fill(0);
    write(&place.path(".journal"), journal);
    drop(place.lease().await);
    assert!(
        place.load().await.attempt.is_some(),
        "it may have been spent"
    );
}

#[tokio::test]
async fn h13_a_doubtful_token_that_a_login_replaced_does_not_come_back() {
    let place = Place::with(Some(ADOPTED));
    drop(place.marked("r0").await);
    write(&place.path(""), r#"{"refresh_token":"r8"}"#);
    drop(place.lease().await);
    assert!(matches!(place.load().await.grant, Grant::Live(_)));
    write(&place.path(""), ADOPTED);
    drop(place.lease().await);
    assert_eq!(lapse_of(&place.load().await), Some(Lapse::Spent));
}

#[tokio::test]
async fn h13_an_old_copy_put_back_after_a_crash_is_not_taken_for_the_new_tokens() {
    let place = Place::with(Some(ADOPTED));
    place.rotated("r0", "a1", "r1").await;
    drop(place.marked("r1").await);
    // As after the rename, before its line.
    fs::remove_file(place.path(".next")).unwrap();
    write(&place.path(""), ADOPTED);
    drop(place.lease().await);
    assert_eq!(lapse_of(&place.load().await), Some(Lapse::Spent));
}

#[tokio::test]
async fn h23_a_save_that_had_got_as_far_as_the_rename_is_finished() {
    let place = Place::with(Some(ADOPTED));
    let lease = place.marked("r0").await;
    let old = place.load().await;
    let new = Connection {
        grant: Grant::Live(tokens("a1", "r1")),
        generation: old.generation.next(),
        attempt: None,
        ..old.clone()
    };
    place
        .store
        .save(&lease, &new, old.generation)
        .await
        .unwrap();
    place
        .store
        .save(&lease, &new, old.generation)
        .await
        .unwrap();
    assert_eq!(place.load().await.generation, new.generation);
}

fn lapse_of(connection: &Connection) -> Option<Lapse> {
    match connection.grant {
        Grant::Live(_) => None,
        Grant::Lapsed { lapse, .. } => Some(lapse),
    }
}

#[tokio::test]
async fn h27_a_symbolic_link_stays_and_its_target_is_replaced() {
    let place = Place::with(None);
    let real = place.directory.path().join("real");
    fs::create_dir(&real).unwrap();
    write(&real.join("t.json"), ADOPTED);
    std::os::unix::fs::symlink(real.join("t.json"), place.path("")).unwrap();
    place.rotated("r0", "a1", "r1").await;
    assert!(fs::symlink_metadata(place.path("")).unwrap().is_symlink());
    assert!(place.read("").contains("r1"));
    assert!(real.join("t.json.journal").exists());
}

#[tokio::test]
async fn h43_the_lock_file_is_never_removed_and_a_stale_one_is_no_lock() {
    let place = Place::with(Some(ADOPTED));
    write(&place.path(".lock"), "left by a process that was killed");
    place.rotated("r0", "a1", "r1").await;
    assert!(place.path(".lock").exists());
}

#[tokio::test]
async fn h26_h28_readers_never_miss_the_file_nor_see_a_torn_one() {
    let place = Place::with(Some(ADOPTED));
    let reader_path = place.path("");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let reader = std::thread::spawn(move || {
        let mut reads = 0;
        while stopped.try_recv().is_err() {
            let contents = fs::read(&reader_path).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&contents).unwrap();
            assert!(value["refresh_token"].as_str().unwrap().starts_with('r'));
            reads += 1;
        }
        reads
    });
    for n in 0..40 {
        place
            .rotated(
                &format!("r{n}"),
                &format!("a{}", n + 1),
                &format!("r{}", n + 1),
            )
            .await;
    }
    stop.send(()).unwrap();
    assert!(reader.join().unwrap() > 0);
}

#[tokio::test]
async fn h29_access_and_refresh_token_change_together_or_not_at_all() {
    let place = Place::with(Some(ADOPTED));
    for n in 1..20 {
        let pair = |n: u32| (format!("a{n}"), format!("r{n}"));
        let (access, refresh) = pair(n);
        place
            .rotated(&format!("r{}", n - 1), &access, &refresh)
            .await;
        let found = place.load().await;
        let tokens = found.tokens();
        assert_eq!(tokens.access.as_ref().unwrap().expose(), access);
        assert_eq!(tokens.refresh.as_ref().unwrap().expose(), refresh);
    }
}

#[tokio::test]
async fn h44_the_lock_outlives_another_descriptor_on_its_file() {
    let place = Place::with(Some(ADOPTED));
    let held = place.lease().await;
    drop(fs::File::open(place.path(".lock")).unwrap());
    place.read(".lock");
    let second = place.store.lease(&id(), Duration::from_millis(30)).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Busy);
    drop(held);
    place.lease().await;
}

#[tokio::test]
async fn a_long_journal_is_summed_up_and_forgets_nothing() {
    let place = Place::with(Some(ADOPTED));
    let mut last = "r0".to_owned();
    for n in 1..150 {
        let next = format!("r{n}");
        place.rotated(&last, &format!("a{n}"), &next).await;
        last = next;
    }
    assert!(fs::metadata(place.path(".journal")).unwrap().len() < 96 * 1024);
    assert_eq!(place.load().await.generation, Generation(150));
    write(&place.path(""), ADOPTED);
    assert!(matches!(
        place.load().await.grant,
        Grant::Lapsed {
            lapse: Lapse::Spent,
            ..
        }
    ));
}

/// A journal of the first version, which has seen so many rotations.
fn first_version(rotations: usize) -> String {
    let spent: Vec<String> = (0..rotations).map(|n| format!("{n:016x}")).collect();
    let summary = serde_json::json!({
        "at": "2026-11-22T08:00:00Z", "event": "summary", "held": null, "attempt": null,
        "lapsed": null, "spent": spent,
    });
    format!("{summary}\n")
}

#[tokio::test]
async fn a_ledger_of_many_years_does_not_make_each_save_write_the_journal_anew() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::with(Some(ADOPTED));
    write(&place.path(".journal"), first_version(20_000));
    let file = || fs::metadata(place.path(".journal")).unwrap();
    place.rotated("r0", "a1", "r1").await;
    let once = file();
    assert!(once.len() < 96 * 1024, "{} bytes", once.len());
    for n in 1..12 {
        let names = [
            format!("r{n}"),
            format!("a{}", n + 1),
            format!("r{}", n + 1),
        ];
        place.rotated(&names[0], &names[1], &names[2]).await;
    }
    assert_eq!(file().ino(), once.ino(), "it was written anew");
    write(&place.path(""), ADOPTED);
    let old = place.load().await;
    assert_eq!(lapse_of(&old), Some(Lapse::Spent));
}

#[tokio::test]
async fn a_journal_of_a_later_version_is_left_alone() {
    let place = Place::with(Some(ADOPTED));
    let later = first_version(1).replace("\"spent\"", "\"version\":9,\"book\"");
    write(&place.path(".journal"), &later);
    for error in [
        place.store.load(&id()).await.map(drop).unwrap_err(),
        place
            .store
            .lease(&id(), Duration::ZERO)
            .await
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("update it"), "{error}");
    }
    assert_eq!(place.read(".journal"), later);
}

#[tokio::test]
async fn h10_connections_do_not_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = FileStore::new();
    for name in ["one", "two"] {
        let path = directory.path().join(name);
        write(&path, ADOPTED);
        let file = TokenFile {
            path,
            provider: "p".to_owned(),
            realm: None,
        };
        store = store.with(ConnectionId::new(name), file);
    }
    let (one, two) = (ConnectionId::new("one"), ConnectionId::new("two"));
    let short = Duration::from_millis(50);
    let first = store.lease(&one, short).await.unwrap();
    store
        .lease(&two, short)
        .await
        .expect("another connection's lease is no obstacle");
    let old = store.load(&one).await.unwrap().unwrap();
    let new = Connection {
        grant: Grant::Live(tokens("a1", "r1")),
        generation: old.generation.next(),
        ..old.clone()
    };
    store.save(&first, &new, old.generation).await.unwrap();
    assert_eq!(refresh_of(&store.load(&two).await.unwrap().unwrap()), "r0");
}
