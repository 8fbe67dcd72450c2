//! The table runs, and the table is complete.

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, proptest};

use crate::evaluate;

fn value(expression: &str, input: &str) -> String {
    match evaluate(&[expression], input, "{}") {
        Ok(values) => values.concat(),
        Err(failure) => failure.to_string(),
    }
}

#[test]
fn every_example_gives_what_the_table_says() {
    for function in super::all() {
        assert!(!function.examples.is_empty(), "{} has no example", function.call);
        for example in function.examples {
            let got = value(example.expression, example.input);
            assert_eq!(got, example.output, "{} of {}", example.expression, example.input);
            assert!(example.expression.contains(function.name()), "{}", example.expression);
        }
    }
}

#[test]
fn the_table_has_every_function_and_no_other() {
    let text = include_str!("definitions.jq");
    let defined = jaq_core::load::parse(text, |parser| parser.defs()).unwrap();
    let callable = defined.iter().map(|def| (def.name, def.args.len()));
    let callable = callable.chain(super::natives().map(|(name, args, _)| (name, args.len())));
    let described = super::all().iter().map(|function| {
        let arguments = function.call.split_once('(').map_or(0, |(_, a)| a.split(';').count());
        (function.name(), arguments)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), callable.collect::<BTreeSet<_>>());
}

#[test]
fn the_listing_shows_every_example() {
    let listing = super::listing();
    let examples = super::all().iter().flat_map(|function| function.examples);
    assert_eq!(listing.matches("| `").count(), 3 * examples.count());
    assert!(listing.contains("### `dec_add(a; b)`"));
}

#[test]
fn what_is_no_decimal_is_refused_without_repeating_it() {
    let refused = "`dec_round` wants a decimal such as \"12.50\"";
    for input in ["\"1,99\"", "\"1_000\"", "\"abc\"", "\"\"", "null", "true", "[1]"] {
        let got = value("dec_round(2)", input);
        assert!(got.starts_with(refused), "{input} gave {got}");
    }
}

#[test]
fn an_amount_with_an_exponent_is_a_decimal() {
    assert_eq!(value("dec_round(2)", "1.5e3"), "\"1500.00\"");
    assert_eq!(value("dec_add(.; 0)", "25e-4"), "\"0.0025\"");
}

#[test]
fn a_result_that_would_lose_a_digit_fails() {
    let long = "\"9999999999999999999999999.999\"";
    assert!(value("dec_mul(.; .)", long).contains("more than 28 digits"));
    assert!(value("dec_add(.; \"0.00001\")", long).contains("more than 28 digits"));
    assert!(value("dec_to_minor(2)", "\"1.999\"").contains("would lose digits"));
    assert!(value("dec_from_minor(2)", "\"1.5\"").contains("whole number"));
    assert_eq!(value("dec_div(1; 0; 2)", "null"), "`dec_div` cannot divide by zero");
}

#[test]
fn zero_has_no_sign() {
    assert_eq!(value("dec_round(2)", "\"-0.001\""), "\"0.00\"");
}

#[test]
fn a_value_map_without_an_answer_says_so() {
    let got = value("map_value({a: 1}; error(\"no stage for this\"))", "\"b\"");
    assert_eq!(got, "no stage for this");
    assert_eq!(value("map_value({a: null}; 1)", "\"a\""), "null");
}

#[test]
fn a_date_in_another_shape_is_refused() {
    for input in ["\"31.01.2026\"", "\"20260131\"", "\"2026-02-30\"", "\"2026-1-1\""] {
        let got = value("date_only", input);
        assert_eq!(got, "`date_only` wants a date such as \"2026-01-31\"", "{input}");
    }
    assert!(value("date_add_days(1)", "\"9999-12-31\"").contains("leaves the years"));
    assert!(value("date_add_days(1.5)", "\"2026-01-01\"").contains("whole number"));
}

/// An amount of so many cents, with two places.
fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sums_of_money_are_sums_of_cents(a in -1_000_000_000_i64..1_000_000_000,
                                       b in -1_000_000_000_i64..1_000_000_000) {
        let input = format!("[\"{}\",{}]", amount(a), amount(b));
        assert_eq!(value("dec_add(.[0]; .[1])", &input), format!("\"{}\"", amount(a + b)));
        assert_eq!(value("dec_sum", &input), format!("\"{}\"", amount(a + b)));
        assert_eq!(value("dec_compare(.[0]; .[1])", &input), (a.cmp(&b) as i8).to_string());
    }

    #[test]
    fn minor_units_come_back_as_they_went(cents in -1_000_000_000_000_i64..1_000_000_000_000) {
        let there_and_back = "dec_from_minor(2) | dec_to_minor(2)";
        assert_eq!(value(there_and_back, &cents.to_string()), cents.to_string());
    }

    #[test]
    fn days_there_are_days_back(start in 0..700_000_i32, days in -300_000..300_000_i32) {
        let program = format!(
            "\"0900-01-01\" | date_add_days({start}) as $from | ($from | date_add_days({days})) \
             as $to | $from | date_days_until($to)");
        assert_eq!(value(&program, "null"), days.to_string());
    }

    #[test]
    fn names_are_split_and_joined_again(first in "[A-Z][a-z]{1,8}", last in "[A-Z][a-z]{1,8}") {
        let name = format!("\"{first} {last}\"");
        assert_eq!(value("split_name | join_name", &name), name);
    }
}
