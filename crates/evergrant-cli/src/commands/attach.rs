//! `attach`: files at objects.

use std::path::Path;

use evergrant_quickbooks::{EntityKind, Query, Upload};

use super::{cdc, file, input, list, write};
use crate::args::{self, Attaching, Place};
use crate::context::Context;
use crate::failure::Result;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Attach) -> Result<()> {
    match &args.action {
        Attaching::Add(args) => add(context, args).await,
        Attaching::List { of } => {
            let rows = context.output().rows();
            list::write_all(context, &attached(of.as_ref()), rows).await?;
            Ok(())
        }
        Attaching::Get { id, file } => {
            file::check(file.as_deref(), "an attachment")?;
            let bytes = context.quickbooks().await?.download(id).await?;
            file::put(context, file.as_deref(), &bytes)
        }
    }
}

async fn add(context: &Context, args: &args::AttachAdd) -> Result<()> {
    let bytes = input::read(args.file.clone()).await?;
    let name = args
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let content_type = args
        .content_type
        .clone()
        .unwrap_or_else(|| content_type(&args.file).to_owned());
    let to = args.to.iter().map(|place| (place.kind, place.id.clone()));
    let upload = Upload {
        attach_to: to.collect(),
        note: args.note.clone(),
        include_on_send: args.include_on_send,
        ..Upload::new(name.unwrap_or_default(), content_type, bytes)
    };
    let quickbooks = context.quickbooks().await?;
    let mut write = quickbooks.upload(&upload);
    if let Some(id) = &args.writing.request_id {
        write = write.with_request_id(id.clone());
    }
    if args.writing.dry_run {
        return write::show(context, &quickbooks, &write.request()?);
    }
    let id = write.request_id().clone();
    let underway = write::Underway::new(&id);
    let made = write.await;
    underway.ended();
    write::made(&id, context.output().answer(&cdc::wrapped(&made?)))
}

/// The attachments, or those of one object.
fn attached(of: Option<&Place>) -> Query {
    let query = Query::of(EntityKind::Attachable);
    let Some(Place { kind, id }) = of else {
        return query;
    };
    let id = id.replace('\\', "\\\\").replace('\'', "\\'");
    query
        .and_where(format!("AttachableRef.EntityRef.Type = '{kind}'"))
        .and_where(format!("AttachableRef.EntityRef.value = '{id}'"))
}

/// The type of a file by the end of its name.
fn content_type(file: &Path) -> &'static str {
    let ending = file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "tif" | "tiff" => "image/tiff",
        "csv" => "text/csv",
        "txt" => "text/plain",
        "xml" => "text/xml",
        "html" | "htm" => "text/html",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_of_an_object_are_asked_for_by_its_kind_and_id() {
        let place = Place {
            kind: EntityKind::Invoice,
            id: "1'3".to_owned(),
        };
        let query = attached(Some(&place)).to_string();
        assert!(
            query.contains("AttachableRef.EntityRef.Type = 'Invoice'"),
            "{query}"
        );
        assert!(
            query.contains("AttachableRef.EntityRef.value = '1\\'3'"),
            "{query}"
        );
        assert_eq!(content_type(Path::new("a/RECEIPT.PNG")), "image/png");
        assert_eq!(content_type(Path::new("x")), "application/octet-stream");
    }
}
