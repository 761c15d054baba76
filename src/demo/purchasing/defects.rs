//! Order lines on which order, receipt and supplier's invoice disagree, and some that only seem to.

use chrono::Days;

use super::{Billed, DELIVERY_GRACE, ON_THE_WAY, Place, PurchaseLine, Purchases};
use crate::audit::breaks::Class;
use crate::audit::value::Subject;
use crate::demo::company::{Company, HOME_CURRENCY};
use crate::demo::defects::quota;
use crate::demo::random::Random;
use crate::demo::spelling::{Cents, Tenths};
use crate::demo::truth::{Cause, Innocence, PURCHASES, Truth, cents, line_subject};

const RECEIVED: (&str, Class) = ("received", Class::Quantity);
const INVOICED_QUANTITY: (&str, Class) = ("invoiced-quantity", Class::Quantity);
const INVOICED_PRICE: (&str, Class) = ("invoiced-price", Class::Amount);

/// How often each defect of a purchase order line is injected, in ten thousand sales order lines.
const DEFECTS: [(Cause, u64); 5] = [
    (Cause::NotDelivered, 3),
    (Cause::DeliveryDifference, 4),
    (Cause::BilledBeyondReceipt, 4),
    (Cause::PurchasePriceDifference, 5),
    (Cause::UnknownPurchaseOrder, 2),
];

const NEAR_MISSES: [(Innocence, u64); 4] = [
    (Innocence::DeliveredInParts, 4),
    (Innocence::NotDeliveredInGrace, 3),
    (Innocence::GoodsOnTheWay, 3),
    (Innocence::OneCentInsideTolerance, 4),
];

/// An invoice of one line beside those of the orders.
pub(super) struct ExtraInvoice {
    pub(super) supplier: usize,
    pub(super) date: chrono::NaiveDate,
    pub(super) po_no: String,
    pub(super) po_line: usize,
    pub(super) item: usize,
    pub(super) billed: (Tenths, Cents),
}

/// Makes every defect and near miss of purchase order lines; answers the invoices that belong to no order as a whole.
pub(super) fn inject(
    company: &Company,
    purchases: &mut Purchases,
    truth: &mut Truth,
    random: &mut Random,
) -> Vec<ExtraInvoice> {
    let mut injector = Injector { company, purchases, truth, random, extra: Vec::new() };
    let lines = company.lines.len();
    for (cause, share) in DEFECTS {
        for turn in 0..quota(lines, share) {
            injector.defect(cause, turn);
        }
    }
    for (innocence, share) in NEAR_MISSES {
        for turn in 0..quota(lines, share) {
            if let Some(place) = injector.near_miss(innocence, turn) {
                let subject = injector.subject(place);
                injector.truth.spare(PURCHASES, subject, innocence);
            }
        }
    }
    injector.extra
}

struct Injector<'a> {
    company: &'a Company,
    purchases: &'a mut Purchases,
    truth: &'a mut Truth,
    random: &'a mut Random,
    extra: Vec<ExtraInvoice>,
}

