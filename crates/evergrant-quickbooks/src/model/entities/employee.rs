//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Employee`: name list, at `employee`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// At least one of: `GivenName`, `FamilyName`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `FullyQualifiedName`, `V4IDPseudonym`, `EmployeeEx`.
    Employee {
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
        /// `IntuitId`. *Schema only.*
        intuit_id, set_intuit_id: String = "IntuitId";
        /// `Organization`.
        organization, set_organization: bool = "Organization";
        /// `Title`. At most 16 characters.
        title, set_title: String = "Title";
        /// `GivenName`. At most 100 characters.
        given_name, set_given_name: String = "GivenName";
        /// `MiddleName`. At most 100 characters.
        middle_name, set_middle_name: String = "MiddleName";
        /// `FamilyName`. At most 100 characters.
        family_name, set_family_name: String = "FamilyName";
        /// `Suffix`. At most 16 characters.
        suffix, set_suffix: String = "Suffix";
        /// `FullyQualifiedName`. Set by the server alone. *Schema only.*
        fully_qualified_name: String = "FullyQualifiedName";
        /// `CompanyName`. *Schema only.*
        company_name, set_company_name: String = "CompanyName";
        /// `DisplayName`. At most 500 characters.
        display_name, set_display_name: String = "DisplayName";
        /// `PrintOnCheckName`. At most 100 characters.
        print_on_check_name, set_print_on_check_name: String = "PrintOnCheckName";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `V4IDPseudonym`. Set by the server alone. Since minor version 26.
        v4id_pseudonym: String = "V4IDPseudonym";
        /// `PrimaryPhone`.
        primary_phone, set_primary_phone: TelephoneNumber = "PrimaryPhone";
        /// `AlternatePhone`. *Schema only.*
        alternate_phone, set_alternate_phone: TelephoneNumber = "AlternatePhone";
        /// `Mobile`.
        mobile, set_mobile: TelephoneNumber = "Mobile";
        /// `Fax`. *Schema only.*
        fax, set_fax: TelephoneNumber = "Fax";
        /// `PrimaryEmailAddr`.
        primary_email_addr, set_primary_email_addr: EmailAddress = "PrimaryEmailAddr";
        /// `WebAddr`. *Schema only.*
        web_addr, set_web_addr: WebSiteAddress = "WebAddr";
        /// `DefaultTaxCodeRef`, of `TaxCode`. *Schema only.*
        default_tax_code_ref, set_default_tax_code_ref: Ref<TaxCode> = "DefaultTaxCodeRef";
        /// `EmployeeType`. *Schema only.*
        employee_type, set_employee_type: String = "EmployeeType";
        /// `EmployeeNumber`. At most 100 characters.
        employee_number, set_employee_number: String = "EmployeeNumber";
        /// `SSN`. At most 100 characters.
        ssn, set_ssn: String = "SSN";
        /// `PrimaryAddr`. Required to create under some condition.
        primary_addr, set_primary_addr: PhysicalAddress = "PrimaryAddr";
        /// `OtherAddr`. *Schema only.*
        other_addr, set_other_addr: Vec<PhysicalAddress> = "OtherAddr";
        /// `BillableTime`.
        billable_time, set_billable_time: bool = "BillableTime";
        /// `BillRate`.
        bill_rate, set_bill_rate: rust_decimal::Decimal = "BillRate";
        /// `BirthDate`.
        birth_date, set_birth_date: jiff::civil::Date = "BirthDate";
        /// `Gender`.
        gender, set_gender: Gender = "Gender";
        /// `HiredDate`.
        hired_date, set_hired_date: jiff::civil::Date = "HiredDate";
        /// `ReleasedDate`.
        released_date, set_released_date: jiff::civil::Date = "ReleasedDate";
        /// `UseTimeEntry`. *Schema only.*
        use_time_entry, set_use_time_entry: TimeEntryUsedForPaychecks = "UseTimeEntry";
        /// `EmployeeEx`. Set by the server alone. *Schema only.*
        employee_ex: Object = "EmployeeEx";
        /// `CostRate`.
        cost_rate, set_cost_rate: rust_decimal::Decimal = "CostRate";
        /// `Notes`. *Schema only.*
        notes, set_notes: String = "Notes";
    }
}
