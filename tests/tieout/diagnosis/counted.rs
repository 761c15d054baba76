//! How often the causes that are named are right, and how many of those that the data shows are named: counted on the
//! demo company's injected defects.

use std::collections::BTreeMap;
use std::fmt::Write;

use tieout::audit::breaks::Break;
use tieout::demo::{self, Cause};

use super::made::{Fault, made};
use crate::harness::Company;

/// The causes by which a defect may be named. An empty list: the data does not show the cause, and any name is wrong.
fn names(cause: Cause) -> &'static [&'static str] {
    match cause {
        Cause::TaxIncluded => &["tax_included"],
        Cause::SwappedDigits => &["swapped_digits"],
        Cause::RedLetter => &["red_letter"],
        Cause::ShippedTwice
        | Cause::DuplicateInvoice
        | Cause::DuplicateOrderLine
        | Cause::SupplierBilledTwice
        | Cause::StatementLoadedTwice => &["posted_twice"],
        Cause::WrongCustomer => &["cancelling_pair"],
        _ => &[],
    }
}

/// Whether a break of the defect is one of those that show it. A shipment without its order number shows where it is
/// missing, not among all the rows without a number.
fn shows(found: &demo::Expected) -> &'static [&'static str] {
    match (found.cause, found.class.name()) {
        (Cause::NullKey, "missing") => &["lost_link"],
        _ => names(found.cause),
    }
}

/// The side that was made wrong, where the rows themselves show which.
fn odd(found: &demo::Expected) -> Option<&str> {
    match (found.cause, found.check.as_str(), found.class.name()) {
        (Cause::ShippedTwice | Cause::NeverShipped, ..) | (Cause::NullKey, _, "missing") => Some("warehouse"),
        (Cause::QuantityDifference, "shipped", _) => Some("warehouse"),
        (Cause::QuantityDifference, "invoiced-quantity", _) => Some("finance"),
        (Cause::RedLetter | Cause::TaxIncluded | Cause::UnknownOrder, ..) => Some("finance"),
        (Cause::NeverInvoiced, _, "missing") => found.side.as_deref(),
        (_, _, "duplicate") => found.side.as_deref(),
        _ => None,
    }
}

/// What was named, and how much of it is right.
#[derive(Default)]
struct Count {
    shown: u64,
    named: u64,
    right: u64,
}

impl Count {
    fn add(&mut self, expected: &[&str], named: Option<&str>) {
        self.shown += u64::from(!expected.is_empty());
        self.named += u64::from(named.is_some());
        self.right += u64::from(named.is_some_and(|named| expected.contains(&named)));
    }
}

/// Counts by the cause that was injected.
#[derive(Default)]
struct Counts(BTreeMap<String, Count>);

impl Counts {
    fn add(&mut self, injected: String, expected: &[&str], named: Option<&str>) {
        self.0.entry(injected).or_default().add(expected, named);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (injected, Count { shown, named, right }) in
            self.0.iter().filter(|(_, count)| count.shown + count.named > 0)
        {
            let _ = writeln!(text, "{injected}: {right} right of {named} named, {shown} shown");
        }
        text
    }

    /// At least 95 of a hundred that are named are right, and 80 of a hundred that are shown are named.
    #[track_caller]
    fn hold(&self) {
        let sum = |of: fn(&Count) -> u64| self.0.values().map(of).sum::<u64>();
        let (shown, named, right) = (sum(|count| count.shown), sum(|count| count.named), sum(|count| count.right));
        let text = self.text();
        assert!(shown > 50, "too few to count: {text}");
        assert!(right * 100 >= named * 95, "{right} right of {named} named:\n{text}");
        assert!(right * 100 >= shown * 80, "{right} named of {shown} shown:\n{text}");
    }
}

fn cause(found: &Break) -> Option<&'static str> {
    found.cause().map(tieout::audit::diagnosis::Cause::name)
}

#[tokio::test(flavor = "multi_thread")]
async fn causes_in_the_demo_are_right_and_seldom_overlooked() {
    let (mut causes, mut odds) = (Counts::default(), Counts::default());
    for seed in [7_001, 7_002, 7_003] {
        let company = Company::new(3_000, seed, "2026-03-31".parse().unwrap());
        let report = company.dry_run().await;
        for expected in &company.truth().must_raise {
            let rule = report.rules.iter().find(|rule| rule.rule == expected.rule).unwrap();
            let listed = rule.exceptions.iter().find(|listed| listed.subject == expected.subject).unwrap();
            let is_it = |found: &&Break| {
                found.check == expected.check && found.class == expected.class && found.side == expected.side
            };
            let found = listed.breaks.iter().find(is_it).unwrap();
            let injected = format!("{:?}", expected.cause);
            causes.add(injected.clone(), shows(expected), cause(found));
            odds.add(injected, odd(expected).as_slice(), found.odd().map(|odd| odd.side.as_str()));
        }
    }
    causes.hold();
    odds.hold();
}

#[test]
fn causes_among_order_lines_are_right_and_seldom_overlooked() {
    let (mut causes, mut odds) = (Counts::default(), Counts::default());
    for seed in [8_001, 8_002, 8_003] {
        let made = made(seed, 12_000);
        for finding in made.judge().findings {
            let fault = finding.subject.values().first().and_then(|order| made.faults.get(&order.to_string()));
            let Some(fault) = fault else { continue };
            let injected = format!("{fault:?}");
            let named: Vec<&str> = finding.breaks.iter().filter_map(cause).collect();
            let odd: Vec<&str> = finding.breaks.iter().filter_map(|found| Some(found.odd()?.side.as_str())).collect();
            causes.add(injected.clone(), fault.cause().as_slice(), named.first().copied());
            odds.add(injected, fault.odd().as_slice(), odd.first().copied());
        }
        let raised = Fault::ALL.iter().all(|fault| made.faults.values().any(|made| made == fault));
        assert!(raised, "every fault is there");
    }
    insta::assert_snapshot!(format!("{}\n{}", causes.text(), odds.text()));
    causes.hold();
    odds.hold();
}
