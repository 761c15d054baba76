//! What a ZIP archive says of itself.

/// Where the end of the archive's directory stands at the latest, counted from the end of the file.
const LONGEST_END: usize = 22 + 65_535;
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;

/// How many bytes the archive's parts are when they are unpacked, added up; more than any workbook's where a part is
/// too large for the directory's own words. `None` where there is no directory to be read.
pub(super) fn unpacked(archive: &[u8]) -> Option<u64> {
    let from = archive.len().saturating_sub(LONGEST_END);
    let end = memchr::memmem::rfind(&archive[from..], END)? + from;
    let (count, start) = (word(archive, end + 10)?, long(archive, end + 16)?);
    let mut at = usize::try_from(start).ok()?;
    let mut sum = 0;
    for _ in 0..count {
        if archive.get(at..)?.get(..ENTRY.len())? != ENTRY {
            return None;
        }
        let size = long(archive, at + 24)?;
        sum += if size == u32::MAX { u64::MAX >> 16 } else { u64::from(size) };
        let names = [28, 30, 32].map(|place| word(archive, at + place).map(usize::from));
        at += ENTRY_LENGTH + names.into_iter().sum::<Option<usize>>()?;
    }
    Some(sum)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
