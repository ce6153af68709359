//! What a process holds though its store was set back.
//!
//! A backup is restored under running processes, or a database fails over and has lost its last commits:
//! then what a process has in memory may be the only copy of a grant. It is put back; the store decides
//! whether its own is really the older one.

use std::sync::Arc;

use super::{Keeper, Slot, lock};
use crate::refresh::LEASE_WAIT;
use crate::store::Lease;
use crate::{Connection, Event, Result};

impl Keeper {
    /// The connection as the store has it, read under the lease; with what this process holds put back,
    /// if that is the later state of it.
    pub(crate) async fn reread(&self, slot: &Arc<Slot>, lease: &Lease) -> Result<Connection> {
        let stored = self.store().reread(lease).await?;
        let stored = stored.ok_or_else(|| self.no_grant(slot.id()))?;
        let Some(later) = slot.later_than(&stored) else {
            return Ok(stored);
        };
        if !self.put_back(slot, lease, &later).await? {
            return Ok(stored);
        }
        self.connection(slot.id()).await
    }

    /// Puts tokens that this process has received in the place of an older state of theirs; whether it
    /// was one.
    pub(crate) async fn put_back(
        &self,
        slot: &Slot,
        lease: &Lease,
        later: &Connection,
    ) -> Result<bool> {
        let is_put_back = self.store().put_back(lease, later).await?;
        if is_put_back {
            self.notify(slot.id(), || Event::PutBack {
                generation: later.generation,
            });
        }
        Ok(is_put_back)
    }

    /// Does so in a task of its own, if `seen` is older than what is held here: it may have been seen
    /// before the last save, and then that is all there is to it.
    pub(crate) fn put_back_soon(&self, seen: &Connection) {
        let slot = lock(&self.inner.slots).get(&seen.id).map(Arc::clone);
        let Some(slot) = slot.filter(|slot| slot.later_than(seen).is_some()) else {
            return;
        };
        let keeper = self.clone();
        // What fails now is done by the next refresh.
        let task = async move { drop(keeper.put_back_if_later(&slot).await) };
        self.inner.tasks.spawn(task);
    }

    async fn put_back_if_later(&self, slot: &Arc<Slot>) -> Result<()> {
        let stored = self.connection(slot.id()).await?;
        if slot.later_than(&stored).is_none() {
            return Ok(());
        }
        let lease = self.store().lease(slot.id(), LEASE_WAIT).await?;
        let stored = self.reread(slot, &lease).await;
        self.store().release(lease).await;
        self.hear(&stored?);
        Ok(())
    }
}
