//! A year of order lines on three sides, made wrong in known ways, with as many differences that nothing explains.

use std::collections::BTreeMap;

use tieout::audit::judgement::Judgement;

use crate::bench::Bench;

/// What was made wrong with one order line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The invoice is rounded to whole yuan.
    Rounded,
    /// The invoice is with tax, at one of the rates.
    Tax,
    /// The warehouse counted boxes.
    Unit,
    /// The invoice's decimal point slipped.
    Point,
    /// Two digits of the invoice changed places.
    Swapped,
    /// The invoice lacks a digit.
    Dropped,
    /// The invoice was entered with its sign turned.
    Sign,
    /// A red-letter note took the invoice back.
    RedLetter,
    /// The shipment was booked twice.
    Twice,
    /// The invoice is in dollars by mistake.
    Currency,
    /// One of several shipments was invoiced.
    Partial,
    /// The order number of the shipment is written otherwise.
    Spelling,
    /// The shipment carries no order number.
    Link,
    /// The shipment carries another order's number.
    WrongLink,
    /// Two invoices of one customer and item took each other's share.
    Cancelling,
    /// The figures differ by chance.
    Quantity,
    Amount,
    /// There is no shipment, or no invoice.
    NotShipped,
    NotInvoiced,
}

impl Fault {
    pub const ALL: [Fault; 19] = [
        Fault::Rounded,
        Fault::Tax,
        Fault::Unit,
        Fault::Point,
        Fault::Swapped,
        Fault::Dropped,
        Fault::Sign,
        Fault::RedLetter,
        Fault::Twice,
        Fault::Currency,
        Fault::Partial,
        Fault::Spelling,
        Fault::Link,
        Fault::WrongLink,
        Fault::Cancelling,
        Fault::Quantity,
        Fault::Amount,
        Fault::NotShipped,
        Fault::NotInvoiced,
    ];

    /// The cause's name; nothing where the data shows none.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Fault::Rounded => Some("rounded"),
            Fault::Tax => Some("tax_included"),
            Fault::Unit => Some("unit_ratio"),
            Fault::Point => Some("decimal_point"),
            Fault::Swapped => Some("swapped_digits"),
            Fault::Dropped => Some("dropped_digit"),
            Fault::Sign => Some("sign_turned"),
            Fault::RedLetter => Some("red_letter"),
            Fault::Twice => Some("posted_twice"),
            Fault::Currency => Some("currency_code"),
            Fault::Partial => Some("partial"),
            Fault::Spelling => Some("key_spelling"),
            Fault::Link | Fault::WrongLink => Some("lost_link"),
            Fault::Cancelling => Some("cancelling_pair"),
            Fault::Quantity | Fault::Amount | Fault::NotShipped | Fault::NotInvoiced => None,
        }
    }

    /// The side that was made wrong, where the rows show which.
    pub fn odd(self) -> Option<&'static str> {
        match self {
            Fault::Unit
            | Fault::Twice
            | Fault::Quantity
            | Fault::NotShipped
            | Fault::Spelling
            | Fault::Link
            | Fault::WrongLink => Some("warehouse"),
            Fault::RedLetter | Fault::NotInvoiced | Fault::Partial => Some("finance"),
            _ => None,
        }
    }
}

/// Figures by splitmix64: the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.next() % u64::try_from(most - least + 1).unwrap()).unwrap()
    }
}

pub struct Made {
    pub faults: BTreeMap<String, Fault>,
    bench: Bench,
}

const RULE: &str = r#"
kind = "reconcile"
key  = ["order_no"]
[sides.sales]
table = "sales"
owner = "sales"
[sides.warehouse]
table = "shipments"
sum   = ["qty"]
owner = "warehouse"
[sides.finance]
table = "invoices"
sum   = ["qty", "amount"]
[[checks]]
name  = "shipped"
equal = ["sales.qty", "warehouse.qty"]
[[checks]]
name  = "invoiced"
equal = ["finance.qty", "sales.qty"]
[[checks]]
name   = "price"
equal  = ["finance.amount", "sales.amount"]
within = { amount = "0.01" }
"#;

