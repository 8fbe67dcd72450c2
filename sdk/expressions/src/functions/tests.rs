//! The table runs, and the table is complete.

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, proptest};

use crate::{NoTable, Row, evaluate};

/// The table of the examples.
fn row(table: &str, key: &str) -> Row {
    let row = (key == "travel").then(|| r#"{"code":"493"}"#.to_owned());
    if table == "accounts" { Ok(row) } else { Err(NoTable) }
}

fn value(expression: &str, input: &str) -> String {
    match evaluate(&[expression], input, "{}", row) {
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
    let described = super::all().map(|function| {
        let arguments = function.call.split_once('(').map_or(0, |(_, a)| a.split(';').count());
        (function.name(), arguments)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), callable.collect::<BTreeSet<_>>());
}

#[test]
fn the_listing_for_people_is_current() {
    let listing = super::listing();
    let examples = super::all().flat_map(|function| function.examples);
    assert_eq!(listing.matches("| `").count(), 3 * examples.count());
    assert!(
        listing == include_str!("../../FUNCTIONS.md"),
        "write it anew with `cargo run -p jackfield-expressions --example functions`"
    );
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

#[test]
fn a_lookup_without_an_answer_says_what_to_do() {
    let got = value(r#"lookup("accounts"; .)"#, "\"boats\"");
    assert!(got.starts_with("the table `accounts` has no such key; add it, or say"), "{got}");
    assert_eq!(value(r#"lookup("accounts"; .; error("no code"))"#, "1"), "no code");
    assert_eq!(value(r#"lookup("rates"; .; 1)"#, "1"), "there is no table `rates` for `lookup`");
    assert!(value(r#"lookup("accounts"; [1]; 1)"#, "1").contains("a string or a number"));
}

#[test]
fn a_time_without_an_offset_is_no_moment() {
    let refused = "`to_utc` wants a time with its offset, such as \"2026-01-31T08:00:00Z\"";
    assert_eq!(value("to_utc", "\"2026-01-31T08:00:00\""), refused);
    let refused = value(r#"from_local("Europe/London")"#, "\"2026-01-31T08:00:00Z\"");
    assert!(refused.contains("without an offset"), "{refused}");
    let refused = value(r#"in_zone("Europe/Londn")"#, "\"2026-01-31T08:00:00Z\"");
    assert!(refused.contains("a zone of the IANA database"), "{refused}");
}

#[test]
fn a_pattern_asks_only_for_what_is_there() {
    assert!(value(r#"date_format("%H %q")"#, "\"2026-01-31\"").contains("wants a pattern"));
    assert_eq!(value(r#"date_parse("%d/%m/%Y")"#, "\"1/2\""), "null");
    assert_eq!(value(r#"date_format("%H:%M")"#, "\"2026-01-31T08:05:00\""), "\"08:05\"");
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
    fn the_parts_of_an_amount_add_up_to_it(cents in -1_000_000_i64..1_000_000, parts in 1..40) {
        let input = format!("\"{}\"", amount(cents));
        assert_eq!(value(&format!("dec_split({parts}; 2) | dec_sum"), &input), input);
    }

    #[test]
    fn the_clocks_of_a_zone_show_the_same_moment(second in 0..4_000_000_000_u32) {
        for zone in ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"] {
            let program = format!("todate as $at | $at | in_zone(\"{zone}\") | to_utc == $at");
            assert_eq!(value(&program, &second.to_string()), "true");
        }
    }

    #[test]
    fn working_days_there_are_working_days_back(start in 0..20_000_i32, days in 0..400_i32) {
        let program = format!(
            "\"1990-01-01\" | date_add_days({start}) | date_add_business_days(0) as $from | $from \
             | date_add_business_days({days}) | date_add_business_days(-{days}) == $from");
        assert_eq!(value(&program, "null"), "true");
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
