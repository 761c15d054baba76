//! What is wrong with the company, written down while it is made wrong.

mod causes;

use serde::{Deserialize, Serialize};

use super::Options;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::Class;
use crate::audit::value::{Subject, Value};

pub use causes::{Cause, Innocence};

/// The rule that ties orders, shipments and invoices.
pub const THREE_WAY: &str = "order-shipment-invoice";
/// The rule that watches stock against its reorder points.
pub const LOW_STOCK: &str = "low-stock";
/// The rule that watches due dates and credit limits.
pub const OVERDUE: &str = "overdue-receivables";
/// The rule that watches when suppliers are to be paid.
pub const PAYABLES: &str = "overdue-payables";

/// The rule that ties what had been shipped and not invoiced at the month's end to account 1406.
pub const SHIPPED_NOT_INVOICED: &str = "shipped-not-invoiced";
/// The rule that ties purchase orders, receipts and suppliers' invoices.
pub const PURCHASES: &str = "purchase-receipt-invoice";
/// The rule that ties what had been received and not invoiced at the month's end to the accruals.
pub const RECEIVED_NOT_INVOICED: &str = "received-not-invoiced";
/// The rule that ties suppliers' invoices to the tax bureau's list.
pub const BILLED_TWICE: &str = "supplier-billed-twice";
/// The rule that rolls the stock ledger forward: opening, in, out, closing.
pub const ROLL_FORWARD: &str = "stock-roll-forward";
/// The rule that ties the stock ledger to what lies in the warehouses.
pub const STOCK_ON_HAND: &str = "stock-ledger-on-hand";
/// The rule that ties the value of stock to accounts 1405 and 1406.
pub const STOCK_VALUE: &str = "stock-value-ledger";
/// The rule that ties what customers owe to account 1122.
pub const RECEIVABLES: &str = "receivables-ledger";
/// The rule that ties what customers paid in advance to account 2203.
pub const PREPAYMENTS: &str = "prepayments-ledger";
/// The rule that ties the bank book to the bank's statement.
pub const BANK: &str = "bank-statement";
/// The rule that watches what lies on the bank accounts.
pub const CASH: &str = "cash";
/// The rule that ties the heads of invoices to their lines.
pub const HEADER_LINES: &str = "invoice-header-lines";
/// The rule that ties payments to what they settle.
pub const ALLOCATIONS: &str = "payment-allocations";

/// The rule that holds order lines to what they must say.
pub const COMPLETE_LINES: &str = "complete-order-lines";
/// The rule that finds orders which do not go on.
pub const STUCK_ORDERS: &str = "stuck-orders";
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

    /// Records a break that stands on one side of a rule; its check is named like its class.
    pub(super) fn raise_on(
        &mut self,
        (rule, side): (&str, &str),
        class: Class,
        subject: Subject,
        amount: Option<Money>,
        cause: Cause,
    ) {
        let (rule, check, side) = (rule.to_owned(), class.name().to_owned(), Some(side.to_owned()));
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
