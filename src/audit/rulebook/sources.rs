//! Which source a table file reads, or which several.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use super::table::{Asking, Sources};
use crate::audit::snapshot::{COMPANY, ColumnSpec, Member, company_column};
use crate::problem::{Node, Section};

/// Where a table is read.
pub(super) struct Whence {
    /// The only source, or the first.
    pub source: String,
    /// Every source of a table that has several, in name order. Each stands for a company of its own name until the
    /// config says which it is.
    pub companies: Vec<Member>,
    pub asking: Option<Asking>,
}

const ACCEPTED: &str = "the name of a source of config/tieout.toml, or sources = [\"…\", \"…\"]";

/// Reads `source` or `sources`. Only a table in a file of its own may have several.
pub(super) fn read(section: &Section<'_>, sources: Option<&Sources>, inline: bool) -> Option<Whence> {
    let several = section.get("sources");
    if let (Some(node), true) = (&several, section.has("source")) {
        section.get("source");
        node.name_problem("a table has either a source or several, not both", "only one of them");
        return None;
    }
    let Some(node) = several else {
        let node = section.need("source", ACCEPTED)?;
        let source = node.filled()?;
        let asking = match sources {
            Some(sources) => Some(*known(&node, &source, sources)?),
            None => None,
        };
        return Some(Whence { source, companies: Vec::new(), asking });
    };
    if inline {
        let sentence = "a table inside a rule has one source";
        node.name_problem(sentence, "a table file of its own, which the side names");
        return None;
    }
    let patterns = match node.value().as_str() {
        Some(_) => vec![(node.filled()?, node.clone())],
        None => node.texts(1)?,
    };
    let Some(sources) = sources else {
        let source = patterns.into_iter().next()?.0;
        return Some(Whence { source, companies: Vec::new(), asking: None });
    };
    let found: Vec<Option<Vec<&String>>> =
        patterns.iter().map(|(pattern, node)| matching(node, pattern, sources)).collect();
    let found: BTreeSet<&String> = found.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let source = (*found.first()?).clone();
    let asking = sources[&source];
    if let Some(other) = found.iter().find(|name| sources[**name] != asking) {
        node.problem(
            format!("{source} and {other} are not asked in the same way: one is a database, one a folder of files"),
            "sources that answer the same query, or that hold the same file",
        );
        return None;
    }
    let member = |name: &String| Member { source: name.clone(), company: name.clone() };
    Some(Whence { source, companies: found.into_iter().map(member).collect(), asking: Some(asking) })
}

fn known<'s>(node: &Node<'_>, name: &str, sources: &'s Sources) -> Option<&'s Asking> {
    let asking = sources.get(name);
    if asking.is_none() {
        node.unknown(format!("there is no source {}", node.written()), name, sources.keys().map(String::as_str));
    }
    asking
}

/// The sources that a name or a pattern means.
fn matching<'s>(node: &Node<'_>, pattern: &str, sources: &'s Sources) -> Option<Vec<&'s String>> {
    if !pattern.contains(['*', '?']) {
        known(node, pattern, sources)?;
    }
    let matched = WildMatch::new(pattern);
    let found: Vec<&String> = sources.keys().filter(|name| matched.matches(name)).collect();
    if found.is_empty() {
        let sentence = format!("{} matches no source", node.written());
        node.unknown(sentence, pattern, sources.keys().map(String::as_str));
        return None;
    }
    Some(found)
}

/// The columns of a table of several companies: its own, and the one that says which company a row is of.
pub(super) fn with_company(section: &Section<'_>, columns: Vec<ColumnSpec>) -> Option<Vec<ColumnSpec>> {
    if columns.iter().any(|column| column.name == COMPANY) {
        let node = section.get("columns").and_then(|columns| columns.section()?.get(COMPANY));
        let sentence = "a table of several sources has a column company already: it says which company a row is of";
        if let Some(node) = node {
            node.name_problem(sentence, "another name for this column");
        }
        return None;
    }
    Some(columns.into_iter().chain([company_column()]).collect())
}
