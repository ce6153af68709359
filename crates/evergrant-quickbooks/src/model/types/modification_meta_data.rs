//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `ModificationMetaData`, inside of entities.
    ModificationMetaData {
        /// `CreateTime`. Set by the server alone.
        create_time: jiff::Zoned = "CreateTime";
        /// `LastModifiedByRef`. Set by the server alone. *Schema only.*
        last_modified_by_ref: Ref<Entity> = "LastModifiedByRef";
        /// `LastUpdatedTime`. Set by the server alone.
        last_updated_time: jiff::Zoned = "LastUpdatedTime";
    }
}
