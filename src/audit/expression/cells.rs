//! How a column's cells are held: shared by count of references, so that handing a column on copies nothing.

use std::ops::Deref;
use std::sync::Arc;

use super::Cell;

/// Cells that several holders read and none writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared<T>(Arc<Vec<T>>);

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(cells: Vec<T>) -> Self {
        Shared(Arc::new(cells))
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(cells: I) -> Self {
        Shared(Arc::new(cells.into_iter().collect()))
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared(Arc::default())
    }
}

/// Decimals of one scale, with a state per cell. Figures that all fit 64 bits are held in 64: the columns of a large
/// table are most of what judging it needs of the memory.
#[derive(Clone, Debug)]
pub struct Decimals {
    pub scale: u8,
    units: Units,
    /// Absent where every cell holds a value.
    states: Option<Shared<Cell>>,
}

#[derive(Clone, Debug)]
enum Units {
    Narrow(Shared<i64>),
    Wide(Shared<i128>),
}

impl Decimals {
    /// Cells given one by one: units counted in `10^-scale`, zero where the state is not [`Cell::Value`].
    pub fn new(scale: u8, cells: impl IntoIterator<Item = (i128, Cell)>) -> Self {
        let cells = cells.into_iter();
        let mut builder = DecimalsBuilder::with_room(scale, cells.size_hint().0);
        cells.for_each(|cell| builder.push_cell(cell));
        builder.finish()
    }

    /// `cells` cells that all hold `state`, with units of zero.
    pub fn uniform(scale: u8, cells: usize, state: Cell) -> Self {
        let states = (state != Cell::Value).then(|| vec![state; cells].into());
        Decimals { scale, units: Units::Narrow(vec![0; cells].into()), states }
    }

    /// Cells held.
    pub fn len(&self) -> usize {
        match &self.units {
            Units::Narrow(units) => units.len(),
            Units::Wide(units) => units.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The units of a cell (zero where it holds no value) and what it holds.
    pub fn at(&self, row: usize) -> (i128, Cell) {
        (self.units(row), self.state(row))
    }

    /// The units of a cell that holds a value.
    pub fn value(&self, row: usize) -> Option<i128> {
        (self.state(row) == Cell::Value).then(|| self.units(row))
    }

    pub fn state(&self, row: usize) -> Cell {
        self.states.as_ref().map_or(Cell::Value, |states| states[row])
    }

    fn units(&self, row: usize) -> i128 {
        match &self.units {
            Units::Narrow(units) => i128::from(units[row]),
            Units::Wide(units) => units[row],
        }
    }

    /// The units of all cells where they fit 64 bits, zero where a cell holds no value: what a fast path reads.
    pub fn narrow(&self) -> Option<&[i64]> {
        match &self.units {
            Units::Narrow(units) => Some(units),
            Units::Wide(_) => None,
        }
    }

    /// The same, where each cell holds a value.
    pub fn plain(&self) -> Option<&[i64]> {
        self.narrow().filter(|_| self.states.is_none())
    }

    pub fn iter(&self) -> impl Iterator<Item = (i128, Cell)> + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    /// The cells of `rows`, in their order; `absent` where there is no row.
    pub fn picked(&self, rows: impl ExactSizeIterator<Item = Option<usize>>, absent: Cell) -> Decimals {
        let room = rows.len();
        let Units::Narrow(units) = &self.units else {
            let mut builder = DecimalsBuilder::with_room(self.scale, room);
            rows.for_each(|row| builder.push_cell(row.map_or((0, absent), |row| self.at(row))));
            return builder.finish();
        };
        let mut taken = Vec::with_capacity(room);
        let mut states: Option<Vec<Cell>> = None;
        for row in rows {
            let (units, state) = row.map_or((0, absent), |row| (units[row], self.state(row)));
            if state != Cell::Value && states.is_none() {
                let mut begun = Vec::with_capacity(room);
                begun.resize(taken.len(), Cell::Value);
                states = Some(begun);
            }
            if let Some(states) = &mut states {
                states.push(state);
            }
            taken.push(units);
        }
        Decimals { scale: self.scale, units: Units::Narrow(taken.into()), states: states.map(Shared::from) }
    }
}

/// Decimals being put together cell by cell: 64 bits wide until a figure needs more, without states until one differs.
pub struct DecimalsBuilder {
    scale: u8,
    narrow: Vec<i64>,
    /// Takes over from `narrow` with the first figure that does not fit there.
    wide: Option<Vec<i128>>,
    states: Option<Vec<Cell>>,
}

impl DecimalsBuilder {
    pub fn with_room(scale: u8, cells: usize) -> Self {
        DecimalsBuilder { scale, narrow: Vec::with_capacity(cells), wide: None, states: None }
    }

    fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.narrow.len(), Vec::len)
    }

    pub fn push(&mut self, units: i128) {
        if let Some(states) = &mut self.states {
            states.push(Cell::Value);
        }
        self.push_units(units);
    }

    fn push_units(&mut self, units: i128) {
        match (&mut self.wide, i64::try_from(units)) {
            (None, Ok(units)) => self.narrow.push(units),
            (Some(wide), _) => wide.push(units),
            (None, Err(_)) => {
                let room = self.narrow.capacity().max(self.narrow.len() + 1);
                let mut wide = Vec::with_capacity(room);
                wide.extend(std::mem::take(&mut self.narrow).into_iter().map(i128::from));
                wide.push(units);
                self.wide = Some(wide);
            }
        }
    }

    /// A cell without a value: null or a fault.
    pub fn push_absent(&mut self, state: Cell) {
        let taken = self.len();
        let room = self.narrow.capacity();
        let states = self.states.get_or_insert_with(|| {
            let mut states = Vec::with_capacity(room);
            states.resize(taken, Cell::Value);
            states
        });
        states.push(state);
        self.push_units(0);
    }

    pub fn push_cell(&mut self, (units, state): (i128, Cell)) {
        match state {
            Cell::Value => self.push(units),
            absent => self.push_absent(absent),
        }
    }

    pub fn finish(self) -> Decimals {
        let units = match self.wide {
            None => Units::Narrow(self.narrow.into()),
            Some(wide) => Units::Wide(wide.into()),
        };
        Decimals { scale: self.scale, units, states: self.states.map(Shared::from) }
    }
}

impl PartialEq for Decimals {
    /// By scale and cells, however they are held.
    fn eq(&self, other: &Self) -> bool {
        self.scale == other.scale && self.iter().eq(other.iter())
    }
}

impl Eq for Decimals {}
