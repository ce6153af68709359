//! Sales: income, discounts, taxes, and goods that leave the stock.

use serde_json::Value;

use super::{Booking, Counter, Part, Trouble, amount, cents, lines, nested, parts_of, quantity};
use crate::json::{self, Cents};
use crate::ledger::accounts::Role;
use crate::ledger::{Move, Posting, Stock};

impl Booking<'_> {
    /// Income is credited and the counter account debited, or the other way round if `sign` is -1.
    pub(super) fn sale(&mut self, sign: Cents, counter: Counter) -> Result<(), Trouble> {
        let counter = self.counter(counter)?;
        let total = amount(self.members, "TotalAmt");
        self.debit(counter, sign * total);
        let mut parts = Vec::new();
        self.sale_lines(lines(self.members), &mut parts)?;
        for part in parts {
            self.postings.push(Posting {
                amount: -sign * part.posting.amount,
                ..part.posting
            });
            if let Some(item) = part.item {
                self.goods_sold(item, sign * part.quantity, part.posting)?;
            }
        }
        self.sales_tax(sign)?;
        // What is left is of rounding, or of a total that a client has set.
        let left: Cents = self.postings.iter().map(|posting| posting.amount).sum();
        if left != 0 {
            let account = self.role(Role::Discounts)?;
            self.debit(account, -left);
        }
        Ok(())
    }

    fn sale_lines(&self, lines: &[Value], parts: &mut Vec<Part>) -> Result<(), Trouble> {
        for (number, line) in lines.iter().enumerate() {
            let posting = Posting {
                line: u16::try_from(number + 1).unwrap_or(0),
                amount: cents(line, "Amount"),
                ..self.usual
            };
            match line["DetailType"].as_str().unwrap_or_default() {
                "SalesItemLineDetail" => parts.push(self.item_sold(line, posting)?),
                "GroupLineDetail" => {
                    let inner = line["GroupLineDetail"]["Line"]
                        .as_array()
                        .map_or(&[][..], Vec::as_slice);
                    self.sale_lines(inner, parts)?;
                }
                "DiscountLineDetail" => {
                    let account = match nested(line, "DiscountLineDetail", "DiscountAccountRef") {
                        0 => self.role(Role::Discounts)?,
                        account => account,
                    };
                    let posting = Posting {
                        account,
                        amount: -posting.amount,
                        ..posting
                    };
                    parts.push(Part {
                        posting,
                        item: None,
                        quantity: 0,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn item_sold(&self, line: &Value, posting: Posting) -> Result<Part, Trouble> {
        let item = nested(line, "SalesItemLineDetail", "ItemRef");
        let account = match nested(line, "SalesItemLineDetail", "ItemAccountRef") {
            0 => self.item_account(item, "IncomeAccountRef", Role::Income)?,
            account => account,
        };
        let posting = self.tagged(
            line,
            "SalesItemLineDetail",
            Posting {
                account,
                item,
                ..posting
            },
        );
        let is_stocked = self.item_is_stocked(item);
        Ok(Part {
            posting,
            item: is_stocked.then_some(u64::from(item)),
            quantity: quantity(&line["SalesItemLineDetail"]["Qty"]),
        })
    }

    /// Takes goods out of stock at their average cost.
    fn goods_sold(&mut self, item: u64, sold: i64, posting: Posting) -> Result<(), Trouble> {
        let cost = self.cost(item, sold);
        let short = posting.item;
        let goods_sold = self.item_account(short, "ExpenseAccountRef", Role::GoodsSold)?;
        let inventory = self.item_account(short, "AssetAccountRef", Role::Inventory)?;
        self.postings.push(Posting {
            account: goods_sold,
            amount: cost,
            ..posting
        });
        self.postings.push(Posting {
            account: inventory,
            amount: -cost,
            ..posting
        });
        self.moves.push(Move {
            item: short,
            stock: Stock {
                quantity: -sold,
                value: -cost,
            },
        });
        Ok(())
    }

    pub(super) fn cost(&self, item: u64, quantity: i64) -> Cents {
        if let Some(known) = self.costs.and_then(|costs| costs.get(self.moves.len())) {
            return *known;
        }
        self.company
            .ledger
            .stock(item)
            .cost(quantity)
            .unwrap_or_else(|| {
                let price = self.company.item_number(item, "PurchaseCost");
                json::to_cents(price * parts_of(quantity))
            })
    }

    fn sales_tax(&mut self, sign: Cents) -> Result<(), Trouble> {
        let Some(detail) = self.members.get("TxnTaxDetail") else {
            return Ok(());
        };
        let total = cents(detail, "TotalTax");
        let mut booked = 0;
        for line in detail["TaxLine"].as_array().into_iter().flatten() {
            let rate = nested(line, "TaxLineDetail", "TaxRateRef");
            let account = self.company.tax_account(u64::from(rate));
            let account = account.map_or_else(|| self.role(Role::SalesTax), Ok)?;
            let part = cents(line, "Amount");
            booked += part;
            self.debit(account, -sign * part);
        }
        if booked != total {
            let account = self.role(Role::SalesTax)?;
            self.debit(account, -sign * (total - booked));
        }
        Ok(())
    }
}
