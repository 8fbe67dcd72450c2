//! Money and quantities, exact to the last digit. A decimal is read from the digits as the
//! system wrote them and written as text; it is never a float on the way.
//! One value has one text, so texts of equal amounts are equal.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The most digits after the point, and the largest exponent.
const MAX_SCALE: u32 = 28;

/// The most digits in all; every value of so many digits fits in an `i128`.
const MAX_DIGITS: usize = 38;

/// An exact decimal number, such as an amount of money: up to 38 digits, 28 of them after the
/// point.
///
/// In JSON it is read from a number or a text and written as a text in its one canonical form:
/// no exponent, no `+`, no zeros that say nothing (`10.50` is `10.5`).
///
/// Reading a *number* exactly needs its text, so decode structs with a `Decimal` straight from
/// text or bytes ([`Reply::json`](crate::Reply::json), [`Delivery::json`](crate::Delivery::json),
/// [`Call::input`](crate::Call::input)), and not through `serde_json::Value`, whose numbers are
/// floats; `#[serde(flatten)]` and untagged enums around one are refused by serde.
///
/// ```
/// use jackfield_sdk::Decimal;
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Line { amount: Decimal }
///
/// let line: Line = serde_json::from_str(r#"{"amount": 1000000000000000.10}"#).unwrap();
/// assert_eq!(serde_json::to_string(&line).unwrap(), r#"{"amount":"1000000000000000.1"}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    /// The value times ten to the `scale`; never with a zero that could be taken off.
    units: i128,
    scale: u32,
}

/// Why a text is no [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// Not digits with at most one point and exponent.
    Syntax,
    /// More than 38 digits, or more than 28 after the point.
    Size,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not a decimal number, such as `12.50`",
            Self::Size => "a decimal number of more than 38 digits, or 28 after the point",
        })
    }
}

impl std::error::Error for DecimalError {}

impl Decimal {
    /// Nothing at all.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// `units` of which `10^scale` make one: `from_minor(1050, 2)` is `10.5`. None if `scale` is
    /// over 28 and cannot be taken down to it.
    pub fn from_minor(units: i128, scale: u32) -> Option<Self> {
        let (mut units, mut scale) = (units, scale);
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
            if units == 0 {
                scale = 0;
            }
        }
        let digits = units.unsigned_abs().to_string().len();
        (scale <= MAX_SCALE && digits <= MAX_DIGITS).then_some(Self { units, scale })
    }

    /// How many units there are of which `10^scale` make one: `10.5` has 1050 cents
    /// (`to_minor(2)`). None if some would be lost, or if it is too large.
    pub fn to_minor(self, scale: u32) -> Option<i128> {
        let shift = scale.checked_sub(self.scale)?;
        self.units.checked_mul(10i128.checked_pow(shift)?)
    }

    /// The exact sum; none if it is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_minor(self.to_minor(scale)?.checked_add(other.to_minor(scale)?)?, scale)
    }

    /// The exact product; none if it is too large or too fine.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Self::from_minor(self.units.checked_mul(other.units)?, self.scale + other.scale)
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.units == 0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        // One digit more than the scale, so that there is one before the point.
        let width = self.scale as usize + 1;
        let digits = format!("{:0>width$}", self.units.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads JSON's number syntax, and also `+` and zeros in front.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i32>().map_err(|_| DecimalError::Syntax)?)
            }
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits || unsigned.ends_with('.') {
            return Err(DecimalError::Syntax);
        }
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Ok(Self::ZERO);
        }
        let shift = (significant.len() - trimmed.len()) as i64;
        let scale = fraction.len() as i64 - shift - i64::from(exponent);
        scaled(trimmed, scale, negative).ok_or(DecimalError::Size)
    }
}

/// The value of `digits` that end `scale` places behind the point, or before it if negative.
fn scaled(digits: &str, scale: i64, negative: bool) -> Option<Decimal> {
    if digits.len() > MAX_DIGITS {
        return None;
    }
    let magnitude: i128 = digits.parse().ok()?;
    let units = if negative { -magnitude } else { magnitude };
    match u32::try_from(scale) {
        Ok(scale) => Decimal::from_minor(units, scale),
        Err(_) => {
            let shift = u32::try_from(-scale).ok()?;
            Decimal::from_minor(units.checked_mul(10i128.checked_pow(shift)?)?, 0)
        }
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self { units: whole.into(), scale: 0 }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let parsed = match text.starts_with('"') {
            true => serde_json::from_str::<String>(text).map_err(D::Error::custom)?.parse(),
            false => text.parse(),
        };
        parsed.map_err(D::Error::custom)
    }
}

