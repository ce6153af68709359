//! The proxy that answers for Intuit's hosts: tunnels, whole URLs, names, worlds, and everything it refuses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evergrant_sandbox::{Handle, Options};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{FORM, REALM, Wire, basic, employee, start, text};

const SANDBOX_API: &str = "sandbox-quickbooks.api.intuit.com";
const PRODUCTION_API: &str = "quickbooks.api.intuit.com";
const OAUTH: &str = "oauth.platform.intuit.com";

async fn intercepting() -> Handle {
    start(Options {
        http: None,
        https: None,
        intercept: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        ..Options::default()
    })
    .await
}

async fn proxy(sandbox: &Handle) -> TcpStream {
    let url = sandbox.proxy_url().unwrap();
    TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap()
}

/// The head of what the proxy says to a request for a tunnel.
async fn ask_for_tunnel(stream: &mut TcpStream, target: &str) -> String {
    let request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A connection to a host of Intuit's, through the proxy, under a name of the client's choice.
async fn tunnel(
    sandbox: &Handle,
    host: &str,
    sni: &'static str,
) -> std::io::Result<Wire<TlsStream<TcpStream>>> {
    let wire = tunnel_to(sandbox, &format!("{host}:443"), sni).await?;
    Ok(wire.at(host))
}

async fn tunnel_to(
    sandbox: &Handle,
    target: &str,
    sni: &'static str,
) -> std::io::Result<Wire<TlsStream<TcpStream>>> {
    let mut stream = proxy(sandbox).await;
    let head = ask_for_tunnel(&mut stream, target).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(sandbox.ca_pem().as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from(sni).unwrap(), stream)
        .await?;
    Ok(Wire::over(stream))
}

async fn reach(sandbox: &Handle, host: &'static str) -> Wire<TlsStream<TcpStream>> {
    tunnel(sandbox, host, host).await.unwrap()
}

#[tokio::test]
async fn a_tunnel_reaches_the_host_and_stays_open() {
    let sandbox = intercepting().await;
    let grant = sandbox.issue_grant(REALM);
    let token = text(&grant, "access_token");
    for host in [SANDBOX_API, PRODUCTION_API] {
        let mut wire = reach(&sandbox, host).await;
        for _ in 0..3 {
            assert_eq!(wire.get(&employee("58"), token).await.status, 200);
        }
    }
    assert_eq!(sandbox.control().counters().connections, 2);
    let mut oauth = reach(&sandbox, OAUTH).await;
    let refreshed = oauth
        .refresh(&sandbox, text(&grant, "refresh_token"))
        .await
        .unwrap();
    assert_eq!(refreshed.status, 200);
}

#[tokio::test]
async fn each_host_has_its_own_and_nothing_else() {
    let sandbox = intercepting().await;
    let grant = sandbox.issue_grant(REALM);
    let token = text(&grant, "access_token");
    let mut oauth = reach(&sandbox, OAUTH).await;
    assert_eq!(oauth.get(&employee("58"), token).await.status, 404);
    let mut api = reach(&sandbox, SANDBOX_API).await;
    let refreshed = api.refresh(&sandbox, text(&grant, "refresh_token")).await;
    assert_eq!(refreshed.unwrap().status, 404);
}

#[tokio::test]
async fn discovery_names_intuits_hosts() {
    let sandbox = intercepting().await;
    let mut wire = reach(&sandbox, "developer.api.intuit.com").await;
    for (document, userinfo) in [
        (
            "openid_sandbox_configuration",
            "https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo",
        ),
        (
            "openid_configuration/",
            "https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
        ),
    ] {
        let found = wire.get(&format!("/.well-known/{document}"), "").await;
        let found = found.json();
        assert_eq!(found["userinfo_endpoint"], userinfo);
        assert_eq!(found["issuer"], "https://oauth.platform.intuit.com/op/v1");
        assert_eq!(
            found["token_endpoint"],
            "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
        );
        assert_eq!(
            found["authorization_endpoint"],
            "https://appcenter.intuit.com/connect/oauth2"
        );
        assert_eq!(
            found["revocation_endpoint"],
            "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
        );
    }
}

#[tokio::test]
async fn a_whole_url_is_answered_without_a_tunnel() {
    let sandbox = intercepting().await;
    let grant = sandbox.issue_grant(REALM);
    let mut wire = Wire::over(proxy(&sandbox).await).at(SANDBOX_API);
    for _ in 0..2 {
        let target = format!("https://{SANDBOX_API}{}", employee("58"));
        let reply = wire.get(&target, text(&grant, "access_token")).await;
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test]
async fn the_sandboxs_own_address_is_found_through_the_proxy_too() {
    let sandbox = start(Options {
        intercept: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        ..Options::default()
    })
    .await;
    let grant = sandbox.issue_grant(REALM);
    let token = text(&grant, "access_token");
    let (http, https) = (sandbox.http_url().unwrap(), sandbox.https_url().unwrap());

    let whole_url = format!("{http}{}", employee("58"));
    let mut wire = Wire::over(proxy(&sandbox).await);
    assert_eq!(wire.get(&whole_url, token).await.status, 200);

    let mut plain = proxy(&sandbox).await;
    let head = ask_for_tunnel(&mut plain, http.strip_prefix("http://").unwrap()).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let reply = Wire::over(plain).get(&employee("58"), token).await;
    assert_eq!(reply.status, 200);

    let own = https.strip_prefix("https://").unwrap();
    let mut secure = tunnel_to(&sandbox, own, "localhost").await.unwrap();
    assert_eq!(secure.get(&employee("58"), token).await.status, 200);
}

#[tokio::test]
async fn every_other_host_is_refused() {
    let sandbox = intercepting().await;
    for other in ["example.com:443", "intuit.com:443", "localhost:443"] {
        let head = ask_for_tunnel(&mut proxy(&sandbox).await, other).await;
        assert!(head.starts_with("HTTP/1.1 403 "), "{other}: {head}");
    }
    for other in ["http://example.com/", "https://example.com/", "/v3/"] {
        let mut wire = Wire::over(proxy(&sandbox).await);
        let reply = wire.get(other, "").await;
        assert_eq!(reply.status, 403, "{other}");
        assert!(reply.body.contains("Intuit's hosts"), "{}", reply.body);
    }
    let under_another_name = tunnel(&sandbox, SANDBOX_API, "example.com").await;
    assert!(under_another_name.is_err());
}

#[tokio::test]
async fn consent_through_the_proxy_ends_in_an_id_token() {
    let sandbox = intercepting().await;
    let authorize = format!(
        "/connect/oauth2?client_id={}&response_type=code&scope=com.intuit.quickbooks.accounting%20openid\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s&_sandbox=approve",
        sandbox.client_id()
    );
    let mut page = reach(&sandbox, "appcenter.intuit.com").await;
    let back = page.get(&authorize, "").await;
    let location = back.header("location").unwrap();
    let code = location
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("code="))
        .unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
    );
    let mut oauth = reach(&sandbox, OAUTH).await;
    let tokens = oauth.token(&sandbox, &body).await.unwrap().json();
    let claims = text(&tokens, "id_token").split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["iss"], "https://oauth.platform.intuit.com/op/v1");
    assert_eq!(claims["aud"][0], sandbox.client_id());
    assert_eq!(claims["realmid"], REALM);
    let keys = oauth.get("/op/v1/jwks", "").await.json();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}

