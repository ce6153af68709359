//! Every kind with every operation of the table, against the sandbox: through entities, and through
//! the types of the model.
//!
//! What is tried comes from the schema, so that an operation that is added there is tried here. The
//! objects are those that the sandbox has, and copies of them.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its set-up too"
)]

mod support;

use std::sync::LazyLock;

use evergrant_quickbooks::model::*;
use evergrant_quickbooks::{
    Client, Entity, EntityKind, Error, Json, Object, Operation, Pace, Query, Record, Request,
    Typed, Value,
};

use evergrant_sandbox::{Options, Seed};

use support::Books;

/// A tax classification that each company of the sandbox has; they can't be listed by a query.
const CLASSIFICATION: &str = "EUC-99990101-V1-00020000";

/// Objects of the kinds of which the sandbox's company has none.
static SAMPLES: LazyLock<Json> =
    LazyLock::new(|| Json::parse(include_bytes!("samples.json")).unwrap());

/// What came of trying an operation.
type Tried = Result<(), String>;

#[tokio::test]
async fn every_operation_of_every_kind_works_at_both_levels() {
    let books = Books::with(Options {
        seed: Seed::generated(300, 7),
        ..Options::default()
    })
    .await;
    let client = books.client.clone().with_pace(Pace::unlimited());
    let mut failures = Vec::new();
    let mut tried = 0;
    for &kind in EntityKind::ALL {
        let outcomes = match at_level(kind, &client).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                failures.push(format!("{kind}: {error}"));
                continue;
            }
        };
        for (operation, outcome) in outcomes {
            tried += 1;
            if let Err(why) = outcome {
                failures.push(format!("{kind} {operation}: {why}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {tried}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(tried > 400, "{tried}");
}

/// Both levels of one kind.
#[expect(clippy::cognitive_complexity, reason = "a choice among all kinds")]
async fn at_level(kind: EntityKind, client: &Client) -> Result<Vec<(String, Tried)>, Error> {
    macro_rules! typed {
        ($($name:ident)*) => {
            match kind {
                $(EntityKind::$name => Box::pin(operations::<$name>(client)).await,)*
                other => panic!("{other} has no type"),
            }
        };
    }
    typed! {
        Account Attachable Bill BillPayment Budget Class CompanyCurrency CompanyInfo
        CreditCardPayment CreditMemo Customer CustomerType Department Deposit Employee Entitlements
        Estimate ExchangeRate InventoryAdjustment Invoice Item JournalCode JournalEntry Payment
        PaymentMethod Preferences Purchase PurchaseOrder RecurringTransaction RefundReceipt
        ReimburseCharge SalesReceipt TaxAgency TaxClassification TaxCode TaxPayment TaxRate
        TaxService Term TimeActivity Transfer Vendor VendorCredit
    }
}

async fn operations<T: Typed>(client: &Client) -> Result<Vec<(String, Tried)>, Error> {
    let kind = T::KIND;
    let sample = sample(client, kind).await?;
    let mut outcomes = Vec::new();
    let offers_documents = offers_documents(client).await?;
    for operation in kind.operations() {
        if matches!(operation, Operation::Pdf | Operation::Send) && !offers_documents {
            continue;
        }
        let entity = attempt::<Entity>(client, kind, *operation, &sample).await;
        outcomes.push((
            operation.name().to_owned(),
            entity.map_err(|e| e.to_string()),
        ));
        let typed = attempt::<T>(client, kind, *operation, &sample).await;
        outcomes.push((
            format!("{} typed", operation.name()),
            typed.map_err(|e| e.to_string()),
        ));
    }
    Ok(outcomes)
}

/// Whether the sandbox renders and mails, asked in its own words.
async fn offers_documents(client: &Client) -> Result<bool, Error> {
    let invoice = sample(client, EntityKind::Invoice).await?.id().unwrap();
    let pdf = format!("invoice/{invoice}/pdf");
    let answer = client.send(Request::get(pdf).with_accept("application/pdf".parse().unwrap()));
    Ok(answer.await.is_ok())
}

/// An object of this kind that is there.
async fn sample(client: &Client, kind: EntityKind) -> Result<Entity, Error> {
    if let Some(sample) = SAMPLES.at(&kind.name().parse().unwrap()) {
        let sample = Entity::new(kind, &sample)?;
        return match kind {
            EntityKind::TaxService => Ok(sample),
            _ => client.create(&sample).await,
        };
    }
    match kind {
        EntityKind::ExchangeRate => client.exchange_rate("EUR", None).await,
        EntityKind::CompanyInfo => client.company_info().await,
        EntityKind::Preferences => client.preferences().await,
        _ if kind.allows(Operation::Query) => {
            let mut rows = client.rows::<Entity>(&Query::of(kind).limit(1));
            match rows.next().await {
                Some(row) => row,
                None => Err(client.read_entity(kind, "none there").await.unwrap_err()),
            }
        }
        _ => client.read_entity(kind, CLASSIFICATION).await,
    }
}

/// Does one operation with a copy of the sample, as an `R`.
async fn attempt<R: Record>(
    client: &Client,
    kind: EntityKind,
    operation: Operation,
    sample: &Entity,
) -> Result<(), Error> {
    let made = || async {
        if kind.allows(Operation::Create) {
            client.create(&copy::<R>(sample)?).await
        } else {
            R::from_entity(again(client, kind, sample).await?)
        }
    };
    match operation {
        Operation::Create => drop(client.create(&copy::<R>(sample)?).await?),
        Operation::Read => drop(R::from_entity(again(client, kind, sample).await?)?),
        Operation::Update => drop(client.update(&made().await?).await?),
        Operation::SparseUpdate => drop(client.patch(&bare::<R>(&made().await?)?).await?),
        Operation::Delete => drop(client.delete(&made().await?).await?),
        Operation::Void => drop(client.void(&made().await?).await?),
        Operation::Query => {
            let mut rows = client.rows::<R>(&Query::of(kind).limit(3));
            while let Some(row) = rows.next().await {
                row?;
            }
            client.count(&Query::of(kind)).await?;
        }
        Operation::Cdc => {
            let since = jiff::Timestamp::UNIX_EPOCH;
            let changes = client.cdc(&[kind], since).await;
            // A whole company is older than changes are kept.
            drop(changes.or_else(|error| match error.fault() {
                Some(fault) if fault.has(500) => Ok(Default::default()),
                _ => Err(error),
            })?);
        }
        Operation::Batch => in_batch(client, kind).await?,
        Operation::Pdf => drop(client.pdf(kind, &sample.id().unwrap()).await?),
        Operation::Send => {
            let to = Some("someone@books.example");
            drop(client.mail(kind, &sample.id().unwrap(), to).await?);
        }
    }
    Ok(())
}

async fn in_batch(client: &Client, kind: EntityKind) -> Result<(), Error> {
    let query = format!("select * from {kind} maxresults 1");
    let items = vec![evergrant_quickbooks::BatchItem::query(&query)];
    for outcome in client.batch(items).await? {
        outcome.result?;
    }
    Ok(())
}

async fn again(client: &Client, kind: EntityKind, sample: &Entity) -> Result<Entity, Error> {
    match kind {
        EntityKind::ExchangeRate => client.exchange_rate("EUR", None).await,
        _ => {
            client
                .read_entity(kind, &sample.id().unwrap_or_default())
                .await
        }
    }
}

/// The sample as a new object: without what the server sets, under another name.
fn copy<R: Record>(sample: &Entity) -> Result<R, Error> {
    static COPIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COPIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let mut object = Object::parse(sample.json()).unwrap();
    if sample.kind() == Some(EntityKind::RecurringTransaction) {
        let name = object.names().next().unwrap().into_owned();
        let Some(Value::Object(mut inside)) = object.get(&name).cloned() else {
            panic!("nothing recurs");
        };
        anonymise(&mut inside, number);
        object.set(&name, Value::Object(inside));
    } else {
        anonymise(&mut object, number);
    }
    R::from_entity(Entity::new(sample.kind().unwrap(), &object.to_json())?)
}

fn anonymise(object: &mut Object, number: u32) {
    for member in [
        "Id",
        "SyncToken",
        "MetaData",
        "domain",
        "sparse",
        "FullyQualifiedName",
        "DocNumber",
    ] {
        object.remove(member);
    }
    for member in [
        "DisplayName",
        "Name",
        "Code",
        "GivenName",
        "FamilyName",
        "TaxCode",
    ] {
        if let Some(name) = object.get(member).and_then(Value::as_string) {
            let name = format!("{name} {number}");
            object.set(member, Value::string(&name));
        }
    }
    if object.get("TaxRateDetails").is_some() {
        let rate = format!(
            r#"[{{"TaxRateName":"R{number}","RateValue":"8.5","TaxAgencyId":"1","TaxApplicableOn":"Sales"}}]"#
        );
        let rate = Value::of(&Json::parse(rate.as_bytes()).unwrap()).unwrap();
        object.set("TaxRateDetails", rate);
    }
}

/// As much of an object as a sparse update needs.
fn bare<R: Record>(record: &R) -> Result<R, Error> {
    /// What the API wants again from the one kind or the other.
    const NEEDED: [&str; 11] = [
        "Name",
        "VendorRef",
        "PaymentType",
        "DepositToAccountRef",
        "FromAccountRef",
        "ToAccountRef",
        "BankAccountRef",
        "CreditCardAccountRef",
        "Amount",
        "DueDays",
        "DayOfMonthDue",
    ];
    let entity = record.entity();
    let (kind, id) = (entity.kind().unwrap(), entity.id().unwrap());
    let stub = Entity::stub(kind, &id, &entity.sync_token().unwrap());
    let whole = Object::parse(entity.json()).unwrap();
    let mut object = Object::parse(stub.json()).unwrap();
    for name in NEEDED {
        if let Some(value) = whole.get(name) {
            object.set(name, value.clone());
        }
    }
    R::from_entity(Entity::new(kind, &object.to_json())?)
}
