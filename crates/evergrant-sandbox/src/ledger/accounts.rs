//! Accounts: their types, which side increases them, and the ones that a company has because its books need them.

use serde_json::{Value, json};

use crate::json::Members;

/// A type of account as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountType {
    pub(crate) name: &'static str,
    pub(crate) classification: &'static str,
    /// The subtype of an account for which none was named.
    pub(crate) usual: &'static str,
    /// The subtypes that belong to it alone.
    pub(crate) subtypes: &'static [&'static str],
}

/// All of them, in the order of a chart of accounts.
pub(crate) const TYPES: [AccountType; 16] = [
    of(
        "Bank",
        "Asset",
        "Checking",
        &[
            "Checking",
            "Savings",
            "MoneyMarket",
            "CashOnHand",
            "RentsHeldInTrust",
            "TrustAccounts",
        ],
    ),
    of(
        "Accounts Receivable",
        "Asset",
        "AccountsReceivable",
        &["AccountsReceivable"],
    ),
    of(
        "Other Current Asset",
        "Asset",
        "OtherCurrentAssets",
        &[
            "OtherCurrentAssets",
            "Inventory",
            "UndepositedFunds",
            "PrepaidExpenses",
            "EmployeeCashAdvances",
            "LoansToOfficers",
            "LoansToStockholders",
            "LoansToOthers",
            "AllowanceForBadDebts",
            "DevelopmentCosts",
            "Retainage",
            "Investment_Other",
        ],
    ),
    of(
        "Fixed Asset",
        "Asset",
        "MachineryAndEquipment",
        &[
            "MachineryAndEquipment",
            "Vehicles",
            "Buildings",
            "Land",
            "LeaseholdImprovements",
            "FurnitureAndFixtures",
            "AccumulatedDepreciation",
            "AccumulatedDepletion",
            "AccumulatedAmortization",
            "DepletableAssets",
            "IntangibleAssets",
            "OtherFixedAssets",
            "FixedAssetComputers",
            "FixedAssetPhone",
        ],
    ),
    of(
        "Other Asset",
        "Asset",
        "OtherLongTermAssets",
        &[
            "OtherLongTermAssets",
            "SecurityDeposits",
            "LeaseBuyout",
            "Licenses",
            "Goodwill",
            "OrganizationalCosts",
            "AccumulatedAmortizationOfOtherAssets",
        ],
    ),
    of(
        "Accounts Payable",
        "Liability",
        "AccountsPayable",
        &["AccountsPayable"],
    ),
    of("Credit Card", "Liability", "CreditCard", &["CreditCard"]),
    of(
        "Other Current Liability",
        "Liability",
        "OtherCurrentLiabilities",
        &[
            "OtherCurrentLiabilities",
            "SalesTaxPayable",
            "PayrollTaxPayable",
            "PayrollClearing",
            "DirectDepositPayable",
            "LineOfCredit",
            "LoanPayable",
            "InsurancePayable",
            "DeferredRevenue",
            "PrepaidExpensesPayable",
            "FederalIncomeTaxPayable",
            "GlobalTaxPayable",
            "GlobalTaxSuspense",
            "TrustAccountsLiabilities",
        ],
    ),
    of(
        "Long Term Liability",
        "Liability",
        "NotesPayable",
        &[
            "NotesPayable",
            "OtherLongTermLiabilities",
            "ShareholderNotesPayable",
        ],
    ),
    of(
        "Equity",
        "Equity",
        "OwnersEquity",
        &[
            "OwnersEquity",
            "OpeningBalanceEquity",
            "RetainedEarnings",
            "PartnersEquity",
            "PartnerContributions",
            "PartnerDistributions",
            "CommonStock",
            "PreferredStock",
            "PaidInCapitalOrSurplus",
            "TreasuryStock",
            "EstimatedTaxes",
            "Healthcare",
            "PersonalIncome",
            "PersonalExpense",
            "AccumulatedAdjustment",
        ],
    ),
    of(
        "Income",
        "Revenue",
        "SalesOfProductIncome",
        &[
            "SalesOfProductIncome",
            "ServiceFeeIncome",
            "DiscountsRefundsGiven",
            "NonProfitIncome",
            "OtherPrimaryIncome",
            "UnappliedCashPaymentIncome",
        ],
    ),
    of(
        "Cost of Goods Sold",
        "Expense",
        "SuppliesMaterialsCogs",
        &[
            "SuppliesMaterialsCogs",
            "CostOfLaborCos",
            "EquipmentRentalCos",
            "ShippingFreightDeliveryCos",
            "OtherCostsOfServiceCos",
        ],
    ),
    of(
        "Expense",
        "Expense",
        "OfficeGeneralAdministrativeExpenses",
        &[
            "OfficeGeneralAdministrativeExpenses",
            "AdvertisingPromotional",
            "Auto",
            "BadDebts",
            "BankCharges",
            "CharitableContributions",
            "CommissionsAndFees",
            "CostOfLabor",
            "DuesSubscriptions",
            "Entertainment",
            "EntertainmentMeals",
            "EquipmentRental",
            "FinanceCosts",
            "Insurance",
            "InterestPaid",
            "LegalProfessionalFees",
            "OtherBusinessExpenses",
            "OtherMiscellaneousServiceCost",
            "PayrollExpenses",
            "PromotionalMeals",
            "RentOrLeaseOfBuildings",
            "RepairMaintenance",
            "ShippingFreightDelivery",
            "SuppliesMaterials",
            "TaxesPaid",
            "Travel",
            "TravelMeals",
            "UnappliedCashBillPaymentExpense",
            "Utilities",
        ],
    ),
    of(
        "Other Income",
        "Revenue",
        "OtherMiscellaneousIncome",
        &[
            "OtherMiscellaneousIncome",
            "DividendIncome",
            "InterestEarned",
            "OtherInvestmentIncome",
            "TaxExemptInterest",
            "GainLossOnSaleOfFixedAssets",
        ],
    ),
    of(
        "Other Expense",
        "Expense",
        "OtherMiscellaneousExpense",
        &[
            "OtherMiscellaneousExpense",
            "Depreciation",
            "Amortization",
            "ExchangeGainOrLoss",
            "PenaltiesSettlements",
            "GasAndFuel",
            "HomeOffice",
            "VehicleLoanInterest",
        ],
    ),
    of("Non-Posting", "Equity", "OwnersEquity", &[]),
];

