//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `SalesReceipt`: transaction, at `salesreceipt`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `void`, `query`, `cdc`,
    /// `batch`, `pdf`, `send`.
    /// Required to create: `Line`, `CustomerRef`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `RecurDataRef`,
    /// `FreeFormAddress`, `TotalAmt`, `HomeTotalAmt`, `Balance`, `HomeBalance`, `DeliveryInfo`,
    /// `SalesReceiptEx`.
    /// Its lines carry `SalesItemLineDetail`, `GroupLineDetail`, `DescriptionLineDetail`,
    /// `DiscountLineDetail`, `SubTotalLineDetail`.
    SalesReceipt {
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
        /// `DocNumber`. At most 21 characters.
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
        /// `DueDate`. *Schema only.*
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
        /// `BillEmailCc`. *Schema only.*
        bill_email_cc, set_bill_email_cc: EmailAddress = "BillEmailCc";
        /// `BillEmailBcc`. *Schema only.*
        bill_email_bcc, set_bill_email_bcc: EmailAddress = "BillEmailBcc";
        /// `Balance`. Set by the server alone.
        balance: rust_decimal::Decimal = "Balance";
        /// `HomeBalance`. Set by the server alone. Since minor version 3.
        home_balance: rust_decimal::Decimal = "HomeBalance";
        /// `FinanceCharge`. *Schema only.*
        finance_charge, set_finance_charge: bool = "FinanceCharge";
        /// `PaymentMethodRef`, of `PaymentMethod`.
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `PaymentRefNum`. At most 21 characters.
        payment_ref_num, set_payment_ref_num: String = "PaymentRefNum";
        /// `PaymentType`. *Schema only.*
        payment_type, set_payment_type: PaymentType = "PaymentType";
        /// `CheckPayment`. *Schema only.*
        check_payment, set_check_payment: CheckPayment = "CheckPayment";
        /// `CreditCardPayment`.
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
        /// `TaxExemptionRef`. *Schema only.*
        tax_exemption_ref, set_tax_exemption_ref: Ref<Entity> = "TaxExemptionRef";
        /// `SalesReceiptEx`. Set by the server alone. *Schema only.*
        sales_receipt_ex: Object = "SalesReceiptEx";
        /// `LessCIS`. *Schema only.*
        less_cis, set_less_cis: rust_decimal::Decimal = "LessCIS";
    }
}
