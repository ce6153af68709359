//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `JobInfo`, inside of entities.
    JobInfo {
        /// `Status`. *Schema only.*
        status, set_status: JobStatus = "Status";
    }
}
