//! The demo company: a trading company's three systems, made from a seed, with the truth written beside them.
//!
//! Everything is drawn from the seed with integer arithmetic, so the same options give the same company on every
//! machine. The books are consistent first; then defects and near misses are put in, each written into the truth by
//! the code that makes it.

mod balances;
mod bank;
mod company;
mod defects;
mod directory;
mod general_ledger;
mod inventory;
mod names;
mod order_book;
mod planning;
mod purchasing;
mod random;
mod receivables;
mod shipped;
mod spelling;
mod stock;
mod truth;
mod write;

use std::io;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

pub use truth::{Cause, Expected, Innocence, LOW_STOCK, NearMiss, OVERDUE, THREE_WAY, TRUTH_FORMAT, Truth};

use company::Company;
use directory::State;

/// What the company is made from. Kept in its directory as `demo.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The business day the company's books stand at.
    pub day: NaiveDate,
    pub seed: u64,
    /// Order lines.
    pub lines: u64,
}

impl std::fmt::Display for Options {
    /// As they are written on the command line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "--as-of {} --seed {} --lines {}", self.day, self.seed, self.lines)
    }
}

/// The least and the most order lines a company has: with fewer not every defect finds a place.
pub const LINES: std::ops::RangeInclusive<u64> = 200..=200_000;
/// The years its books may stand in: document numbers carry four digits of them.
pub const YEARS: std::ops::RangeInclusive<i32> = 1990..=2999;

/// Why the company could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{0}")]
    Refused(String),
    #[error("cannot write {what}")]
    Write {
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot read {what}")]
    Read {
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl DemoError {
    fn writing(path: &Path, source: io::Error) -> Self {
        DemoError::Write { what: path.display().to_string(), source: Box::new(source) }
    }

    fn reading(path: &Path, source: io::Error) -> Self {
        DemoError::Read { what: path.display().to_string(), source: Box::new(source) }
    }
}

/// Makes the company in `dir`, or finds the one that the same options made. `fresh` removes what an earlier call made:
/// databases, truth, tieout's own store and mails there, and every config and rule file nobody edited. A company whose
/// making was interrupted is made anew. Answers whether it was made now.
pub fn prepare(dir: &Path, options: &Options, fresh: bool) -> Result<bool, DemoError> {
    accept(options)?;
    match directory::state(dir)? {
        State::Whole(found) if !fresh && found == *options => return Ok(false),
        State::Whole(found) if !fresh => {
            return Err(DemoError::Refused(format!(
                "{} holds the company of {found}, and {options} was asked for; leave these options out to use it, add \
                 --fresh to replace it, or name another --dir",
                dir.display()
            )));
        }
        State::Foreign(names) => {
            let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
            return Err(DemoError::Refused(format!(
                "{} is not empty and holds no demo company (found {shown}{more}); name an empty or new directory with --dir",
                dir.display()
            )));
        }
        State::Whole(_) | State::Empty | State::Unfinished => {}
    }
    make(dir, options)?;
    Ok(true)
}

/// The options of the company in `dir`; `None` where there is no whole one.
pub fn remembered(dir: &Path) -> Result<Option<Options>, DemoError> {
    Ok(match directory::state(dir)? {
        State::Whole(options) => Some(options),
        _ => None,
    })
}

/// What is wrong with the company in `dir`, as it was written down when it was made.
pub fn truth(dir: &Path) -> Result<Truth, DemoError> {
    let path = dir.join(directory::TRUTH);
    let text = std::fs::read_to_string(&path).map_err(|source| DemoError::reading(&path, source))?;
    let what = path.display().to_string();
    serde_json::from_str(&text).map_err(|source| DemoError::Read { what, source: Box::new(source) })
}

fn accept(options: &Options) -> Result<(), DemoError> {
    let (least, most) = LINES.into_inner();
    if !LINES.contains(&options.lines) {
        let sentence =
            format!("--lines {} is outside what the demo company can have: {least} to {most}", options.lines);
        return Err(DemoError::Refused(sentence));
    }
    let (first, last) = YEARS.into_inner();
    if !YEARS.contains(&options.day.year()) {
        let sentence = format!("--as-of {} is outside the years of the demo company: {first} to {last}", options.day);
        return Err(DemoError::Refused(sentence));
    }
    Ok(())
}

fn make(dir: &Path, options: &Options) -> Result<(), DemoError> {
    let mut truth = Truth::new(options);
    let mut company = Company::plan(options)?;
    defects::inject(&mut company, &mut truth, options.seed);
    let ordered = order_book::keep(&mut company, &mut truth, options.seed);
    let books = receivables::post(&mut company, &mut truth, options.seed);
    let mut stock = stock::keep(&company, &mut truth, options.seed);
    let bought = purchasing::buy(&company, &mut stock, &mut truth, options.seed);
    let inventory = inventory::close(&company, &mut stock, &books, &mut truth, options.seed);
    let balances = general_ledger::draw(&company, &inventory, &books, &mut truth, options.seed);
    let bank = bank::keep(&company, &books, &bought, &mut truth, options.seed);
    let closings = balances::close(&company, &bank, &mut truth, options.seed);
    let finance = write::FinanceBooks { bank, closings, inventory, balances };
    truth.sort();

    directory::begin(dir, options)?;
    write::erp(&dir.join("erp.db"), &company, &ordered, &bought)?;
    write::wms(&dir.join("wms.db"), &company, &stock, &bought)?;
    write::ledger(&dir.join("ledger.db"), &company, &books, &bought, &finance)?;
    directory::write(&dir.join(directory::TRUTH), &directory::json(&truth, directory::TRUTH)?)?;
    directory::write_shipped(dir)?;
    directory::finish(dir)
}
