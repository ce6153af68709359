//! The whole state of a sandbox as one JSON document, and back.
//!
//! Tokens stand there by value, since a client must be able to go on with those it has: the document is as secret as
//! a token file. Counters and the log are not part of it, nor is what a webhook is still owed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use crate::attachment::File;
use crate::company::Company;
use crate::fault::Fault;
use crate::grant::Grants;
use crate::intuit::Intuit;
use crate::lock::{hold, read, write};
use crate::registry::Registry;
use crate::seed::CompanySeed;
use crate::settings::Settings;
use crate::time::Face;
use crate::webhook::Webhook;

/// Which form this is; another one is not read.
const VERSION: u32 = 1;

/// `Companies` and `Files` are most of it. They are written from where they lie, and read where the text lies.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<Companies, Files> {
    version: u32,
    clock: Face,
    settings: Settings,
    registry: Registry,
    grants: Grants,
    faults: Vec<Fault>,
    webhooks: Vec<Webhook>,
    /// In the form of a seed.
    companies: Companies,
    files: Files,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRecord<'a> {
    #[serde(borrow)]
    realm: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    content_type: Cow<'a, str>,
    #[serde(borrow)]
    base64: Cow<'a, str>,
}

/// Why a snapshot cannot be gone back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError(String);

/// Everything that a restore brings back.
pub(crate) fn take(intuit: &Intuit) -> String {
    let document = Document {
        version: VERSION,
        clock: intuit.clock.face(),
        settings: intuit.settings(),
        registry: read(&intuit.registry).clone(),
        grants: hold(&intuit.grants).clone(),
        faults: hold(&intuit.faults).list(),
        webhooks: hold(&intuit.webhooks).list(),
        companies: Companies(intuit),
        files: Files(intuit),
    };
    // None of these types can fail to become JSON.
    serde_json::to_string(&document).unwrap_or_default()
}

/// Puts everything back to the way it was when `text` was taken; nothing changes if it cannot be read.
pub(crate) fn restore(intuit: &Intuit, text: &str) -> Result<(), SnapshotError> {
    let document: Document<Vec<CompanySeed>, Vec<FileRecord>> =
        serde_json::from_str(text).map_err(unusable)?;
    if document.version != VERSION {
        return Err(SnapshotError(format!(
            "its version is {}, this is {VERSION}",
            document.version
        )));
    }
    CompanySeed::check(&document.companies).map_err(unusable)?;
    let files: Result<Vec<_>, _> = document.files.into_iter().map(FileRecord::file).collect();
    let files = files.map_err(unusable)?;

    intuit.clock.put(document.clock);
    let now = intuit.clock.now();
    let open = |seed| Arc::new(RwLock::new(Company::open(seed, now)));
    intuit.replace_companies(
        document
            .companies
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

/// The books of all companies, each written while its lock is held.
struct Companies<'a>(&'a Intuit);

impl Serialize for Companies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut companies = serializer.serialize_seq(None)?;
        for realm in self.0.realms() {
            if let Some(company) = self.0.company(&realm) {
                companies.serialize_element(&read(&company).snapshot(&realm))?;
            }
        }
        companies.end()
    }
}

/// All attached files.
struct Files<'a>(&'a Intuit);

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let files = hold(&self.0.files);
        serializer.collect_seq(files.all().map(FileRecord::new))
    }
}

impl<'a> FileRecord<'a> {
    fn new((realm, id, file): (&'a str, &'a str, &'a File)) -> Self {
        Self {
            realm: realm.into(),
            id: id.into(),
            content_type: file.content_type.as_str().into(),
            base64: STANDARD.encode(&file.bytes).into(),
        }
    }

    fn file(self) -> Result<(Cow<'a, str>, Cow<'a, str>, File), base64::DecodeError> {
        let file = File {
            bytes: STANDARD.decode(self.base64.as_bytes())?.into(),
            content_type: self.content_type.into_owned(),
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
