//! The kinds of entity that the Accounting API knows, as a table: name, path, member, address and
//! operations.

use std::fmt;
use std::str::FromStr;

/// What may be done to entities of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Make a new one.
    Create,
    /// Read one by its id.
    Read,
    /// Replace one; members left out are cleared.
    Update,
    /// Change some members of one.
    SparseUpdate,
    /// Delete one.
    Delete,
    /// Keep one, but with all amounts at zero.
    Void,
    /// Select from all of them.
    Query,
    /// Ask which have changed.
    Cdc,
    /// Take part in a batch.
    Batch,
    /// Render one as PDF.
    Pdf,
    /// Mail one to its customer.
    Send,
}

impl Operation {
    /// Its name: `sparse_update`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::SparseUpdate => "sparse_update",
            Self::Delete => "delete",
            Self::Void => "void",
            Self::Query => "query",
            Self::Cdc => "cdc",
            Self::Batch => "batch",
            Self::Pdf => "pdf",
            Self::Send => "send",
        }
    }
}

/// How one entity of a kind is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// By its id.
    Id,
    /// A company has exactly one.
    Single,
    /// A company has exactly one, and its realm id stands where others have an id.
    Company,
    /// By other means than an id.
    Elsewhere,
}

struct Row {
    name: &'static str,
    path: &'static str,
    member: &'static str,
    address: Address,
    operations: &'static [Operation],
}

macro_rules! kinds {
    ($($name:ident $path:literal $member:literal $address:ident: $($operation:ident)+;)+) => {
        /// A kind of entity. Its text is its name, in any case: `SalesReceipt`, `salesreceipt`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum EntityKind {
            $(#[doc = concat!("`", stringify!($name), "`, at `", $path, "`.")] $name,)+
        }

        impl EntityKind {
            /// All of them, by name.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            const fn row(self) -> &'static Row {
                match self {
                    $(Self::$name => &Row {
                        name: stringify!($name),
                        path: $path,
                        member: $member,
                        address: Address::$address,
                        operations: &[$(Operation::$operation,)+],
                    },)+
                }
            }
        }
    };
}

kinds! {
    Account "account" "Account" Id: Create Read Update SparseUpdate Query Cdc Batch;
    Attachable "attachable" "Attachable" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    Bill "bill" "Bill" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    BillPayment "billpayment" "BillPayment" Id: Create Read Update Delete Void Query Cdc Batch;
    Budget "budget" "Budget" Id: Create Read Update Delete Query Cdc Batch;
    Class "class" "Class" Id: Create Read Update SparseUpdate Query Cdc Batch;
    CompanyCurrency "companycurrency" "CompanyCurrency" Id: Create Read Update Query Cdc Batch;
    CompanyInfo "companyinfo" "CompanyInfo" Company: Read Update SparseUpdate Query Cdc Batch;
    CreditCardPayment "creditcardpayment" "CreditCardPaymentTxn" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    CreditMemo "creditmemo" "CreditMemo" Id: Create Read Update SparseUpdate Delete Query Cdc Batch Pdf Send;
    Customer "customer" "Customer" Id: Create Read Update SparseUpdate Query Cdc Batch;
    CustomerType "customertype" "CustomerType" Id: Read Query Batch;
    Department "department" "Department" Id: Create Read Update SparseUpdate Query Cdc Batch;
    Deposit "deposit" "Deposit" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    Employee "employee" "Employee" Id: Create Read Update SparseUpdate Query Cdc Batch;
    Entitlements "entitlements" "EntitlementsResponse" Elsewhere: Read;
    Estimate "estimate" "Estimate" Id: Create Read Update SparseUpdate Delete Query Cdc Batch Pdf Send;
    ExchangeRate "exchangerate" "ExchangeRate" Elsewhere: Read Update Query Batch;
    InventoryAdjustment "inventoryadjustment" "InventoryAdjustment" Id: Create Read SparseUpdate Delete Query Cdc Batch;
    Invoice "invoice" "Invoice" Id: Create Read Update SparseUpdate Delete Void Query Cdc Batch Pdf Send;
    Item "item" "Item" Id: Create Read Update SparseUpdate Query Cdc Batch;
    JournalCode "journalcode" "JournalCode" Id: Create Read Update SparseUpdate Query Batch;
    JournalEntry "journalentry" "JournalEntry" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    Payment "payment" "Payment" Id: Create Read Update SparseUpdate Delete Void Query Cdc Batch Pdf Send;
    PaymentMethod "paymentmethod" "PaymentMethod" Id: Create Read Update SparseUpdate Query Cdc Batch;
    Preferences "preferences" "Preferences" Single: Read Update Query Batch;
    Purchase "purchase" "Purchase" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    PurchaseOrder "purchaseorder" "PurchaseOrder" Id: Create Read Update SparseUpdate Delete Query Cdc Batch Pdf Send;
    RecurringTransaction "recurringtransaction" "RecurringTransaction" Id: Create Read Delete Query;
    RefundReceipt "refundreceipt" "RefundReceipt" Id: Create Read Update SparseUpdate Delete Query Cdc Batch Pdf Send;
    ReimburseCharge "reimbursecharge" "ReimburseCharge" Id: Read Query Batch;
    SalesReceipt "salesreceipt" "SalesReceipt" Id: Create Read Update SparseUpdate Delete Void Query Cdc Batch Pdf Send;
    TaxAgency "taxagency" "TaxAgency" Id: Create Read Query Batch;
    TaxClassification "taxclassification" "TaxClassification" Id: Read;
    TaxCode "taxcode" "TaxCode" Id: Read Query Batch;
    TaxPayment "taxpayment" "TaxPayment" Id: Read Query Batch;
    TaxRate "taxrate" "TaxRate" Id: Read Query Batch;
    TaxService "taxservice/taxcode" "TaxService" Elsewhere: Create;
    Term "term" "Term" Id: Create Read Update SparseUpdate Query Cdc Batch;
    TimeActivity "timeactivity" "TimeActivity" Id: Create Read Update SparseUpdate Delete Query Batch;
    Transfer "transfer" "Transfer" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
    Vendor "vendor" "Vendor" Id: Create Read Update SparseUpdate Query Cdc Batch;
    VendorCredit "vendorcredit" "VendorCredit" Id: Create Read Update SparseUpdate Delete Query Cdc Batch;
}

