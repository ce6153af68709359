//! Purchases: expenses, and goods that come into the stock.

use serde_json::Value;

use super::{Booking, Counter, Trouble, amount, cents, lines, nested, quantity};
use crate::json::Cents;
use crate::ledger::accounts::Role;
use crate::ledger::{Move, Posting, Stock};

impl Booking<'_> {
    /// A purchase with `Credit` is a refund of a credit card.
    pub(super) fn purchase_sign(&self) -> Cents {
        if self.members.get("Credit") == Some(&Value::Bool(true)) {
            -1
        } else {
            1
        }
    }

    pub(super) fn purchase(&mut self, sign: Cents, counter: Counter) -> Result<(), Trouble> {
        let counter = self.counter(counter)?;
        self.debit(counter, -sign * amount(self.members, "TotalAmt"));
        for (number, line) in lines(self.members).iter().enumerate() {
            let posting = Posting {
                line: u16::try_from(number + 1).unwrap_or(0),
                amount: sign * cents(line, "Amount"),
                ..self.usual
            };
            match line["DetailType"].as_str().unwrap_or_default() {
                "AccountBasedExpenseLineDetail" => {
                    let account = nested(line, "AccountBasedExpenseLineDetail", "AccountRef");
                    let account = if account == 0 {
                        self.role(Role::Expense)?
                    } else {
                        account
                    };
                    let posting = self.tagged(
                        line,
                        "AccountBasedExpenseLineDetail",
                        Posting { account, ..posting },
                    );
                    self.postings.push(Posting {
                        side: self.company.side(account),
                        ..posting
                    });
                }
                "ItemBasedExpenseLineDetail" => self.item_bought(line, sign, posting)?,
                _ => {}
            }
        }
        let left: Cents = self.postings.iter().map(|posting| posting.amount).sum();
        if left != 0 {
            let account = self.role(Role::Expense)?;
            self.debit(account, -left);
        }
        Ok(())
    }

    fn item_bought(&mut self, line: &Value, sign: Cents, posting: Posting) -> Result<(), Trouble> {
        let item = nested(line, "ItemBasedExpenseLineDetail", "ItemRef");
        let is_stocked = self.item_is_stocked(item);
        let account = if is_stocked {
            self.item_account(item, "AssetAccountRef", Role::Inventory)?
        } else {
            self.item_account(item, "ExpenseAccountRef", Role::Expense)?
        };
        let posting = self.tagged(
            line,
            "ItemBasedExpenseLineDetail",
            Posting {
                account,
                item,
                ..posting
            },
        );
        self.postings.push(posting);
        if is_stocked {
            let bought = sign * quantity(&line["ItemBasedExpenseLineDetail"]["Qty"]);
            self.moves.push(Move {
                item,
                stock: Stock {
                    quantity: bought,
                    value: posting.amount,
                },
            });
        }
        Ok(())
    }
}
