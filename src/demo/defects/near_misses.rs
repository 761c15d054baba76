//! Order lines that look wrong and are in order.

use chrono::Days;

use super::{Injector, Ordered, quota};
use crate::demo::company::{ExtraInvoice, INVOICING_GRACE, Part, SHIPPING_GRACE};
use crate::demo::spelling::Spelling;
use crate::demo::truth::{Innocence, THREE_WAY};

/// How often each near miss of an order line is made, in ten thousand lines.
const NEAR_MISSES: [(Innocence, u64); 9] = [
    (Innocence::ShippedInThreeParts, 10),
    (Innocence::OneCentInsideTolerance, 8),
    (Innocence::TrailingBlanks, 8),
    (Innocence::FullWidthKey, 6),
    (Innocence::FullWidthAmount, 6),
    (Innocence::NotShippedInGrace, 5),
    (Innocence::NotInvoicedInGrace, 5),
    (Innocence::VoidedInvoice, 5),
    (Innocence::CreditedAndReinvoiced, 5),
];

impl Injector<'_> {
    /// Makes every near miss of order lines.
    pub(super) fn near_misses(&mut self) {
        for (innocence, share) in NEAR_MISSES {
            for turn in 0..quota(self.company.lines.len(), share) {
                self.near_miss(innocence, turn);
            }
        }
    }

    fn near_miss(&mut self, innocence: Innocence, turn: u64) -> Option<()> {
        let line = match innocence {
            Innocence::ShippedInThreeParts => self.three_parts()?,
            Innocence::OneCentInsideTolerance => {
                let line = self.take_any()?;
                self.company.lines[line].billing.as_mut()?.amount += if turn.is_multiple_of(2) { 1 } else { -1 };
                line
            }
            Innocence::TrailingBlanks => {
                let line = self.take_any()?;
                let spelling = if turn.is_multiple_of(2) { Spelling::TrailingBlanks } else { Spelling::Sloppy };
                self.company.lines[line].parts.iter_mut().for_each(|part| part.order_ref = spelling);
                line
            }
            Innocence::FullWidthKey => {
                let line = self.take_any()?;
                self.company.lines[line].billing.as_mut()?.order_ref = Spelling::FullWidth;
                line
            }
            Innocence::FullWidthAmount => {
                let line = self.take_any()?;
                self.company.lines[line].billing.as_mut()?.full_width_figures = true;
                line
            }
            Innocence::NotShippedInGrace => {
                let line = self.take_any()?;
                let promised = self.company.day - Days::new(SHIPPING_GRACE);
                let line_of = &mut self.company.lines[line];
                line_of.promised = promised;
                line_of.parts.clear();
                line_of.billing = None;
                line
            }
            Innocence::NotInvoicedInGrace => {
                let line = self.take_any()?;
                self.company.lines[line].promised = self.company.day - Days::new(INVOICING_GRACE);
                self.company.lines[line].billing = None;
                line
            }
            Innocence::VoidedInvoice => {
                let line = self.take_any()?;
                self.extra_invoice(line, true);
                line
            }
            Innocence::CreditedAndReinvoiced => {
                let line = self.take_any()?;
                self.credit(line);
                self.extra_invoice(line, false);
                line
            }
            // Stock and receivables have injectors of their own.
            _ => return None,
        };
        let subject = self.subject(line);
        self.truth.spare(THREE_WAY, subject, innocence);
        Some(())
    }

    fn three_parts(&mut self) -> Option<usize> {
        let line = self.take(|company, line| {
            let line = &company.lines[line];
            line.parts.len() == 1 && line.qty >= 3 * company.items[line.item].step
        })?;
        let step = self.company.items[self.company.lines[line].item].step;
        let line_of = &mut self.company.lines[line];
        let third = line_of.qty / step / 3 * step;
        let date = line_of.parts.first()?.date;
        let part = |date, qty| Part { date, qty, order_ref: Spelling::Plain };
        let rest = line_of.qty - 2 * third;
        line_of.parts = vec![part(date, third), part(date, third), part(date + Days::new(1), rest)];
        Some(line)
    }

    /// A further invoice over the line: a voided one on the invoice's own day, a valid one the day after.
    fn extra_invoice(&mut self, line: usize, void: bool) {
        let Ordered { qty, amount } = self.figures(line);
        let line_of = &self.company.lines[line];
        let order = &self.company.orders[line_of.order];
        self.company.extra_invoices.push(ExtraInvoice {
            customer: order.customer,
            order_no: order.no.clone(),
            order_line: line_of.number,
            item: line_of.item,
            date: order.invoice_date + Days::new(u64::from(!void)),
            qty,
            amount,
            void,
            bare: false,
        });
    }
}
