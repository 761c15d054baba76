//! What a low-stock rule means.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Figure;
use super::hash::{decimal, expression, figure};
use crate::audit::amount::Amount;
use crate::audit::breaks::StockFigure;
use crate::audit::expression::Expression;

/// Stock at or under its reorder point.
#[derive(Clone, Debug)]
pub struct LowStock {
    /// Column names, the same in every table of the rule: usually item and warehouse.
    pub key: Vec<String>,
    pub on_hand: Figure,
    pub reserved: Option<Figure>,
    pub incoming: Option<Incoming>,
    /// What days of supply are computed from, and reorder points that nobody set.
    pub demand: Option<Demand>,
    pub settings: Settings,
    pub judge: StockFigure,
    /// `true`: only under the point, not at it.
    pub strict: bool,
    /// Computed reorder points and safety stocks are rounded up to a multiple of it. Positive; usually one.
    pub round_to: Amount,
}

/// Quantities on their way.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub figure: Figure,
    /// The date they are due, where the table says.
    pub due: Option<String>,
    /// `true`: only what is due before something ordered today would come. What comes later is no reason to wait with
    /// an order. Items without a lead time have no such end.
    pub within_lead_time: bool,
    /// Whether what was due before the as-of day and has not come still counts.
    pub counts_late: bool,
}

/// Movements that are demand.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Its filter says which rows are demand; all of them without.
    pub figure: Figure,
    /// A date or instant column.
    pub date: String,
    /// How many days before the as-of day count; the day itself is not over yet.
    pub days: u32,
    /// Rows that are returns and are taken off, whatever the sign of their quantity. They count beside those of the
    /// filter.
    pub returns: Option<Expression>,
    pub outgoing: Outgoing,
}

/// The sign of a quantity that leaves the house; the other sign is a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    Positive,
    Negative,
}

/// Where figures about each item stand.
#[derive(Clone, Debug)]
pub struct Settings {
    pub table: String,
    /// Items that have rows here and none for which it is true are left out of the rule.
    pub filter: Option<Expression>,
    /// Places of the parts of the key that a less specific row of the table fills in, the most specific first.
    pub fallback: Vec<Vec<usize>>,
    pub figures: BTreeMap<Planned, Setting>,
    /// A money column: what a unit is worth.
    pub price: Option<String>,
}

/// A figure that planning an item's stock needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planned {
    Point,
    LeadDays,
    LeadDaysSd,
    ReviewDays,
    Safety,
    /// Standard deviations of demand that the safety stock covers.
    Z,
    Pack,
    Minimum,
    Target,
}

impl Planned {
    pub const ALL: [Planned; 9] = [
        Planned::Point,
        Planned::LeadDays,
        Planned::LeadDaysSd,
        Planned::ReviewDays,
        Planned::Safety,
        Planned::Z,
        Planned::Pack,
        Planned::Minimum,
        Planned::Target,
    ];

    /// The key of the rule file.
    pub fn name(self) -> &'static str {
        match self {
            Planned::Point => "point",
            Planned::LeadDays => "lead_days",
            Planned::LeadDaysSd => "lead_days_sd",
            Planned::ReviewDays => "review_days",
            Planned::Safety => "safety",
            Planned::Z => "z",
            Planned::Pack => "pack",
            Planned::Minimum => "minimum",
            Planned::Target => "target",
        }
    }
}

/// A column, and the figure of the items for which it says nothing. At least one of the two is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub column: Option<String>,
    /// Never negative.
    pub default: Option<Amount>,
}

impl LowStock {
    /// Whether a finding says more than the comparison with the point.
    pub fn plans(&self) -> bool {
        let asked = [Planned::Pack, Planned::Minimum, Planned::Target];
        self.demand.is_some() || asked.iter().any(|planned| self.settings.figures.contains_key(planned))
    }

    /// What of it can change a judgement, as JSON. What stands at its default is left out.
    pub(super) fn meaning(&self) -> Value {
        let round_to = Some(self.round_to).filter(|step| *step != Amount::from(1)).map(decimal);
        json!({
            "kind": "low_stock",
            "key": self.key,
            "on_hand": figure(&self.on_hand),
            "reserved": self.reserved.as_ref().map(figure),
            "incoming": self.incoming.as_ref().map(Incoming::meaning),
            "demand": self.demand.as_ref().map(Demand::meaning),
            "settings": self.settings.meaning(&self.key),
            "judge": self.judge,
            "strict": self.strict,
            "round_to": round_to,
        })
    }
}

impl Incoming {
    fn meaning(&self) -> Value {
        json!({
            "figure": figure(&self.figure),
            "due": self.due,
            "within_lead_time": (!self.within_lead_time).then_some(false),
            "counts_late": (!self.counts_late).then_some(false),
        })
    }
}

impl Demand {
    fn meaning(&self) -> Value {
        json!({
            "figure": figure(&self.figure),
            "date": self.date,
            "days": self.days,
            "returns": expression(self.returns.as_ref()),
            "outgoing": (self.outgoing == Outgoing::Negative).then_some("negative"),
        })
    }
}

impl Settings {
    fn meaning(&self, key: &[String]) -> Value {
        let mut meaning = Map::new();
        meaning.insert("table".to_owned(), json!(self.table));
        meaning.insert("filter".to_owned(), json!(expression(self.filter.as_ref())));
        let columns = |level: &Vec<usize>| level.iter().map(|place| key[*place].clone()).collect::<Vec<_>>();
        let fallback: Vec<Vec<String>> = self.fallback.iter().map(columns).collect();
        meaning.insert("fallback".to_owned(), json!(Some(fallback).filter(|levels| !levels.is_empty())));
        meaning.insert("price".to_owned(), json!(self.price));
        for (planned, setting) in &self.figures {
            let default = setting.default.map(decimal);
            let setting = match (&setting.column, default) {
                (Some(column), None) => json!(column),
                (column, default) => json!({ "column": column, "default": default }),
            };
            meaning.insert(planned.name().to_owned(), setting);
        }
        Value::Object(meaning)
    }
}
