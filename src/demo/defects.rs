//! What is made wrong with order lines, and what is made to look wrong; each written into the truth as it is made.

mod month_end;
mod near_misses;

use chrono::Days;

use super::company::{
    Company, CreditNote, ExtraInvoice, HOME_CURRENCY, INVOICING_GRACE, Part, SHIPPING_GRACE, Sample, WAREHOUSES,
};
use super::random::{Random, Topic};
use super::spelling::{Cents, Spelling, Tenths};
use super::truth::{Cause, SHIPPED_NOT_INVOICED, THREE_WAY, Truth, cents, line_subject};
use crate::audit::breaks::Class;
use crate::audit::value::Subject;

const SHIPPED: (&str, Class) = ("shipped", Class::Quantity);
const INVOICED_QUANTITY: (&str, Class) = ("invoiced-quantity", Class::Quantity);
const INVOICED_PRICE: (&str, Class) = ("invoiced-price", Class::Amount);
const INVOICED_AMOUNT: (&str, Class) = ("invoiced-amount", Class::Amount);

/// How often each defect of an order line is injected, in ten thousand lines.
const DEFECTS: [(Cause, u64); 12] = [
    (Cause::NeverShipped, 12),
    (Cause::NeverInvoiced, 10),
    (Cause::ShippedTwice, 6),
    (Cause::QuantityDifference, 10),
    (Cause::AmountDifference, 12),
    (Cause::TaxIncluded, 6),
    (Cause::SwappedDigits, 6),
    (Cause::RedLetter, 6),
    (Cause::DuplicateInvoice, 6),
    (Cause::DuplicateOrderLine, 4),
    (Cause::NullKey, 6),
    (Cause::UnknownOrder, 5),
];

/// Lines with a smaller amount stay as they are: nobody would care about a defect in them.
const WORTH_A_DEFECT: Cents = 20_00;

/// How many of one kind there are among `lines`: at least one, two from 400 lines on.
pub(super) fn quota(lines: usize, per_ten_thousand: u64) -> u64 {
    let least = if lines >= 400 { 2 } else { 1 };
    (lines as u64 * per_ten_thousand / 10_000).clamp(least, 250)
}

/// Makes every defect and near miss of order lines.
pub(super) fn inject(company: &mut Company, truth: &mut Truth, seed: u64) {
    let mut injector = Injector::new(company, truth, seed);
    let lines = injector.company.lines.len();
    for (cause, share) in DEFECTS {
        for turn in 0..quota(lines, share) {
            injector.defect(cause, turn);
        }
    }
    injector.near_misses();
    injector.month_end();
    injector.bare_invoices();
}

struct Injector<'a> {
    company: &'a mut Company,
    truth: &'a mut Truth,
    random: Random,
    /// Lines shipped and invoiced in full and out of every grace, in random order.
    settled: Vec<usize>,
    /// Where in `settled` the first line of an unused order may stand.
    from: usize,
    keyless: bool,
}

impl<'a> Injector<'a> {
    fn new(company: &'a mut Company, truth: &'a mut Truth, seed: u64) -> Self {
        let mut random = Random::stream(seed, Topic::Defects);
        let is_settled = |line: &usize| {
            let line = &company.lines[*line];
            line.promised + Days::new(INVOICING_GRACE + 2) <= company.day && line.amount() >= WORTH_A_DEFECT
        };
        let mut settled: Vec<usize> = (0..company.lines.len()).filter(is_settled).collect();
        random.shuffle(&mut settled);
        Injector { company, truth, random, settled, from: 0, keyless: false }
    }

    /// A settled line that `suits`, of an order nothing was done to; the order is used from now on.
    fn take(&mut self, suits: impl Fn(&Company, usize) -> bool) -> Option<usize> {
        let company = &mut *self.company;
        let is_free = |line: usize| !company.orders[company.lines[line].order].used;
        while self.settled.get(self.from).is_some_and(|line| !is_free(*line)) {
            self.from += 1;
        }
        let mut rest = self.settled.get(self.from..)?.iter().copied();
        let line = rest.find(|line| is_free(*line) && suits(company, *line))?;
        company.orders[company.lines[line].order].used = true;
        Some(line)
    }

