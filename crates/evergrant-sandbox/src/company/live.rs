//! Members that change without their entity: balances and quantities on hand. They are not kept with it but put in
//! when it is shown, so a thousand invoices do not write their customer a thousand times.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Company;
use crate::json::{self, Cents};
use crate::ledger::QUANTITY;
use crate::ledger::accounts::{is_debit, is_lasting};
use crate::schema::Kind;

/// An entity's JSON as it is now.
pub(super) fn shown<'a>(company: &Company, kind: &Kind, id: u64, text: &'a str) -> Cow<'a, str> {
    match kind.name {
        "Account" => {
            let with = |text: &str, name: &str, cents: Cents| {
                json::replaced(text, name, &json::amount(cents))
            };
            let sign = sign(text);
            let own = sign * company.ledger.account(id);
            let all = sign * sum_below(company, kind, id, |id| company.ledger.account(id));
            let text = with(text, "CurrentBalance", own);
            Cow::Owned(with(&text, "CurrentBalanceWithSubAccounts", all))
        }
        "Customer" => {
            let own = company.ledger.receivable(id);
            let all = sum_below(company, kind, id, |id| company.ledger.receivable(id));
            let text = json::replaced(text, "Balance", &json::amount(own));
            Cow::Owned(json::replaced(&text, "BalanceWithJobs", &json::amount(all)))
        }
        "Vendor" => {
            let own = company.ledger.payable(id);
            Cow::Owned(json::replaced(text, "Balance", &json::amount(own)))
        }
        "Item" => Cow::Owned(json::replaced(
            text,
            "QtyOnHand",
            &quantity(company.ledger.stock(id).quantity),
        )),
        _ => Cow::Borrowed(text),
    }
}

/// The sign that makes an account's debits what is shown: none for accounts that a year's end empties.
fn sign(text: &str) -> Cents {
    let account_type = json::scalar(text, "AccountType").unwrap_or_default();
    match (is_lasting(&account_type), is_debit(&account_type)) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => -1,
    }
}

fn sum_below(company: &Company, kind: &Kind, id: u64, balance: impl Fn(u64) -> Cents) -> Cents {
    let mut total = 0;
    let mut seen = BTreeSet::new();
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            total += balance(id);
            next.extend(company.store.children((kind.index, id)));
        }
    }
    total
}

#[expect(
    clippy::cast_precision_loss,
    reason = "quantities stay below 2^53 parts"
)]
#[expect(clippy::cast_possible_truncation, reason = "a quotient")]
fn quantity(parts: i64) -> Value {
    let whole = parts / QUANTITY as i64;
    if parts % QUANTITY as i64 == 0 {
        json!(whole)
    } else {
        json!(parts as f64 / QUANTITY)
    }
}
