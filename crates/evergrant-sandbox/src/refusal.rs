//! The ways in which the API refuses, each in the form that was recorded.
//!
//! There are three: the gateway's camelCase JSON skeleton, XML from the authentication service (whatever the
//! client asked for), and the accounting service's PascalCase fault, always with status 400.

use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::answer::{self, Answer, JSON, XML};
use crate::call::Call;
use crate::settings::{DataFormat, FaultForm, Settings, ThrottleForm};
use crate::time::envelope_time;

/// A refusal, before it is put into its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No access token, or none that this sandbox ever issued.
    MalformedToken,
    /// An access token that has expired or was ended; with the head of it that Intuit repeats.
    ExpiredToken { head: String },
    /// The consent does not cover the API, or the app is no longer connected.
    NotAuthorized,
    /// The token is good for another company.
    WrongRealm,
    /// There is no such company, where that is answered with a bare 404.
    UnknownRealm,
    /// The company lives on another host.
    WrongCluster,
    /// The user who connected lost access.
    NoAccess,
    /// Too many requests.
    Throttled,
    /// The accounting service objects to the request.
    Fault(ServiceFault),
}

/// One row of the accounting service's table of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceFault {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) detail: String,
    pub(crate) element: Option<String>,
    /// Whether the envelope carries a time; the recorded 2030 does not.
    pub(crate) timed: bool,
}

/// How much of an expired token Intuit repeats in its fault.
const TOKEN_HEAD: usize = 50;

impl Refusal {
    pub(crate) fn expired(token: &str) -> Self {
        Self::ExpiredToken {
            head: token.chars().take(TOKEN_HEAD).collect(),
        }
    }

    /// The answer that says so.
    pub(crate) fn answer(&self, call: &Call, settings: &Settings) -> Answer {
        let form = settings.unauthorized_form;
        match self {
            Self::MalformedToken => {
                unauthenticated(call, "Malformed bearer token: too short or too long", form)
            }
            Self::ExpiredToken { head } => {
                unauthenticated(call, &format!("Token expired: {head}"), form)
            }
            Self::NotAuthorized => not_authorized(call),
            Self::WrongRealm => xml_fault(call, &WRONG_REALM),
            Self::WrongCluster => xml_fault(call, &WRONG_CLUSTER),
            Self::NoAccess => xml_fault(call, &NO_ACCESS),
            Self::UnknownRealm => answer::empty(StatusCode::NOT_FOUND),
            Self::Throttled => throttled(call, settings),
            Self::Fault(fault) => fault.answer(call, settings.fault_form),
        }
    }
}

impl From<ServiceFault> for Refusal {
    fn from(fault: ServiceFault) -> Self {
        Self::Fault(fault)
    }
}

