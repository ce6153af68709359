//! A call to the Accounting API before it is sent: method, path, query, body, and the URL that
//! they make for a company.
//!
//! Pure: nothing is sent from here, and the bearer is attached further down.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use bytes::Bytes;
use evergrant::Body;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use url::{Url, form_urlencoded};

use crate::entity::Address;
use crate::pace::Lane;
use crate::retry::Repeat;
use crate::{EntityKind, Operation, RequestId};

/// The query parameter that makes a write safe to repeat.
const REQUEST_ID: &str = "requestid";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The id that Intuit gave a company: digits so far, but opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RealmId(String);

impl RealmId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for RealmId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for RealmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The edition of the API's schema that answers are to follow. Since August 2025 Intuit ignores
/// values below 75, which is also the default and the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinorVersion(pub u32);

impl Default for MinorVersion {
    fn default() -> Self {
        Self(75)
    }
}

impl fmt::Display for MinorVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for MinorVersion {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// A call. It asks for JSON unless told otherwise.
///
/// Its path is URL text: `employee/58` means a path within the company, as does `/employee/58`;
/// one that begins with `/v3/` is taken from the API's root; a whole URL is taken as it is, and
/// refused unless it is of the API's origin. A query may be part of it.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    accept: HeaderValue,
    headers: HeaderMap,
    body: Option<(HeaderValue, Bytes)>,
}

impl Request {
    /// A call of any method.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            accept: JSON,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// The call that runs a query: `select * from Employee`.
    pub fn select(statement: impl Into<String>) -> Self {
        Self::get("query").with_query("query", statement)
    }

    /// The same with one more query parameter, as plain text: it is encoded here.
    #[must_use]
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn with_json(self, body: impl Into<Bytes>) -> Self {
        self.with_body(JSON, body)
    }

    /// The same with a body of any type.
    #[must_use]
    pub fn with_body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.body = Some((content_type, body.into()));
        self
    }

    /// The same, asking for another type than JSON.
    #[must_use]
    pub fn with_accept(mut self, accept: HeaderValue) -> Self {
        self.accept = accept;
        self
    }

    /// The same with one more header. `Authorization` is replaced by the bearer when it is sent.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same, as the write with this id: see [`RequestId`]. An id that it had is replaced.
    #[must_use]
    pub fn with_request_id(mut self, id: &RequestId) -> Self {
        self.query.retain(|(name, _)| name != REQUEST_ID);
        self.with_query(REQUEST_ID, id.as_str())
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query parameters, not encoded, but for those that are part of the path.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The body, empty if there is none.
    pub fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |(_, body)| body)
    }

    /// The type of the body, if there is one.
    pub fn content_type(&self) -> Option<&HeaderValue> {
        self.body.as_ref().map(|(content_type, _)| content_type)
    }

    /// What asking again would do.
    pub(crate) fn repeat(&self) -> Repeat {
        if self.is_safe() {
            return Repeat::Harmless;
        }
        let named = self.query.iter().find(|(name, _)| name == REQUEST_ID);
        let id = named.and_then(|(_, id)| id.parse().ok());
        id.map_or(Repeat::Doubles, Repeat::Enquires)
    }

    /// What it counts as where calls are counted.
    pub(crate) fn lane(&self) -> Lane {
        match self.path.trim_matches('/') {
            "batch" => Lane::Batch,
            _ => Lane::Call,
        }
    }

    /// Whether asking twice does no more than asking once.
    pub(crate) fn is_safe(&self) -> bool {
        self.method.is_safe()
    }

    pub(crate) fn wants_json(&self) -> bool {
        self.accept == JSON
    }

    /// The call to `url` as it goes to the authenticating client.
    pub(crate) fn to_http(&self, url: &Url) -> Result<http::Request<Body>, Unsendable> {
        let mut builder = http::Request::builder()
            .method(&self.method)
            .uri(url.as_str())
            .header(ACCEPT, &self.accept);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let mut body = Body::default();
        if let Some((content_type, bytes)) = &self.body {
            builder = builder.header(CONTENT_TYPE, content_type);
            body = bytes.clone().into();
        }
        builder
            .body(body)
            .map_err(|error| Unsendable(format!("{} can't be asked for: {error}", self.path)))
    }
}

/// Why a call can't be put into a request; the text is one sentence for a human.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unsendable(pub(crate) String);

/// A company and where its API is.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    base_url: Url,
    pub(crate) realm: RealmId,
    pub(crate) minor_version: MinorVersion,
}

impl Company {
    pub(crate) fn new(mut base_url: Url, realm: RealmId) -> Self {
        base_url.set_query(None);
        base_url.set_fragment(None);
        Self {
            base_url,
            realm,
            minor_version: MinorVersion::default(),
        }
    }

