//! What every function does, with examples. The tests run each example, and the listing for
//! people is made from the same lines, so that it cannot say what is not so.

use super::{Example, Function};

/// An expression, its input and its value.
const fn gives(expression: &'static str, input: &'static str, output: &'static str) -> Example {
    Example { expression, input, output }
}

/// Every function of this crate, by subject.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        call: "dec_add(a; b)",
        doc: "The exact sum of two decimals. Decimals are strings or numbers; results are strings.",
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
        doc: "The input rounded half away from zero, with exactly so many places.",
        examples: &[
            gives("dec_round(2)", r#""2.345""#, r#""2.35""#),
            gives("dec_round(2)", "-2.345", r#""-2.35""#),
            gives("dec_round(2)", "7", r#""7.00""#),
        ],
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
        call: "dec_compare(a; b)",
        doc: "-1, 0 or 1 where the first decimal is less than, equal to or more than the second. \
              (`<` compares strings letter by letter.)",
        examples: &[
            gives("dec_compare(.[0]; .[1])", r#"["9.5","10.00"]"#, "-1"),
            gives("dec_compare(.[0]; .[1])", r#"["1.50",1.5]"#, "0"),
        ],
    },
    Function {
        call: "dec_from_minor(places)",
        doc: "An amount in minor units, such as cents, as a decimal with so many places.",
        examples: &[
            gives("dec_from_minor(2)", "1999", r#""19.99""#),
            gives("dec_from_minor(0)", "500", r#""500""#),
        ],
    },
    Function {
        call: "dec_to_minor(places)",
        doc: "A decimal in minor units, such as cents, as an integer. It fails where a digit \
              would be lost.",
        examples: &[gives("dec_to_minor(2)", r#""19.9""#, "1990")],
    },
    Function {
        call: "trim_or_null",
        doc: "The text without the space around it; null for null and where nothing is left.",
        examples: &[
            gives("trim_or_null", r#"" Acme  Ltd ""#, r#""Acme  Ltd""#),
            gives("trim_or_null", r#""  ""#, "null"),
        ],
    },
    Function {
        call: "truncate(chars)",
        doc: "The first characters of the text, and no space at the cut; null for null.",
        examples: &[
            gives("truncate(4)", r#""Zürich""#, r#""Züri""#),
            gives("truncate(5)", r#""Acme Ltd""#, r#""Acme""#),
        ],
    },
    Function {
        call: "normalise_email",
        doc: "The address trimmed and in lower case, so that two of them compare; null where it \
              is not an address.",
        examples: &[
            gives("normalise_email", r#"" Ada@Example.COM""#, r#""ada@example.com""#),
            gives("normalise_email", r#""none""#, "null"),
        ],
    },
    Function {
        call: "split_name",
        doc: "A full name as `first` and `last`, either of them null where it is missing. \
              Particles in lower case begin the last name; a comma puts it first.",
        examples: &[
            gives(
                "split_name",
                r#""Ada King Lovelace""#,
                r#"{"first":"Ada King","last":"Lovelace"}"#,
            ),
            gives(
                "split_name",
                r#""Ludwig van Beethoven""#,
                r#"{"first":"Ludwig","last":"van Beethoven"}"#,
            ),
            gives("split_name", r#""Lovelace, Ada""#, r#"{"first":"Ada","last":"Lovelace"}"#),
            gives("split_name", r#""Sting""#, r#"{"first":"Sting","last":null}"#),
            gives("split_name", "null", r#"{"first":null,"last":null}"#),
        ],
    },
    Function {
        call: "join_name",
        doc: "The members `first` and `last` as a full name; null where both are missing.",
        examples: &[
            gives("join_name", r#"{"first":"Ada","last":"Lovelace"}"#, r#""Ada Lovelace""#),
            gives("join_name", r#"{"first":null,"last":"  "}"#, "null"),
        ],
    },
    Function {
        call: "map_value(table; otherwise)",
        doc: "What the table has for the input, and `otherwise` for anything else. It is \
              evaluated only then, so that it may be `error(\"…\")`.",
        examples: &[
            gives(r#"map_value({won: "closed"}; "open")"#, r#""won""#, r#""closed""#),
            gives(r#"map_value({won: "closed"}; "open")"#, "null", r#""open""#),
            gives(r#"map_value({"1": "high"}; error("unknown priority"))"#, "1", r#""high""#),
        ],
    },
    Function {
        call: "date_only",
        doc: "The date of an ISO date or time, as its sender wrote it.",
        examples: &[gives("date_only", r#""2026-01-31T23:30:00-05:00""#, r#""2026-01-31""#)],
    },
    Function {
        call: "date_add_days(days)",
        doc: "The date so many days later; earlier where the number is negative.",
        examples: &[
            gives("date_add_days(30)", r#""2026-01-31""#, r#""2026-03-02""#),
            gives("date_add_days(-1)", r#""2024-03-01T08:00:00Z""#, r#""2024-02-29""#),
        ],
    },
    Function {
        call: "date_add_months(months)",
        doc: "The same day so many months later, or the last day of a month that is shorter.",
        examples: &[gives("date_add_months(1)", r#""2026-01-31""#, r#""2026-02-28""#)],
    },
    Function {
        call: "date_days_until(date)",
        doc: "How many days from the input to the other date; negative where that is earlier.",
        examples: &[gives(r#"date_days_until("2026-01-31")"#, r#""2026-01-01""#, "30")],
    },
];
