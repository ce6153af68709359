//! From a transaction to its entry.
//!
//! Pure but for what it looks up. A transaction is right when it comes here: its references lead somewhere and its
//! totals are computed. What is missing may be an account that the books need; then the caller makes it and asks
//! again.

mod bought;
mod opening;
mod sold;

use jiff::civil::Date;
use serde_json::Value;

use super::accounts::Role;
use super::{Entry, Move, Posting, QUANTITY, Side};
use crate::company::Company;
use crate::json::{self, Cents, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;

/// Why there is no entry.
pub(crate) enum Trouble {
    /// The company has no such account yet.
    Needs(Role),
    Fault(ServiceFault),
}

/// The costs of goods sold that an entry was booked with, in the order of its moves. Given, they are taken over, so
/// that books read back are the same.
pub(crate) type Costs<'a> = Option<&'a [Cents]>;

/// What an entity books; none if it books nothing.
pub(crate) fn entry(
    company: &Company,
    kind: &Kind,
    members: &Members,
    costs: Costs,
) -> Result<Option<Entry>, Trouble> {
    let mut booking = Booking::new(company, members, costs);
    match kind.name {
        "Invoice" => booking.sale(1, Counter::Receivable)?,
        "CreditMemo" => booking.sale(-1, Counter::Receivable)?,
        "SalesReceipt" => booking.sale(1, Counter::Deposit)?,
        "RefundReceipt" => booking.sale(-1, Counter::Deposit)?,
        "Payment" => booking.payment()?,
        "Bill" => booking.purchase(1, Counter::Payable)?,
        "VendorCredit" => booking.purchase(-1, Counter::Payable)?,
        "Purchase" => booking.purchase(booking.purchase_sign(), Counter::Account)?,
        "BillPayment" => booking.bill_payment()?,
        "JournalEntry" => booking.journal()?,
        "Deposit" => booking.deposit()?,
        "Transfer" => booking.between("ToAccountRef", "FromAccountRef"),
        "CreditCardPayment" => booking.between("CreditCardAccountRef", "BankAccountRef"),
        "InventoryAdjustment" => booking.adjustment()?,
        "TaxPayment" => booking.tax_payment()?,
        "Account" => booking.opening_balance()?,
        "Item" => booking.opening_stock()?,
        _ => return Ok(None),
    }
    Ok(booking.finish())
}

/// The other side of a sale or a purchase.
#[derive(Clone, Copy)]
enum Counter {
    Receivable,
    Payable,
    /// `DepositToAccountRef`, or what is not deposited yet.
    Deposit,
    /// `AccountRef`.
    Account,
}

struct Booking<'a> {
    company: &'a Company,
    members: &'a Members,
    postings: Vec<Posting>,
    moves: Vec<Move>,
    costs: Costs<'a>,
    /// What every posting carries unless its line says otherwise.
    usual: Posting,
}

/// A line with the account that it books to and what it carries.
struct Part {
    posting: Posting,
    item: Option<u64>,
    quantity: i64,
}

impl<'a> Booking<'a> {
    fn new(company: &'a Company, members: &'a Members, costs: Costs<'a>) -> Self {
        let names = ["CustomerRef", "VendorRef", "EntityRef"];
        let usual = Posting {
            name: names
                .iter()
                .map(|name| id(members, name))
                .find(|id| *id > 0)
                .unwrap_or(0),
            class: id(members, "ClassRef"),
            department: id(members, "DepartmentRef"),
            ..Posting::default()
        };
        Self {
            company,
            members,
            postings: Vec::new(),
            moves: Vec::new(),
            costs,
            usual,
        }
    }

    fn finish(mut self) -> Option<Entry> {
        self.convert();
        self.postings.retain(|posting| posting.amount != 0);
        if self.postings.is_empty() && self.moves.is_empty() {
            return None;
        }
        let dates = [
            "TxnDate",
            "PaymentDate",
            "InvStartDate",
            "OpeningBalanceDate",
        ];
        let date = dates
            .iter()
            .find_map(|name| self.members.get(*name)?.as_str()?.parse().ok());
        let created = || {
            self.members
                .get("MetaData")?
                .get("CreateTime")?
                .as_str()?
                .get(..10)?
                .parse()
                .ok()
        };
        Some(Entry {
            date: date.or_else(created).unwrap_or(Date::constant(1970, 1, 1)),
            postings: self.postings.into_boxed_slice(),
            moves: self.moves.into_boxed_slice(),
        })
    }

