//! Written by evergrant codegen. It needs these lines in Cargo.toml:
//!
//! ```toml
//! [dependencies]
//! jiff = { version = "0.2", features = ["serde"] }
//! rust_decimal = "1"
//! serde = { version = "1", features = ["derive"] }
//! serde_json = { version = "1", features = ["raw_value"] }
//! ```

use std::io::Write;

use serde::Deserialize;

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Invoices {
    /// `Invoice`.
    #[serde(rename = "Invoice")]
    pub invoice: Invoice,
    /// `time`.
    pub time: jiff::Timestamp,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Invoice {
    /// `domain`.
    pub domain: String,
    /// `sparse`.
    pub sparse: bool,
    /// `Id`.
    #[serde(rename = "Id")]
    pub id: Id,
    /// `SyncToken`.
    #[serde(rename = "SyncToken")]
    pub sync_token: String,
    /// `MetaData`.
    #[serde(rename = "MetaData")]
    pub meta_data: MetaData,
    /// `DocNumber`.
    #[serde(rename = "DocNumber")]
    pub doc_number: Option<String>,
    /// `TxnDate`.
    #[serde(rename = "TxnDate")]
    pub txn_date: jiff::civil::Date,
    /// `DueDate`.
    #[serde(rename = "DueDate")]
    pub due_date: Option<jiff::civil::Date>,
    /// `CurrencyRef`.
    #[serde(rename = "CurrencyRef")]
    pub currency_ref: Option<Reference>,
    /// `Line`.
    #[serde(rename = "Line")]
    pub line: Vec<Line>,
    /// `CustomerRef`.
    #[serde(rename = "CustomerRef")]
    pub customer_ref: Reference,
    /// `BillAddr`.
    #[serde(rename = "BillAddr")]
    pub bill_addr: Option<BillAddr>,
    /// `TotalAmt`.
    #[serde(rename = "TotalAmt")]
    pub total_amt: Decimal,
    /// `Balance`.
    #[serde(rename = "Balance")]
    pub balance: Decimal,
    /// `LinkedTxn`.
    #[serde(rename = "LinkedTxn")]
    pub linked_txn: Vec<LinkedTxn>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MetaData {
    /// `CreateTime`.
    #[serde(rename = "CreateTime")]
    pub create_time: jiff::Timestamp,
    /// `LastUpdatedTime`.
    #[serde(rename = "LastUpdatedTime")]
    pub last_updated_time: jiff::Timestamp,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Line {
    /// `Id`.
    #[serde(rename = "Id")]
    pub id: Id,
    /// `LineNum`.
    #[serde(rename = "LineNum")]
    pub line_num: Option<i64>,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: Option<String>,
    /// `Amount`.
    #[serde(rename = "Amount")]
    pub amount: Decimal,
    /// `DetailType`.
    #[serde(rename = "DetailType")]
    pub detail_type: String,
    /// `SubTotalLineDetail`.
    #[serde(rename = "SubTotalLineDetail")]
    pub sub_total_line_detail: Option<SubTotalLineDetail>,
    /// `SalesItemLineDetail`.
    #[serde(rename = "SalesItemLineDetail")]
    pub sales_item_line_detail: Option<SalesItemLineDetail>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SubTotalLineDetail {}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SalesItemLineDetail {
    /// `ItemRef`.
    #[serde(rename = "ItemRef")]
    pub item_ref: Reference,
    /// `UnitPrice`.
    #[serde(rename = "UnitPrice")]
    pub unit_price: Decimal,
    /// `Qty`.
    #[serde(rename = "Qty")]
    pub qty: Decimal,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct BillAddr {
    /// `Id`.
    #[serde(rename = "Id")]
    pub id: Id,
    /// `Line1`.
    #[serde(rename = "Line1")]
    pub line1: String,
    /// `Lat`.
    #[serde(rename = "Lat")]
    pub lat: Option<serde_json::Value>,
}

/// An object with the members below; others are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LinkedTxn {
    /// `TxnId`.
    #[serde(rename = "TxnId")]
    pub txn_id: Id,
    /// `TxnType`.
    #[serde(rename = "TxnType")]
    pub txn_type: String,
}

/// Leads to another object.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reference {
    /// The object's id.
    pub value: Id,
    /// What it is called.
    pub name: Option<String>,
    /// Its kind, where that is not clear from the context.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Names an object. A string even where it looks like a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct Id(pub String);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A number, exact: it is read from its text and never was a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal(pub rust_decimal::Decimal);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = Box::<serde_json::value::RawValue>::deserialize(from)?;
        let text = number.get().trim_matches('"');
        let read = rust_decimal::Decimal::from_str_exact(text);
        let read = read.or_else(|_| rust_decimal::Decimal::from_scientific(text));
        read.map(Self).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads a document.
///
/// # Errors
/// If it is not JSON, or has another shape.
pub fn read(text: &str) -> serde_json::Result<Invoices> {
    serde_json::from_str(text)
}

/// Prints each value that is there by its path; of lists the first element's.
///
/// # Errors
/// If `out` does not take it.
pub fn show(root: &Invoices, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "Invoice.domain = {}", root.invoice.domain)?;
    writeln!(out, "Invoice.sparse = {}", root.invoice.sparse)?;
    writeln!(out, "Invoice.Id = {}", root.invoice.id)?;
    writeln!(out, "Invoice.SyncToken = {}", root.invoice.sync_token)?;
    writeln!(
        out,
        "Invoice.MetaData.CreateTime = {}",
        root.invoice.meta_data.create_time
    )?;
    writeln!(
        out,
        "Invoice.MetaData.LastUpdatedTime = {}",
        root.invoice.meta_data.last_updated_time
    )?;
    if let Some(value) = root.invoice.doc_number.as_ref() {
        writeln!(out, "Invoice.DocNumber = {value}")?;
    }
    writeln!(out, "Invoice.TxnDate = {}", root.invoice.txn_date)?;
    if let Some(value) = root.invoice.due_date.as_ref() {
        writeln!(out, "Invoice.DueDate = {value}")?;
    }
    if let Some(value) = root.invoice.currency_ref.as_ref().map(|it| &it.value) {
        writeln!(out, "Invoice.CurrencyRef.value = {value}")?;
    }
    if let Some(value) = root
        .invoice
        .currency_ref
        .as_ref()
        .and_then(|it| it.name.as_ref())
    {
        writeln!(out, "Invoice.CurrencyRef.name = {value}")?;
    }
    if let Some(value) = root.invoice.line.first().map(|it| &it.id) {
        writeln!(out, "Invoice.Line[0].Id = {value}")?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.line_num.as_ref())
    {
        writeln!(out, "Invoice.Line[0].LineNum = {value}")?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.description.as_ref())
    {
        writeln!(out, "Invoice.Line[0].Description = {value}")?;
    }
    if let Some(value) = root.invoice.line.first().map(|it| &it.amount) {
        writeln!(out, "Invoice.Line[0].Amount = {value}")?;
    }
    if let Some(value) = root.invoice.line.first().map(|it| &it.detail_type) {
        writeln!(out, "Invoice.Line[0].DetailType = {value}")?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.sales_item_line_detail.as_ref())
        .map(|it| &it.item_ref)
        .map(|it| &it.value)
    {
        writeln!(
            out,
            "Invoice.Line[0].SalesItemLineDetail.ItemRef.value = {value}"
        )?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.sales_item_line_detail.as_ref())
        .map(|it| &it.item_ref)
        .and_then(|it| it.name.as_ref())
    {
        writeln!(
            out,
            "Invoice.Line[0].SalesItemLineDetail.ItemRef.name = {value}"
        )?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.sales_item_line_detail.as_ref())
        .map(|it| &it.unit_price)
    {
        writeln!(
            out,
            "Invoice.Line[0].SalesItemLineDetail.UnitPrice = {value}"
        )?;
    }
    if let Some(value) = root
        .invoice
        .line
        .first()
        .and_then(|it| it.sales_item_line_detail.as_ref())
        .map(|it| &it.qty)
    {
        writeln!(out, "Invoice.Line[0].SalesItemLineDetail.Qty = {value}")?;
    }
    writeln!(
        out,
        "Invoice.CustomerRef.value = {}",
        root.invoice.customer_ref.value
    )?;
    if let Some(value) = root.invoice.customer_ref.name.as_ref() {
        writeln!(out, "Invoice.CustomerRef.name = {value}")?;
    }
    if let Some(value) = root.invoice.bill_addr.as_ref().map(|it| &it.id) {
        writeln!(out, "Invoice.BillAddr.Id = {value}")?;
    }
    if let Some(value) = root.invoice.bill_addr.as_ref().map(|it| &it.line1) {
        writeln!(out, "Invoice.BillAddr.Line1 = {value}")?;
    }
    if let Some(value) = root
        .invoice
        .bill_addr
        .as_ref()
        .and_then(|it| it.lat.as_ref())
    {
        writeln!(out, "Invoice.BillAddr.Lat = {value}")?;
    }
    writeln!(out, "Invoice.TotalAmt = {}", root.invoice.total_amt)?;
    writeln!(out, "Invoice.Balance = {}", root.invoice.balance)?;
    if let Some(value) = root.invoice.linked_txn.first().map(|it| &it.txn_id) {
        writeln!(out, "Invoice.LinkedTxn[0].TxnId = {value}")?;
    }
    if let Some(value) = root.invoice.linked_txn.first().map(|it| &it.txn_type) {
        writeln!(out, "Invoice.LinkedTxn[0].TxnType = {value}")?;
    }
    writeln!(out, "time = {}", root.time)?;
    Ok(())
}

/// Reads a document from standard input and shows it.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::io::read_to_string(std::io::stdin())?;
    show(&read(&text)?, &mut std::io::stdout().lock())?;
    Ok(())
}
