//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `TaxPayment`: transaction, at `taxpayment`.
    ///
    /// Operations: `read`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`.
    TaxPayment {
        /// `Id`. Set by the server alone. *Schema only.*
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone. *Schema only.*
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone. *Schema only.*
        meta_data: ModificationMetaData = "MetaData";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `PaymentDate`. *Schema only.*
        payment_date, set_payment_date: jiff::civil::Date = "PaymentDate";
        /// `PaymentAccountRef`, of `Account`. *Schema only.*
        payment_account_ref, set_payment_account_ref: Ref<Account> = "PaymentAccountRef";
        /// `PaymentAmount`. *Schema only.*
        payment_amount, set_payment_amount: rust_decimal::Decimal = "PaymentAmount";
        /// `Description`. *Schema only.*
        description, set_description: String = "Description";
        /// `Refund`. *Schema only.*
        refund, set_refund: bool = "Refund";
    }
}
