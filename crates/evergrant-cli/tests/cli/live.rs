//! Every entity with every operation of the schema by the program itself, carried out by the
//! sandbox. What is tried comes from the table, so that an operation that is added there is tried
//! here. The objects are those that the sandbox's company has, and copies of them.

use std::thread;

use evergrant_quickbooks::{EntityKind, Operation};
use evergrant_sandbox::{Options, Seed};
use serde_json::{Map, Value, json};

use crate::support::{Lab, Ran};

/// A tax classification that each company of the sandbox has; they can't be listed by a query.
const CLASSIFICATION: &str = "EUC-99990101-V1-00020000";

/// Objects of the kinds of which the sandbox's company has none.
const SAMPLES: &str = include_str!("../../../evergrant-quickbooks/tests/samples.json");

#[test]
fn every_operation_of_every_entity_is_carried_out() {
    let kinds = EntityKind::ALL;
    // Each half has a company of its own.
    let halves = kinds.chunks(kinds.len().div_ceil(2));
    let tried: Vec<Tried> = thread::scope(|scope| {
        let halves: Vec<_> = halves.map(|half| scope.spawn(|| try_all(half))).collect();
        let done = halves.into_iter().flat_map(|half| half.join().unwrap());
        done.collect()
    });
    let failed = tried.iter().filter_map(|(name, outcome)| {
        let why = outcome.as_ref().err()?;
        Some(format!("{name}: {why}"))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let expected: usize = kinds.iter().map(|kind| kind.operations().len()).sum();
    assert_eq!(tried.len(), expected);
}

/// What came of an operation of a kind.
type Tried = (String, Result<(), String>);

fn try_all(kinds: &[EntityKind]) -> Vec<Tried> {
    let lab = Lab::with(Options {
        seed: Seed::generated(300, 7),
        ..Options::default()
    });
    let attempts = kinds.iter().flat_map(|kind| {
        let bench = Bench::new(&lab, *kind);
        let operations = kind.operations().iter();
        operations.map(move |operation| {
            let outcome = bench.as_ref().map_err(Clone::clone);
            let outcome = outcome.and_then(|bench| bench.attempt(*operation));
            (format!("{kind} {operation:?}"), outcome)
        })
    });
    attempts.collect()
}

/// One kind at work.
struct Bench<'a> {
    lab: &'a Lab,
    kind: EntityKind,
    /// An object of the kind.
    sample: Value,
}

impl<'a> Bench<'a> {
    fn new(lab: &'a Lab, kind: EntityKind) -> Result<Self, String> {
        let samples: Value = serde_json::from_str(SAMPLES).unwrap();
        let mut bench = Self {
            lab,
            kind,
            sample: samples[kind.name()].clone(),
        };
        bench.sample = match kind {
            EntityKind::TaxService => bench.sample,
            _ if bench.sample.is_object() => bench.create()?,
            EntityKind::ExchangeRate
            | EntityKind::CompanyInfo
            | EntityKind::Preferences
            | EntityKind::Entitlements
            | EntityKind::TaxClassification => bench.read()?,
            _ => bench.listed()?,
        };
        Ok(bench)
    }

    fn attempt(&self, operation: Operation) -> Result<(), String> {
        match operation {
            Operation::Create => self.create().map(drop),
            Operation::Read => self.read().map(drop),
            Operation::Update => self.update(&self.made()?, &[]),
            Operation::SparseUpdate => self.update(&stub(&self.made()?), &["--sparse"]),
            Operation::Delete => self.remove("delete", "Deleted"),
            Operation::Void => self.remove("void", ""),
            Operation::Query => self.query(),
            Operation::Cdc => self.changes(),
            Operation::Batch => self.batch(),
            Operation::Pdf => self.pdf(),
            Operation::Send => self.send(),
        }
    }

    /// Over plain http, which costs hundreds of processes less than TLS.
    fn run(&self, words: &[&str]) -> Ran {
        let mut command = self.lab.command(words);
        let url = self.lab.sandbox.http_url().unwrap();
        self.lab.finish(command.env("EVERGRANT_BASE_URL", url))
    }

    fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// A new object that is like the sample.
    fn create(&self) -> Result<Value, String> {
        let copy = copy(&self.sample);
        self.lab.write("object.json", copy.to_string());
        self.answered(&["create", self.name(), "-f", "object.json"])
    }

    /// A new object if there can be one, else the sample as it is now.
    fn made(&self) -> Result<Value, String> {
        match self.kind.allows(Operation::Create) {
            true => self.create(),
            false => self.read(),
        }
    }

    fn read(&self) -> Result<Value, String> {
        match self.kind {
            EntityKind::ExchangeRate => self.answered(&["get", self.name(), "EUR"]),
            EntityKind::CompanyInfo | EntityKind::Preferences | EntityKind::Entitlements => {
                self.answered(&["get", self.name()])
            }
            EntityKind::TaxClassification => {
                let read = self.answered(&["get", self.name(), CLASSIFICATION])?;
                expect(read["id"] == CLASSIFICATION, &read).map(|()| read)
            }
            _ => self.answered(&["get", self.name(), &id(&self.sample)]),
        }
    }

    fn listed(&self) -> Result<Value, String> {
        let ran = self.run(&["list", self.name(), "--limit", "1", "-o", "jsonl"]);
        let stdout = done(&ran)?;
        serde_json::from_str(stdout.lines().next().unwrap_or_default())
            .map_err(|error| format!("{error}: {ran:?}"))
    }

    fn update(&self, object: &Value, more: &[&str]) -> Result<(), String> {
        self.lab.write("object.json", object.to_string());
        let words = [&["update", self.name(), "-f", "object.json"], more].concat();
        let changed = self.answered(&words)?;
        // A rate is told by its currency and has no id until it is changed.
        let is_same = id(object).is_empty() || id(&changed) == id(object);
        expect(is_same, &changed)
    }

    fn remove(&self, verb: &str, status: &str) -> Result<(), String> {
        let made = self.made()?;
        let gone = self.answered(&[verb, self.name(), &id(&made), "--yes"])?;
        expect(gone.to_string().contains(status), &gone)
    }

    fn query(&self) -> Result<(), String> {
        let rows = self.run(&["list", self.name(), "--limit", "3", "-o", "jsonl"]);
        let statement = format!("select * from {}", self.name());
        let count = self.run(&["query", &statement, "--count"]);
        let (rows, count) = (done(&rows)?, done(&count)?);
        let count: usize = count.trim().parse().map_err(|_| count.to_owned())?;
        expect(rows.lines().count() == count.min(3), &json!([rows, count]))
    }

    fn changes(&self) -> Result<(), String> {
        let words = [
            "cdc",
            "--since",
            "1h",
            "--entities",
            self.name(),
            "-o",
            "jsonl",
        ];
        done(&self.run(&words)).map(drop)
    }

    fn batch(&self) -> Result<(), String> {
        let item = json!({"Query": format!("select * from {} maxresults 1", self.name())});
        let file = format!("{}.jsonl", self.name());
        self.lab.write(&file, item.to_string());
        let ran = self.run(&["batch", &file]);
        let stdout = done(&ran)?;
        expect(stdout.contains("QueryResponse"), &json!(stdout))
    }

    fn pdf(&self) -> Result<(), String> {
        done(&self.run(&["pdf", self.name(), &id(&self.sample), "-f", "it.pdf"]))?;
        let bytes = std::fs::read(self.lab.path("it.pdf")).unwrap();
        expect(bytes.starts_with(b"%PDF"), &json!(bytes.len()))
    }

    fn send(&self) -> Result<(), String> {
        let to = "someone@books.example";
        let sent = self.answered(&["send", self.name(), &id(&self.sample), "--to", to])?;
        expect(id(&sent) == id(&self.sample), &sent)
    }

    /// The object in an answer.
    fn answered(&self, words: &[&str]) -> Result<Value, String> {
        let ran = self.run(words);
        let answer: Value =
            serde_json::from_str(done(&ran)?).map_err(|error| format!("{error}: {ran:?}"))?;
        let found = answer.get(self.kind.member()).unwrap_or(&answer);
        Ok(found.clone())
    }
}

fn done(ran: &Ran) -> Result<&str, String> {
    match ran.code {
        0 => Ok(&ran.stdout),
        _ => Err(format!("{ran:?}")),
    }
}

fn expect(held: bool, found: &Value) -> Result<(), String> {
    held.then_some(()).ok_or_else(|| found.to_string())
}

/// What has the id: a recurring transaction has it in the transaction that it wraps.
fn inside(object: &Value) -> &Value {
    let wrapped = || {
        object
            .as_object()?
            .values()
            .find(|it| it.get("Id").is_some())
    };
    match object.get("Id") {
        Some(_) => object,
        None => wrapped().unwrap_or(object),
    }
}

fn id(object: &Value) -> String {
    inside(object)["Id"].as_str().unwrap_or_default().to_owned()
}

/// As much of an object as a sparse update needs.
fn stub(object: &Value) -> Value {
    /// Beside the id and the version, what the API wants again from the one kind or the other.
    const NEEDED: [&str; 13] = [
        "Id",
        "SyncToken",
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
    let inside = inside(object);
    let needed = NEEDED.into_iter().filter(|name| !inside[name].is_null());
    needed
        .map(|name| (name.to_owned(), inside[name].clone()))
        .collect()
}

/// A new object like this one: without what the server sets, under another name.
fn copy(sample: &Value) -> Value {
    static COPIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COPIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let mut copy = sample.clone();
    let members = copy.as_object_mut().unwrap();
    let is_wrapper = members.len() == 1 && members.values().all(Value::is_object);
    let inside = members.values_mut().find(|_| is_wrapper);
    match inside.and_then(Value::as_object_mut) {
        Some(inside) => anonymise(inside, number),
        None => anonymise(copy.as_object_mut().unwrap(), number),
    }
    copy
}

fn anonymise(object: &mut Map<String, Value>, number: u32) {
    const SET_BY_SERVER: [&str; 7] = [
        "Id",
        "SyncToken",
        "MetaData",
        "domain",
        "sparse",
        "FullyQualifiedName",
        "DocNumber",
    ];
    const NAMES: [&str; 7] = [
        "DisplayName",
        "Name",
        "Code",
        "GivenName",
        "FamilyName",
        "TaxCode",
        "TaxRateName",
    ];
    object.retain(|name, _| !SET_BY_SERVER.contains(&name.as_str()));
    for (name, value) in object.iter_mut() {
        if let Some(text) = value.as_str().filter(|_| NAMES.contains(&name.as_str())) {
            *value = json!(format!("{text} {number}"));
        } else if name == "TaxRateDetails" {
            value[0]["TaxRateName"] = json!(format!("Rate {number}"));
        }
    }
}
