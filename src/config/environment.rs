//! `${NAME}` in values, and what excerpts may show of a file that holds secrets.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, Sink, SourceText};

/// What stands in for the environment: a variable's value by its name.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Puts the environment's values into every string of the tree. The spans stay those of the file, so that excerpts
/// keep showing `${NAME}`.
pub(super) fn resolve(table: &mut DeTable<'_>, file: &SourceText, environment: Environment<'_>, sink: &Sink) {
    resolve_table(table, "", &Resolver { file, environment, sink });
}

struct Resolver<'a> {
    file: &'a SourceText,
    environment: Environment<'a>,
    sink: &'a Sink,
}

fn resolve_table(table: &mut DeTable<'_>, path: &str, resolver: &Resolver<'_>) {
    for (name, value) in table.iter_mut() {
        let key = if path.is_empty() { name.get_ref().to_string() } else { format!("{path}.{}", name.get_ref()) };
        resolve_value(value, &key, resolver);
    }
}

fn resolve_value(value: &mut Spanned<DeValue<'_>>, key: &str, resolver: &Resolver<'_>) {
    let at = value.span();
    match value.get_mut() {
        DeValue::String(text) if text.contains("${") => match substitute(text, resolver.environment) {
            Ok(resolved) => *text = resolved.into(),
            Err(fault) => resolver.sink.settle(Problem {
                file: resolver.file.clone(),
                at: Some(at),
                key: Some(key.to_owned()),
                sentence: fault.sentence,
                accepted: Some(fault.accepted),
                nearest: None,
            }),
        },
        DeValue::Array(array) => array.iter_mut().for_each(|element| resolve_value(element, key, resolver)),
        DeValue::Table(table) => resolve_table(table, key, resolver),
        _ => {}
    }
}

struct Fault {
    sentence: String,
    accepted: String,
}

/// `text` with every `${NAME}` replaced. `$${` stands for `${` itself.
fn substitute(text: &str, environment: Environment<'_>) -> Result<String, Fault> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(escaped) = rest[..start].strip_suffix('$') {
            resolved.push_str(escaped);
            resolved.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        resolved.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let end = inside.find('}').ok_or_else(|| Fault {
            sentence: "a ${ has no closing }".to_owned(),
            accepted: "${NAME}, or $${ for these two characters themselves".to_owned(),
        })?;
        let name = &inside[..end];
        if !is_variable_name(name) {
            return Err(Fault {
                sentence: "what stands between ${ and } is no name of an environment variable".to_owned(),
                accepted: "letters, digits and _; $${ for the characters ${ themselves".to_owned(),
            });
        }
        let value = environment(name).ok_or_else(|| Fault {
            sentence: format!("the environment variable {name} is not set"),
            accepted: format!("set {name} before tieout is started"),
        })?;
        resolved.push_str(&value);
        rest = &inside[end + 1..];
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

/// The file as excerpts may show it: user name and password of every URL are starred out, byte for byte, so that all
/// places stay where they are. `${NAME}` stays readable, because it gives nothing away.
pub(super) fn masked(file: &SourceText) -> SourceText {
    let mut masked = String::with_capacity(file.text.len());
    let mut rest = &*file.text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        masked.push_str(before);
        let end = after.find(|letter: char| letter.is_whitespace() || letter == '"' || letter == '\'');
        let (address, following) = after.split_at(end.unwrap_or(after.len()));
        let (user, host) = address.split_at(address.rfind('@').unwrap_or(0));
        masked.push_str(&starred(user));
        masked.push_str(host);
        rest = following;
    }
    masked.push_str(rest);
    SourceText::new(&file.path, masked)
}

fn starred(text: &str) -> String {
    let mut starred = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let variable = rest.strip_prefix("${").and_then(|inside| inside.split_once('}'));
        if let Some((name, after)) = variable.filter(|(name, _)| is_variable_name(name)) {
            starred.push_str("${");
            starred.push_str(name);
            starred.push('}');
            rest = after;
        } else {
            let letter = rest.chars().next().map_or(1, char::len_utf8);
            starred.push_str(if rest.starts_with(':') { ":" } else { &"****"[..letter] });
            rest = &rest[letter..];
        }
    }
    starred
}
