//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `DepositLineDetail`, inside of entities.
    ///
    /// Required to create: `AccountRef`.
    DepositLineDetail {
        /// `Entity`, of `Customer` or `Vendor` or `Employee`.
        entity, set_entity: Ref<Entity> = "Entity";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `AccountRef`, of `Account`. Required to create.
        account_ref, set_account_ref: Ref<Account> = "AccountRef";
        /// `PaymentMethodRef`, of `PaymentMethod`.
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `CheckNum`.
        check_num, set_check_num: String = "CheckNum";
        /// `TxnType`.
        txn_type, set_txn_type: TxnType = "TxnType";
        /// `TaxCodeRef`, of `TaxCode`. Since minor version 4.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxApplicableOn`. Since minor version 4.
        tax_applicable_on, set_tax_applicable_on: TaxApplicableOn = "TaxApplicableOn";
        /// `DepositLineDetailEx`. Set by the server alone. *Schema only.*
        deposit_line_detail_ex: Object = "DepositLineDetailEx";
    }
}
