//! The accounting API: answers and refusals, byte for byte where a recording exists.

use evergrant_sandbox::{Denial, Handle, Options, ThrottleForm};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{REALM, Reply, Wire, employee, frozen, start, text};

/// A frozen sandbox, a connection to it, and an access token.
async fn ready() -> (Handle, Wire<TcpStream>, String) {
    let sandbox = frozen(Options::default()).await;
    let wire = Wire::plain(&sandbox).await;
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    (sandbox, wire, token)
}

fn query(statement: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(statement.as_bytes()).collect();
    format!("/v3/company/{REALM}/query?query={encoded}")
}

fn fault(reply: &Reply) -> Value {
    assert_eq!(reply.status, 400, "{}", reply.body);
    reply.json()["Fault"]["Error"][0].clone()
}

#[tokio::test]
async fn an_employee_is_read() {
    let (sandbox, mut wire, token) = ready().await;
    let reply = wire
        .get(&format!("{}?minorversion=75", employee("58")), &token)
        .await;
    assert_eq!(reply.status, 200);
    let expected = concat!(
        r#"{"Employee":{"SSN":"XXX-XX-XXXX","PrimaryAddr":{"Id":"116","Line1":"45 N. Elm Street","#,
        r#""City":"Middlefield","CountrySubDivisionCode":"CA","PostalCode":"93242"},"BillableTime":false,"#,
        r#""domain":"QBO","sparse":false,"Id":"58","SyncToken":"0","MetaData":{"#,
        r#""CreateTime":"2015-07-24T09:34:35-07:00","LastUpdatedTime":"2015-07-24T09:34:35-07:00"},"#,
        r#""GivenName":"Bill","FamilyName":"Miller","DisplayName":"Bill Miller","#,
        r#""PrintOnCheckName":"Bill Miller","Active":true,"PrimaryPhone":{"FreeFormNumber":"234-525-1234"}},"#,
        r#""time":"2020-09-29T07:51:12.830-07:00"}"#,
    );
    assert_eq!(reply.body, expected);
    assert_eq!(
        reply.header("content-type"),
        Some("application/json;charset=utf-8")
    );
    assert_eq!(reply.header("qbo-version"), Some("1944.190"));
    assert_eq!(reply.header("expires"), Some("0"));
    let tid = reply.header("intuit_tid").unwrap();
    assert_eq!(
        reply.header("x-amzn-trace-id").unwrap(),
        format!("Root={tid}")
    );
    assert_eq!(tid.len(), "1-5f733be9-".len() + 24);
    assert_eq!(reply.header("x-spanid").unwrap().len(), 36);
    assert!(reply.header("service-time").is_some());
    assert_eq!(sandbox.control().counters().reads, 1);
}

#[tokio::test]
async fn company_info_is_read_by_realm() {
    let (_sandbox, mut wire, token) = ready().await;
    let reply = wire
        .get(&format!("/v3/company/{REALM}/companyinfo/{REALM}"), &token)
        .await;
    assert_eq!(
        reply.json()["CompanyInfo"]["LegalName"],
        "Larkspur & Stone Garden Works LLC"
    );
}