/// An account that the books need whatever the company does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Receivable,
    Payable,
    Undeposited,
    Income,
    Discounts,
    SalesTax,
    OpeningBalance,
    Retained,
    Inventory,
    GoodsSold,
    Expense,
}

const fn of(
    name: &'static str,
    classification: &'static str,
    usual: &'static str,
    subtypes: &'static [&'static str],
) -> AccountType {
    AccountType {
        name,
        classification,
        usual,
        subtypes,
    }
}

/// The type with this name.
pub(crate) fn named(name: &str) -> Option<&'static AccountType> {
    TYPES
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(name))
}

/// Whether debits increase accounts of this type.
pub(crate) fn is_debit(account_type: &str) -> bool {
    matches!(
        account_type,
        "Bank"
            | "Accounts Receivable"
            | "Other Current Asset"
            | "Fixed Asset"
            | "Other Asset"
            | "Cost of Goods Sold"
            | "Expense"
            | "Other Expense"
    )
}

/// Whether accounts of this type stand in the balance sheet.
pub(crate) fn is_lasting(account_type: &str) -> bool {
    named(account_type).is_some_and(|it| !matches!(it.classification, "Revenue" | "Expense"))
}

/// Fills in type, subtype and classification from whichever is there.
pub(crate) fn complete(members: &mut Members) {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let by_subtype = || {
        let subtype = text("AccountSubType")?;
        TYPES.iter().find(|known| {
            known
                .subtypes
                .iter()
                .any(|it| it.eq_ignore_ascii_case(subtype))
        })
    };
    let account_type = text("AccountType").and_then(named).or_else(by_subtype);
    let Some(account_type) = account_type.or_else(|| named("Expense")) else {
        return;
    };
    members.insert("AccountType".into(), json!(account_type.name));
    members.insert("Classification".into(), json!(account_type.classification));
    members
        .entry("AccountSubType")
        .or_insert(json!(account_type.usual));
}

impl Role {
    /// The subtype by which it is found, and the name and type with which it is made.
    pub(crate) fn description(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Receivable => (
                "AccountsReceivable",
                "Accounts Receivable (A/R)",
                "Accounts Receivable",
            ),
            Self::Payable => (
                "AccountsPayable",
                "Accounts Payable (A/P)",
                "Accounts Payable",
            ),
            Self::Undeposited => (
                "UndepositedFunds",
                "Undeposited Funds",
                "Other Current Asset",
            ),
            Self::Income => ("SalesOfProductIncome", "Sales of Product Income", "Income"),
            Self::Discounts => ("DiscountsRefundsGiven", "Discounts given", "Income"),
            Self::SalesTax => (
                "SalesTaxPayable",
                "Sales Tax Payable",
                "Other Current Liability",
            ),
            Self::OpeningBalance => ("OpeningBalanceEquity", "Opening Balance Equity", "Equity"),
            Self::Retained => ("RetainedEarnings", "Retained Earnings", "Equity"),
            Self::Inventory => ("Inventory", "Inventory Asset", "Other Current Asset"),
            Self::GoodsSold => (
                "SuppliesMaterialsCogs",
                "Cost of Goods Sold",
                "Cost of Goods Sold",
            ),
            Self::Expense => (
                "OtherMiscellaneousServiceCost",
                "Uncategorized Expense",
                "Expense",
            ),
        }
    }
}
