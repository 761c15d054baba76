//! Decimals of any length, as sums are done on paper: digit by digit, with a carry.

use std::cmp::Ordering;
use std::fmt;

/// The largest number of 128 bits with a sign: what a figure may be while it is calculated with.
const WIDEST: &str = "170141183460469231731687303715884105727";

/// Digits of the longest figure that a column holds.
pub const COLUMN_DIGITS: usize = 38;

/// A decimal with `scale` digits behind the point.
#[derive(Clone, Debug)]
pub struct Figure {
    negative: bool,
    /// The units digit first, without leading zeros; empty for zero.
    digits: Vec<u8>,
    pub scale: usize,
}

impl Figure {
    fn new(negative: bool, mut digits: Vec<u8>, scale: usize) -> Figure {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Figure { negative: negative && !digits.is_empty(), digits, scale }
    }

    pub fn zero(scale: usize) -> Figure {
        Figure::new(false, Vec::new(), scale)
    }

    pub fn whole(number: usize) -> Figure {
        Figure::plain(&number.to_string())
    }

    /// Reads plain text (`-12.50`) of this module's own making; anything else is a mistake of the caller.
    pub fn plain(text: &str) -> Figure {
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = whole.bytes().chain(fraction.bytes()).rev().map(|digit| {
            assert!(digit.is_ascii_digit(), "{text} is no plain figure");
            digit - b'0'
        });
        Figure::new(negative, digits.collect(), fraction.len())
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn negated(&self) -> Figure {
        Figure::new(!self.negative, self.digits.clone(), self.scale)
    }

    pub fn absolute(&self) -> Figure {
        Figure::new(false, self.digits.clone(), self.scale)
    }

    /// The same value with at least `scale` digits behind the point.
    pub fn at(&self, scale: usize) -> Figure {
        let zeros = scale.saturating_sub(self.scale);
        let digits = std::iter::repeat_n(0, zeros).chain(self.digits.iter().copied()).collect();
        Figure::new(self.negative, digits, self.scale + zeros)
    }

    /// The same value without zeros at its end.
    pub fn shortest(&self) -> Figure {
        let mut short = self.clone();
        while short.scale > 0 && short.digits.first().is_none_or(|digit| *digit == 0) {
            if !short.digits.is_empty() {
                short.digits.remove(0);
            }
            short.scale -= 1;
        }
        short
    }

    /// How many digits it has at its scale.
    pub fn length(&self) -> usize {
        self.digits.len()
    }

    /// Whether it can be calculated with at its scale.
    pub fn fits(&self) -> bool {
        compare(&self.digits, &Figure::plain(WIDEST).digits).is_le()
    }

    pub fn plus(&self, other: &Figure) -> Figure {
        let scale = self.scale.max(other.scale);
        let (left, right) = (self.at(scale), other.at(scale));
        if left.negative == right.negative {
            return Figure::new(left.negative, add(&left.digits, &right.digits), scale);
        }
        match compare(&left.digits, &right.digits) {
            Ordering::Less => Figure::new(right.negative, subtract(&right.digits, &left.digits), scale),
            _ => Figure::new(left.negative, subtract(&left.digits, &right.digits), scale),
        }
    }

    pub fn minus(&self, other: &Figure) -> Figure {
        self.plus(&other.negated())
    }

    pub fn times(&self, other: &Figure) -> Figure {
        let mut product = Vec::new();
        for (place, digit) in other.digits.iter().enumerate() {
            for _ in 0..*digit {
                let shifted: Vec<u8> = std::iter::repeat_n(0, place).chain(self.digits.iter().copied()).collect();
                product = add(&product, &shifted);
            }
        }
        Figure::new(self.negative != other.negative, product, self.scale + other.scale)
    }
}

fn add(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum = Vec::new();
    for place in 0..left.len().max(right.len()) {
        let digit = |digits: &[u8]| digits.get(place).copied().unwrap_or_default();
        let total = digit(left) + digit(right) + carry;
        sum.push(total % 10);
        carry = total / 10;
    }
    sum.push(carry);
    sum
}

/// `left` is the larger one.
fn subtract(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrowed = 0;
    let mut rest = Vec::new();
    for (place, digit) in left.iter().enumerate() {
        let taken = right.get(place).copied().unwrap_or_default() + borrowed;
        borrowed = u8::from(*digit < taken);
        rest.push(digit + 10 * borrowed - taken);
    }
    rest
}

/// Digits without leading zeros: more of them are more.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let trimmed = |digits: &[u8]| digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let (one, other) = (trimmed(left), trimmed(right));
    one.cmp(&other).then_with(|| left[..one].iter().rev().cmp(right[..other].iter().rev()))
}

impl PartialEq for Figure {
    fn eq(&self, other: &Figure) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Figure {}

impl PartialOrd for Figure {
    fn partial_cmp(&self, other: &Figure) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Figure {
    fn cmp(&self, other: &Figure) -> Ordering {
        let difference = self.minus(other);
        match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits: Vec<u8> = self.digits.clone();
        while digits.len() <= self.scale {
            digits.push(0);
        }
        let mut text = String::new();
        for (place, digit) in digits.iter().enumerate().rev() {
            text.push(char::from(b'0' + digit));
            if place == self.scale && place > 0 {
                text.push('.');
            }
        }
        write!(f, "{}{text}", if self.negative { "-" } else { "" })
    }
}

#[test]
fn figures_are_calculated_as_on_paper() {
    let figure = Figure::plain;
    assert_eq!(figure("0.1").plus(&figure("0.2")), figure("0.3"));
    assert_eq!(figure("-0"), figure("0.00"));
    assert_eq!(figure("100").minus(&figure("100.01")).to_string(), "-0.01");
    assert_eq!(figure("-12.5").times(&figure("0.40")).to_string(), "-5.000");
    assert_eq!(figure("-12.50").shortest().to_string(), "-12.5");
    assert_eq!(figure("1000").shortest().to_string(), "1000");
    assert_eq!(figure("0.00").shortest().to_string(), "0");
    let nines = "9".repeat(60);
    assert_eq!(figure(&nines).plus(&figure("1")).to_string(), format!("1{}", "0".repeat(60)));
    assert!(figure(WIDEST).fits() && !figure(WIDEST).plus(&figure("1")).fits());
    assert!(figure("-2") < figure("-1.5") && figure("10") > figure("9.99"));
}
