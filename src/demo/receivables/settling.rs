//! Payments in advance, payments spent twice, and invoice heads that are not the sum of their lines.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::{Receipt, Receivables, Settler};
use crate::audit::breaks::Class;
use crate::demo::company::Company;
use crate::demo::defects::quota;
use crate::demo::random::Random;
use crate::demo::spelling::{Cents, Tenths};
use crate::demo::truth::{ALLOCATIONS, Cause, HEADER_LINES, Innocence, Truth, cents, text_subject};

const NET: (&str, Class) = ("net", Class::Amount);
const TOTAL: (&str, Class) = ("total", Class::Amount);
const APPLIED: (&str, Class) = ("applied", Class::Amount);

/// Customers who pay in advance.
const DEPOSITS: usize = 8;
/// Nobody would notice a defect in less.
const WORTH_A_DEFECT: Cents = 10_000;

impl Receivables {
    /// Receipts that settle no invoice yet: most of them from before the last month's end.
    pub(super) fn receive_deposits(&mut self, company: &Company, random: &mut Random) {
        for turn in 0..DEPOSITS {
            let customer = random.below(company.customers.len());
            let amount = 100 * random.between(500, 20_000);
            let back = random.below(20) as u64;
            let date = if turn == 0 { company.day } else { company.month_end() - Days::new(back) };
            self.receipts.push(Receipt { no: String::new(), customer, date, amount, bounced_on: None });
        }
    }

    /// Makes what is wrong between receipts and what they settle, and in the heads of invoices.
    pub(super) fn spoil(&mut self, company: &Company, truth: &mut Truth, mut random: Random) {
        let count = |share| quota(company.lines.len(), share);
        self.spoil_heads(company, truth, &mut random);
        let mut free: Vec<usize> = (0..self.allocations.len()).filter(|place| self.is_plain(company, *place)).collect();
        random.shuffle(&mut free);
        for turn in 0..count(3) {
            let Some((receipt, settled)) = self.take_receipt(&mut free) else { break };
            let missing = if turn == 0 { 1 } else { settled * random.between(1, 60) / 100 };
            self.receipts[receipt].amount -= missing;
            self.raise(company, truth, receipt, (APPLIED, missing), Cause::OverAllocated);
        }
        for _ in 0..count(2) {
            let Some((receipt, settled)) = self.take_receipt(&mut free) else { break };
            let bounced = (self.receipts[receipt].date + Days::new(4)).min(company.day);
            self.receipts[receipt].bounced_on = Some(bounced);
            let subject = text_subject(&[&self.receipts[receipt].no]);
            let amount = cents(company.customers[self.receipts[receipt].customer].currency, settled);
            let side = (ALLOCATIONS, "cash_receipts");
            truth.raise_on(side, Class::Missing, subject, amount, Cause::BouncedStillAllocated);
        }
        for _ in 0..count(3) {
            let Some((receipt, settled)) = self.take_receipt(&mut free) else { break };
            self.receipts[receipt].amount += settled * random.between(1, 10) / 100;
            truth.spare(ALLOCATIONS, text_subject(&[&self.receipts[receipt].no]), Innocence::PaidTooMuch);
        }
        for receipt in self.receipts.iter().rev().take(DEPOSITS) {
            truth.spare(ALLOCATIONS, text_subject(&[&receipt.no]), Innocence::PaidInAdvance);
        }
    }

    /// An allocation of a receipt that settles one invoice, of an order nothing was done to.
    fn is_plain(&self, company: &Company, place: usize) -> bool {
        let allocation = &self.allocations[place];
        let order = self.invoices[allocation.invoice].order;
        allocation.reversed_on.is_none()
            && allocation.amount >= WORTH_A_DEFECT
            && matches!(allocation.settler, Settler::Receipt(_))
            && order.is_some_and(|order| !company.orders[order].used)
    }

    /// A receipt, and what of it is settled: all of it.
    fn take_receipt(&self, free: &mut Vec<usize>) -> Option<(usize, Cents)> {
        let allocation = &self.allocations[free.pop()?];
        let Settler::Receipt(receipt) = allocation.settler else { return None };
        Some((receipt, allocation.amount))
    }

    fn raise(
        &self,
        company: &Company,
        truth: &mut Truth,
        receipt: usize,
        (check, amount): ((&str, Class), Cents),
        cause: Cause,
    ) {
        let Receipt { no, customer, .. } = &self.receipts[receipt];
        let amount = cents(company.customers[*customer].currency, amount);
        truth.raise(ALLOCATIONS, check, text_subject(&[no]), amount, cause);
    }

