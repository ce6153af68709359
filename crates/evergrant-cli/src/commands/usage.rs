//! `usage`: how many of the calls that Intuit meters have been made, by company and month.

use evergrant_quickbooks::Json;
use serde_json::json;

use crate::args::Format;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// Runs the command.
pub(crate) fn run(context: &Context) -> Result<()> {
    let meter = context.meter()?;
    let all = meter.all().map_err(|error| {
        let mend = "mend the place where it is kept ($XDG_STATE_HOME/evergrant/usage)";
        Failure::new(Exit::Store, "what was counted can't be read", mend).because(error)
    })?;
    if all.is_empty() {
        tell(Some(
            "No metered call has been made from here yet".to_owned(),
        ));
    }
    let mut out = context.output().rows_as(Format::Table);
    for usage in all {
        let row = json!({
            "Realm": usage.realm.as_str(),
            "Month": usage.month.to_string(),
            "Calls": usage.calls,
        });
        if let Ok(row) = Json::parse(row.to_string().as_bytes()) {
            out.push(&row)?;
        }
    }
    out.finish()
}
