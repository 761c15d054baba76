//! A byte stream that is known to be text: it fails at the first byte that is not UTF-8, and at a NUL.

use std::io::{self, Read};

/// Why a stream is no text. Lines and bytes are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclean {
    pub line: u64,
    pub byte: u64,
    pub nul: bool,
}

/// Passes bytes on, checked, and puts `ending` behind the last of them.
pub(super) struct Checked<R> {
    inner: R,
    ending: &'static [u8],
    /// Bytes passed on from `inner`, and line feeds among them.
    bytes: u64,
    lines: u64,
    /// The beginning of a character whose end was not read yet.
    begun: Vec<u8>,
    unclean: Option<Unclean>,
}

impl<R: Read> Checked<R> {
    /// `bytes` of the stream were read already, without a line feed among them.
    pub fn new(inner: R, bytes: u64, ending: &'static [u8]) -> Self {
        Checked { inner, ending, bytes, lines: 0, begun: Vec::new(), unclean: None }
    }

    /// What was wrong with the stream, once reading it failed for that.
    pub fn unclean(&self) -> Option<Unclean> {
        self.unclean
    }

    /// Fails with the place `offset` bytes after the last that was known to be clean.
    fn refuse(&mut self, clean: &[u8], nul: bool) -> io::Error {
        let place =
            Unclean { line: self.lines + line_feeds(clean) + 1, byte: self.bytes + clean.len() as u64 + 1, nul };
        self.unclean = Some(place);
        io::Error::new(io::ErrorKind::InvalidData, "the stream is no text")
    }

    /// Checks what follows the bytes that were passed on so far.
    fn check(&mut self, fresh: &[u8]) -> io::Result<()> {
        let joined;
        let pending = if self.begun.is_empty() {
            fresh
        } else {
            joined = [&self.begun, fresh].concat();
            &joined
        };
        let (clean, broken) = match std::str::from_utf8(pending) {
            Ok(_) => (pending.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        let (clean, rest) = pending.split_at(clean);
        if let Some(at) = clean.iter().position(|byte| *byte == 0) {
            return Err(self.refuse(&clean[..at], true));
        }
        if broken {
            return Err(self.refuse(clean, false));
        }
        self.bytes += clean.len() as u64;
        self.lines += line_feeds(clean);
        self.begun = rest.to_vec();
        Ok(())
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count > 0 {
            self.check(&buffer[..count])?;
            return Ok(count);
        }
        if !self.begun.is_empty() {
            return Err(self.refuse(&[], false));
        }
        self.ending.read(buffer)
    }
}
