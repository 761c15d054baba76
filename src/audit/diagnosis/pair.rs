//! Causes that a subject's own figures and rows show.

use chrono::NaiveDate;

use super::digits;
use super::figures::{Ties, plain};
use super::{Cause, rows};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Finding, Message, Operand, SideRows};
use crate::audit::expression::ColumnRef;
use crate::audit::rulebook::Check;
use crate::audit::value::Value;

/// Value added tax in percent since April 2019; 3 and 1 are those of small taxpayers.
const TAX_RATES: [i64; 5] = [13, 9, 6, 3, 1];
/// The rates before, which rows of then may carry: 17 and 11 until April 2018, 16 and 10 after it.
const OLD_TAX_RATES: [i64; 4] = [17, 16, 11, 10];
/// The first day of today's rates (财政部 税务总局 海关总署公告 2019 年第 39 号).
const TAX_RATES_SINCE: Option<NaiveDate> = NaiveDate::from_ymd_opt(2019, 4, 1);
/// Under a thousand of its smallest units a figure meets one of the rates too easily.
const TELLING_UNITS: i128 = 1_000;
/// How many of one unit another one usually holds.
const PACKS: [i64; 17] = [6, 8, 10, 12, 15, 16, 20, 24, 25, 30, 36, 48, 50, 100, 144, 500, 1000];
/// Of fewer than this, only a pack of [`BIG_PACK`] and more is told from a mere difference.
const FEW: i64 = 5;
const BIG_PACK: i64 = 20;
/// Rows of which every choice of some is tried.
const CHOSEN_FROM: usize = 12;

/// Two figures that were compared and differ.
struct Pair<'f> {
    left: &'f Operand,
    right: &'f Operand,
    of: [Amount; 2],
    money: bool,
}

/// Which of two operands.
#[derive(Clone, Copy)]
enum Which {
    Left = 0,
    Right = 1,
}

impl Which {
    const BOTH: [Which; 2] = [Which::Left, Which::Right];

    fn other(self) -> Which {
        match self {
            Which::Left => Which::Right,
            Which::Right => Which::Left,
        }
    }
}

pub(super) fn cause(ties: &Ties<'_>, finding: &Finding, found: &Break) -> Option<Cause> {
    let (left, right, money) = match &found.message {
        Message::AmountDiffers { left, right, .. } => (left, right, true),
        Message::QuantityDiffers { left, right, .. } => (left, right, false),
        Message::CurrencyDiffers { .. } => return currency_code(ties, finding, found),
        Message::Duplicate { side, .. } => return posted_again(ties, finding, side),
        _ => return None,
    };
    let (Value::Amount(one), Value::Amount(two)) = (&left.value, &right.value) else { return None };
    let pair = Pair { left, right, of: [*one, *two], money };
    let check = ties.check(found);
    let told = check.and_then(|check| rows_tell(ties, finding, check, &pair));
    told.or_else(|| sign(&pair))
        .or_else(|| converted(ties, finding, &pair))
        .or_else(|| tax(finding, &pair))
        .or_else(|| unit(ties, finding, &pair))
        .or_else(|| slip(&pair))
        .or_else(|| {
            let figure = check.and_then(|check| figure(ties, check));
            figure.and_then(|figure| partial(ties, finding, figure, &pair)).or_else(|| rounding(finding, &pair))
        })
}

impl Pair<'_> {
    fn value(&self, which: Which) -> Amount {
        self.of[which as usize]
    }

    fn expression(&self, which: Which) -> String {
        match which {
            Which::Left => self.left.expression.clone(),
            Which::Right => self.right.expression.clone(),
        }
    }

    /// The figure further from zero.
    fn larger(&self) -> Which {
        let size = |which| self.value(which).checked_abs();
        if size(Which::Left) > size(Which::Right) { Which::Left } else { Which::Right }
    }
}

/// The column an operand of a check consists of.
fn column(check: &Check, which: Which) -> Option<&ColumnRef> {
    plain(match which {
        Which::Left => &check.left,
        Which::Right => &check.right,
    })
}

