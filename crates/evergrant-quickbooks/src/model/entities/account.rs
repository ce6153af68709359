//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `Account`: name list, at `account`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// At least one of: `AccountType`, `AccountSubType`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `SubAccount`,
    /// `FullyQualifiedName`, `Classification`, `CurrentBalance`, `CurrentBalanceWithSubAccounts`,
    /// `OnlineBankingEnabled`, `FIName`, `JournalCodeRef`, `AccountEx`.
    Account {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `Name`. Required to create. At most 100 characters.
        name, set_name: String = "Name";
        /// `SubAccount`. Set by the server alone.
        sub_account: bool = "SubAccount";
        /// `ParentRef`, of `Account`.
        parent_ref, set_parent_ref: Ref<Account> = "ParentRef";
        /// `Description`. At most 100 characters.
        description, set_description: String = "Description";
        /// `FullyQualifiedName`. Set by the server alone.
        fully_qualified_name: String = "FullyQualifiedName";
        /// `AccountAlias`. Since minor version 5.
        account_alias, set_account_alias: String = "AccountAlias";
        /// `TxnLocationType`. Since minor version 5.
        txn_location_type, set_txn_location_type: TransactionLocationType = "TxnLocationType";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `Classification`. Set by the server alone.
        classification: AccountClassification = "Classification";
        /// `AccountType`.
        account_type, set_account_type: AccountType = "AccountType";
        /// `AccountSubType`.
        account_sub_type, set_account_sub_type: AccountSubType = "AccountSubType";
        /// `AccountPurposes`. *Schema only.*
        account_purposes, set_account_purposes: Vec<Ref<Entity>> = "AccountPurposes";
        /// `AcctNum`. Required to create under some condition.
        acct_num, set_acct_num: String = "AcctNum";
        /// `AcctNumExtn`. *Schema only.*
        acct_num_extn, set_acct_num_extn: String = "AcctNumExtn";
        /// `BankNum`. *Schema only.*
        bank_num, set_bank_num: String = "BankNum";
        /// `OpeningBalance`. *Schema only.*
        opening_balance, set_opening_balance: rust_decimal::Decimal = "OpeningBalance";
        /// `OpeningBalanceDate`. *Schema only.*
        opening_balance_date, set_opening_balance_date: jiff::civil::Date = "OpeningBalanceDate";
        /// `CurrentBalance`. Set by the server alone.
        current_balance: rust_decimal::Decimal = "CurrentBalance";
        /// `CurrentBalanceWithSubAccounts`. Set by the server alone.
        current_balance_with_sub_accounts: rust_decimal::Decimal = "CurrentBalanceWithSubAccounts";
        /// `CurrencyRef`, of `CompanyCurrency`.
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `TaxAccount`. *Schema only.*
        tax_account, set_tax_account: bool = "TaxAccount";
        /// `TaxCodeRef`, of `TaxCode`. Since minor version 3.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `OnlineBankingEnabled`. Set by the server alone. *Schema only.*
        online_banking_enabled: bool = "OnlineBankingEnabled";
        /// `FIName`. Set by the server alone. *Schema only.*
        fi_name: String = "FIName";
        /// `JournalCodeRef`, of `JournalCode`. Set by the server alone. *Schema only.*
        journal_code_ref: Ref<JournalCode> = "JournalCodeRef";
        /// `AccountEx`. Set by the server alone. *Schema only.*
        account_ex: Object = "AccountEx";
    }
}
