//! The way from the authorize page to a grant.

use evergrant_sandbox::{Handle, Options};

use crate::client::{FORM, REALM, Reply, Wire, employee, start, text};

const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A8000%2Fcallback";

fn authorize(sandbox: &Handle, more: &str) -> String {
    let id = sandbox.client_id();
    format!(
        "/connect/oauth2?client_id={id}&redirect_uri={CALLBACK}&response_type=code&state=s%201\
         &scope=com.intuit.quickbooks.accounting+openid{more}"
    )
}

fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, 302, "{}", reply.body);
    reply.header("location").unwrap()
}

fn parameter(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn exchange(sandbox: &Handle, code: &str, more: &str) -> Reply {
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}{more}");
    Wire::plain(sandbox)
        .await
        .token(sandbox, &body)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_leads_to_a_code_and_the_code_to_tokens() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let page = wire
        .send("GET", &authorize(&sandbox, ""), &[], "")
        .await
        .unwrap();
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html;charset=UTF-8"));
    assert!(page.body.contains("Connect</button>") && page.body.contains("Cancel</button>"));
    assert!(page.body.contains("com.intuit.quickbooks.accounting"));
    assert!(
        page.body
            .contains("Larkspur &amp; Stone Garden Works (123146096291789)")
    );

    let action = page
        .body
        .split("action=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let action = action.replace("&amp;", "&");
    let body = format!("choice=connect&realm={REALM}");
    let back = wire.send("POST", &action, &[FORM], &body).await.unwrap();
    let to = location(&back);
    assert!(
        to.starts_with("http://localhost:8000/callback?code="),
        "{to}"
    );
    assert_eq!(parameter(to, "state").as_deref(), Some("s 1"));
    assert_eq!(parameter(to, "realmId").as_deref(), Some(REALM));

    let tokens = exchange(&sandbox, &parameter(to, "code").unwrap(), "").await;
    assert_eq!(tokens.status, 200);
    let read = wire
        .get(&employee("58"), text(&tokens.json(), "access_token"))
        .await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn a_code_used_twice_kills_what_it_gave() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let back = wire
        .send("GET", &authorize(&sandbox, "&_sandbox=approve"), &[], "")
        .await
        .unwrap();
    let code = parameter(location(&back), "code").unwrap();
    let tokens = exchange(&sandbox, &code, "").await.json();
    let again = exchange(&sandbox, &code, "").await;
    assert_eq!(
        again.body,
        r#"{"error_description":"Token invalid","error":"invalid_grant"}"#
    );
    let read = wire
        .get(&employee("58"), text(&tokens, "access_token"))
        .await;
    assert_eq!(read.status, 401);
}

#[tokio::test]
async fn cancelling_comes_back_with_access_denied() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let expected = "http://localhost:8000/callback?error=access_denied&state=s+1";
    let denied = wire
        .send("GET", &authorize(&sandbox, "&_sandbox=deny"), &[], "")
        .await
        .unwrap();
    assert_eq!(location(&denied), expected);
    let cancelled = wire
        .send("POST", &authorize(&sandbox, ""), &[FORM], "choice=cancel")
        .await
        .unwrap();
    assert_eq!(location(&cancelled), expected);
}

#[tokio::test]
async fn consent_can_be_automatic() {
    let sandbox = start(Options::default()).await;
    sandbox
        .control()
        .change_settings(|settings| settings.auto_approve = true);
    let mut wire = Wire::plain(&sandbox).await;
    let back = wire
        .send("GET", &authorize(&sandbox, ""), &[], "")
        .await
        .unwrap();
    assert!(parameter(location(&back), "code").is_some());
}

#[tokio::test]
async fn a_challenge_is_held_against_the_verifier() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let challenge = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                     &code_challenge_method=S256&_sandbox=approve";
    let back = wire
        .send("GET", &authorize(&sandbox, challenge), &[], "")
        .await
        .unwrap();
    let code = parameter(location(&back), "code").unwrap();
    assert_eq!(
        exchange(&sandbox, &code, "&code_verifier=wrong")
            .await
            .status,
        400
    );
    let verifier = "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(exchange(&sandbox, &code, verifier).await.status, 200);
}

#[tokio::test]
async fn consent_without_a_company_has_no_realm_and_opens_no_books() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let target =
        authorize(&sandbox, "&_sandbox=approve").replace("com.intuit.quickbooks.accounting+", "");
    let back = wire.send("GET", &target, &[], "").await.unwrap();
    assert_eq!(parameter(location(&back), "realmId"), None);
    let tokens = exchange(&sandbox, &parameter(location(&back), "code").unwrap(), "")
        .await
        .json();
    let read = wire
        .get(&employee("58"), text(&tokens, "access_token"))
        .await;
    assert_eq!(
        (
            read.status,
            read.json()["fault"]["error"][0]["code"].as_str()
        ),
        (403, Some("3100"))
    );
}

#[tokio::test]
async fn bad_requests_are_shown_or_sent_back() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let good = authorize(&sandbox, "&_sandbox=approve");
    let shown = [
        good.replace("client_id=", "client_id=x"),
        good.replace("http%3A%2F%2Flocalhost", "http%3A%2F%2Fexample.com"),
        good.replace("state=s%201", "state="),
        good.clone() + "&_realm=404",
    ];
    for target in shown {
        let reply = wire.send("GET", &target, &[], "").await.unwrap();
        assert_eq!(
            (reply.status, reply.header("location")),
            (400, None),
            "{target}"
        );
    }
    let sent_back = [
        (
            good.replace("response_type=code", "response_type=token"),
            "unsupported_response_type",
        ),
        (good.replace("+openid", "+everything"), "invalid_scope"),
    ];
    for (target, error) in sent_back {
        let reply = wire.send("GET", &target, &[], "").await.unwrap();
        assert_eq!(parameter(location(&reply), "error").as_deref(), Some(error));
        assert_eq!(parameter(location(&reply), "state").as_deref(), Some("s 1"));
    }
}

#[tokio::test]
async fn only_registered_addresses_if_there_are_any() {
    let redirect_uris = vec!["https://app.example/cb".to_owned()];
    let sandbox = start(Options {
        redirect_uris,
        ..Options::default()
    })
    .await;
    let mut wire = Wire::plain(&sandbox).await;
    let target = authorize(&sandbox, "&_sandbox=approve");
    assert_eq!(
        wire.send("GET", &target, &[], "").await.unwrap().status,
        400
    );
    let target = target.replace(CALLBACK, "https%3A%2F%2Fapp.example%2Fcb");
    assert_eq!(
        wire.send("GET", &target, &[], "").await.unwrap().status,
        302
    );
}
