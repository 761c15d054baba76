//! A digest in words: subject, HTML, text twin, and the full list as CSV. Pure.

mod html;
mod list;
mod page;
mod phrases;
mod row;
mod text;
mod totals;

use super::plan::Digest;
use page::Page;

/// A rendered letter, the same for every recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// File name of the attachment, in the reader's language.
    pub csv_name: String,
    /// UTF-8 with BOM, formula-safe; every live exception of the department.
    pub csv: String,
}

/// The most bytes the HTML may have. Gmail clips a message at about 102 KB and hides what comes after.
pub const HTML_BYTES: usize = 90_000;

/// Writes the digest in the department's language. `rows` is the most a section lists; `base_url` starts every link.
///
/// Where that many rows would make the HTML larger than [`HTML_BYTES`], fewer are listed, and every section says how
/// many there are and how many it shows.
pub fn write(digest: &Digest, rows: usize, base_url: &str) -> Letter {
    let mut rows = rows.max(1);
    let (mut page, mut html) = lay_out(digest, rows, base_url);
    while html.len() > HTML_BYTES && rows > 1 {
        rows = (rows * HTML_BYTES / html.len()).clamp(1, rows - 1);
        (page, html) = lay_out(digest, rows, base_url);
    }
    Letter {
        subject: page.subject.clone(),
        text: text::write(&page),
        html,
        csv_name: list::file_name(digest),
        csv: list::write(digest, base_url),
    }
}

fn lay_out(digest: &Digest, rows: usize, base_url: &str) -> (Page, String) {
    let page = Page::new(digest, rows, base_url);
    let html = html::write(&page);
    (page, html)
}
