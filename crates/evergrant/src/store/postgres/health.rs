//! What a look at the server finds: what the store's promises rest on, setting by setting.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::server::{Server, column};
use crate::store::Remark;
use crate::{Clock as _, Result, SystemClock};

/// How long is waited for news of one's own to come back.
const HEARING: Duration = Duration::from_secs(3);
/// How often something is told meanwhile: the first may come before anybody listens.
const TELLING: Duration = Duration::from_millis(200);
/// How far clocks may differ before the ends of tokens mean little.
const SKEW_SECONDS: i64 = 60;
/// The oldest version that has what the statements need.
const OLDEST: i32 = 130_000;

const LOOK: &str = "
    SELECT current_setting('server_version_num')::int4, current_setting('server_version'),
        pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
        current_setting('fsync')::bool, current_setting('full_page_writes')::bool,
        current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
        floor(extract(epoch FROM clock_timestamp()))::int8,
        coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
        inet_server_addr() IS NULL OR inet_server_addr() << '127.0.0.0/8'
            OR inet_server_addr() = '::1',
        (SELECT version FROM evergrant.version),
        (SELECT count(*) FROM (SELECT 1 FROM evergrant.connections WHERE restored LIMIT 1000) AS r)";

/// Looks.
pub(super) async fn examine(server: &Arc<Server>) -> Result<Vec<Remark>> {
    let rows = server.query(LOOK, &[]).await?;
    let mut remarks = Vec::new();
    if let Some(row) = rows.first() {
        remarks.extend(server_itself(row)?);
        remarks.extend(durability(row)?);
        remarks.extend(surroundings(row)?);
        remarks.extend(contents(row)?);
    }
    remarks.push(hearing(server).await);
    Ok(remarks)
}

fn server_itself(row: &Row) -> Result<Vec<Remark>> {
    let (number, name): (i32, String) = (column(row, 0)?, column(row, 1)?);
    let is_read_only: bool = column(row, 2)?;
    Ok(vec![
        Remark::of(
            number >= OLDEST,
            format!("PostgreSQL {name}"),
            format!("PostgreSQL {name} is older than 13"),
            "upgrade it",
        ),
        Remark::of(
            !is_read_only,
            "it is the primary, and takes writes".to_owned(),
            "it takes no writes: a standby, or a database set to read only".to_owned(),
            "name the primary in the URL, or all hosts of the cluster, separated by commas",
        ),
    ])
}

fn durability(row: &Row) -> Result<Vec<Remark>> {
    let (fsync, pages): (bool, bool) = (column(row, 3)?, column(row, 4)?);
    let (commit, standbys): (String, String) = (column(row, 5)?, column(row, 6)?);
    let waits_for = match (commit.as_str(), standbys.is_empty()) {
        (_, true) => "commits wait for this server's disk",
        ("remote_apply", false) => "commits wait until standbys show them",
        _ => "commits wait for a standby's disk",
    };
    Ok(vec![
        Remark::of(
            fsync,
            "fsync is on".to_owned(),
            "fsync is off: a power cut can take the database, and every grant in it".to_owned(),
            "ALTER SYSTEM SET fsync = on",
        ),
        Remark::of(
            pages,
            "full_page_writes is on".to_owned(),
            "full_page_writes is off: a power cut can tear pages".to_owned(),
            "ALTER SYSTEM SET full_page_writes = on, unless the file system can't tear pages (ZFS)",
        ),
        Remark {
            what: format!(
                "synchronous_commit is {commit} by default, and pinned for tokens: {waits_for}"
            ),
            mend: None,
        },
    ])
}

fn surroundings(row: &Row) -> Result<Vec<Remark>> {
    let server = Timestamp::from_second(column(row, 7)?).unwrap_or(Timestamp::UNIX_EPOCH);
    let skew = SystemClock.now().duration_since(server).as_secs();
    let (is_encrypted, is_near): (bool, bool) = (column(row, 8)?, column(row, 9)?);
    Ok(vec![
        Remark::of(
            skew.abs() <= SKEW_SECONDS,
            "this machine's clock and the database's agree".to_owned(),
            format!("this machine's clock is {skew} s ahead of the database's"),
            "set both (NTP): leases go by the database's, the ends of tokens by this machine's",
        ),
        Remark::of(
            is_encrypted || is_near,
            match is_encrypted {
                true => "the way to it is encrypted".to_owned(),
                false => "the way to it does not leave its machine, as it sees it".to_owned(),
            },
            "the way to it is not encrypted: tokens travel in the clear".to_owned(),
            "set sslmode=verify-full in the URL, with sslrootcert",
        ),
    ])
}

fn contents(row: &Row) -> Result<Vec<Remark>> {
    let (version, restored): (i32, i64) = (column(row, 10)?, column(row, 11)?);
    Ok(vec![
        Remark {
            what: format!("its tables are of version {version}"),
            mend: None,
        },
        Remark::of(
            restored == 0,
            "none of its connections is paused for having been restored".to_owned(),
            "it was restored from a backup, or is a copy: connections are paused for that"
                .to_owned(),
            "once no other copy of it is in use: evergrant connections resume --restored",
        ),
    ])
}

/// Whether `LISTEN` works, which it does not through a transaction pooler.
async fn hearing(server: &Arc<Server>) -> Remark {
    let telling = async {
        loop {
            server.announce();
            tokio::time::sleep(TELLING).await;
        }
    };
    let is_heard = tokio::select! {
        () = server.stirred() => true,
        () = telling => false,
        () = tokio::time::sleep(HEARING) => false,
    };
    Remark::of(
        is_heard,
        "changes of other processes are heard of at once".to_owned(),
        "changes of other processes are not heard of at once, but within 37 s: a pooler stands \
         between, it seems"
            .to_owned(),
        "nothing has to be done; a URL that goes past the pooler would be faster",
    )
}
