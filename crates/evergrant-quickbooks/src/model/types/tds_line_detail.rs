//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `TDSLineDetail`, inside of entities.
    TDSLineDetail {
        /// `TDSAccountRef`, of `Account`. *Schema only.*
        tds_account_ref, set_tds_account_ref: Ref<Account> = "TDSAccountRef";
        /// `TDSSectionTypeId`. *Schema only.*
        tds_section_type_id, set_tds_section_type_id: i64 = "TDSSectionTypeId";
        /// `TDSLineDetailEx`. Set by the server alone. *Schema only.*
        tds_line_detail_ex: Object = "TDSLineDetailEx";
    }
}
