//! One company: its entities, what may be done with them, its books, and the replies it remembers by request id.
//!
//! A write goes one way: the body is brought into the table's form (`body`), laid over what is there (`update`),
//! completed and checked (`names`, `refs`, `lines`, `links`, `defaults`), booked (`ledger`), and only then put into
//! its place (`store`), so that what is refused changes nothing. What a kind of entity is made of stands in
//! `schema`; how requests and answers look stands in `api`.

mod body;
mod charges;
pub(crate) mod classification;
mod defaults;
mod exchange;
mod lines;
mod links;
mod live;
mod lookup;
mod names;
pub(crate) mod recurring;
mod refs;
mod state;
mod store;
mod tax;
mod update;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use hyper::body::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::json::{self, Members};
use crate::ledger::accounts::Role;
use crate::ledger::{self, Ledger};
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Operation, Sort};
use crate::seed::{Growth, grow};
use crate::settings::signed;
use crate::time::record_time;

pub(crate) use exchange::entitlements;
pub(crate) use links::Links;
pub(crate) use store::{Key, Record, Store};

/// The books behind one realm id.
pub(crate) struct Company {
    /// Who connected it, whom stale-object faults name.
    user: String,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) links: Links,
    /// Accounts found by what the books need them for.
    roles: Mutex<HashMap<Role, u32>>,
    /// The bodies of writes that came with a request id.
    replies: HashMap<String, (Timestamp, Bytes)>,
    changes: Vec<Change>,
    /// Business that is yet to be made up, and the time until which.
    growth: Option<(Growth, Timestamp)>,
}

/// What goes with every write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) now: Timestamp,
    /// Whether a document number may be used twice though the company's preferences forbid it.
    pub(crate) allows_duplicate_numbers: bool,
}

/// Something that happened to an entity, as webhooks tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) entity: &'static str,
    pub(crate) id: String,
    pub(crate) deed: Deed,
    pub(crate) at: Timestamp,
}

/// What became of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    Create,
    Update,
    Delete,
    Void,
    Emailed,
}

impl Company {
    /// The entity's JSON; the id is as it stood in the path.
    pub(crate) fn read(&self, kind: &'static Kind, id: &str) -> Result<String, ServiceFault> {
        allow(kind, Operation::Read, "read")?;
        let id = kind
            .number(id)
            .ok_or_else(|| ServiceFault::invalid_id(id))?;
        match self.store.get(kind, id) {
            Some(record) => Ok(self.live(kind, id, record).into_owned()),
            None if kind.name == "Transfer" => self.card_transfer(id),
            None => Err(self.missing(kind, id)),
        }
    }

    /// What is said of an entity that is not there.
    fn missing(&self, kind: &Kind, id: u64) -> ServiceFault {
        match self.store.shelf(kind).deleted.contains_key(&id) {
            true => ServiceFault::deleted(),
            false => ServiceFault::not_found(),
        }
    }

    /// A payment of a credit card read as the transfer that it is too.
    fn card_transfer(&self, id: u64) -> Result<String, ServiceFault> {
        let payment = self.store.members(Kind::named("CreditCardPayment"), id);
        let mut members = payment.ok_or_else(ServiceFault::not_found)?;
        for (from, to) in [
            ("BankAccountRef", "FromAccountRef"),
            ("CreditCardAccountRef", "ToAccountRef"),
        ] {
            if let Some(account) = members.remove(from) {
                members.insert(to.to_owned(), account);
            }
        }
        let class = &Kind::named("Transfer").class;
        members.retain(|name, _| class.has(name));
        Ok(json::text(&body::arranged(class, members)))
    }

