//! The text twin: the whole letter for readers without HTML. Every value stands in one line.

use super::page::{Bounded, Ledger, Listing, Page};
use super::phrases::Phrases;
use super::row::Row;

pub(super) fn write(page: &Page) -> String {
    let mut out = Lines::default();
    let phrases = page.phrases;
    out.put(&page.title);
    out.put(&page.context);
    out.gap();
    for sentence in &page.headline {
        out.put(sentence);
    }
    if page.unevaluated.count > 0 {
        out.head(phrases.unevaluated(), page.unevaluated.count);
        out.put(phrases.unevaluated_note());
        for (rule, why) in &page.unevaluated.items {
            out.put(&format!("- {rule}{}{why}", phrases.colon()));
        }
        out.note(&page.unevaluated);
    }
    for listing in &page.listings {
        listed(&mut out, listing, phrases);
    }
    for (title, lines) in page.line_lists() {
        if lines.count > 0 {
            out.head(title, lines.count);
            for line in &lines.items {
                out.put(&format!("- {line}"));
            }
            out.note(lines);
        }
    }
    if page.continuity.count > 0 {
        out.head(phrases.continuity(), page.continuity.count);
        out.put(phrases.continuity_note());
        for ledger in &page.continuity.items {
            out.put(&format!("- {}", ledger.rule));
            balance(&mut out, ledger, phrases);
        }
        out.note(&page.continuity);
    }
    out.gap();
    out.put("--");
    out.put(&page.attached);
    out.put(&format!("{}{}{}", phrases.page_link(), phrases.colon(), page.page_link));
    out.put(phrases.automatic());
    out.text
}

fn listed(out: &mut Lines, listing: &Listing, phrases: Phrases) {
    out.head(listing.title, listing.count);
    for note in &listing.notes {
        out.put(note);
    }
    for (place, row) in listing.rows.iter().enumerate() {
        exception(out, place + 1, row, phrases);
    }
}

fn exception(out: &mut Lines, place: usize, row: &Row, phrases: Phrases) {
    out.put(&format!("{place}. [{}] {}", row.severity, row.subject));
    out.put(&format!("   {}", row.rule));
    for sentence in &row.what {
        out.put(&format!("   {sentence}"));
    }
    let money = if row.at_risk.is_empty() { phrases.unpriced().to_owned() } else { row.at_risk.join(" / ") };
    out.put(&format!("   {}{}{money}", phrases.at_risk(), phrases.colon()));
    out.put(&format!("   {}", row.facts.join(phrases.comma())));
    out.put(&format!("   {}", row.link));
}

/// One equation a line; what is nothing is left out.
fn balance(out: &mut Lines, ledger: &Ledger, phrases: Phrases) {
    let columns = phrases.continuity_columns();
    for (label, cells) in &ledger.lines {
        if cells.iter().all(String::is_empty) {
            out.put(&format!("  {label}"));
            continue;
        }
        let mut equation = format!("{} {}", columns[0], cells[0]);
        for column in 1..7 {
            if !cells[column].is_empty() {
                let sign = if column < 4 { "+" } else { "−" };
                equation.push_str(&format!(" {sign} {} {}", columns[column], cells[column]));
            }
        }
        out.put(&format!("  {label}{}{equation} = {} {}", phrases.colon(), columns[7], cells[7]));
    }
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn put(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn head(&mut self, title: &str, count: usize) {
        self.gap();
        self.put(&format!("== {title} ({count}) =="));
    }

    fn note<T>(&mut self, list: &Bounded<T>) {
        if let Some(note) = &list.note {
            self.put(note);
        }
    }
}