    /// The call that reads the `kind` with this id.
    pub(crate) fn reading(&self, kind: EntityKind, id: &str) -> Result<Request, Unsendable> {
        if !kind.allows(Operation::Read) {
            return Err(Unsendable(format!("{kind} can't be read, only made")));
        }
        let path = kind.path();
        match kind.address() {
            Address::Single => Ok(Request::get(path)),
            Address::Company => Ok(Request::get(format!("{path}/{}", self.encoded_realm()))),
            Address::Elsewhere if kind == EntityKind::Entitlements => {
                Ok(Request::get(self.entitlements()?))
            }
            Address::Elsewhere => Err(Unsendable(format!(
                "{kind} is not read by an id: send a request of your own"
            ))),
            Address::Id if matches!(id, "" | "." | "..") => {
                Err(Unsendable(format!("{id:?} is no id to read {kind} by")))
            }
            Address::Id => Ok(Request::get(format!("{path}/{}", encoded(id)))),
        }
    }

    /// What the company's plan allows is kept outside its books.
    fn entitlements(&self) -> Result<String, Unsendable> {
        let path = format!("/manage/entitlements/v3/{}", self.encoded_realm());
        let mut url = self.locate("")?;
        url.set_path(&path);
        Ok(url.into())
    }

    /// Where `request` goes.
    pub(crate) fn url(&self, request: &Request) -> Result<Url, Unsendable> {
        let mut url = self.locate(&request.path)?;
        url.set_fragment(None);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&request.query);
        let is_minor_version = |name: &str| name == "minorversion";
        let chosen = request.query.iter().any(|(name, _)| is_minor_version(name))
            || url.query_pairs().any(|(name, _)| is_minor_version(&name));
        // Only the Accounting API comes in editions; what else lives on a host does not.
        if !chosen && url.path().contains("/v3/") {
            query.append_pair("minorversion", &self.minor_version.to_string());
        }
        let query = spaces_as_percent_20(&query.finish());
        let present = url.query().filter(|present| !present.is_empty());
        let whole = match present {
            Some(present) if query.is_empty() => present.to_owned(),
            Some(present) => format!("{present}&{query}"),
            None => query,
        };
        url.set_query(Some(whole.as_str()).filter(|whole| !whole.is_empty()));
        Ok(url)
    }

    /// Where `path` leads; see [`Request`].
    fn locate(&self, path: &str) -> Result<Url, Unsendable> {
        let parse = |text: &str| {
            Url::parse(text).map_err(|error| Unsendable(format!("{path:?} is not a path: {error}")))
        };
        if path.starts_with("https://") || path.starts_with("http://") {
            return parse(path);
        }
        let root = self.base_url.as_str().trim_end_matches('/');
        if path.starts_with("/v3/") {
            return parse(&format!("{root}{path}"));
        }
        let company = format!("{root}/v3/company/{}/", self.encoded_realm());
        let url = parse(&format!("{company}{}", path.trim_start_matches('/')))?;
        // `..` could have led into another company's books.
        if !url.as_str().starts_with(&company) {
            return Err(Unsendable(format!("{path:?} leads out of the company")));
        }
        Ok(url)
    }

    /// What tells this company from every other one on every host.
    pub(crate) fn name(&self) -> String {
        let origin = self.base_url.origin().ascii_serialization();
        format!("{origin}/{}", self.realm)
    }

    fn encoded_realm(&self) -> String {
        encoded(self.realm.as_str())
    }
}

/// `text` as one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    spaces_as_percent_20(&encoded)
}

