//! The enumerations, all of them open. Made by `cargo xtask codegen`; not to be changed by hand.

open_enums! {
    AccountClassification {
        Asset "Asset" Equity "Equity" Expense "Expense" Liability "Liability" Revenue "Revenue"
    }
    AccountSubType {
        IncomeTaxPayable "IncomeTaxPayable" IntangibleAssetsOther "IntangibleAssetsOther"
        AccountsPayable "AccountsPayable" AccountsReceivable "AccountsReceivable"
        AccumulatedAdjustment "AccumulatedAdjustment"
        AccumulatedAmortization "AccumulatedAmortization"
        AccumulatedAmortizationOfOtherAssets "AccumulatedAmortizationOfOtherAssets"
        AccumulatedDepletion "AccumulatedDepletion"
        AccumulatedDepreciation "AccumulatedDepreciation"
        AdvertisingPromotional "AdvertisingPromotional" AllowanceForBadDebts "AllowanceForBadDebts"
        Amortization "Amortization" Auto "Auto" BadDebts "BadDebts" BankCharges "BankCharges"
        Buildings "Buildings" CashOnHand "CashOnHand"
        CharitableContributions "CharitableContributions" Checking "Checking"
        CommonStock "CommonStock" CostOfLabor "CostOfLabor" CostOfLaborCos "CostOfLaborCos"
        CreditCard "CreditCard" DepletableAssets "DepletableAssets" Depreciation "Depreciation"
        DevelopmentCosts "DevelopmentCosts" DirectDepositPayable "DirectDepositPayable"
        DiscountsRefundsGiven "DiscountsRefundsGiven" DividendIncome "DividendIncome"
        DuesSubscriptions "DuesSubscriptions" EmployeeCashAdvances "EmployeeCashAdvances"
        Entertainment "Entertainment" EntertainmentMeals "EntertainmentMeals"
        EquipmentRental "EquipmentRental" EquipmentRentalCos "EquipmentRentalCos"
        EstimatedTaxes "EstimatedTaxes" ExchangeGainOrLoss "ExchangeGainOrLoss"
        FederalIncomeTaxPayable "FederalIncomeTaxPayable" FinanceCosts "FinanceCosts"
        FixedAssetComputers "FixedAssetComputers" FixedAssetCopiers "FixedAssetCopiers"
        FixedAssetFurniture "FixedAssetFurniture" FixedAssetPhone "FixedAssetPhone"
        FixedAssetPhotoVideo "FixedAssetPhotoVideo" FixedAssetSoftware "FixedAssetSoftware"
        FixedAssetOtherToolsEquipment "FixedAssetOtherToolsEquipment"
        FurnitureAndFixtures "FurnitureAndFixtures" GlobalTaxExpense "GlobalTaxExpense"
        GlobalTaxPayable "GlobalTaxPayable" GlobalTaxSuspense "GlobalTaxSuspense"
        GasAndFuel "GasAndFuel" Goodwill "Goodwill" Gratuity "Gratuity"
        DeferredRevenue "DeferredRevenue" Healthcare "Healthcare"
        HealthSavingsAccountContributions "HealthSavingsAccountContributions"
        HomeOffice "HomeOffice" HomeownerRentalInsurance "HomeownerRentalInsurance"
        Insurance "Insurance" InsurancePayable "InsurancePayable"
        IntangibleAssets "IntangibleAssets" InterestEarned "InterestEarned"
        InterestPaid "InterestPaid" Inventory "Inventory"
        InvestmentMortgageRealEstateLoans "Investment_MortgageRealEstateLoans"
        InvestmentOther "Investment_Other"
        InvestmentTaxExemptSecurities "Investment_TaxExemptSecurities"
        InvestmentUSGovernmentObligations "Investment_USGovernmentObligations" Land "Land"
        LeaseBuyout "LeaseBuyout" LeaseholdImprovements "LeaseholdImprovements"
        LegalProfessionalFees "LegalProfessionalFees" Licenses "Licenses"
        LineOfCredit "LineOfCredit" LoanPayable "LoanPayable" LoansToOfficers "LoansToOfficers"
        LoansToOthers "LoansToOthers" LoansToStockholders "LoansToStockholders"
        MachineryAndEquipment "MachineryAndEquipment" MoneyMarket "MoneyMarket"
        MortgageInterestHomeOffice "MortgageInterestHomeOffice" NonProfitIncome "NonProfitIncome"
        NotesPayable "NotesPayable"
        OfficeGeneralAdministrativeExpenses "OfficeGeneralAdministrativeExpenses"
        OpeningBalanceEquity "OpeningBalanceEquity" OrganizationalCosts "OrganizationalCosts"
        OtherBusinessExpenses "OtherBusinessExpenses"
        OtherCostsOfServiceCos "OtherCostsOfServiceCos" OtherCurrentAssets "OtherCurrentAssets"
        OtherCurrentLiabilities "OtherCurrentLiabilities" OtherFixedAssets "OtherFixedAssets"
        OtherHomeOfficeExpenses "OtherHomeOfficeExpenses"
        OtherInvestmentIncome "OtherInvestmentIncome" OtherLongTermAssets "OtherLongTermAssets"
        OtherLongTermLiabilities "OtherLongTermLiabilities"
        OtherMiscellaneousExpense "OtherMiscellaneousExpense"
        OtherMiscellaneousIncome "OtherMiscellaneousIncome"
        OtherMiscellaneousServiceCost "OtherMiscellaneousServiceCost"
        OtherPrimaryIncome "OtherPrimaryIncome" OtherVehicleExpenses "OtherVehicleExpenses"
        OwnersEquity "OwnersEquity" PaidInCapitalOrSurplus "PaidInCapitalOrSurplus"
        ParkingAndTolls "ParkingAndTolls" PartnerContributions "PartnerContributions"
        PartnerDistributions "PartnerDistributions" PartnersEquity "PartnersEquity"
        PayrollClearing "PayrollClearing" PayrollExpenses "PayrollExpenses"
        PayrollTaxExpenses "PayrollTaxExpenses" PayrollWageExpenses "PayrollWageExpenses"
        PayrollTaxPayable "PayrollTaxPayable" PenaltiesSettlements "PenaltiesSettlements"
        PersonalExpense "PersonalExpense" PersonalIncome "PersonalIncome"
        PreferredStock "PreferredStock" PrepaidExpenses "PrepaidExpenses"
        PrepaidExpensesPayable "PrepaidExpensesPayable" PromotionalMeals "PromotionalMeals"
        PropertyTaxHomeOffice "PropertyTaxHomeOffice"
        RentAndLeaseHomeOffice "RentAndLeaseHomeOffice"
        RentOrLeaseOfBuildings "RentOrLeaseOfBuildings" RentsHeldInTrust "RentsHeldInTrust"
        RentsInTrustLiability "RentsInTrustLiability"
        RepairsAndMaintainceHomeOffice "RepairsAndMaintainceHomeOffice"
        RepairMaintenance "RepairMaintenance" Retainage "Retainage"
        RetainedEarnings "RetainedEarnings" SalesOfProductIncome "SalesOfProductIncome"
        SalesTaxPayable "SalesTaxPayable" Savings "Savings" SecurityDeposits "SecurityDeposits"
        ServiceFeeIncome "ServiceFeeIncome" ShareholderNotesPayable "ShareholderNotesPayable"
        ShippingFreightDelivery "ShippingFreightDelivery"
        ShippingFreightDeliveryCos "ShippingFreightDeliveryCos"
        StateLocalIncomeTaxPayable "StateLocalIncomeTaxPayable"
        SuppliesMaterials "SuppliesMaterials" SuppliesMaterialsCogs "SuppliesMaterialsCogs"
        TaxesPaid "TaxesPaid" TaxExemptInterest "TaxExemptInterest" Travel "Travel"
        TravelMeals "TravelMeals" TreasuryStock "TreasuryStock" TrustAccounts "TrustAccounts"
        TrustAccountsLiabilities "TrustAccountsLiabilities"
        UnappliedCashBillPaymentExpense "UnappliedCashBillPaymentExpense"
        UnappliedCashPaymentIncome "UnappliedCashPaymentIncome" UndepositedFunds "UndepositedFunds"
        Utilities "Utilities" Communications "Communications"
        UtilitiesHomeOffice "UtilitiesHomeOffice" Vehicle "Vehicle"
        VehicleInsurance "VehicleInsurance" VehicleLease "VehicleLease" VehicleLoan "VehicleLoan"
        VehicleLoanInterest "VehicleLoanInterest" VehicleRegistration "VehicleRegistration"
        VehicleRepairs "VehicleRepairs" Vehicles "Vehicles"
        WashAndRoadServices "WashAndRoadServices" WithholdingTaxSales "WithholdingTaxSales"
        WithholdingTaxPurchases "WithholdingTaxPurchases"
        WithholdingAssetAmount "WithholdingAssetAmount"
        WithholdingLiabilityAmount "WithholdingLiabilityAmount"
        WithholdingTaxSuspense "WithholdingTaxSuspense"
        ProvisionsCurrentAssets "ProvisionsCurrentAssets" OtherConsumables "OtherConsumables"
        ExpenditureAuthorisationsAndLettersOfCredit "ExpenditureAuthorisationsAndLettersOfCredit"
        InternalTransfers "InternalTransfers" ProvisionsFixedAssets "ProvisionsFixedAssets"
        AssetsInCourseOfConstruction "AssetsInCourseOfConstruction"
        ParticipatingInterests "ParticipatingInterests"
        CumulativeDepreciationOnIntangibleAssets "CumulativeDepreciationOnIntangibleAssets"
        ProvisionsNonCurrentAssets "ProvisionsNonCurrentAssets"
        OutstandingDuesMicroSmallEnterprise "OutstandingDuesMicroSmallEnterprise"
        OutstandingDuesOtherThanMicroSmallEnterprise "OutstandingDuesOtherThanMicroSmallEnterprise"
        GlobalTaxRefund "GlobalTaxRefund" GlobalTaxDeferred "GlobalTaxDeferred"
        ProvisionsCurrentLiabilities "ProvisionsCurrentLiabilities"
        StaffAndRelatedLiabilityAccounts "StaffAndRelatedLiabilityAccounts"
        SocialSecurityAgencies "SocialSecurityAgencies"
        SundryDebtorsAndCreditors "SundryDebtorsAndCreditors"
        ProvisionsNonCurrentLiabilities "ProvisionsNonCurrentLiabilities"
        DebtsRelatedToParticipatingInterests "DebtsRelatedToParticipatingInterests"
        StaffAndRelatedLongTermLiabilityAccounts "StaffAndRelatedLongTermLiabilityAccounts"
        GovernmentAndOtherPublicAuthorities "GovernmentAndOtherPublicAuthorities"
        GroupAndAssociates "GroupAndAssociates" InvestmentGrants "InvestmentGrants"
        CashReceiptIncome "CashReceiptIncome" OwnWorkCapitalized "OwnWorkCapitalized"
        OperatingGrants "OperatingGrants" OtherCurrentOperatingIncome "OtherCurrentOperatingIncome"
        CostOfSales "CostOfSales" CashExpenditureExpense "CashExpenditureExpense"
        ExternalServices "ExternalServices" OtherExternalServices "OtherExternalServices"
        PurchasesRebates "PurchasesRebates" OtherRentalCosts "OtherRentalCosts"
        ProjectStudiesSurveysAssessments "ProjectStudiesSurveysAssessments" Sundry "Sundry"
        StaffCosts "StaffCosts" OtherCurrentOperatingCharges "OtherCurrentOperatingCharges"
        ExtraordinaryCharges "ExtraordinaryCharges"
        AppropriationsToDepreciation "AppropriationsToDepreciation"
        AccrualsAndDeferredIncome "AccrualsAndDeferredIncome"
        CurrentTaxLiability "CurrentTaxLiability" DeferredTax "DeferredTax"
        DistributionCosts "DistributionCosts" Investments "Investments"
        LongTermBorrowings "LongTermBorrowings" OtherIntangibleAssets "OtherIntangibleAssets"
        PrepaymentsAndAccruedIncome "PrepaymentsAndAccruedIncome"
        ShortTermBorrowings "ShortTermBorrowings" ProvisionForLiabilities "ProvisionForLiabilities"
        CalledUpShareCapital "CalledUpShareCapital"
        CalledUpShareCapitalNotPaid "CalledUpShareCapitalNotPaid" LandAsset "LandAsset"
        AvailableForSaleFinancialAssets "AvailableForSaleFinancialAssets"
        ProvisionForWarrantyObligations "ProvisionForWarrantyObligations"
        CurrentPortionEmployeeBenefitsObligations "CurrentPortionEmployeeBenefitsObligations"
        LongTermEmployeeBenefitObligations "LongTermEmployeeBenefitObligations"
        ObligationsUnderFinanceLeases "ObligationsUnderFinanceLeases" BankLoans "BankLoans"
        InterestPayables "InterestPayables"
        GainLossOnSaleOfInvestments "GainLossOnSaleOfInvestments"
        GainLossOnSaleOfFixedAssets "GainLossOnSaleOfFixedAssets" ShareCapital "ShareCapital"
        CurrentPortionOfObligationsUnderFinanceLeases "CurrentPortionOfObligationsUnderFinanceLeases"
        AssetsHeldForSale "AssetsHeldForSale" AccruedLiabilities "AccruedLiabilities"
        AccruedLongLermLiabilities "AccruedLongLermLiabilities"
        AccruedVacationPayable "AccruedVacationPayable"
        CashAndCashEquivalents "CashAndCashEquivalents" CommissionsAndFees "CommissionsAndFees"
        AmortizationExpense "AmortizationExpense"
        LossOnDiscontinuedOperationsNetOfTax "LossOnDiscontinuedOperationsNetOfTax"
        ManagementCompensation "ManagementCompensation" OtherSellingExpenses "OtherSellingExpenses"
        LiabilitiesRelatedToAssetsHeldForSale "LiabilitiesRelatedToAssetsHeldForSale"
        LongTermDebit "LongTermDebit"
        EquityInEarningsOfSubsiduaries "EquityInEarningsOfSubsiduaries"
        OtherOperatingIncome "OtherOperatingIncome" RevenueGeneral "RevenueGeneral"
        DividendDisbursed "DividendDisbursed" FreightAndDeliveryCos "FreightAndDeliveryCos"
        ShippingAndDeliveryExpense "ShippingAndDeliveryExpense"
        TravelExpensesGeneralAndAdminExpenses "TravelExpensesGeneralAndAdminExpenses"
        TravelExpensesSellingExpense "TravelExpensesSellingExpense"
        UnrealisedLossOnSecuritiesNetOfTax "UnrealisedLossOnSecuritiesNetOfTax"
        SalesRetail "SalesRetail" SalesWholesale "SalesWholesale"
        AccumulatedOtherComprehensiveIncome "AccumulatedOtherComprehensiveIncome"
        AssetsAvailableForSale "AssetsAvailableForSale"
        LossOnDisposalOfAssets "LossOnDisposalOfAssets" NonCurrentAssets "NonCurrentAssets"
        IncomeTaxExpense "IncomeTaxExpense" LongTermInvestments "LongTermInvestments"
        DividendsPayable "DividendsPayable" TradeAndOtherReceivables "TradeAndOtherReceivables"
        TradeAndOtherPayables "TradeAndOtherPayables" CurrentLiabilities "CurrentLiabilities"
        SavingsByTaxScheme "SavingsByTaxScheme" BorrowingCost "BorrowingCost" Depletion "Depletion"
        ExceptionalItems "ExceptionalItems" PriorPeriodItems "PriorPeriodItems"
        ExtraordinaryItems "ExtraordinaryItems" MatCredit "MatCredit"
        OtherFreeReserves "OtherFreeReserves" CapitalReserves "CapitalReserves" Funds "Funds"
        MoneyReceivedAgainstShareWarrants "MoneyReceivedAgainstShareWarrants"
        ShareApplicationMoneyPendingAllotment "ShareApplicationMoneyPendingAllotment"
        DeferredTaxLiabilities "DeferredTaxLiabilities"
        OtherLongTermProvisions "OtherLongTermProvisions" CapitalWip "CapitalWip"
        IntangibleAssetsUnderDevelopment "IntangibleAssetsUnderDevelopment"
        OtherLongTermInvestments "OtherLongTermInvestments"
        LongTermLoansAndAdvancesToRelatedParties "LongTermLoansAndAdvancesToRelatedParties"
        OtherLongTermLoansAndAdvances "OtherLongTermLoansAndAdvances"
        ShortTermInvestmentsInRelatedParties "ShortTermInvestmentsInRelatedParties"
        OtherEarmarkedBankAccounts "OtherEarmarkedBankAccounts"
        ShortTermLoansAndAdvancesToRelatedParties "ShortTermLoansAndAdvancesToRelatedParties"
        DeferredTaxExpense "DeferredTaxExpense" IncomeTaxOtherExpense "IncomeTaxOtherExpense"
        DutiesAndTaxes "DutiesAndTaxes" BalWithGovtAuthorities "BalWithGovtAuthorities"
        TaxRoundoffGainOrLoss "TaxRoundoffGainOrLoss" OtherDebtors "OtherDebtors"
        RentARoomReliefRentsReceived "RentARoomReliefRentsReceived"
        UkTaxesWithheld "UkTaxesWithheld" ForeignTaxesIncurred "ForeignTaxesIncurred"
        PremiumsReceived "PremiumsReceived" PremiumsPaid "PremiumsPaid"
        FinanceCostsRestricted "FinanceCostsRestricted" CarriedForwardRelief "CarriedForwardRelief"
        RentARoomReliefReliefClaimed "RentARoomReliefReliefClaimed"
    }
    AccountType {
        Bank "Bank" AccountsReceivable "Accounts Receivable"
        OtherCurrentAsset "Other Current Asset" FixedAsset "Fixed Asset" OtherAsset "Other Asset"
        AccountsPayable "Accounts Payable" CreditCard "Credit Card"
        OtherCurrentLiability "Other Current Liability" LongTermLiability "Long Term Liability"
        Equity "Equity" Income "Income" CostOfGoodsSold "Cost of Goods Sold" Expense "Expense"
        OtherIncome "Other Income" OtherExpense "Other Expense" NonPosting "Non-Posting"
    }
    AgencyVerificationStatus {
        Matched "MATCHED" Unmatched "UNMATCHED" Pending "PENDING" Failed "FAILED"
    }
    AttachableCategory {
        ContactPhoto "Contact Photo" Document "Document" Image "Image" Receipt "Receipt"
        Signature "Signature" Sound "Sound" Other "Other"
    }
    BillPaymentType {
        Check "Check" CreditCard "CreditCard"
    }
    BillableStatus {
        Billable "Billable" NotBillable "NotBillable" HasBeenBilled "HasBeenBilled"
    }
    BudgetEntryType {
        Yearly "Yearly" Quarterly "Quarterly" Monthly "Monthly"
    }
    BudgetType {
        ProfitAndLoss "ProfitAndLoss" BalanceSheet "BalanceSheet"
    }
    CCAVSMatch {
        Fail "Fail" NotAvailable "NotAvailable" Pass "Pass"
    }
    CCPaymentStatus {
        Completed "Completed" Voided "Voided" Unknown "Unknown"
    }
    CCSecurityCodeMatch {
        Fail "Fail" NotAvailable "NotAvailable" Pass "Pass"
    }
    CCTxnMode {
        CardNotPresent "CardNotPresent" CardPresent "CardPresent"
    }
    CCTxnType {
        Authorization "Authorization" Capture "Capture" Charge "Charge" Refund "Refund"
        VoiceAuthorization "VoiceAuthorization"
    }
    ContactType {
        TelephoneNumber "TelephoneNumber" EmailAddress "EmailAddress"
        WebSiteAddress "WebSiteAddress" GenericContactType "GenericContactType"
    }
    ConvenienceFeeType {
        Manual "MANUAL" Auto "AUTO" Paid "PAID" Disabled "DISABLED"
    }
    CustomFieldType {
        StringType "StringType" BooleanType "BooleanType" NumberType "NumberType"
        DateType "DateType"
    }
    DeliveryErrorType {
        MissingInfo "Missing Info" Undeliverable "Undeliverable"
        DeliveryServerDown "Delivery Server Down" BouncedEmail "Bounced Email"
    }
    DeliveryType {
        Email "Email" Tradeshift "Tradeshift"
    }
    ETransactionEnabledStatus {
        Enabled "Enabled" NotApplicable "NotApplicable"
    }
    ETransactionStatus {
        Sent "Sent" Viewed "Viewed" Paid "Paid" DeliveryError "Delivery Error" Updated "Updated"
        Error "Error" Accepted "Accepted" Rejected "Rejected"
        SentWithIcnError "Sent With ICN Error" Delivered "Delivered" Disputed "Disputed"
    }
    EmailStatus {
        NotSet "NotSet" NeedToSend "NeedToSend" EmailSent "EmailSent"
    }
    EntitlementTerm {
        On "On" Off "Off"
    }
    EntityStatus {
        Deleted "Deleted" Voided "Voided" Draft "Draft" Pending "Pending" InTransit "InTransit"
        Synchronized "Synchronized" SyncError "SyncError"
    }
    EntityType {
        Customer "Customer" Employee "Employee" Job "Job" Other "Other" Vendor "Vendor"
    }
    EstimateTxnStatus {
        Accepted "Accepted" Closed "Closed" Pending "Pending" Rejected "Rejected"
        Converted "Converted"
    }
    FifoCalculationStatus {
        None "None" InProgress "InProgress" Completed "Completed" Error "Error"
    }
    FinancingProductType {
        GetPaidUpfront "GET_PAID_UPFRONT"
    }
    GSTRegistrationType {
        GstRegReg "GST_REG_REG" GstRegComp "GST_REG_COMP" GstUnreg "GST_UNREG" Consumer "CONSUMER"
        Overseas "OVERSEAS" Sez "SEZ" Deemed "DEEMED"
    }
    GTMConfigType {
        SystemGenerated "SYSTEM_GENERATED" UserDefined "USER_DEFINED" ScraDefined "SCRA_DEFINED"
        HiddenAgency "HIDDEN_AGENCY"
    }
    Gender {
        Male "Male" Female "Female"
    }
    GlobalTaxCalculation {
        TaxInclusive "TaxInclusive" TaxExcluded "TaxExcluded" NotApplicable "NotApplicable"
    }
    IntervalType {
        Yearly "Yearly" Monthly "Monthly" Weekly "Weekly" Daily "Daily"
    }
    ItemCategoryType {
        Product "Product" Service "Service"
    }
    ItemType {
        Assembly "Assembly" Category "Category" FixedAsset "Fixed Asset" Group "Group"
        Inventory "Inventory" NonInventory "NonInventory" OtherCharge "Other Charge"
        Payment "Payment" Service "Service" Subtotal "Subtotal" Discount "Discount" Tax "Tax"
        TaxGroup "Tax Group" Bundle "Bundle"
    }
    JobStatus {
        Awarded "Awarded" Closed "Closed" InProgress "InProgress" None "None"
        NotAwarded "NotAwarded" Pending "Pending"
    }
    JournalCodeType {
        Expenses "Expenses" Sales "Sales" Bank "Bank" Nouveaux "Nouveaux" Wages "Wages" Cash "Cash"
        Others "Others"
    }
    LineDetailType {
        PaymentLineDetail "PaymentLineDetail" DiscountLineDetail "DiscountLineDetail"
        TaxLineDetail "TaxLineDetail" SalesItemLineDetail "SalesItemLineDetail"
        ItemBasedExpenseLineDetail "ItemBasedExpenseLineDetail"
        AccountBasedExpenseLineDetail "AccountBasedExpenseLineDetail"
        DepositLineDetail "DepositLineDetail"
        PurchaseOrderItemLineDetail "PurchaseOrderItemLineDetail"
        ItemReceiptLineDetail "ItemReceiptLineDetail"
        JournalEntryLineDetail "JournalEntryLineDetail" GroupLineDetail "GroupLineDetail"
        DescriptionOnly "DescriptionOnly" SubTotalLineDetail "SubTotalLineDetail"
        SalesOrderItemLineDetail "SalesOrderItemLineDetail" TDSLineDetail "TDSLineDetail"
        ReimburseLineDetail "ReimburseLineDetail"
        ItemAdjustmentLineDetail "ItemAdjustmentLineDetail"
    }
    Month {
        January "January" February "February" March "March" April "April" May "May" June "June"
        July "July" August "August" September "September" October "October" November "November"
        December "December"
    }
    Operation {
        Create "create" Update "update" Revert "revert" Delete "delete" Void "void" Send "send"
        Merge "merge"
    }
    PaymentExtendedType {
        Prepayment "Prepayment"
    }
    PaymentMethodType {
        CreditCard "CREDIT_CARD" NonCreditCard "NON_CREDIT_CARD"
    }
    PaymentType {
        Cash "Cash" Check "Check" CreditCard "CreditCard" Expense "Expense" Other "Other"
    }
    PostingType {
        Credit "Credit" Debit "Debit"
    }
    PreferredDeliveryMethod {
        Print "Print" Email "Email" None "None"
    }
    PrintStatus {
        NotSet "NotSet" NeedToPrint "NeedToPrint" PrintComplete "PrintComplete"
    }
    PurchaseOrderStatus {
        Open "Open" Closed "Closed"
    }
    RecurType {
        Automated "Automated" Reminded "Reminded" UnScheduled "UnScheduled" Manual "Manual"
    }
    ReportBasis {
        Accrual "Accrual" Cash "Cash"
    }
    SpecialItemType {
        FinanceCharge "FinanceCharge" ReimbursableExpenseGroup "ReimbursableExpenseGroup"
        ReimbursableExpenseSubtotal "ReimbursableExpenseSubtotal"
    }
    SpecialTaxType {
        None "NONE" ZeroRate "ZERO_RATE" ForeignTax "FOREIGN_TAX" ReverseCharge "REVERSE_CHARGE"
        AdjustmentRate "ADJUSTMENT_RATE"
    }
    SubscriptionPaymentsSetting {
        SaleTerm "SALE_TERM"
    }
    TaxAgencyConfig {
        UserDefined "USER_DEFINED" SystemGenerated "SYSTEM_GENERATED"
    }
    TaxApplicableOn {
        Purchase "Purchase" Sales "Sales"
    }
    TaxRateApplicableOn {
        Sales "Sales" Purchase "Purchase" Adjustment "Adjustment" Other "Other"
    }
    TaxRateDisplayType {
        ReadOnly "ReadOnly" HideInTransactionForms "HideInTransactionForms"
        HideInPrintedForms "HideInPrintedForms" HideInAll "HideInAll"
    }
    TaxReviewStatus {
        NonAstTax "NON_AST_TAX" AstTaxOverride "AST_TAX_OVERRIDE"
    }
    TaxTypeApplicablity {
        TaxOnAmount "TaxOnAmount" TaxOnAmountPlusTax "TaxOnAmountPlusTax" TaxOnTax "TaxOnTax"
    }
    TermType {
        Standard "STANDARD" DateDriven "DATE_DRIVEN"
    }
    TimeActivityType {
        Employee "Employee" Other "Other" Vendor "Vendor"
    }
    TimeEntryUsedForPaychecks {
        NotSet "NotSet" DoNotUseTimeEntry "DoNotUseTimeEntry" UseTimeEntry "UseTimeEntry"
    }
    TransactionLocationType {
        WithinFrance "WithinFrance" FranceOverseas "FranceOverseas"
        OutsideFranceWithEU "OutsideFranceWithEU" OutsideEU "OutsideEU" Abudhabi "ABUDHABI"
        Ajman "AJMAN" Sharjah "SHARJAH" Dubai "DUBAI" Fujairah "FUJAIRAH"
        RasAlKhaimah "RAS_AL_KHAIMAH" UmmAlQuwain "UMM_AL_QUWAIN" OtherGcc "OTHER_GCC"
    }
    TxnSubType {
        InvoiceTax "InvoiceTax" InvoiceRetail "InvoiceRetail"
        JournalTaxAdjustment "JournalTaxAdjustment" ProjectCostEstimate "ProjectCostEstimate"
        EmployeeReimbursableExpense "EmployeeReimbursableExpense"
        EmployeeReimbursableExpensePayment "EmployeeReimbursableExpensePayment"
        RetainageRelease "RetainageRelease"
    }
    TxnType {
        APCreditCard "APCreditCard" ARRefundCreditCard "ARRefundCreditCard" Bill "Bill"
        BillPaymentCheck "BillPaymentCheck" BuildAssembly "BuildAssembly" CarryOver "CarryOver"
        CashPurchase "CashPurchase" Charge "Charge" Check "Check"
        CreditCardPayment "CreditCardPayment" CreditMemo "CreditMemo" Deposit "Deposit"
        EFPLiabilityCheck "EFPLiabilityCheck" EFTBillPayment "EFTBillPayment" EFTRefund "EFTRefund"
        Estimate "Estimate" InventoryAdjustment "InventoryAdjustment"
        InventoryTransfer "InventoryTransfer" Invoice "Invoice" ItemReceipt "ItemReceipt"
        JournalEntry "JournalEntry" LiabilityAdjustment "LiabilityAdjustment" Paycheck "Paycheck"
        PayrollLiabilityCheck "PayrollLiabilityCheck" PurchaseOrder "PurchaseOrder"
        PriorPayment "PriorPayment" ReceivePayment "ReceivePayment" RefundCheck "RefundCheck"
        ReimburseCharge "ReimburseCharge" SalesOrder "SalesOrder" SalesReceipt "SalesReceipt"
        SalesTaxPaymentCheck "SalesTaxPaymentCheck" Transfer "Transfer" TimeActivity "TimeActivity"
        VendorCredit "VendorCredit" VendorPrepayment "VendorPrepayment"
        YTDAdjustment "YTDAdjustment"
    }
    VendorTaxReportingBasis {
        Cash "Cash" Accrual "Accrual"
    }
    Week {
        Sunday "Sunday" Monday "Monday" Tuesday "Tuesday" Wednesday "Wednesday" Thursday "Thursday"
        Friday "Friday" Saturday "Saturday"
    }
}