#[tokio::test]
async fn queries_come_by_get_and_post() {
    let (sandbox, mut wire, token) = ready().await;
    let reply = wire
        .get(
            &query("select count(*) from Employee where Active in (true, false)"),
            &token,
        )
        .await;
    let expected = r#"{"QueryResponse":{"totalCount":12},"time":"2020-09-29T07:51:12.830-07:00"}"#;
    assert_eq!(reply.body, expected);
    let path = format!("/v3/company/{REALM}/query?minorversion=75");
    let statement = r"select * from Employee where FamilyName = 'O\'Rielly'";
    let reply = wire.post_json(&path, &token, statement).await;
    let response = &reply.json()["QueryResponse"];
    assert_eq!(
        (&response["startPosition"], &response["maxResults"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(response["Employee"][0]["Id"], "62");
    let reply = wire
        .get(&query("select * from Employee where Id = '1'"), &token)
        .await;
    assert_eq!(
        reply.body,
        r#"{"QueryResponse":{},"time":"2020-09-29T07:51:12.830-07:00"}"#
    );
    assert_eq!(sandbox.control().counters().queries, 3);
}

#[tokio::test]
async fn bad_queries_are_named() {
    let (_sandbox, mut wire, token) = ready().await;
    let error = fault(
        &wire
            .get(&query("select *from Bill ORDERBY A TxnDate"), &token)
            .await,
    );
    let expected = json!({
        "Message": "Error parsing query",
        "Detail": "QueryParserError: Encountered \" <IDENTIFIER> \"TxnDate \"\" at line 1, column 29.",
        "code": "4000",
    });
    assert_eq!(error, expected);
    let error = fault(
        &wire
            .get(&query("select * from Employee startposition 0"), &token)
            .await,
    );
    assert_eq!(error["code"], "4001");
    let missing = fault(
        &wire
            .get(&format!("/v3/company/{REALM}/query"), &token)
            .await,
    );
    assert_eq!(missing["code"], "2020");
}

#[tokio::test]
async fn an_expired_token_gets_the_recorded_401() {
    let (sandbox, mut wire, token) = ready().await;
    sandbox.control().expire_access_tokens();
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(reply.status, 401);
    let expected = format!(
        concat!(
            r#"{{"warnings":null,"intuitObject":null,"fault":{{"error":[{{"message":"message=AuthenticationFailed; "#,
            r#"errorCode=003200; statusCode=401","detail":"Token expired: {}","code":"3200","element":null}}],"#,
            r#""type":"AUTHENTICATION"}},"report":null,"queryResponse":null,"batchItemResponse":[],"#,
            r#""attachableResponse":[],"syncErrorResponse":null,"requestId":null,"time":1601391072830,"#,
            r#""status":null,"cdcresponse":[]}}"#,
        ),
        &token[..50],
    );
    assert_eq!(reply.body, expected);
    assert_eq!(reply.body.len(), 440, "as long as the recorded one");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="Intuit", error="invalid_token""#)
    );
    assert_eq!(reply.header("qbo-version"), None);
    assert_eq!(reply.header("x-spanid"), None);
}

#[tokio::test]
async fn unknown_and_missing_tokens_are_malformed() {
    let (_sandbox, mut wire, _token) = ready().await;
    let unknown = wire.get(&employee("58"), "nonsense").await;
    let missing = wire.send("GET", &employee("58"), &[], "").await.unwrap();
    for reply in [unknown, missing] {
        assert_eq!(reply.status, 401);
        let detail = &reply.json()["fault"]["error"][0]["detail"];
        assert_eq!(detail, "Malformed bearer token: too short or too long");
    }
}

fn xml(kind: &str, code: &str, message: &str, detail: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<IntuitResponse \
         xmlns=\"http://schema.intuit.com/finance/v3\" time=\"2020-09-29T07:51:12.830-07:00\"><Fault \
         type=\"{kind}\"><Error code=\"{code}\"><Message>{message}</Message><Detail>{detail}</Detail>\
         </Error></Fault></IntuitResponse>"
    )
}

#[tokio::test]
async fn another_companys_token_is_refused_in_xml() {
    let (sandbox, mut wire, token) = ready().await;
    let other = text(&sandbox.issue_grant("987"), "access_token").to_owned();
    let own = wire.get("/v3/company/987/employee/58", &other).await;
    assert_eq!(own.status, 200, "a realm gets books with its first grant");
    for (target, token) in [
        (employee("58"), &other),
        ("/v3/company/987/employee/58".to_owned(), &token),
    ] {
        let reply = wire.get(&target, token).await;
        let detail = "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401";
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.body,
            xml(
                "AuthenticationFault",
                "100",
                "General Authentication Error",
                detail
            )
        );
        assert_eq!(reply.header("content-type"), Some("application/xml"));
    }
}

