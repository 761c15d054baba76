//! Reading what a side adds to its table: `lookup`, `item`, `derive` and `convert`, and the rule's `units` and `rates`
//! that they need. Each is checked against the columns as they stand when it is added.

use super::added::{Added, Conversion, Derived, Lookup, Measured, Rates, Units};
use super::reading::{ANY, DATED, MONEY, Reading, column, same_family, scope};
use super::table::is_currency_code;
use crate::audit::amount::MAX_SCALE;
use crate::audit::expression::{Expression, Type};
use crate::audit::snapshot::{ColumnSpec, ColumnType, CurrencyOf, TableSpec, Tax};
use crate::problem::{Node, Section};

/// What the rule says once for all its sides. The outer `None` says that it is given and wrong.
pub(super) struct Given {
    /// With the scale of the rate column.
    pub rates: Option<Option<(Rates, u8)>>,
    /// With the units' table.
    pub units: Option<Option<(Units, TableSpec)>>,
}

/// The side's columns so far, and how they came about.
struct Adding<'r> {
    reading: &'r Reading<'r>,
    given: &'r Given,
    spec: TableSpec,
    added: Added,
}

/// Reads what a side adds to `table`: the table with all columns. `None` where something is wrong, so that no later
/// key is blamed for a column that could not be added.
pub(super) fn read(
    section: &Section<'_>,
    reading: &Reading<'_>,
    table: Option<&TableSpec>,
    given: &Given,
) -> Option<(TableSpec, Added)> {
    let (lookup, item) = (section.get("lookup"), section.get("item"));
    let (derive, convert) = (section.get("derive"), section.get("convert"));
    let mut adding = Adding { reading, given, spec: table?.clone(), added: Added::default() };
    if let Some(node) = lookup {
        adding.lookups(&node)?;
    }
    adding.measure(section, item.as_ref())?;
    if let Some(node) = derive {
        adding.derive(&node)?;
    }
    if let Some(node) = convert {
        adding.convert(&node)?;
    }
    Some((adding.spec, adding.added))
}

