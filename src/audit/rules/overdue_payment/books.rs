//! The documents of a rule with everything they are judged by.

use std::collections::HashMap;

use super::due::{Terms, day};
use super::{APPLIED, ITEMS, PLAN, SIDES, name_key};
use crate::audit::breaks::{Message, SideRows};
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::{Kept, Keyed};
use crate::audit::rulebook::{Applied, Instalments, Open, OverduePayment, Rule};
use crate::audit::rules::Tables;
use crate::audit::rules::rows::{self, Currencies};
use crate::audit::snapshot::{Table, UnreadableCell};
use crate::audit::value::{Subject, Value};

/// Cells that could not be read, by row.
pub(super) type Unreadable<'a> = HashMap<u32, Vec<&'a UnreadableCell>>;

pub(super) struct Books<'a> {
    pub rule: &'a Rule,
    pub settings: &'a OverduePayment,
    pub context: &'a Context,
    pub items: &'a Table,
    pub documents: Vector,
    /// What tells the rows of one document apart, where each is an instalment.
    pub numbers: Option<Vector>,
    pub parties: Vector,
    pub amounts: Decimals,
    pub currencies: Currencies,
    pub unreadable: Unreadable<'a>,
    pub plan: Option<Plan<'a>>,
    pub applied: Option<AppliedRows<'a>>,
    due: Option<Vector>,
    dates: Option<Vector>,
    terms: Terms,
    beside: Vec<Beside<'a>>,
}

/// The table of instalments.
pub(super) struct Plan<'a> {
    pub settings: &'a Instalments,
    pub table: &'a Table,
    pub numbers: Vector,
    pub due: Vector,
    /// Amounts or percentages.
    pub figures: Decimals,
    /// Of amounts.
    pub currencies: Option<Currencies>,
    pub unreadable: Unreadable<'a>,
}

pub(super) struct AppliedRows<'a> {
    pub settings: &'a Applied,
    pub table: &'a Table,
    pub numbers: Option<Vector>,
    pub amounts: Decimals,
    pub currencies: Currencies,
    pub unreadable: Unreadable<'a>,
}

/// A table shown beside a party's documents, with its rows by party.
struct Beside<'a> {
    name: &'static str,
    table: &'a Table,
    rows: HashMap<String, Vec<u32>>,
}

impl<'a> Books<'a> {
    pub fn new(rule: &'a Rule, settings: &'a OverduePayment, context: &'a Context, tables: &'a Tables) -> Self {
        let items = &tables[&settings.items.table];
        let column = |name: &Option<String>| name.as_ref().map(|name| items.vector(name));
        let own_terms = settings.items.terms.iter().flat_map(|terms| terms.parts()).filter_map(|(_, column)| column);
        let given = [&settings.items.due, &settings.items.date, &settings.items.instalment];
        let given = given.into_iter().flatten().chain([&settings.items.amount, &settings.items.party]);
        let used = given.chain(own_terms).cloned().collect();
        let shown = [("unapplied", &settings.unapplied), ("credits", &settings.credits)];
        let beside = shown.into_iter().filter_map(|(name, open)| {
            let open = open.as_ref()?;
            let table = &tables[&open.table];
            Some(Beside { name, table, rows: by_party(open, table, context) })
        });
        Books {
            rule,
            settings,
            context,
            items,
            documents: items.vector(&settings.items.document),
            numbers: column(&settings.items.instalment),
            parties: items.vector(&settings.items.party),
            amounts: rows::decimals(items, &settings.items.amount),
            currencies: Currencies::of(items, &settings.items.amount, context),
            unreadable: rows::unreadable(items, &used),
            plan: settings.instalments.as_ref().map(|plan| Plan::new(plan, context, tables)),
            applied: settings.applied.as_ref().map(|applied| AppliedRows::new(applied, context, tables)),
            due: column(&settings.items.due),
            dates: column(&settings.items.date),
            terms: Terms::of(settings, items, tables),
            beside: beside.collect(),
        }
    }

    /// The table of a side and its column of documents, where the rule has the side.
    pub fn side(&self, index: usize) -> Option<(&'a Table, &'a String)> {
        match index {
            ITEMS => Some((self.items, &self.settings.items.document)),
            APPLIED => self.applied.as_ref().map(|applied| (applied.table, &applied.settings.document)),
            PLAN => self.plan.as_ref().map(|plan| (plan.table, &plan.settings.document)),
            _ => None,
        }
    }

    /// The rows of each side that count, by document.
    pub fn keyed(&self) -> Vec<Keyed> {
        let keyed = |index: usize| {
            let Some((table, document)) = self.side(index) else {
                return Keyed { rows: Kept::Some(Vec::new()), parts: vec![self.documents.clone()] };
            };
            let parameters = &self.context.parameters;
            let rows = match (index, &self.applied, &self.plan) {
                (APPLIED, Some(applied), _) => applied.counting(self.context),
                (PLAN, _, Some(plan)) => rows::kept(table, plan.settings.filter.as_ref(), parameters),
                _ => rows::kept(table, self.settings.items.filter.as_ref(), parameters),
            };
            Keyed { rows, parts: vec![table.vector(document)] }
        };
        (0..SIDES.len()).map(keyed).collect()
    }

    /// Whether an item is of a later day than the as-of day.
    pub fn is_later(&self, row: u32) -> bool {
        self.dates.as_ref().and_then(|dates| day(dates, row, self.context)).is_some_and(|date| date > self.context.day)
    }