/// Form encoding writes a space as `+`, which is right in a query and a plus in a path; `%20` is
/// right in both. A plus of the text's own is `%2B` by then.
fn spaces_as_percent_20(encoded: &str) -> String {
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn company(base: &str) -> Company {
        Company::new(Url::parse(base).unwrap(), RealmId::from("123"))
    }

    fn intuit() -> Company {
        company("https://quickbooks.api.intuit.com")
    }

    fn url(request: &Request) -> String {
        intuit().url(request).unwrap().into()
    }

    fn http(request: &Request) -> Result<http::Request<Body>, Unsendable> {
        request.to_http(&intuit().url(request)?)
    }

    const COMPANY: &str = "https://quickbooks.api.intuit.com/v3/company/123";

    #[test]
    fn entities_are_read_at_their_own_address() {
        for (kind, id, path) in [
            (EntityKind::Employee, "58", "/employee/58"),
            (EntityKind::SalesReceipt, "7", "/salesreceipt/7"),
            (
                EntityKind::Attachable,
                "a/b?c#d%e\\f+g é",
                "/attachable/a%2Fb%3Fc%23d%25e%5Cf%2Bg%20%C3%A9",
            ),
            (EntityKind::Preferences, "1", "/preferences"),
            (EntityKind::CompanyInfo, "1", "/companyinfo/123"),
        ] {
            let request = intuit().reading(kind, id).unwrap();
            assert_eq!(url(&request), format!("{COMPANY}{path}?minorversion=75"));
        }
    }

    #[test]
    fn what_has_no_address_is_not_asked_for() {
        for (kind, id, why) in [
            (
                EntityKind::Employee,
                "",
                r#""" is no id to read Employee by"#,
            ),
            (
                EntityKind::Employee,
                "..",
                r#"".." is no id to read Employee by"#,
            ),
            (
                EntityKind::ExchangeRate,
                "1",
                "ExchangeRate is not read by an id: send a request of your own",
            ),
            (
                EntityKind::TaxService,
                "1",
                "TaxService can't be read, only made",
            ),
        ] {
            let refused = intuit().reading(kind, id).unwrap_err();
            assert_eq!(refused.to_string(), why);
        }
    }

    #[test]
    fn query_values_are_encoded_to_the_letter() {
        let text = r"select * from Customer where DisplayName = 'Amy\'s & #1 100% +é'";
        let request = Request::select(text);
        assert_eq!(
            url(&request),
            format!(
                "{COMPANY}/query?query=select%20*%20from%20Customer%20where%20DisplayName%20%3D%20\
                 %27Amy%5C%27s%20%26%20%231%20100%25%20%2B%C3%A9%27&minorversion=75"
            )
        );
    }

    #[test]
    fn raw_paths_have_three_forms() {
        let v75 = "minorversion=75";
        for (path, expected) in [
            ("employee/58", format!("{COMPANY}/employee/58?{v75}")),
            ("/employee/58", format!("{COMPANY}/employee/58?{v75}")),
            (
                "/v3/company/9/employee/58",
                format!("https://quickbooks.api.intuit.com/v3/company/9/employee/58?{v75}"),
            ),
            (
                "https://other.example/x",
                "https://other.example/x".to_owned(),
            ),
            (
                "reports/CashFlow?a=b%20c#f",
                format!("{COMPANY}/reports/CashFlow?a=b%20c&{v75}"),
            ),
            ("x?minorversion=70", format!("{COMPANY}/x?minorversion=70")),
            (
                "invoice?operation=void",
                format!("{COMPANY}/invoice?operation=void&{v75}"),
            ),
            ("a b", format!("{COMPANY}/a%20b?{v75}")),
            ("employee:58", format!("{COMPANY}/employee:58?{v75}")),
        ] {
            assert_eq!(url(&Request::get(path)), expected, "{path}");
        }
        let chosen = Request::get("x").with_query("minorversion", "76");
        assert_eq!(url(&chosen), format!("{COMPANY}/x?minorversion=76"));
    }

    #[test]
    fn no_path_leads_into_another_company() {
        for path in ["../9/employee/58", "..", "x/../../9", "%2e%2e/9/employee/1"] {
            let refused = intuit().url(&Request::get(path)).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("{path:?} leads out of the company")
            );
        }
        let trick = Company::new(
            Url::parse("https://h.example").unwrap(),
            RealmId::from(".."),
        );
        assert!(trick.url(&Request::get("employee/58")).is_err());
    }

    #[test]
    fn a_gateway_keeps_its_path() {
        for base in ["https://gw.example/qbo", "https://gw.example/qbo/?x=1"] {
            let found = company(base).url(&Request::get("employee/58")).unwrap();
            assert_eq!(
                found.as_str(),
                "https://gw.example/qbo/v3/company/123/employee/58?minorversion=75"
            );
            let root = company(base).url(&Request::get("/v3/x")).unwrap();
            assert_eq!(root.as_str(), "https://gw.example/qbo/v3/x?minorversion=75");
        }
    }

    #[test]
    fn headers_and_body_are_as_asked() {
        let read = http(&Request::get("employee/58")).unwrap();
        assert_eq!(read.headers()[ACCEPT], "application/json");
        assert!(!read.headers().contains_key(CONTENT_TYPE));
        let write = Request::new(Method::POST, "invoice").with_json("{}");
        let write = http(&write).unwrap();
        assert_eq!(
            (write.method(), &write.headers()[CONTENT_TYPE]),
            (&Method::POST, &JSON)
        );
        assert_eq!(format!("{:?}", write.body()), "Body(2 bytes)");
        let pdf =
            Request::get("invoice/1/pdf").with_accept(HeaderValue::from_static("application/pdf"));
        assert_eq!(http(&pdf).unwrap().headers()[ACCEPT], "application/pdf");
        let endless = Request::get("query").with_query("query", "x".repeat(100_000));
        assert!(http(&endless).is_err());
    }

    proptest! {
        #[test]
        fn an_id_stays_one_segment(id in any::<String>()) {
            let Ok(request) = intuit().reading(EntityKind::Employee, &id) else {
                return Ok(());
            };
            let found = intuit().url(&request).unwrap();
            let segments: Vec<&str> = found.path_segments().unwrap().collect();
            prop_assert_eq!(&segments[..4], ["v3", "company", "123", "employee"]);
            prop_assert_eq!(segments.len(), 5);
            prop_assert!(http(&request).is_ok());
        }

        #[test]
        fn a_query_value_arrives_as_it_was(value in any::<String>()) {
            let request = Request::get("query").with_query("query", value.as_str());
            let found = intuit().url(&request).unwrap();
            let (_, arrived) = found.query_pairs().next().unwrap();
            prop_assert_eq!(arrived, value);
        }

        #[test]
        fn no_path_makes_it_panic(path in any::<String>()) {
            let _ = http(&Request::get(path));
        }
    }
}
