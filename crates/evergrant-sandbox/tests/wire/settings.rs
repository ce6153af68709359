//! What sources disagree about, each reading of it played.

use evergrant_sandbox::{Handle, Options, Sandbox, StartError};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{REALM, Reply, Wire, start, text};

struct Play {
    sandbox: Handle,
    wire: Wire<TcpStream>,
    tokens: Value,
}

impl Play {
    async fn with(settings: Value) -> Self {
        let settings = settings.as_object().unwrap().clone();
        let sandbox = start(Options {
            settings,
            ..Options::default()
        })
        .await;
        let wire = Wire::plain(&sandbox).await;
        let tokens = sandbox.issue_grant(REALM);
        Self {
            sandbox,
            wire,
            tokens,
        }
    }

    async fn get(&mut self, path: &str) -> Reply {
        let target = format!("/v3/company/{REALM}/{path}");
        self.wire
            .get(&target, text(&self.tokens, "access_token"))
            .await
    }

    async fn post(&mut self, path: &str, body: Value) -> Reply {
        let target = format!("/v3/company/{REALM}/{path}");
        let token = text(&self.tokens, "access_token");
        self.wire.post_json(&target, token, &body.to_string()).await
    }

    async fn query(&mut self, statement: &str) -> Reply {
        let encoded: String = form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        self.get(&format!("query?query={encoded}")).await
    }

    async fn refresh(&mut self, token: &str) -> Reply {
        self.wire.refresh(&self.sandbox, token).await.unwrap()
    }

    fn advance(&self, hours: i64) {
        let control = self.sandbox.control();
        control.set_time(control.now() + jiff::SignedDuration::from_hours(hours));
    }
}

fn code(reply: &Reply) -> String {
    reply.json()["Fault"]["Error"][0]["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_superseded_token_may_have_a_day_of_grace() {
    for (grace, status) in [(0, 400), (86_400, 200)] {
        let mut play = Play::with(json!({"window_grace": grace})).await;
        let first = text(&play.tokens, "refresh_token").to_owned();
        play.advance(25);
        assert_ne!(play.refresh(&first).await.json()["refresh_token"], first);
        assert_eq!(play.refresh(&first).await.status, status);
        play.advance(25);
        assert_eq!(play.refresh(&first).await.status, 400);
    }
}

#[tokio::test]
async fn lives_of_refresh_tokens_are_told_in_any_way() {
    let life = "x_refresh_token_expires_in";
    assert_eq!(Play::with(json!({})).await.tokens[life], 8_726_400);
    let documented = Play::with(json!({"refresh_life": 8_640_000})).await;
    assert_eq!(documented.tokens[life], 8_640_000);
    let hard = Play::with(json!({"idle_life_tells_hard_end": true})).await;
    assert_eq!(hard.tokens[life], 157_680_000);
}

#[tokio::test]
async fn a_refusal_to_refresh_is_worded_in_any_way() {
    let cases = [
        ("usual", Some("Incorrect or invalid refresh token")),
        ("bare", None),
        ("described", Some("Incorrect or invalid refresh token")),
        ("token_invalid", Some("Token invalid")),
    ];
    for (wording, description) in cases {
        let mut play = Play::with(json!({"invalid_grant": wording})).await;
        let refused = play.refresh("nonsense").await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["error"], "invalid_grant");
        assert_eq!(refused.json()["error_description"].as_str(), description);
    }
}

#[tokio::test]
async fn consent_may_do_without_a_state_and_a_proof() {
    let mut play = Play::with(json!({"state_is_optional": true, "pkce": "ignored",
        "only_localhost": true}))
    .await;
    let client = play.sandbox.client_id().to_owned();
    let ask = |host: &str| {
        format!(
            "/connect/oauth2?client_id={client}&response_type=code&scope=com.intuit.quickbooks.accounting\
             &redirect_uri=http%3A%2F%2F{host}%2Fcb&code_challenge=abc&_sandbox=approve"
        )
    };
    let refused = play
        .wire
        .send("GET", &ask("127.0.0.1"), &[], "")
        .await
        .unwrap();
    assert_eq!(refused.status, 400);
    let back = play
        .wire
        .send("GET", &ask("localhost"), &[], "")
        .await
        .unwrap();
    let location = back.header("location").unwrap().to_owned();
    assert!(!location.contains("state="), "{location}");
    let (_, code) = location.split_once("code=").unwrap();
    let code = code.split('&').next().unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%2Fcb"
    );
    let tokens = play.wire.token(&play.sandbox, &body).await.unwrap();
    assert_eq!(tokens.status, 200, "{}", tokens.body);
}

#[tokio::test]
async fn faults_come_in_every_envelope() {
    let mut play = Play::with(json!({"fault_form": "gateway"})).await;
    let gateway = play.get("customer/999999").await;
    assert_eq!(gateway.status, 400);
    assert_eq!(gateway.json()["fault"]["error"][0]["code"], "610");
    let mut play = Play::with(json!({"fault_form": "success"})).await;
    let success = play.get("customer/999999").await;
    assert_eq!((success.status, code(&success).as_str()), (200, "610"));
    let mut play = Play::with(json!({"unauthorized_form": "xml"})).await;
    play.sandbox.control().expire_access_tokens();
    let expired = play.get("customer/1").await;
    assert_eq!(expired.status, 401);
    assert!(
        expired
            .body
            .contains("message=ApplicationAuthenticationFailed"),
        "{}",
        expired.body
    );
}

