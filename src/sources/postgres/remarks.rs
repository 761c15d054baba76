//! What a login can do that it need not, and what it cannot see.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};

use super::connect::{address, options, query_fault, server_fault};
use crate::config::Secret;
use crate::sources::{Fault, PullLimits, few, server};

/// Tables and views of people, with what the login may do to each and whether it sees all of its rows.
const RIGHTS: &str = "
    select format('%I.%I', n.nspname, c.relname)::text,
           has_table_privilege(c.oid, 'insert, update, delete, truncate'),
           has_table_privilege(c.oid, 'select') and row_security_active(c.oid),
           c.relkind = 'f'
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
          and has_schema_privilege(n.oid, 'usage')
    order by 1";

/// Sentences about the login of `url`: tables it could write to, of which it sees only some rows, and which are not
/// part of its snapshot.
pub(in crate::sources) async fn remarks(url: &Secret, limits: &PullLimits) -> Result<Vec<String>, Fault> {
    let options = options(url)?;
    let server = address(&options);
    let open = || PgConnection::connect_with(&options);
    let mut connection = server::reach(&server, limits, open, |error| server_fault(&server, error)).await?;
    let failed = |error: &sqlx::Error| query_fault(&server, "asking for the rights of its login", limits, error);
    let superuser = sqlx::query("select rolsuper from pg_catalog.pg_roles where rolname = current_user");
    let superuser = superuser.fetch_optional(&mut connection).await.map_err(|error| failed(&error))?;
    let superuser = superuser.is_some_and(|row| row.get(0));
    let rights = sqlx::query(RIGHTS).fetch_all(&mut connection).await.map_err(|error| failed(&error))?;
    let named = |flag: usize| -> Vec<String> {
        rights.iter().filter(|row| row.get::<bool, _>(flag)).map(|row| row.get(0)).collect()
    };
    let mut remarks = Vec::new();
    if superuser {
        remarks.push("its login is a superuser; a login that may only select is enough".to_owned());
    } else if let Some(tables) = few(&named(1)) {
        remarks.push(format!("its login could write to {tables}; a login that may only select is enough"));
    }
    if let Some(tables) = few(&named(2)).filter(|_| !superuser) {
        remarks.push(format!("row security hides rows from its login: {tables}"));
    }
    if let Some(tables) = few(&named(3)) {
        remarks.push(format!("these are foreign tables, which are not read as of the same moment: {tables}"));
    }
    Ok(remarks)
}
