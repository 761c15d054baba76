//! The rows of a sheet, as they come: the header found among them, everything else checked and gathered.

use super::Found;
use super::columns::{Cells, Gathered, Wanted};
use super::excel::day_of_serial;
use super::left_out::{LeftOut, Marks};
use crate::audit::snapshot::{Layout, trim};
use crate::sources::Fault;

/// Rows from the first on that are looked through for the columns' names, to tell where they stand.
const ROWS_SEARCHED: u32 = 20;

/// One sheet that is being read.
pub(super) struct Sheet<'r> {
    found: &'r Found,
    wanted: &'r [Wanted<'r>],
    layout: &'r Layout,
    limit: u64,
    /// How the days of the workbook are counted, where that is known.
    is_1904: Option<bool>,
    state: State,
    cells: Vec<Cells>,
    rows: usize,
    left_out: LeftOut,
}

enum State {
    /// No header yet.
    Before,
    /// The header lacks columns; a later row may have them all.
    Searching(Fault),
    Inside {
        names: Vec<String>,
        places: Vec<usize>,
        marks: Box<Marks>,
    },
}

impl<'r> Sheet<'r> {
    /// At most `limit` rows are taken.
    pub fn new(
        found: &'r Found,
        wanted: &'r [Wanted<'r>],
        layout: &'r Layout,
        limit: u64,
        is_1904: Option<bool>,
    ) -> Sheet<'r> {
        let cells = wanted.iter().map(|wanted| wanted.cells(0)).collect();
        let (state, left_out) = (State::Before, LeftOut::default());
        Sheet { found, wanted, layout, limit, is_1904, state, cells, rows: 0, left_out }
    }

    /// Takes the next row; `number` is its place in the sheet, from 1. Rows without a cell need not come.
    pub fn row(&mut self, number: u32, cells: &[String]) -> Result<(), Fault> {
        match &self.state {
            State::Before => self.header(number, cells),
            State::Searching(fault) => {
                let names = names(cells);
                if number > ROWS_SEARCHED {
                    return Err(fault.clone());
                }
                if self.wanted.iter().all(|wanted| wanted.place(&names).is_ok()) {
                    return Err(Fault::HeaderElsewhere { file: self.found.name.clone(), line: number });
                }
                Ok(())
            }
            State::Inside { names, places, marks } => {
                if marks.leaves_out(cells, &mut self.left_out) {
                    return Ok(());
                }
                let filled = |(_, cell): &(usize, &String)| !trim(cell).is_empty();
                let named = |place: usize| names.get(place).is_some_and(|name| !name.is_empty());
                if let Some((place, _)) = cells.iter().enumerate().filter(filled).find(|(place, _)| !named(*place)) {
                    return Err(Fault::NamelessColumn { file: self.found.name.clone(), column: place + 1 });
                }
                for ((place, wanted), column) in places.iter().zip(self.wanted).zip(&mut self.cells) {
                    let cell = cells.get(*place).map_or("", String::as_str);
                    let day = self.is_1904.filter(|_| wanted.is_dated).and_then(|epoch| day_of_serial(cell, epoch));
                    column.push(day.as_deref().unwrap_or(cell));
                }
                self.rows += 1;
                match self.rows as u64 > self.limit {
                    true => Err(Fault::TooManyRows { limit: self.limit }),
                    false => Ok(()),
                }
            }
        }
    }

    fn header(&mut self, number: u32, cells: &[String]) -> Result<(), Fault> {
        match self.layout.header_line {
            Some(line) if number < line => return Ok(()),
            Some(line) if number > line => return Err(self.no_header(line)),
            None if cells.iter().all(|cell| trim(cell).is_empty()) => return Ok(()),
            _ => {}
        }
        let names = names(cells);
        let places: Result<Vec<usize>, Fault> = self.wanted.iter().map(|wanted| wanted.place(&names)).collect();
        self.state = match places {
            Ok(places) => State::Inside { marks: Box::new(Marks::new(self.layout, &names)), names, places },
            Err(fault) if self.layout.header_line.is_none() => State::Searching(fault),
            Err(fault) => return Err(fault),
        };
        Ok(())
    }

    fn no_header(&self, line: u32) -> Fault {
        Fault::NoHeaderLine { file: self.found.name.clone(), line }
    }

    /// The rows of the sheet, when it has ended.
    pub fn finish(self) -> Result<(Gathered, LeftOut), Fault> {
        match self.state {
            State::Inside { .. } => {
                let mut gathered = Gathered::new(self.wanted);
                gathered.add(self.cells, self.rows);
                Ok((gathered, self.left_out))
            }
            State::Searching(fault) => Err(fault),
            State::Before => Err(match self.layout.header_line {
                Some(line) => self.no_header(line),
                None => Fault::EmptyFile { file: self.found.name.clone() },
            }),
        }
    }
}

fn names(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| trim(cell).to_owned()).collect()
}
