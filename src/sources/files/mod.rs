//! Folders of CSV, Excel, JSON lines and Parquet files.
//!
//! A folder has no transactions. What stands for one: each file's size and time of change are noted before the first
//! is read, and a file that looks otherwise after it was read makes its table unknown.

mod columns;
mod csv;
mod excel;
mod fields;
mod found;
mod json_lines;
mod left_out;
mod parquet;
mod sheet;
mod text;
mod windows;
mod zip;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use polars::prelude::DataFrame;

use self::columns::{Gathered, Wanted};
use self::found::{EXPECTED, Folder, Found, Stamp};
use self::left_out::LeftOut;
use super::{Fault, PullLimits, Watch};
use crate::audit::snapshot::{FileFormat, FileRead, Layout, RawTable, Read, TableSpec};
use crate::schedule::Clock;

/// Reads every table's files.
pub(super) fn pull(folder: &Path, tables: &[TableSpec], limits: &PullLimits, clock: &dyn Clock, watch: &Watch) {
    let folder = Folder::open(folder);
    let asked = clock.now();
    let located: Vec<Result<(&FileRead, Vec<Found>), Fault>> = tables
        .iter()
        .map(|table| match (&folder, &table.read) {
            (Err(fault), _) => Err(fault.clone()),
            (Ok(_), Read::Query(_)) => Err(super::wrong_read("files", &table.read)),
            (Ok(folder), Read::File(file)) => folder.find(file, asked).map(|found| (file, found)),
        })
        .collect();
    // A file whose size and time of change stay what they were just now is the file of this moment.
    let moment = clock.now();
    for (table, located) in tables.iter().zip(&located) {
        watch.read(&table.name, || {
            let (file, found) = located.as_ref().map_err(Fault::clone)?;
            let frame = read(table, file, found, limits, watch)?;
            for file in found {
                let now = std::fs::metadata(&file.path).map(|metadata| Stamp::of(&metadata));
                if !now.is_ok_and(|stamp| stamp == file.stamp) {
                    return Err(Fault::Changed { file: file.name.clone() });
                }
            }
            Ok(RawTable { frame, moment, clock_offset: None })
        });
    }
}

/// The rows of all files, in the files' order.
fn read(
    table: &TableSpec,
    file: &FileRead,
    found: &[Found],
    limits: &PullLimits,
    watch: &Watch,
) -> Result<DataFrame, Fault> {
    let wanted = columns::wanted(table);
    let (mut gathered, mut left_out) = (Gathered::new(&wanted), LeftOut::default());
    let mut frame: Option<DataFrame> = None;
    let mut rows: u64 = 0;
    let several = found.len() > 1;
    for found in found {
        let limits = PullLimits { rows: limits.rows.saturating_sub(rows), ..*limits };
        if found.format == FileFormat::Parquet {
            let more =
                parquet::read(found, bytes(found)?, table, &limits).map_err(|fault| of(found, several, fault))?;
            rows += more.height() as u64;
            match &mut frame {
                Some(frame) => columns::stack(frame, found, more)?,
                None => frame = Some(more),
            }
            continue;
        }
        let read = gather(found, &wanted, &file.layout, &limits, watch);
        let (one, left) = read.map_err(|fault| of(found, several, fault))?;
        rows += one.rows as u64;
        gathered.append(one);
        left_out.add(left);
    }
    if left_out != LeftOut::default() {
        let LeftOut { totals, headers, blank } = left_out;
        tracing::info!(table = table.name, totals, headers, blank, "rows of its files were left out");
    }
    frame.map_or_else(|| gathered.finish(&wanted), Ok)
}

/// The cells of one file.
fn gather(
    found: &Found,
    wanted: &[Wanted<'_>],
    layout: &Layout,
    limits: &PullLimits,
    watch: &Watch,
) -> Result<(Gathered, LeftOut), Fault> {
    let (mut gathered, left_out) = match found.format {
        FileFormat::Excel => return excel::read(found, &bytes(found)?, wanted, layout, limits, watch),
        FileFormat::JsonLines => (json_lines::read(found, bytes(found)?, wanted, limits, watch)?, LeftOut::default()),
        FileFormat::Csv | FileFormat::Parquet => csv::read(found, wanted, layout, limits, watch)?,
    };
    gathered.fill_down(wanted);
    Ok((gathered, left_out))
}

/// A fault that does not say in which of several files it is says so.
fn of(found: &Found, several: bool, fault: Fault) -> Fault {
    match fault {
        Fault::MissingColumn { .. } | Fault::DuplicateColumn { .. } | Fault::SeveralNames { .. } if several => {
            Fault::InFile { file: found.name.clone(), fault: Box::new(fault) }
        }
        fault => fault,
    }
}

/// The file's bytes, as many as it had when it was found: what is written behind them makes its table unknown anyway.
/// Not mapped into memory: a mapped file that somebody cuts short ends the process.
fn bytes(found: &Found) -> Result<Vec<u8>, Fault> {
    let file = File::open(&found.path).map_err(|error| Fault::unopened(&found.path, &error, EXPECTED))?;
    let mut bytes = Vec::with_capacity(usize::try_from(found.stamp.length).unwrap_or_default());
    let read = file.take(found.stamp.length).read_to_end(&mut bytes);
    read.map_err(|error| Fault::Interrupted { path: found.name.clone().into(), reason: error.to_string() })?;
    Ok(bytes)
}