    fn take_any(&mut self) -> Option<usize> {
        self.take(|_, _| true)
    }

    fn subject(&self, line: usize) -> Subject {
        let line = &self.company.lines[line];
        line_subject(&self.company.orders[line.order].no, line.number)
    }

    fn raise(&mut self, line: usize, check: (&str, Class), amount: Cents, cause: Cause) {
        let (subject, currency) = (self.subject(line), self.company.currency_of(line));
        self.truth.raise(THREE_WAY, check, subject, cents(currency, amount.abs()), cause);
    }

    fn raise_on(&mut self, line: usize, side: &str, class: Class, amount: Cents, cause: Cause) {
        let (subject, currency) = (self.subject(line), self.company.currency_of(line));
        self.truth.raise_on((THREE_WAY, side), class, subject, cents(currency, amount), cause);
    }

    fn defect(&mut self, cause: Cause, turn: u64) -> Option<()> {
        match cause {
            Cause::NeverShipped => self.never_shipped(turn),
            Cause::NeverInvoiced => self.never_invoiced(turn),
            Cause::ShippedTwice => self.shipped_twice(),
            Cause::QuantityDifference => self.quantity_difference(turn),
            Cause::AmountDifference => self.amount_difference(turn),
            Cause::TaxIncluded => self.tax_included(),
            Cause::SwappedDigits => self.swapped_digits(),
            Cause::RedLetter => self.red_letter(),
            Cause::DuplicateInvoice => self.duplicate_invoice(),
            Cause::DuplicateOrderLine => self.duplicate_order_line(),
            Cause::NullKey => self.null_key(turn),
            Cause::UnknownOrder => self.unknown_order(),
            // Stock and receivables have injectors of their own.
            _ => None,
        }
    }

    /// Invoiced, but nothing left the warehouse. The first one is one day out of grace.
    fn never_shipped(&mut self, turn: u64) -> Option<()> {
        let line = self.take_any()?;
        if turn == 0 {
            self.company.lines[line].promised = self.company.day - Days::new(SHIPPING_GRACE + 1);
        }
        self.company.lines[line].parts.clear();
        let amount = self.company.lines[line].amount();
        self.raise_on(line, "warehouse", Class::Missing, amount, Cause::NeverShipped);
        Some(())
    }

    /// Shipped, but not on the order's invoice. The first one is one day out of grace; every third was not shipped either.
    fn never_invoiced(&mut self, turn: u64) -> Option<()> {
        let line = self.take_any()?;
        if turn == 0 {
            self.company.lines[line].promised = self.company.day - Days::new(INVOICING_GRACE + 1);
        }
        self.company.lines[line].billing = None;
        let amount = self.company.lines[line].amount();
        self.raise_on(line, "finance", Class::Missing, amount, Cause::NeverInvoiced);
        if turn % 3 == 2 {
            self.company.lines[line].parts.clear();
            self.raise_on(line, "warehouse", Class::Missing, amount, Cause::NeverInvoiced);
        }
        Some(())
    }

    fn shipped_twice(&mut self) -> Option<()> {
        let line = self.take_any()?;
        let again = Days::new(1 + self.random.below(3) as u64);
        let Ordered { qty, amount } = self.figures(line);
        let parts = &mut self.company.lines[line].parts;
        let last = parts.last().map(|part| part.date)?;
        parts.push(Part { date: last + again, qty, order_ref: Spelling::Plain });
        self.raise(line, SHIPPED, amount, Cause::ShippedTwice);
        Some(())
    }

