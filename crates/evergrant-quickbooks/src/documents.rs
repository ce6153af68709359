//! Files: transactions as PDF, attachments up and down.
//!
//! An attachment's content is not at the API but at an address that is good for a quarter of an
//! hour and wants no bearer; so it is fetched without one.

use std::fmt;

use bytes::Bytes;
use http::Method;
use http::header::HeaderValue;
use url::Url;

use crate::json::{elements, member};
use crate::write::form;
use crate::{
    Client, Entity, EntityKind, Error, Fault, Json, Object, Operation, Request, RequestId,
    Response, Result, Value, Write,
};

/// The longest file that is taken in: what an upload may have.
const LONGEST_FILE: usize = 100 * 1024 * 1024;

/// A file to attach.
#[derive(Clone)]
pub struct Upload {
    /// Its name, as users will see it.
    pub file_name: String,
    /// Its type: `image/png`.
    pub content_type: String,
    /// Its bytes; with all that goes with them 100 MB at most.
    pub bytes: Bytes,
    /// The objects that it is attached to, by kind and id.
    pub attach_to: Vec<(EntityKind, String)>,
    /// A note to go with it.
    pub note: Option<String>,
    /// Whether it goes along when the object is mailed.
    pub include_on_send: bool,
}

impl Upload {
    /// A file that is attached to nothing yet.
    pub fn new(
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self {
            file_name: file_name.into(),
            content_type: content_type.into(),
            bytes: bytes.into(),
            attach_to: Vec::new(),
            note: None,
            include_on_send: false,
        }
    }

    /// What QuickBooks is told of the file.
    fn metadata(&self) -> Object {
        let mut object = Object::new();
        if !self.attach_to.is_empty() {
            let references = self
                .attach_to
                .iter()
                .map(|(kind, id)| self.reference(*kind, id));
            object.set("AttachableRef", Value::Array(references.collect()));
        }
        object.set("FileName", Value::string(&self.file_name));
        object.set("ContentType", Value::string(&self.content_type));
        if let Some(note) = &self.note {
            object.set("Note", Value::string(note));
        }
        object
    }

    fn reference(&self, kind: EntityKind, id: &str) -> Value {
        let mut entity = Object::new();
        entity.set("type", Value::string(kind.name()));
        entity.set("value", Value::string(id));
        let mut reference = Object::new();
        reference.set("EntityRef", Value::Object(entity));
        reference.set("IncludeOnSend", Value::bool(self.include_on_send));
        Value::Object(reference)
    }
}

impl Client {
    /// A transaction as PDF.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if the kind is not rendered,
    /// [`Unexpected`](crate::ErrorKind::Unexpected) if no PDF came, and whatever
    /// [`send`](Self::send) fails with.
    pub async fn pdf(&self, kind: EntityKind, id: &str) -> Result<Bytes> {
        form::allow(kind, Operation::Pdf)?;
        let path = format!("{}/{}/pdf", kind.path(), form::segment(kind, id)?);
        let pdf = HeaderValue::from_static("application/pdf");
        let answer = self.send(Request::get(path).with_accept(pdf)).await?;
        if !answer.body.starts_with(b"%PDF") {
            return Err(answer.unexpected("no PDF in it"));
        }
        Ok(answer.body)
    }

    /// Uploads a file and attaches it. The answer is the `Attachable`.
    pub fn upload(&self, upload: &Upload) -> Write<Entity> {
        self.write(multipart(upload), uploaded)
    }

    /// Where the content of an attachment is to be had for the next quarter of an hour.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none with this id; whatever
    /// [`send`](Self::send) fails with.
    pub async fn download_url(&self, id: &str) -> Result<Url> {
        let path = format!("download/{}", form::segment(EntityKind::Attachable, id)?);
        let any = HeaderValue::from_static("text/plain, */*");
        let answer = self.send(Request::get(path).with_accept(any)).await?;
        let text = String::from_utf8_lossy(&answer.body);
        let url = Url::parse(text.trim().trim_matches('"'));
        url.map_err(|_| answer.unexpected("no address in it"))
    }

