//! Problems as a person reads them: one annotated excerpt each.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Message, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use super::{Problem, Problems, floor};

impl Problems {
    /// One excerpt per fault, separated by empty lines; with colours only when `colour` says so.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        self.0.iter().map(|problem| excerpt(problem, &renderer)).collect::<Vec<_>>().join("\n\n")
    }
}

fn excerpt(problem: &Problem, renderer: &Renderer) -> String {
    let path = problem.file.path.display().to_string();
    let place: Element<'_> = match shown(problem) {
        Some(span) => {
            Snippet::source(&*problem.file.text).path(path).annotation(AnnotationKind::Primary.span(span)).into()
        }
        None => Origin::path(path).into(),
    };
    let notes = [
        ("key", problem.key.as_deref()),
        ("accepted", problem.accepted.as_deref()),
        ("did you mean", problem.nearest.as_deref()),
    ];
    let notes = notes.into_iter().filter_map(|(name, text)| text.map(|text| note(name, text)));
    let group: Group<'_> = Level::ERROR.primary_title(&problem.sentence).element(place).elements(notes);
    renderer.render(&[group])
}

fn note<'a>(name: &'static str, text: &str) -> Message<'a> {
    Level::NOTE.with_name(name).message(normalize_untrusted_str(text))
}

/// The part of the fault's range on its first line: a whole section need not be printed to be found.
fn shown(problem: &Problem) -> Option<Range<usize>> {
    let text = &*problem.file.text;
    let at = problem.at.as_ref().filter(|_| !text.is_empty())?;
    let start = floor(text, at.start);
    let line = text[start..].find(['\n', '\r']).map_or(text.len(), |length| start + length);
    Some(start..floor(text, at.end).clamp(start, line))
}
