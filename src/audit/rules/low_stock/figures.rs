//! One item's figures, and what they say.

use chrono::{Days, NaiveDate};

use super::Stocks;
use super::planning::Plan;
use super::roles::Role;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Class, Message, PlanningNeed, StockFigure};
use crate::audit::fraction::Fraction;
use crate::audit::replenishment::{ComputedPoint, Cover, Demanded, Lasts, Replenishment, ToOrder};
use crate::audit::rulebook::{LowStock, Planned};
use crate::audit::rules::{age::day_at, rows};
use crate::audit::snapshot::days_since_epoch;

/// What is said of an item.
pub(super) struct Told {
    pub class: Class,
    pub message: Message,
    pub at_risk: Option<Money>,
}

pub(super) struct Item<'a> {
    settings: &'a LowStock,
    plan: &'a Plan,
    day: NaiveDate,
    on_hand: Amount,
    reserved: Amount,
    incoming: Amount,
    incoming_until: Option<NaiveDate>,
    /// The figure that is judged.
    figure: Amount,
    demand: Option<Demanded>,
}

/// A reorder point, and how it was computed if it was.
struct Point {
    at: Amount,
    computed: Option<ComputedPoint>,
}

impl<'a> Item<'a> {
    /// `None` where a figure does not fit.
    pub fn of(stocks: &'a Stocks<'a>, group: usize, plan: &'a Plan) -> Option<Item<'a>> {
        let Stocks { settings, context, .. } = stocks;
        let until = settings.incoming.as_ref().filter(|incoming| incoming.due.is_some() && incoming.within_lead_time);
        let until = until.and_then(|_| arrival(plan, context.day));
        let sum = |name: &str, counts: &dyn Fn(&Role<'_>, u32) -> bool| -> Option<Amount> {
            let Some(index) = stocks.roles.iter().position(|role| role.name == name) else { return Some(Amount::ZERO) };
            let role = &stocks.roles[index];
            let counted = stocks.pairing.sides[index].of(group).iter().filter(|row| counts(role, **row));
            let mut present = counted.filter_map(|row| rows::amount(role.cells.as_ref()?, *row));
            present.try_fold(Amount::ZERO, Amount::checked_add)
        };
        let counts_late = settings.incoming.as_ref().is_none_or(|incoming| incoming.counts_late);
        let arrives = |role: &Role<'_>, row: u32| {
            let Some(day) = role.dates.as_ref().and_then(|dates| day_at(dates, row, context)) else { return true };
            until.is_none_or(|until| day <= days_since_epoch(until))
                && (counts_late || day >= days_since_epoch(context.day))
        };
        let on_hand = sum("on_hand", &|_, _| true)?;
        let reserved = sum("reserved", &|_, _| true)?;
        let incoming = sum("incoming", &arrives)?;
        let available = on_hand.checked_sub(reserved)?;
        let figure = match settings.judge {
            StockFigure::OnHand => on_hand,
            StockFigure::Available => available,
            StockFigure::Projected => available.checked_add(incoming)?,
        };
        let demand = match &stocks.daily {
            Some(daily) => {
                let index = stocks.roles.iter().position(|role| role.name == "demand")?;
                Some(daily.demanded(stocks.pairing.sides[index].of(group))?)
            }
            None => None,
        };
        let incoming_until = until;
        let day = context.day;
        Some(Item { settings, plan, day, on_hand, reserved, incoming, incoming_until, figure, demand })
    }