    /// In turn: too little shipped, too much invoiced (the amount being right), too much shipped, too little invoiced.
    fn quantity_difference(&mut self, turn: u64) -> Option<()> {
        let line = self.take(|company, line| {
            let line = &company.lines[line];
            line.parts.len() == 1 && line.qty >= 2 * company.items[line.item].step
        })?;
        let step = self.company.items[self.company.lines[line].item].step;
        let most = self.company.lines[line].qty / step - 1;
        let delta = step * self.random.between(1, most.min(12));
        let signed = if matches!(turn % 4, 0 | 3) { -delta } else { delta };
        let line_of = &mut self.company.lines[line];
        let at_risk = delta * line_of.price / 10;
        if turn.is_multiple_of(2) {
            line_of.parts.first_mut()?.qty += signed;
            self.raise(line, SHIPPED, at_risk, Cause::QuantityDifference);
        } else {
            line_of.billing.as_mut()?.qty += signed;
            self.raise(line, INVOICED_QUANTITY, at_risk, Cause::QuantityDifference);
            self.raise(line, INVOICED_PRICE, at_risk, Cause::QuantityDifference);
        }
        Some(())
    }

    /// The first one is a single cent outside the tolerance.
    fn amount_difference(&mut self, turn: u64) -> Option<()> {
        let line = self.take_any()?;
        let amount = self.company.lines[line].amount();
        let size = if turn == 0 { 2 } else { self.random.between(50, amount / 3) };
        let delta = if self.random.chance(50) { size } else { -size };
        self.company.lines[line].billing.as_mut()?.amount += delta;
        self.raise(line, INVOICED_AMOUNT, delta, Cause::AmountDifference);
        Some(())
    }

    fn tax_included(&mut self) -> Option<()> {
        let line = self.take(|company, line| company.currency_of(line) == HOME_CURRENCY)?;
        let net = self.company.lines[line].amount();
        let gross = with_tax(net);
        self.company.lines[line].billing.as_mut()?.amount = gross;
        self.raise(line, INVOICED_AMOUNT, gross - net, Cause::TaxIncluded);
        Some(())
    }

    fn swapped_digits(&mut self) -> Option<()> {
        let line = self.take(|company, line| swaps(company.lines[line].amount()).next().is_some())?;
        let amount = self.company.lines[line].amount();
        let choices: Vec<Cents> = swaps(amount).collect();
        let swapped = choices[self.random.below(choices.len())];
        self.company.lines[line].billing.as_mut()?.amount = swapped;
        self.raise(line, INVOICED_AMOUNT, swapped - amount, Cause::SwappedDigits);
        Some(())
    }

    fn red_letter(&mut self) -> Option<()> {
        let line = self.take_any()?;
        let amount = self.company.lines[line].amount();
        self.credit(line);
        self.raise(line, INVOICED_QUANTITY, amount, Cause::RedLetter);
        self.raise(line, INVOICED_AMOUNT, amount, Cause::RedLetter);
        Some(())
    }

    fn duplicate_invoice(&mut self) -> Option<()> {
        let line = self.take_any()?;
        self.company.lines[line].billing.as_mut()?.copies = 2;
        let amount = self.company.lines[line].amount();
        self.raise_on(line, "finance", Class::Duplicate, amount, Cause::DuplicateInvoice);
        if self.company.orders[self.company.lines[line].order].invoice_date <= self.company.month_end() {
            let side = (SHIPPED_NOT_INVOICED, "finance");
            self.truth.raise_on(side, Class::Duplicate, self.subject(line), None, Cause::DuplicateInvoice);
        }
        Some(())
    }

    fn duplicate_order_line(&mut self) -> Option<()> {
        let line = self.take_any()?;
        self.company.lines[line].copies = 2;
        let amount = self.company.lines[line].amount();
        self.raise_on(line, "sales", Class::Duplicate, amount, Cause::DuplicateOrderLine);
        let (side, amount) = ((SHIPPED_NOT_INVOICED, "sales"), cents(self.company.currency_of(line), amount));
        self.truth.raise_on(side, Class::Duplicate, self.subject(line), amount, Cause::DuplicateOrderLine);
        Some(())
    }