    /// The item's own due date, else its date plus its own terms, its party's or everybody's.
    pub fn due_date(&self, row: u32) -> Option<chrono::NaiveDate> {
        let own = self.due.as_ref().and_then(|due| day(due, row, self.context));
        own.or_else(|| {
            let date = self.dates.as_ref().and_then(|dates| day(dates, row, self.context))?;
            self.terms.due(row, &self.parties.value(row as usize), date)
        })
    }

    /// A document, or one of its instalments where the rule has any.
    pub fn subject(&self, document: &Value, instalment: Value) -> Subject {
        let document = document.clone();
        Subject::key(if self.settings.has_instalments() { vec![document, instalment] } else { vec![document] })
    }

    pub fn evidence(&self, items: &[u32], applied: &[u32], plan: &[u32]) -> Vec<SideRows> {
        let limit = self.context.evidence_rows;
        let members = [items, applied, plan].into_iter().zip(SIDES).enumerate();
        let mut sides: Vec<SideRows> = members
            .filter_map(|(index, (members, side))| Some(rows::shown(side, self.side(index)?.0, members, limit)))
            .collect();
        let party = name_key(&self.parties.value(items[0] as usize));
        sides.extend(
            self.beside
                .iter()
                .filter_map(|beside| Some(rows::shown(beside.name, beside.table, beside.rows.get(&party)?, limit))),
        );
        sides
    }
}

impl<'a> Plan<'a> {
    fn new(settings: &'a Instalments, context: &Context, tables: &'a Tables) -> Plan<'a> {
        use crate::audit::rulebook::Share;
        let table = &tables[&settings.table];
        let (figures, currencies) = match &settings.share {
            Share::Amount(column) => (column, Some(Currencies::of(table, column, context))),
            Share::Percent(column) => (column, None),
        };
        let used = [&settings.instalment, &settings.due, figures].into_iter().cloned().collect();
        Plan {
            settings,
            table,
            numbers: table.vector(&settings.instalment),
            due: table.vector(&settings.due),
            figures: rows::decimals(table, figures),
            currencies,
            unreadable: rows::unreadable(table, &used),
        }
    }
}

impl<'a> AppliedRows<'a> {
    fn new(settings: &'a Applied, context: &Context, tables: &'a Tables) -> AppliedRows<'a> {
        let table = &tables[&settings.table];
        let given = [&settings.date, &settings.reversed, &settings.instalment];
        let used = given.into_iter().flatten().chain([&settings.amount]).cloned().collect();
        AppliedRows {
            settings,
            table,
            numbers: settings.instalment.as_ref().map(|column| table.vector(column)),
            amounts: rows::decimals(table, &settings.amount),
            currencies: Currencies::of(table, &settings.amount, context),
            unreadable: rows::unreadable(table, &used),
        }
    }

    /// What counts as applied on the as-of day. A row with a date that cannot be read is kept, to be told of.
    fn counting(&self, context: &Context) -> Kept {
        let (table, settings) = (self.table, self.settings);
        let mut kept = rows::kept(table, settings.filter.as_ref(), &context.parameters);
        let vector = |column: &Option<String>| column.as_ref().map(|column| table.vector(column));
        let (dates, reversed) = (vector(&settings.date), vector(&settings.reversed));
        kept.retain(|row| {
            let on = |dates: &Vector| day(dates, row, context);
            let in_time = dates.as_ref().is_none_or(|dates| on(dates).is_some_and(|date| date <= context.day));
            let taken_back = reversed.as_ref().and_then(on).is_some_and(|date| date <= context.day);
            (in_time && !taken_back) || self.unreadable.contains_key(&row)
        });
        kept
    }
}

/// The rows of a table of parties that count on the as-of day, by party. A row with a cell that cannot be read is kept,
/// to be told of.
pub(super) fn by_party(open: &Open, table: &Table, context: &Context) -> HashMap<String, Vec<u32>> {
    let parties = table.vector(&open.party);
    let dates = open.date.as_ref().map(|date| table.vector(date));
    let mut rows: HashMap<String, Vec<u32>> = HashMap::new();
    for row in rows::kept(table, open.filter.as_ref(), &context.parameters).iter() {
        let date = dates.as_ref().and_then(|dates| day(dates, row, context));
        if date.is_none_or(|date| date <= context.day) {
            rows.entry(name_key(&parties.value(row as usize))).or_default().push(row);
        }
    }
    rows
}

/// What some rows hold that cannot be read.
pub(super) fn unreadable(side: &str, table: &Table, members: &[u32], cells: &Unreadable<'_>) -> Option<Message> {
    let mut faulty: Vec<_> = members.iter().filter_map(|row| cells.get(row)).flatten().collect();
    faulty.sort_by(|left, right| (&left.column, &left.text).cmp(&(&right.column, &right.text)));
    let first = faulty.first()?;
    let expected = table.spec.column(&first.column).map_or("text", |column| column.kind.name());
    Some(Message::UnreadableCell {
        side: side.to_owned(),
        column: first.column.clone(),
        text: first.text.clone(),
        expected: expected.to_owned(),
        cells: faulty.len() as u64,
    })
}

/// What says that a cell is empty that must hold a figure.
pub(super) fn empty(side: &str, column: &str, expected: &str) -> Message {
    Message::UnreadableCell {
        side: side.to_owned(),
        column: column.to_owned(),
        text: String::new(),
        expected: expected.to_owned(),
        cells: 1,
    }
}

/// The figures of some rows of a column, added up; cells without one add nothing. `None` where the sum does not fit.
pub(super) fn total(figures: &Decimals, rows: impl Iterator<Item = u32>) -> Option<crate::audit::amount::Amount> {
    let mut figures = rows.filter_map(|row| rows::amount(figures, row));
    figures.try_fold(crate::audit::amount::Amount::ZERO, crate::audit::amount::Amount::checked_add)
}
