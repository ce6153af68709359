use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{Entity, EntityKind, ErrorKind, Json, Path, Record, Typed, schema};

fn entity(kind: EntityKind, text: &str) -> Entity {
    Entity::new(kind, &Json::parse(text.as_bytes()).unwrap()).unwrap()
}

fn read<T: Typed>(text: &str) -> crate::Result<T> {
    T::from_entity(entity(T::KIND, text))
}

/// What becomes of an object that is read as its type and written back; `None` if it is refused.
fn through(entity: Entity) -> Option<String> {
    fn as_type<T: Typed>(entity: Entity) -> Option<String> {
        Some(T::from_entity(entity).ok()?.entity().json().compact())
    }
    macro_rules! by_kind {
        ($($kind:ident)*) => {
            match entity.kind()? {
                $(EntityKind::$kind => as_type::<$kind>(entity),)*
            }
        };
    }
    by_kind! {
        Account Attachable Bill BillPayment Budget Class CompanyCurrency CompanyInfo
        CreditCardPayment CreditMemo Customer CustomerType Department Deposit Employee Entitlements
        Estimate ExchangeRate InventoryAdjustment Invoice Item JournalCode JournalEntry Payment
        PaymentMethod Preferences Purchase PurchaseOrder RecurringTransaction RefundReceipt
        ReimburseCharge SalesReceipt TaxAgency TaxClassification TaxCode TaxPayment TaxRate
        TaxService Term TimeActivity Transfer Vendor VendorCredit
    }
}

#[test]
fn an_invoice_is_read_as_it_is() {
    let text = r#"{"Id":"8001","SyncToken":"1","MetaData":{"CreateTime":"2031-03-04T09:15:00+01:00"},"TxnDate":"2031-03-04","CustomerRef":{"value":"7201","name":"Tindle"},"CurrencyRef":{"value":"EUR"},"Line":[{"Id":"1","LineNum":1,"Amount":312.40,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"7401"},"Qty":8,"Novel":[1]}},{"Amount":312.40,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}},{"DetailType":"Novel"}],"TotalAmt":312.40,"EmailStatus":"NeedToSend","PrintStatus":"Novel","ApplyTaxAfterDiscount":false,"BillAddr":{"City":"Middlefield"},"DueDate":null}"#;
    let invoice: Invoice = read(text).unwrap();
    assert_eq!(invoice.id(), Some(Id::from("8001")));
    assert_eq!(invoice.sync_token().unwrap().as_str(), "1");
    let created = invoice.meta_data().unwrap().create_time().unwrap();
    assert_eq!(created.offset().seconds(), 3600);
    assert_eq!(invoice.txn_date(), Some(jiff::civil::date(2031, 3, 4)));
    assert_eq!(invoice.due_date(), None);
    let customer: Ref<Customer> = invoice.customer_ref().unwrap();
    assert_eq!(
        (customer.id().as_str(), customer.name().as_deref()),
        ("7201", Some("Tindle"))
    );
    assert_eq!(invoice.total_amt().unwrap().to_string(), "312.40");
    assert_eq!(invoice.email_status(), Some(EmailStatus::NeedToSend));
    assert_eq!(
        invoice.print_status(),
        Some(PrintStatus::Unlisted("Novel".to_owned()))
    );
    assert_eq!(invoice.apply_tax_after_discount(), Some(false));
    assert_eq!(
        invoice.bill_addr().unwrap().city().as_deref(),
        Some("Middlefield")
    );

    let lines = invoice.line().unwrap();
    let Some(LineDetail::SalesItem(detail)) = lines[0].detail() else {
        panic!("{:?}", lines[0].detail());
    };
    assert_eq!(detail.qty(), Some(Decimal::from(8)));
    assert!(matches!(lines[1].detail(), Some(LineDetail::SubTotal(_))));
    assert_eq!(
        lines[2].detail(),
        Some(LineDetail::Unlisted("Novel".to_owned()))
    );
    assert_eq!(invoice.entity().json().as_text(), text);
}

#[test]
fn what_is_set_changes_and_nothing_else() {
    let mut invoice: Invoice =
        read(r#"{"Novel":{"x":1.50},"Id":"1","TotalAmt":1.0,"DocNumber":"7"}"#).unwrap();
    invoice
        .set_doc_number("8")
        .set_private_note("seen")
        .set_deposit(Decimal::new(100, 2));
    assert_eq!(
        invoice.object().to_string(),
        r#"{"Novel":{"x":1.50},"Id":"1","TotalAmt":1.0,"DocNumber":"8","PrivateNote":"seen","Deposit":1.00}"#
    );
    let shown = format!("{invoice:?}");
    assert_eq!(shown, "Invoice(6 members)");
}

#[test]
fn a_line_is_about_one_thing() {
    let mut line = Line::of(LineDetail::SalesItem(SalesItemLineDetail::new()));
    line.set_detail(LineDetail::Description(DescriptionLineDetail::new()));
    assert_eq!(
        line.object().to_string(),
        r#"{"DetailType":"DescriptionOnly","DescriptionLineDetail":{}}"#
    );
}

#[test]
fn a_member_of_another_type_is_told_where_it_is() {
    for (text, said) in [
        (
            r#"{"TotalAmt":"much"}"#,
            "Invoice: TotalAmt is not a number of at most 28 digits",
        ),
        (
            r#"{"Line":[{},{"SalesItemLineDetail":{"Qty":[]}}]}"#,
            "Invoice: Line[1].SalesItemLineDetail.Qty is not a number of at most 28 digits",
        ),
        (r#"{"TxnDate":"soon"}"#, "Invoice: TxnDate is not a date"),
        (
            r#"{"BillAddr":"here"}"#,
            "Invoice: BillAddr is not an object",
        ),
        (
            r#"{"ApplyTaxAfterDiscount":"perhaps"}"#,
            "Invoice: ApplyTaxAfterDiscount is not true or false",
        ),
    ] {
        let error = read::<Invoice>(text).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::Unexpected, said.to_owned())
        );
        assert!(!error.advice().contains('{'), "{}", error.advice());
    }
    let other = Invoice::from_entity(entity(EntityKind::Bill, "{}")).unwrap_err();
    assert_eq!(other.to_string(), "Bill came for Invoice");
}

