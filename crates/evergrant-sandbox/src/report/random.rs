//! Whatever is done to the books, they stay in balance and the reports say what they hold.

use serde_json::{Value, json};

use super::*;
use crate::company::Writing;
use crate::json::Members;
use crate::ledger::Side;
use crate::random::Dice;
use crate::schema::{Kind, Operation};
use crate::seed::Seed;

const KINDS: [&str; 13] = [
    "Invoice",
    "Payment",
    "SalesReceipt",
    "CreditMemo",
    "RefundReceipt",
    "Bill",
    "BillPayment",
    "VendorCredit",
    "Purchase",
    "JournalEntry",
    "Deposit",
    "Transfer",
    "InventoryAdjustment",
];

struct Play {
    company: Company,
    dice: Dice,
    writing: Writing,
}

#[test]
fn ten_thousand_random_operations_keep_the_books() {
    play(10_000, 12);
}

fn play(operations: u64, seed: u64) {
    let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
    let mut play = Play {
        company: Company::open(&Seed::sample().companies[0], now),
        dice: Dice::new(seed),
        writing: Writing {
            now,
            allows_duplicate_numbers: true,
        },
    };
    let mut done = 0;
    for number in 0..operations {
        done += u64::from(play.act().is_ok());
        if number % (operations / 6) == 0 {
            play.check();
        }
    }
    play.check();
    assert!(done > operations / 2, "only {done} were not refused");
}

impl Play {
    fn act(&mut self) -> Result<String, ServiceFault> {
        let kind = Kind::named(KINDS[self.below(KINDS.len() as u64) as usize]);
        let count = self.company.store.shelf(kind).records.len() as u64;
        let roll = self.below(10);
        if roll < 6 || count == 0 {
            let body = self.body(kind);
            return self.company.write(kind, &body, &self.writing);
        }
        let place = self.below(count) as usize;
        let (id, text) = self
            .company
            .store
            .shelf(kind)
            .records
            .iter()
            .nth(place)
            .map(|(id, record)| (*id, record.text.clone()))
            .unwrap();
        let mut named = Members::new();
        named.insert("Id".into(), json!(id.to_string()));
        named.insert(
            "SyncToken".into(),
            json!(json::scalar(&text, "SyncToken").unwrap()),
        );
        match roll {
            6 => self.company.delete(kind, &named, &self.writing),
            7 if kind.allows(Operation::Void) => self.company.void(kind, &named, &self.writing),
            _ => {
                let mut body = self.body(kind);
                body.extend(named);
                self.company.write(kind, &body, &self.writing)
            }
        }
    }

