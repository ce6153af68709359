//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `LinkedTxn`, inside of entities.
    ///
    /// Required to create: `TxnId`, `TxnType`.
    LinkedTxn {
        /// `TxnId`. Required to create.
        txn_id, set_txn_id: Id = "TxnId";
        /// `TxnType`. Required to create.
        txn_type, set_txn_type: String = "TxnType";
        /// `TxnLineId`. Required to create under some condition.
        txn_line_id, set_txn_line_id: Id = "TxnLineId";
    }
}
