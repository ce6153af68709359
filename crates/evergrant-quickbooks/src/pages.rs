//! All the rows of a query, a page at a time, none lost and none twice.
//!
//! Pages by position shift when rows are inserted or deleted between two of them. So rows are asked
//! for in the order in which they were made, which never changes, and each page begins where the
//! last one ended in time instead of in number; what is deleted shifts nothing, and what is new
//! comes at the end. Which statement comes next is decided by `cursor`, which is pure; this fetches
//! the next page while the last one is being used.

mod cursor;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::{Client, Entity, ErrorKind, Query, Record, Request, Result};
use cursor::Cursor;

/// Some of a query's rows.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The rows that have not come before.
    pub rows: Vec<Entity>,
}

/// The pages of a query. The next one is fetched while the last one is being used.
pub struct Pages {
    pages: mpsc::Receiver<Result<Page>>,
    task: AbortHandle,
}

/// The rows of a query, one after the other. It is a [`Stream`].
pub struct Rows<R> {
    pages: Pages,
    page: VecDeque<Entity>,
    record: std::marker::PhantomData<fn() -> R>,
}

impl Client {
    /// All rows of `query`. Without an order of its own they come in the order in which they were
    /// made, and then nothing that happens to the books meanwhile loses or repeats one. With an
    /// order, a start position or a choice of members, pages are found by position: they overlap,
    /// rows that come again are left out, and a page that does not join the last one is looked for
    /// further back.
    ///
    /// Must be called within a tokio runtime.
    pub fn rows<R: Record>(&self, query: &Query) -> Rows<R> {
        Rows {
            pages: self.pages(query),
            page: VecDeque::new(),
            record: std::marker::PhantomData,
        }
    }

    /// The same, a page at a time.
    ///
    /// Must be called within a tokio runtime.
    pub fn pages(&self, query: &Query) -> Pages {
        let (sender, pages) = mpsc::channel(1);
        let fetching = fetch(self.clone(), Cursor::new(query.clone()), sender);
        let task = tokio::spawn(fetching).abort_handle();
        Pages { pages, task }
    }

    /// How many rows `query` has.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn count(&self, query: &Query) -> Result<u64> {
        let response = self.send(Request::select(query.counting())).await?;
        let count = response.rows()?.total_count;
        count.ok_or_else(|| response.unexpected("no totalCount in it"))
    }
}

async fn fetch(client: Client, mut cursor: Cursor, pages: mpsc::Sender<Result<Page>>) {
    while let Some(statement) = cursor.statement() {
        let answer = client.query(&statement).await;
        let page = match answer {
            Ok(answer) => Ok(Page {
                rows: cursor.advance(answer.entities),
            }),
            Err(error) if error.kind() == ErrorKind::Invalid && cursor.lose_order() => continue,
            Err(error) => Err(error),
        };
        let is_over = page.is_err();
        let is_empty = page.as_ref().is_ok_and(|page| page.rows.is_empty());
        if !is_empty && pages.send(page).await.is_err() || is_over {
            return;
        }
    }
}

impl Pages {
    /// The next page; `None` at the end. After an error there are no more.
    pub async fn next(&mut self) -> Option<Result<Page>> {
        self.pages.recv().await
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<R: Record> Rows<R> {
    /// The next row; `None` at the end. After an error there are no more.
    pub async fn next(&mut self) -> Option<Result<R>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        loop {
            if let Some(row) = self.page.pop_front() {
                return Poll::Ready(Some(R::from_entity(row)));
            }
            match ready!(self.pages.pages.poll_recv(context)) {
                Some(Ok(page)) => self.page = page.rows.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<R: Record> Stream for Rows<R> {
    type Item = Result<R>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