    /// A record's JSON with what changes without it.
    pub(crate) fn live<'a>(&self, kind: &Kind, id: u64, record: &'a Record) -> Cow<'a, str> {
        live::shown(self, kind, id, &record.text)
    }

    pub(crate) fn exists(&self, kind: &'static Kind, id: u64) -> bool {
        self.store.get(kind, id).is_some()
    }

    /// Creates the entity in `body`, or changes it if the body names one.
    pub(crate) fn write(
        &mut self,
        kind: &'static Kind,
        body: &Members,
        writing: &Writing,
    ) -> Result<String, ServiceFault> {
        if kind.is_wrapper() {
            return recurring::write(self, kind, body, writing);
        }
        if kind.name == "ExchangeRate" {
            return exchange::write(self, kind, body, writing);
        }
        let sent = body::fit(&kind.class, body)?;
        let id = match body
            .get("Id")
            .map(json::plain)
            .filter(|id| !id.is_empty() && id != "null")
        {
            None if kind.name == "Preferences" => self.change(kind, "1", sent, body, writing)?,
            None => self.create(kind, sent, writing)?,
            Some(id) => self.change(kind, &id, sent, body, writing)?,
        };
        self.shown(kind, id)
    }

    /// Deletes the entity that `body` names.
    pub(crate) fn delete(
        &mut self,
        kind: &'static Kind,
        body: &Members,
        writing: &Writing,
    ) -> Result<String, ServiceFault> {
        allow(kind, Operation::Delete, "delete")?;
        let body = recurring::inner(kind, body).unwrap_or(body);
        let id = self.named(kind, body)?;
        let deleted = json!({"domain": "QBO", "status": "Deleted", "Id": id.to_string()});
        let deleted = recurring::wrapped(self, kind, id, deleted);
        self.remove(kind, id, writing)?;
        Ok(json::text(&deleted))
    }

    /// Voids the transaction that `body` names.
    pub(crate) fn void(
        &mut self,
        kind: &'static Kind,
        body: &Members,
        writing: &Writing,
    ) -> Result<String, ServiceFault> {
        allow(kind, Operation::Void, "void")?;
        let id = self.named(kind, body)?;
        let key = (kind.index, id);
        let mut members = self
            .store
            .members(kind, id)
            .ok_or_else(ServiceFault::not_found)?;
        self.check_changeable(kind, id, &members)?;
        links::release(self, key, writing)?;
        update::voided(kind, &mut members);
        update::bump(&mut members, writing.now);
        self.commit(kind, id, members, Deed::Void, writing)?;
        self.shown(kind, id)
    }

    /// Sets members that only the server sets. The version stays as it is.
    pub(crate) fn set_members(
        &mut self,
        kind: &'static Kind,
        id: u64,
        members: Members,
        deed: Deed,
        now: Timestamp,
    ) -> Result<String, ServiceFault> {
        let mut changed = self
            .store
            .members(kind, id)
            .ok_or_else(ServiceFault::not_found)?;
        changed.extend(members);
        if let Some(Value::Object(meta)) = changed.get_mut("MetaData") {
            meta.insert("LastUpdatedTime".into(), json!(record_time(now)));
        }
        self.store.put(kind, id, changed);
        self.note_change(kind, id, deed, now);
        self.shown(kind, id)
    }

    /// The body with which a request of this id was answered before, if that is not longer ago than `life`.
    pub(crate) fn reply(
        &self,
        request_id: &str,
        now: Timestamp,
        life: Option<Duration>,
    ) -> Option<Bytes> {
        let (at, body) = self.replies.get(request_id)?;
        let is_over = life.is_some_and(|life| now.duration_since(*at) >= signed(life));
        (!is_over).then(|| body.clone())
    }

    pub(crate) fn remember_reply(&mut self, request_id: String, body: Bytes, now: Timestamp) {
        self.replies.insert(request_id, (now, body));
    }

    /// What happened since this was last asked.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Whether business has to be made up before this kind of entity is as it should be.
    pub(crate) fn is_to_grow(&self, kind: Option<&Kind>) -> bool {
        let is_apart = kind
            .is_some_and(|kind| matches!(kind.name, "Employee" | "CompanyInfo" | "Preferences"));
        self.growth.is_some() && !is_apart
    }

    /// Moves what was just written to where there is room now. When many are written, what stays lies side by side
    /// then, without the small gaps that come of what each write needed only for itself: each later one would search
    /// them all for room.
    pub(crate) fn settle(&mut self, kind: &Kind, id: u64) {
        self.store.settle(kind, id);
        self.ledger.settle((kind.index, id));
    }

    /// Makes up the business that the seed promised. It takes some time, so it waits until somebody asks.
    pub(crate) fn grow(&mut self) {
        if let Some((growth, until)) = self.growth.take() {
            let changes = std::mem::take(&mut self.changes);
            grow(self, &growth, until);
            self.changes = changes;
        }
    }

    /// The company's name, if its books hold one.
    pub(crate) fn name(&self) -> Option<String> {
        let info = self
            .store
            .shelf(Kind::named("CompanyInfo"))
            .records
            .values()
            .next()?;
        info.scalar("CompanyName").map(Cow::into_owned)
    }

    fn create(
        &mut self,
        kind: &'static Kind,
        sent: Members,
        writing: &Writing,
    ) -> Result<u64, ServiceFault> {
        allow(kind, Operation::Create, "create")?;
        let mut members = sent;
        members.shift_remove("Id");
        body::check_required(kind, &members)?;
        defaults::begin(self, kind, &mut members, writing);
        self.complete(kind, None, None, &mut members, writing)?;
        let id = self.store.next_id(store::sequence(kind));
        self.number_groups(kind, &mut members, None);
        let time = record_time(writing.now);
        members.insert("domain".into(), json!("QBO"));
        members.insert("sparse".into(), json!(false));
        members.insert("Id".into(), json!(id.to_string()));
        members.insert("SyncToken".into(), json!("0"));
        members.insert(
            "MetaData".into(),
            json!({"CreateTime": time, "LastUpdatedTime": time}),
        );
        self.commit(kind, id, members, Deed::Create, writing)?;
        Ok(id)
    }

    fn change(
        &mut self,
        kind: &'static Kind,
        id: &str,
        sent: Members,
        body: &Members,
        writing: &Writing,
    ) -> Result<u64, ServiceFault> {
        let is_sparse = body
            .get("sparse")
            .is_some_and(|sparse| json::plain(sparse) == "true")
            || kind.name == "Preferences";
        let is_allowed = kind.allows(Operation::Update) || kind.allows(Operation::SparseUpdate);
        if !is_allowed {
            return Err(ServiceFault::unsupported_operation("update"));
        }
        let id = number(id)?;
        let old = self
            .store
            .members(kind, id)
            .ok_or_else(|| self.missing(kind, id))?;
        self.check_version(&old, body)?;
        let mut new = if is_sparse {
            update::check_repeated(kind, &old, &sent)?;
            update::merged(kind, &old, sent)
        } else {
            update::replaced(kind, &old, sent)
        };
        body::check_required(kind, &new)?;
        self.check_changeable(kind, id, &old)?;
        names::mark_activity(self, kind, &old, &mut new);
        defaults::keep(kind, &old, &mut new);
        self.complete(kind, Some(id), Some(&old), &mut new, writing)?;
        self.number_groups(kind, &mut new, Some(&old));
        links::show(self, (kind.index, id), &mut new);
        if new != old {
            update::bump(&mut new, writing.now);
            self.commit(kind, id, new, Deed::Update, writing)?;
        }
        Ok(id)
    }

    /// Checks what a client has sent and adds what the server knows.
    fn complete(
        &self,
        kind: &'static Kind,
        id: Option<u64>,
        old: Option<&Members>,
        members: &mut Members,
        writing: &Writing,
    ) -> Result<(), ServiceFault> {
        if kind.name == "Account" {
            ledger::accounts::complete(members);
        }
        refs::resolve(self, &kind.class, members, old)?;
        names::complete(self, kind, id, members)?;
        names::check_unique(self, kind, id, members)?;
        defaults::check(self, kind, id, members, writing)?;
        links::settle(self, kind, id, members)?;
        lines::complete(self, kind, members)
    }

    /// Books an entity and puts it into its place; what depends on it follows.
    fn commit(
        &mut self,
        kind: &'static Kind,
        id: u64,
        mut members: Members,
        deed: Deed,
        writing: &Writing,
    ) -> Result<(), ServiceFault> {
        let key = (kind.index, id);
        let is_booked = kind.sort == Sort::Transaction || deed == Deed::Create;
        let entry = if is_booked {
            self.book(kind, &members, None, writing)?
        } else {
            None
        };
        charges::follow(self, key, &members, writing)?;
        let before = self.effects(kind, id);
        let after = links::effects(kind, &members);
        self.links.remove(key, &before);
        self.links.add(key, &after);
        links::show(self, key, &mut members);
        self.store.put(kind, id, members);
        if is_booked {
            self.ledger.set(key, entry);
        }
        if kind.name == "Account" {
            self.forget_roles();
        }
        names::rename_children(self, kind, id);
        self.note_change(kind, id, deed, writing.now);
        let affected: BTreeSet<Key> = before
            .into_iter()
            .chain(after)
            .map(|(target, _)| target)
            .collect();
        links::refresh(self, affected, writing);
        links::trim(self, key, writing)
    }

    /// The entry of an entity; accounts that it needs are made.
    fn book(
        &mut self,
        kind: &'static Kind,
        members: &Members,
        costs: ledger::Costs,
        writing: &Writing,
    ) -> Result<Option<ledger::Entry>, ServiceFault> {
        loop {
            match ledger::entry(self, kind, members, costs) {
                Ok(entry) => return Ok(entry),
                Err(ledger::Trouble::Fault(fault)) => return Err(fault),
                Err(ledger::Trouble::Needs(role)) => self.open_account(role, writing)?,
            }
        }
    }

    fn open_account(&mut self, role: Role, writing: &Writing) -> Result<(), ServiceFault> {
        let (subtype, name, account_type) = role.description();
        let kind = Kind::named("Account");
        let is_taken = |name: &str| self.store.bearer(kind, name).is_some();
        let mut name = name.to_owned();
        while is_taken(&name) {
            name.push_str(" (system)");
        }
        let Value::Object(members) =
            json!({"Name": name, "AccountType": account_type, "AccountSubType": subtype})
        else {
            return Ok(());
        };
        self.create(kind, members, writing).map(drop)
    }

    fn remove(
        &mut self,
        kind: &'static Kind,
        id: u64,
        writing: &Writing,
    ) -> Result<(), ServiceFault> {
        let key = (kind.index, id);
        let old = self
            .store
            .members(kind, id)
            .ok_or_else(ServiceFault::not_found)?;
        self.check_changeable(kind, id, &old)?;
        charges::end(self, key, writing)?;
        links::release(self, key, writing)?;
        let effects = self.effects(kind, id);
        self.links.remove(key, &effects);
        self.ledger.set(key, None);
        self.store.bury(kind, id, writing.now.as_millisecond());
        self.note_change(kind, id, Deed::Delete, writing.now);
        links::refresh(
            self,
            effects.into_iter().map(|(target, _)| target).collect(),
            writing,
        );
        Ok(())
    }

    fn effects(&self, kind: &'static Kind, id: u64) -> Vec<(Key, json::Cents)> {
        if kind.sort != Sort::Transaction {
            return Vec::new();
        }
        self.store
            .members(kind, id)
            .map(|members| links::effects(kind, &members))
            .unwrap_or_default()
    }

    /// The id of the entity that a body names, if its version is right.
    fn named(&self, kind: &'static Kind, body: &Members) -> Result<u64, ServiceFault> {
        let Some(id) = body.get("Id").filter(|id| !id.is_null()) else {
            return Err(ServiceFault::missing("Id"));
        };
        let id = number(&json::plain(id))?;
        let old = self
            .store
            .members(kind, id)
            .ok_or_else(|| self.missing(kind, id))?;
        self.check_version(recurring::inner(kind, &old).unwrap_or(&old), body)?;
        Ok(id)
    }

    fn check_version(&self, old: &Members, body: &Members) -> Result<(), ServiceFault> {
        let Some(token) = body.get("SyncToken").filter(|token| !token.is_null()) else {
            return Err(ServiceFault::missing("SyncToken"));
        };
        if old.get("SyncToken").map(json::plain) != Some(json::plain(token)) {
            return Err(ServiceFault::stale(&self.user));
        }
        Ok(())
    }

    fn check_changeable(
        &self,
        kind: &'static Kind,
        id: u64,
        old: &Members,
    ) -> Result<(), ServiceFault> {
        if kind.sort != Sort::Transaction {
            return Ok(());
        }
        if links::is_deposited(self, (kind.index, id)) {
            return Err(ServiceFault::deposited());
        }
        defaults::check_period(self, kind, old)
    }

    /// Groups that have ids (addresses) keep the one they had or get a new one.
    fn number_groups(&mut self, kind: &'static Kind, members: &mut Members, old: Option<&Members>) {
        for member in &kind.class.members {
            let is_address = |class: &&Class| class.name == "PhysicalAddress" && !member.several;
            let Some(class) = member.shape.class().filter(is_address) else {
                continue;
            };
            let Some(Value::Object(group)) = members.get_mut(member.name) else {
                continue;
            };
            let is_same =
                |id: &Value| old.and_then(|old| old.get(member.name)?.get("Id")) == Some(id);
            if group
                .get("Id")
                .is_none_or(|id| old.is_none() || !is_same(id))
            {
                let kept = old.and_then(|old| old.get(member.name)?.get("Id").cloned());
                let id =
                    kept.unwrap_or_else(|| json!(self.store.next_id(store::GROUPS).to_string()));
                group.insert("Id".into(), id);
            }
            *group = body::arranged(class, std::mem::take(group));
        }
    }

    fn note_change(&mut self, kind: &'static Kind, id: u64, deed: Deed, at: Timestamp) {
        self.changes.push(Change {
            entity: kind.name,
            id: id.to_string(),
            deed,
            at,
        });
    }

    fn shown(&self, kind: &'static Kind, id: u64) -> Result<String, ServiceFault> {
        let record = self
            .store
            .get(kind, id)
            .ok_or_else(ServiceFault::not_found)?;
        Ok(self.live(kind, id, record).into_owned())
    }
}

fn allow(kind: &Kind, operation: Operation, name: &str) -> Result<(), ServiceFault> {
    if kind.allows(operation) {
        Ok(())
    } else {
        Err(ServiceFault::unsupported_operation(name))
    }
}

fn number(id: &str) -> Result<u64, ServiceFault> {
    id.parse().map_err(|_| ServiceFault::invalid_id(id))
}

#[cfg(test)]
mod every;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;
