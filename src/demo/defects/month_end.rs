//! Order lines around the last month's end, and invoices of which only the head was posted.

use chrono::Days;

use super::{Injector, Ordered, quota};
use crate::demo::company::{Company, ExtraInvoice};

impl Injector<'_> {
    /// Picks lines that were shipped before the last month's end, and has every other order invoiced after it.
    pub(super) fn month_end(&mut self) {
        let (day, month_end) = (self.company.day, self.company.month_end());
        let lines = self.company.lines.len();
        let has_left = move |company: &Company, line: usize| {
            let mut parts =
                company.orders[company.lines[line].order].lines.clone().flat_map(|line| &company.lines[line].parts);
            parts.all(|part| part.date <= month_end)
        };
        for _ in 0..2 * quota(lines, 3) {
            let recent = |company: &Company, line: usize| {
                has_left(company, line) && company.lines[line].promised + Days::new(90) > month_end
            };
            let Some(line) = self.take(recent) else { break };
            let order = self.company.lines[line].order;
            let later = month_end + Days::new(1 + self.random.below(3) as u64);
            self.company.orders[order].invoice_date = later.min(day);
            self.company.carried_over.push(line);
        }
        for _ in 0..quota(lines, 2) {
            let in_time = |company: &Company, line: usize| {
                has_left(company, line) && company.orders[company.lines[line].order].invoice_date <= month_end
            };
            let Some(line) = self.take(in_time) else { break };
            self.company.invoiced_in_time.push(line);
        }
    }

    /// Invoices somebody posted by their total only.
    pub(super) fn bare_invoices(&mut self) {
        for _ in 0..quota(self.company.lines.len(), 2) {
            let Some(line) = self.take_any() else { break };
            let Ordered { qty, amount } = self.figures(line);
            let line_of = &self.company.lines[line];
            let order = &self.company.orders[line_of.order];
            let (customer, order_no, date) = (order.customer, order.no.clone(), order.invoice_date);
            let (order_line, item) = (line_of.number, line_of.item);
            let (void, bare) = (false, true);
            let extra = ExtraInvoice { customer, order_no, order_line, item, date, qty, amount, void, bare };
            self.company.extra_invoices.push(extra);
        }
    }
}
