//! Exact decimals at the edges of frames: money and quantities as scaled integers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most fractional digits an [`Amount`] or a decimal column may have.
pub const MAX_SCALE: u8 = 18;

/// An exact decimal: `units` divided by ten to the power of `scale`.
///
/// Two amounts are equal when their values are, whatever their scales (`1.50 == 1.5`). Arithmetic never rounds
/// and never wraps: it answers `None` when the result does not fit.
#[derive(Clone, Copy)]
pub struct Amount {
    units: i128,
    scale: u8,
}

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    #[error("it is not a decimal number")]
    NotANumber,
    #[error("it has more than {MAX_SCALE} digits after the point")]
    TooFine,
    #[error("it has more digits than fit")]
    TooLarge,
}

impl Amount {
    pub const ZERO: Amount = Amount { units: 0, scale: 0 };

    /// `units` counted in `10^-scale`. A scale over [`MAX_SCALE`] is a mistake of the caller.
    pub fn new(units: i128, scale: u8) -> Self {
        assert!(scale <= MAX_SCALE, "an amount has at most {MAX_SCALE} fractional digits");
        Amount { units, scale }
    }

    pub fn units(self) -> i128 {
        self.units
    }

    pub fn scale(self) -> u8 {
        self.scale
    }

    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    pub fn is_negative(self) -> bool {
        self.units < 0
    }

    /// The same value at another scale; `None` when that would need rounding or does not fit.
    pub fn rescale(self, scale: u8) -> Option<Amount> {
        if scale > MAX_SCALE {
            return None;
        }
        if scale >= self.scale {
            let units = self.units.checked_mul(power_of_ten(scale - self.scale))?;
            return Some(Amount { units, scale });
        }
        let divisor = power_of_ten(self.scale - scale);
        (self.units % divisor == 0).then(|| Amount { units: self.units / divisor, scale })
    }

    /// The same value without trailing zeros: the one form in which equal amounts are written alike.
    pub fn normalised(self) -> Amount {
        let Amount { mut units, mut scale } = self;
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Amount { units, scale }
    }

    pub fn checked_add(self, other: Amount) -> Option<Amount> {
        let scale = self.scale.max(other.scale);
        let units = self.rescale(scale)?.units.checked_add(other.rescale(scale)?.units)?;
        Some(Amount { units, scale })
    }

    pub fn checked_sub(self, other: Amount) -> Option<Amount> {
        self.checked_add(other.checked_neg()?)
    }

    /// The exact product; `None` when it overflows or is finer than [`MAX_SCALE`] allows.
    pub fn checked_mul(self, other: Amount) -> Option<Amount> {
        let (left, right) = (self.normalised(), other.normalised());
        let scale = left.scale + right.scale;
        if scale > MAX_SCALE {
            return None;
        }
        Some(Amount { units: left.units.checked_mul(right.units)?, scale })
    }

    /// The product at `scale`, rounded half away from zero; `None` when it does not fit.
    pub fn checked_mul_rounded(self, other: Amount, scale: u8) -> Option<Amount> {
        let (left, right) = (self.normalised(), other.normalised());
        let (product, held) = (left.units.checked_mul(right.units)?, left.scale + right.scale);
        if held <= scale {
            return Some(Amount { units: product.checked_mul(power_of_ten(scale - held))?, scale });
        }
        let divisor = power_of_ten(held - scale);
        let (whole, rest) = (product / divisor, product % divisor);
        let away =
            if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() { product.signum() } else { 0 };
        Some(Amount { units: whole.checked_add(away)?, scale })
    }

    pub fn checked_neg(self) -> Option<Amount> {
        Some(Amount { units: self.units.checked_neg()?, scale: self.scale })
    }

    pub fn checked_abs(self) -> Option<Amount> {
        Some(Amount { units: self.units.checked_abs()?, scale: self.scale })
    }

    /// The value in ten-thousandths, for the store's sortable integer column. Digits beyond the fourth are cut
    /// towards zero there (the exact text stands beside it); `None` when it does not fit 64 bits.
    pub fn ten_thousandths(self) -> Option<i64> {
        let units = if self.scale <= 4 {
            self.units.checked_mul(power_of_ten(4 - self.scale))?
        } else {
            self.units / power_of_ten(self.scale - 4)
        };
        i64::try_from(units).ok()
    }
}

/// `10^exponent`. Exponents stay at or below [`MAX_SCALE`] or 38, both of which fit.
pub(crate) fn power_of_ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

impl Default for Amount {
    fn default() -> Self {
        Amount::ZERO
    }
}

impl From<i64> for Amount {
    fn from(units: i64) -> Self {
        Amount { units: i128::from(units), scale: 0 }
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Amount {}

impl std::hash::Hash for Amount {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let Amount { units, scale } = self.normalised();
        units.hash(state);
        scale.hash(state);
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    /// Whole parts first, then fractions brought to one scale: no step can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (power_of_ten(self.scale), power_of_ten(other.scale));
        let scale = self.scale.max(other.scale);
        (self.units / left).cmp(&(other.units / right)).then_with(|| {
            let left = (self.units % left) * power_of_ten(scale - self.scale);
            let right = (other.units % right) * power_of_ten(scale - other.scale);
            left.cmp(&right)
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.units.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if self.units < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        f.pad(&format!("{sign}{whole}{point}{fraction}"))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({self})")
    }
}

impl FromStr for Amount {
    type Err = AmountFault;

    /// Reads plain decimal text: an optional sign, ASCII digits, an optional point with digits. Keeps the scale as
    /// written. No exponent, no separators: those are the business of a column's normalising.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountFault::NotANumber);
        }
        if body.ends_with('.') {
            return Err(AmountFault::NotANumber);
        }
        let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_SCALE);
        let scale = scale.ok_or(AmountFault::TooFine)?;
        let mut units: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let grown = units.checked_mul(10).and_then(|units| units.checked_add(i128::from(digit - b'0')));
            units = grown.ok_or(AmountFault::TooLarge)?;
        }
        Ok(Amount { units: if negative { -units } else { units }, scale })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in a currency. Figures of different currencies are never added nor compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub currency: String,
    pub amount: Amount,
}

/// A sum per currency, kept in currency order.
///
/// It serialises as a map from currency to exact text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Purse(pub std::collections::BTreeMap<String, Amount>);

impl Purse {
    /// Adds one figure; `false` when the sum no longer fits, in which case the purse keeps its former figure.
    #[must_use]
    pub fn add(&mut self, currency: &str, amount: Amount) -> bool {
        let held = self.0.get(currency).copied().unwrap_or_default();
        match held.checked_add(amount) {
            Some(sum) => {
                self.0.insert(currency.to_owned(), sum);
                true
            }
            None => false,
        }
    }

    /// Keeps the larger of what it holds and `amount`: how an exception counts its largest break.
    pub fn keep_largest(&mut self, currency: &str, amount: Amount) {
        let held = self.0.entry(currency.to_owned()).or_insert(amount);
        if amount > *held {
            *held = amount;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Amount)> {
        self.0.iter().map(|(currency, amount)| (currency.as_str(), *amount))
    }
}
