//! Exact amounts out of JSON numbers and back.
//!
//! Promises that no sum is made in floating point: a JSON number becomes a decimal by its text.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

/// The amount that a JSON number spells; none for anything else, a text too.
pub fn read(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// The JSON number nearest to an amount.
pub fn write(amount: Decimal) -> Value {
    let nearest = amount.to_string().parse().ok().and_then(Number::from_f64);
    nearest.map_or(Value::Null, Value::Number)
}

/// Rounds as the vendor does: half away from zero.
pub fn round(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
