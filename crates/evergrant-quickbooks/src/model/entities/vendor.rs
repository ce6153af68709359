//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Vendor`: name list, at `vendor`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// At least one of: `DisplayName`, `Title`, `GivenName`, `MiddleName`, `FamilyName`, `Suffix`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `FullyQualifiedName`, `Balance`, `VendorEx`.
    Vendor {
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
        /// `sparse`. *Schema only.*
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
        /// `FullyQualifiedName`. Set by the server alone. *Schema only.*
        fully_qualified_name: String = "FullyQualifiedName";
        /// `CompanyName`. At most 100 characters.
        company_name, set_company_name: String = "CompanyName";
        /// `DisplayName`. At most 500 characters.
        display_name, set_display_name: String = "DisplayName";
        /// `PrintOnCheckName`. At most 100 characters.
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
        /// `OtherContactInfo`.
        other_contact_info, set_other_contact_info: Vec<ContactInfo> = "OtherContactInfo";
        /// `DefaultTaxCodeRef`, of `TaxCode`. *Schema only.*
        default_tax_code_ref, set_default_tax_code_ref: Ref<TaxCode> = "DefaultTaxCodeRef";
        /// `ContactName`. *Schema only.*
        contact_name, set_contact_name: String = "ContactName";
        /// `AltContactName`. *Schema only.*
        alt_contact_name, set_alt_contact_name: String = "AltContactName";
        /// `Notes`. *Schema only.*
        notes, set_notes: String = "Notes";
        /// `BillAddr`.
        bill_addr, set_bill_addr: PhysicalAddress = "BillAddr";
        /// `ShipAddr`. *Schema only.*
        ship_addr, set_ship_addr: PhysicalAddress = "ShipAddr";
        /// `TaxIdentifier`. At most 20 characters.
        tax_identifier, set_tax_identifier: String = "TaxIdentifier";
        /// `TaxIdEffectiveDate`. *Schema only.*
        tax_id_effective_date, set_tax_id_effective_date: jiff::civil::Date = "TaxIdEffectiveDate";
        /// `BusinessNumber`. At most 10 characters. Since minor version 33.
        business_number, set_business_number: String = "BusinessNumber";
        /// `ParentRef`, of `Vendor`. *Schema only.*
        parent_ref, set_parent_ref: Ref<Vendor> = "ParentRef";
        /// `TermRef`, of `Term`.
        term_ref, set_term_ref: Ref<Term> = "TermRef";
        /// `Balance`. Set by the server alone.
        balance: rust_decimal::Decimal = "Balance";
        /// `BillRate`.
        bill_rate, set_bill_rate: rust_decimal::Decimal = "BillRate";
        /// `OpenBalanceDate`. *Schema only.*
        open_balance_date, set_open_balance_date: jiff::civil::Date = "OpenBalanceDate";
        /// `CreditLimit`. *Schema only.*
        credit_limit, set_credit_limit: rust_decimal::Decimal = "CreditLimit";
        /// `AcctNum`. At most 100 characters.
        acct_num, set_acct_num: String = "AcctNum";
        /// `Vendor1099`.
        vendor1099, set_vendor1099: bool = "Vendor1099";
        /// `T4AEligible`. Since minor version 56.
        t4a_eligible, set_t4a_eligible: bool = "T4AEligible";
        /// `T5018Eligible`. Since minor version 56.
        t5018eligible, set_t5018eligible: bool = "T5018Eligible";
        /// `CurrencyRef`, of `CompanyCurrency`. Fixed once created.
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `TDSEnabled`. *Schema only.*
        tds_enabled, set_tds_enabled: bool = "TDSEnabled";
        /// `TDSEntityTypeId`. *Schema only.*
        tds_entity_type_id, set_tds_entity_type_id: i64 = "TDSEntityTypeId";
        /// `TDSSectionTypeId`. *Schema only.*
        tds_section_type_id, set_tds_section_type_id: i64 = "TDSSectionTypeId";
        /// `TDSOverrideThreshold`. *Schema only.*
        tds_override_threshold, set_tds_override_threshold: bool = "TDSOverrideThreshold";
        /// `TaxReportingBasis`. Since minor version 3.
        tax_reporting_basis, set_tax_reporting_basis: VendorTaxReportingBasis = "TaxReportingBasis";
        /// `APAccountRef`, of `Account`. Since minor version 3.
        ap_account_ref, set_ap_account_ref: Ref<Account> = "APAccountRef";
        /// `VendorEx`. Set by the server alone. *Schema only.*
        vendor_ex: Object = "VendorEx";
        /// `GSTIN`. At most 15 characters. Since minor version 33.
        gstin, set_gstin: String = "GSTIN";
        /// `GSTRegistrationType`. At most 15 characters. Since minor version 33.
        gst_registration_type, set_gst_registration_type: GSTRegistrationType = "GSTRegistrationType";
        /// `IsSubContractor`. *Schema only.*
        is_sub_contractor, set_is_sub_contractor: bool = "IsSubContractor";
        /// `SubcontractorType`. *Schema only.*
        subcontractor_type, set_subcontractor_type: String = "SubcontractorType";
        /// `CISRate`. *Schema only.*
        cis_rate, set_cis_rate: String = "CISRate";
        /// `HasTPAR`. Since minor version 40.
        has_tpar, set_has_tpar: bool = "HasTPAR";
        /// `VendorPaymentBankDetail`. Since minor version 40.
        vendor_payment_bank_detail, set_vendor_payment_bank_detail: VendorBankAccountDetail = "VendorPaymentBankDetail";
        /// `Source`. Since minor version 59.
        source, set_source: String = "Source";
        /// `CostRate`.
        cost_rate, set_cost_rate: rust_decimal::Decimal = "CostRate";
        /// `AgencyVerificationStatus`. *Schema only.*
        agency_verification_status, set_agency_verification_status: AgencyVerificationStatus = "AgencyVerificationStatus";
        /// `AgencyVerificationStatusMsg`. *Schema only.*
        agency_verification_status_msg, set_agency_verification_status_msg: String = "AgencyVerificationStatusMsg";
        /// `AgencyVerificationTSUTC`. *Schema only.*
        agency_verification_tsutc, set_agency_verification_tsutc: jiff::Zoned = "AgencyVerificationTSUTC";
        /// `CompanyRegistrationNumber`. *Schema only.*
        company_registration_number, set_company_registration_number: String = "CompanyRegistrationNumber";
    }
}