    fn spoil_heads(&mut self, company: &Company, truth: &mut Truth, random: &mut Random) {
        let count = |share| quota(company.lines.len(), share) as usize;
        let is_free = |place: &usize| self.invoices[*place].order.is_some_and(|order| !company.orders[order].used);
        let mut free: Vec<usize> = (0..self.invoices.len()).filter(is_free).collect();
        random.shuffle(&mut free);
        let mut free = free.into_iter();
        for (check, cause, share) in [(NET, Cause::HeaderNetDifference, 3), (TOTAL, Cause::HeaderTotalDifference, 2)] {
            for (turn, place) in free.by_ref().take(count(share)).enumerate() {
                let invoice = &mut self.invoices[place];
                let delta = if turn == 0 { 2 } else { random.between(2, 9_000) };
                invoice.tax += delta;
                if check == NET {
                    // The total stays, so that only the lines can tell.
                    invoice.tax -= 2 * delta;
                    invoice.net += delta;
                }
                let amount = cents(company.customers[invoice.customer].currency, delta);
                truth.raise(HEADER_LINES, check, text_subject(&[&invoice.no]), amount, cause);
            }
        }
        for place in free.take(count(2)) {
            let invoice = &mut self.invoices[place];
            invoice.tax += 1;
            truth.spare(HEADER_LINES, text_subject(&[&invoice.no]), Innocence::OneCentInsideTolerance);
        }
        for invoice in &self.invoices {
            let currency = company.customers[invoice.customer].currency;
            let subject = || text_subject(&[&invoice.no]);
            if invoice.lines.is_empty() {
                let (side, amount) = ((HEADER_LINES, "lines"), cents(currency, invoice.net));
                truth.raise_on(side, Class::Missing, subject(), amount, Cause::HeaderWithoutLines);
            }
            for line in invoice.lines.iter().filter(|line| line.copies > 1) {
                let (side, amount) = ((HEADER_LINES, "lines"), cents(currency, line.amount));
                truth.raise_on(side, Class::Duplicate, subject(), amount, Cause::DuplicateInvoice);
            }
        }
    }
}

/// What the books say on a day.
impl Receivables {
    /// Order lines with what was invoiced for them by `day`; what was credited is taken off.
    pub(in crate::demo) fn billed_until(&self, company: &Company, day: NaiveDate) -> Vec<(usize, Tenths)> {
        let by_no: BTreeMap<&str, usize> =
            company.orders.iter().enumerate().map(|(index, order)| (order.no.as_str(), index)).collect();
        let mut billed = Vec::new();
        for invoice in self.invoices.iter().filter(|invoice| !invoice.void && invoice.date <= day) {
            for line in &invoice.lines {
                let named = || by_no.get(line.order_ref.as_deref()?).copied();
                let Some(order) = invoice.order.or_else(named) else { continue };
                let first = company.orders[order].lines.start;
                billed.extend(usize::try_from(line.order_line - 1).map(|number| (first + number, line.qty)));
            }
        }
        let credited = company.credit_notes.iter().filter(|note| note.date <= day);
        billed.extend(credited.map(|note| (note.line, -note.qty)));
        billed
    }

    fn by_customer(company: &Company, figures: impl Iterator<Item = (usize, Cents)>) -> Vec<Cents> {
        let mut sums = vec![0; company.customers.len()];
        figures.for_each(|(customer, amount)| sums[customer] += amount);
        sums
    }

    /// What was invoiced by `day`, with tax.
    pub(in crate::demo) fn invoiced(&self, company: &Company, day: NaiveDate) -> Vec<Cents> {
        let posted = self.invoices.iter().filter(|invoice| !invoice.void && invoice.date <= day);
        Self::by_customer(company, posted.map(|invoice| (invoice.customer, invoice.gross)))
    }

    /// What was received by `day` and had not bounced by then.
    pub(in crate::demo) fn received(&self, company: &Company, day: NaiveDate) -> Vec<Cents> {
        let kept = self
            .receipts
            .iter()
            .filter(|receipt| receipt.date <= day && receipt.bounced_on.is_none_or(|bounced| bounced > day));
        Self::by_customer(company, kept.map(|receipt| (receipt.customer, receipt.amount)))
    }

    fn applied(&self, company: &Company, day: NaiveDate, counts: fn(&Settler) -> bool) -> Vec<Cents> {
        let standing = self.allocations.iter().filter(|allocation| {
            counts(&allocation.settler)
                && allocation.date <= day
                && allocation.reversed_on.is_none_or(|reversed| reversed > day)
        });
        Self::by_customer(
            company,
            standing.map(|allocation| (self.invoices[allocation.invoice].customer, allocation.amount)),
        )
    }

    /// What customers owe on `day`.
    pub(in crate::demo) fn owed(&self, company: &Company, day: NaiveDate) -> Vec<Cents> {
        let applied = self.applied(company, day, |_| true);
        self.invoiced(company, day).into_iter().zip(applied).map(|(invoiced, applied)| invoiced - applied).collect()
    }

    /// What customers paid by `day` beyond what was applied to invoices.
    pub(in crate::demo) fn prepaid(&self, company: &Company, day: NaiveDate) -> Vec<Cents> {
        let applied = self.applied(company, day, |settler| matches!(settler, Settler::Receipt(_)));
        self.received(company, day).into_iter().zip(applied).map(|(received, applied)| received - applied).collect()
    }
}