impl ServiceFault {
    fn new(code: &'static str, message: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            message,
            detail: detail.into(),
            element: None,
            timed: true,
        }
    }

    fn at(self, element: impl Into<String>) -> Self {
        Self {
            element: Some(element.into()),
            ..self
        }
    }

    /// A path or method that leads nowhere.
    pub(crate) fn unsupported_path(call: &Call) -> Self {
        let (path, origin) = (call.path(), call.origin());
        let detail = format!(
            "Operation Could not find resource for relative : {path} of full path: {origin}{path} is not supported."
        );
        Self::new("500", "Unsupported Operation", detail)
    }

    /// An operation that the entity does not have.
    pub(crate) fn unsupported_operation(operation: &str) -> Self {
        let detail = format!("Operation {operation} is not supported.");
        Self::new("500", "Unsupported Operation", detail)
    }

    pub(crate) fn changes_too_old(since: &str) -> Self {
        let detail = format!(
            "Operation cdc with changedSince date {since} which is older than fixed days is not supported."
        );
        Self::new("500", "Unsupported Operation", detail)
    }

    /// The company may be read, but not written to any more.
    pub(crate) fn lapsed() -> Self {
        let detail = "Subscription period has ended or canceled or there was a billing problem : \
                      The company's subscription allows no changes.";
        Self::new("6190", "Invalid Company Status", detail)
    }

    pub(crate) fn batch_too_large(largest: u32) -> Self {
        Self::business(&format!("A batch may have at most {largest} items."))
    }

    pub(crate) fn not_found() -> Self {
        let detail = "Object Not Found : Something you're trying to use has been made inactive. \
                      Check the fields with accounts, customers, items, vendors or employees.";
        Self::new("610", "Object Not Found", detail).at("")
    }

    /// `reason` ends the sentence after "Property Name:".
    pub(crate) fn invalid_property(reason: &str) -> Self {
        let detail = format!("Property Name:{reason} specified is unsupported or invalid");
        Self::new(
            "2010",
            "Request has invalid or unsupported property",
            detail,
        )
    }

    /// What someone else has deleted.
    pub(crate) fn deleted() -> Self {
        let detail = "Object Not Found : Another user has deleted this transaction.";
        Self::new("610", "Object Not Found", detail).at("")
    }

    /// A member that a class does not have; `known` are those that it has.
    pub(crate) fn unrecognized(class: &str, name: &str, known: &[&str]) -> Self {
        let listed: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
        Self::invalid_property(&format!(
            "Unrecognized field \"{name}\" (class com.intuit.schema.finance.v3.{class}), not marked as ignorable \
             ({} known properties: {}])\n",
            known.len(),
            listed.join(", "),
        ))
    }

    pub(crate) fn too_long(member: &str, longest: usize) -> Self {
        let detail =
            format!("Length exceeds limit: {member} may have at most {longest} characters.");
        Self::new("2050", "Length exceeds limit", detail).at(member)
    }

    pub(crate) fn illegal_number(member: &str, supplied: &str) -> Self {
        let detail = format!("Illegal number format. Supplied value:{supplied}");
        Self::new("2080", "Illegal number format", detail).at(member)
    }

    pub(crate) fn illegal_date(member: &str, supplied: &str) -> Self {
        let detail = format!("Invalid date. Supplied value:{supplied}");
        Self::new(
            "2010",
            "Request has invalid or unsupported property",
            detail,
        )
        .at(member)
    }

    pub(crate) fn invalid_enumeration(member: &str, supplied: &str) -> Self {
        let detail = format!("Invalid Enumeration : {supplied}");
        Self::new("2170", "Invalid Enumeration", detail).at(member)
    }

    pub(crate) fn invalid_reference() -> Self {
        let detail = "Invalid Reference Id : Something you're trying to use has been made inactive. \
                      Check the fields with accounts, customers, items, vendors or employees.";
        Self::new("2500", "Invalid Reference Id", detail).at("")
    }

    /// `reason` ends the sentence after "Business Validation Error: ".
    pub(crate) fn business(reason: &str) -> Self {
        let message = "A business validation error has occurred while processing your request";
        Self::new(
            "6000",
            message,
            format!("Business Validation Error: {reason}"),
        )
        .at("")
    }

    pub(crate) fn wrong_amount(supplied: &str) -> Self {
        let detail = format!("Amount is not equal to UnitPrice * Qty. Supplied value:{supplied}");
        Self::new(
            "6070",
            "Amount calculation incorrect in the request",
            detail,
        )
        .at("")
    }

    pub(crate) fn duplicate_number(number: &str, kind: &str, id: u64) -> Self {
        let detail = format!(
            "Duplicate Document Number Error : You must specify a different number. This number has already been \
             used. DocNumber={number} is assigned to TxnType={kind} with TxnId={id}"
        );
        Self::new("6140", "Duplicate Document Number Error", detail).at("")
    }

    pub(crate) fn period_closed() -> Self {
        let detail = "The account period has closed and the account books cannot be updated through the QBO Services \
                      API. Please use the QBO website to make these changes.";
        Self::new(
            "6210",
            "Account Period Closed, Cannot Update Through Services API",
            detail,
        )
        .at("")
    }

    pub(crate) fn deposited() -> Self {
        let detail = "Deposited Transaction cannot be changed : If you want to modify or delete this transaction, \
                      please delete the deposit it is associated with and try again.";
        Self::new("6540", "Deposited Transaction cannot be changed", detail).at("")
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = "Required param missing, need to supply the required value for the API";
        let detail = format!("Required parameter {parameter} is missing in the request");
        Self::new("2020", message, detail).at(parameter)
    }

    pub(crate) fn invalid_id(supplied: &str) -> Self {
        let detail = format!("Id should be a valid number. Supplied value:{supplied}");
        Self {
            timed: false,
            ..Self::new("2030", "Invalid ID", detail).at("Id")
        }
    }

    pub(crate) fn query_syntax(reason: &str) -> Self {
        Self::new(
            "4000",
            "Error parsing query",
            format!("QueryParserError: {reason}"),
        )
    }

    pub(crate) fn query_meaning(reason: &str) -> Self {
        Self::new(
            "4001",
            "Invalid query",
            format!("QueryValidationError: {reason}"),
        )
    }

    /// `user` is who connected the company, whom Intuit blames for both changes.
    pub(crate) fn stale(user: &str) -> Self {
        let detail = format!(
            "Stale Object Error : You and {user} were working on this at the same time. \
             {user} finished before you did, so your work was not saved."
        );
        Self::new("5010", "Stale Object Error", detail).at("")
    }

    pub(crate) fn batch_id_too_long(longest: usize) -> Self {
        Self::business(&format!(
            "The bId may have at most {longest} characters in a batch with a requestid."
        ))
    }

    pub(crate) fn request_id_too_long(longest: usize) -> Self {
        Self::business(&format!(
            "The requestid may have at most {longest} characters."
        ))
    }

    /// What should be an address of mail is none.
    pub(crate) fn invalid_mail() -> Self {
        let detail =
            "Invalid Email Address format : Email Address does not conform to the RFC 822 format.";
        Self::new("2210", "Invalid Email Address format", detail)
    }

    pub(crate) fn duplicate_name() -> Self {
        let detail = "The name supplied already exists. : null";
        Self::new("6240", "Duplicate Name Exists Error", detail)
    }

    /// The `Fault` object, as it stands in envelopes of every kind.
    pub(crate) fn envelope(&self) -> Value {
        let mut error = json!({"Message": self.message, "Detail": self.detail, "code": self.code});
        if let Some(element) = &self.element {
            error["element"] = json!(element);
        }
        json!({"Error": [error], "type": "ValidationFault"})
    }

    fn answer(&self, call: &Call, form: FaultForm) -> Answer {
        if form == FaultForm::Gateway {
            let detail = json!(self.detail);
            let body = gateway_body(call, self.message, &detail, self.code, "ValidationFault");
            return answer::plain(StatusCode::BAD_REQUEST, JSON, body);
        }
        let mut body = json!({"Fault": self.envelope()});
        if self.timed {
            body["time"] = json!(envelope_time(call.now));
        }
        let status = match form {
            FaultForm::Success => StatusCode::OK,
            FaultForm::Service | FaultForm::Gateway => StatusCode::BAD_REQUEST,
        };
        answer::service_fault(call, status, JSON, body.to_string())
    }
}

