//! The whole state of a sandbox as one JSON document, and back.
//!
//! Tokens stand there by value, since a client must be able to go on with those it has: the document is as secret as
//! a token file. Counters and the log are not part of it, nor is what a webhook is still owed.

use std::fmt;
use std::sync::{Arc, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attachment::{File, Files};
use crate::company::Company;
use crate::fault::Fault;
use crate::grant::Grants;
use crate::intuit::Intuit;
use crate::lock::{hold, read, write};
use crate::registry::Registry;
use crate::seed::Seed;
use crate::settings::Settings;
use crate::time::Face;
use crate::webhook::Webhook;

/// Which form this is; another one is not read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    clock: Face,
    settings: Settings,
    registry: Registry,
    grants: Grants,
    faults: Vec<Fault>,
    webhooks: Vec<Webhook>,
    /// In the form of a seed.
    companies: Vec<Value>,
    files: Vec<FileRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRecord {
    realm: String,
    id: String,
    content_type: String,
    base64: String,
}

/// Why a snapshot cannot be gone back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError(String);

/// Everything that a restore brings back.
pub(crate) fn take(intuit: &Intuit) -> String {
    let snapshot = |realm: String| {
        let company = intuit.company(&realm)?;
        Some(read(&company).snapshot(&realm))
    };
    let document = Document {
        version: VERSION,
        clock: intuit.clock.face(),
        settings: intuit.settings(),
        registry: read(&intuit.registry).clone(),
        grants: hold(&intuit.grants).clone(),
        faults: hold(&intuit.faults).list(),
        webhooks: hold(&intuit.webhooks).list(),
        companies: intuit.realms().into_iter().filter_map(snapshot).collect(),
        files: files(&hold(&intuit.files)),
    };
    // None of these types can fail to become JSON.
    serde_json::to_string(&document).unwrap_or_default()
}

/// Puts everything back to the way it was when `text` was taken; nothing changes if it cannot be read.
pub(crate) fn restore(intuit: &Intuit, text: &str) -> Result<(), SnapshotError> {
    let document: Document = serde_json::from_str(text).map_err(unusable)?;
    if document.version != VERSION {
        return Err(SnapshotError(format!(
            "its version is {}, this is {VERSION}",
            document.version
        )));
    }
    let companies = json!({"companies": document.companies}).to_string();
    let seed = Seed::from_json(&companies).map_err(unusable)?;
    let files: Result<Vec<_>, _> = document.files.into_iter().map(FileRecord::file).collect();
    let files = files.map_err(unusable)?;

    intuit.clock.put(document.clock);
    let now = intuit.clock.now();
    let open = |seed| Arc::new(RwLock::new(Company::open(seed, now)));
    intuit.replace_companies(
        seed.companies
            .iter()
            .map(|company| (company.realm.clone(), open(company)))
            .collect(),
    );
    intuit.change_settings(|settings| *settings = document.settings);
    *write(&intuit.registry) = document.registry;
    *hold(&intuit.grants) = document.grants;
    hold(&intuit.faults).replace(document.faults);
    let mut webhooks = hold(&intuit.webhooks);
    webhooks.clear();
    document
        .webhooks
        .into_iter()
        .for_each(|it| webhooks.add(it));
    let mut kept = hold(&intuit.files);
    kept.clear();
    for (realm, id, file) in files {
        kept.keep(&realm, &id, file);
    }
    intuit.bell.notify_one();
    Ok(())
}

fn files(files: &Files) -> Vec<FileRecord> {
    let record = |(realm, id, file): (&str, &str, &File)| FileRecord {
        realm: realm.to_owned(),
        id: id.to_owned(),
        content_type: file.content_type.clone(),
        base64: STANDARD.encode(&file.bytes),
    };
    files.all().map(record).collect()
}

impl FileRecord {
    fn file(self) -> Result<(String, String, File), base64::DecodeError> {
        let bytes = STANDARD.decode(&self.base64)?.into();
        let content_type = self.content_type;
        let file = File {
            content_type,
            bytes,
        };
        Ok((self.realm, self.id, file))
    }
}

fn unusable(error: impl fmt::Display) -> SnapshotError {
    SnapshotError(error.to_string())
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unusable snapshot: {}", self.0)
    }
}

impl std::error::Error for SnapshotError {}
