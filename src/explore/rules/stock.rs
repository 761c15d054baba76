//! Rules about stock that runs low.

use super::super::table_file::quoted;
use super::super::{Profile, Role};
use super::{Candidate, Draft};
use crate::audit::snapshot::ColumnType;

const ON_HAND: [&str; 9] =
    ["on_hand", "onhand", "stock_qty", "qty_on_hand", "available", "现存量", "库存数量", "结存数量", "iquantity"];
const POINT: [&str; 9] =
    ["reorder", "safety", "min_stock", "min_qty", "minimum", "再订货", "安全库存", "最低库存", "ilowsum"];

pub(super) fn propose(tables: &[Candidate]) -> Option<Draft> {
    let stocks = tables.iter().filter_map(|table| Some((table, quantity(&table.profile, &ON_HAND)?)));
    let stocks: Vec<_> = stocks.collect();
    for settings in tables {
        let Some(point) = quantity(&settings.profile, &POINT) else { continue };
        let found = stocks
            .iter()
            .filter(|(table, _)| table.name != settings.name)
            .find_map(|(table, on_hand)| Some((*table, *on_hand, shared_key(&table.profile, &settings.profile)?)));
        let Some((stock, on_hand, (key, dated))) = found else { continue };
        if dated && !stock.queried {
            continue;
        }
        return Some(draft(stock, on_hand, (settings, point), &key, dated));
    }
    None
}

/// The quantity that is called like one of `words`.
fn quantity(profile: &Profile, words: &[&str]) -> Option<usize> {
    profile.columns.iter().position(|column| {
        let name = column.declared.name.to_lowercase();
        matches!(column.proposed.kind, ColumnType::Quantity { .. }) && words.iter().any(|word| name.contains(word))
    })
}

/// The columns of the settings' key, if the stock's key has them under the same names; and whether it also has a day.
fn shared_key(stock: &Profile, settings: &Profile) -> Option<(Vec<String>, bool)> {
    let names = |profile: &Profile, with: &dyn Fn(&super::super::Column) -> bool| -> Vec<String> {
        let places = profile.key.iter().flat_map(|key| &key.columns);
        places
            .map(|place| &profile.columns[*place])
            .filter(|column| with(column))
            .map(|column| column.name.clone())
            .collect()
    };
    let day = |column: &super::super::Column| column.proposed.kind == ColumnType::Date && column.role == Role::Date;
    let key = names(settings, &|_| true);
    let mut own = names(stock, &|column| !day(column));
    let mut wanted = key.clone();
    own.sort();
    wanted.sort();
    let dated = names(stock, &day);
    (!key.is_empty() && own == wanted && dated.len() <= 1).then_some((key, dated.len() == 1))
}

fn draft(
    stock: &Candidate,
    on_hand: usize,
    (settings, point): (&Candidate, usize),
    key: &[String],
    dated: bool,
) -> Draft {
    let key = key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let table = if dated { format!("{}_latest", stock.name) } else { stock.name.clone() };
    let latest = if dated {
        "\n# Of its rows, only those of the latest day count: they have a table file of their own."
    } else {
        ""
    };
    let text = format!(
        "# A guess from names: {stock} holds what lies there, {settings} when to order again.{latest}\n\n\
         kind     = \"low_stock\"\n\
         title    = {{ en = \"Stock stays above its reorder point\", zh = \"库存高于再订货点\" }}\n\
         owner    = \"warehouse\"\n\
         key      = [{key}]    # columns of this name stand in both tables\n\
         on_hand  = {{ table = {stock_name}, column = {on_hand} }}\n\
         settings = {{ table = {settings_name}, point = {point} }}\n\
         judge    = \"on_hand\"    # the figure compared with the point\n",
        stock = super::super::table_file::comment(&stock.name),
        settings = super::super::table_file::comment(&settings.name),
        stock_name = quoted(&table),
        on_hand = quoted(&stock.profile.columns[on_hand].name),
        settings_name = quoted(&settings.name),
        point = quoted(&settings.profile.columns[point].name),
    );
    Draft { name: "low-stock".to_owned(), text, latest: dated.then(|| stock.name.clone()) }
}
