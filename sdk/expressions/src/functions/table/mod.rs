//! What every function does, with examples. The tests run each example, and the listing for
//! people is made from the same lines, so that it cannot say what is not so.

mod data;
mod dates;
mod decimals;
mod texts;
mod values;

use super::{Example, Function};

/// An expression, its input and its value.
const fn gives(expression: &'static str, input: &'static str, output: &'static str) -> Example {
    Example { expression, input, output }
}

/// Every function of this crate, by subject.
pub(super) const SUBJECTS: [(&str, &[Function]); 5] = [
    ("Decimals and currencies", decimals::FUNCTIONS),
    ("Texts, telephone numbers, names, addresses", texts::FUNCTIONS),
    ("Value maps and lookups", values::FUNCTIONS),
    ("Dates, times and zones", dates::FUNCTIONS),
    ("Data of other systems", data::FUNCTIONS),
];
