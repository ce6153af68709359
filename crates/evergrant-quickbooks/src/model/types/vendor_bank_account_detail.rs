//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `VendorBankAccountDetail`, inside of entities.
    ///
    /// Required to create: `BankBranchIdentifier`, `BankAccountNumber`, `BankAccountName`.
    VendorBankAccountDetail {
        /// `BankBranchIdentifier`. Required to create.
        bank_branch_identifier, set_bank_branch_identifier: String = "BankBranchIdentifier";
        /// `BankAccountNumber`. Required to create.
        bank_account_number, set_bank_account_number: String = "BankAccountNumber";
        /// `BankAccountName`. Required to create.
        bank_account_name, set_bank_account_name: String = "BankAccountName";
        /// `StatementText`.
        statement_text, set_statement_text: String = "StatementText";
    }
}
