//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Customer`: name list, at `customer`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// At least one of: `DisplayName`, `Title`, `GivenName`, `MiddleName`, `FamilyName`, `Suffix`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `FullyQualifiedName`, `Level`, `CustomerEx`, `IsProject`.
    Customer {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `CustomField`. *Schema only.*
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`.
        sparse, set_sparse: bool = "sparse";
        /// `IntuitId`. *Schema only.*
        intuit_id, set_intuit_id: String = "IntuitId";
        /// `Title`. Required to create under some condition. At most 16 characters.
        title, set_title: String = "Title";
        /// `GivenName`. Required to create under some condition. At most 100 characters.
        given_name, set_given_name: String = "GivenName";
        /// `MiddleName`. Required to create under some condition. At most 100 characters.
        middle_name, set_middle_name: String = "MiddleName";
        /// `FamilyName`. Required to create under some condition. At most 100 characters.
        family_name, set_family_name: String = "FamilyName";
        /// `Suffix`. Required to create under some condition. At most 16 characters.
        suffix, set_suffix: String = "Suffix";
        /// `FullyQualifiedName`. Set by the server alone.
        fully_qualified_name: String = "FullyQualifiedName";
        /// `CompanyName`. At most 100 characters.
        company_name, set_company_name: String = "CompanyName";
        /// `DisplayName`. Required to create under some condition. At most 500 characters.
        display_name, set_display_name: String = "DisplayName";
        /// `PrintOnCheckName`. At most 110 characters.
        print_on_check_name, set_print_on_check_name: String = "PrintOnCheckName";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `V4IDPseudonym`. *Schema only.*
        v4id_pseudonym, set_v4id_pseudonym: String = "V4IDPseudonym";
        /// `PrimaryPhone`.
        primary_phone, set_primary_phone: TelephoneNumber = "PrimaryPhone";
        /// `AlternatePhone`.
        alternate_phone, set_alternate_phone: TelephoneNumber = "AlternatePhone";
        /// `Mobile`.
        mobile, set_mobile: TelephoneNumber = "Mobile";
        /// `Fax`.
        fax, set_fax: TelephoneNumber = "Fax";
        /// `PrimaryEmailAddr`.
        primary_email_addr, set_primary_email_addr: EmailAddress = "PrimaryEmailAddr";
        /// `WebAddr`.
        web_addr, set_web_addr: WebSiteAddress = "WebAddr";
        /// `DefaultTaxCodeRef`, of `TaxCode`.
        default_tax_code_ref, set_default_tax_code_ref: Ref<TaxCode> = "DefaultTaxCodeRef";
        /// `Taxable`.
        taxable, set_taxable: bool = "Taxable";
        /// `BillAddr`.
        bill_addr, set_bill_addr: PhysicalAddress = "BillAddr";
        /// `ShipAddr`.
        ship_addr, set_ship_addr: PhysicalAddress = "ShipAddr";
        /// `Notes`. At most 2000 characters.
        notes, set_notes: String = "Notes";
        /// `Job`.
        job, set_job: bool = "Job";
        /// `BillWithParent`.
        bill_with_parent, set_bill_with_parent: bool = "BillWithParent";
        /// `RootCustomerRef`, of `Customer`. *Schema only.*
        root_customer_ref, set_root_customer_ref: Ref<Customer> = "RootCustomerRef";
        /// `ParentRef`, of `Customer`.
        parent_ref, set_parent_ref: Ref<Customer> = "ParentRef";
        /// `Level`. Set by the server alone.
        level: i64 = "Level";
        /// `CustomerTypeRef`, of `CustomerType`.
        customer_type_ref, set_customer_type_ref: Ref<CustomerType> = "CustomerTypeRef";
        /// `SalesTermRef`, of `Term`.
        sales_term_ref, set_sales_term_ref: Ref<Term> = "SalesTermRef";
        /// `PaymentMethodRef`, of `PaymentMethod`.
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `CCDetail`. *Schema only.*
        cc_detail, set_cc_detail: CreditChargeInfo = "CCDetail";
        /// `Balance`.
        balance, set_balance: rust_decimal::Decimal = "Balance";
        /// `OpenBalanceDate`.
        open_balance_date, set_open_balance_date: jiff::civil::Date = "OpenBalanceDate";
        /// `BalanceWithJobs`.
        balance_with_jobs, set_balance_with_jobs: rust_decimal::Decimal = "BalanceWithJobs";
        /// `CurrencyRef`, of `CompanyCurrency`. Fixed once created.
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `PreferredDeliveryMethod`.
        preferred_delivery_method, set_preferred_delivery_method: PreferredDeliveryMethod = "PreferredDeliveryMethod";
        /// `ResaleNum`.
        resale_num, set_resale_num: String = "ResaleNum";
        /// `JobInfo`. *Schema only.*
        job_info, set_job_info: JobInfo = "JobInfo";
        /// `TDSEnabled`. *Schema only.*
        tds_enabled, set_tds_enabled: bool = "TDSEnabled";
        /// `CustomerEx`. Set by the server alone. *Schema only.*
        customer_ex: Object = "CustomerEx";
        /// `SecondaryTaxIdentifier`. Since minor version 3.
        secondary_tax_identifier, set_secondary_tax_identifier: String = "SecondaryTaxIdentifier";
        /// `ARAccountRef`, of `Account`. Since minor version 3.
        ar_account_ref, set_ar_account_ref: Ref<Account> = "ARAccountRef";
        /// `PrimaryTaxIdentifier`. Since minor version 4.
        primary_tax_identifier, set_primary_tax_identifier: String = "PrimaryTaxIdentifier";
        /// `TaxExemptionReasonId`. Since minor version 10.
        tax_exemption_reason_id, set_tax_exemption_reason_id: String = "TaxExemptionReasonId";
        /// `IsProject`. Set by the server alone. Since minor version 25.
        is_project: bool = "IsProject";
        /// `BusinessNumber`. At most 10 characters. Since minor version 33.
        business_number, set_business_number: String = "BusinessNumber";
        /// `GSTIN`. At most 15 characters. Since minor version 33.
        gstin, set_gstin: String = "GSTIN";
        /// `GSTRegistrationType`. At most 15 characters. Since minor version 33.
        gst_registration_type, set_gst_registration_type: GSTRegistrationType = "GSTRegistrationType";
        /// `IsCISContractor`. *Schema only.*
        is_cis_contractor, set_is_cis_contractor: bool = "IsCISContractor";
        /// `ClientCompanyId`. *Schema only.*
        client_company_id, set_client_company_id: String = "ClientCompanyId";
        /// `ClientEntityId`. *Schema only.*
        client_entity_id, set_client_entity_id: String = "ClientEntityId";
        /// `Source`. Since minor version 59.
        source, set_source: String = "Source";
        /// `TaxRegime`. *Schema only.*
        tax_regime, set_tax_regime: String = "TaxRegime";
    }
}