    /// Into the home currency; what rounding leaves goes to the first posting.
    #[expect(
        clippy::cast_precision_loss,
        reason = "amounts stay below 2^53 hundredths"
    )]
    fn convert(&mut self) {
        let rate = self.members.get("ExchangeRate").and_then(Value::as_f64);
        let is_foreign = json::reference(self.members, "CurrencyRef")
            .is_some_and(|code| code != self.company.home_currency());
        let Some(rate) = rate.filter(|rate| is_foreign && *rate > 0.0 && *rate < 1e6) else {
            return;
        };
        for posting in &mut self.postings {
            posting.amount = json::to_cents(posting.amount as f64 / 100.0 * rate);
        }
        let left: Cents = self.postings.iter().map(|posting| posting.amount).sum();
        if let Some(first) = self.postings.first_mut() {
            first.amount -= left;
        }
    }

    fn debit(&mut self, account: u32, amount: Cents) {
        let side = self.company.side(account);
        self.postings.push(Posting {
            account,
            amount,
            side,
            ..self.usual
        });
    }

    fn role(&self, role: Role) -> Result<u32, Trouble> {
        self.company.account_for(role).ok_or(Trouble::Needs(role))
    }

    fn account(&self, name: &str, otherwise: Role) -> Result<u32, Trouble> {
        match id(self.members, name) {
            0 => self.role(otherwise),
            account => Ok(account),
        }
    }

    fn counter(&self, counter: Counter) -> Result<u32, Trouble> {
        match counter {
            Counter::Receivable => self.account("ARAccountRef", Role::Receivable),
            Counter::Payable => self.account("APAccountRef", Role::Payable),
            Counter::Deposit => self.account("DepositToAccountRef", Role::Undeposited),
            Counter::Account => self.account("AccountRef", Role::Undeposited),
        }
    }

    fn payment(&mut self) -> Result<(), Trouble> {
        let (to, from) = (
            self.counter(Counter::Deposit)?,
            self.counter(Counter::Receivable)?,
        );
        let total = amount(self.members, "TotalAmt");
        self.debit(to, total);
        self.debit(from, -total);
        Ok(())
    }

    fn bill_payment(&mut self) -> Result<(), Trouble> {
        let paid_from = ["CheckPayment", "CreditCardPayment"]
            .iter()
            .zip(["BankAccountRef", "CCAccountRef"]);
        let account = paid_from
            .map(|(group, name)| {
                self.members
                    .get(*group)
                    .map_or(0, |group| reference(group, name))
            })
            .find(|account| *account > 0);
        let from = account.map_or_else(|| self.role(Role::Undeposited), Ok)?;
        let payable = self.counter(Counter::Payable)?;
        let total = amount(self.members, "TotalAmt");
        self.debit(payable, total);
        self.debit(from, -total);
        Ok(())
    }

    fn journal(&mut self) -> Result<(), Trouble> {
        for (number, line) in lines(self.members).iter().enumerate() {
            let detail = &line["JournalEntryLineDetail"];
            let account = reference(detail, "AccountRef");
            if account == 0 {
                continue;
            }
            let sign = if detail["PostingType"] == "Credit" {
                -1
            } else {
                1
            };
            let side = self.company.side(account);
            let name = reference(&detail["Entity"], "EntityRef");
            if side != Side::Neither && name == 0 {
                return Err(Trouble::Fault(unnamed(side)));
            }
            let posting = Posting {
                amount: sign * cents(line, "Amount"),
                account,
                name,
                side,
                line: u16::try_from(number + 1).unwrap_or(0),
                ..self.usual
            };
            let posting = self.tagged(line, "JournalEntryLineDetail", posting);
            self.postings.push(Posting { name, ..posting });
        }
        Ok(())
    }

    fn deposit(&mut self) -> Result<(), Trouble> {
        let to = self.counter(Counter::Deposit)?;
        self.debit(to, amount(self.members, "TotalAmt"));
        if let Some(cash_back) = self.members.get("CashBack") {
            self.debit(
                reference(cash_back, "AccountRef"),
                cents(cash_back, "Amount"),
            );
        }
        for (number, line) in lines(self.members).iter().enumerate() {
            let detail = &line["DepositLineDetail"];
            let account = match reference(detail, "AccountRef") {
                0 => self.role(Role::Undeposited)?,
                account => account,
            };
            let posting = Posting {
                account,
                amount: -cents(line, "Amount"),
                line: u16::try_from(number + 1).unwrap_or(0),
                ..self.usual
            };
            let posting = self.tagged(line, "DepositLineDetail", posting);
            let name = reference(detail, "Entity");
            self.postings.push(Posting {
                name,
                side: self.company.side(account),
                ..posting
            });
        }
        Ok(())
    }

    fn tax_payment(&mut self) -> Result<(), Trouble> {
        let is_refund = self.members.get("Refund") == Some(&Value::Bool(true));
        let amount = amount(self.members, "PaymentAmount");
        let amount = if is_refund { -amount } else { amount };
        let (tax, from) = (
            self.role(Role::SalesTax)?,
            id(self.members, "PaymentAccountRef"),
        );
        self.debit(tax, amount);
        self.debit(from, -amount);
        Ok(())
    }

    fn between(&mut self, to: &str, from: &str) {
        let amount = amount(self.members, "Amount");
        let (to, from) = (id(self.members, to), id(self.members, from));
        self.debit(to, amount);
        self.debit(from, -amount);
    }

    fn item_account(&self, item: u32, name: &str, otherwise: Role) -> Result<u32, Trouble> {
        match self.company.item_reference(u64::from(item), name) {
            Some(account) => Ok(account),
            None => self.role(otherwise),
        }
    }

    fn item_is_stocked(&self, item: u32) -> bool {
        self.company.item_is_stocked(u64::from(item))
    }

    /// With the class, department and customer of a line, if it has its own.
    fn tagged(&self, line: &Value, detail: &str, posting: Posting) -> Posting {
        let own = |name: &str, usual: u32| match nested(line, detail, name) {
            0 => usual,
            own => own,
        };
        Posting {
            class: own("ClassRef", posting.class),
            department: own("DepartmentRef", posting.department),
            name: own("CustomerRef", posting.name),
            ..posting
        }
    }
}

