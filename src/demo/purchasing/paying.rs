//! What the company pays its suppliers. The bank pays every invoice after the same number of days, and no terms are
//! shorter; so what is overdue was either agreed to be due earlier, or paid by a payment that names no voucher.

use chrono::{Days, NaiveDate};

use super::Purchases;
use crate::audit::breaks::Class;
use crate::demo::bank::PAYMENT_TERM;
use crate::demo::company::{Company, HOME_CURRENCY, Numbers};
use crate::demo::defects::quota;
use crate::demo::random::{Random, Topic};
use crate::demo::spelling::Cents;
use crate::demo::truth::{Cause, Innocence, PAYABLES, Truth, cents, text_subject};

/// When a supplier wants its money: net days, or a monthly statement.
pub(in crate::demo) struct Terms {
    pub(in crate::demo) net_days: Option<i64>,
    pub(in crate::demo) statement_months: Option<i64>,
    pub(in crate::demo) cut_off: Option<i64>,
}

impl Terms {
    /// Net thirty days, 月结 30 天, and 月结 one month with invoices after the 25th on the next statement.
    pub(super) fn of(supplier: usize) -> Terms {
        match supplier % 3 {
            0 => Terms { net_days: Some(30), statement_months: None, cut_off: None },
            1 => Terms { net_days: Some(30), statement_months: Some(0), cut_off: None },
            _ => Terms { net_days: None, statement_months: Some(1), cut_off: Some(25) },
        }
    }
}

pub(in crate::demo) struct SupplierPayment {
    pub(in crate::demo) no: String,
    pub(in crate::demo) supplier: usize,
    /// Index of the invoice it settles; `None` where nobody said.
    pub(in crate::demo) invoice: Option<usize>,
    pub(in crate::demo) date: NaiveDate,
    pub(in crate::demo) amount: Cents,
}

impl Purchases {
    /// Books what the bank paid by the company's day, and makes some of it late.
    pub(super) fn pay(&mut self, company: &Company, truth: &mut Truth, seed: u64) {
        let mut random = Random::stream(seed, Topic::Paying);
        let mut unapplied = vec![false; self.invoices.len()];
        let mut in_parts = vec![false; self.invoices.len()];
        let mut free: Vec<usize> = (0..self.invoices.len()).filter(|place| !self.invoices[*place].void).collect();
        random.shuffle(&mut free);
        let mut take = |invoices: &[super::SupplierInvoice], fits: &dyn Fn(NaiveDate) -> bool| {
            let place = free.iter().position(|index| fits(invoices[*index].date))?;
            Some(free.swap_remove(place))
        };
        let (day, term) = (company.day, Days::new(PAYMENT_TERM));
        let count = |share| quota(company.lines.len(), share);
        for _ in 0..count(3) {
            let Some(index) = take(&self.invoices, &|date| date + term < day) else { break };
            unapplied[index] = true;
            self.invoices[index].due = Some(self.invoices[index].date + term);
            self.late(index, truth, Cause::SupplierPaymentUnapplied);
        }
        for turn in 0..count(3) {
            let is_open = |date: NaiveDate| date + term > day && date + Days::new(2) < day;
            let Some(index) = take(&self.invoices, &is_open) else { break };
            let since = (day - self.invoices[index].date).num_days() - 1;
            let late = if turn == 0 { 1 } else { random.between(1, since) };
            self.invoices[index].due = Some(day - Days::new(late.unsigned_abs()));
            self.late(index, truth, Cause::SupplierPaidLate);
        }
        for _ in 0..count(2) {
            let Some(index) = take(&self.invoices, &|date| date + term > day && date < day) else { break };
            self.invoices[index].due = Some(day);
            truth.spare(PAYABLES, text_subject(&[&self.invoices[index].voucher_no]), Innocence::DueToday);
        }
        for _ in 0..count(2) {
            let Some(index) = take(&self.invoices, &|date| date + term <= day) else { break };
            in_parts[index] = true;
            truth.spare(PAYABLES, text_subject(&[&self.invoices[index].voucher_no]), Innocence::PaidInParts);
        }
        for (index, invoice) in self.invoices.iter().enumerate() {
            let (date, gross) = (invoice.date + term, invoice.net + invoice.tax);
            if invoice.void || date > day {
                continue;
            }
            let settles = Some(index).filter(|_| !unapplied[index]);
            let parts = if in_parts[index] { vec![gross / 3, gross - gross / 3] } else { vec![gross] };
            self.payments.extend(parts.into_iter().map(|amount| SupplierPayment {
                no: String::new(),
                supplier: invoice.supplier,
                invoice: settles,
                date,
                amount,
            }));
        }
        self.payments.sort_by_key(|payment| payment.date);
        let mut numbers = Numbers::default();
        for payment in &mut self.payments {
            payment.no = format!("PY{}-{:04}", payment.date.format("%Y%m%d"), numbers.next(payment.date));
        }
    }

    fn late(&self, index: usize, truth: &mut Truth, cause: Cause) {
        let invoice = &self.invoices[index];
        let amount = cents(HOME_CURRENCY, invoice.net + invoice.tax);
        truth.raise(PAYABLES, ("overdue", Class::Overdue), text_subject(&[&invoice.voucher_no]), amount, cause);
    }
}
