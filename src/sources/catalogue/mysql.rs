//! What a MySQL or MariaDB database holds.

use super::{COUNTED_BELOW, Catalogue, Holding, HoldingKind, Rows, declared, text};
use crate::sources::Fault;

/// The schemas of the server itself.
const OWN: &str = "('information_schema', 'mysql', 'performance_schema', 'sys')";

pub(super) async fn list(catalogue: &Catalogue<'_>) -> Result<Vec<Holding>, Fault> {
    // Without a database in the URL, all that the login sees.
    let schemas = |table: &str| {
        format!("{table}.table_schema not in {OWN} and (database() is null or {table}.table_schema = database())")
    };
    let tables = format!(
        "select t.table_schema as schema_name, t.table_name as name, t.table_type as kind, t.table_rows as estimate \
         from information_schema.tables t where {}",
        schemas("t")
    );
    let tables = catalogue.one(&tables, &["schema_name", "name", "kind", "estimate"]).await?;
    let columns = format!(
        "select c.table_schema as schema_name, c.table_name as name, c.column_name as column_name, \
           c.column_type as declared, case when c.is_nullable = 'YES' then 1 else 0 end as nullable, \
           k.ordinal_position as key_place \
         from information_schema.columns c \
         left join information_schema.key_column_usage k on k.constraint_name = 'PRIMARY' \
           and k.table_schema = c.table_schema and k.table_name = c.table_name and k.column_name = c.column_name \
         where {} order by c.table_schema, c.table_name, c.ordinal_position",
        schemas("c")
    );
    let wanted = ["schema_name", "name", "column_name", "declared", "nullable", "key_place"];
    let mut columns = declared(&catalogue.one(&columns, &wanted).await?);
    let mut held: Vec<Holding> = Vec::new();
    for row in 0..tables.len() {
        let cell = |column| text(&tables, column, row).map(str::to_owned);
        let Some(name) = cell(1) else { continue };
        let schema = cell(0);
        let kind =
            if cell(2).is_some_and(|kind| kind.contains("VIEW")) { HoldingKind::View } else { HoldingKind::Table };
        let rows = cell(3).and_then(|rows| rows.parse().ok()).map_or(Rows::Unknown, Rows::Estimated);
        let columns = columns.remove(&(schema.clone(), name.clone())).unwrap_or_default();
        held.push(Holding { schema, name, kind, rows, columns, fault: None });
    }
    // Servers do not agree on where capital letters stand.
    held.sort_by_cached_key(|holding| (holding.schema.clone(), holding.name.to_lowercase(), holding.name.clone()));
    let small = |rows| match rows {
        Rows::Estimated(rows) => rows < COUNTED_BELOW,
        Rows::Counted(_) | Rows::Unknown => true,
    };
    catalogue.count(&mut held, '`', |holding| small(holding.rows)).await;
    Ok(held)
}
