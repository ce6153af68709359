//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `TxnApprovalInfo`, inside of entities.
    TxnApprovalInfo {
        /// `ApprovalStatus`. Set by the server alone. *Schema only.*
        approval_status: String = "ApprovalStatus";
        /// `ApprovalStatusDetail`. Set by the server alone. *Schema only.*
        approval_status_detail: String = "ApprovalStatusDetail";
        /// `LastChangedByUser`. Set by the server alone. *Schema only.*
        last_changed_by_user: String = "LastChangedByUser";
        /// `LastChangedDate`. Set by the server alone. *Schema only.*
        last_changed_date: jiff::Zoned = "LastChangedDate";
    }
}
