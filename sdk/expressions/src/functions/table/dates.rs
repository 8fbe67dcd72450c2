//! Dates, times and zones.

use super::{Function, gives};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        call: "date_only",
        doc: "The date of an ISO date or time, as its sender wrote it.",
        examples: &[gives("date_only", r#""2026-01-31T23:30:00-05:00""#, r#""2026-01-31""#)],
    },
    Function {
        call: "date_parse(pattern)",
        doc: "The date that a text is in the form that a pattern of `strftime` describes; null \
              where it is none.",
        examples: &[
            gives(r#"date_parse("%d/%m/%Y")"#, r#""31/1/2026""#, r#""2026-01-31""#),
            gives(r#"date_parse("%d/%m/%Y")"#, r#""31/2/2026""#, "null"),
        ],
    },
    Function {
        call: "date_format(pattern)",
        doc: "The date or time in the form that a pattern of `strftime` describes; a time \
              keeps its own offset.",
        examples: &[
            gives(r#"date_format("%d.%m.%Y")"#, r#""2026-01-31""#, r#""31.01.2026""#),
            gives(
                r#"date_format("%a %-d %b, %H:%M")"#,
                r#""2026-01-31T08:05:00+01:00""#,
                r#""Sat 31 Jan, 08:05""#,
            ),
        ],
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
        call: "date_add_business_days(days)",
        doc: "The date so many working days later, Monday to Friday. With 0 it is the day \
              itself, or the next working day.",
        examples: &[
            gives("date_add_business_days(1)", r#""2026-01-30""#, r#""2026-02-02""#),
            gives("date_add_business_days(0)", r#""2026-01-31""#, r#""2026-02-02""#),
        ],
    },
    Function {
        call: "date_add_business_days(days; holidays)",
        doc: "The same, and the dates of an array are no working days either.",
        examples: &[gives(
            r#"date_add_business_days(-1; ["2026-12-25","2026-12-28"])"#,
            r#""2026-12-29""#,
            r#""2026-12-24""#,
        )],
    },
    Function {
        call: "date_start_of_month",
        doc: "The first day of the month.",
        examples: &[gives("date_start_of_month", r#""2026-01-31""#, r#""2026-01-01""#)],
    },
    Function {
        call: "date_end_of_month",
        doc: "The last day of the month.",
        examples: &[
            gives("date_end_of_month", r#""2028-02-10""#, r#""2028-02-29""#),
            gives("date_add_months(1) | date_end_of_month", r#""2026-01-15""#, r#""2026-02-28""#),
        ],
    },
    Function {
        call: "date_weekday",
        doc: "The day of the week: 1 is Monday, 7 is Sunday.",
        examples: &[gives("date_weekday", r#""2026-01-31""#, "6")],
    },
    Function {
        call: "date_days_until(date)",
        doc: "How many days from the input to the other date; negative where that is earlier.",
        examples: &[gives(r#"date_days_until("2026-01-31")"#, r#""2026-01-01""#, "30")],
    },
    Function {
        call: "in_zone(zone)",
        doc: "The moment as the clocks of a zone show it, with their offset; summer time counts.",
        examples: &[
            gives(
                r#"in_zone("Europe/London")"#,
                r#""2026-07-01T23:30:00Z""#,
                r#""2026-07-02T00:30:00+01:00""#,
            ),
            gives(
                r#"in_zone("America/New_York") | date_only"#,
                r#""2026-01-01T03:00:00Z""#,
                r#""2025-12-31""#,
            ),
        ],
    },
    Function {
        call: "from_local(zone)",
        doc: "The moment at which the clocks of a zone show a time that has no offset. Where \
              the clocks show it twice it is the first, where they skip it the moment after.",
        examples: &[
            gives(
                r#"from_local("Europe/London")"#,
                r#""2026-07-01T09:00:00""#,
                r#""2026-07-01T09:00:00+01:00""#,
            ),
            gives(
                r#"from_local("Europe/Zurich")"#,
                r#""2026-03-29T02:30:00""#,
                r#""2026-03-29T03:30:00+02:00""#,
            ),
        ],
    },
    Function {
        call: "day_start(zone)",
        doc: "The moment at which a date begins in a zone.",
        examples: &[
            gives(
                r#"day_start("Europe/London")"#,
                r#""2026-03-30""#,
                r#""2026-03-30T00:00:00+01:00""#,
            ),
            gives(
                r#"day_start("America/Santiago") | to_utc"#,
                r#""2025-09-07""#,
                r#""2025-09-07T04:00:00Z""#,
            ),
        ],
    },
    Function {
        call: "to_utc",
        doc: "The moment in Coordinated Universal Time.",
        examples: &[gives("to_utc", r#""2026-07-01T09:00:00+02:00""#, r#""2026-07-01T07:00:00Z""#)],
    },
];
