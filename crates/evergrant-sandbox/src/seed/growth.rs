//! Two years of business, made up: repeatable from its seed, of any size, and ending on the day that the clock shows.
//!
//! Transactions are written as a client would write them, so that whatever holds for a client's holds for these.
//! They refer to the built-in company's lists, and do nothing for a company that has none.

use std::collections::VecDeque;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::company::{Company, Writing};
use crate::json;
use crate::ledger::accounts::Role;
use crate::random::Dice;
use crate::schema::Kind;
use crate::time::{moment, pacific_date};

/// How much business there was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Growth {
    /// How many transactions there are to be.
    pub(crate) transactions: u32,
    /// What is made up depends on this and on the day.
    pub(crate) seed: u64,
    /// The one kind that there is to be; of all kinds that there are in a business, if it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) only: Option<String>,
}

impl Growth {
    /// The name of a kind that is made up, however it is spelled.
    pub(crate) fn kind(name: &str) -> Option<&'static str> {
        let mut kinds = BUSINESS.iter().map(|(kind, _)| *kind);
        kinds.find(|kind| kind.eq_ignore_ascii_case(name))
    }
}

/// How many days the business goes back.
const DAYS: i64 = 730;

/// How many customers the built-in company has, and for how many transactions there is one more.
const CUSTOMERS: usize = 29;
const TRANSACTIONS_A_CUSTOMER: u32 = 40;

/// What happens and how often, of a hundred.
const BUSINESS: [(&str, u64); 14] = [
    ("Invoice", 27),
    ("Payment", 20),
    ("SalesReceipt", 7),
    ("Bill", 11),
    ("BillPayment", 8),
    ("Purchase", 12),
    ("Deposit", 3),
    ("Estimate", 3),
    ("CreditMemo", 1),
    ("VendorCredit", 1),
    ("PurchaseOrder", 1),
    ("Transfer", 1),
    ("JournalEntry", 1),
    ("TimeActivity", 4),
];

/// Vendors with the accounts of what is bought from them.
const VENDORS: [(u64, &str, i64); 16] = [
    (30, "76", 14_000),
    (31, "56", 6_800),
    (32, "63", 31_000),
    (33, "11", 24_100),
    (34, "17", 120_000),
    (35, "63", 18_000),
    (36, "63", 42_000),
    (37, "77", 9_500),
    (38, "69", 30_000),
    (39, "57", 22_500),
    (40, "15", 5_200),
    (43, "63", 36_000),
    (45, "55", 16_300),
    (46, "7", 12_500),
    (48, "63", 51_000),
    (51, "13", 3_100),
];

/// Items with their prices in hundredths; what is counted in stock is sold last.
const ITEMS: [(&str, i64); 14] = [
    ("2", 5500),
    ("3", 8500),
    ("4", 7500),
    ("6", 11_000),
    ("7", 4800),
    ("8", 6500),
    ("9", 3850),
    ("17", 14_000),
    ("12", 1400),
    ("15", 4200),
    ("10", 6200),
    ("18", 1230),
    ("11", 2400),
    ("13", 475),
];

/// Carries the business on until today.
pub(crate) fn grow(company: &mut Company, growth: &Growth, now: Timestamp) {
    let today = pacific_date(now);
    let Ok(start) = today.checked_sub(DAYS.days()) else {
        return;
    };
    let mut business = Business {
        company,
        dice: Dice::new(growth.seed),
        date: start,
        at: now,
        customers: (1..=CUSTOMERS as u64).collect(),
        owed: VecDeque::new(),
        owing: VecDeque::new(),
        undeposited: VecDeque::new(),
        only: growth.only.as_deref().and_then(Growth::kind),
    };
    business.begin(growth);
    let only = business.only;
    let count = i64::from(growth.transactions.max(1));
    // The entry that opens the books is one of the transactions, but not one of a kind that is asked for.
    let happening = growth
        .transactions
        .saturating_sub(u32::from(only.is_none()));
    for number in 0..i64::from(happening) {
        let day = number * DAYS / count;
        let Ok(date) = start.checked_add(day.days()) else {
            return;
        };
        business.date = date;
        business.at = business.noon(number);
        match only {
            Some(kind) => business.happen(kind),
            None => business.happen(business.any()),
        }
    }
    business.round_off();
}