    /// In turn: a sample booked by hand, and an order line whose shipment lost its order number and is missing therefore.
    fn null_key(&mut self, turn: u64) -> Option<()> {
        let absent = [Spelling::Null, Spelling::Placeholder("-"), Spelling::Placeholder("无")];
        let order_ref = absent[(turn % 3) as usize];
        if turn.is_multiple_of(2) {
            let item = self.random.below(self.company.items.len());
            let date = self.company.day - Days::new(self.random.below(60) as u64);
            let warehouse = WAREHOUSES[self.random.below(WAREHOUSES.len())];
            self.company.samples.push(Sample { date, warehouse, item, qty: 10, order_ref });
        } else {
            let line = self.take(|company, line| company.lines[line].parts.len() == 1)?;
            self.company.lines[line].parts.first_mut()?.order_ref = order_ref;
            let amount = self.company.lines[line].amount();
            self.raise_on(line, "warehouse", Class::Missing, amount, Cause::NullKey);
        }
        if !self.keyless {
            self.keyless = true;
            let subject = Subject::keyless("warehouse");
            self.truth.raise_on((THREE_WAY, "warehouse"), Class::Keyless, subject, None, Cause::NullKey);
        }
        Some(())
    }

    /// An invoice over one line for an order number that was never given out.
    fn unknown_order(&mut self) -> Option<()> {
        let line = self.take_any()?;
        let Ordered { qty, amount } = self.figures(line);
        let order = self.company.lines[line].order;
        let date = self.company.orders[order].invoice_date;
        let serial = 9_000 + self.company.extra_invoices.len() % 1_000;
        let order_no = format!("SO{}-{serial:04}", self.company.orders[order].date.format("%Y%m%d"));
        let (customer, item) = (self.company.orders[order].customer, self.company.lines[line].item);
        let subject = line_subject(&order_no, 1);
        let currency = self.company.currency_of(line);
        self.company.extra_invoices.push(ExtraInvoice {
            customer,
            order_no,
            order_line: 1,
            item,
            date,
            qty,
            amount,
            void: false,
            bare: false,
        });
        for side in ["sales", "warehouse"] {
            let amount = cents(currency, amount);
            self.truth.raise_on((THREE_WAY, side), Class::Missing, subject.clone(), amount, Cause::UnknownOrder);
        }
        Some(())
    }

    /// A red-letter note over the whole of an invoiced line.
    fn credit(&mut self, line: usize) {
        let Ordered { qty, amount } = self.figures(line);
        let date = self.company.orders[self.company.lines[line].order].invoice_date + Days::new(1);
        self.company.credit_notes.push(CreditNote { line, date, qty, amount });
    }

    fn figures(&self, line: usize) -> Ordered {
        let line = &self.company.lines[line];
        Ordered { qty: line.qty, amount: line.amount() }
    }
}

/// The figures of an order line as they were ordered.
struct Ordered {
    qty: Tenths,
    amount: Cents,
}

/// The amount with 13 % value added tax, rounded half up to cents.
pub(super) fn with_tax(net: Cents) -> Cents {
    (net * 113 + 50) / 100
}

/// `amount` with two neighbouring, unlike digits changed over, in every way that leaves no leading zero.
fn swaps(amount: Cents) -> impl Iterator<Item = Cents> {
    (0..17).map(|place| 10i64.pow(place)).take_while(move |power| amount / power >= 10).filter_map(move |power| {
        let (low, high) = (amount / power % 10, amount / power / 10 % 10);
        let swapped = amount + (low - high) * 10 * power - (low - high) * power;
        let leads = amount / power < 100;
        (low != high && !(leads && low == 0)).then_some(swapped)
    })
}