fn figure<'t>(ties: &'t Ties<'_>, check: &Check) -> Option<&'t [(usize, &'t str)]> {
    Which::BOTH.into_iter().find_map(|which| ties.figure_of(column(check, which)?))
}

/// What the rows of a side that adds up say by themselves: some take back, or repeat, what the others state.
fn rows_tell(ties: &Ties<'_>, finding: &Finding, check: &Check, pair: &Pair<'_>) -> Option<Cause> {
    Which::BOTH.into_iter().find_map(|which| {
        let column = column(check, which)?;
        let side = ties.index(column.side.as_deref()?)?;
        let held = rows::whole(finding, &ties.side(side).name).filter(|held| held.rows.len() > 1)?;
        let amounts = rows::amounts(held, &column.column)?;
        let (own, other) = (pair.value(which), pair.value(which.other()));
        // What is no plain sum, such as a side that counts a document once, says nothing row by row.
        (rows::sum(&amounts) == Some(own)).then_some(())?;
        red_letter(&held.side, &amounts, other).or_else(|| repeated(side, held, &amounts, own, other))
    })
}

fn red_letter(side: &str, amounts: &[Amount], other: Amount) -> Option<Cause> {
    let (back, stated): (Vec<Amount>, Vec<Amount>) = amounts.iter().partition(|amount| amount.is_negative());
    let is_so = !back.is_empty() && !stated.is_empty() && rows::sum(&stated) == Some(other);
    let amount = rows::sum(&back).filter(|_| is_so)?;
    Some(Cause::RedLetter { side: side.to_owned(), rows: back.len() as u64, amount })
}

/// Rows that say again what another row, or all others together, said already. Two equal rows of the reference are not
/// told from two deliveries of which the other side has one.
fn repeated(side: usize, held: &SideRows, amounts: &[Amount], own: Amount, other: Amount) -> Option<Cause> {
    if side == 0 || other.is_zero() {
        return None;
    }
    let excess = own.checked_sub(other)?;
    for (place, amount) in amounts.iter().enumerate().filter(|(_, amount)| !amount.is_zero()) {
        let first = amounts.iter().position(|known| known == amount) == Some(place);
        let same = amounts.iter().filter(|known| *known == amount).count() as i64;
        let all_again = *amount == other && excess == other;
        let rows = (1..same).find(|rows| amount.checked_mul(Amount::from(*rows)) == Some(excess));
        if let Some(rows) = rows.filter(|_| first).or(all_again.then_some(1)) {
            return Some(Cause::PostedTwice { side: held.side.clone(), rows: rows as u64, amount: Some(excess) });
        }
    }
    None
}

/// Rows under one key, where one is allowed, that are alike in all but their dates and document numbers.
fn posted_again(ties: &Ties<'_>, finding: &Finding, side: &str) -> Option<Cause> {
    let index = ties.index(side)?;
    let (held, spec) = (rows::whole(finding, side)?, ties.spec(index)?);
    let telling: Vec<usize> = (0..held.columns.len())
        .filter(|place| {
            let name = &held.columns[*place];
            !spec.unique.contains(name)
                && held.rows.iter().all(|row| row.get(*place).is_some_and(|v| rows::day(v).is_none()))
        })
        .collect();
    let alike = |one: &[Value], two: &[Value]| telling.iter().all(|place| one.get(*place) == two.get(*place));
    let again =
        held.rows.iter().enumerate().filter(|(place, row)| held.rows[..*place].iter().any(|known| alike(known, row)));
    let rows = again.count() as u64;
    (rows > 0).then(|| Cause::PostedTwice { side: side.to_owned(), rows, amount: None })
}

fn sign(pair: &Pair<'_>) -> Option<Cause> {
    let [left, right] = pair.of;
    (!left.is_zero() && left.checked_neg() == Some(right)).then_some(Cause::SignTurned)
}

/// One figure is the other with tax on top, rounded half up to the cent, row by row where there are several.
fn tax(finding: &Finding, pair: &Pair<'_>) -> Option<Cause> {
    let larger = pair.larger();
    let (gross, net) = (pair.value(larger), pair.value(larger.other()));
    if !pair.money || gross.is_negative() != net.is_negative() {
        return None;
    }
    let scale = gross.normalised().scale().max(net.normalised().scale()).max(2);
    let (gross_units, net_units) = (gross.rescale(scale)?.units().abs(), net.rescale(scale)?.units().abs());
    if net_units < TELLING_UNITS {
        return None;
    }
    let rows = finding.evidence.sides.iter().map(|side| side.total).max().unwrap_or(1).max(1);
    let spare = i128::from(rows - 1);
    let is_rate = |rate: &&i64| {
        let rate = i128::from(**rate);
        let with_tax = net_units.checked_mul(100 + rate).map(|product| (product + 50) / 100);
        let without = gross_units.checked_mul(100).map(|product| (product + (100 + rate) / 2) / (100 + rate));
        with_tax.is_some_and(|figure| (figure - gross_units).abs() <= spare)
            || without.is_some_and(|figure| (figure - net_units).abs() <= spare)
    };
    let days = finding.evidence.sides.iter().flat_map(|side| &side.rows).flatten().filter_map(rows::day);
    let old: &[i64] = if days.min() < TAX_RATES_SINCE { &OLD_TAX_RATES } else { &[] };
    let mut rates = TAX_RATES.iter().chain(old).filter(is_rate);
    let rate = rates.next().filter(|_| rates.next().is_none())?;
    let tax = gross.checked_sub(net)?;
    Some(Cause::TaxIncluded { figure: pair.expression(larger), rate: Amount::from(*rate), tax })
}

/// One amount is the other one in another currency, at the rate of the subject's first day, to the cent.
fn converted(ties: &Ties<'_>, finding: &Finding, pair: &Pair<'_>) -> Option<Cause> {
    let days = finding.evidence.sides.iter().flat_map(|side| &side.rows).flatten().filter_map(rows::day);
    let (aids, day) = (ties.backdrop.aids().filter(|_| pair.money)?, days.min()?);
    let mut found = aids.rates_on(day).flat_map(|(from, to, rate)| {
        Which::BOTH.into_iter().filter_map(move |which| {
            let (stated, result) = (pair.value(which.other()), pair.value(which));
            let is_so = stated.rescale(2)?.units().abs() >= TELLING_UNITS
                && stated.checked_mul_rounded(rate, 2)? == result
                && stated != result;
            let (figure, from, to) = (pair.expression(which), from.to_owned(), to.to_owned());
            is_so.then_some(Cause::Converted { figure, from, to, rate })
        })
    });
    let only = found.next();
    only.filter(|_| found.next().is_none())
}

/// One quantity is the other one in a unit that the item's table of units has.
fn unit(ties: &Ties<'_>, finding: &Finding, pair: &Pair<'_>) -> Option<Cause> {
    let aids = ties.backdrop.aids().filter(|_| !pair.money)?;
    let larger = pair.larger();
    let (large, small) = (pair.value(larger), pair.value(larger.other()));
    let named = |column: &String| finding.evidence.sides.iter().find_map(|side| rows::common(side, column));
    let item = aids.items().iter().find_map(named)?;
    let (factor, unit) = aids.unit(item, |factor| !small.is_zero() && small.checked_mul(factor) == Some(large))?;
    Some(Cause::UnitRatio { figure: pair.expression(larger), factor, unit: Some(unit) })
}

/// A slip of the fingers or of the unit.
fn slip(pair: &Pair<'_>) -> Option<Cause> {
    let (left, right) = digits::digits(pair.of[0], pair.of[1])?;
    let larger = pair.larger();
    let (large, small) = (pair.value(larger).checked_abs()?, pair.value(larger.other()).checked_abs()?);
    if pair.money {
        if let Some(places) = digits::shifted(large, small) {
            return Some(Cause::DecimalPoint { figure: pair.expression(larger), places });
        }
    } else if let Some(factor) = pack(large, small) {
        return Some(Cause::UnitRatio { figure: pair.expression(larger), factor, unit: None });
    }
    if let Some((left, right)) = digits::swapped(&left, &right) {
        return Some(Cause::SwappedDigits { left, right });
    }
    let (longer, shorter) = if left.len() > right.len() { (&left, &right) } else { (&right, &left) };
    let digit = digits::dropped(longer, shorter)?;
    Some(Cause::DroppedDigit { figure: pair.expression(larger.other()), digit })
}

fn pack(large: Amount, small: Amount) -> Option<Amount> {
    let is_so = |pack: &&i64| {
        small.checked_mul(Amount::from(**pack)) == Some(large) && (**pack >= BIG_PACK || small >= Amount::from(FEW))
    };
    PACKS.iter().find(is_so).map(|pack| Amount::from(*pack))
}

/// The smaller figure is that of some rows of a side whose rows together make the larger one.
fn partial(ties: &Ties<'_>, finding: &Finding, figure: &[(usize, &str)], pair: &Pair<'_>) -> Option<Cause> {
    let larger = pair.larger();
    let (full, part) = (pair.value(larger), pair.value(larger.other()));
    if full.is_negative() || part.is_negative() || part.is_zero() {
        return None;
    }
    figure.iter().find_map(|(side, column)| {
        let held = rows::whole(finding, &ties.side(*side).name)?;
        let amounts = rows::amounts(held, column)?;
        let fits = (2..=CHOSEN_FROM).contains(&amounts.len()) && rows::sum(&amounts) == Some(full);
        let parts = fits.then(|| fewest(&amounts, part)).flatten()?;
        Some(Cause::Partial { side: held.side.clone(), parts: u64::from(parts), of: amounts.len() as u64 })
    })
}

/// How many of some figures, at the fewest, add up to another.
fn fewest(amounts: &[Amount], wanted: Amount) -> Option<u32> {
    let scale = amounts.iter().chain([&wanted]).map(|amount| amount.scale()).max()?;
    let units: Vec<i128> = amounts.iter().map(|amount| Some(amount.rescale(scale)?.units())).collect::<Option<_>>()?;
    let wanted = wanted.rescale(scale)?.units();
    let adds_up = |choice: &u32| {
        let chosen = units.iter().enumerate().filter(|(place, _)| choice & (1 << place) != 0);
        chosen.map(|(_, units)| *units).try_fold(0_i128, i128::checked_add) == Some(wanted)
    };
    (1..(1_u32 << units.len()) - 1).filter(adds_up).map(u32::count_ones).min()
}

/// One figure is the other one at fewer digits, or both are sums of figures that were rounded each.
fn rounding(finding: &Finding, pair: &Pair<'_>) -> Option<Cause> {
    Which::BOTH.into_iter().find_map(|which| rounded(pair, which)).or_else(|| {
        let rows = finding.evidence.sides.iter().map(|side| side.total).max().filter(|rows| *rows > 1 && pair.money)?;
        let cents = pair.value(Which::Left).checked_sub(pair.value(Which::Right))?.checked_abs()?;
        // Each rounding is off by half a cent at most.
        (cents.checked_mul(Amount::from(2))? <= Amount::new(i128::from(rows), 2)).then_some(Cause::RoundedEach { rows })
    })
}

/// Whether one figure is the other one rounded half up, or cut, to whole units or to at least two digits less. A figure that happens to
/// be round and differs by next to nothing is not taken for it.
fn rounded(pair: &Pair<'_>, which: Which) -> Option<Cause> {
    let (coarse, fine) = (pair.value(which).normalised(), pair.value(which.other()).normalised());
    // Whole units stand out; one digit less after the point does not.
    if fine.scale() < coarse.scale() + if coarse.scale() == 0 { 1 } else { 2 } {
        return None;
    }
    let step = Amount::new(1, coarse.scale());
    let gap = fine.checked_sub(coarse)?.checked_abs()?;
    let telling = gap.checked_mul(Amount::from(10))? >= step;
    let is_cut = gap < step && fine.checked_abs()? > coarse.checked_abs()?;
    let is_half_up = gap.checked_mul(Amount::from(2))? <= step;
    (telling && (is_cut || is_half_up)).then(|| Cause::Rounded { figure: pair.expression(which), step })
}

/// The same figure under two currency codes.
fn currency_code(ties: &Ties<'_>, finding: &Finding, found: &Break) -> Option<Cause> {
    let check = ties.check(found)?;
    let value = |which| {
        let column = column(check, which)?;
        ties.value(finding, ties.index(column.side.as_deref()?)?, &column.column)
    };
    let (left, right) = (value(Which::Left)?, value(Which::Right)?);
    (left == right && !left.is_zero()).then_some(Cause::CurrencyCode { amount: left })
}