#[tokio::test]
async fn the_api_can_turn_everyone_away() {
    let (sandbox, mut wire, token) = ready().await;
    let deny = |denial| {
        sandbox
            .control()
            .change_settings(|settings| settings.denial = Some(denial));
    };
    deny(Denial::NotAuthorized);
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(reply.status, 403);
    let expected = json!({
        "error": [{
            "message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
            "detail": null, "code": "3100", "element": null,
        }],
        "type": "SERVICE",
    });
    assert_eq!(reply.json()["fault"], expected);
    deny(Denial::NoAccess);
    let detail = "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online., statusCode: 401";
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(
        (reply.status, reply.body),
        (
            401,
            xml("AuthorizatonFault", "120", "Authorization Failure", detail)
        )
    );
    deny(Denial::WrongCluster);
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(reply.status, 401);
    assert!(
        reply
            .body
            .contains(r#"<Error code="130"><Message>Accessing Wrong Cluster</Message>"#)
    );
}

#[tokio::test]
async fn service_faults_are_as_recorded() {
    let (_sandbox, mut wire, token) = ready().await;
    let reply = wire.get(&employee("1.5"), &token).await;
    let expected = r#"{"Fault":{"Error":[{"Message":"Invalid ID","Detail":"Id should be a valid number. Supplied value:1.5","code":"2030","element":"Id"}],"type":"ValidationFault"}}"#;
    assert_eq!(
        (reply.status, reply.body.as_str(), reply.body.len()),
        (400, expected, 159)
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.header("x-spanid").is_some() && reply.header("qbo-version").is_none());

    let reply = wire.get(&employee("9999"), &token).await;
    let expected = r#"{"Fault":{"Error":[{"Message":"Object Not Found","Detail":"Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.","code":"610","element":""}],"type":"ValidationFault"},"time":"2020-09-29T07:51:12.830-07:00"}"#;
    assert_eq!((reply.status, reply.body.as_str()), (400, expected));

    let path = format!("/v3/company/{REALM}/customer/1/5");
    let error = fault(&wire.get(&path, &token).await);
    let expected = format!(
        "Operation Could not find resource for relative : {path} of full path: http://sandbox.test{path} is not supported."
    );
    assert_eq!(
        (error["code"].as_str(), error["Detail"].as_str()),
        (Some("500"), Some(expected.as_str()))
    );
}

#[tokio::test]
async fn duplicate_names_are_refused_as_recorded() {
    let (_sandbox, mut wire, token) = ready().await;
    let path = format!("/v3/company/{REALM}/employee");
    let reply = wire
        .post_json(
            &path,
            &token,
            r#"{"GivenName":"Bill","FamilyName":"Miller"}"#,
        )
        .await;
    let expected = r#"{"Fault":{"Error":[{"Message":"Duplicate Name Exists Error","Detail":"The name supplied already exists. : null","code":"6240"}],"type":"ValidationFault"},"time":"2020-09-29T07:51:12.830-07:00"}"#;
    assert_eq!((reply.body.as_str(), reply.body.len()), (expected, 193));
}

#[tokio::test]
async fn an_employee_is_created_changed_and_found_again() {
    let (sandbox, mut wire, token) = ready().await;
    let path = format!("/v3/company/{REALM}/employee");
    let made = wire
        .post_json(&path, &token, r#"{"GivenName":"Ada","FamilyName":"Quill"}"#)
        .await
        .json();
    let id = text(&made["Employee"], "Id").to_owned();
    assert_eq!(
        made["Employee"]["MetaData"]["CreateTime"],
        "2020-09-29T07:51:12-07:00"
    );

    let change = format!(r#"{{"Id":"{id}","SyncToken":"0","sparse":true,"Title":"Dr"}}"#);
    let changed = wire
        .post_json(&format!("{path}?operation=update"), &token, &change)
        .await
        .json();
    assert_eq!(changed["Employee"]["SyncToken"], "1");
    let stale = fault(&wire.post_json(&path, &token, &change).await);
    assert_eq!(stale["code"], "5010");
    assert!(
        text(&stale, "Detail")
            .starts_with("Stale Object Error : You and Rowan Larkspur were working")
    );

    let found = wire
        .get(
            &query("select Title from Employee where FamilyName = 'quill'"),
            &token,
        )
        .await;
    assert_eq!(found.json()["QueryResponse"]["Employee"][0]["Title"], "Dr");
    assert_eq!(sandbox.control().counters().writes, 2);
}

#[tokio::test]
async fn a_request_id_is_answered_once_and_replayed() {
    let (sandbox, mut wire, token) = ready().await;
    let path = format!("/v3/company/{REALM}/employee?requestid=once");
    let body = r#"{"GivenName":"Ada","FamilyName":"Quill"}"#;
    let first = wire.post_json(&path, &token, body).await;
    sandbox.control().advance(std::time::Duration::from_secs(1));
    let second = wire.post_json(&path, &token, body).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.body, second.body);
    assert_eq!(sandbox.control().counters().writes, 1);
    let long = format!("/v3/company/{REALM}/employee?requestid={}", "x".repeat(51));
    let error = fault(&wire.post_json(&long, &token, body).await);
    assert_eq!(error["code"], "6000");
    assert!(text(&error, "Detail").contains("50"));
}

#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    let (_sandbox, mut wire, token) = ready().await;
    let path = format!("/v3/company/{REALM}/employee");
    let mut code = async |path: &str, body: &str| {
        text(&fault(&wire.post_json(path, &token, body).await), "code").to_owned()
    };
    assert_eq!(code(&path, "{").await, "2010");
    assert_eq!(code(&path, r#"{"BadJson":true}"#).await, "2010");
    assert_eq!(code(&path, "{}").await, "2020");
    assert_eq!(
        code(
            &format!("{path}?operation=delete"),
            r#"{"Id":"58","SyncToken":"0"}"#
        )
        .await,
        "500"
    );
    assert_eq!(
        code(&format!("/v3/company/{REALM}/companyinfo"), "{}").await,
        "500"
    );
    assert_eq!(
        code(&format!("/v3/company/{REALM}/spaceship"), "{}").await,
        "500"
    );
}

#[tokio::test]
async fn limits_apply_when_they_are_on() {
    let sandbox = frozen(Options {
        limits: true,
        ..Options::default()
    })
    .await;
    let mut wire = Wire::plain(&sandbox).await;
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    for _ in 0..10 {
        assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    }
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, None));
    let error = &reply.json()["fault"]["error"][0];
    assert_eq!(
        error["message"],
        "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    );
    assert_eq!(
        error["detail"],
        "The request limit was reached.  Try again later"
    );
    sandbox.control().change_settings(|settings| {
        settings.throttle_form = ThrottleForm::Xml;
        settings.retry_after = Some(60);
    });
    let reply = wire.get(&employee("58"), &token).await;
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (429, Some("60"))
    );
    assert!(
        reply
            .body
            .contains(r#"<Fault type="SERVICE"><Error code="3001">"#)
    );
    sandbox.control().advance(std::time::Duration::from_secs(1));
    assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    assert_eq!(sandbox.control().counters().throttled, 2);
}

#[tokio::test]
async fn without_limits_there_are_none() {
    let sandbox = start(Options::default()).await;
    let mut wire = Wire::plain(&sandbox).await;
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    for _ in 0..50 {
        assert_eq!(wire.get(&employee("58"), &token).await.status, 200);
    }
}
