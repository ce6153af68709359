//! What a database must offer so that leases which run out, and a fence, can be made of it.

use std::fmt::Debug;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::store::record::Row;
use crate::{BoxFuture, ConnectionId, Fingerprint, Result};

/// The rows of a database that many hosts share: one a connection, which is its lease too. What a method
/// does takes effect whole or not at all; it may though it says that it failed, and even twice.
pub(crate) trait Rows: Debug + Send + Sync + 'static {
    /// Takes the lease for `life`, by the database's own clock, if nobody has it, if `owner` has it, or
    /// if it has run out; not before `grace` is over, too, if its holder was about to spend. The row
    /// is made if there is none. `None` if it can't be had.
    fn take<'a>(
        &'a self,
        id: &'a ConnectionId,
        owner: &'a str,
        life: Duration,
        grace: Duration,
    ) -> BoxFuture<'a, Result<Option<Taken>>>;

    /// Lets the lease last for `life` from now on, as long as nobody else has taken it, even if it
    /// has run out; whether that was so.
    fn renew<'a>(&'a self, fence: Fence<'a>, life: Duration) -> BoxFuture<'a, Result<bool>>;

    /// Gives the lease back, if it is still ours.
    fn give_back<'a>(&'a self, fence: Fence<'a>) -> BoxFuture<'a, Result<()>>;

    /// Reads a row; `None` if there is none.
    fn read<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Kept>>>;

    /// Writes the row durably, if the lease is still ours and the row still as it was read; whether
    /// that was so.
    fn write<'a>(&'a self, fence: Fence<'a>, write: Write) -> BoxFuture<'a, Result<bool>>;

    /// Writes access and refresh token in another form, under the same conditions.
    fn rewrite<'a>(
        &'a self,
        fence: Fence<'a>,
        tokens: [Option<&'a str>; 2],
        version: i64,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Writes the document alone, without a lease, if the row is still of `version`; whether it was.
    fn note_accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        document: &'a str,
        version: i64,
    ) -> BoxFuture<'a, Result<bool>>;

    /// The time since this machine was started, its sleep included; where nobody can tell, since
    /// some other moment.
    fn moment(&self) -> Duration;
}

/// Whose lease a write relies on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fence<'a> {
    pub(crate) id: &'a ConnectionId,
    pub(crate) owner: &'a str,
    pub(crate) epoch: i64,
}

/// A lease that was taken, with what is in its row.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) epoch: i64,
    pub(crate) kept: Kept,
}

/// What is in a row.
#[derive(Debug)]
pub(crate) struct Kept {
    /// `None` before it was first written.
    pub(crate) row: Option<Row>,
    /// Counts its writes.
    pub(crate) version: i64,
}

/// What is to be in a row, and what it adds to the row's neighbours.
pub(crate) struct Write {
    pub(crate) provider: String,
    pub(crate) realm: Option<String>,
    pub(crate) access: Option<Zeroizing<String>>,
    pub(crate) refresh: Option<Zeroizing<String>>,
    pub(crate) document: String,
    pub(crate) generation: i64,
    /// The holder is about to spend the refresh token.
    pub(crate) is_spending: bool,
    /// The tokens are still those that a backup has brought.
    pub(crate) is_restored: bool,
    /// The version and the generation that it replaces.
    pub(crate) version: i64,
    pub(crate) replaced: i64,
    /// For the ledger, and what is not in it any more.
    pub(crate) spent: Vec<Fingerprint>,
    pub(crate) held: Option<Fingerprint>,
    /// A line of the story, and whether old ones are thrown away.
    pub(crate) line: String,
    pub(crate) is_trimming: bool,
}