    /// The content of an attachment.
    ///
    /// # Errors
    /// As [`download_url`](Self::download_url); and if what is at that address can't be had.
    pub async fn download(&self, id: &str) -> Result<Bytes> {
        let url = self.download_url(id).await?;
        self.fetch(url, LONGEST_FILE).await
    }
}

/// The form that carries a file: what it is, then its bytes.
fn multipart(upload: &Upload) -> Result<Request> {
    let content_type: Result<HeaderValue, _> = upload.content_type.parse();
    if content_type.is_err() || upload.file_name.contains(char::is_control) {
        return Err(Error::unsendable(
            "a file's name or type has characters that can't be sent",
        ));
    }
    let boundary = RequestId::random();
    let name = upload.file_name.replace('\\', "%5C").replace('"', "%22");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file_metadata_01\"; filename=\"attachment.json\"\r\n\
         Content-Type: application/json; charset=UTF-8\r\n\r\n{}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file_content_01\"; filename=\"{name}\"\r\n\
         Content-Type: {}\r\n\r\n",
        upload.metadata(),
        upload.content_type,
    );
    let foot = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), &upload.bytes, foot.as_bytes()].concat();
    let form = format!("multipart/form-data; boundary={boundary}").parse();
    let form = form.map_err(|_| Error::unsendable("no boundary could be written"))?;
    Ok(Request::new(Method::POST, "upload").with_body(form, body))
}

/// The one attachable of an answer, which may hold a fault in its place.
fn uploaded(answer: &Response) -> Result<Entity> {
    let json = answer.json()?;
    let list = member(json.raw(), "AttachableResponse").and_then(elements);
    let first = list.and_then(|list| list.into_iter().next());
    let first = first.ok_or_else(|| answer.unexpected("no AttachableResponse in it"))?;
    if Fault::parse(first.get().as_bytes()).is_some() {
        return Err(Error::answered(answer.part(&Json::from(first))));
    }
    let kind = EntityKind::Attachable;
    let found = member(first, kind.member());
    let found = found.ok_or_else(|| answer.unexpected("no Attachable in it"))?;
    Ok(Entity::found(kind.member().to_owned(), found.into()))
}

/// Shows what it is, not what is in it.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .field("attach_to", &self.attach_to)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::response::tests::response;

    #[test]
    fn a_file_goes_with_what_it_is() {
        let mut upload = Upload::new("a \"b\".txt", "text/plain", "content");
        upload
            .attach_to
            .push((EntityKind::Invoice, "95".to_owned()));
        upload.note = Some("seen".to_owned());
        let request = multipart(&upload).unwrap();
        let body = std::str::from_utf8(request.body()).unwrap();
        let boundary = request.content_type().unwrap().to_str().unwrap();
        let (_, boundary) = boundary.split_once("boundary=").unwrap();
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4);
        assert!(parts[1].ends_with(
            "\r\n\r\n{\"AttachableRef\":[{\"EntityRef\":{\"type\":\"Invoice\",\"value\":\"95\"},\"IncludeOnSend\":false}],\"FileName\":\"a \\\"b\\\".txt\",\"ContentType\":\"text/plain\",\"Note\":\"seen\"}\r\n"
        ));
        assert!(
            parts[2].contains(
                "filename=\"a %22b%22.txt\"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n"
            )
        );
        assert_eq!(parts[3], "--\r\n");
        upload.file_name = "a\r\nX: y".to_owned();
        assert_eq!(
            multipart(&upload).unwrap_err().kind(),
            ErrorKind::Unsendable
        );
    }

    #[test]
    fn a_fault_under_a_success_is_one() {
        let fault = r#"{"AttachableResponse":[{"Fault":{"Error":[{"Message":"A business validation error has occurred while processing your request","Detail":"Business Validation Error: x","code":"6000","element":""}],"type":"ValidationFault"}}],"time":"x"}"#;
        let error = uploaded(&response(fault)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.fault().unwrap().has(6000));
        let whole = r#"{"AttachableResponse":[{"Attachable":{"Id":"5000000000000503624"}}]}"#;
        assert_eq!(
            uploaded(&response(whole)).unwrap().id().unwrap(),
            "5000000000000503624"
        );
        assert!(uploaded(&response("{}")).is_err());
    }
}