impl Adding<'_> {
    /// Whether a new column may have this name; `node` is its entry.
    fn is_free(&self, node: &Node<'_>, name: &str) -> bool {
        if !node.check_name(name, false) {
            return false;
        }
        let free = self.spec.column(name).is_none();
        if !free {
            node.name_problem(format!("table {} already has a column {name}", self.spec.name), "a name of its own");
        }
        free
    }

    fn lookups(&mut self, node: &Node<'_>) -> Option<()> {
        let mut sound = true;
        for section in node.sections()? {
            match self.lookup(&section) {
                Some(lookup) => {
                    self.spec.columns.extend(lookup.take.iter().cloned());
                    self.added.lookups.push(lookup);
                }
                None => sound = false,
            }
            section.finish();
        }
        sound.then_some(())
    }

    fn lookup(&self, section: &Section<'_>) -> Option<Lookup> {
        let other = self.reading.table_of(section);
        let key =
            section.need("key", "this side's column = the other table's: key = { customer_no = \"customer_no\" }");
        let key = key.and_then(|node| self.lookup_key(&node, other));
        let accepted = "the columns that are added: take = { region = \"region\" }, or take = [\"region\"]";
        let take = section.need("take", accepted).and_then(|node| self.take(&node, other, key.as_deref()));
        let required = section.get("required").map_or(Some(false), |node| node.boolean());
        Some(Lookup { table: other?.name.clone(), key: key?, take: take?, required: required? })
    }

    fn lookup_key(&self, node: &Node<'_>, other: Option<&TableSpec>) -> Option<Vec<(String, String)>> {
        let entries = node.section()?.entries();
        if entries.is_empty() {
            node.problem("the key names no column", "key = { customer_no = \"customer_no\" }");
            return None;
        }
        let parts = entries.into_iter().map(|(own, node)| {
            let theirs = column(&node, other, &ANY);
            if self.spec.column(&own).is_none() {
                let known = self.spec.columns.iter().map(|column| column.name.as_str());
                node.unknown_name(format!("table {} has no column {own}", self.spec.name), &own, known);
                return None;
            }
            let theirs = theirs?;
            same_family(&node, (&self.spec, &own), (other?, &theirs)).then_some((own, theirs))
        });
        parts.collect::<Vec<_>>().into_iter().collect()
    }

    /// The columns taken over. A figure of the other table stands on every row that finds it, so it is not one of the
    /// rows' own. Its currency or unit may be a column that is taken too, or one that the `key` holds equal to one of
    /// this side's.
    fn take(
        &self,
        node: &Node<'_>,
        other: Option<&TableSpec>,
        key: Option<&[(String, String)]>,
    ) -> Option<Vec<ColumnSpec>> {
        let entries = if node.value().is_array() { node.texts(1)? } else { node.section()?.entries() };
        let mut taken: Vec<(String, String, Node<'_>)> = Vec::new();
        let mut sound = true;
        for (name, node) in entries {
            let theirs = column(&node, other, &ANY);
            let twice = taken.iter().any(|(known, ..)| *known == name);
            match theirs.filter(|_| self.is_free(&node, &name) && !twice) {
                Some(theirs) => taken.push((name, theirs, node)),
                None => sound = false,
            }
        }
        let other = other.filter(|_| sound)?;
        let new_name = |theirs: &str| {
            let taken = taken.iter().find(|(_, known, _)| known == theirs).map(|(name, ..)| name.clone());
            let of_key = || key?.iter().find(|(_, known)| known == theirs).map(|(own, _)| own.clone());
            taken.or_else(of_key)
        };
        let columns = taken.iter().map(|(name, theirs, node)| {
            let held = other.column(theirs)?;
            let beside = |what: &str, theirs: &str| {
                let name = new_name(theirs);
                if name.is_none() {
                    let sentence =
                        format!("{}.{} has its {what} in {theirs}, which is not taken", other.name, held.name);
                    node.problem(sentence, format!("take {theirs} too"));
                }
                name
            };
            let mut kind = held.kind.clone();
            if let ColumnType::Money { currency: CurrencyOf::Column(code), .. } = &mut kind {
                let name = beside("currency", code)?;
                *code = name;
            }
            let unit = match &held.unit {
                Some(unit) if self.given.units.is_none() => new_name(unit),
                Some(unit) => Some(beside("unit", unit)?),
                None => None,
            };
            let header = kind.scale().is_some();
            Some(ColumnSpec { from: theirs.clone(), unit, header, ..ColumnSpec::new(name, kind) })
        });
        columns.collect::<Vec<_>>().into_iter().collect()
    }

    /// Turns every quantity whose unit is known into base units, where the rule has units.
    fn measure(&mut self, section: &Section<'_>, item: Option<&Node<'_>>) -> Option<()> {
        let Some(given) = &self.given.units else {
            if let Some(item) = item {
                let sentence = "item is where units are looked up by, and the rule has no units";
                item.name_problem(
                    sentence,
                    "units = { table = \"…\", item = \"…\", unit = \"…\", factor = \"…\" } on the rule",
                );
                return None;
            }
            return Some(());
        };
        let (units, table) = given.as_ref()?;
        let in_units: Vec<(ColumnSpec, u8, String)> = self
            .spec
            .columns
            .iter()
            .filter_map(|column| match (&column.kind, &column.unit) {
                (ColumnType::Quantity { scale }, Some(unit)) => Some((column.clone(), *scale, unit.clone())),
                _ => None,
            })
            .collect();
        if in_units.is_empty() {
            return item.is_none_or(|item| column(item, Some(&self.spec), &ANY).is_some()).then_some(());
        }
        let item = match item {
            Some(item) => {
                let name = column(item, Some(&self.spec), &ANY)?;
                same_family(item, (&self.spec, &name), (table, &units.item)).then_some(name)?
            }
            None if self.spec.column(&units.item).is_some() => units.item.clone(),
            None => {
                let sentence =
                    format!("table {} has units, and no column {} to look them up by", self.spec.name, units.item);
                section.problem(sentence, "item = \"…\", the column of this side that names the item");
                return None;
            }
        };
        let factor_scale = table.column(&units.factor).and_then(|column| column.kind.scale()).unwrap_or_default();
        for (column, scale, unit) in in_units {
            let stated = format!("{}_in_unit", column.name);
            if self.spec.column(&stated).is_some() {
                let sentence =
                    format!("{} is stated beside as {stated}, and there is such a column already", column.name);
                section.problem(sentence, "another name for that column");
                return None;
            }
            let stated =
                ColumnSpec { from: column.name.clone(), header: true, ..ColumnSpec::new(&stated, column.kind.clone()) };
            let kind = ColumnType::Quantity { scale: (scale + factor_scale).min(MAX_SCALE) };
            let base = ColumnSpec { kind, unit: None, ..column };
            let held = self.spec.columns.iter_mut().find(|held| held.name == base.name)?;
            *held = base.clone();
            self.spec.columns.push(stated.clone());
            self.added.measured.push(Measured { column: base, stated, item: item.clone(), unit });
        }
        Some(())
    }

    fn derive(&mut self, node: &Node<'_>) -> Option<()> {
        for (name, node) in node.section()?.entries() {
            let free = self.is_free(&node, &name);
            let columns = scope(None, &self.spec);
            let expression = self.reading.expression(&node, Some(&columns));
            let expression = expression.filter(|_| free)?;
            let column = self.derived_column(&node, &name, &expression)?;
            self.spec.columns.push(column.clone());
            self.added.derived.push(Derived { column, expression });
        }
        Some(())
    }

    /// The type of a derived column: its money is in the currency, and has the tax, of the money it reads.
    fn derived_column(&self, node: &Node<'_>, name: &str, expression: &Expression) -> Option<ColumnSpec> {
        let read = || expression.columns().iter().filter_map(|column| self.spec.column(&column.column));
        let mut figures = read().filter(|column| column.kind.scale().is_some()).peekable();
        // Only what is made of nothing but repeated figures is itself repeated: a quantity times a looked-up price is not.
        let header = figures.peek().is_some() && figures.all(|column| column.header);
        let kind = match expression.kind() {
            Type::Text => ColumnType::Text,
            Type::Date => ColumnType::Date,
            Type::Instant => ColumnType::Instant,
            Type::Boolean => ColumnType::Boolean,
            Type::Decimal { scale, money: false } => {
                if read().any(|column| matches!(column.kind, ColumnType::Quantity { .. })) {
                    ColumnType::Quantity { scale }
                } else {
                    ColumnType::Number { scale }
                }
            }
            Type::Decimal { scale, money: true } => {
                let mut of: Option<(CurrencyOf, Tax)> = None;
                for column in read() {
                    let ColumnType::Money { currency, tax, .. } = &column.kind else { continue };
                    match &mut of {
                        None => of = Some((currency.clone(), *tax)),
                        Some((known, _)) if known != currency => {
                            let sentence = format!("{name} takes figures of different currencies together");
                            node.problem(sentence, "money columns whose currency stands in the same place");
                            return None;
                        }
                        Some((_, known)) if *known != *tax => *known = Tax::Unknown,
                        Some(_) => {}
                    }
                }
                let (currency, tax) = of.unwrap_or((CurrencyOf::Business, Tax::Unknown));
                ColumnType::Money { scale, currency, tax }
            }
        };
        Some(ColumnSpec { header, ..ColumnSpec::new(name, kind) })
    }

    fn convert(&mut self, node: &Node<'_>) -> Option<()> {
        let Some(rates) = &self.given.rates else {
            let accepted =
                "rates = { table = \"…\", date = \"…\", from = \"…\", to = \"…\", rate = \"…\" } on the rule";
            node.name_problem("a conversion needs rates of exchange, and the rule has none", accepted);
            return None;
        };
        let (_, rate_scale) = *rates.as_ref()?;
        let mut conversions = Some(Vec::new());
        for (name, node) in node.section()?.entries() {
            let free = self.is_free(&node, &name) && self.is_free(&node, &format!("{name}_rate"));
            let conversion = self.conversion(&node, &name, rate_scale).filter(|_| free);
            match (&mut conversions, conversion) {
                (Some(known), Some(conversion)) => known.push(conversion),
                _ => conversions = None,
            }
        }
        for conversion in conversions? {
            self.spec.columns.extend([conversion.column.clone(), conversion.rate.clone()]);
            self.added.conversions.push(conversion);
        }
        Some(())
    }

    fn conversion(&self, node: &Node<'_>, name: &str, rate_scale: u8) -> Option<Conversion> {
        let section = node.section()?;
        let spec = Some(&self.spec);
        let from =
            section.need("from", "the money column that is converted").and_then(|node| column(&node, spec, &MONEY));
        let on = section.need("on", "the date column whose rate counts").and_then(|node| column(&node, spec, &DATED));
        let to = section.need("to", "a currency code such as CNY").and_then(|node| {
            let code = node.filled()?;
            if !is_currency_code(&code) {
                node.problem(format!("{} is no currency code", node.written()), "a code such as CNY");
                return None;
            }
            Some(code)
        });
        section.finish();
        let (from, on, to) = (from?, on?, to?);
        let held = self.spec.column(&from)?;
        let ColumnType::Money { scale, tax, .. } = held.kind else { return None };
        let kind = ColumnType::Money { scale, currency: CurrencyOf::Fixed(to.clone()), tax };
        let column = ColumnSpec { header: held.header, ..ColumnSpec::new(name, kind) };
        let rate = ColumnSpec::new(&format!("{name}_rate"), ColumnType::Number { scale: rate_scale });
        Some(Conversion { column, rate: ColumnSpec { header: true, ..rate }, from, to, on })
    }
}
