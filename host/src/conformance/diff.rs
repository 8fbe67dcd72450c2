//! Where two values of JSON differ, a line for each place.
//!
//! A member that is null is one that is absent, as everywhere in canonical records. Numbers are
//! the same where they have the same value: `1` and `1.0`.

use serde_json::Value;

/// The most differences that are told.
const DIFFERENCES_MAX: usize = 12;
/// The longest value that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 160;

/// Where `got` is not what was `expected`; `what` is what the places begin with.
pub fn between(what: &str, expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(what, expected, got, &mut found);
    let more = found.len().saturating_sub(DIFFERENCES_MAX);
    found.truncate(DIFFERENCES_MAX);
    found.extend((more > 0).then(|| format!("and {more} more differences")));
    found
}

/// A text on one line, cut.
pub fn short(text: &str) -> String {
    let line: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let line = line.escape_debug().to_string().replace("\\\"", "\"");
    if text.chars().count() > SHOWN_CHARS_MAX { format!("{line}…") } else { line }
}

fn look(place: &str, expected: &Value, got: &Value, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            let there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
            for (name, expected) in expected.iter().filter(|(_, value)| !value.is_null()) {
                let at = format!("{place}/{name}");
                match got.get(name).filter(|got| !got.is_null()) {
                    Some(got) => look(&at, expected, got, found),
                    None => found.push(format!("{at}: expected {}, got nothing", shown(expected))),
                }
            }
            for (name, got) in got.iter().filter(|(_, value)| !value.is_null()) {
                if !there(expected.get(name)) {
                    let got = shown(got);
                    found.push(format!("{place}/{name}: expected nothing, got {got}"));
                }
            }
        }
        (Value::Array(expected), Value::Array(got)) => {
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                look(&format!("{place}/{index}"), expected, got, found);
            }
            if expected.len() != got.len() {
                let (expected, got) = (expected.len(), got.len());
                found.push(format!("{place}: expected {expected} items, got {got}"));
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        (expected, got) if expected == got => {}
        (expected, got) => {
            found.push(format!("{place}: expected {}, got {}", shown(expected), shown(got)));
        }
    }
}

fn shown(value: &Value) -> String {
    short(&value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_has_its_place() {
        let expected = json!({"id": "1", "lines": [{"amount": "12.50"}], "note": null});
        let got = json!({"id": "1", "lines": [{"amount": 12.5}], "more": true});
        assert_eq!(
            between("output", &expected, &got),
            [
                "output/lines/0/amount: expected \"12.50\", got 12.5",
                "output/more: expected nothing, got true"
            ]
        );
        assert!(between("", &json!({"a": 1, "b": null}), &json!({"a": 1.0})).is_empty());
    }
}
