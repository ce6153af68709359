//! `POST /upload`: files and what is to be known of them, in pairs of parts.
//!
//! `file_content_01` goes with `file_metadata_01`, `_02` with `_02`, and so on; metadata may be missing. Each pair is
//! answered for itself, so that one may fail and the next succeed, all under status 200 as at Intuit.

use hyper::header::CONTENT_TYPE;
use serde_json::json;

use super::File;
use super::multipart::{self, Part};
use crate::api::{self, Service};
use crate::company::{Deed, Writing};
use crate::json::{self, Members};
use crate::lock::hold;
use crate::refusal::ServiceFault;
use crate::schema::Kind;

const CONTENT: &str = "file_content";
const METADATA: &str = "file_metadata";

/// The entity that every upload makes one of.
pub(crate) fn attachable() -> &'static Kind {
    Kind::named("Attachable")
}

/// The `AttachableResponse` of an upload.
pub(crate) fn answer(service: &Service<'_>) -> Result<String, ServiceFault> {
    let content_type = service.call.header(CONTENT_TYPE).unwrap_or_default();
    let parts = multipart::parse(content_type, &service.call.body)
        .ok_or_else(|| ServiceFault::invalid_property("failed to parse multipart form; a part"))?;
    let is_content = |part: &&Part| part.name.starts_with(CONTENT);
    let contents: Vec<&Part> = parts.iter().filter(is_content).collect();
    if contents.is_empty() {
        return Err(ServiceFault::missing("file_content_01"));
    }
    let one = |content: &Part| match attach(service, content, &parts) {
        Ok(attachable) => format!("{{\"Attachable\":{attachable}}}"),
        Err(fault) => json!({"Fault": fault.envelope()}).to_string(),
    };
    let items: Vec<String> = contents.into_iter().map(one).collect();
    Ok(format!("[{}]", items.join(",")))
}

fn attach(service: &Service<'_>, content: &Part, parts: &[Part]) -> Result<String, ServiceFault> {
    let mut metadata = metadata(content, parts)?;
    let said = |member: &str| Some(metadata.get(member)?.as_str()?.to_owned());
    let file_name = said("FileName")
        .or_else(|| content.file_name.clone())
        .unwrap_or_else(|| content.name.clone());
    let content_type = said("ContentType")
        .or_else(|| content.content_type.clone())
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    metadata.insert("FileName".to_owned(), json!(file_name));
    metadata.insert("ContentType".to_owned(), json!(content_type));
    let (call, realm) = (service.call, service.realm);
    let writing = Writing {
        now: call.now,
        allows_duplicate_numbers: false,
    };
    let mut company = service.books_to_change(Some(attachable()));
    let made = json::parsed(&company.write(attachable(), &metadata, &writing)?);
    let id = made.get("Id").map(json::plain).unwrap_or_default();
    let address = {
        let mut files = hold(&service.intuit.files);
        let file = File {
            content_type: content_type.clone(),
            bytes: content.body.clone(),
        };
        files.keep(realm, &id, file);
        files.address(realm, &id, call.now).unwrap_or_default()
    };
    let access = format!("/v3/company/{realm}/download/{id}");
    let of_the_file = Members::from_iter([
        ("FileAccessUri".to_owned(), json!(access)),
        (
            "TempDownloadUri".to_owned(),
            json!(format!("{}{address}", call.origin())),
        ),
        ("Size".to_owned(), json!(content.body.len())),
    ]);
    let number = id.parse().map_err(|_| ServiceFault::invalid_id(&id))?;
    let text = company.set_members(attachable(), number, of_the_file, Deed::Update, call.now)?;
    service.publish(&mut company);
    Ok(text)
}

/// What the client says about a file: the part with the same number, or nothing.
fn metadata(content: &Part, parts: &[Part]) -> Result<Members, ServiceFault> {
    let number = content.name.strip_prefix(CONTENT);
    let twin = parts
        .iter()
        .find(|part| part.name.strip_prefix(METADATA) == number);
    let Some(twin) = twin else {
        return Ok(Members::new());
    };
    api::entity(attachable(), &twin.body)
}
