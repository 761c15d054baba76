//! A text file, a window at a time: as much of it as is looked at side by side, checked to be text. Memory that is used
//! again for every window costs far less than memory for the whole file, which the system hands out page by page.

use std::fs::File;
use std::io::{Read, Take};

use super::found::EXPECTED;
use super::text::{self, line_of};
use super::{Found, bytes};
use crate::audit::snapshot::Encoding;
use crate::sources::Fault;

/// Bytes of a window. A row that is longer makes its window longer.
const WINDOW: usize = 8 << 20;

/// Why a window cannot be read.
pub(super) enum Unread {
    Fault(Fault),
    /// Nobody named the encoding, and UTF-8 it is not.
    NotUtf8,
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Unread::Fault(fault)
    }
}

/// Text from somewhere in the file on.
#[derive(Clone, Copy)]
pub(super) struct Window<'w> {
    pub text: &'w str,
    /// Line ends before it.
    pub lines: u64,
    /// Whether the file ends where the text does.
    pub is_last: bool,
}

impl Window<'_> {
    /// The line of the file, from 1, in which the byte at `at` stands.
    pub fn line(&self, at: usize) -> u64 {
        self.lines + line_of(self.text.as_bytes(), at)
    }
}

pub(super) struct Windows<'f> {
    found: &'f Found,
    /// What was not read yet; nothing where the buffer holds text that was decoded.
    rest: Option<Take<File>>,
    buffer: Vec<u8>,
    filled: usize,
    /// Bytes and line ends before the buffer.
    bytes: u64,
    lines: u64,
    is_last: bool,
    is_guess: bool,
}

impl<'f> Windows<'f> {
    /// The file's text by its mark, or else in the encoding `fixed`, or else in UTF-8 as long as it is that.
    pub fn open(found: &'f Found, fixed: Option<Encoding>) -> Result<Windows<'f>, Fault> {
        let file = File::open(&found.path).map_err(|error| Fault::unopened(&found.path, &error, EXPECTED))?;
        let length = usize::try_from(found.stamp.length).unwrap_or(usize::MAX);
        let mut windows = Windows {
            found,
            // What is written behind the length that was noted makes the table unknown anyway.
            rest: Some(file.take(found.stamp.length)),
            buffer: vec![0; length.clamp(1, WINDOW)],
            filled: 0,
            bytes: 0,
            lines: 0,
            is_last: false,
            is_guess: false,
        };
        windows.fill()?;
        let mark = text::mark(&windows.buffer[..windows.filled]);
        windows.is_guess = mark.is_none() && fixed.is_none();
        match mark.map(|(_, encoding)| encoding).or(fixed) {
            None | Some(Encoding::Utf8) => {
                let skipped = mark.map_or(0, |(length, _)| length);
                windows.bytes = skipped as u64;
                windows.drop_first(skipped);
                Ok(windows)
            }
            Some(_) => Windows::decoded(found, fixed),
        }
    }

    /// The whole file's text at once, from whatever encoding it is in.
    pub fn decoded(found: &'f Found, fixed: Option<Encoding>) -> Result<Windows<'f>, Fault> {
        let buffer = text::decode(found, bytes(found)?, fixed)?.into_bytes();
        let filled = buffer.len();
        Ok(Windows { found, rest: None, buffer, filled, bytes: 0, lines: 0, is_last: true, is_guess: false })
    }

    /// The text that is in the window, up to the last whole character.
    pub fn window(&self) -> Result<Window<'_>, Unread> {
        let bytes = &self.buffer[..self.filled];
        let file = || self.found.name.clone();
        let place = |at: usize| (self.lines + line_of(bytes, at), self.bytes + at as u64 + 1);
        if let Some(at) = memchr::memchr(0, bytes) {
            let (line, byte) = place(at);
            return Err(Fault::Nul { file: file(), line, byte, wide: text::is_utf16(bytes) }.into());
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() && !self.is_last => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) if self.is_guess => return Err(Unread::NotUtf8),
            Err(error) => {
                let (line, byte) = place(error.valid_up_to());
                return Err(Fault::Encoding { file: file(), line, byte, encoding: text::title(Encoding::Utf8) }.into());
            }
        };
        Ok(Window { text, lines: self.lines, is_last: self.is_last })
    }

    /// Goes on to the text behind the first `consumed` bytes of the window. Where that is nothing, the window grows.
    pub fn advance(&mut self, consumed: usize) -> Result<(), Fault> {
        self.lines += line_of(&self.buffer, consumed) - 1;
        self.bytes += consumed as u64;
        self.drop_first(consumed);
        if consumed == 0 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.fill()
    }

    fn drop_first(&mut self, count: usize) {
        self.buffer.copy_within(count..self.filled, 0);
        self.filled -= count;
    }

    fn fill(&mut self) -> Result<(), Fault> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        while self.filled < self.buffer.len() {
            let read = rest.read(&mut self.buffer[self.filled..]);
            match read {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let (path, reason) = (self.found.name.clone().into(), error.to_string());
                    return Err(Fault::Interrupted { path, reason });
                }
            }
        }
        self.is_last = rest.limit() == 0 || self.filled < self.buffer.len();
        Ok(())
    }
}