/// What the authentication service says, in XML.
struct XmlFault {
    kind: &'static str,
    code: &'static str,
    message: &'static str,
    detail: &'static str,
}

const WRONG_REALM: XmlFault = XmlFault {
    kind: "AuthenticationFault",
    code: "100",
    message: "General Authentication Error",
    detail: "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401",
};

const WRONG_CLUSTER: XmlFault = XmlFault {
    kind: "AuthenticationFault",
    code: "130",
    message: "Accessing Wrong Cluster",
    detail: "WrongClusterError: -11017-Accessing Wrong Cluster, statusCode: 401",
};

/// The type is spelled as Intuit sends it.
const NO_ACCESS: XmlFault = XmlFault {
    kind: "AuthorizatonFault",
    code: "120",
    message: "Authorization Failure",
    detail: "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online., statusCode: 401",
};

const THROTTLE_DETAIL: &str = "The request limit was reached.  Try again later";

fn unauthenticated(call: &Call, detail: &str, form: DataFormat) -> Answer {
    let status = StatusCode::UNAUTHORIZED;
    let mut answer = match form {
        DataFormat::Json => {
            let message = "message=AuthenticationFailed; errorCode=003200; statusCode=401";
            let body = gateway_body(call, message, &json!(detail), "3200", "AUTHENTICATION");
            answer::plain(status, JSON, body)
        }
        DataFormat::Xml => {
            let message =
                "message=ApplicationAuthenticationFailed; errorCode=003200; statusCode=401";
            let body = xml_body(call, "AUTHENTICATION", "3200", message, "");
            answer::plain(status, XML, body)
        }
    };
    let challenge = r#"Bearer realm="Intuit", error="invalid_token""#;
    answer
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
}

fn not_authorized(call: &Call) -> Answer {
    let message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403";
    let body = gateway_body(call, message, &Value::Null, "3100", "SERVICE");
    answer::plain(StatusCode::FORBIDDEN, JSON, body)
}

fn throttled(call: &Call, settings: &Settings) -> Answer {
    let form = settings.throttle_form;
    let status = match form {
        ThrottleForm::Forbidden => StatusCode::FORBIDDEN,
        ThrottleForm::Json | ThrottleForm::Xml => StatusCode::TOO_MANY_REQUESTS,
    };
    let code = status.as_u16();
    let message = format!("message=ThrottleExceeded; errorCode=003001; statusCode={code}");
    let mut answer = if form == ThrottleForm::Json {
        let detail = json!(THROTTLE_DETAIL);
        let body = gateway_body(call, &message, &detail, "3001", "SERVICE");
        answer::plain(status, JSON, body)
    } else {
        let body = xml_body(call, "SERVICE", "3001", &message, THROTTLE_DETAIL);
        answer::plain(status, XML, body)
    };
    if let Some(seconds) = settings.retry_after {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The gateway sends the whole skeleton of an answer, with the time in milliseconds since 1970.
fn gateway_body(call: &Call, message: &str, detail: &Value, code: &str, kind: &str) -> String {
    let error = json!({"message": message, "detail": detail, "code": code, "element": null});
    json!({
        "warnings": null,
        "intuitObject": null,
        "fault": {"error": [error], "type": kind},
        "report": null,
        "queryResponse": null,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": null,
        "requestId": null,
        "time": call.now.as_millisecond(),
        "status": null,
        "cdcresponse": [],
    })
    .to_string()
}

fn xml_fault(call: &Call, fault: &XmlFault) -> Answer {
    let body = xml_body(call, fault.kind, fault.code, fault.message, fault.detail);
    answer::service_fault(call, StatusCode::UNAUTHORIZED, XML, body)
}

/// All texts are this module's own, without characters that XML would need escaped.
fn xml_body(call: &Call, kind: &str, code: &str, message: &str, detail: &str) -> String {
    let time = envelope_time(call.now);
    let detail = match detail {
        "" => String::new(),
        detail => format!("<Detail>{detail}</Detail>"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <IntuitResponse xmlns=\"http://schema.intuit.com/finance/v3\" time=\"{time}\">\
         <Fault type=\"{kind}\"><Error code=\"{code}\"><Message>{message}</Message>\
         {detail}</Error></Fault></IntuitResponse>"
    )
}