fn unnamed(side: Side) -> ServiceFault {
    ServiceFault::business(if side == Side::Receivable {
        "When you use Accounts Receivable, you must choose a customer in the Name field."
    } else {
        "When you use Accounts Payable, you must choose a vendor in the Name field."
    })
}

fn lines(members: &Members) -> &[Value] {
    members
        .get("Line")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The id that a member or a reference holds; zero if none.
fn id(members: &Members, name: &str) -> u32 {
    members.get(name).map_or(0, |value| {
        let id = if value.is_object() {
            &value["value"]
        } else {
            value
        };
        id.as_str().and_then(|id| id.parse().ok()).unwrap_or(0)
    })
}

fn reference(group: &Value, name: &str) -> u32 {
    group[name]["value"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .unwrap_or(0)
}

fn nested(line: &Value, detail: &str, name: &str) -> u32 {
    reference(&line[detail], name)
}

fn amount(members: &Members, name: &str) -> Cents {
    members.get(name).map_or(0, json::cents)
}

fn cents(group: &Value, name: &str) -> Cents {
    json::cents(&group[name])
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers are checked to be far smaller"
)]
fn quantity(value: &Value) -> i64 {
    (value.as_f64().unwrap_or(0.0) * QUANTITY).round() as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "quantities stay below 2^53 parts"
)]
fn parts_of(quantity: i64) -> f64 {
    quantity as f64 / QUANTITY
}
