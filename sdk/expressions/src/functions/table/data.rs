//! Data as other systems write it: XML, and lists of one.

use super::{Function, gives};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        call: "from_xml",
        doc: "A document of XML as an object: attributes have `@` before their names, text beside \
              other things is `#text`, and prefixes are left out. Children of one name are an \
              array.",
        examples: &[
            gives(
                "from_xml",
                r#""<a:r xmlns:a=\"u\" x=\"1\"><n>Ada</n><n>Bob</n>!</a:r>""#,
                r##"{"r":{"@x":"1","n":["Ada","Bob"],"#text":"!"}}"##,
            ),
            gives("from_xml.r.n", r#""<r><n/></r>""#, r#""""#),
        ],
    },
    Function {
        call: "to_xml",
        doc: "The members of an object as elements, the way back of `from_xml`. Prefixes stay, and \
              null ones are left out.",
        examples: &[gives(
            "to_xml",
            r#"{"r":{"@x":1,"n":["Ada","B & C"],"o":null}}"#,
            r#""<r x=\"1\"><n>Ada</n><n>B &amp; C</n></r>""#,
        )],
    },
    Function {
        call: "as_list",
        doc: "The input if it is an array, an empty one for null, and else an array of it alone: \
              for what is a list only where there are several.",
        examples: &[gives("as_list", r#"{"a":1}"#, r#"[{"a":1}]"#), gives("as_list", "null", "[]")],
    },
    Function {
        call: "without_nulls",
        doc: "The input without the members that are null, however deep.",
        examples: &[gives(
            "without_nulls",
            r#"{"a":null,"b":{"c":null,"d":1}}"#,
            r#"{"b":{"d":1}}"#,
        )],
    },
    Function {
        call: "digest",
        doc: "16 hexadecimal digits that are the same for the same value, in whatever order its \
              members stand: for keys of events of a system that numbers nothing. It guards \
              against nobody.",
        examples: &[
            gives("digest", r#"{"a":1,"b":"x"}"#, r#""cfcc937b86ef6c1d""#),
            gives("digest", r#"{"b":"x","a":1}"#, r#""cfcc937b86ef6c1d""#),
        ],
    },
];