impl EntityKind {
    /// Its name: `SalesReceipt`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Its part of a URL: `salesreceipt`. QuickBooks minds the case of paths.
    pub const fn path(self) -> &'static str {
        self.row().path
    }

    /// The member that holds it in an answer: its name, but for a few kinds.
    pub const fn member(self) -> &'static str {
        self.row().member
    }

    /// What may be done to it.
    pub const fn operations(self) -> &'static [Operation] {
        self.row().operations
    }

    /// Whether `operation` may be done to it.
    pub fn allows(self, operation: Operation) -> bool {
        self.operations().contains(&operation)
    }

    /// The kind that `member` of an answer holds, if we know it.
    pub(crate) fn of_member(member: &str) -> Option<Self> {
        let all = Self::ALL.iter().copied();
        all.into_iter().find(|kind| kind.member() == member)
    }

    pub(crate) const fn address(self) -> Address {
        self.row().address
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EntityKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let wanted = |kind: &&Self| {
            text.eq_ignore_ascii_case(kind.name()) || text.eq_ignore_ascii_case(kind.member())
        };
        let found = Self::ALL.iter().find(wanted).copied();
        found.ok_or_else(|| UnknownKind {
            text: text.to_owned(),
        })
    }
}

/// A text that names no kind of entity. It prints the nearest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKind {
    text: String,
}

impl UnknownKind {
    /// The kinds that may have been meant, nearest first; at most three.
    pub fn nearest(&self) -> Vec<EntityKind> {
        let wanted = self.text.to_ascii_lowercase();
        let mut near: Vec<(usize, EntityKind)> = EntityKind::ALL
            .iter()
            .map(|&kind| (nearness(&wanted, kind), kind))
            .filter(|(distance, _)| *distance <= 2)
            .collect();
        near.sort_unstable();
        near.into_iter().take(3).map(|(_, kind)| kind).collect()
    }
}

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuickBooks has no entity {:?}", self.text)?;
        let nearest: Vec<&str> = self.nearest().iter().map(|kind| kind.name()).collect();
        match nearest.as_slice() {
            [] => Ok(()),
            names => write!(f, "; did you mean {}?", names.join(" or ")),
        }
    }
}

impl std::error::Error for UnknownKind {}

/// How far `wanted` is from the kind's name: changes of one letter; 2 if it is a part of the name.
fn nearness(wanted: &str, kind: EntityKind) -> usize {
    let name = kind.name().to_ascii_lowercase();
    let distance = edits(wanted, &name);
    if wanted.len() >= 3 && name.contains(wanted) {
        return distance.min(2);
    }
    distance
}

/// The Levenshtein distance of two words.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (deleted, letter) in from.chars().enumerate() {
        let mut corner = row[0];
        row[0] = deleted + 1;
        for (at, other) in to.iter().enumerate() {
            let kept = corner + usize::from(letter != *other);
            corner = row[at + 1];
            row[at + 1] = kept.min(row[at] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_in_any_case() {
        for (text, kind) in [
            ("Employee", EntityKind::Employee),
            ("salesreceipt", EntityKind::SalesReceipt),
            ("SALESRECEIPT", EntityKind::SalesReceipt),
            ("creditcardpaymenttxn", EntityKind::CreditCardPayment),
        ] {
            assert_eq!(text.parse(), Ok(kind), "{text}");
        }
        for &kind in EntityKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(EntityKind::of_member(kind.member()), Some(kind));
        }
    }

    #[test]
    fn an_unknown_name_is_told_its_neighbours() {
        for (text, said) in [
            (
                "employe",
                "QuickBooks has no entity \"employe\"; did you mean Employee?",
            ),
            (
                "Invoices",
                "QuickBooks has no entity \"Invoices\"; did you mean Invoice?",
            ),
            (
                "receipt",
                "QuickBooks has no entity \"receipt\"; did you mean RefundReceipt or SalesReceipt?",
            ),
            ("spaceship", "QuickBooks has no entity \"spaceship\""),
            ("", "QuickBooks has no entity \"\""),
        ] {
            assert_eq!(text.parse::<EntityKind>().unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn the_table_is_in_order_and_its_paths_are_lower_case() {
        assert_eq!(EntityKind::ALL.len(), 43);
        assert!(EntityKind::ALL.is_sorted_by_key(|kind| kind.name()));
        for kind in EntityKind::ALL {
            assert_eq!(kind.path(), kind.path().to_ascii_lowercase());
            let first = kind.path().split('/').next().unwrap();
            assert_eq!(first, kind.name().to_ascii_lowercase());
        }
        assert!(EntityKind::Invoice.allows(Operation::Void));
        assert!(!EntityKind::Employee.allows(Operation::Delete));
    }
}
