//! The fields that an expression names, held against the schemas of what it reads.
//!
//! Owns a reading of paths such as `.event.record.value.amount` that is good enough to find a
//! slip of the pen: an expression is a program, and what it does with a value is not followed.

use serde_json::{Value, json};

/// How deep a path is followed; canonical records are not deeper.
const DEPTH_MAX: usize = 16;

/// A path in an expression: `["event", "record", "title"]`.
pub(super) type Path = Vec<String>;

/// The paths in an expression that begin at its input, outside of strings.
pub(super) fn paths(expression: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut rest = expression.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => {
                let mut escaped = false;
                for (_, c) in rest.by_ref() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' => escaped = true,
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '#' => drop(rest.by_ref().find(|(_, c)| *c == '\n')),
            '.' if !before.is_alphanumeric() && !"_])\".?".contains(before) => {
                let path = path(&expression[at..]);
                let length: usize = path.iter().map(|word| word.len() + 1).sum();
                while rest.peek().is_some_and(|(next, _)| *next < at + length) {
                    rest.next();
                }
                if !path.is_empty() {
                    found.push(path);
                }
                before = 'a';
                continue;
            }
            _ => {}
        }
        before = c;
    }
    found
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
fn resolve(mut root: Value, mut here: Value) -> Option<(Value, Value)> {
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
        paths(expression).iter().map(|path| path.join(".")).collect()
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
            let _ = paths(&text);
        }
    }
}
