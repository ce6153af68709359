//! The entities as types: views on JSON that know the names and types of its members.
//!
//! Each is made of an [`Object`](crate::Object), so that it holds whatever came, members that nobody has described
//! included, in the order and spelling in which it came; what is set changes, and nothing else does.
//! A getter returns `None` if there is no such member, or if it is `null`. An object that comes from
//! QuickBooks is looked through once, so that no getter has to fail: a known member with a value of
//! another type is an error then, and the [`Entity`](crate::Entity) level reads it all the same.
//!
//! ```
//! use evergrant_quickbooks::model::{Invoice, Line, LineDetail, Ref, SalesItemLineDetail};
//! use rust_decimal::Decimal;
//!
//! let mut detail = SalesItemLineDetail::new();
//! detail.set_item_ref(Ref::to("1")).set_qty(2);
//! let mut line = Line::of(LineDetail::SalesItem(detail));
//! line.set_amount(Decimal::new(4550, 2));
//! let mut invoice = Invoice::new();
//! invoice.set_customer_ref(Ref::to("58")).set_line(vec![line]);
//! assert_eq!(
//!     invoice.object().to_string(),
//!     r#"{"CustomerRef":{"value":"58"},"Line":[{"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"},"Qty":2},"Amount":45.50}]}"#
//! );
//! ```
//!
//! Numbers are decimals from the wire to the caller. Enumerations are open: a value that is not
//! listed is `Unlisted`. The types and their documentation are made from `schema/quickbooks.json`;
//! a member that is marked *schema only* is not on Intuit's reference pages, and may never come.

#[macro_use]
mod macros;

mod entities;
mod enums;
mod lines;
mod member;
mod reference;
mod types;

pub use entities::*;
pub use enums::*;
pub use lines::LineDetail;
pub use member::{Id, Member, Mismatch, SyncToken};
pub use reference::Ref;
pub use types::*;

#[cfg(test)]
mod tests;
