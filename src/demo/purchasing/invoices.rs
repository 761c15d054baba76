//! Suppliers' invoices as the books and the tax bureau hold them.

use chrono::{Days, NaiveDate};

use super::defects::ExtraInvoice;
use super::{LISTING_GRACE, ListedInvoice, Purchases, SupplierInvoice, SupplierLine};
use crate::audit::breaks::Class;
use crate::demo::company::{Company, HOME_CURRENCY, Numbers};
use crate::demo::defects::{quota, with_tax};
use crate::demo::random::Random;
use crate::demo::spelling::{Cents, Spelling};
use crate::demo::truth::{BILLED_TWICE, Cause, Innocence, Truth, cents, text_subject};

const DEFECTS: [(Cause, u64); 4] = [
    (Cause::SupplierBilledTwice, 3),
    (Cause::UnknownToTaxBureau, 2),
    (Cause::InvoiceNotBooked, 2),
    (Cause::InputTaxDifference, 2),
];

const NEAR_MISSES: [(Innocence, u64); 4] = [
    (Innocence::FullWidthKey, 3),
    (Innocence::VoidedInvoice, 3),
    (Innocence::NotYetListed, 2),
    (Innocence::NotYetBooked, 2),
];

impl Purchases {
    /// Posts the invoices written by the company's day, has the tax bureau list them, and makes both disagree.
    pub(super) fn post_invoices(
        &mut self,
        company: &Company,
        extra: Vec<ExtraInvoice>,
        truth: &mut Truth,
        random: &mut Random,
    ) {
        let mut invoices: Vec<SupplierInvoice> =
            (0..self.orders.len()).filter_map(|order| self.billed(order)).collect();
        invoices.extend(extra.into_iter().map(|extra| {
            let ExtraInvoice { supplier, date, po_no, po_line, item, billed: (qty, amount) } = extra;
            posted(supplier, date, vec![SupplierLine { po_no, po_line, item, qty, amount }], None)
        }));
        invoices.sort_by_key(|invoice| invoice.date);
        for (index, invoice) in invoices.iter_mut().enumerate() {
            invoice.invoice_no = invoice_no(invoice.date, index);
        }
        self.listed = invoices.iter().map(listed).collect();
        self.invoices = invoices;
        Injector { company, purchases: self, truth, random }.inject();
        self.invoices.sort_by_key(|invoice| invoice.date);
        let mut numbers = Numbers::default();
        for invoice in &mut self.invoices {
            let number = numbers.next_in_month(invoice.date);
            invoice.voucher_no = format!("AP{}-{number:04}", invoice.date.format("%Y%m"));
        }
        self.listed.sort_by(|left, right| left.invoice_no.cmp(&right.invoice_no));
    }

    fn billed(&self, index: usize) -> Option<SupplierInvoice> {
        let order = &self.orders[index];
        let lines: Vec<SupplierLine> = order
            .lines
            .iter()
            .enumerate()
            .filter_map(|(number, line)| {
                let billing = line.billing?;
                let (po_no, po_line, item) = (order.no.clone(), number + 1, line.item);
                Some(SupplierLine { po_no, po_line, item, qty: billing.qty, amount: billing.amount })
            })
            .collect();
        (!lines.is_empty()).then(|| posted(order.supplier, order.invoice_date, lines, Some(index)))
    }
}

fn posted(supplier: usize, date: NaiveDate, lines: Vec<SupplierLine>, order: Option<usize>) -> SupplierInvoice {
    let net = lines.iter().map(|line| line.amount).sum();
    let (voucher_no, invoice_no, tax) = (String::new(), String::new(), with_tax(net) - net);
    SupplierInvoice { voucher_no, invoice_no, supplier, date, net, tax, void: false, due: None, lines, order }
}

/// The twenty digits of an electronic invoice.
fn invoice_no(date: NaiveDate, serial: usize) -> String {
    format!("{}332000{:012}", date.format("%y"), 410_000_000 + serial * 37)
}

fn listed(invoice: &SupplierInvoice) -> ListedInvoice {
    let SupplierInvoice { supplier, date, net, tax, .. } = *invoice;
    ListedInvoice { invoice_no: invoice.invoice_no.clone(), supplier, issued_on: date, net, tax }
}

struct Injector<'a> {
    company: &'a Company,
    purchases: &'a mut Purchases,
    truth: &'a mut Truth,
    random: &'a mut Random,
}

