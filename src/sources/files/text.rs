//! From a file's bytes to text, exactly: every byte has a character, or the file is refused with the place of the
//! first that has none.

use encoding_rs::DecoderResult;

use super::Found;
use crate::audit::snapshot::Encoding;
use crate::sources::Fault;

/// The marks that files may begin with, and what they say of the rest.
const MARKS: [(&[u8], Encoding); 4] = [
    (b"\xef\xbb\xbf", Encoding::Utf8),
    (b"\xff\xfe", Encoding::Utf16Le),
    (b"\xfe\xff", Encoding::Utf16Be),
    (b"\x84\x31\x95\x33", Encoding::Gb18030),
];

/// Bytes of a character that Chinese text in UTF-8 is made of.
const CHINESE_WIDTH: usize = 3;

/// An encoding's name in a sentence.
pub(super) fn title(encoding: Encoding) -> String {
    encoding.name().to_uppercase()
}

/// The length of the mark that a file begins with, and what it says of the rest.
pub(super) fn mark(bytes: &[u8]) -> Option<(usize, Encoding)> {
    MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(mark, encoding)| (mark.len(), *encoding))
}

/// The characters of `bytes`, without the byte order mark. A mark says how they are written; without one `fixed` does,
/// and without that the whole file is tried as UTF-8, then as GB18030.
pub(super) fn decode(found: &Found, bytes: Vec<u8>, fixed: Option<Encoding>) -> Result<String, Fault> {
    let mark = mark(&bytes);
    let skipped = mark.map_or(0, |(length, _)| length);
    let encoding = mark.map(|(_, encoding)| encoding).or(fixed);
    let nul = |line, byte: usize, wide| Fault::Nul { file: found.name.clone(), line, byte: byte as u64 + 1, wide };
    let wide = matches!(encoding, Some(Encoding::Utf16Le | Encoding::Utf16Be));
    // In every encoding whose characters are not all two bytes wide, a NUL is the byte 0 and nothing else is.
    if let Some(at) = memchr::memchr(0, &bytes).filter(|_| !wide) {
        return Err(nul(line_of(&bytes, at), at, is_utf16(&bytes)));
    }
    let text = match encoding {
        Some(Encoding::Utf8) => utf8(bytes, skipped).map_err(|at| at.refused(found, title(Encoding::Utf8)))?,
        Some(encoding) if !wide && mark.is_none() && is_chinese_utf8(&bytes) => {
            return Err(Fault::IsUtf8 { file: found.name.clone(), named: encoding.name() });
        }
        Some(encoding) => decoded(&bytes, skipped, encoding).map_err(|at| at.refused(found, title(encoding)))?,
        None => guessed(found, bytes)?,
    };
    match memchr::memchr(0, text.as_bytes()).filter(|_| wide) {
        Some(at) => Err(nul(line_of(text.as_bytes(), at), skipped + 2 * text[..at].encode_utf16().count(), false)),
        None => Ok(text),
    }
}

/// Text without a mark, whose encoding nobody named.
fn guessed(found: &Found, bytes: Vec<u8>) -> Result<String, Fault> {
    let (bytes, at) = match utf8(bytes, 0) {
        Ok(text) => return Ok(text),
        Err(broken) => (broken.bytes, broken.at),
    };
    if is_damaged_utf8(&bytes) {
        return Err(Place { at, line: line_of(&bytes, at), bytes }.refused(found, title(Encoding::Utf8)));
    }
    match decoded(&bytes, 0, Encoding::Gb18030) {
        // What another program could not read was lost there already.
        Ok(text) if !text.contains(char::REPLACEMENT_CHARACTER) => Ok(text),
        _ => {
            let line = line_of(&bytes, at);
            Err(Place { at, line, bytes }.refused(found, "UTF-8 or GB18030".to_owned()))
        }
    }
}

/// Whether all of the text is UTF-8, some of it as wide as Chinese is there: what is written in another encoding is
/// never that.
fn is_chinese_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(|letter| letter.len_utf8() == CHINESE_WIDTH))
}

/// Whether more of the text is Chinese in UTF-8 than is broken. GB18030 seen as UTF-8 is broken at nearly every
/// character, and the pairs it makes by chance are two bytes wide.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|letter| letter.len_utf8() == CHINESE_WIDTH).count() as u64;
        broken += u64::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

/// Every other byte of text that is written in two is a NUL, as far as it is ASCII.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(64)];
    let nuls = memchr::memchr_iter(0, start).count();
    nuls * 4 >= start.len()
}

/// Where a file is no text.
struct Place {
    /// Bytes before the first that is wrong.
    at: usize,
    line: u64,
    bytes: Vec<u8>,
}

impl Place {
    fn refused(self, found: &Found, encoding: String) -> Fault {
        Fault::Encoding { file: found.name.clone(), line: self.line, byte: self.at as u64 + 1, encoding }
    }
}

fn utf8(bytes: Vec<u8>, skipped: usize) -> Result<String, Place> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        Place { at, line: line_of(&bytes, at), bytes }
    })?;
    text.drain(..skipped);
    Ok(text)
}

fn decoded(bytes: &[u8], skipped: usize, encoding: Encoding) -> Result<String, Place> {
    let encoding = match encoding {
        Encoding::Utf8 => encoding_rs::UTF_8,
        Encoding::Utf16Le => encoding_rs::UTF_16LE,
        Encoding::Utf16Be => encoding_rs::UTF_16BE,
        Encoding::Gb18030 => encoding_rs::GB18030,
        Encoding::Big5 => encoding_rs::BIG5,
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
    };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut rest = &bytes[skipped..];
    let mut text = String::with_capacity(rest.len() + rest.len() / 2);
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return Ok(text),
            DecoderResult::OutputFull => text.reserve(rest.len().max(64)),
            DecoderResult::Malformed(length, behind) => {
                let at = (bytes.len() - rest.len()).saturating_sub(usize::from(length) + usize::from(behind));
                return Err(Place { at, line: line_of(text.as_bytes(), text.len()), bytes: Vec::new() });
            }
        }
    }
}

/// The line, from 1, that the byte at `at` stands in.
pub(super) fn line_of(text: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count() as u64 + 1
}