#[tokio::test]
async fn a_company_is_found_in_its_own_world_only() {
    let sandbox = intercepting().await;
    let token = sandbox.issue_grant(REALM);
    let token = text(&token, "access_token");
    let mut api = reach(&sandbox, SANDBOX_API).await;
    let bound = format!(r#"{{"realm": "{REALM}", "environment": "sandbox"}}"#);
    let json = [("content-type", "application/json")];
    let done = api.send("POST", "/_sandbox/companies", &json, &bound).await;
    assert_eq!(done.unwrap().status, 200);
    assert_eq!(api.get(&employee("58"), token).await.status, 200);

    let mut production = reach(&sandbox, PRODUCTION_API).await;
    let reply = production.get(&employee("58"), token).await;
    assert_eq!(reply.status, 401);
    assert!(
        reply.body.contains(r#"<Error code="130">"#),
        "{}",
        reply.body
    );

    let keys = r#"{"client_id": "live", "client_secret": "keys", "environment": "production"}"#;
    let done = api.send("POST", "/_sandbox/clients", &json, keys).await;
    assert_eq!(done.unwrap().status, 200);
    let asked = format!(r#"{{"realm": "{REALM}", "client_id": "live"}}"#);
    let issued = api.send("POST", "/_sandbox/grants", &json, &asked).await;
    let issued = issued.unwrap().json();
    let reply = api
        .get(&employee("58"), text(&issued, "access_token"))
        .await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("errorCode=003100"), "{}", reply.body);

    // Another client's keys do not refresh it either.
    let mut oauth = reach(&sandbox, OAUTH).await;
    let refresh_token = text(&issued, "refresh_token");
    let refused = oauth.refresh(&sandbox, refresh_token).await.unwrap();
    assert_eq!(refused.status, 400);
    let body = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    let own = [("authorization", "Basic bGl2ZTprZXlz"), FORM];
    let own = oauth
        .send("POST", "/oauth2/v1/tokens/bearer", &own, &body)
        .await;
    assert_eq!(own.unwrap().status, 200);
    assert_ne!(basic(&sandbox), "Basic bGl2ZTprZXlz");
}
