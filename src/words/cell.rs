//! Text from outside, made safe to stand in a line, a cell or a list.

/// The text as one line that shows everything it holds: control characters, direction marks and invisible characters
/// appear as their code (`⟨U+202E⟩`), because one of them may be the very difference that is being reported.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if hidden(character) {
            shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A sentence of another program as one line: its line ends say nothing, and become spaces.
pub fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Characters that move or hide what stands around them.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// At most `most` characters of a text; a cut ends with an ellipsis.
pub fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// Text as it may stand in a CSV cell that a spreadsheet opens: formulas are disarmed, numbers are left alone, and
/// line breaks become spaces.
pub fn csv_cell(text: &str) -> String {
    let line: String = text.chars().map(|each| if matches!(each, '\r' | '\n') { ' ' } else { each }).collect();
    if starts_formula(text) && !is_negative_number(text) { format!("'{line}") } else { line }
}

/// Text that is a name, never a figure: like [`csv_cell`], and numbers a spreadsheet would mangle (leading zeros, more
/// than fifteen digits) are kept as text too.
pub fn csv_text(text: &str) -> String {
    let text = visible(text);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (text.len() > 15 || (text.len() > 1 && text.starts_with('0'))) {
        return format!("'{text}");
    }
    csv_cell(&text)
}

fn starts_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r']) {
        return true;
    }
    // Some readers skip white space before they look for a formula.
    text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_negative_number(text: &str) -> bool {
    let Some(body) = text.strip_prefix('-') else { return false };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}
