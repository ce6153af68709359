//! `create`, `update`, `delete`, `void` and `send`: one change, made once.
//!
//! Each is a write with a request id. If its outcome stays unknown the program ends with code 12 and
//! prints the command that goes on with the same id.

mod body;

use evergrant_quickbooks::{
    Client, Entity, EntityKind, Json, Object, Request, RequestId, Value, Write,
};

use super::{confirm, input};
use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report;

/// Stands in a dry run for what only a read would tell.
const AS_READ: &str = "(as read)";

/// Runs `create`.
pub(crate) async fn create(context: &Context, args: &args::Create) -> Result<()> {
    let changes = body::changes(args.entity, &args.members)?;
    let object = content(args.entity, &args.content).await?;
    if object.is_none() && changes.is_empty() {
        return Err(usage("there is nothing to create"));
    }
    let object = body::applied(object.unwrap_or_default(), &changes)?;
    let entity = Entity::new(args.entity, &object.to_json())?;
    let quickbooks = context.quickbooks().await?;
    finish(
        context,
        &quickbooks,
        quickbooks.create(&entity),
        &args.writing,
    )
    .await
}

/// Runs `update`.
pub(crate) async fn update(context: &Context, args: &args::Update) -> Result<()> {
    let (id, members) = body::split(&args.words);
    let changes = body::changes(args.entity, members)?;
    let given = content(args.entity, &args.content).await?;
    if given.is_none() && changes.is_empty() {
        return Err(usage("there is nothing to change"));
    }
    let is_whole = given.is_some() || args.sparse;
    let mut object = given.unwrap_or_default();
    if let Some(id) = id {
        object.set("Id", Value::string(id));
    }
    let quickbooks = context.quickbooks().await?;
    let id = text(&object, "Id");
    let has_id = id.is_some() || !is_by_id(args.entity);
    if !has_id {
        return Err(usage("it takes the id of what to change"));
    }
    let id = id.unwrap_or_default();
    if text(&object, "SyncToken").is_none() {
        let now = current(&quickbooks, args.entity, &id, args.writing.dry_run).await?;
        object = match is_whole {
            true => with_version(object, &now),
            false => now,
        };
    }
    let object = body::applied(object, &changes)?;
    let entity = Entity::new(args.entity, &object.to_json())?;
    let write = match args.sparse {
        true => quickbooks.patch(&entity).reapplying(args.reapply),
        false => quickbooks.update(&entity),
    };
    finish(context, &quickbooks, write, &args.writing).await
}

/// Runs `delete`.
pub(crate) async fn delete(context: &Context, args: &args::Destroy) -> Result<()> {
    remove(context, args, "delete", Client::delete).await
}

/// Runs `void`.
pub(crate) async fn void(context: &Context, args: &args::Destroy) -> Result<()> {
    remove(context, args, "void", Client::void).await
}

/// Runs `send`.
pub(crate) async fn send(context: &Context, args: &args::Send) -> Result<()> {
    let quickbooks = context.quickbooks().await?;
    let write = quickbooks.mail(args.entity, &args.id, args.to.as_deref());
    finish(context, &quickbooks, write, &args.writing).await
}

async fn remove(
    context: &Context,
    args: &args::Destroy,
    verb: &str,
    form: impl Fn(&Client, &Entity) -> Write<Entity>,
) -> Result<()> {
    let mut object = content(args.entity, &args.content)
        .await?
        .unwrap_or_default();
    if let Some(id) = &args.id {
        object.set("Id", Value::string(id));
    }
    let quickbooks = context.quickbooks().await?;
    let stub = Entity::stub(args.entity, "1", "0");
    // What can't be done at all is said before anything is asked.
    form(&quickbooks, &stub).request()?;
    let id =
        text(&object, "Id").ok_or_else(|| usage(&format!("it takes the id of what to {verb}")))?;
    if !args.yes && !args.writing.dry_run {
        confirm::possible(verb)?;
    }
    if text(&object, "SyncToken").is_none() {
        object = current(&quickbooks, args.entity, &id, args.writing.dry_run).await?;
    }
    if !args.yes && !args.writing.dry_run {
        confirm::ask(&format!("{verb} {}?", described(args.entity, &object))).await?;
    }
    let entity = Entity::new(args.entity, &object.to_json())?;
    finish(
        context,
        &quickbooks,
        form(&quickbooks, &entity),
        &args.writing,
    )
    .await
}