#[tokio::test]
async fn a_company_may_have_lapsed_or_never_been() {
    let mut play = Play::with(json!({"denial": "lapsed", "unknown_realm_is_404": true})).await;
    assert_eq!(play.get("customer/1").await.status, 200);
    assert_eq!(
        play.query("select count(*) from Customer").await.status,
        200
    );
    let refused = play.post("class", json!({"Name": "N"})).await;
    assert_eq!((refused.status, code(&refused).as_str()), (400, "6190"));
    let token = text(&play.tokens, "access_token").to_owned();
    let unknown = play.wire.get("/v3/company/77/customer/1", &token).await;
    assert_eq!((unknown.status, unknown.body.as_str()), (404, ""));
}

#[tokio::test]
async fn queries_are_read_in_any_way() {
    let mut play = Play::with(json!({})).await;
    let long = "select * from Customer maxresults 5000";
    let by_id = "select Id from Customer orderby Id maxresults 3";
    let doubled = "select * from Customer where DisplayName = 'it''s'";
    assert_eq!(play.query(long).await.status, 200);
    let page = play.query(by_id).await.json()["QueryResponse"].clone();
    assert_eq!(page["Customer"][0]["Id"], "1");
    assert_eq!(page["totalCount"], json!(null));
    assert_eq!(code(&play.query(doubled).await), "4000");
    let mut play = Play::with(json!({"refuses_long_pages": true, "order_by_id": false,
        "doubled_quotes": true, "total_count": true}))
    .await;
    assert_eq!(code(&play.query(long).await), "4001");
    assert_eq!(code(&play.query(by_id).await), "4001");
    let page = play.query("select * from Customer maxresults 3").await;
    let page = page.json()["QueryResponse"].clone();
    assert!(page["totalCount"].as_u64() > Some(3), "{page}");
    assert_eq!(play.query(doubled).await.status, 200);
}

#[tokio::test]
async fn changes_and_batches_have_any_bounds() {
    let old = "cdc?entities=Customer,Class&changedSince=2011-01-01";
    let mut play = Play::with(json!({"batch_items": 1})).await;
    assert_eq!(code(&play.get(old).await), "500");
    let item = json!({"bId": "1", "Query": "select * from Class"});
    let two = play
        .post("batch", json!({"BatchItemRequest": [item, item]}))
        .await;
    assert_eq!(code(&two), "6000");
    let mut play =
        Play::with(json!({"answers_old_changes": true, "omits_empty_changes": true})).await;
    let changes = play.get(old).await.json();
    assert!(
        !changes["CDCResponse"][0]["QueryResponse"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let far = "cdc?entities=Class,Term&changedSince=2026-11-22T00:00:00Z";
    play.sandbox
        .control()
        .set_time("2027-01-01T00:00:00Z".parse().unwrap());
    play.tokens = play.sandbox.issue_grant(REALM);
    let changes = play.get(far).await.json();
    assert_eq!(changes["CDCResponse"][0]["QueryResponse"], json!([]));
}

#[tokio::test]
async fn a_request_id_may_be_forgotten() {
    let mut play = Play::with(json!({"request_id_life": 60})).await;
    let write = json!({"Name": "Once"});
    let first = play.post("class?requestid=r1", write.clone()).await;
    assert_eq!(
        play.post("class?requestid=r1", write.clone()).await.body,
        first.body
    );
    let control = play.sandbox.control();
    control.set_time(control.now() + jiff::SignedDuration::from_secs(61));
    assert_eq!(code(&play.post("class?requestid=r1", write).await), "6240");
}

#[tokio::test]
async fn the_limits_of_batches_and_mail_are_their_own() {
    let mut play = Play::with(json!({"limits": true, "throttle_form": "forbidden"})).await;
    play.sandbox.control().freeze(true);
    let second = |play: &Play| {
        let control = play.sandbox.control();
        control.set_time(control.now() + jiff::SignedDuration::from_secs(1));
    };
    for _ in 0..40 {
        second(&play);
        let answer = play.post("batch", json!({"BatchItemRequest": []})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    second(&play);
    let batch = play.post("batch", json!({"BatchItemRequest": []})).await;
    assert_eq!(batch.status, 403);
    assert!(
        batch.body.contains("errorCode=003001; statusCode=403"),
        "{}",
        batch.body
    );
    assert_eq!(play.get("customer/1").await.status, 200);
    let invoices = play
        .query("select Id from Invoice maxresults 1")
        .await
        .json();
    let id = invoices["QueryResponse"]["Invoice"][0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    for number in 0..41 {
        second(&play);
        let sent = play
            .post(&format!("invoice/{id}/send?sendTo=a@b.example"), json!({}))
            .await;
        assert_eq!(
            sent.status,
            if number < 40 { 200 } else { 403 },
            "{number}: {}",
            sent.body
        );
    }
}

#[tokio::test]
async fn requests_that_overlap_may_be_what_is_limited() {
    let play = Play::with(json!({"limits": true, "burst": "concurrent"})).await;
    let fault = json!({"where": "api", "what": {"delay": {"millis": 60_000}}, "times": 10});
    let control = play.sandbox.control();
    control.add_fault(serde_json::from_value(fault).unwrap());
    let target = format!("/v3/company/{REALM}/customer/1");
    let token = text(&play.tokens, "access_token");
    let mut delayed = Vec::new();
    for _ in 0..10 {
        let (mut wire, target, token) = (
            Wire::plain(&play.sandbox).await,
            target.clone(),
            token.to_owned(),
        );
        delayed.push(tokio::spawn(async move { wire.get(&target, &token).await }));
    }
    while !control.faults().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut eleventh = Wire::plain(&play.sandbox).await;
    assert_eq!(eleventh.get(&target, token).await.status, 429);
    delayed.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_setting_that_is_none_is_no_beginning() {
    let settings = json!({"nonsense": true}).as_object().unwrap().clone();
    let started = Sandbox::start(Options {
        settings,
        ..Options::default()
    })
    .await;
    assert!(matches!(started, Err(StartError::Setting(_))));
}
