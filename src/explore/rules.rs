//! First rules: tables whose keys hold the same values, and figures of theirs that agree in most rows, are paired; what
//! looks like stock and like open items is watched. Each proposal says what it was guessed from.

mod agree;
mod open_items;
mod reconcile;
mod stock;

use super::Profile;

/// A table that will have a table file.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The name of its table file.
    pub name: String,
    pub source: String,
    /// Whether its query can choose among its rows.
    pub queried: bool,
    pub profile: Profile,
}

/// A rule file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The name of its file, without the ending.
    pub name: String,
    pub text: String,
    /// A table of which only the rows of the latest day are wanted; the rule calls those by the table's name with
    /// `_latest` behind it.
    pub latest: Option<String>,
}

/// All rules that the tables suggest, each with a name of its own.
pub fn propose(tables: &[Candidate]) -> Vec<Draft> {
    let mut drafts = reconcile::propose(tables);
    drafts.extend(stock::propose(tables));
    drafts.extend(open_items::propose(tables));
    let mut names: Vec<String> = Vec::new();
    for draft in &mut drafts {
        let numbered =
            |number: usize| if number == 1 { draft.name.clone() } else { format!("{}-{number}", draft.name) };
        if let Some(name) = (1..).map(numbered).find(|name| !names.contains(name)) {
            draft.name = name;
        }
        names.push(draft.name.clone());
    }
    drafts
}
