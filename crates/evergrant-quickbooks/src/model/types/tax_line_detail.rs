//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `TaxLineDetail`, inside of entities.
    TaxLineDetail {
        /// `TaxRateRef`, of `TaxRate`. *Schema only.*
        tax_rate_ref, set_tax_rate_ref: Ref<TaxRate> = "TaxRateRef";
        /// `PercentBased`. *Schema only.*
        percent_based, set_percent_based: bool = "PercentBased";
        /// `TaxPercent`. *Schema only.*
        tax_percent, set_tax_percent: rust_decimal::Decimal = "TaxPercent";
        /// `NetAmountTaxable`. *Schema only.*
        net_amount_taxable, set_net_amount_taxable: rust_decimal::Decimal = "NetAmountTaxable";
        /// `TaxInclusiveAmount`. *Schema only.*
        tax_inclusive_amount, set_tax_inclusive_amount: rust_decimal::Decimal = "TaxInclusiveAmount";
        /// `OverrideDeltaAmount`. *Schema only.*
        override_delta_amount, set_override_delta_amount: rust_decimal::Decimal = "OverrideDeltaAmount";
        /// `ServiceDate`. *Schema only.*
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `TaxLineDetailEx`. Set by the server alone. *Schema only.*
        tax_line_detail_ex: Object = "TaxLineDetailEx";
    }
}
