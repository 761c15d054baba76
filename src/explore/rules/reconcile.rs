//! Rules that pair tables by key.

use std::fmt::Write;

use super::super::figures::count;
use super::super::table_file::{column_name, comment, quoted};
use super::super::{KeyReason, Role};
use super::agree::{self, Pair};
use super::{Candidate, Draft};
use crate::sources::catalogue::{HoldingKind, is_keyword};

/// Other sides of one rule.
const MOST_SIDES: usize = 3;
/// Rules that are proposed.
const MOST_RULES: usize = 12;
/// Where fewer of the reference's keys are found on a side, a row is not expected there.
const EXPECTED_PERCENT: usize = 80;
/// Different values of a column that may be a status.
const STATUSES: usize = 8;

/// A reference and what speaks of the same things.
struct Group<'t> {
    reference: &'t Candidate,
    others: Vec<(&'t Candidate, Pair)>,
}

impl Group<'_> {
    /// How much the rule would compare.
    fn weight(&self) -> usize {
        self.others.iter().map(|(_, pair)| pair.shared * pair.figures.len()).sum()
    }
}

pub(super) fn propose(candidates: &[Candidate]) -> Vec<Draft> {
    // A view agrees with the tables it is made of. It counts where its source shows nothing else.
    let is_view = |table: &Candidate| table.profile.holding.kind == HoldingKind::View;
    let has_tables = |source: &str| candidates.iter().any(|table| table.source == source && !is_view(table));
    let tables = || candidates.iter().filter(|table| !is_view(table) || !has_tables(&table.source));
    let mut groups: Vec<Group<'_>> = Vec::new();
    for reference in tables() {
        let pairs = tables().filter(|other| other.name != reference.name).filter_map(|other| {
            let pair = agree::pair(&reference.profile, &other.profile)?;
            (!pair.figures.is_empty()).then_some((other, pair))
        });
        let mut others: Vec<(&Candidate, Pair)> = pairs.collect();
        others.sort_by_key(|(other, pair)| (std::cmp::Reverse(pair.shared * pair.figures.len()), other.name.clone()));
        others.truncate(MOST_SIDES);
        if !others.is_empty() {
            groups.push(Group { reference, others });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.weight()));
    // What two tables have in common is told once, by the group that compares most.
    let mut told: Vec<(String, String)> = Vec::new();
    for group in &mut groups {
        let own = group.reference.name.clone();
        group.others.retain(|(other, _)| {
            let known =
                told.contains(&(own.clone(), other.name.clone())) || told.contains(&(other.name.clone(), own.clone()));
            told.push((own.clone(), other.name.clone()));
            !known
        });
    }
    groups.retain(|group| !group.others.is_empty());
    groups.truncate(MOST_RULES);
    groups.iter().map(draft).collect()
}

fn draft(group: &Group<'_>) -> Draft {
    let Group { reference, others } = group;
    let names: Vec<&str> =
        [reference.name.as_str()].into_iter().chain(others.iter().map(|(other, _)| other.name.as_str())).collect();
    let sides: Vec<String> = names.iter().map(|name| side_name(name)).collect();
    let column = |place: usize| reference.profile.columns[place].name.clone();
    let key: Vec<String> = others[0].1.columns.iter().map(|(own, _)| column(*own)).collect();
    let mut text = format!(
        "# A guess from the rows that were looked at: {} and {} speak of the same things.\n",
        names[0],
        comment(&names[1..].join(", "))
    );
    for (other, pair) in others {
        let _ = writeln!(
            text,
            "# {} of {} keys of {} stand in {}, which has {}.",
            count(pair.shared as u64),
            count(pair.keys as u64),
            comment(&reference.name),
            comment(&other.name),
            count(pair.other_keys as u64)
        );
    }
    let _ = writeln!(
        text,
        "# Read it, correct it, and see what it would say: tieout run --rule {} --dry-run\n",
        rule_name(&names)
    );
    let title = format!("{} and {} agree", names[0], names[1..].join(", "));
    let _ = writeln!(text, "kind  = \"reconcile\"");
    let _ =
        writeln!(text, "title = {{ en = {}, zh = {} }}", quoted(&title), quoted(&format!("{}一致", names.join("、"))));
    let _ = writeln!(text, "owner = \"finance\"             # whose desk it lands on");
    let _ = writeln!(
        text,
        "key   = [{}]    # rows that belong together carry the same values here",
        key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    );
    let _ = writeln!(text, "\n[sides.{}]\ntable = {}", toml_key(&sides[0]), quoted(names[0]));
    status(&mut text, reference);
    for ((other, pair), side) in others.iter().zip(&sides[1..]) {
        side_of(&mut text, other, pair, side, &key);
    }
    for ((other, pair), side) in others.iter().zip(&sides[1..]) {
        for figure in &pair.figures {
            let (own, theirs) = (column(figure.left), &other.profile.columns[figure.right]);
            let _ = writeln!(
                text,
                "\n[[checks]]\nname   = {}    # they agree in {} of {} keys",
                quoted(&check_name(side, &theirs.name)),
                count(figure.agreed as u64),
                count(figure.compared as u64)
            );
            let _ = writeln!(
                text,
                "equal  = [{}, {}]",
                quoted(&format!("{}.{own}", sides[0])),
                quoted(&format!("{side}.{}", theirs.name))
            );
            if theirs.proposed.kind.name() == "money" {
                text.push_str("within = { amount = \"0.01\" }    # one cent is let through\n");
            }
        }
    }
    Draft { name: rule_name(&names), text, latest: None }
}

