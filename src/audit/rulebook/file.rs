//! Rule files: what every kind has, and which kind it is.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::reading::{Reading, Surroundings};
use super::{
    Body, Rule, Rulebook, SeverityScale, SidesKind, Worsened, hash, low_stock, overdue, reconcile, severity, threshold,
    validity,
};
use crate::audit::snapshot::TableSpec;
use crate::language::Bilingual;
use crate::problem::{Node, Problems, Section, Sink, SourceText, read};

/// Reads every rule file and answers the whole rulebook, or every problem of every file.
///
/// A rule that names a table of `unread_tables` is checked as far as possible and left out.
pub fn read_rules(files: &[SourceText], surroundings: Surroundings<'_>) -> Result<Rulebook, Problems> {
    let sink = Sink::default();
    let mut book = Rulebook::default();
    let mut ids: BTreeMap<String, &SourceText> = BTreeMap::new();
    for file in files {
        let first = *ids.entry(rule_id(file)).or_insert(file);
        let namesake = (first.path != file.path).then_some(first);
        let rule = read(file, &sink, |section| rule(section, file, namesake, surroundings));
        let Some((rule, tables)) = rule else { continue };
        book.rules.push(rule);
        book.inline_tables.extend(tables);
    }
    book.rules.sort_by(|left, right| left.id.cmp(&right.id));
    book.inline_tables.sort_by(|left, right| left.name.cmp(&right.name));
    sink.answer(Some(book))
}

/// The id a rule file gives its rule, however faulty the rest of the file is.
pub fn rule_id(file: &SourceText) -> String {
    let (tree, _) = DeTable::parse_recoverable(&file.text);
    let id = tree.get_ref().get("id").and_then(|id| id.get_ref().as_str());
    id.map_or_else(|| file.stem(), str::to_owned)
}

const KINDS: [(&str, &str); 6] = [
    ("reconcile", "reconcile"),
    ("validity", "validity"),
    ("stalled", "stalled"),
    ("threshold", "threshold"),
    ("low_stock", "low_stock"),
    ("overdue_payment", "overdue_payment"),
];

/// A rule, and the tables it writes inline.
fn rule(
    section: &Section<'_>,
    file: &SourceText,
    namesake: Option<&SourceText>,
    surroundings: Surroundings<'_>,
) -> Option<(Rule, Vec<TableSpec>)> {
    let id = id(section, file, namesake);
    let parameters = id.as_deref().and_then(surroundings.parameters);
    let reading = Reading { surroundings, id: id.clone().unwrap_or_else(|| file.stem()), parameters };
    // Without its kind a file has no known keys; everything else about it would be noise.
    let accepted =
        "kind = \"reconcile\", \"validity\", \"stalled\", \"threshold\", \"low_stock\" or \"overdue_payment\"";
    let kind = section.need("kind", accepted)?.one_of(&KINDS)?;
    let title = section.need("title", "what the rule is called: text, or { en = \"…\", zh = \"…\" }");
    let title = title.and_then(|node| node.bilingual());
    let why = section.get("why").map_or(Some(Bilingual::default()), |node| node.bilingual());
    let owner = section.need("owner", "the department that must act").and_then(|node| reading.department(&node));
    let severity_node = section.get("severity");
    let worsened = section.get("worsened").map_or(Some(Worsened::default()), |node| worsened(&node));
    let threshold = severity::threshold(section);
    let recheck = section.get("recheck").map_or(Some(None), |node| node.duration().map(Some));
    // Owners of sides and checks fall back to the rule's; a missing one is already reported.
    let fallback = owner.clone().unwrap_or_default();
    let mut inline = Vec::new();
    let body = match kind {
        "reconcile" => reconcile::read(section, &reading, &fallback, &mut inline).map(Body::Reconcile),
        "validity" => validity::read(section, &reading, &fallback, SidesKind::Validity).map(Body::Reconcile),
        "threshold" => threshold::read(section, &reading, &fallback).map(Body::Reconcile),
        "stalled" => validity::read(section, &reading, &fallback, SidesKind::Stalled).map(Body::Reconcile),
        "low_stock" => low_stock::read(section, &reading).map(Body::LowStock),
        _ => overdue::read(section, &reading).map(Body::OverduePayment),
    };
    section.finish();
    let Some(body) = body else {
        // Whether the rule's tables are dated is not known then, and not what is wrong with it.
        let told = severity::Told { dated: true, demand: true };
        drop(severity_node.map(|node| severity::severity(&node, told)));
        return None;
    };
    let tables = hash::tables(&body);
    let inline_by_name: BTreeMap<&str, &TableSpec> = inline.iter().map(|table| (table.name.as_str(), table)).collect();
    let specs: Vec<&TableSpec> = tables
        .iter()
        .filter_map(|name| inline_by_name.get(name.as_str()).copied().or_else(|| surroundings.tables.get(name)))
        .collect();
    let dated = specs.iter().any(|spec| spec.date.is_some());
    let demand = matches!(&body, Body::LowStock(stock) if stock.demand.is_some());
    let told = severity::Told { dated, demand };
    let severity = severity_node.map_or(Some(SeverityScale::default()), |node| severity::severity(&node, told));
    let (threshold, recheck) = (threshold?, recheck?);
    let figures = hash::figures(&body, specs.iter().copied());
    let hash = hash::hash(&body, &threshold, recheck, specs.into_iter());
    let rule = Rule {
        id: id?,
        title: title?,
        why: why?,
        owner: owner?,
        severity: severity?,
        worsened: worsened?,
        threshold,
        recheck,
        hash,
        figures,
        body,
        tables,
    };
    Some((rule, inline))
}

/// The `id`, or the file's stem. `namesake` is an earlier file with the same.
fn id(section: &Section<'_>, file: &SourceText, namesake: Option<&SourceText>) -> Option<String> {
    let node = section.get("id");
    let id = node.as_ref().map_or_else(|| Some(file.stem()), |node| node.filled())?;
    let problem = |sentence: String, accepted: &str| match &node {
        Some(node) => node.problem(sentence, accepted),
        None => section.problem(sentence, accepted),
    };
    if !id.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_') {
        let whose = if node.is_some() { "" } else { ", the file's name without its ending," };
        problem(format!("\"{id}\"{whose} cannot be a rule id"), "an id = \"…\" of letters, digits, - and _");
        return None;
    }
    if let Some(first) = namesake {
        let sentence = format!("the rule id {id} is already taken by {}", first.path.display());
        problem(sentence, "an id of its own: another file name, or another id = \"…\"");
        return None;
    }
    Some(id)
}

fn worsened(node: &Node<'_>) -> Option<Worsened> {
    let section = node.section()?;
    let amount = section.get("amount").map_or(Some(Default::default()), |node| node.tolerance());
    let percent = section.get("percent").map_or(Some(Default::default()), |node| node.tolerance());
    section.finish();
    Some(Worsened { amount: amount?, percent: percent? })
}
