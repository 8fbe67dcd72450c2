//! The fields that an expression names, held against the schemas of what it reads.
//!
//! Owns a reading of paths such as `.event.record.value.amount` that is good enough to find a
//! slip of the pen: an expression is a program, and what it does with a value is not followed.

use serde_json::{Value, json};

use super::text::plain;

/// The longest path that is kept as a key, in bytes.
const PATH_BYTES_MAX: usize = 200;
/// How deep a path is followed; canonical records are not deeper.
const DEPTH_MAX: usize = 16;

/// A path in an expression: `["event", "record", "title"]`.
pub(super) type Path = Vec<String>;

/// The paths in an expression, outside of strings, that begin at its input, or at a variable such as
/// `$run`.
pub(super) fn paths(expression: &str, of: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let (mut before, mut end) = (' ', 0);
    for (at, c) in plain(expression) {
        if at < end {
            continue;
        }
        let begins = match of {
            "" => c == '.' && !before.is_alphanumeric() && !"_])\".?".contains(before),
            of => expression[at..].starts_with(of),
        };
        before = c;
        if begins {
            let path = path(&expression[at + of.len()..]);
            end = at + of.len() + path.iter().map(|word| word.len() + 1).sum::<usize>();
            before = if path.is_empty() { c } else { 'a' };
            found.extend(Some(path).filter(|path| !path.is_empty()));
        }
    }
    found
}

/// Where a condition says that something of the event equals something of the run, both as plain
/// paths, and perhaps more beside that: the one on the event, and the one on the run.
pub(super) fn equality(condition: &str) -> Option<(String, String)> {
    // What these bind looser than `and`, so a part is no condition of its own beside them.
    let looser = |c: char| "|,;?".contains(c);
    let mut depth = 0_i32;
    for (_, c) in plain(condition) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            c if depth == 0 && looser(c) => return None,
            _ => {}
        }
    }
    let words: Vec<&str> = condition.split_whitespace().collect();
    if words.iter().any(|word| ["or", "//", "as", "if", "reduce", "foreach", "def"].contains(word))
        || condition.contains('#')
    {
        return None;
    }
    condition.split(" and ").find_map(|part| {
        let (left, right) = part.split_once("==")?;
        let (left, right) = (left.trim(), right.trim());
        match (is_path(left, "."), is_path(right, "$run.")) {
            (true, true) => Some((left.to_owned(), right.to_owned())),
            _ if is_path(right, ".") && is_path(left, "$run.") => {
                Some((right.to_owned(), left.to_owned()))
            }
            _ => None,
        }
    })
}

/// Whether a text is a plain path that begins so.
fn is_path(text: &str, begins: &str) -> bool {
    let Some(rest) = text.strip_prefix(begins) else { return false };
    text.len() <= PATH_BYTES_MAX
        && rest.split('.').all(|word| {
            word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
}

/// Whether every path in an expression, outside of strings, begins at its input: nothing is handed
/// on from one part to another.
pub(super) fn reads_its_input_alone(expression: &str) -> bool {
    let hands_on = ["reduce", "foreach", "catch", "def"];
    if expression.split(|c: char| !c.is_alphanumeric()).any(|word| hands_on.contains(&word)) {
        return false;
    }
    let mut before = ' ';
    plain(expression).all(|(_, c)| {
        // What stands in the brackets of a function is its own affair.
        let calls = c == '(' && (before.is_alphanumeric() || before == '_');
        before = c;
        c != '|' && !calls
    })
}

/// The words of the path with which a text begins.
fn path(text: &str) -> Path {
    let mut path = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('.') {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let word = &after[..end];
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            break;
        }
        path.push(word.to_owned());
        rest = &after[end..];
    }
    path
}

/// The first word of a path that a schema does not have, with the words that it has there.
pub(super) fn missing(schema: &Value, path: &[String]) -> Option<(String, Vec<String>)> {
    let mut root = schema.clone();
    let mut here = schema.clone();
    for word in path.iter().take(DEPTH_MAX) {
        (root, here) = resolve(root, here)?;
        let properties = here["properties"].as_object()?;
        match properties.get(word) {
            Some(next) => here = next.clone(),
            None if here["additionalProperties"] == json!(false) => {
                return Some((word.clone(), properties.keys().cloned().collect()));
            }
            None => return None,
        }
    }
    None
}

/// Follows `$ref` to a canonical record or to a definition of the same schema, and "this or
/// null" to this; none where there is a choice.
pub(super) fn resolve(mut root: Value, mut here: Value) -> Option<(Value, Value)> {
    for _ in 0..DEPTH_MAX {
        if let Some(choices) = here["anyOf"].as_array() {
            let mut choices = choices.iter().filter(|choice| choice["type"] != "null");
            let (Some(only), None) = (choices.next(), choices.next()) else { return None };
            here = only.clone();
            continue;
        }
        let Some(target) = here["$ref"].as_str() else { return Some((root, here)) };
        here = match target.split_once('#') {
            Some(("", pointer)) => root.pointer(pointer)?.clone(),
            _ => {
                let text = jackfield_model::schema(target)?;
                root = serde_json::from_str(text).ok()?;
                root.clone()
            }
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(expression: &str) -> Vec<String> {
        paths(expression, "").iter().map(|path| path.join(".")).collect()
    }

    #[test]
    fn paths_are_found_outside_of_strings_and_only_at_their_beginning() {
        let expression = r#"{ a: .event.record.title, b: ".no.path", c: (.steps.x.id // .event.key),
            d: [.event.record.lines[].amount][0].name } # .comment"#;
        assert_eq!(
            words(expression),
            ["event.record.title", "steps.x.id", "event.key", "event.record.lines"]
        );
        assert_eq!(words(". | .[0] | 1.5 + .a"), ["a"]);
    }

    #[test]
    fn paths_of_a_variable_are_found_too() {
        let paths = paths(".record.id == $run.steps.invoice.id and \"$run.no\" != .key", "$run");
        assert_eq!(paths, [["steps", "invoice", "id"]]);
    }

    #[test]
    fn an_equality_between_the_event_and_the_run_is_found() {
        let found = |condition| equality(condition).map(|(event, run)| format!("{event} {run}"));
        let wanted = Some(".record.id $run.steps.invoice.id".to_owned());
        assert_eq!(found(".record.id == $run.steps.invoice.id"), wanted);
        assert_eq!(found("$run.steps.invoice.id == .record.id"), wanted);
        assert_eq!(found(".record.paid and .record.id == $run.steps.invoice.id"), wanted);
        for none in [
            ".record.id == $run.steps.invoice.id or .record.vip",
            ".record | .id == $run.id",
            ".record.id == \"7\"",
            "(.record.id // .key) == $run.id",
            "if .a then .record.id == $run.id else true end",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn a_field_that_a_record_does_not_have_is_found_with_those_it_has() {
        let deal = json!({ "$ref": "model:deal" });
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(missing(&deal, &path("title")), None);
        assert_eq!(missing(&deal, &path("person.email")), None);
        let (word, known) = missing(&deal, &path("titel")).unwrap();
        assert_eq!(word, "titel");
        assert!(known.contains(&"title".to_owned()));
        assert_eq!(missing(&deal, &path("organisation.nam")).unwrap().0, "nam");
        assert_eq!(missing(&json!({}), &path("whatever")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_paths_or_none(text in ".{0,200}") {
            let _ = (paths(&text, ""), paths(&text, "$run"), equality(&text));
        }
    }
}
