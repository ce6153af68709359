//! One suite for every store: no test knows which store it runs on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[cfg(feature = "postgres")]
#[path = "support/postgres.rs"]
mod postgres;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evergrant::{
    AccessToken, Adoption, Attempt, Connection, ConnectionId, ErrorKind, FileStore, Generation,
    Grant, Lapse, Mark, MemoryStore, Next, Outcome, RefreshToken, Registry, Store, TokenFile,
    TokenSet,
};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
/// For a lease that is free, or about to be: on a busy machine a database takes its time.
const PATIENT: Duration = Duration::from_secs(20);
/// For one that somebody holds.
const BRIEFLY: Duration = Duration::from_millis(50);

/// Runs `check` on each kind of store, as two handles on the same place.
async fn on_every_store<F: Future<Output = ()>>(
    check: impl Fn(Arc<dyn Store>, Arc<dyn Store>) -> F,
) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acme.json");
    check(file_store(&path), file_store(&path)).await;
    on_every_registry(|one, other| check(one, other)).await;
}

/// Runs `check` on each kind of store that takes connections in, as two handles on the same place.
async fn on_every_registry<F: Future<Output = ()>>(
    check: impl Fn(Arc<dyn Registry>, Arc<dyn Registry>) -> F,
) {
    let memory: Arc<dyn Registry> = Arc::new(MemoryStore::new());
    check(Arc::clone(&memory), memory).await;

    #[cfg(feature = "sqlite")]
    {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("deep/a.db").display());
        let handle = || evergrant::open(&url, None, None).unwrap();
        check(handle(), handle()).await;
    }

    #[cfg(feature = "postgres")]
    {
        let url = postgres::database();
        let handle = || evergrant::open(&url, None, None).unwrap();
        check(handle(), handle()).await;
    }
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
    let lease = store.lease(&acme(), PATIENT).await.unwrap();
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
        let lease = other.lease(&acme(), PATIENT).await.unwrap();
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
        let held = one.lease(&acme(), PATIENT).await.unwrap();
        let second = other.lease(&acme(), BRIEFLY).await;
        assert_eq!(second.unwrap_err().kind(), ErrorKind::Busy);
        drop(held);
        other.lease(&acme(), PATIENT).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_kept_until_a_save_closes_it() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        let lease = one.lease(&acme(), PATIENT).await.unwrap();
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
        let lease = one.lease(&acme(), PATIENT).await.unwrap();
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

