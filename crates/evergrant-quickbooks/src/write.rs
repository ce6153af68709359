//! Changes to the books, each made once.
//!
//! A [`Write`] is made first and sent when it is awaited. With it comes its [`RequestId`], under
//! which it is asked for as often as it takes to learn its outcome; so whoever notes the id before
//! awaiting can go on after a crash. The forms that QuickBooks wants for each operation are in
//! `form`.

pub(crate) mod form;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use crate::pace::Lane;
use crate::{
    Client, Entity, EntityKind, Error, ErrorKind, Record, Request, RequestId, Response, Result,
};

/// A change that has not been sent yet. Awaiting it sends it.
#[must_use = "nothing is written before it is awaited"]
#[derive(Clone)]
pub struct Write<T> {
    client: Client,
    request: Arc<Result<Request>>,
    id: RequestId,
    read: Arc<Reader<T>>,
    /// What is to be applied to a newer version of the object, and how often.
    reapply: Option<(Entity, u32)>,
}

/// What makes the result of an answer.
type Reader<T> = dyn Fn(&Response) -> Result<T> + Send + Sync;

impl Client {
    /// Makes a new object. The answer is the object as QuickBooks has completed it.
    pub fn create<R: Record>(&self, record: &R) -> Write<R> {
        self.writing(record, form::create)
    }

    /// Replaces an object: members that are left out are cleared. It needs `Id` and `SyncToken`.
    pub fn update<R: Record>(&self, record: &R) -> Write<R> {
        self.writing(record, form::update)
    }

    /// Changes the members that are given and leaves the others ("sparse update"). It needs `Id`
    /// and `SyncToken`. Lines can't be changed one by one: if they are given, they are all of them.
    pub fn patch<R: Record>(&self, record: &R) -> Write<R> {
        let mut write = self.writing(record, form::patch);
        write.reapply = Some((record.entity(), 0));
        write
    }

    /// Deletes a transaction. It needs `Id` and `SyncToken`; names in lists are
    /// [deactivated](Self::deactivate) instead. The answer says `"status": "Deleted"`.
    pub fn delete<R: Record>(&self, record: &R) -> Write<R> {
        self.writing(record, form::delete)
    }

    /// Keeps a transaction with all its amounts at zero. It needs `Id` and `SyncToken`.
    pub fn void<R: Record>(&self, record: &R) -> Write<R> {
        self.writing(record, form::void)
    }

    /// Hides a name from its list. It needs `Id` and `SyncToken`. QuickBooks marks its
    /// `DisplayName` as deleted.
    pub fn deactivate<R: Record>(&self, record: &R) -> Write<R> {
        self.writing(record, form::deactivate)
    }

    /// Mails a transaction to its customer or vendor, or to the address `to`.
    pub fn mail(&self, kind: EntityKind, id: &str, to: Option<&str>) -> Write<Entity> {
        self.write(form::mail(kind, id, to), move |answer| answer.entity(kind))
    }

    fn writing<R: Record>(
        &self,
        record: &R,
        form: fn(EntityKind, &Entity) -> Result<Request>,
    ) -> Write<R> {
        let entity = record.entity();
        let kind = entity.kind().ok_or_else(|| {
            Error::unsendable(format!("{} is no kind of entity known here", entity.name()))
        });
        match kind {
            Ok(kind) => self.write(form(kind, &entity), move |answer| {
                R::from_entity(answer.entity(kind)?)
            }),
            Err(error) => self.write(Err(error), |answer| Err(answer.unexpected("no known kind"))),
        }
    }

    pub(crate) fn write<T>(
        &self,
        request: Result<Request>,
        read: impl Fn(&Response) -> Result<T> + Send + Sync + 'static,
    ) -> Write<T> {
        Write {
            client: self.clone(),
            request: Arc::new(request),
            id: RequestId::random(),
            read: Arc::new(read),
            reapply: None,
        }
    }
}

impl<T> Write<T> {
    /// The id under which it will be sent.
    pub fn request_id(&self) -> &RequestId {
        &self.id
    }

    /// The same under another id: one that an error named, or that was noted before a crash.
    pub fn with_request_id(mut self, id: RequestId) -> Self {
        self.id = id;
        self
    }

    /// The same with one more query parameter, such as `include=allowduplicatedocnum`.
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        if let Ok(request) = self.request.as_ref() {
            self.request = Arc::new(Ok(request.clone().with_query(name, value)));
        }
        self
    }

    /// For a [`patch`](Client::patch): if somebody else has changed the object since it was read,
    /// reads it again and applies the same members to what is there now, at most so often.
    pub fn reapplying(mut self, times: u32) -> Self {
        self.reapply = self.reapply.map(|(entity, _)| (entity, times));
        self
    }

    /// The request as it would be sent.
    ///
    /// # Errors
    /// What [`send`](Self::send) would refuse: [`ErrorKind::Unsendable`] if the kind knows no such
    /// operation, or a member that it takes is missing.
    pub fn request(&self) -> Result<Request> {
        match self.request.as_ref() {
            Ok(request) if request.lane() == Lane::Batch && self.id.is_too_long_for_batch() => Err(
                Error::unsendable(format!("{} is too long an id for a batch", self.id)),
            ),
            Ok(request) => Ok(request.clone().with_request_id(&self.id)),
            Err(error) => Err(Error::unsendable(error.to_string())),
        }
    }

    /// Sends it, and returns the whole of the answer.
    ///
    /// # Errors
    /// - [`ErrorKind::Unsendable`]: nothing was sent;
    /// - [`ErrorKind::Stale`]: somebody else has changed the object; nothing was written;
    /// - [`ErrorKind::OutcomeUnknown`]: no answer was to be had, and
    ///   [`Error::request_id`] is the id to go on with;
    /// - whatever else [`Client::send`] fails with.
    pub async fn send(self) -> Result<Response> {
        let mut request = self.request()?;
        let mut round = 0;
        loop {
            let error = match self.client.send(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let Some((change, times)) = &self.reapply else {
                return Err(error);
            };
            if error.kind() != ErrorKind::Stale || round >= *times {
                return Err(error);
            }
            round += 1;
            request = self.reapplied(change, round).await?;
        }
    }

    /// The same change to what is there now. It is another request, so it has another id.
    async fn reapplied(&self, change: &Entity, round: u32) -> Result<Request> {
        let (kind, id) = change.kind().zip(change.id()).ok_or_else(|| {
            Error::unsendable("a change can be applied again only to an object with an id")
        })?;
        let now = self.client.read_entity(kind, &id).await?;
        let token = now.sync_token().unwrap_or_default();
        let request = form::patch(kind, &form::with_sync_token(change, &token)?)?;
        Ok(request.with_request_id(&self.id.derived(round)))
    }
}

impl<T: Send + 'static> IntoFuture for Write<T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (read, id) = (Arc::clone(&self.read), self.id.clone());
            let response = self.send().await?;
            read(&response).map_err(|error| error.with_request_id(id))
        })
    }
}

impl<T> fmt::Debug for Write<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write")
            .field("id", &self.id)
            .field("is_sendable", &self.request.is_ok())
            .finish_non_exhaustive()
    }
}
