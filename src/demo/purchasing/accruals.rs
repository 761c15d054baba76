//! What the books carried at the last month's end for goods that had come without an invoice.

use super::{Accrual, PurchaseLine, Purchases};
use crate::audit::breaks::Class;
use crate::audit::value::Subject;
use crate::demo::company::{Company, HOME_CURRENCY};
use crate::demo::defects::quota;
use crate::demo::random::Random;
use crate::demo::spelling::Cents;
use crate::demo::truth::{Cause, Innocence, RECEIVED_NOT_INVOICED, Truth, cents, line_subject};

const ACCRUED: (&str, Class) = ("accrued", Class::Quantity);
const ACCRUED_AMOUNT: (&str, Class) = ("accrued-amount", Class::Amount);

impl Purchases {
    /// Accrues what had been received and not invoiced, but for some of it, and some other.
    pub(super) fn accrue(&mut self, company: &Company, truth: &mut Truth, random: &mut Random) {
        let open = self.until(company.month_end());
        let mut accruals = Vec::new();
        let mut free = Vec::new();
        for order in &self.orders {
            for (index, line) in order.lines.iter().enumerate() {
                let (came, billed) = open[&(order.no.as_str(), index + 1)];
                let qty = (came - billed).max(0);
                if qty == 0 {
                    continue;
                }
                if !order.used {
                    free.push(accruals.len());
                }
                let amount = line.price * qty / 10;
                accruals.push(Accrual { po_no: order.no.clone(), po_line: index + 1, qty, amount });
            }
        }
        random.shuffle(&mut free);
        let count = |share| quota(company.lines.len(), share);
        for _ in 0..count(2) {
            let Some(place) = free.pop() else { break };
            let accrual = &mut accruals[place];
            let delta = 1 + accrual.amount * random.between(2, 20) / 100;
            accrual.amount += delta;
            raise(truth, ACCRUED_AMOUNT, subject(accrual), delta, Cause::AccrualPrice);
        }
        for _ in 0..count(2) {
            let Some(place) = free.pop() else { break };
            truth.spare(RECEIVED_NOT_INVOICED, subject(&accruals[place]), Innocence::AccruedAtMonthEnd);
        }
        let mut forgotten = free.into_iter().take(count(3) as usize).collect::<Vec<_>>();
        forgotten.sort_unstable();
        for place in forgotten.into_iter().rev() {
            let accrual = accruals.remove(place);
            raise(truth, ACCRUED, subject(&accrual), accrual.amount, Cause::NotAccrued);
        }
        for _ in 0..count(2) {
            let Some((po_no, po_line, line)) = self.take_billed(company, random) else { break };
            let accrual = Accrual { po_no, po_line, qty: line.qty, amount: line.amount() };
            raise(truth, ACCRUED, subject(&accrual), accrual.amount, Cause::AccrualNotReversed);
            accruals.push(accrual);
        }
        self.accruals = accruals;
    }

    /// A line that was billed in full before the month's end, of an order nothing was done to.
    fn take_billed(&mut self, company: &Company, random: &mut Random) -> Option<(String, usize, &PurchaseLine)> {
        let first = random.below(self.orders.len());
        let count = self.orders.len();
        let is_billed = |order: &usize| {
            let order = &self.orders[*order];
            !order.used && order.invoice_date <= company.month_end()
        };
        let order = (0..count).map(|turn| (first + turn) % count).find(is_billed)?;
        let order = &mut self.orders[order];
        order.used = true;
        let index = random.below(order.lines.len());
        Some((order.no.clone(), index + 1, &order.lines[index]))
    }
}

fn subject(accrual: &Accrual) -> Subject {
    line_subject(&accrual.po_no, accrual.po_line as i64)
}

fn raise(truth: &mut Truth, check: (&str, Class), subject: Subject, amount: Cents, cause: Cause) {
    truth.raise(RECEIVED_NOT_INVOICED, check, subject, cents(HOME_CURRENCY, amount), cause);
}
