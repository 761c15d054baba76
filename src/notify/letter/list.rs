//! The attachment: every live exception of the department, one line for each break.

use super::phrases::Phrases;
use crate::audit::breaks::Break;
use crate::audit::exception::Exception;
use crate::language::Language;
use crate::notify::plan::Digest;
use crate::words;

/// Excel takes a CSV for UTF-8 only when it starts with this.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// How many columns the attachment has.
const COLUMNS: usize = 18;

/// The attachment's name, in the reader's language and fit for every file system.
pub(super) fn file_name(digest: &Digest) -> String {
    let language = digest.department.language;
    let department: String = digest
        .department
        .title
        .get(language)
        .chars()
        .map(|each| if each.is_alphanumeric() { each } else { '-' })
        .take(40)
        .collect();
    let department = department.trim_matches('-');
    format!("{department}-{}-{}.csv", Phrases { language }.list_name(), digest.happened.day)
}

/// A value as it may stand in the query of a link.
pub(super) fn query(value: &str) -> String {
    let mut shown = String::new();
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => shown.push(char::from(byte)),
            other => shown.push_str(&format!("%{other:02X}")),
        }
    }
    shown
}

/// The whole list, in list order. Nothing is left out.
///
/// Each exception counts its largest difference once per currency; the column of counted amounts holds exactly that,
/// so that it adds up to the totals of the mail.
pub(super) fn write(digest: &Digest, base_url: &str) -> String {
    let phrases = Phrases { language: digest.department.language };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut put = |record: &[String]| {
        // Writing to memory fails for unequal record lengths only, and every record is an array of one length.
        let _ = writer.write_record(record);
    };
    put(&heads(phrases.language).map(str::to_owned));
    for exception in &digest.open {
        let counted = counted(exception);
        for (place, found) in exception.breaks.iter().enumerate() {
            let title = digest.titles.get(&exception.rule, &found.check);
            let told = words::told(found, title, phrases.language);
            put(&record(exception, found, &told, counted.contains(&place), (phrases, base_url)));
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    format!("{BYTE_ORDER_MARK}{}", String::from_utf8_lossy(&bytes))
}

/// The places of the breaks whose figures the exception's amount at risk consists of: the first largest of each
/// currency.
fn counted(exception: &Exception) -> Vec<usize> {
    let place = |currency: &str, amount| {
        exception.breaks.iter().position(|found| {
            found.at_risk.as_ref().is_some_and(|money| money.currency == currency && money.amount == amount)
        })
    };
    exception.at_risk.iter().filter_map(|(currency, amount)| place(currency, amount)).collect()
}

fn record(
    exception: &Exception,
    found: &Break,
    told: &str,
    counted: bool,
    (phrases, base_url): (Phrases, &str),
) -> [String; COLUMNS] {
    let language = phrases.language;
    let amount = found.at_risk.as_ref().map(|money| money.amount.to_string()).unwrap_or_default();
    let side = found.side.as_deref().map(|side| words::side(side, language)).unwrap_or_default();
    [
        words::csv_text(&exception.id),
        words::status(exception.status, language).to_owned(),
        words::severity(exception.severity, language).to_owned(),
        words::csv_text(&exception.rule),
        words::csv_text(exception.rule_title.get(language)),
        words::csv_text(&words::subject(&exception.subject, language)),
        words::class(found.class, language).to_owned(),
        words::csv_text(&side),
        words::csv_text(told),
        words::csv_text(&words::cause(found, language)),
        words::csv_text(&found.odd().map(|odd| words::side(&odd.side, language)).unwrap_or_default()),
        words::csv_text(found.at_risk.as_ref().map_or("", |money| &money.currency)),
        words::csv_cell(&amount),
        words::csv_cell(if counted { &amount } else { "" }),
        exception.first_seen.to_string(),
        exception.last_changed.to_string(),
        words::csv_text(exception.assignee.as_deref().unwrap_or_default()),
        words::csv_text(&format!("{base_url}/exceptions/{}", exception.id)),
    ]
}

/// The heads of the attachment's columns.
fn heads(language: Language) -> [&'static str; COLUMNS] {
    match language {
        Language::Zh => [
            "编号",
            "状态",
            "级别",
            "规则",
            "规则名称",
            "对象",
            "差异类型",
            "涉及方",
            "说明",
            "可能原因",
            "问题方",
            "币种",
            "差异金额",
            "计入风险金额",
            "首次发现",
            "最近变化",
            "负责人",
            "链接",
        ],
        Language::En => [
            "ID",
            "Status",
            "Severity",
            "Rule",
            "Rule title",
            "Subject",
            "Class",
            "Side",
            "What",
            "Likely cause",
            "Odd one out",
            "Currency",
            "Amount of this difference",
            "Counted at risk",
            "First seen",
            "Last changed",
            "Assignee",
            "Link",
        ],
    }
}
