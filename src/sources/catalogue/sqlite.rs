//! What a SQLite database holds.

use super::{Catalogue, Declared, Holding, HoldingKind, Rows, text};
use crate::audit::snapshot::Read;
use crate::sources::Fault;

const TABLES: &str = "select name, type from sqlite_schema where type in ('table', 'view') \
     and name not like 'sqlite\\_%' escape '\\' order by name";

pub(super) async fn list(catalogue: &Catalogue<'_>) -> Result<Vec<Holding>, Fault> {
    let tables = catalogue.one(TABLES, &["name", "type"]).await?;
    let mut held: Vec<Holding> = Vec::new();
    for row in 0..tables.len() {
        let Some(name) = text(&tables, 0, row) else { continue };
        let kind = if text(&tables, 1, row) == Some("view") { HoldingKind::View } else { HoldingKind::Table };
        let (schema, rows, name) = (None, Rows::Unknown, name.to_owned());
        held.push(Holding { schema, name, kind, rows, columns: Vec::new(), fault: None });
    }
    // Each by itself, because a view over a table that is gone fails the question it is part of.
    let wanted = ["name", "type", "is_required", "pk"].map(str::to_owned);
    let asked = held.iter().map(|holding| {
        let name = holding.name.replace('\'', "''");
        let query =
            format!("select name, type, \"notnull\" as is_required, pk from pragma_table_info('{name}') order by cid");
        (holding.name.clone(), Read::Query(query), wanted.to_vec())
    });
    let mut answers = catalogue.ask(asked.collect(), super::CATALOGUE_ROWS).await;
    for holding in &mut held {
        let Some(answer) = answers.remove(&holding.name) else { continue };
        match answer {
            Ok((_, columns)) => {
                holding.columns = (0..columns.len())
                    .filter_map(|row| {
                        let key =
                            text(&columns, 3, row).and_then(|place| place.parse().ok()).filter(|place| *place > 0);
                        Some(Declared {
                            name: text(&columns, 0, row)?.to_owned(),
                            kind: text(&columns, 1, row).unwrap_or_default().to_ascii_lowercase(),
                            nullable: text(&columns, 2, row) != Some("1") && key.is_none(),
                            key,
                        })
                    })
                    .collect()
            }
            Err(fault) => holding.fault = Some(fault.to_string()),
        }
    }
    catalogue.count(&mut held, '"', |holding| holding.fault.is_none()).await;
    Ok(held)
}
