//! How figures and document numbers are written into the books: plainly, or as careless hands write them.

/// A sum of money in hundredths of its currency.
pub(super) type Cents = i64;

/// A quantity in tenths of its unit.
pub(super) type Tenths = i64;

/// Two digits after the point, always.
pub(super) fn money(cents: Cents) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Without a point where the quantity is whole.
pub(super) fn quantity(tenths: Tenths) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    match tenths % 10 {
        0 => format!("{sign}{}", tenths / 10),
        rest => format!("{sign}{}.{rest}", tenths / 10),
    }
}

/// ASCII letters, digits and signs as their full-width forms, as a Chinese input method leaves them.
pub(super) fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c })
        .collect()
}

/// How one reference to an order is written.
#[derive(Clone, Copy, Default)]
pub(super) enum Spelling {
    #[default]
    Plain,
    TrailingBlanks,
    /// An ideographic space behind, and small letters.
    Sloppy,
    FullWidth,
    /// The field was left empty.
    Null,
    /// The field holds a word that means nothing.
    Placeholder(&'static str),
}

impl Spelling {
    pub(super) fn write(self, text: &str) -> Option<String> {
        match self {
            Spelling::Plain => Some(text.to_owned()),
            Spelling::TrailingBlanks => Some(format!("{text}  ")),
            Spelling::Sloppy => Some(format!("{}\u{3000}", text.to_lowercase())),
            Spelling::FullWidth => Some(full_width(text)),
            Spelling::Null => None,
            Spelling::Placeholder(word) => Some(word.to_owned()),
        }
    }
}
