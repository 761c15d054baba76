//! Known names, for faults about unknown ones.

/// Names listed in one sentence; more are counted.
const LISTED: usize = 24;

/// The known name a misspelt one most probably meant.
pub(super) fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let written = name.to_lowercase();
    let length = written.chars().count();
    let ranked = known.iter().map(|known| (strsim::damerau_levenshtein(&written, &known.to_lowercase()), known));
    let (distance, best) = ranked.min_by_key(|(distance, _)| *distance)?;
    (distance <= (length / 3).max(1) && distance < length).then_some(best)
}

/// `a, b or c`; the rest of a long list is counted, never dropped without a word.
pub(super) fn choice(names: &[String], word: &str) -> String {
    match names {
        [] => "none is known here".to_owned(),
        [only] => only.clone(),
        [first @ .., last] if names.len() <= LISTED => format!("{} {word} {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..LISTED].join(", "), names.len() - LISTED),
    }
}