/// `lines` order lines, of which one in twelve is wrong.
pub fn made(seed: u64, lines: i64) -> Made {
    let mut dice = Dice(seed);
    let mut faults = BTreeMap::new();
    let (mut sales, mut shipments, mut invoices) = (Vec::new(), Vec::new(), Vec::new());
    let mut pending: Option<(i64, i64)> = None;
    for number in 1..=lines {
        let order = format!("SO-{number:05}");
        let (customer, item) = (format!("C{:03}", dice.between(1, 80)), format!("I{:03}", dice.between(1, 300)));
        let mut fault = (number % 12 == 5).then(|| Fault::ALL[dice.between(0, Fault::ALL.len() as i64 - 1) as usize]);
        if pending.is_some() {
            fault = fault.or(Some(Fault::Cancelling));
        }
        let qty = if fault == Some(Fault::Unit) { 12 * dice.between(5, 40) } else { dice.between(1, 400) };
        let cents = qty * dice.between(130, 99_999);
        let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(number as u64 % 300);
        let fits = fault.is_none_or(|fault| match fault {
            Fault::Rounded => (10..=90).contains(&(cents % 100)),
            Fault::Point | Fault::Dropped | Fault::Swapped => cents > 1_000,
            Fault::Tax => cents > 2_000,
            Fault::Partial => qty >= 3,
            _ => true,
        });
        let fault = fault.filter(|_| fits);
        let (mut shipped, mut invoiced_qty, mut invoiced) = (vec![(qty, order.clone())], qty, vec![cents]);
        let mut currency = "CNY";
        match fault {
            None => {}
            Some(Fault::Rounded) => invoiced = vec![(cents + 50) / 100 * 100],
            Some(Fault::Tax) => {
                let rate = [13, 9, 6, 13, 9][dice.between(0, 4) as usize];
                invoiced = vec![(cents * (100 + rate) + 50) / 100];
            }
            Some(Fault::Unit) => shipped = vec![(qty / 12, order.clone())],
            Some(Fault::Point) => invoiced = vec![cents * 100],
            Some(Fault::Swapped) => invoiced = vec![swapped(cents, &mut dice)],
            Some(Fault::Dropped) => invoiced = vec![dropped(cents, &mut dice)],
            Some(Fault::Sign) => invoiced = vec![-cents],
            Some(Fault::RedLetter) => invoiced = vec![cents, -cents],
            Some(Fault::Twice) => shipped = vec![(qty, order.clone()), (qty, order.clone())],
            Some(Fault::Currency) => currency = "USD",
            Some(Fault::Partial) => {
                let part = dice.between(1, qty - 1);
                shipped = vec![(part, order.clone()), (qty - part, order.clone())];
                invoiced_qty = part;
            }
            Some(Fault::Spelling) => {
                shipped[0].1 = match dice.between(0, 3) {
                    0 => format!("so-{number:05}"),
                    1 => format!("SO{number:05}"),
                    2 => format!("SO-{number}"),
                    _ => format!("ＳＯ-{number:05}"),
                };
            }
            Some(Fault::Link) => shipped[0].1 = String::new(),
            Some(Fault::WrongLink) => shipped[0].1 = format!("SO-9{number:05}"),
            Some(Fault::Cancelling) => {
                let by = pending.take().map_or_else(|| dice.between(10_000, cents.max(20_000)), |(by, _)| -by);
                if by > 0 {
                    pending = Some((by, number));
                }
                invoiced = vec![cents + by];
            }
            Some(Fault::Quantity) => {
                let by = dice.between(1, 5);
                shipped[0].0 += if dice.between(0, 1) == 0 && qty > 5 { -by } else { by };
            }
            Some(Fault::Amount) => {
                let by = 100 + cents * dice.between(1, 300) / 1_000;
                invoiced = vec![if dice.between(0, 1) == 0 { cents - by } else { cents + by }];
            }
            Some(Fault::NotShipped) => shipped.clear(),
            Some(Fault::NotInvoiced) => invoiced.clear(),
        }
        if let Some(fault) = fault {
            faults.insert(order.clone(), fault);
        }
        sales.push(format!("{order},{customer},{item},{qty},{},CNY,{day}", money(cents)));
        for (place, (qty, order)) in shipped.into_iter().enumerate() {
            let later = day + chrono::Days::new(dice.between(1, 20) as u64);
            shipments.push(format!("D{number:05}-{place},{order},{customer},{item},{qty},{later}"));
        }
        for (place, cents) in invoiced.into_iter().enumerate() {
            let later = day + chrono::Days::new(dice.between(5, 30) as u64);
            let qty = if place == 0 { invoiced_qty } else { 0 };
            invoices.push(format!(
                "F{number:05}-{place},{order},{customer},{item},{qty},{},{currency},{later}",
                money(cents)
            ));
        }
    }
    let mut bench = Bench::new(RULE)
        .table(
            "sales",
            "order_no* text, customer text, item text, qty quantity, amount money ccy, ccy text, ordered@ date",
            &sales.join("\n"),
        )
        .table(
            "shipments",
            "doc* text, order_no text, customer text, item text, qty quantity, shipped@ date",
            &shipments.join("\n"),
        )
        .table(
            "invoices",
            "doc* text, order_no text, customer text, item text, qty quantity, amount money ccy, ccy text, posted@ date",
            &invoices.join("\n"),
        );
    bench.flood = 1_000_000;
    Made { faults, bench }
}

impl Made {
    pub fn judge(&self) -> Judgement {
        self.bench.judge()
    }
}

fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn swapped(cents: i64, dice: &mut Dice) -> i64 {
    let digits: Vec<char> = cents.to_string().chars().collect();
    let places: Vec<usize> = (0..digits.len() - 1)
        .filter(|place| digits[*place] != digits[place + 1] && !(*place == 0 && digits[1] == '0'))
        .collect();
    let Some(place) = (!places.is_empty()).then(|| places[dice.between(0, places.len() as i64 - 1) as usize]) else {
        return cents + 1_234;
    };
    let mut turned = digits;
    turned.swap(place, place + 1);
    turned.into_iter().collect::<String>().parse().unwrap()
}

fn dropped(cents: i64, dice: &mut Dice) -> i64 {
    let mut digits = cents.to_string();
    digits.remove(dice.between(1, digits.len() as i64 - 2) as usize);
    digits.parse().unwrap()
}
