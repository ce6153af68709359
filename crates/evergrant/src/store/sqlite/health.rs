//! What a look at the database finds: what the store's promises rest on, setting by setting.

use rusqlite::Connection as Database;

use super::room::RESTORED;
use crate::Result;
use crate::store::Remark;

/// `synchronous=FULL`, as SQLite counts; what is above it is safer still.
const FULL: i64 = 2;

/// Looks, by the connection that writes.
pub(super) fn examine(database: &Database) -> Result<Vec<Remark>> {
    let text = |sql: &str| database.query_row(sql, [], |row| row.get::<_, String>(0));
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    let journal = text("PRAGMA main.journal_mode")?;
    let synchronous = number("PRAGMA main.synchronous")?;
    let check = text("PRAGMA main.quick_check(1)")?;
    let restored = format!("SELECT count(*) FROM connections WHERE paused = {RESTORED}");
    let restored = number(&restored)?;
    Ok(vec![
        Remark::of(
            journal == "wal",
            "its journal is a write-ahead log".to_owned(),
            format!("its journal is {journal}, not a write-ahead log"),
            "keep it on a local disk, where SQLite can share memory",
        ),
        Remark::of(
            synchronous >= FULL,
            "each commit is synced".to_owned(),
            "commits are not synced".to_owned(),
            "build evergrant with the SQLite that comes with it",
        ),
        Remark::of(
            check == "ok",
            "it is whole".to_owned(),
            format!("it is damaged: {check}"),
            "restore a backup; what stands beside it stays in place",
        ),
        Remark::of(
            restored == 0,
            "none of its connections is paused for having been restored".to_owned(),
            format!(
                "it was restored from a backup, or is a copy: {restored} of its connections are \
                 paused for that"
            ),
            "once no other copy of it is in use: evergrant connections resume --restored",
        ),
    ])
}

/// The file system that it is on.
pub(super) fn of_place(network: Option<&str>) -> Remark {
    let kind = network.unwrap_or_default();
    Remark::of(
        network.is_none(),
        "it is on a file system of this machine".to_owned(),
        format!(
            "it is on a network file system ({kind}), where neither its write-ahead log nor locks \
             work"
        ),
        "move it to a local disk, or use PostgreSQL",
    )
}
