//! Value maps and lookups.

use super::{Function, gives};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        call: "IN(values)",
        doc: "Whether the input is one of the values.",
        examples: &[
            gives(r#"IN("won", "lost")"#, r#""won""#, "true"),
            gives(
                r#"select(.status | IN("won", "lost") | not)"#,
                r#"{"status":"open"}"#,
                r#"{"status":"open"}"#,
            ),
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
        call: "lookup(table; key)",
        doc: "What a table that the operator keeps (`jackfield table set`) has for the key. It \
              fails where the key is not there. The name of the table has to stand there as it \
              is.",
        examples: &[gives(
            r#"lookup("accounts"; .category).code"#,
            r#"{"category":"travel"}"#,
            r#""493""#,
        )],
    },
    Function {
        call: "lookup(table; key; otherwise)",
        doc: "The same, and `otherwise` for a key that is not there. It is evaluated only \
              then, so that it may be `error(\"…\")`.",
        examples: &[
            gives(r#"lookup("accounts"; .category; null)"#, r#"{"category":"boats"}"#, "null"),
            gives(r#"lookup("accounts"; .; {code: "999"}).code"#, "null", r#""999""#),
        ],
    },
];
