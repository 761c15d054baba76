//! What a login can do that it need not, and which tables are not part of a snapshot.

use chrono::{FixedOffset, Offset, Utc};
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Executor, Row};

use super::connect::{address, options, query_fault, server_fault};
use crate::config::Secret;
use crate::sources::{Fault, PullLimits, few, parameters, server};

/// Rights by which data or what it is kept in can be changed.
const WRITING: [&str; 11] =
    ["ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "FILE", "SUPER"];

/// Tables of people whose engine keeps no snapshots. The server's words come in the character set of its catalogue, as
/// bytes.
const UNSHOT: &str = "
    select convert(t.table_schema using utf8mb4), convert(t.table_name using utf8mb4)
    from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
    where t.table_type = 'BASE TABLE' and coalesce(e.transactions, 'NO') <> 'YES'
          and t.table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys')
    order by 1, 2";

/// Sentences about the login of `url`: what it could write to, and which tables that `queries` name are not read as of
/// the snapshot's moment.
pub(in crate::sources) async fn remarks(
    url: &Secret,
    queries: &[&str],
    limits: &PullLimits,
) -> Result<Vec<String>, Fault> {
    let utc: FixedOffset = Utc.fix();
    let options = options(url, utc)?;
    let server = address(&options);
    let open = || MySqlConnection::connect_with(&options);
    let mut connection = server::reach(&server, limits, open, |error| server_fault(&server, error)).await?;
    let failed = |error: &sqlx::Error| query_fault(&server, "asking for the rights of its login", limits, error);
    let grants = connection.fetch_all(sqlx::raw_sql("show grants")).await.map_err(|error| failed(&error))?;
    let mut writable: Vec<String> = Vec::new();
    for row in &grants {
        let grant: String = row.try_get(0).map_err(|error| failed(&error))?;
        writable.extend(written_to(&grant).map(str::to_owned));
    }
    let unshot = connection.fetch_all(sqlx::raw_sql(UNSHOT)).await.map_err(|error| failed(&error))?;
    let mut moving: Vec<String> = Vec::new();
    for row in &unshot {
        let name = |at: usize| row.try_get::<String, _>(at).map_err(|error| failed(&error));
        let (database, table) = (name(0)?, name(1)?);
        if queries.iter().any(|query| parameters::has_word(query, &table)) {
            moving.push(format!("{database}.{table}"));
        }
    }
    let mut remarks = Vec::new();
    if let Some(tables) = few(&writable) {
        remarks.push(format!("its login could write to {tables}; a login that may only select is enough"));
    }
    if let Some(tables) = few(&moving) {
        remarks.push(format!("these are not transactional, so they are not read as of the same moment: {tables}"));
    }
    Ok(remarks)
}

/// What a line of `SHOW GRANTS` lets be written to. Nothing else of it may be shown: some servers write the hash of the
/// password on the same line.
fn written_to(grant: &str) -> Option<&str> {
    let (rights, rest) = grant.strip_prefix("GRANT ")?.split_once(" ON ")?;
    let (object, _) = rest.split_once(" TO ")?;
    // Rights to columns name them in brackets behind it.
    let mut depth = 0;
    let mut words = rights.split(|letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let writes = words.any(|right| {
        let right = right.split('(').next().unwrap_or_default().trim();
        WRITING.contains(&right)
    });
    writes.then_some(object)
}
