//! What is there from the start, and stock that is counted anew.

use serde_json::Value;

use super::{Booking, Trouble, amount, id, lines, nested, parts_of, quantity};
use crate::json;
use crate::ledger::accounts::{Role, is_debit, is_lasting};
use crate::ledger::{Move, Posting, Side, Stock};

impl Booking<'_> {
    pub(super) fn adjustment(&mut self) -> Result<(), Trouble> {
        let against = self.account("AdjustAccountRef", Role::GoodsSold)?;
        for line in lines(self.members) {
            let item = nested(line, "ItemAdjustmentLineDetail", "ItemRef");
            let difference = quantity(&line["ItemAdjustmentLineDetail"]["QtyDiff"]);
            let value = self.cost(u64::from(item), difference);
            let inventory = self.item_account(item, "AssetAccountRef", Role::Inventory)?;
            self.postings.push(Posting {
                account: inventory,
                amount: value,
                item,
                ..self.usual
            });
            self.postings.push(Posting {
                account: against,
                amount: -value,
                item,
                ..self.usual
            });
            self.moves.push(Move {
                item,
                stock: Stock {
                    quantity: difference,
                    value,
                },
            });
        }
        Ok(())
    }

    pub(super) fn opening_balance(&mut self) -> Result<(), Trouble> {
        let amount = amount(self.members, "OpeningBalance");
        let own = id(self.members, "Id");
        let equity = self.company.account_for(Role::OpeningBalance);
        if amount == 0 || own == 0 || equity == Some(own) || self.company.side(own) != Side::Neither
        {
            return Ok(());
        }
        let account_type = self
            .members
            .get("AccountType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !is_lasting(account_type) {
            return Ok(());
        }
        let amount = if is_debit(account_type) {
            amount
        } else {
            -amount
        };
        let equity = equity.ok_or(Trouble::Needs(Role::OpeningBalance))?;
        self.debit(own, amount);
        self.debit(equity, -amount);
        Ok(())
    }

    /// What is on hand when an item is first counted; later changes are adjustments and leave this as it is.
    pub(super) fn opening_stock(&mut self) -> Result<(), Trouble> {
        let item = id(self.members, "Id");
        let on_hand = quantity(self.members.get("QtyOnHand").unwrap_or(&Value::Null));
        if self.members.get("TrackQtyOnHand") != Some(&Value::Bool(true)) || on_hand == 0 {
            return Ok(());
        }
        let price = self
            .members
            .get("PurchaseCost")
            .and_then(Value::as_f64)
            .unwrap_or(0.0);
        let value = match self.costs.and_then(|costs| costs.first()) {
            Some(known) => *known,
            None => json::to_cents(price * parts_of(on_hand)),
        };
        let inventory = self.account("AssetAccountRef", Role::Inventory)?;
        let equity = self.role(Role::OpeningBalance)?;
        self.usual.item = item;
        self.debit(inventory, value);
        self.debit(equity, -value);
        self.moves.push(Move {
            item,
            stock: Stock {
                quantity: on_hand,
                value,
            },
        });
        Ok(())
    }
}
