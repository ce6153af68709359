# The two lists that its tests read and its package leaves out, and its settings.
mkdir -p build
printf %s "account attachable bill billPayment budget class companyInfo creditMemo customer department employee estimate exchangeRate invoice item journalEntry payment paymentMethod preferences purchase purchaseOrder refundReceipt salesReceipt taxAgency taxCode taxRate term timeActivity vendor vendorCredit" | tr ' ' '\n' > build/query.txt
printf '%s\n' BalanceSheet ProfitAndLoss ProfitAndLossDetail TrialBalance CashFlow InventoryValuationSummary CustomerSales ItemSales CustomerIncome CustomerBalance CustomerBalanceDetail AgedReceivables AgedReceivableDetail VendorBalance VendorBalanceDetail AgedPayables AgedPayableDetail VendorExpenses TransactionList > build/report.txt
cat > config.js <<'END'
const env = process.env, token = require(env.EVERGRANT_TOKEN_FILE).access_token
module.exports = { consumerKey: env.EVERGRANT_CLIENT_ID, consumerSecret: env.EVERGRANT_CLIENT_SECRET, token, tokenSecret: false,
  realmId: env.EVERGRANT_REALM, useSandbox: true, debug: false, testEmail: '', minorversion: 75, oauthversion: '2.0', refreshToken: '' }
END