impl Injector<'_> {
    /// A line that arrived and was billed, out of every grace, of an order nothing was done to; the order is used from
    /// now on.
    fn take(&mut self, suits: impl Fn(&PurchaseLine) -> bool) -> Option<Place> {
        let orders = &mut self.purchases.orders;
        let long_ago = self.company.day - Days::new(DELIVERY_GRACE.max(ON_THE_WAY) + 5);
        let first = self.random.below(orders.len());
        let order = (0..orders.len()).map(|turn| (first + turn) % orders.len()).find(|order| {
            let order = &orders[*order];
            !order.used && order.invoice_date < long_ago && order.lines.iter().any(&suits)
        })?;
        orders[order].used = true;
        let suitable: Vec<usize> =
            (0..orders[order].lines.len()).filter(|line| suits(&orders[order].lines[*line])).collect();
        Some(Place { order, line: suitable[self.random.below(suitable.len())] })
    }

    fn subject(&self, Place { order, line }: Place) -> Subject {
        line_subject(&self.purchases.orders[order].no, line as i64 + 1)
    }

    fn raise(&mut self, place: Place, check: (&str, Class), amount: Cents, cause: Cause) {
        let subject = self.subject(place);
        self.truth.raise(PURCHASES, check, subject, cents(HOME_CURRENCY, amount.abs()), cause);
    }

    fn defect(&mut self, cause: Cause, turn: u64) -> Option<()> {
        match cause {
            Cause::NotDelivered => {
                let out_of_grace = if turn == 0 { 1 } else { 1 + self.random.below(40) as u64 };
                let place = self.undelivered(out_of_grace)?;
                let amount = self.purchases.line(place).amount();
                self.raise(place, RECEIVED, amount, cause);
            }
            Cause::DeliveryDifference => {
                let place = self.take(|line| line.qty >= 40)?;
                let (delta, risk) = self.difference(place);
                let ordered = &mut self.purchases.line(place).qty;
                *ordered += if turn.is_multiple_of(2) { delta } else { -delta };
                self.raise(place, RECEIVED, risk, cause);
            }
            Cause::BilledBeyondReceipt => {
                let place = self.take(|line| line.qty >= 40)?;
                let (delta, risk) = self.difference(place);
                let billing = self.purchases.line(place).billing.as_mut()?;
                billing.qty += delta;
                billing.amount += risk;
                self.raise(place, INVOICED_QUANTITY, risk, cause);
            }
            Cause::PurchasePriceDifference => {
                let place = self.take(|line| line.amount() > 1_000)?;
                let amount = self.purchases.line(place).amount();
                let delta = if turn == 0 { 2 } else { amount * self.random.between(2, 12) / 100 };
                self.purchases.line(place).billing.as_mut()?.amount += delta;
                self.raise(place, INVOICED_PRICE, delta, cause);
            }
            _ => self.unknown_order(turn)?,
        }
        Some(())
    }

    /// Some steps of a line's quantity, and what they cost.
    fn difference(&mut self, place: Place) -> (Tenths, Cents) {
        let line = self.purchases.line(place);
        let (price, step) = (line.price, self.company.items[line.item].step);
        let delta = step * self.random.between(1, 3);
        (delta, delta * price / 10)
    }

    /// A further line of a taken order of which nothing came, promised so many days before the grace began.
    fn undelivered(&mut self, out_of_grace: u64) -> Option<Place> {
        let Place { order, line } = self.take(|_| true)?;
        let due = self.company.day - Days::new(DELIVERY_GRACE + out_of_grace);
        let lines = &mut self.purchases.orders[order].lines;
        let (item, price) = (lines[line].item, lines[line].price);
        let qty = self.company.items[item].step * self.random.between(4, 40);
        lines.push(PurchaseLine { item, qty, price, due, receipts: Vec::new(), billing: None });
        Some(Place { order, line: lines.len() - 1 })
    }

    /// An invoice for an order number that was never given out.
    fn unknown_order(&mut self, turn: u64) -> Option<()> {
        let Place { order, line } = self.take(|_| true)?;
        let order = &self.purchases.orders[order];
        let line = &order.lines[line];
        let po_no = format!("PO{}-{:04}", order.date.format("%Y%m%d"), 9_000 + turn % 1_000);
        let (supplier, date, item) = (order.supplier, order.invoice_date, line.item);
        let billed = (line.qty, line.amount());
        let subject = line_subject(&po_no, 1);
        self.extra.push(ExtraInvoice { supplier, date, po_no, po_line: 1, item, billed });
        let (side, amount) = ((PURCHASES, "purchasing"), cents(HOME_CURRENCY, billed.1));
        self.truth.raise_on(side, Class::Missing, subject.clone(), amount, Cause::UnknownPurchaseOrder);
        self.truth.raise(PURCHASES, INVOICED_QUANTITY, subject, None, Cause::UnknownPurchaseOrder);
        Some(())
    }

    fn near_miss(&mut self, innocence: Innocence, turn: u64) -> Option<Place> {
        match innocence {
            Innocence::DeliveredInParts => self.take(|line| line.receipts.len() > 1),
            Innocence::NotDeliveredInGrace => self.undelivered(0),
            Innocence::GoodsOnTheWay => {
                let place = self.undelivered(0)?;
                let day = self.company.day;
                let line = self.purchases.line(place);
                line.due = day + Days::new(3);
                let (item, billed) = (line.item, (line.qty, line.amount()));
                let order = &self.purchases.orders[place.order];
                let (supplier, po_no, po_line) = (order.supplier, order.no.clone(), place.line + 1);
                let date = day - Days::new(ON_THE_WAY);
                self.extra.push(ExtraInvoice { supplier, date, po_no, po_line, item, billed });
                Some(place)
            }
            _ => {
                let place = self.take(|line| line.amount() > 1_000)?;
                let Billed { amount, .. } = self.purchases.line(place).billing.as_mut()?;
                *amount += if turn.is_multiple_of(2) { 1 } else { -1 };
                Some(place)
            }
        }
    }
}