/// A side's name, as expressions can read it.
fn side_name(table: &str) -> String {
    let name = column_name(table, &[]);
    if is_keyword(&name) { format!("{name}_rows") } else { name }
}

/// The rule's name: both tables, or where there are more, the reference alone.
fn rule_name(names: &[&str]) -> String {
    let names = if names.len() > 2 { &names[..1] } else { names };
    names.join("-").replace('_', "-")
}

fn check_name(side: &str, column: &str) -> String {
    format!("{side}-{column}").replace('_', "-")
}

fn side_of(text: &mut String, other: &Candidate, pair: &Pair, side: &str, key: &[String]) {
    let column = |place: usize| other.profile.columns[place].name.clone();
    let _ = writeln!(text, "\n[sides.{}]\ntable = {}", toml_key(side), quoted(&other.name));
    let renamed: Vec<String> = key
        .iter()
        .zip(&pair.columns)
        .filter(|(name, (_, theirs))| **name != column(*theirs))
        .map(|(name, (_, theirs))| format!("{} = {}", toml_key(name), quoted(&column(*theirs))))
        .collect();
    if !renamed.is_empty() {
        let _ = writeln!(text, "key   = {{ {} }}    # the rule's key has other names here", renamed.join(", "));
    }
    let theirs: Vec<usize> = pair.columns.iter().map(|(_, theirs)| *theirs).collect();
    let own_key = other.profile.key.as_ref().is_some_and(|own| {
        own.columns.iter().all(|place| theirs.contains(place)) && !matches!(own.why, KeyReason::Looked { repeats: 1.. })
    });
    if !own_key {
        let mut sums: Vec<String> = pair.figures.iter().map(|figure| quoted(&column(figure.right))).collect();
        sums.dedup();
        let _ = writeln!(text, "sum   = [{}]    # several rows of one key add up", sums.join(", "));
    }
    if pair.shared * 100 < pair.keys * EXPECTED_PERCENT {
        text.push_str("expected = false    # many keys have no row here, so one that has none is no break\n");
    }
    status(text, other);
}

fn toml_key(name: &str) -> String {
    let bare = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A filter to think of, where a column takes few values that look like states.
fn status(text: &mut String, table: &Candidate) {
    let words = ["status", "state", "状态", "void", "作废", "cancel", "deleted", "flag"];
    let named = |name: &str| words.iter().any(|word| name.to_lowercase().contains(word));
    let states = table.profile.columns.iter().find(|column| {
        column.role == Role::Other && column.distinct > 1 && column.distinct <= STATUSES && named(&column.declared.name)
    });
    if let Some(column) = states {
        let values = column.examples.iter().map(|value| comment(value)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "# filter = \"{} <> '…'\"    # rows that count for nothing? it holds {values}",
            comment(&column.name)
        );
    }
}