#[tokio::test]
async fn what_is_known_of_a_code_outlives_the_want_of_a_connection() {
    on_every_store(|one, other| async move {
        let lease = one.lease(&acme(), PATIENT).await.unwrap();
        one.record(&lease, &attempt("code", Outcome::Open))
            .await
            .unwrap();
        assert!(other.load(&acme()).await.unwrap().is_none());
        one.save(&lease, &connection(1, "a1", "r1"), Generation(0))
            .await
            .unwrap();
        assert_eq!(loaded(&*other).await.generation, Generation(1));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_the_api_has_taken_is_no_longer_on_trial() {
    on_every_store(|one, other| async move {
        saved(&*one, &connection(1, "a1", "r1")).await;
        one.accepted(&acme(), Generation(7)).await.unwrap();
        assert_eq!(loaded(&*other).await.refusals.len(), 1);
        one.accepted(&acme(), Generation(1)).await.unwrap();
        assert!(loaded(&*other).await.refusals.is_empty());
    })
    .await;
}

async fn surveyed(store: &dyn Store, mark: Option<&Mark>) -> (Vec<String>, Next) {
    let survey = store.survey(mark).await.unwrap();
    let names = survey.sightings.into_iter();
    let names = names.filter(|it| matches!(it.connection, Ok(Some(_))));
    (names.map(|it| it.id.to_string()).collect(), survey.next)
}

#[tokio::test]
async fn a_survey_shows_what_has_changed_since_the_last_one() {
    on_every_store(|one, other| async move {
        let (none, _) = surveyed(&*other, None).await;
        assert!(none.is_empty());
        saved(&*one, &connection(1, "a1", "r1")).await;
        let (first, next) = surveyed(&*other, None).await;
        assert_eq!(first, ["acme"]);
        saved(&*one, &connection(2, "a2", "r2")).await;
        let mark = match &next {
            Next::From(mark) | Next::More(mark) => Some(mark),
            Next::Anew => None,
        };
        let (again, _) = surveyed(&*other, mark).await;
        assert!(again.contains(&"acme".to_owned()), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn many_leases_are_held_side_by_side() {
    on_every_registry(|one, _| async move {
        let names: Vec<_> = (0..20)
            .map(|n| ConnectionId::new(format!("c{n}")))
            .collect();
        for id in &names {
            let new = Connection {
                id: id.clone(),
                ..connection(1, "a", "r")
            };
            let lease = one.lease(id, PATIENT).await.unwrap();
            one.save(&lease, &new, Generation(0)).await.unwrap();
        }
        let mut listed = one.list().await.unwrap();
        listed.sort();
        let mut expected = names;
        expected.sort();
        assert_eq!(listed, expected);
    })
    .await;
}

async fn adopted(store: &dyn Registry, refresh: &str) -> Adoption {
    let lease = store.lease(&acme(), PATIENT).await.unwrap();
    let found = connection(0, &format!("access for {refresh}"), refresh);
    store.adopt(&lease, &found).await.unwrap()
}

#[tokio::test]
async fn h12_what_one_connection_has_spent_no_other_takes_in() {
    on_every_registry(|one, other| async move {
        adopted(&*one, "r1").await;
        rotated(&*one, 2, "r1", "r2").await;
        let id = ConnectionId::new("zeta");
        let found = Connection {
            id: id.clone(),
            ..connection(0, "a1", "r1")
        };
        let lease = other.lease(&id, PATIENT).await.unwrap();
        assert_eq!(other.adopt(&lease, &found).await.unwrap(), Adoption::Spent);
        assert!(other.load(&id).await.unwrap().is_none());
    })
    .await;
}

/// Lets the store go through a refresh that rotates `from` to `to`.
async fn rotated(store: &dyn Store, generation: u64, from: &str, to: &str) {
    let lease = store.lease(&acme(), PATIENT).await.unwrap();
    store
        .record(&lease, &attempt(from, Outcome::Open))
        .await
        .unwrap();
    let new = connection(generation, &format!("access for {to}"), to);
    let replaces = Generation(generation - 1);
    store.save(&lease, &new, replaces).await.unwrap();
}

#[tokio::test]
async fn h12_a_grant_is_taken_in_once_and_never_after_it_was_spent() {
    on_every_registry(|one, other| async move {
        assert_eq!(adopted(&*one, "r1").await, Adoption::Taken(Generation(1)));
        assert_eq!(adopted(&*other, "r1").await, Adoption::Known(Generation(1)));
        rotated(&*one, 2, "r1", "r2").await;
        rotated(&*other, 3, "r2", "r3").await;
        for old in ["r1", "r2"] {
            assert_eq!(adopted(&*other, old).await, Adoption::Spent);
        }
        let held = loaded(&*one).await;
        assert_eq!(held.tokens().refresh.as_ref().unwrap().expose(), "r3");
        // A fresh login in another tool's file wins.
        assert_eq!(adopted(&*one, "r9").await, Adoption::Taken(Generation(4)));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_the_provider_gives_back_is_not_spent() {
    on_every_registry(|one, other| async move {
        adopted(&*one, "r1").await;
        rotated(&*one, 2, "r1", "r1").await;
        assert_eq!(adopted(&*other, "r1").await, Adoption::Known(Generation(2)));
    })
    .await;
}

#[tokio::test]
async fn h13_what_was_removed_does_not_bring_back_what_was_spent() {
    on_every_registry(|one, other| async move {
        adopted(&*one, "r1").await;
        rotated(&*one, 2, "r1", "r2").await;
        let lease = one.lease(&acme(), PATIENT).await.unwrap();
        one.remove(&lease).await.unwrap();
        drop(lease);
        assert!(other.load(&acme()).await.unwrap().is_none());
        assert!(other.list().await.unwrap().is_empty());
        assert_eq!(adopted(&*other, "r1").await, Adoption::Spent);
        assert!(matches!(adopted(&*other, "r2").await, Adoption::Taken(_)));
    })
    .await;
}

#[tokio::test]
async fn what_was_handed_over_is_over_until_it_comes_back() {
    on_every_registry(|one, other| async move {
        adopted(&*one, "r1").await;
        let given = Connection {
            grant: Grant::Lapsed {
                lapse: Lapse::HandedOver,
                since: NOW,
                tokens: tokens("access for r1", "r1"),
            },
            ..connection(2, "access for r1", "r1")
        };
        saved(&*one, &given).await;
        assert!(matches!(loaded(&*other).await.grant, Grant::Lapsed { .. }));
        assert!(matches!(adopted(&*other, "r1").await, Adoption::Taken(_)));
        assert!(matches!(loaded(&*one).await.grant, Grant::Live(_)));
    })
    .await;
}

#[tokio::test]
async fn a_paused_connection_spends_nothing_until_it_is_resumed() {
    on_every_registry(|one, other| async move {
        let unknown = one.pause(&acme(), true).await;
        assert_eq!(unknown.unwrap_err().kind(), ErrorKind::NotFound);
        adopted(&*one, "r1").await;
        one.pause(&acme(), true).await.unwrap();
        let lease = other.lease(&acme(), PATIENT).await.unwrap();
        let open = attempt("r1", Outcome::Open);
        let refused = other.record(&lease, &open).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Config);
        one.pause(&acme(), false).await.unwrap();
        other.record(&lease, &open).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn many_writers_at_once_lose_nothing() {
    on_every_registry(|one, other| async move {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40_u64 {
            let store = Arc::clone(if number % 2 == 0 { &one } else { &other });
            tasks.spawn(async move {
                let id = ConnectionId::new(format!("c{number}"));
                for generation in 1..=5 {
                    let wait = Duration::from_secs(60);
                    let lease = store.lease(&id, wait).await.unwrap();
                    let new = Connection {
                        id: id.clone(),
                        ..connection(generation, "a", &format!("r{number}-{generation}"))
                    };
                    let replaces = Generation(generation - 1);
                    store.save(&lease, &new, replaces).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        for number in 0..40 {
            let id = ConnectionId::new(format!("c{number}"));
            let held = other.load(&id).await.unwrap().unwrap();
            assert_eq!(held.generation, Generation(5));
        }
    })
    .await;
}