    /// What is wrong with the item; of one that is left out only that its stock is negative. `None` where a figure does
    /// not fit.
    pub fn told(&self, left_out: bool) -> Option<Vec<Told>> {
        let Item { on_hand, reserved, incoming, figure, settings, .. } = *self;
        let mut told = Vec::new();
        let mut tell = |class, message, at_risk| told.push(Told { class, message, at_risk });
        if on_hand.is_negative() {
            tell(Class::NegativeStock, Message::NegativeStock { on_hand }, None);
        }
        if left_out {
            return Some(told);
        }
        let Some(Point { at: point, computed }) = self.point()? else {
            tell(Class::NoReorderPoint, Message::NoReorderPoint { on_hand, lacks: self.lacks() }, None);
            return Some(told);
        };
        // Nobody asked for an item without demand to be held, so its empty shelf is at no point.
        let nothing_wanted = computed.is_some() && point.is_zero();
        if figure < point || (figure == point && !settings.strict && !nothing_wanted) {
            let plan = if settings.plans() { Some(Box::new(self.replenishment(point, computed)?)) } else { None };
            let judged = settings.judge;
            let at_risk = match &self.plan.price {
                Some(price) => Some(worth(price, point.checked_sub(figure)?)?),
                None => None,
            };
            let message = Message::LowStock { judged, figure, point, on_hand, reserved, incoming, plan };
            tell(Class::LowStock, message, at_risk);
        }
        Some(told)
    }

    /// The reorder point of the settings, or the one that follows from demand. The outer `None` says that it does not
    /// fit, the inner that there is none.
    fn point(&self) -> Option<Option<Point>> {
        if let Some(at) = self.plan.get(Planned::Point) {
            return Some(Some(Point { at, computed: None }));
        }
        let Some(demand) = &self.demand else { return Some(None) };
        let Some(lead_days) = self.plan.get(Planned::LeadDays) else { return Some(None) };
        let round_to = self.settings.round_to;
        let review_days = self.plan.over_zero(Planned::ReviewDays);
        let mut computed = ComputedPoint { lead_days, review_days, safety: Amount::ZERO, cover: None };
        match (self.plan.get(Planned::Safety), self.plan.get(Planned::Z)) {
            (Some(safety), _) => computed.safety = safety,
            (None, Some(z)) => {
                let cover = Cover { z, lead_days_sd: self.plan.over_zero(Planned::LeadDaysSd) };
                computed.safety = cover.safety(demand, computed.covered_days()?, round_to)?;
                computed.cover = Some(cover);
            }
            (None, None) => return Some(None),
        }
        Some(Some(Point { at: computed.point(demand, round_to)?, computed: Some(computed) }))
    }

    /// What keeps a point from being computed.
    fn lacks(&self) -> Vec<PlanningNeed> {
        let has = |planned| self.plan.get(planned).is_some();
        let mut lacks = Vec::new();
        if self.demand.is_some() {
            lacks.extend((!has(Planned::LeadDays)).then_some(PlanningNeed::LeadTime));
            lacks.extend((!has(Planned::Safety) && !has(Planned::Z)).then_some(PlanningNeed::SafetyStock));
        }
        lacks
    }

    fn replenishment(&self, point: Amount, computed: Option<ComputedPoint>) -> Option<Replenishment> {
        let target = self.plan.get(Planned::Target).unwrap_or(point);
        let (minimum, pack) = (self.plan.over_zero(Planned::Minimum), self.plan.over_zero(Planned::Pack));
        Some(Replenishment {
            demand: self.demand,
            computed,
            lasts: self.demand.as_ref().and_then(|demand| Lasts::of(self.figure, demand, self.day)),
            order: ToOrder::of(self.figure, target, minimum, pack)?,
            incoming_until: self.incoming_until,
        })
    }
}

/// The day on which something ordered today would come; nothing where no lead time is known.
fn arrival(plan: &Plan, day: NaiveDate) -> Option<NaiveDate> {
    let lead_days = plan.get(Planned::LeadDays)?.checked_add(plan.get(Planned::ReviewDays).unwrap_or_default())?;
    let whole = u64::try_from(Fraction::from(lead_days).floor()).ok()?;
    day.checked_add_days(Days::new(whole))
}

/// What a quantity is worth, with no zeros beyond its cents.
fn worth(price: &Money, quantity: Amount) -> Option<Money> {
    let exact = price.amount.checked_mul(quantity)?.normalised();
    let amount = exact.rescale(exact.scale().max(2)).unwrap_or(exact);
    Some(Money { currency: price.currency.clone(), amount })
}
