//! What is wrong with the company, written down while it is made wrong.

use serde::{Deserialize, Serialize};

use super::Options;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::Class;
use crate::audit::value::{Subject, Value};

/// The rule that ties orders, shipments and invoices.
pub const THREE_WAY: &str = "order-shipment-invoice";
/// The rule that watches stock against its reorder points.
pub const LOW_STOCK: &str = "low-stock";
/// The rule that watches due dates and credit limits.
pub const OVERDUE: &str = "overdue-receivables";

/// The version of `truth.json`.
pub const TRUTH_FORMAT: &str = "tieout.truth/1";

/// Every break the shipped rules must find in the company on the day its books stand at, and what they must leave
/// alone. Recorded by the code that injects each defect, never by looking for it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    pub format: String,
    pub options: Options,
    /// A set, in the order of rule, subject, check and side.
    pub must_raise: Vec<Expected>,
    /// In the order of rule and subject.
    pub must_not_raise: Vec<NearMiss>,
}

/// One break that must be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub rule: String,
    pub check: String,
    pub class: Class,
    pub side: Option<String>,
    pub subject: Subject,
    /// The amount at risk; `None` means unpriced.
    pub amount: Option<Money>,
    pub cause: Cause,
}

/// A subject that looks wrong and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    pub rule: String,
    pub subject: Subject,
    pub cause: Innocence,
}

/// The injected defect behind a break. One defect may cause several breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Invoiced and never shipped.
    NeverShipped,
    /// Shipped and never invoiced.
    NeverInvoiced,
    ShippedTwice,
    /// Warehouse or finance booked another quantity than was ordered.
    QuantityDifference,
    AmountDifference,
    /// Finance booked the amount with tax, sales without.
    TaxIncluded,
    /// Two neighbouring digits of the invoiced amount changed places.
    SwappedDigits,
    /// A red-letter credit note took back an invoice that nobody took back in sales.
    RedLetter,
    /// The same invoice line was posted twice.
    DuplicateInvoice,
    /// The same order line stands twice in the order system.
    DuplicateOrderLine,
    /// A shipment was booked without its order number.
    NullKey,
    /// An invoice names an order that does not exist.
    UnknownOrder,
    LowStock,
    NegativeStock,
    #[serde(rename = "overdue_1_30")]
    Overdue1To30,
    #[serde(rename = "overdue_31_60")]
    Overdue31To60,
    #[serde(rename = "overdue_61_90")]
    Overdue61To90,
    #[serde(rename = "overdue_91")]
    Overdue91,
    OverCreditLimit,
}

impl Cause {
    pub const ALL: [Cause; 19] = [
        Cause::NeverShipped,
        Cause::NeverInvoiced,
        Cause::ShippedTwice,
        Cause::QuantityDifference,
        Cause::AmountDifference,
        Cause::TaxIncluded,
        Cause::SwappedDigits,
        Cause::RedLetter,
        Cause::DuplicateInvoice,
        Cause::DuplicateOrderLine,
        Cause::NullKey,
        Cause::UnknownOrder,
        Cause::LowStock,
        Cause::NegativeStock,
        Cause::Overdue1To30,
        Cause::Overdue31To60,
        Cause::Overdue61To90,
        Cause::Overdue91,
        Cause::OverCreditLimit,
    ];
}

/// Why a near miss is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Innocence {
    ShippedInThreeParts,
    /// The amounts differ by exactly the tolerance.
    OneCentInsideTolerance,
    TrailingBlanks,
    FullWidthKey,
    FullWidthAmount,
    /// Not shipped, on the last day of grace.
    NotShippedInGrace,
    /// Not invoiced, on the last day of grace.
    NotInvoicedInGrace,
    /// A first invoice was voided and does not count.
    VoidedInvoice,
    /// A red-letter note took the invoice back and a new invoice replaced it.
    CreditedAndReinvoiced,
    OneAboveReorderPoint,
    DueToday,
    PaidInParts,
    /// What the customer owes is exactly the limit.
    CreditFullyUsed,
}

impl Innocence {
    pub const ALL: [Innocence; 13] = [
        Innocence::ShippedInThreeParts,
        Innocence::OneCentInsideTolerance,
        Innocence::TrailingBlanks,
        Innocence::FullWidthKey,
        Innocence::FullWidthAmount,
        Innocence::NotShippedInGrace,
        Innocence::NotInvoicedInGrace,
        Innocence::VoidedInvoice,
        Innocence::CreditedAndReinvoiced,
        Innocence::OneAboveReorderPoint,
        Innocence::DueToday,
        Innocence::PaidInParts,
        Innocence::CreditFullyUsed,
    ];
}

impl Truth {
    pub(super) fn new(options: &Options) -> Self {
        Truth {
            format: TRUTH_FORMAT.to_owned(),
            options: options.clone(),
            must_raise: Vec::new(),
            must_not_raise: Vec::new(),
        }
    }

    /// Records a break that names no side.
    pub(super) fn raise(
        &mut self,
        rule: &str,
        (check, class): (&str, Class),
        subject: Subject,
        amount: Option<Money>,
        cause: Cause,
    ) {
        let (rule, check) = (rule.to_owned(), check.to_owned());
        self.must_raise.push(Expected { rule, check, class, side: None, subject, amount, cause });
    }

    /// Records a break of the three-way rule that stands on one side; its check is named like its class.
    pub(super) fn raise_on(&mut self, side: &str, class: Class, subject: Subject, amount: Option<Money>, cause: Cause) {
        let (rule, check, side) = (THREE_WAY.to_owned(), class.name().to_owned(), Some(side.to_owned()));
        self.must_raise.push(Expected { rule, check, class, side, subject, amount, cause });
    }

    pub(super) fn spare(&mut self, rule: &str, subject: Subject, cause: Innocence) {
        self.must_not_raise.push(NearMiss { rule: rule.to_owned(), subject, cause });
    }

    /// Puts both lists into their order.
    pub(super) fn sort(&mut self) {
        let place =
            |found: &Expected| (found.rule.clone(), found.subject.clone(), found.check.clone(), found.side.clone());
        self.must_raise.sort_by_cached_key(place);
        self.must_not_raise.sort_by_cached_key(|near| (near.rule.clone(), near.subject.clone()));
    }
}

/// An order line, as the three-way rule names it.
pub(super) fn line_subject(order_no: &str, line_no: i64) -> Subject {
    Subject::key(vec![Value::Text(order_no.to_owned()), Value::Amount(Amount::from(line_no))])
}

/// A subject of texts: an invoice, an item in a warehouse.
pub(super) fn text_subject(parts: &[&str]) -> Subject {
    Subject::key(parts.iter().map(|part| Value::Text((*part).to_owned())).collect())
}

/// Money of hundredths.
pub(super) fn cents(currency: &str, cents: i64) -> Option<Money> {
    Some(Money { currency: currency.to_owned(), amount: Amount::new(i128::from(cents), 2) })
}