struct Business<'a> {
    company: &'a mut Company,
    dice: Dice,
    date: Date,
    at: Timestamp,
    customers: Vec<u64>,
    /// Invoices that are not paid: id, customer, amount.
    owed: VecDeque<(u64, String, i64)>,
    /// Bills that are not paid: id, vendor, amount.
    owing: VecDeque<(u64, String, i64)>,
    /// Payments that are not in the bank yet.
    undeposited: VecDeque<(u64, i64)>,
    /// The one kind that happens, if not all do.
    only: Option<&'static str>,
}

impl Business<'_> {
    fn begin(&mut self, growth: &Growth) {
        self.at = self.noon(0);
        let more = (growth.transactions / TRANSACTIONS_A_CUSTOMER) as usize;
        for number in CUSTOMERS..more.max(CUSTOMERS) {
            let (given, family) = (
                GIVEN[number % GIVEN.len()],
                FAMILY[number / GIVEN.len() % FAMILY.len()],
            );
            let made = self.write("Customer", &json!({"GivenName": given, "FamilyName": family,
                "DisplayName": format!("{given} {family} {number}"), "SalesTermRef": {"value": "3"}}));
            self.customers.extend(made.map(|made| made.id));
        }
        let line = |side: &str, account: &str, amount: i64| {
            json!({"Amount": json::amount(amount), "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}})
        };
        self.write("JournalEntry", &json!({"TxnDate": self.date.to_string(), "DocNumber": "1", "PrivateNote": "Opening balances", "Line": [
            line("Debit", "35", 2_150_000), line("Debit", "36", 800_000), line("Debit", "31", 1_349_500),
            line("Credit", "44", 2_500_000), line("Credit", "34", 1_799_500)]}));
    }

    /// One of each of what does not happen by chance, so that a client finds something of every kind.
    fn round_off(&mut self) {
        let (today, year) = (self.date.to_string(), self.date.year());
        self.write("RefundReceipt", &json!({"TxnDate": today, "CustomerRef": {"value": "1"}, "DepositToAccountRef": {"value": "35"},
            "PaymentMethodRef": {"value": "2"}, "Line": [{"Amount": 48, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "7"}, "UnitPrice": 48, "Qty": 1}}]}));
        self.write(
            "CreditCardPayment",
            &json!({"TxnDate": today, "Amount": 120, "BankAccountRef": {"value": "35"},
            "CreditCardAccountRef": {"value": "41"}}),
        );
        self.write("InventoryAdjustment", &json!({"TxnDate": today, "AdjustAccountRef": {"value": "80"}, "Line": [
            {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": {"ItemRef": {"value": "11"}, "QtyDiff": 2}}]}));
        let month = |month: i64| json!({"BudgetDate": format!("{year}-{month:02}-01"), "Amount": 250, "AccountRef": {"value": "7"}});
        self.write("Budget", &json!({"Name": format!("Advertising {year}"), "BudgetType": "ProfitAndLoss", "BudgetEntryType": "Monthly",
            "StartDate": format!("{year}-01-01"), "EndDate": format!("{year}-12-31"), "BudgetDetail": (1..=12).map(month).collect::<Vec<_>>()}));
        self.write("Purchase", &json!({"TxnDate": today, "PaymentType": "Cash", "AccountRef": {"value": "35"}, "EntityRef": {"value": "32", "type": "Vendor"},
            "Line": [{"Amount": 84, "Description": "Bark for the front beds", "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail":
            {"AccountRef": {"value": "63"}, "CustomerRef": {"value": "1"}, "BillableStatus": "Billable"}}]}));
        self.pay_tax();
        let monthly = |name: &str| {
            json!({"Name": name, "RecurType": "Automated", "Active": true, "ScheduleInfo": {
            "StartDate": today, "IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1}})
        };
        self.write("RecurringTransaction", &json!({"Invoice": {"RecurringInfo": monthly("Garden care"), "CustomerRef": {"value": "1"},
            "Line": [{"Amount": 75, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "6"}}}]}}));
        self.write("RecurringTransaction", &json!({"Bill": {"RecurringInfo": monthly("Telephone"), "VendorRef": {"value": "37"},
            "Line": [{"Amount": 95, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "77"}}}]}}));
    }

    /// Half of the sales tax that is owed is paid.
    fn pay_tax(&mut self) {
        let owed = self.company.account_for(Role::SalesTax);
        let owed = owed.map_or(0, |account| {
            -self.company.ledger.account(u64::from(account))
        });
        let writing = self.writing();
        if owed > 1 {
            let _ = self.company.pay_tax("35", owed / 2, &writing);
        }
    }

    /// What happens next in a business like most.
    fn any(&self) -> &'static str {
        let mut roll = self.below(100);
        let mut what = "Invoice";
        for (kind, weight) in BUSINESS {
            what = kind;
            if roll < weight {
                break;
            }
            roll -= weight;
        }
        what
    }

    fn happen(&mut self, what: &str) {
        match what {
            "Payment" => self.be_paid(),
            "BillPayment" => self.pay(),
            "Deposit" => self.deposit(),
            "Bill" | "VendorCredit" | "PurchaseOrder" => self.buy(what),
            "Purchase" => self.spend(),
            "Transfer" => self.transfer(),
            "JournalEntry" => self.depreciate(),
            "TimeActivity" => self.work(),
            sale => self.sell(sale),
        }
    }

    /// Whether such transactions are made up, so that what they are about has to be remembered.
    fn happens(&self, kind: &str) -> bool {
        self.only.is_none_or(|only| only == kind)
    }

    fn sell(&mut self, kind: &str) {
        let customer = self.customer();
        let mut lines = Vec::new();
        for number in 0..=self.below(3) {
            let choice = self.below(ITEMS.len() as u64 - if number == 0 { 2 } else { 0 });
            let (item, price) = usize::try_from(choice)
                .ok()
                .and_then(|place| ITEMS.get(place))
                .copied()
                .unwrap_or(ITEMS[0]);
            let quantity = i64::from(self.small(8)) + 1;
            lines.push(json!({"Amount": json::amount(price * quantity), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {
                "ItemRef": {"value": item}, "UnitPrice": json::amount(price), "Qty": quantity,
                "TaxCodeRef": {"value": if matches!(item, "9" | "11" | "12" | "13" | "18") { "TAX" } else { "NON" }}}}));
        }
        let tax = json!({"TxnTaxCodeRef": {"value": if self.below(2) == 0 { "2" } else { "3" }}});
        let mut body = json!({"TxnDate": self.date.to_string(), "CustomerRef": {"value": customer}, "Line": lines, "TxnTaxDetail": tax});
        if kind == "SalesReceipt" {
            body["PaymentMethodRef"] = json!({"value": "3"});
            body["DepositToAccountRef"] = json!({"value": "35"});
        }
        let made = self.write(kind, &body);
        if let Some(made) = made.filter(|_| kind == "Invoice" && self.happens("Payment")) {
            self.owed.push_back((made.id, customer, made.total));
        }
    }

    /// The oldest invoice is paid, often whole; new ones are made while there is none.
    fn be_paid(&mut self) {
        if self.owed.len() < 8 {
            return self.sell("Invoice");
        }
        let place = self.below(4) as usize;
        let Some((invoice, customer, amount)) = self.owed.remove(place) else {
            return;
        };
        let paid = if self.below(8) == 0 {
            amount / 2
        } else {
            amount
        };
        let made = self.write("Payment", &json!({"TxnDate": self.date.to_string(), "CustomerRef": {"value": customer},
            "TotalAmt": json::amount(paid), "PaymentMethodRef": {"value": "2"}, "PaymentRefNum": format!("{}", 2000 + self.below(7000)),
            "Line": [{"Amount": json::amount(paid), "LinkedTxn": [{"TxnId": invoice.to_string(), "TxnType": "Invoice"}]}]}));
        if paid < amount {
            self.owed.push_back((invoice, customer, amount - paid));
        }
        if let Some(made) = made.filter(|_| self.happens("Deposit")) {
            self.undeposited.push_back((made.id, paid));
        }
    }

    fn deposit(&mut self) {
        let count = self.undeposited.len().min(4);
        let lines: Vec<Value> = self.undeposited.drain(..count).map(|(payment, amount)| {
            json!({"Amount": json::amount(amount), "LinkedTxn": [{"TxnId": payment.to_string(), "TxnType": "Payment", "TxnLineId": "0"}]})
        }).collect();
        if !lines.is_empty() {
            self.write("Deposit", &json!({"TxnDate": self.date.to_string(), "DepositToAccountRef": {"value": "35"}, "Line": lines}));
        }
    }

    fn buy(&mut self, kind: &str) {
        let (vendor, account, around) = self.vendor();
        let amount = self.around(if kind == "VendorCredit" {
            around / 8
        } else {
            around
        });
        let mut line = json!({"Amount": json::amount(amount), "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}}});
        if kind == "PurchaseOrder" {
            line = json!({"Amount": json::amount(12_500), "DetailType": "ItemBasedExpenseLineDetail",
                "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "5"}, "Qty": 1, "UnitPrice": json::amount(12_500)}});
        }
        let made = self.write(kind, &json!({"TxnDate": self.date.to_string(), "VendorRef": {"value": vendor}, "Line": [line]}));
        if let Some(made) = made.filter(|_| kind == "Bill" && self.happens("BillPayment")) {
            self.owing.push_back((made.id, vendor, amount));
        }
    }

    fn pay(&mut self) {
        if self.owing.len() < 4 {
            return self.buy("Bill");
        }
        let Some((bill, vendor, amount)) = self.owing.pop_front() else {
            return;
        };
        let by_card = self.below(4) == 0;
        let mut body = json!({"TxnDate": self.date.to_string(), "VendorRef": {"value": vendor}, "TotalAmt": json::amount(amount),
            "Line": [{"Amount": json::amount(amount), "LinkedTxn": [{"TxnId": bill.to_string(), "TxnType": "Bill"}]}]});
        if by_card {
            body["PayType"] = json!("CreditCard");
            body["CreditCardPayment"] = json!({"CCAccountRef": {"value": "41"}});
        } else {
            body["PayType"] = json!("Check");
            body["CheckPayment"] =
                json!({"BankAccountRef": {"value": "35"}, "PrintStatus": "NeedToPrint"});
        }
        self.write("BillPayment", &body);
    }

    fn spend(&mut self) {
        let (vendor, account, around) = self.vendor();
        let amount = self.around(around / 4);
        let (kind, from) =
            [("Cash", "35"), ("CreditCard", "41"), ("Check", "35")][self.below(3) as usize];
        self.write("Purchase", &json!({"TxnDate": self.date.to_string(), "PaymentType": kind, "AccountRef": {"value": from},
            "EntityRef": {"value": vendor, "type": "Vendor"}, "Line": [{"Amount": json::amount(amount), "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}}}]}));
    }

    fn transfer(&mut self) {
        let amount = self.around(50_000);
        self.write("Transfer", &json!({"TxnDate": self.date.to_string(), "FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"},
            "Amount": json::amount(amount)}));
    }

    fn depreciate(&mut self) {
        let line = |side: &str, account: &str| {
            json!({"Amount": 112.5, "Description": "Depreciation of the truck", "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}})
        };
        self.write("JournalEntry", &json!({"TxnDate": self.date.to_string(), "Adjustment": true, "Line": [line("Debit", "27"), line("Credit", "32")]}));
    }

    fn work(&mut self) {
        let (customer, employee) = (
            self.customer(),
            [58, 59, 60, 61, 62, 64, 65][self.below(7) as usize],
        );
        self.write("TimeActivity", &json!({"TxnDate": self.date.to_string(), "NameOf": "Employee", "EmployeeRef": {"value": employee.to_string()},
            "CustomerRef": {"value": customer}, "ItemRef": {"value": "2"}, "Hours": 1 + self.below(8), "Minutes": 15 * self.below(4),
            "HourlyRate": 55, "BillableStatus": "Billable"}));
    }

    /// What doesn't suit the company's lists is left out.
    fn write(&mut self, kind: &str, body: &Value) -> Option<Made> {
        let kind = Kind::by_name(kind)?;
        let writing = self.writing();
        let written = self.company.write(kind, body.as_object()?, &writing);
        // Nobody is told of it, and changes of a million transactions take room.
        drop(self.company.take_changes());
        let made = Made::read(&written.ok()?)?;
        self.company.settle(kind, made.id);
        Some(made)
    }

    fn writing(&self) -> Writing {
        Writing {
            now: self.at,
            allows_duplicate_numbers: true,
        }
    }

    fn customer(&self) -> String {
        let place = usize::try_from(self.below(self.customers.len() as u64)).unwrap_or(0);
        self.customers.get(place).copied().unwrap_or(1).to_string()
    }

    fn vendor(&self) -> (String, &'static str, i64) {
        let place = usize::try_from(self.below(VENDORS.len() as u64)).unwrap_or(0);
        let (vendor, account, around) = VENDORS[place];
        (vendor.to_string(), account, around)
    }

    /// An amount from half to one and a half of this.
    fn around(&self, amount: i64) -> i64 {
        let spread = self.below(amount.unsigned_abs().max(1));
        amount / 2 + i64::try_from(spread).unwrap_or(0)
    }

    fn below(&self, limit: u64) -> u64 {
        self.dice.roll() % limit.max(1)
    }

    fn small(&self, limit: u8) -> u8 {
        u8::try_from(self.below(u64::from(limit))).unwrap_or(0)
    }

    /// About noon of the day; later numbers are later.
    fn noon(&self, number: i64) -> Timestamp {
        let second = number % 3600;
        moment(&format!(
            "{}T12:{:02}:{:02}",
            self.date,
            second / 60,
            second % 60
        ))
        .unwrap_or(self.at)
    }
}

/// What became of a body.
struct Made {
    id: u64,
    /// `TotalAmt`; none is nothing.
    total: json::Cents,
}

impl Made {
    fn read(written: &str) -> Option<Self> {
        let total = json::member(written, "TotalAmt").and_then(|total| total.parse().ok());
        Some(Self {
            id: json::scalar(written, "Id")?.parse().ok()?,
            total: json::to_cents(total.unwrap_or(0.0)),
        })
    }
}

const GIVEN: [&str; 16] = [
    "Anselm",
    "Beatrix",
    "Caspian",
    "Dorothea",
    "Emeric",
    "Flora",
    "Gwendolen",
    "Horatio",
    "Isolde",
    "Julian",
    "Katarina",
    "Lorcan",
    "Minerva",
    "Noel",
    "Ottilie",
    "Percival",
];

const FAMILY: [&str; 16] = [
    "Applegarth",
    "Blackthorn",
    "Copperfield",
    "Dewhurst",
    "Eastwick",
    "Fairweather",
    "Greenhalgh",
    "Hathersage",
    "Inglewood",
    "Jessop",
    "Kirkbride",
    "Longstaff",
    "Merryweather",
    "Northcott",
    "Oldershaw",
    "Pettigrew",
];
