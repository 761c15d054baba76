//! What a PostgreSQL database holds.

use super::{COUNTED_BELOW, Catalogue, Holding, HoldingKind, Rows, declared, text};
use crate::sources::Fault;

/// Partitions stand in their parent; what cannot be read is not named.
const TABLES: &str = "select n.nspname::text as schema_name, c.relname::text as name, c.relkind::text as kind, \
       c.reltuples::bigint as estimate \
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
       and n.nspname <> 'information_schema' and left(n.nspname::text, 3) <> 'pg_' \
       and has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') \
     order by 1, 2";

const COLUMNS: &str = "select n.nspname::text as schema_name, c.relname::text as name, a.attname::text as column_name, \
       pg_catalog.format_type(a.atttypid, a.atttypmod)::text as declared, (not a.attnotnull)::int as nullable, \
       (select k.place::int from pg_catalog.pg_index i, unnest(i.indkey) with ordinality as k (attnum, place) \
        where i.indrelid = c.oid and i.indisprimary and k.attnum = a.attnum) as key_place \
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
       join pg_catalog.pg_attribute a on a.attrelid = c.oid \
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and a.attnum > 0 and not a.attisdropped \
       and n.nspname <> 'information_schema' and left(n.nspname::text, 3) <> 'pg_' \
       and has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') \
     order by 1, 2, a.attnum";

pub(super) async fn list(catalogue: &Catalogue<'_>) -> Result<Vec<Holding>, Fault> {
    let tables = catalogue.one(TABLES, &["schema_name", "name", "kind", "estimate"]).await?;
    let wanted = ["schema_name", "name", "column_name", "declared", "nullable", "key_place"];
    let mut columns = declared(&catalogue.one(COLUMNS, &wanted).await?);
    let mut held: Vec<Holding> = Vec::new();
    for row in 0..tables.len() {
        let cell = |column| text(&tables, column, row).map(str::to_owned);
        let Some(name) = cell(1) else { continue };
        let schema = cell(0);
        let kind = if matches!(cell(2).as_deref(), Some("v" | "m")) { HoldingKind::View } else { HoldingKind::Table };
        // Below zero the table was never analysed; a view has no estimate.
        let estimate = cell(3).and_then(|rows| rows.parse::<i64>().ok()).and_then(|rows| u64::try_from(rows).ok());
        let rows = estimate.filter(|_| kind == HoldingKind::Table).map_or(Rows::Unknown, Rows::Estimated);
        let columns = columns.remove(&(schema.clone(), name.clone())).unwrap_or_default();
        held.push(Holding { schema, name, kind, rows, columns, fault: None });
    }
    let small = |rows| match rows {
        Rows::Estimated(rows) => rows < COUNTED_BELOW,
        Rows::Counted(_) | Rows::Unknown => true,
    };
    catalogue.count(&mut held, '"', |holding| small(holding.rows)).await;
    Ok(held)
}
