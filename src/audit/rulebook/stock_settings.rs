//! `settings` of a low-stock rule: columns of a table, with defaults.

use std::collections::BTreeMap;

use super::reading::{MONEY, QUANTITY, Reading, column, optional};
use super::stock::{Planned, Setting, Settings};
use crate::audit::amount::Amount;
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};
use toml::de::DeValue;

/// Z of the standard normal distribution by the share of cycles without a shortage, in hundredths, as textbooks print it.
const SERVICE: [(&str, i128); 5] = [("90", 128), ("95", 165), ("97.5", 196), ("98", 205), ("99", 233)];

/// Figures that only a computed reorder point uses.
const NEED_DEMAND: [&str; 5] = ["lead_days_sd", "review_days", "safety", "z", "service"];

/// `key` is the rule's key and `demand` whether the rule reads demand.
pub(super) fn read<'a>(
    node: &Node<'_>,
    reading: &Reading<'a>,
    tables: &mut Vec<&'a TableSpec>,
    key: Option<&[String]>,
    demand: bool,
) -> Option<Settings> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    tables.extend(table);
    let mut figures: Option<BTreeMap<Planned, Setting>> = Some(BTreeMap::new());
    for planned in Planned::ALL {
        let node = match planned {
            Planned::Point if !demand => section.need("point", "the name of a quantity or number column"),
            _ => section.get(planned.name()),
        };
        let Some(node) = node else { continue };
        match (setting(&node, table), &mut figures) {
            (Some(setting), Some(figures)) => drop(figures.insert(planned, setting)),
            _ => figures = None,
        }
    }
    let service = section.get("service").map_or(Some(None), |node| service(&node).map(Some));
    let price = optional(&section, "price", table, &MONEY);
    let filter = reading.filter(&section, table);
    let fallback = section.get("fallback").map_or(Some(Vec::new()), |node| fallback(&node, key));
    let enough = says_enough(&section, demand);
    section.finish();
    let mut figures = figures?;
    if let Some(z) = service? {
        let setting = figures.entry(Planned::Z).or_insert(Setting { column: None, default: None });
        if setting.default.is_some() {
            let sentence = "service and z both say how much the safety stock covers";
            section.problem(sentence, "one of them, or z = \"a column\" with service for the items it leaves empty");
            return None;
        }
        setting.default = Some(z);
    }
    enough.then_some(())?;
    Some(Settings { table: table?.name.clone(), filter: filter?, fallback: fallback?, figures, price: price? })
}

/// Whether there is a reorder point, given or to be computed.
fn says_enough(section: &Section<'_>, demand: bool) -> bool {
    if !demand {
        let mut sound = section.has("point");
        for name in NEED_DEMAND.into_iter().filter(|name| section.has(name)) {
            if let Some(node) = section.get(name) {
                let sentence = format!("{name} is for computing reorder points, and the rule reads no demand");
                node.name_problem(sentence, "demand = { … } beside settings");
                sound = false;
            }
        }
        return sound;
    }
    let computes = section.has("lead_days") && ["safety", "z", "service"].iter().any(|name| section.has(name));
    if !section.has("point") && !computes {
        section.problem(
            "nothing says at how much stock to order again",
            "point = \"…\", or lead_days with safety, z or service to compute it from demand",
        );
    }
    section.has("point") || computes
}

/// A column's name, a figure for every item, or `{ column = "…", default = … }`.
fn setting(node: &Node<'_>, table: Option<&TableSpec>) -> Option<Setting> {
    match node.value() {
        DeValue::Table(_) => {
            let section = node.section()?;
            let accepted = "the name of a quantity or number column";
            let column = section.need("column", accepted).and_then(|node| column(&node, table, &QUANTITY));
            let default = section.need("default", "a figure for items without one").and_then(|node| node.tolerance());
            section.finish();
            Some(Setting { column: Some(column?), default: Some(default?) })
        }
        DeValue::String(text) if text.trim().parse::<Amount>().is_err() => {
            Some(Setting { column: Some(column(node, table, &QUANTITY)?), default: None })
        }
        _ => Some(Setting { column: None, default: Some(node.tolerance()?) }),
    }
}

fn service(node: &Node<'_>) -> Option<Amount> {
    let text = node.filled()?;
    let percent = text.strip_suffix('%').map(str::trim).and_then(|figure| figure.parse::<Amount>().ok());
    let known = |(level, _): &&(&str, i128)| level.parse::<Amount>().ok() == percent && percent.is_some();
    let found = SERVICE.iter().find(known);
    if found.is_none() {
        let levels = SERVICE.map(|(level, _)| format!("\"{level}%\""));
        let sentence = format!("{} is no service level with a known Z", node.written());
        node.problem(sentence, format!("one of {}; for another, its Z: z = \"1.75\"", levels.join(", ")));
    }
    found.map(|(_, hundredths)| Amount::new(*hundredths, 2))
}

/// Lists of columns of the key, each shorter than the key; as places.
fn fallback(node: &Node<'_>, key: Option<&[String]>) -> Option<Vec<Vec<usize>>> {
    let mut levels: Option<Vec<Vec<usize>>> = Some(Vec::new());
    for node in node.list(1)? {
        match (level(&node, key), &mut levels) {
            (Some(level), Some(known)) if known.contains(&level) => {
                node.problem(format!("{} stands twice", node.written()), "each level once, the most specific first");
                levels = None;
            }
            (Some(level), Some(known)) => known.push(level),
            _ => levels = None,
        }
    }
    levels
}

fn level(node: &Node<'_>, key: Option<&[String]>) -> Option<Vec<usize>> {
    let mut places: Option<Vec<usize>> = Some(Vec::new());
    let names = node.texts(0)?;
    let key = key?;
    for (name, node) in names {
        match (key.iter().position(|part| *part == name), &mut places) {
            (Some(place), Some(known)) if !known.contains(&place) => known.push(place),
            (Some(_), _) => {}
            (None, _) => {
                let sentence = format!("{} is no part of the key", node.written());
                node.unknown(sentence, &name, key.iter().map(String::as_str));
                places = None;
            }
        }
    }
    let mut places = places?;
    places.sort_unstable();
    if places.len() == key.len() {
        node.problem("this is the whole key, which is looked up first anyway", "fewer columns of the key");
        return None;
    }
    Some(places)
}