/// For `#[serde(with = "jackfield_sdk::as_number")]`: writes a [`Decimal`] as a JSON number, for
/// systems that accept nothing else. Write the struct straight to text
/// ([`Request::json`](crate::Request::json)), where the digits stay exact.
pub mod as_number {
    use super::{Decimal, Deserialize, Deserializer, RawValue, Serialize, Serializer};

    /// Writes the digits as a JSON number.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        RawValue::from_string(value.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }

    /// Reads a number or a text.
    ///
    /// # Errors
    /// What is no decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Decimal::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(input: &str) -> String {
        input.parse::<Decimal>().unwrap().to_string()
    }

    #[test]
    fn one_value_has_one_text() {
        for input in ["10.5", "10.50", "+010.500", "1.05e1", "105E-1", "1050e-2"] {
            assert_eq!(text(input), "10.5", "{input}");
        }
        for input in ["0", "-0", "0.00", "0e99", "-0.0E-5"] {
            assert_eq!(text(input), "0", "{input}");
        }
        assert_eq!(text("-0.001"), "-0.001");
        assert_eq!(text("12e2"), "1200");
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for input in ["", ".", "1.", ".5", "-", "1,5", "1e", "1e1.5", "NaN", " 1", "1_0", "--1"] {
            assert_eq!(input.parse::<Decimal>(), Err(DecimalError::Syntax), "{input:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_and_never_rounded() {
        for input in ["1e-29", "1e39", "1e2147483647", "1e-2147483648", &"9".repeat(39)] {
            assert_eq!(input.parse::<Decimal>(), Err(DecimalError::Size), "{input}");
        }
    }

    #[test]
    fn a_number_that_no_float_holds_is_read_exactly() {
        let amount: Decimal = serde_json::from_str("9007199254740993.01").unwrap();
        assert_eq!(amount.to_string(), "9007199254740993.01");
        assert!(serde_json::from_str::<Decimal>("true").is_err());
        assert!(serde_json::from_str::<Decimal>("null").is_err());
        assert_eq!(serde_json::from_str::<Option<Decimal>>("null").unwrap(), None);
    }

    #[test]
    fn a_number_is_written_where_a_system_wants_one() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Line {
            #[serde(with = "as_number")]
            amount: Decimal,
        }
        let line = r#"{"amount":9007199254740993.01}"#;
        let read: Line = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }

    #[test]
    fn minor_units_are_never_lost() {
        let amount: Decimal = "10.5".parse().unwrap();
        assert_eq!(amount.to_minor(2), Some(1050));
        assert_eq!(amount.to_minor(0), None);
        assert_eq!(Decimal::from_minor(1050, 2), Some(amount));
        assert_eq!(Decimal::from_minor(0, u32::MAX), Some(Decimal::ZERO));
        assert_eq!(Decimal::from_minor(1, 29), None);
    }

    #[test]
    fn sums_and_products_are_exact() {
        let (a, b) = ("0.1".parse::<Decimal>().unwrap(), "0.2".parse::<Decimal>().unwrap());
        assert_eq!(a.checked_add(b).unwrap().to_string(), "0.3");
        assert_eq!(a.checked_mul(b).unwrap().to_string(), "0.02");
    }

    proptest! {
        #[test]
        fn text_reads_back_as_the_same_value(units in any::<i64>(), scale in 0u32..=28) {
            let value = Decimal::from_minor(units.into(), scale).unwrap();
            prop_assert_eq!(value.to_string().parse::<Decimal>().unwrap(), value);
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_panics(input in "[-+0-9.eE]{0,60}") {
            let _ = input.parse::<Decimal>();
        }

        #[test]
        fn zeros_at_the_end_change_nothing(units in any::<i32>(), scale in 0u32..9, zeros in 0usize..9) {
            let plain = Decimal::from_minor(units.into(), scale).unwrap();
            let fraction = if plain.scale == 0 { "." } else { "" };
            let longer = format!("{plain}{fraction}0{}", "0".repeat(zeros));
            prop_assert_eq!(longer.parse::<Decimal>().unwrap(), plain);
        }
    }
}