/// Sends the write and prints its answer; or prints the request.
async fn finish(
    context: &Context,
    quickbooks: &Client,
    write: Write<Entity>,
    writing: &args::Writing,
) -> Result<()> {
    let write = match &writing.request_id {
        Some(id) => write.with_request_id(id.clone()),
        None => write,
    };
    if writing.dry_run {
        return show(context, quickbooks, &write.request()?);
    }
    let id = write.request_id().clone();
    let underway = Underway::new(&id);
    let answer = write.send().await;
    underway.ended();
    let read = answer?.json().map_err(Failure::from);
    made(&id, read.and_then(|json| context.output().answer(&json)))
}

/// What it is to have made a write, whether its answer could be read and `shown` or not.
pub(super) fn made(id: &RequestId, shown: Result<()>) -> Result<()> {
    shown.map_err(|failure| failure.after_a_write(report::going_on_with(id)))
}

/// A write that has been begun. Dropped before it is over, which a signal does, it says how to go on:
/// its request id was made up here, and nobody else knows it.
pub(super) struct Underway(Option<RequestId>);

impl Underway {
    pub(super) fn new(id: &RequestId) -> Self {
        Self(Some(id.clone()))
    }

    pub(super) fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(id) = &self.0 {
            report::given_up(id);
        }
    }
}

/// Prints a request as it would be sent.
pub(super) fn show(context: &Context, quickbooks: &Client, request: &Request) -> Result<()> {
    let url = quickbooks.url_of(request)?;
    let output = context.output();
    output.line(&format!("{} {url}", request.method()))?;
    if let Some(content_type) = request.content_type() {
        output.line(&format!(
            "content-type: {}",
            content_type.to_str().unwrap_or_default()
        ))?;
    }
    match (request.body(), Json::parse(request.body())) {
        ([], _) => Ok(()),
        (_, Ok(json)) => output.line(&format!("\n{}", json.pretty())),
        (body, Err(_)) => output.raw(body),
    }
}

/// The object in a file, out of its envelope.
async fn content(kind: EntityKind, content: &args::Content) -> Result<Option<Object>> {
    let Some(file) = &content.file else {
        return Ok(None);
    };
    let text = input::read(file.clone()).await?;
    let bad = |why: String| {
        let what = format!("{} holds no {kind}: {why}", file.display());
        Failure::new(
            Exit::Usage,
            what,
            "nothing was sent: write one JSON object there",
        )
    };
    let json = Json::parse(&text).map_err(|error| bad(error.to_string()))?;
    let entity = Entity::new(kind, &json).map_err(|error| bad(error.to_string()))?;
    let object = Object::parse(entity.json()).map_err(|error| bad(error.to_string()))?;
    Ok(Some(object))
}

/// The object as it is now; in a dry run, which sends nothing, a stand-in for it.
async fn current(quickbooks: &Client, kind: EntityKind, id: &str, dry_run: bool) -> Result<Object> {
    if dry_run {
        let stub = Entity::stub(kind, id, AS_READ);
        return Object::parse(stub.json()).map_err(|error| usage(&error.to_string()));
    }
    let entity = quickbooks.read_entity(kind, id).await?;
    Object::parse(entity.json()).map_err(|error| usage(&error.to_string()))
}

/// The members that are given, for the version that is there now.
fn with_version(mut object: Object, now: &Object) -> Object {
    for name in ["Id", "SyncToken"] {
        if let Some(value) = now.get(name) {
            object.set(name, value.clone());
        }
    }
    object
}

/// What a human recognises an object by.
fn described(kind: EntityKind, object: &Object) -> String {
    let mut words = vec![format!("{kind} {}", text(object, "Id").unwrap_or_default())];
    for path in [
        "DocNumber",
        "DisplayName",
        "Name",
        "TxnDate",
        "CustomerRef.name",
        "VendorRef.name",
        "TotalAmt",
    ] {
        let found = path.parse().ok().and_then(|path| object.at(&path));
        words.extend(found.map(|value| value.bare()));
    }
    words.join(", ")
}

fn text(object: &Object, name: &str) -> Option<String> {
    let text = object.get(name)?.as_string()?;
    (!text.is_empty()).then(|| text.into_owned())
}

/// Whether objects of the kind are told apart by an id.
fn is_by_id(kind: EntityKind) -> bool {
    !matches!(
        kind,
        EntityKind::Preferences | EntityKind::CompanyInfo | EntityKind::ExchangeRate
    )
}

fn usage(what: &str) -> Failure {
    Failure::new(Exit::Usage, what, "see --help for examples")
}