impl Injector<'_> {
    fn inject(&mut self) {
        let lines = self.company.lines.len();
        for (cause, share) in DEFECTS {
            for turn in 0..quota(lines, share) {
                self.defect(cause, turn);
            }
        }
        for (innocence, share) in NEAR_MISSES {
            for turn in 0..quota(lines, share) {
                if let Some(invoice_no) = self.near_miss(innocence, turn) {
                    self.truth.spare(BILLED_TWICE, text_subject(&[&invoice_no]), innocence);
                }
            }
        }
    }

    /// An invoice that both sides have had for long, of an order nothing was done to.
    fn take(&mut self) -> Option<usize> {
        let Purchases { orders, invoices, .. } = &mut *self.purchases;
        let long_ago = self.company.day - Days::new(LISTING_GRACE + 3);
        let first = self.random.below(invoices.len());
        let place = (0..invoices.len()).map(|turn| (first + turn) % invoices.len()).find(|place| {
            let invoice = &invoices[*place];
            invoice.date < long_ago && invoice.order.is_some_and(|order| !orders[order].used)
        })?;
        if let Some(order) = invoices[place].order {
            orders[order].used = true;
        }
        Some(place)
    }

    /// An invoice for rent or power: without order or lines, so many days old.
    fn expense(&mut self, age: u64) -> SupplierInvoice {
        let date = self.company.day - Days::new(age);
        let supplier = self.random.below(self.purchases.suppliers.len());
        let serial = 900_000 + self.purchases.invoices.len() + self.purchases.listed.len();
        let mut invoice = posted(supplier, date, Vec::new(), None);
        invoice.invoice_no = invoice_no(date, serial);
        invoice.net = self.random.between(30_000, 900_000);
        invoice.tax = with_tax(invoice.net) - invoice.net;
        invoice
    }

    fn defect(&mut self, cause: Cause, turn: u64) -> Option<()> {
        let age = LISTING_GRACE + if turn == 0 { 1 } else { 1 + self.random.below(40) as u64 };
        let money = |amount: Cents| cents(HOME_CURRENCY, amount);
        match cause {
            Cause::SupplierBilledTwice => {
                let place = self.take()?;
                let first = &self.purchases.invoices[place];
                // Booked to expense the second time, so that no order line knows of it.
                let mut second = posted(first.supplier, first.date + Days::new(3), Vec::new(), None);
                (second.net, second.tax) = (first.net, first.tax);
                second.invoice_no = first.invoice_no.clone();
                let (subject, amount) = (text_subject(&[&first.invoice_no]), money(first.net + first.tax));
                self.truth.raise_on((BILLED_TWICE, "books"), Class::Duplicate, subject, amount, cause);
                self.purchases.invoices.push(second);
            }
            Cause::UnknownToTaxBureau => {
                let invoice = self.expense(age);
                let subject = text_subject(&[&invoice.invoice_no]);
                let amount = money(invoice.net + invoice.tax);
                self.truth.raise_on((BILLED_TWICE, "tax"), Class::Missing, subject, amount, cause);
                self.purchases.invoices.push(invoice);
            }
            Cause::InvoiceNotBooked => {
                let invoice = self.expense(age);
                let subject = text_subject(&[&invoice.invoice_no]);
                let amount = money(invoice.net + invoice.tax);
                self.truth.raise_on((BILLED_TWICE, "books"), Class::Missing, subject, amount, cause);
                self.purchases.listed.push(listed(&invoice));
            }
            _ => {
                let place = self.take()?;
                let invoice_no = &self.purchases.invoices[place].invoice_no;
                let listed = self.purchases.listed.iter_mut().find(|listed| listed.invoice_no == *invoice_no)?;
                let delta = if turn == 0 { 1 } else { self.random.between(1, listed.tax / 2) };
                listed.tax -= delta;
                listed.net += delta;
                let check = ("input-tax", Class::Amount);
                self.truth.raise(BILLED_TWICE, check, text_subject(&[invoice_no]), money(delta), cause);
            }
        }
        Some(())
    }

    /// The number of an invoice that looks wrong.
    fn near_miss(&mut self, innocence: Innocence, turn: u64) -> Option<String> {
        match innocence {
            Innocence::FullWidthKey => {
                let place = self.take()?;
                let invoice = &mut self.purchases.invoices[place];
                let spelling = if turn.is_multiple_of(2) { Spelling::FullWidth } else { Spelling::TrailingBlanks };
                let typed = Spelling::write(spelling, &invoice.invoice_no)?;
                Some(std::mem::replace(&mut invoice.invoice_no, typed))
            }
            Innocence::VoidedInvoice => {
                let place = self.take()?;
                let first = &self.purchases.invoices[place];
                let mut void = posted(first.supplier, first.date, Vec::new(), None);
                (void.net, void.tax, void.void) = (first.net, first.tax, true);
                void.invoice_no = first.invoice_no.clone();
                let invoice_no = first.invoice_no.clone();
                self.purchases.invoices.push(void);
                Some(invoice_no)
            }
            _ => {
                let invoice = self.expense(LISTING_GRACE);
                let invoice_no = invoice.invoice_no.clone();
                if innocence == Innocence::NotYetListed {
                    self.purchases.invoices.push(invoice);
                } else {
                    self.purchases.listed.push(listed(&invoice));
                }
                Some(invoice_no)
            }
        }
    }
}
