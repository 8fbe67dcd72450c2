//! Texts, telephone numbers, names, addresses.

use super::{Function, gives};

pub(super) const FUNCTIONS: &[Function] = &[
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
        call: "slug",
        doc: "The text as a part of an address of the web: lower case, words joined by \
              hyphens, Latin letters without their marks; null where nothing is left.",
        examples: &[
            gives("slug", r#""Müller & Söhne GmbH""#, r#""muller-and-sohne-gmbh""#),
            gives("slug", r#""東京""#, "null"),
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
        call: "phone_e164(country)",
        doc: "The number in international form (E.164). `country` is the two-letter code of \
              the country in which a number without a country code was written. Null where \
              that cannot be told: an unknown country, a local number, another length, an \
              extension.",
        examples: &[
            gives(r#"phone_e164("GB")"#, r#""(020) 7946-0018""#, r#""+442079460018""#),
            gives(r#"phone_e164("GB")"#, r#""+49 (0)30 901820""#, r#""+4930901820""#),
            gives(r#"phone_e164("US")"#, r#""415-555-2671""#, r#""+14155552671""#),
            gives(r#"phone_e164("GB")"#, r#""7946 0018""#, "null"),
        ],
    },
    Function {
        call: "phone_national",
        doc: "A number in international form as it is dialled within its country, digits \
              alone; null where the country is not known.",
        examples: &[
            gives("phone_national", r#""+44 20 7946 0018""#, r#""02079460018""#),
            gives("phone_national", r#""+14155552671""#, r#""4155552671""#),
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
        call: "name_parts",
        doc: "A full name as `prefix`, `first`, `last` and `suffix`, each of them null where \
              it is missing. Titles such as Dr and Mrs stand before a name, Jr and PhD after \
              it.",
        examples: &[gives(
            "name_parts",
            r#""Dr. Anna van der Berg, PhD""#,
            r#"{"prefix":"Dr.","first":"Anna","last":"van der Berg","suffix":"PhD"}"#,
        )],
    },
    Function {
        call: "join_name",
        doc: "The members `prefix`, `first`, `last` and `suffix` as a full name; null where all are \
              missing.",
        examples: &[
            gives("join_name", r#"{"first":"Ada","last":"Lovelace"}"#, r#""Ada Lovelace""#),
            gives("join_name", r#"{"first":null,"last":"  "}"#, "null"),
        ],
    },
    Function {
        call: "initials",
        doc: "The first letter of each word in capitals, without particles; null for null.",
        examples: &[gives("initials", r#""Anna van der Berg""#, r#""AB""#)],
    },
    Function {
        call: "address_lines",
        doc: "A canonical address as the lines of an envelope; the town is written as the \
              country does where that is known (US, CA, AU, GB, IE), else after its postal \
              code.",
        examples: &[
            gives(
                "address_lines",
                r#"{"line1":"1 Main St","city":"Austin","region":"TX","postal_code":"78701","country":"US"}"#,
                r#"["1 Main St","Austin, TX 78701","US"]"#,
            ),
            gives(
                "address_lines",
                r#"{"line1":"Seestrasse 1","city":"Zürich","postal_code":"8002","country":null}"#,
                r#"["Seestrasse 1","8002 Zürich"]"#,
            ),
        ],
    },
    Function {
        call: "split_lines(count)",
        doc: "The lines of a text, or of an array, as exactly so many: null where one is \
              missing, and what is left over in the last.",
        examples: &[
            gives(
                "split_lines(2)",
                r#""Unit 4\nMill Lane\nLeeds""#,
                r#"["Unit 4","Mill Lane, Leeds"]"#,
            ),
            gives("split_lines(2)", r#""Mill Lane""#, r#"["Mill Lane",null]"#),
        ],
    },
    Function {
        call: "join_lines(between)",
        doc: "The lines of a text, or of an array, as one text; null where there are none.",
        examples: &[gives(
            r#"join_lines(", ")"#,
            r#"["1 Main St",null,"Austin"]"#,
            r#""1 Main St, Austin""#,
        )],
    },
];