#[test]
fn what_quickbooks_writes_in_two_ways_is_read_in_both() {
    let text = r#"{"Id":7,"TotalAmt":"12.50","ApplyTaxAfterDiscount":"true","Line":{"LineNum":"1"},"CustomerRef":"58","DueDate":"","Deposit":""}"#;
    let invoice: Invoice = read(text).unwrap();
    assert_eq!(invoice.id(), Some(Id::from("7")));
    assert_eq!(invoice.total_amt(), Some(Decimal::new(1250, 2)));
    assert_eq!(invoice.apply_tax_after_discount(), Some(true));
    assert_eq!(invoice.line().unwrap()[0].line_num(), Some(1));
    assert_eq!(invoice.customer_ref().unwrap().id().as_str(), "58");
    assert_eq!((invoice.due_date(), invoice.deposit()), (None, None));
    assert_eq!(invoice.entity().json().as_text(), text);
}

/// A value that a member of this type may have.
fn value(kind: &str) -> BoxedStrategy<String> {
    let text = any::<String>().prop_map(|text| serde_json::Value::from(text).to_string());
    match kind {
        "decimal" => (any::<i64>(), 0_u32..15)
            .prop_map(|(m, s)| Decimal::new(m, s).to_string())
            .boxed(),
        "integer" => any::<i64>().prop_map(|number| number.to_string()).boxed(),
        "boolean" => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        "date" => Just(r#""2026-02-28""#.to_owned()).boxed(),
        "datetime" => Just(r#""2026-02-28T01:02:03.250-08:00""#.to_owned()).boxed(),
        "ref" => text
            .prop_map(|name| format!(r#"{{"name":{name},"value":"1","x":1.0}}"#))
            .boxed(),
        kind if schema::get().object(kind).is_some() => {
            Just(r#"{"Unknown":[0.10]}"#.to_owned()).boxed()
        }
        kind if kind.parse::<EntityKind>().is_ok() => Just(r#"{"Id":"1"}"#.to_owned()).boxed(),
        _ => text.boxed(),
    }
}

fn member(kind: EntityKind) -> impl Strategy<Value = (String, String)> {
    let fields = &schema::get().entity(kind).unwrap().fields;
    let known = (0..fields.len()).prop_flat_map(move |at| {
        let field = &fields[at];
        let array = field.array;
        let value = value(&field.kind);
        value.prop_map(move |value| {
            let value = if array { format!("[{value}]") } else { value };
            (field.name.clone(), value)
        })
    });
    let unknown = ("[a-z]{1,6}", value("decimal"));
    prop_oneof![8 => known.boxed(), 1 => unknown.boxed()]
}

fn object() -> impl Strategy<Value = (EntityKind, String)> {
    prop::sample::select(EntityKind::ALL).prop_flat_map(|kind| {
        let members = prop::collection::vec(member(kind), 0..12);
        members.prop_map(move |members| {
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name)))
                .collect();
            (kind, format!("{{{}}}", members.join(",")))
        })
    })
}

proptest! {
    /// Reading and writing is the identity: no member is lost, renamed or moved.
    #[test]
    fn every_object_comes_back_as_it_was((kind, text) in object()) {
        let json = Json::parse(text.as_bytes()).unwrap();
        let entity = Entity::new(kind, &json).unwrap();
        let written = through(entity.clone());
        prop_assert_eq!(written, Some(entity.json().compact()));
    }

    /// Amounts of up to fifteen significant digits are exact in both directions.
    #[test]
    fn amounts_are_exact(digits in 0_i64..1_000_000_000_000_000, scale in 0_u32..6, negative: bool) {
        let amount = Decimal::new(if negative { -digits } else { digits }, scale);
        let mut payment = Payment::new();
        payment.set_total_amt(amount);
        let written = payment.object().at(&"TotalAmt".parse::<Path>().unwrap()).unwrap();
        prop_assert_eq!(written.as_text(), amount.to_string());
        let again: Payment = read(&payment.object().to_string()).unwrap();
        prop_assert_eq!(again.total_amt().unwrap().to_string(), amount.to_string());
    }
}
