//! The words of classes, statuses, messages and reasons, in both languages. Pure; used by mails, pages and the
//! command line.

use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Class, Severity};
use crate::audit::exception::{Status, Step};
use crate::audit::judge::Reason;
use crate::audit::value::Subject;
use crate::language::Language;

/// One sentence that says what a break found.
pub fn sentence(found: &Break, language: Language) -> String {
    let _ = (found, language);
    todo!("helper: notify")
}
pub fn class(class: Class, language: Language) -> &'static str {
    let _ = (class, language);
    todo!("helper: notify")
}
pub fn status(status: Status, language: Language) -> &'static str {
    let _ = (status, language);
    todo!("helper: notify")
}
pub fn severity(severity: Severity, language: Language) -> &'static str {
    let _ = (severity, language);
    todo!("helper: notify")
}
pub fn step(step: Step, language: Language) -> &'static str {
    let _ = (step, language);
    todo!("helper: notify")
}
/// One sentence that says why a rule was not evaluated.
pub fn reason(reason: &Reason, language: Language) -> String {
    let _ = (reason, language);
    todo!("helper: notify")
}
/// What the subject is, for a heading: its key, or words for the special kinds.
pub fn subject(subject: &Subject, language: Language) -> String {
    let _ = (subject, language);
    todo!("helper: notify")
}
/// An amount with thousands separators, for people.
pub fn figure(amount: Amount) -> String {
    let _ = amount;
    todo!("helper: notify")
}
/// Text as it may stand in a CSV cell that a spreadsheet opens: formulas are disarmed, numbers are left alone.
pub fn csv_cell(text: &str) -> String {
    let _ = text;
    todo!("helper: notify")
}
