//! Token files.
use std::path::PathBuf;
use crate::ConnectionId;
/// One token file of a [`FileStore`].
#[derive(Debug, Clone)]
pub struct TokenFile {
    /// Where it is.
    pub path: PathBuf,
    /// The provider by name.
    pub provider: String,
    /// The realm, if known; a `realmId` member of the file is used otherwise.
    pub realm: Option<String>,
}
/// Keeps each connection in a token file of its own.
#[derive(Debug, Default)]
pub struct FileStore {}
impl FileStore {
    /// An empty store.
    pub fn new() -> Self { Self {} }
    /// Adds a connection kept in this file, adopted where it is.
    #[must_use]
    pub fn with(self, _id: ConnectionId, _file: TokenFile) -> Self { todo!() }
}
impl crate::Store for FileStore {
    fn list(&self) -> crate::store::BoxFuture<'_, crate::Result<Vec<ConnectionId>>> { todo!() }
    fn load<'a>(&'a self, _id: &'a ConnectionId) -> crate::store::BoxFuture<'a, crate::Result<Option<crate::Connection>>> { todo!() }
    fn lease<'a>(&'a self, _id: &'a ConnectionId, _wait: std::time::Duration) -> crate::store::BoxFuture<'a, crate::Result<crate::store::Lease>> { todo!() }
    fn record<'a>(&'a self, _lease: &'a crate::store::Lease, _attempt: &'a crate::Attempt) -> crate::store::BoxFuture<'a, crate::Result<()>> { todo!() }
    fn save<'a>(&'a self, _lease: &'a crate::store::Lease, _new: &'a crate::Connection, _replaces: crate::Generation) -> crate::store::BoxFuture<'a, crate::Result<()>> { todo!() }
    fn place(&self, _id: &ConnectionId) -> String { todo!() }
}
