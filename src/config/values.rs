//! Values that several sections of `tieout.toml` are made of.

use std::path::{Path, PathBuf};

use super::{Secret, files};
use crate::language::Language;
use crate::problem::{Node, Section};

pub(super) const LANGUAGES: [(&str, Language); 2] = [("zh", Language::Zh), ("en", Language::En)];

/// An IANA time zone.
pub(super) fn zone(node: &Node<'_>) -> Option<chrono_tz::Tz> {
    let name = node.filled()?;
    let zone = name.parse().ok();
    if zone.is_none() {
        let near = crate::problem::nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        node.problem_near(format!("{} is no time zone", node.written()), "an IANA name such as Asia/Shanghai", near);
    }
    zone
}

/// A path, relative ones starting at `root`.
pub(super) fn path(node: &Node<'_>, root: &Path) -> Option<PathBuf> {
    node.filled().map(|path| root.join(path))
}

/// A secret from `key` itself, or from the file that `KEY_file` names. The node is where faults of it belong.
pub(super) fn secret<'d>(section: &Section<'d>, key: &str, root: &Path) -> Option<Option<(Secret, Node<'d>)>> {
    let file_key = format!("{key}_file");
    match (section.get(key), section.get(&file_key)) {
        (None, None) => Some(None),
        (Some(node), None) => node.filled().map(|text| Some((Secret::new(text), node))),
        (None, Some(node)) => {
            let path = path(&node, root)?;
            match std::fs::read_to_string(&path) {
                Ok(text) if !text.trim().is_empty() => Some(Some((Secret::new(text.trim()), node))),
                Ok(_) => {
                    node.problem(format!("the file {} is empty", node.written()), "a file that holds the secret");
                    None
                }
                Err(fault) => {
                    let sentence = format!("cannot read the file {}: {}", node.written(), files::reason(&fault));
                    node.problem(sentence, "a file that holds the secret");
                    None
                }
            }
        }
        (Some(_), Some(node)) => {
            node.name_problem(format!("{key} and {file_key} are both given"), format!("either {key} or {file_key}"));
            None
        }
    }
}

/// A mail address, with or without a display name.
pub(super) fn address(node: &Node<'_>) -> Option<String> {
    let text = node.filled()?;
    let (local, domain) = text.split_once('@').unwrap_or_default();
    let sound = !local.is_empty() && !domain.trim_end_matches('>').is_empty() && !domain.contains('@');
    if !sound || text.chars().any(char::is_control) {
        node.problem(format!("{} is no mail address", node.written()), "an address such as finance@example.com");
        return None;
    }
    Some(text)
}
