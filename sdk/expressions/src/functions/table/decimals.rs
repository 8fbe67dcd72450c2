//! Exact decimals, currencies.

use super::{Function, gives};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        call: "dec_add(a; b)",
        doc: "The exact sum of two decimals. Decimals are strings or numbers; results are \
              strings.",
        examples: &[
            gives("dec_add(.net; .tax)", r#"{"net":"0.10","tax":"0.20"}"#, r#""0.30""#),
            gives("dec_add(.; 0.01)", "99999999999999999.99", r#""100000000000000000.00""#),
        ],
    },
    Function {
        call: "dec_sub(a; b)",
        doc: "The exact difference of two decimals.",
        examples: &[gives(
            "dec_sub(.gross; .tax)",
            r#"{"gross":"119.00","tax":19}"#,
            r#""100.00""#,
        )],
    },
    Function {
        call: "dec_mul(a; b)",
        doc: "The exact product of two decimals; it has the places of both together.",
        examples: &[gives(
            "dec_mul(.price; .count)",
            r#"{"price":"19.99","count":3}"#,
            r#""59.97""#,
        )],
    },
    Function {
        call: "dec_div(a; b; places)",
        doc: "The quotient of two decimals, rounded half away from zero to `places`.",
        examples: &[
            gives("dec_div(.; 3; 2)", r#""100.00""#, r#""33.33""#),
            gives("dec_div(.; 8; 2)", "1", r#""0.13""#),
        ],
    },
    Function {
        call: "dec_round(places)",
        doc: "The input rounded half away from zero, with exactly so many places. Wherever a \
              function takes `places`, a currency code stands for the places of that currency.",
        examples: &[
            gives("dec_round(2)", r#""2.345""#, r#""2.35""#),
            gives("dec_round(2)", "-2.345", r#""-2.35""#),
            gives("dec_round(2)", "7", r#""7.00""#),
            gives(r#"dec_round("JPY")"#, r#""199.5""#, r#""200""#),
        ],
    },
    Function {
        call: "dec_round_even(places)",
        doc: "The input rounded half to the even digit, as banks round.",
        examples: &[
            gives("dec_round_even(2)", r#""2.345""#, r#""2.34""#),
            gives("dec_round_even(2)", r#""2.355""#, r#""2.36""#),
        ],
    },
    Function {
        call: "dec_percent(rate; places)",
        doc: "So many per cent of the input, rounded half away from zero to `places`.",
        examples: &[gives(r#".net | dec_percent("8.1"; 2)"#, r#"{"net":"49.90"}"#, r#""4.04""#)],
    },
    Function {
        call: "dec_sum",
        doc: "The exact sum of an array of decimals; `\"0\"` where it is empty.",
        examples: &[
            gives("[.[].total] | dec_sum", r#"[{"total":"0.1"},{"total":"0.20"}]"#, r#""0.30""#),
            gives("dec_sum", "[]", r#""0""#),
        ],
    },
    Function {
        call: "dec_split(parts; places)",
        doc: "The input in so many parts that differ by one minor unit at most and add up to \
              it; the first are the larger. It fails where a digit would be lost.",
        examples: &[
            gives("dec_split(3; 2)", r#""100.00""#, r#"["33.34","33.33","33.33"]"#),
            gives(r#"dec_split(2; "JPY")"#, r#""-5""#, r#"["-3","-2"]"#),
        ],
    },
    Function {
        call: "dec_compare(a; b)",
        doc: "-1, 0 or 1 where the first decimal is less than, equal to or more than the second. \
              (`<` compares strings letter by letter.)",
        examples: &[
            gives("dec_compare(.[0]; .[1])", r#"["9.5","10.00"]"#, "-1"),
            gives("dec_compare(.[0]; .[1])", r#"["1.50",1.5]"#, "0"),
        ],
    },
    Function {
        call: "dec_parse(mark)",
        doc: "The decimal that people write with `mark` before the places and other marks \
              between the thousands; null where it is none.",
        examples: &[
            gives(r#"dec_parse(",")"#, r#""1.234,50""#, r#""1234.50""#),
            gives(r#"dec_parse(".")"#, r#""12'000""#, r#""12000""#),
            gives(r#"dec_parse(",")"#, r#""1.5""#, "null"),
        ],
    },
    Function {
        call: "dec_from_minor(places)",
        doc: "An amount in minor units, such as cents, as a decimal with so many places.",
        examples: &[
            gives("dec_from_minor(2)", "1999", r#""19.99""#),
            gives("dec_from_minor(0)", "500", r#""500""#),
            gives(r#"dec_from_minor("KWD")"#, "1500", r#""1.500""#),
        ],
    },
    Function {
        call: "dec_to_minor(places)",
        doc: "A decimal in minor units, such as cents, as an integer. It fails where a digit \
              would be lost.",
        examples: &[gives("dec_to_minor(2)", r#""19.9""#, "1990")],
    },
    Function {
        call: "currency_places",
        doc: "How many places amounts in the currency have, by ISO 4217; null where the code \
              is not known.",
        examples: &[
            gives("currency_places", r#""eur""#, "2"),
            gives("currency_places", r#""JPY""#, "0"),
            gives("currency_places", r#""BTC""#, "null"),
        ],
    },
];