    fn body(&self, kind: &Kind) -> Members {
        let amount = json::amount(1 + i64::try_from(self.below(90_000)).unwrap());
        let date = format!(
            "202{}-{:02}-{:02}",
            4 + self.below(3),
            1 + self.below(12),
            1 + self.below(28)
        );
        let (customer, vendor) = (
            json!({"value": (1 + self.below(29)).to_string()}),
            json!({"value": (30 + self.below(20)).to_string()}),
        );
        let account = ["7", "15", "19", "31", "35", "36", "41", "44"][self.below(8) as usize];
        let account = json!({"value": account});
        let sale = || {
            json!([
            {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": (1 + self.below(18)).to_string()}, "Qty": 3, "TaxCodeRef": {"value": "TAX"}}},
            {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": true, "DiscountPercent": self.below(40)}}])
        };
        let spent = || {
            json!([
            {"Amount": amount, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": {"AccountRef": account}},
            {"Amount": 30, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "11"}, "Qty": 3, "UnitPrice": 10}}])
        };
        let entry = |side: &str, account: &str| {
            json!({"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": {
            "PostingType": side, "AccountRef": {"value": account}, "Entity": {"Type": "Customer", "EntityRef": customer}}})
        };
        let body = match kind.name {
            "Payment" => {
                json!({"CustomerRef": customer, "TotalAmt": amount, "Line": self.settled(&["Invoice", "CreditMemo"], &amount)})
            }
            "BillPayment" => {
                json!({"VendorRef": vendor, "TotalAmt": amount, "PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}},
                "Line": self.settled(&["Bill"], &amount)})
            }
            "Bill" | "VendorCredit" => json!({"VendorRef": vendor, "Line": spent()}),
            "Purchase" => {
                json!({"PaymentType": "CreditCard", "Credit": self.below(4) == 0, "AccountRef": {"value": "41"}, "Line": spent()})
            }
            "JournalEntry" => json!({"Line": [entry("Debit", "84"), entry("Credit", "45")]}),
            "Deposit" => json!({"DepositToAccountRef": {"value": "35"}, "Line": [
                {"Amount": amount, "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": account}}]}),
            "Transfer" => {
                json!({"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"}, "Amount": amount})
            }
            "InventoryAdjustment" => json!({"AdjustAccountRef": {"value": "80"}, "Line": [
                {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": {"ItemRef": {"value": "13"}, "QtyDiff": 5}}]}),
            "SalesReceipt" | "RefundReceipt" => {
                json!({"CustomerRef": customer, "DepositToAccountRef": {"value": "35"}, "Line": sale(),
                "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}})
            }
            _ => {
                json!({"CustomerRef": customer, "Line": sale(), "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}})
            }
        };
        let Value::Object(mut body) = body else {
            panic!("an object");
        };
        body.insert("TxnDate".into(), json!(date));
        body
    }

    /// A line that settles something, whoever it is of.
    fn settled(&self, kinds: &[&str], amount: &Value) -> Value {
        let kind = Kind::named(kinds[self.below(kinds.len() as u64) as usize]);
        let records = &self.company.store.shelf(kind).records;
        let place = self.below(records.len().max(1) as u64) as usize;
        match records.keys().nth(place) {
            Some(id) => {
                json!([{"Amount": amount, "LinkedTxn": [{"TxnId": id.to_string(), "TxnType": kind.name}]}])
            }
            None => json!([]),
        }
    }

    fn below(&self, limit: u64) -> u64 {
        self.dice.roll() % limit.max(1)
    }

    #[expect(clippy::too_many_lines, reason = "one thing after the other")]
    fn check(&self) {
        let company = &self.company;
        for (key, entry) in company.ledger.entries() {
            assert_eq!(
                entry
                    .postings
                    .iter()
                    .map(|posting| posting.amount)
                    .sum::<i64>(),
                0,
                "{} {}",
                Kind::all()[key.0].name,
                key.1
            );
        }
        let mut sides = [0, 0];
        for posting in company
            .ledger
            .entries()
            .flat_map(|(_, entry)| entry.postings.iter())
        {
            sides[0] += if posting.side == Side::Receivable {
                posting.amount
            } else {
                0
            };
            sides[1] -= if posting.side == Side::Payable {
                posting.amount
            } else {
                0
            };
        }
        let total: i64 = company
            .store
            .shelf(Kind::named("Account"))
            .records
            .keys()
            .map(|id| company.ledger.account(*id))
            .sum();
        assert_eq!(total, 0, "the trial balance");
        let until = [("start_date", "2026-01-01"), ("end_date", "2099-12-31")];
        let sheet = tests::run(company, self.writing.now, "BalanceSheet", &until);
        assert_eq!(
            tests::sum(&sheet, "TotalAssets"),
            tests::sum(&sheet, "TotalLiabilitiesAndEquity")
        );
        let day = [("report_date", "2099-12-31")];
        for (name, side) in [
            ("AgedReceivables", 0),
            ("CustomerBalance", 0),
            ("AgedPayables", 1),
            ("VendorBalance", 1),
        ] {
            let report = tests::run(company, self.writing.now, name, &day);
            let sum = if report["Rows"]["Row"].is_array() {
                tests::sum(&report, "GrandTotal")
            } else {
                0
            };
            assert_eq!(sum, sides[side], "{name}");
        }
        self.check_records();
    }

    /// What invoices and customers say agrees with the ledger, and a snapshot opens to the same books.
    fn check_records(&self) {
        let company = &self.company;
        for (id, record) in &company.store.shelf(Kind::named("Customer")).records {
            let shown = json::parsed(&company.live(Kind::named("Customer"), *id, record));
            assert_eq!(
                json::cents(&shown["Balance"]),
                company.ledger.receivable(*id)
            );
        }
        let kind = Kind::named("Invoice");
        for (id, record) in &company.store.shelf(kind).records {
            let shown = json::parsed(&record.text);
            let left = json::cents(&shown["TotalAmt"]) - company.links.settled((kind.index, *id));
            assert_eq!(json::cents(&shown["Balance"]), left);
            assert!(
                left >= 0 || json::cents(&shown["TotalAmt"]) < 0,
                "{shown:?}"
            );
        }
    }
}
