//! The shape of an input, as far as its expression shows it: the words of literal objects, and values
//! that are written out, held against the action's schema.
//!
//! Owns a reading that is good enough to find a slip of the pen before anything runs. What an
//! expression computes is not followed; the schema is held against it when the step runs.

use serde_json::Value;

use super::{fields::resolve, text::Parts};
use crate::text::nearest;

/// How deep literals are followed.
const DEPTH_MAX: usize = 16;

/// A slip in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    /// At which byte of the expression.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) what: String,
    /// What was probably meant.
    pub(super) hint: String,
}

/// What is wrong with the literal parts of an expression that makes a value of a schema.
pub(super) fn slips(expression: &str, schema: &Value) -> Vec<Slip> {
    let mut found = Vec::new();
    look(expression, 0, schema, schema, 0, &mut found);
    found
}

fn look(text: &str, at: usize, root: &Value, schema: &Value, depth: usize, found: &mut Vec<Slip>) {
    let Some((root, schema)) = resolve(root.clone(), schema.clone()) else { return };
    let begin = text.len() - text.trim_start().len();
    let (text, at) = (text.trim(), at + begin);
    if depth > DEPTH_MAX {
        return;
    }
    if let Some(inside) = inside(text, '{', '}') {
        return object(inside, at, &root, &schema, depth, found);
    }
    if let Some(inside) = inside(text, '[', ']') {
        let items = &schema["items"];
        if items.is_object() && !is_computed(inside) {
            for (offset, part) in Parts::of(inside, ',') {
                look(part, at + 1 + offset, &root, items, depth + 1, found);
            }
        }
        return;
    }
    value(text, at, &schema, found);
}

/// The words of a literal object.
fn object(
    inside: &str,
    at: usize,
    root: &Value,
    schema: &Value,
    depth: usize,
    found: &mut Vec<Slip>,
) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let mut given = Vec::new();
    let mut all_known = true;
    for (offset, part) in Parts::of(inside, ',') {
        let here = at + 1 + offset + (part.len() - part.trim_start().len());
        if part.trim().is_empty() {
            continue;
        }
        let (word, value) = match Parts::of(part, ':').nth(1) {
            Some((value_at, _)) => {
                (part[..value_at - 1].trim(), Some((at + 1 + offset + value_at, &part[value_at..])))
            }
            None => (part.trim(), None),
        };
        let Some(word) = plain_word(word) else {
            // A computed word may be any of them.
            all_known = false;
            continue;
        };
        given.push(word.to_owned());
        match (properties.get(word), value) {
            (Some(property), Some((value_at, value))) => {
                look(value, value_at, root, property, depth + 1, found);
            }
            (Some(_), None) => {}
            (None, _) if schema["additionalProperties"] == Value::Bool(false) => {
                let missing = properties.keys().filter(|known| !given.contains(known));
                let hint = match nearest(word, missing.map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                        format!("there are: {}", known.join(", "))
                    }
                };
                found.push(Slip { at: here, what: format!("it has no `{word}`"), hint });
            }
            (None, _) => {}
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for word in required.filter(|word| all_known && !given.iter().any(|given| given == word)) {
        let about = properties.get(word).and_then(|property| property["description"].as_str());
        let about = about.map(|about| format!(": {about}")).unwrap_or_default();
        let what = format!("`{word}` is missing{about}");
        found.push(Slip { at, what, hint: format!("add `{word}: …`") });
    }
}

/// A value that is written out.
fn value(text: &str, at: usize, schema: &Value, found: &mut Vec<Slip>) {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    if let Some(allowed) = schema["enum"].as_array() {
        if !allowed.contains(&value) {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let hint = format!("write {}", allowed.join(", "));
            found.push(Slip { at, what: format!("{value} is none of the values"), hint });
        }
        return;
    }
    let is = match &value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |wanted: &str| wanted == is || (wanted == "number" && is == "integer");
    let wanted: Vec<&str> = match &schema["type"] {
        Value::String(wanted) => vec![wanted],
        Value::Array(wanted) => wanted.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    if wanted.iter().any(|wanted| fits(wanted)) {
        return;
    }
    let hint = match (&value, wanted.contains(&"string")) {
        (Value::Number(number), true) => format!("write it in quotes: \"{number}\""),
        _ => format!("it must be {}", wanted.join(" or ")),
    };
    found.push(Slip { at, what: format!("{value} is not {}", wanted.join(" or ")), hint });
}

/// What is within the brackets of a text that is one bracket and no more.
fn inside(text: &str, open: char, close: char) -> Option<&str> {
    let inside = text.strip_prefix(open)?.strip_suffix(close)?;
    Parts::is_balanced(inside).then_some(inside)
}

/// Whether the inside of an array is computed rather than listed.
fn is_computed(inside: &str) -> bool {
    Parts::of(inside, '|').nth(1).is_some() || inside.contains("..")
}

/// The word of a literal object: plain, or in quotes without anything computed.
fn plain_word(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted,
        None => text,
    };
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!text.is_empty() && text.chars().all(good)).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn invoice() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["contact", "lines"],
            "properties": {
                "contact": { "type": "string", "description": "whom it is for" },
                "status": { "enum": ["draft", "sent"] },
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": { "quantity": { "type": "string" } },
                    },
                },
            },
        })
    }

    fn told(expression: &str) -> Vec<String> {
        let slips = slips(expression, &invoice());
        slips.iter().map(|slip| format!("{} {} ({})", slip.at, slip.what, slip.hint)).collect()
    }

    #[test]
    fn an_input_of_the_right_shape_has_no_slip() {
        assert_eq!(told("{ contact: .a, lines: [{ quantity: \"1\" }] }"), Vec::<String>::new());
        assert_eq!(told("{ contact: .a, lines: [.items[] | { q: 1 }] }"), Vec::<String>::new());
        assert_eq!(told(".event.record"), Vec::<String>::new());
        assert_eq!(told("{ contact: .a, (.b): 1 }"), Vec::<String>::new());
    }

    #[test]
    fn a_word_that_is_not_there_is_told_with_what_was_meant() {
        assert_eq!(
            told("{ contcat: .a, lines: [] }"),
            [
                "2 it has no `contcat` (did you mean `contact`?)",
                "0 `contact` is missing: whom it is for (add `contact: …`)"
            ]
        );
    }

    #[test]
    fn values_that_are_written_out_are_held_against_the_schema() {
        assert_eq!(
            told("{ contact: .a, status: \"open\", lines: [{ quantity: 1 }] }"),
            [
                "23 \"open\" is none of the values (write \"draft\", \"sent\")",
                "51 1 is not string (write it in quotes: \"1\")"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_at(text in ".{0,200}") {
            let _ = slips(&text, &invoice());
        }
    }
}
