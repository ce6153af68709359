//! What the API makes of objects besides JSON: pdf, mail, files.

use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::api::Service;
use crate::attachment::upload::{self, attachable};
use crate::book::{Deed, LoggedRequest};
use crate::call::Call;
use crate::intuit::Intuit;
use crate::json::{self, Members};
use crate::lock::hold;
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::record_time;
use crate::{company, pdf};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=utf-8");
const PDF: HeaderValue = HeaderValue::from_static("application/pdf");

/// The entities that go to customers and vendors on paper or by mail.
const FORMS: [&str; 7] = [
    "CreditMemo",
    "Estimate",
    "Invoice",
    "Payment",
    "PurchaseOrder",
    "RefundReceipt",
    "SalesReceipt",
];

/// Answers if the request, by what follows the realm in its path, is about a document.
pub(crate) fn answer(
    service: &Service<'_>,
    segments: &[&str],
    entry: &mut LoggedRequest,
) -> Option<Result<Answer, ServiceFault>> {
    let (answer, deed) = match (&service.call.method, segments) {
        (&Method::POST, ["upload"]) => (upload(service), Deed::Write),
        (&Method::GET, ["download", id]) => (download(service, id), Deed::Read),
        (&Method::GET, ["attachable", id]) => (read_attachable(service, id), Deed::Read),
        (&Method::GET, [path, id, "pdf"]) => (print(service, path, id), Deed::Read),
        (&Method::POST, [path, id, "send"]) => (send(service, path, id), Deed::Write),
        _ => return None,
    };
    if answer.is_ok() {
        entry.deed = deed;
    }
    Some(answer)
}

/// The file behind an address that was given out; it needs no token.
pub(crate) fn file(intuit: &Intuit, call: &Call) -> Answer {
    let made = call.query("made").and_then(|made| made.parse().ok());
    let signature = call.query("signature").unwrap_or_default();
    let found = made.and_then(|made| {
        let files = hold(&intuit.files);
        files.fetch(call.path(), made, &signature, call.now)
    });
    match found {
        Some(file) => answer::plain(StatusCode::OK, answer::text(&file.content_type), file.bytes),
        None => answer::error_page(StatusCode::FORBIDDEN),
    }
}

fn upload(service: &Service<'_>) -> Result<Answer, ServiceFault> {
    let items = upload::answer(service)?;
    Ok(enveloped(service, "AttachableResponse", &items))
}

/// The address of a file, as bare text.
fn download(service: &Service<'_>, id: &str) -> Result<Answer, ServiceFault> {
    let url = address(service, id).ok_or_else(ServiceFault::not_found)?;
    Ok(answer::plain(StatusCode::OK, TEXT, url))
}

/// With an address of its file that is good from now on.
fn read_attachable(service: &Service<'_>, id: &str) -> Result<Answer, ServiceFault> {
    let text = service.books(Some(attachable())).read(attachable(), id)?;
    let Some(url) = address(service, id) else {
        return Ok(enveloped(service, "Attachable", &text));
    };
    let mut object = json::parsed(&text);
    object.insert("TempDownloadUri".to_owned(), json!(url));
    Ok(enveloped(service, "Attachable", &json::text(&object)))
}

/// Where an attachment's file can be fetched from now on.
fn address(service: &Service<'_>, id: &str) -> Option<String> {
    let files = hold(&service.intuit.files);
    let address = files.address(service.realm, id, service.call.now)?;
    Some(format!("{}{address}", service.call.origin()))
}

fn print(service: &Service<'_>, path: &str, id: &str) -> Result<Answer, ServiceFault> {
    let kind = form(service, path)?;
    let company = service.books(Some(kind));
    let object = Value::Object(json::parsed(&company.read(kind, id)?));
    let document = pdf::render(&company.name().unwrap_or_default(), kind.name, &object);
    let mut answer = answer::plain(StatusCode::OK, PDF, document);
    let file_name = format!("attachment; filename={}_{id}.pdf", kind.name);
    answer
        .headers_mut()
        .insert(CONTENT_DISPOSITION, answer::text(&file_name));
    Ok(answer)
}

/// Mails nothing, but the object says that it was mailed.
fn send(service: &Service<'_>, path: &str, id: &str) -> Result<Answer, ServiceFault> {
    let (kind, call) = (form(service, path)?, service.call);
    let mut company = service.books_to_change(Some(kind));
    let object = Value::Object(json::parsed(&company.read(kind, id)?));
    let own = object["BillEmail"]["Address"].as_str().map(str::to_owned);
    let address = call.query("sendTo").filter(|to| !to.is_empty()).or(own);
    let address = address.ok_or_else(|| ServiceFault::missing("BillEmail"))?;
    if !looks_like_mail(&address) {
        return Err(ServiceFault::invalid_mail());
    }
    let delivery = json!({"DeliveryType": "Email", "DeliveryTime": record_time(call.now)});
    let sent = Members::from_iter([
        ("EmailStatus".to_owned(), json!("EmailSent")),
        ("BillEmail".to_owned(), json!({"Address": address})),
        ("DeliveryInfo".to_owned(), delivery),
    ]);
    let number = id.parse().map_err(|_| ServiceFault::invalid_id(id))?;
    let text = company.set_members(kind, number, sent, company::Deed::Emailed, call.now)?;
    service.publish(&mut company);
    Ok(enveloped(service, kind.name, &text))
}

fn form(service: &Service<'_>, path: &str) -> Result<&'static Kind, ServiceFault> {
    let kind = service.kind(path)?;
    if FORMS.contains(&kind.name) {
        return Ok(kind);
    }
    Err(ServiceFault::unsupported_path(service.call))
}

fn looks_like_mail(address: &str) -> bool {
    let parts = address.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !address.contains(char::is_whitespace)
    })
}

fn enveloped(service: &Service<'_>, name: &str, content: &str) -> Answer {
    answer::service_success(service.call, service.enveloped(name, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        assert!(looks_like_mail("rowan@larkspur.example"));
        for other in ["", "rowan", "@x.example", "rowan@", "a b@x.example"] {
            assert!(!looks_like_mail(other), "{other}");
        }
    }
}
