//! The controls as another process asks for them, over both schemes.

use evergrant_sandbox::{Options, Remote};

use crate::client::start;

#[tokio::test]
async fn both_schemes_reach_the_controls() {
    let sandbox = start(Options::default()).await;
    let plain = Remote::new(&sandbox.http_url().unwrap(), None);
    let secure = Remote::new(&sandbox.https_url().unwrap(), Some(sandbox.ca_pem()));
    for remote in [plain, secure] {
        let moved = remote.ask("POST", "/clock", r#"{"freeze": true}"#).await;
        assert_eq!(moved.unwrap().status, 200);
        let clock = remote.ask("GET", "/clock", "").await.unwrap();
        assert!(clock.body.contains(r#""frozen": true"#), "{}", clock.body);
        let unknown = remote.ask("GET", "/nothing", "").await.unwrap();
        assert_eq!(unknown.status, 404);
    }
}

#[tokio::test]
async fn nobody_else_is_asked() {
    let sandbox = start(Options::default()).await;
    let other = start(Options::default()).await;
    let url = sandbox.https_url().unwrap();
    for remote in [
        Remote::new(&url, None),
        Remote::new(&url, Some(other.ca_pem())),
        Remote::new("nowhere", None),
    ] {
        assert!(remote.ask("GET", "/clock", "").await.is_err());
    }
}
