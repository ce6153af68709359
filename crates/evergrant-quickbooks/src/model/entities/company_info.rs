//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `CompanyInfo`: supporting, at `companyinfo`.
    ///
    /// Operations: `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `CompanyStartDate`, `CompanyInfoEx`.
    CompanyInfo {
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
        /// `sparse`.
        sparse, set_sparse: bool = "sparse";
        /// `CompanyName`. At most 1024 characters.
        company_name, set_company_name: String = "CompanyName";
        /// `LegalName`. At most 1024 characters.
        legal_name, set_legal_name: String = "LegalName";
        /// `CompanyAddr`.
        company_addr, set_company_addr: PhysicalAddress = "CompanyAddr";
        /// `CustomerCommunicationAddr`.
        customer_communication_addr, set_customer_communication_addr: PhysicalAddress = "CustomerCommunicationAddr";
        /// `LegalAddr`.
        legal_addr, set_legal_addr: PhysicalAddress = "LegalAddr";
        /// `CompanyEmailAddr`. *Schema only.*
        company_email_addr, set_company_email_addr: EmailAddress = "CompanyEmailAddr";
        /// `CustomerCommunicationEmailAddr`. *Schema only.*
        customer_communication_email_addr, set_customer_communication_email_addr: EmailAddress = "CustomerCommunicationEmailAddr";
        /// `CompanyURL`. *Schema only.*
        company_url, set_company_url: WebSiteAddress = "CompanyURL";
        /// `PrimaryPhone`.
        primary_phone, set_primary_phone: TelephoneNumber = "PrimaryPhone";
        /// `CompanyStartDate`. Set by the server alone.
        company_start_date: jiff::civil::Date = "CompanyStartDate";
        /// `EmployerId`. *Schema only.*
        employer_id, set_employer_id: String = "EmployerId";
        /// `FiscalYearStartMonth`.
        fiscal_year_start_month, set_fiscal_year_start_month: Month = "FiscalYearStartMonth";
        /// `TaxYearStartMonth`. *Schema only.*
        tax_year_start_month, set_tax_year_start_month: Month = "TaxYearStartMonth";
        /// `QBVersion`. *Schema only.*
        qb_version, set_qb_version: String = "QBVersion";
        /// `Country`.
        country, set_country: String = "Country";
        /// `ShipAddr`. *Schema only.*
        ship_addr, set_ship_addr: PhysicalAddress = "ShipAddr";
        /// `OtherAddr`. *Schema only.*
        other_addr, set_other_addr: Vec<PhysicalAddress> = "OtherAddr";
        /// `Mobile`. *Schema only.*
        mobile, set_mobile: TelephoneNumber = "Mobile";
        /// `Fax`. *Schema only.*
        fax, set_fax: TelephoneNumber = "Fax";
        /// `Email`.
        email, set_email: EmailAddress = "Email";
        /// `WebAddr`.
        web_addr, set_web_addr: WebSiteAddress = "WebAddr";
        /// `LastImportedTime`. *Schema only.*
        last_imported_time, set_last_imported_time: jiff::Zoned = "LastImportedTime";
        /// `SupportedLanguages`.
        supported_languages, set_supported_languages: String = "SupportedLanguages";
        /// `DefaultTimeZone`. *Schema only.*
        default_time_zone, set_default_time_zone: String = "DefaultTimeZone";
        /// `MultiByteCharsSupported`. *Schema only.*
        multi_byte_chars_supported, set_multi_byte_chars_supported: bool = "MultiByteCharsSupported";
        /// `NameValue`.
        name_value, set_name_value: Vec<Object> = "NameValue";
        /// `FifoCalculationStatus`. *Schema only.*
        fifo_calculation_status, set_fifo_calculation_status: FifoCalculationStatus = "FifoCalculationStatus";
        /// `CompanyInfoEx`. Set by the server alone. *Schema only.*
        company_info_ex: Object = "CompanyInfoEx";
    }
}
