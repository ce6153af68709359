//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `Invoice`: transaction, at `invoice`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `void`, `query`, `cdc`,
    /// `batch`, `pdf`, `send`.
    /// Required to create: `Line`, `CustomerRef`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `RecurDataRef`,
    /// `FreeFormAddress`, `TotalAmt`, `HomeTotalAmt`, `Balance`, `HomeBalance`, `DeliveryInfo`,
    /// `TaxExemptionRef`, `InvoiceEx`, `InvoiceLink`.
    /// Its lines carry `SalesItemLineDetail`, `GroupLineDetail`, `DescriptionLineDetail`,
    /// `DiscountLineDetail`, `SubTotalLineDetail`.
    Invoice {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `CustomField`.
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`.
        sparse, set_sparse: bool = "sparse";
        /// `DocNumber`. Required to create under some condition. At most 21 characters.
        doc_number, set_doc_number: String = "DocNumber";
        /// `TxnDate`.
        txn_date, set_txn_date: jiff::civil::Date = "TxnDate";
        /// `TxnSubType`. *Schema only.*
        txn_sub_type, set_txn_sub_type: TxnSubType = "TxnSubType";
        /// `DepartmentRef`, of `Department`.
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `CurrencyRef`, of `CompanyCurrency`. Required to create under some condition.
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `ExchangeRate`.
        exchange_rate, set_exchange_rate: rust_decimal::Decimal = "ExchangeRate";
        /// `PrivateNote`. At most 4000 characters.
        private_note, set_private_note: String = "PrivateNote";
        /// `TxnStatus`. *Schema only.*
        txn_status, set_txn_status: String = "TxnStatus";
        /// `LinkedTxn`.
        linked_txn, set_linked_txn: Vec<LinkedTxn> = "LinkedTxn";
        /// `Line`. Required to create.
        line, set_line: Vec<Line> = "Line";
        /// `TxnTaxDetail`.
        txn_tax_detail, set_txn_tax_detail: TxnTaxDetail = "TxnTaxDetail";
        /// `TxnSource`.
        txn_source, set_txn_source: String = "TxnSource";
        /// `TaxFormType`. *Schema only.*
        tax_form_type, set_tax_form_type: String = "TaxFormType";
        /// `TaxFormNum`. *Schema only.*
        tax_form_num, set_tax_form_num: String = "TaxFormNum";
        /// `TransactionLocationType`. Since minor version 4.
        transaction_location_type, set_transaction_location_type: TransactionLocationType = "TransactionLocationType";
        /// `Tag`. *Schema only.*
        tag, set_tag: Vec<Tag> = "Tag";
        /// `TxnApprovalInfo`. *Schema only.*
        txn_approval_info, set_txn_approval_info: TxnApprovalInfo = "TxnApprovalInfo";
        /// `RecurDataRef`, of `RecurringTransaction`. Set by the server alone. Since minor version
        /// 52.
        recur_data_ref: Ref<RecurringTransaction> = "RecurDataRef";
        /// `RecurringInfo`. *Schema only.*
        recurring_info, set_recurring_info: RecurringInfo = "RecurringInfo";
        /// `ProjectRef`. Since minor version 69.
        project_ref, set_project_ref: Ref<Entity> = "ProjectRef";
        /// `TotalCostAmount`. *Schema only.*
        total_cost_amount, set_total_cost_amount: rust_decimal::Decimal = "TotalCostAmount";
        /// `HomeTotalCostAmount`. *Schema only.*
        home_total_cost_amount, set_home_total_cost_amount: rust_decimal::Decimal = "HomeTotalCostAmount";
        /// `AutoDocNumber`. *Schema only.*
        auto_doc_number, set_auto_doc_number: bool = "AutoDocNumber";
        /// `CustomerRef`, of `Customer`. Required to create.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `CustomerMemo`.
        customer_memo, set_customer_memo: MemoRef = "CustomerMemo";
        /// `BillAddr`.
        bill_addr, set_bill_addr: PhysicalAddress = "BillAddr";
        /// `ShipAddr`.
        ship_addr, set_ship_addr: PhysicalAddress = "ShipAddr";
        /// `FreeFormAddress`. Set by the server alone.
        free_form_address: bool = "FreeFormAddress";
        /// `ShipFromAddr`. Since minor version 35.
        ship_from_addr, set_ship_from_addr: PhysicalAddress = "ShipFromAddr";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `SalesTermRef`, of `Term`.
        sales_term_ref, set_sales_term_ref: Ref<Term> = "SalesTermRef";
        /// `DueDate`.
        due_date, set_due_date: jiff::civil::Date = "DueDate";
        /// `PONumber`. *Schema only.*
        po_number, set_po_number: String = "PONumber";
        /// `FOB`. *Schema only.*
        fob, set_fob: String = "FOB";
        /// `ShipMethodRef`.
        ship_method_ref, set_ship_method_ref: Ref<Entity> = "ShipMethodRef";
        /// `ShipDate`.
        ship_date, set_ship_date: jiff::civil::Date = "ShipDate";
        /// `TrackingNum`.
        tracking_num, set_tracking_num: String = "TrackingNum";
        /// `GlobalTaxCalculation`.
        global_tax_calculation, set_global_tax_calculation: GlobalTaxCalculation = "GlobalTaxCalculation";
        /// `TotalAmt`. Set by the server alone.
        total_amt: rust_decimal::Decimal = "TotalAmt";
        /// `HomeTotalAmt`. Set by the server alone.
        home_total_amt: rust_decimal::Decimal = "HomeTotalAmt";
        /// `ApplyTaxAfterDiscount`.
        apply_tax_after_discount, set_apply_tax_after_discount: bool = "ApplyTaxAfterDiscount";
        /// `ShippingTaxIncludedInTotalTax`. *Schema only.*
        shipping_tax_included_in_total_tax, set_shipping_tax_included_in_total_tax: bool = "ShippingTaxIncludedInTotalTax";
        /// `PrintStatus`.
        print_status, set_print_status: PrintStatus = "PrintStatus";
        /// `EmailStatus`.
        email_status, set_email_status: EmailStatus = "EmailStatus";
        /// `BillEmail`. Required to create under some condition.
        bill_email, set_bill_email: EmailAddress = "BillEmail";
        /// `BillEmailCc`. Since minor version 8.
        bill_email_cc, set_bill_email_cc: EmailAddress = "BillEmailCc";
        /// `BillEmailBcc`. Since minor version 8.
        bill_email_bcc, set_bill_email_bcc: EmailAddress = "BillEmailBcc";
        /// `ARAccountRef`, of `Account`. *Schema only.*
        ar_account_ref, set_ar_account_ref: Ref<Account> = "ARAccountRef";
        /// `Balance`. Set by the server alone.
        balance: rust_decimal::Decimal = "Balance";
        /// `HomeBalance`. Set by the server alone. Since minor version 3.
        home_balance: rust_decimal::Decimal = "HomeBalance";
        /// `FinanceCharge`. *Schema only.*
        finance_charge, set_finance_charge: bool = "FinanceCharge";
        /// `PaymentMethodRef`, of `PaymentMethod`. *Schema only.*
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `PaymentRefNum`. *Schema only.*
        payment_ref_num, set_payment_ref_num: String = "PaymentRefNum";
        /// `PaymentType`. *Schema only.*
        payment_type, set_payment_type: PaymentType = "PaymentType";
        /// `CheckPayment`. *Schema only.*
        check_payment, set_check_payment: CheckPayment = "CheckPayment";
        /// `CreditCardPayment`. *Schema only.*
        credit_card_payment, set_credit_card_payment: CreditCardPaymentDetail = "CreditCardPayment";
        /// `DepositToAccountRef`, of `Account`.
        deposit_to_account_ref, set_deposit_to_account_ref: Ref<Account> = "DepositToAccountRef";
        /// `DeliveryInfo`. Set by the server alone.
        delivery_info: TransactionDeliveryInfo = "DeliveryInfo";
        /// `DiscountRate`. *Schema only.*
        discount_rate, set_discount_rate: rust_decimal::Decimal = "DiscountRate";
        /// `DiscountAmt`. *Schema only.*
        discount_amt, set_discount_amt: rust_decimal::Decimal = "DiscountAmt";
        /// `GovtTxnRefIdentifier`. *Schema only.*
        govt_txn_ref_identifier, set_govt_txn_ref_identifier: String = "GovtTxnRefIdentifier";
        /// `TaxExemptionRef`. Set by the server alone. Since minor version 21.
        tax_exemption_ref: Ref<Entity> = "TaxExemptionRef";
        /// `Deposit`.
        deposit, set_deposit: rust_decimal::Decimal = "Deposit";
        /// `AllowIPNPayment`. Deprecated.
        allow_ipn_payment, set_allow_ipn_payment: bool = "AllowIPNPayment";
        /// `AllowOnlinePayment`. Deprecated.
        allow_online_payment, set_allow_online_payment: bool = "AllowOnlinePayment";
        /// `AllowOnlineCreditCardPayment`.
        allow_online_credit_card_payment, set_allow_online_credit_card_payment: bool = "AllowOnlineCreditCardPayment";
        /// `AllowOnlineACHPayment`.
        allow_online_ach_payment, set_allow_online_ach_payment: bool = "AllowOnlineACHPayment";
        /// `AllowOnlinePayPalPayment`. *Schema only.*
        allow_online_pay_pal_payment, set_allow_online_pay_pal_payment: bool = "AllowOnlinePayPalPayment";
        /// `AllowOnlineAffirmPayment`. *Schema only.*
        allow_online_affirm_payment, set_allow_online_affirm_payment: bool = "AllowOnlineAffirmPayment";
        /// `EInvoiceStatus`. *Schema only.*
        e_invoice_status, set_e_invoice_status: ETransactionStatus = "EInvoiceStatus";
        /// `ECloudStatusTimeStamp`. *Schema only.*
        e_cloud_status_time_stamp, set_e_cloud_status_time_stamp: jiff::Zoned = "ECloudStatusTimeStamp";
        /// `CfdiUse`. *Schema only.*
        cfdi_use, set_cfdi_use: i64 = "CfdiUse";
        /// `Exportation`. *Schema only.*
        exportation, set_exportation: String = "Exportation";
        /// `GlobalInfo`. *Schema only.*
        global_info, set_global_info: MXGlobalInfo = "GlobalInfo";
        /// `invoiceStatus`. *Schema only.*
        invoice_status, set_invoice_status: String = "invoiceStatus";
        /// `callToAction`. *Schema only.*
        call_to_action, set_call_to_action: String = "callToAction";
        /// `invoiceStatusLog`. *Schema only.*
        invoice_status_log, set_invoice_status_log: Vec<StatusInfo> = "invoiceStatusLog";
        /// `InvoiceEx`. Set by the server alone. *Schema only.*
        invoice_ex: Object = "InvoiceEx";
        /// `LessCIS`. *Schema only.*
        less_cis, set_less_cis: rust_decimal::Decimal = "LessCIS";
        /// `InvoiceLink`. Set by the server alone. Since minor version 36.
        invoice_link: String = "InvoiceLink";
        /// `PaymentDetailsMessage`. *Schema only.*
        payment_details_message, set_payment_details_message: String = "PaymentDetailsMessage";
        /// `ConvenienceFeeDetail`. *Schema only.*
        convenience_fee_detail, set_convenience_fee_detail: ConvenienceFeeDetail = "ConvenienceFeeDetail";
        /// `EnabledSurchargeInfo`. *Schema only.*
        enabled_surcharge_info, set_enabled_surcharge_info: EnabledSurchargeInfo = "EnabledSurchargeInfo";
        /// `InvoiceLinkSecurityCode`. *Schema only.*
        invoice_link_security_code, set_invoice_link_security_code: String = "InvoiceLinkSecurityCode";
        /// `InvoiceLinkExpiryDate`. *Schema only.*
        invoice_link_expiry_date, set_invoice_link_expiry_date: jiff::civil::Date = "InvoiceLinkExpiryDate";
        /// `AutoPayEligible`. *Schema only.*
        auto_pay_eligible, set_auto_pay_eligible: bool = "AutoPayEligible";
        /// `SchedulePayEligible`. *Schema only.*
        schedule_pay_eligible, set_schedule_pay_eligible: bool = "SchedulePayEligible";
        /// `ScheduledPaymentId`. *Schema only.*
        scheduled_payment_id, set_scheduled_payment_id: String = "ScheduledPaymentId";
        /// `GratuityEnabled`. *Schema only.*
        gratuity_enabled, set_gratuity_enabled: bool = "GratuityEnabled";
        /// `FinancingProductType`. *Schema only.*
        financing_product_type, set_financing_product_type: FinancingProductType = "FinancingProductType";
        /// `SubscriptionPaymentsSetting`. *Schema only.*
        subscription_payments_setting, set_subscription_payments_setting: SubscriptionPaymentsSetting = "SubscriptionPaymentsSetting";
        /// `TxnRetainageDetail`. *Schema only.*
        txn_retainage_detail, set_txn_retainage_detail: TxnRetainageDetail = "TxnRetainageDetail";
    }
}
