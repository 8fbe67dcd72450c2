//! The reference of the roles, made of their contracts.

use std::fmt::Write as _;

use jackfield_model::{ROLES, Takes};

/// `sdk/ROLES.md`.
pub(super) fn reference() -> String {
    let mut text = String::from(
        "# Roles\n\nA connector that fills a role has what the role promises, in canonical records, so that a flow goes \
         through\nanother of the same role by changing one name. `roles` in `[connector]` says which it fills, and \
         `jackfield connector\ntest` holds it to them: each promised action is there, takes and gives the record, and \
         some fixture does it with an\ninput that has nothing of one vendor's (`ext`). Made of `sdk/model/src/roles.rs`; \
         what is not here has no contract yet.\n",
    );
    for role in ROLES {
        write!(text, "\n## {}\n\n| action | takes | gives |\n|---|---|---|\n", role.name)
            .expect("a text");
        for promise in role.actions {
            let takes = match promise.takes {
                Takes::Record => promise.gives,
                Takes::Id => "its `id`",
            };
            writeln!(text, "| `{}` | {takes} | {} |", promise.action, promise.gives)
                .expect("a text");
        }
        if !role.events.is_empty() {
            text.push_str("\n| event | carries |\n|---|---|\n");
        }
        for (kind, entity) in role.events {
            writeln!(text, "| `{kind}` | {entity} |").expect("a text");
        }
    }
    text
}
