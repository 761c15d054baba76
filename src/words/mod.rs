//! The words of classes, statuses, messages and reasons, in both languages. Pure; used by mails, pages and the
//! command line.
//!
//! Every text that comes from a file or a source passes [`visible`] on its way into a sentence, so a sentence is one
//! line whatever a name holds.

mod causes;
mod cell;
mod conditions;
mod en;
mod figure;
mod guards;
mod limits;
mod moments;
mod names;
mod payments;
mod stalled;
mod stock;
mod validity;
mod zh;

pub use causes::{cause, odd, pattern, why};
pub use cell::{clip, csv_cell, csv_text, one_line, visible};
pub use figure::{figure, money, purse, quantity};
pub use moments::length;
pub use names::side;
pub use payments::aged;

use crate::audit::breaks::{Break, Class, Excess, Message, Severity};
use crate::audit::exception::{Status, Step};
use crate::audit::judgement::Reason;
use crate::audit::value::{Subject, SubjectKind, Value};
use crate::language::{Bilingual, Language};

/// One sentence that says what a break found.
pub fn sentence(found: &Break, language: Language) -> String {
    match language {
        Language::Zh => zh::message(&found.message),
        Language::En => en::message(&found.message),
    }
}

/// The same with the title that the rule gives the check: in place of a condition, which not everybody can read, and in
/// front of figures. A check without one is told as by [`sentence`].
pub fn told(found: &Break, title: Option<&Bilingual>, language: Language) -> String {
    let Some(title) = title.map(|title| visible(title.get(language))) else { return sentence(found, language) };
    let detail = match &found.message {
        Message::NotSatisfied { .. } => validity::detail(&found.message, language),
        Message::Stalled { .. } => stalled::detail(&found.message, language),
        _ => sentence(found, language),
    };
    match language {
        Language::Zh => format!("{title}：{detail}"),
        Language::En => format!("{title}: {detail}"),
    }
}

pub fn class(class: Class, language: Language) -> &'static str {
    match language {
        Language::Zh => zh::class(class),
        Language::En => en::class(class),
    }
}

pub fn status(status: Status, language: Language) -> &'static str {
    match language {
        Language::Zh => zh::status(status),
        Language::En => en::status(status),
    }
}

pub fn severity(severity: Severity, language: Language) -> &'static str {
    match language {
        Language::Zh => zh::severity(severity),
        Language::En => en::severity(severity),
    }
}

pub fn step(step: Step, language: Language) -> &'static str {
    match language {
        Language::Zh => zh::step(step),
        Language::En => en::step(step),
    }
}

/// One sentence that says why a rule was not evaluated.
pub fn reason(reason: &Reason, language: Language) -> String {
    match language {
        Language::Zh => zh::reason(reason),
        Language::En => en::reason(reason),
    }
}

/// What says that a limit of a rule's threshold was passed; not a whole sentence, for another to continue.
pub fn excess(excess: &Excess, language: Language) -> String {
    match language {
        Language::Zh => zh::excess(excess),
        Language::En => en::excess(excess),
    }
}

/// What the subject is, for a heading: its key, or words for the special kinds.
pub fn subject(subject: &Subject, language: Language) -> String {
    let key = || subject.values().iter().map(|value| key_value(value, language)).collect::<Vec<_>>().join(" / ");
    match (subject.kind(), language) {
        (SubjectKind::Key, _) => key(),
        (SubjectKind::Party, Language::Zh) => format!("往来单位 {}", key()),
        (SubjectKind::Party, Language::En) => format!("Party {}", key()),
        (SubjectKind::Keyless, Language::Zh) => {
            let sides: Vec<String> = subject.values().iter().map(|side| names::side_in_zh(&side.to_string())).collect();
            format!("{}中缺少主键的行", sides.join("、"))
        }
        (SubjectKind::Keyless, Language::En) => format!("Rows of {} without a key", key()),
        (SubjectKind::Flood, Language::Zh) => "整条规则".to_owned(),
        (SubjectKind::Flood, Language::En) => "The whole rule".to_owned(),
    }
}

/// One value of a key; a null is named, because an empty place between two slashes is overlooked.
fn key_value(value: &Value, language: Language) -> String {
    match (value, language) {
        (Value::Null, Language::Zh) => "（空）".to_owned(),
        (Value::Null, Language::En) => "(empty)".to_owned(),
        // As its identity has it, whatever scale the source gave.
        (Value::Amount(amount), _) => amount.normalised().to_string(),
        (value, _) => visible(&value.to_string()),
    }
}
