//! `seal` and `unseal`: writes the tokens again in another form, each connection under its lease, so
//! that programs that use it go on meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use evergrant::{Form, KeyId};

use super::status;
use crate::args;
use crate::config::{KeySource, Settings};
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::report;
use crate::trace::tell;

/// Longer than a refresh of another process's can take.
const WAIT: Duration = Duration::from_secs(75);

/// `seal`.
pub(crate) async fn seal(context: &Context, args: &args::Seal) -> Result<()> {
    let all = status::everything(context).await?;
    if args.new_key {
        add_keys(&all)?;
    }
    for_each(&all, Form::Sealed).await
}

/// `unseal`.
pub(crate) async fn unseal(context: &Context) -> Result<()> {
    for_each(&status::everything(context).await?, Form::Clear).await
}

/// A new key in every place where the connections have theirs.
fn add_keys(all: &[Settings]) -> Result<()> {
    let mut places: BTreeMap<&KeySource, &Settings> = BTreeMap::new();
    for settings in all {
        let source = settings.layer.seal_keys.as_ref();
        places.insert(source.ok_or_else(|| no_key(settings))?, settings);
    }
    for source in places.into_keys() {
        let id = keys::add(source)?;
        let place = match source {
            KeySource::File(path) => path.display().to_string(),
            KeySource::Keyring(account) => format!("the OS keyring, account {account:?}"),
            KeySource::Environment => "the environment".to_owned(),
        };
        tell(Some(format!("New key {id} in {place}: keep a copy of it")));
    }
    Ok(())
}

/// All that can be done is done; the first trouble says how it ends.
async fn for_each(all: &[Settings], form: Form) -> Result<()> {
    let mut trouble = None;
    for settings in all {
        match rewrite(settings, form).await {
            Ok(line) => tell(Some(format!("{}: {line}", settings.connection))),
            Err(failure) => {
                report::print(&failure, Some(settings));
                trouble.get_or_insert(failure.exit());
            }
        }
    }
    trouble.map_or(Ok(()), |exit| Err(Failure::Told(exit)))
}

async fn rewrite(settings: &Settings, form: Form) -> Result<String> {
    let id = &settings.connection;
    if form == Form::Sealed && settings.layer.seal_keys.is_none() {
        return Err(no_key(settings));
    }
    let store = context::store(settings)?;
    if store.load(id).await?.is_none() {
        return Err(Failure::new(
            Exit::Config,
            format!("there are no tokens of {id} in {}", settings.home),
            format!("connect it: evergrant login {}", settings.flags()),
        ));
    }
    let lease = store.lease(id, WAIT).await?;
    let before = store.sealed_with(id).await?;
    store.rewrite(&lease, form).await?;
    let after = store.sealed_with(id).await?;
    Ok(told(settings, before, after))
}

fn told(settings: &Settings, before: Option<KeyId>, after: Option<KeyId>) -> String {
    let keeps_keys = settings.layer.seal_keys.is_some();
    match (before, after) {
        (Some(old), Some(new)) if old != new => format!("sealed with key {new}, before with {old}"),
        (Some(_), Some(new)) => format!("sealed anew with key {new}"),
        (None, Some(new)) => format!("sealed with key {new}"),
        (_, None) if keeps_keys => "in clear; take its sealing key out of the settings \
             (seal_key_file), or the next save seals it again"
            .to_owned(),
        (_, None) => "in clear".to_owned(),
    }
}

fn no_key(settings: &Settings) -> Failure {
    Failure::config(
        format!("no sealing key is given for {}", settings.connection),
        format!(
            "make one: evergrant seal --new-key --seal-key-file PATH {}, and name it as \
             seal_key_file in evergrant.toml",
            settings.flags()
        ),
    )
}
