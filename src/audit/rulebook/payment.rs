//! What a rule of overdue payments says.

use super::Rates;
use crate::audit::expression::Expression;

/// Whose debts are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// They owe us.
    Receivable,
    /// We owe them.
    Payable,
}

/// Invoices past their due date, and parties over their credit limit.
#[derive(Clone, Debug)]
pub struct OverduePayment {
    pub direction: Direction,
    pub items: Items,
    /// Where the parts stand in which documents are to be paid; a document that has none there is due as a whole.
    pub instalments: Option<Instalments>,
    pub applied: Option<Applied>,
    /// Receipts and credits of the party that settle no item: shown beside, never netted.
    pub unapplied: Option<Open>,
    pub credits: Option<Open>,
    pub terms: Option<Terms>,
    pub credit: Option<Credit>,
    /// Where rates of exchange stand, for exposures in another currency than the limit.
    pub rates: Option<Rates>,
    /// Last day of each ageing bucket but the last, rising.
    pub buckets: Vec<i64>,
}

impl OverduePayment {
    /// Whether a subject is a part of a document rather than a document.
    pub fn has_instalments(&self) -> bool {
        self.instalments.is_some() || self.items.instalment.is_some()
    }
}

#[derive(Clone, Debug)]
pub struct Items {
    pub table: String,
    pub document: String,
    /// What tells the rows of one document apart, each of which falls due on its own.
    pub instalment: Option<String>,
    pub party: String,
    pub due: Option<String>,
    /// The document's date: the start of its terms. A document of a later day than the as-of does not count yet.
    pub date: Option<String>,
    pub amount: String,
    /// The document's own terms, which go before the party's.
    pub terms: Option<Term<String>>,
    pub filter: Option<Expression>,
}

/// A row per document and instalment.
#[derive(Clone, Debug)]
pub struct Instalments {
    pub table: String,
    pub document: String,
    pub instalment: String,
    pub due: String,
    pub share: Share,
    pub filter: Option<Expression>,
}

/// How much of a document an instalment is; the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    Amount(String),
    /// Of the document's amount. All but the last are rounded half away from zero to the amount's own digits; the last
    /// is what is left.
    Percent(String),
}

/// Payments and credit notes applied to items.
#[derive(Clone, Debug)]
pub struct Applied {
    pub table: String,
    pub document: String,
    /// Which instalment was paid, where the table says.
    pub instalment: Option<String>,
    pub amount: String,
    /// Only what was applied on or before the as-of day counts.
    pub date: Option<String>,
    /// The day the application was taken back, if it was: from that day on it does not count.
    pub reversed: Option<String>,
    pub filter: Option<Expression>,
}

/// Figures of a party.
#[derive(Clone, Debug)]
pub struct Open {
    pub table: String,
    pub party: String,
    pub amount: String,
    /// Only rows of the as-of day and before count.
    pub date: Option<String>,
    pub filter: Option<Expression>,
}

/// When a document without a due date of its own is due.
#[derive(Clone, Debug)]
pub struct Terms {
    pub parties: Option<PartyTerms>,
    /// For parties that the table says nothing of.
    pub otherwise: Option<Term<i64>>,
}

#[derive(Clone, Debug)]
pub struct PartyTerms {
    pub table: String,
    pub party: String,
    pub columns: Term<String>,
}

/// Terms of payment, or the columns that hold them.
///
/// With `days` alone: so many days after the document's date. With any of the others, a monthly statement: the month
/// of the document, or the next one where its day is after `cut_off`; `months` later; `day_of_month` of that month, its
/// last day where it has no such day or none is given; and `days` after that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term<T> {
    pub days: Option<T>,
    pub months: Option<T>,
    pub day_of_month: Option<T>,
    pub cut_off: Option<T>,
}

impl<T> Term<T> {
    /// The parts with the names that files give them.
    pub fn parts(&self) -> [(&'static str, Option<&T>); 4] {
        [
            ("days", self.days.as_ref()),
            ("months", self.months.as_ref()),
            ("day_of_month", self.day_of_month.as_ref()),
            ("cut_off", self.cut_off.as_ref()),
        ]
    }

    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(|(_, part)| part.is_none())
    }
}

#[derive(Clone, Debug)]
pub struct Credit {
    pub table: String,
    pub party: String,
    pub limit: String,
    /// Orders not delivered yet, which use the limit up as open documents do.
    pub undelivered: Option<Open>,
}
