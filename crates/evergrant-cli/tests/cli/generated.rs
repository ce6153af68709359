//! What `codegen` wrote for the samples beside these files, compiled with the tests. A test
//! compares them with what it writes now; to renew one, run for instance
//! `evergrant codegen generated/invoices.json > generated/invoices.rs` and rustfmt.

pub(crate) mod awkward;
pub(crate) mod invoices;
