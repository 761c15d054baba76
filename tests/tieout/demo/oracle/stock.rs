//! Stock against its reorder points, set or following from demand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use serde_json::json;

use super::{Broken, Row, figure, rows};

const WINDOW: i128 = 90;
/// Figures are read in ten-thousandths.
const UNIT: i128 = 10_000;

pub fn low_stock(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let shipped = shipped(dir, day);
    let sql = format!(
        "select s.sku, s.warehouse, s.on_hand, r.reorder_point, r.lead_days, r.safety_stock
         from stock s left join reorder_settings r on r.sku = s.sku and r.warehouse = s.warehouse
         where s.stock_date = (select max(stock_date) from stock where stock_date <= '{day}')"
    );
    for row in rows(dir, "wms.db", &sql) {
        let subject = json!([row[0], row[1]]).to_string();
        let on_hand = figure(&row[2]);
        let point = point(&row, &shipped);
        let low = point.is_some_and(|point| on_hand <= point);
        for (check, broken) in
            [("low_stock", low), ("negative_stock", on_hand < 0), ("no_reorder_point", point.is_none())]
        {
            if broken {
                found.insert(("low-stock".into(), check.into(), check.into(), None, subject.clone(), None));
            }
        }
    }
}

type Daily = BTreeMap<String, i128>;

/// What left each warehouse of each item, by day.
fn shipped(dir: &Path, day: NaiveDate) -> BTreeMap<(String, String), Daily> {
    let sql = format!(
        "select sku, warehouse, moved_on, qty from movements
         where kind = 'shipment' and moved_on >= '{}' and moved_on < '{day}'",
        day - Days::new(90)
    );
    let mut shipped: BTreeMap<(String, String), Daily> = BTreeMap::new();
    for row in rows(dir, "wms.db", &sql) {
        let [sku, warehouse, date] = [0, 1, 2].map(|column: usize| row[column].clone().unwrap());
        *shipped.entry((sku, warehouse)).or_default().entry(date).or_default() -= figure(&row[3]);
    }
    shipped
}

fn point(row: &Row, shipped: &BTreeMap<(String, String), Daily>) -> Option<i128> {
    if row[3].is_some() {
        return Some(figure(&row[3]));
    }
    let lead_days: i128 = row[4].as_ref()?.parse().unwrap();
    let daily = shipped.get(&(row[0].clone().unwrap(), row[1].clone().unwrap())).cloned().unwrap_or_default();
    let sum: i128 = daily.values().sum();
    let squares: i128 = daily.values().map(|qty| qty * qty).sum();
    let safety = if row[5].is_some() {
        figure(&row[5])
    } else {
        let spread = WINDOW * squares - sum * sum;
        let reaches = |whole: &i128| {
            whole.pow(2) * UNIT.pow(2) * 100 * 100 * WINDOW * (WINDOW - 1) >= 165 * 165 * lead_days * spread
        };
        (0..).find(reaches).unwrap() * UNIT
    };
    let whole = (0..).find(|whole| whole * UNIT * WINDOW >= sum * lead_days + safety * WINDOW).unwrap();
    assert!(whole > 0, "a point of nothing is another case");
    Some(whole * UNIT)
}
