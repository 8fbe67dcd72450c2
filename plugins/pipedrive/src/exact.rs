//! Custom fields with their numbers as text, so that an amount in one stays exact.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// How deep custom fields are read; Pipedrive's own are two levels deep (a monetary field holds
/// an amount and a currency). What is deeper becomes null.
const DEPTH_MAX: u32 = 8;

/// A JSON value in which each number is the text of its digits. Null members are left out.
pub(crate) fn exact(raw: &RawValue) -> Value {
    read(raw, DEPTH_MAX).unwrap_or_default()
}

fn read(raw: &RawValue, depth_left: u32) -> Option<Value> {
    let text = raw.get();
    let depth_left = depth_left.checked_sub(1)?;
    match text.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
            let mut object = Map::new();
            for (name, member) in members {
                let value = read(&member, depth_left).filter(|value| !value.is_null());
                object.extend(value.map(|value| (name, value)));
            }
            Some(Value::Object(object))
        }
        b'[' => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(text).ok()?;
            let items = items.iter().map(|item| read(item, depth_left).unwrap_or_default());
            Some(Value::Array(items.collect()))
        }
        b'-' | b'0'..=b'9' => Some(Value::from(text)),
        _ => serde_json::from_str(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exact_text(text: &str) -> Value {
        exact(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn numbers_keep_their_digits() {
        let fields = exact_text(r#"{"a": {"value": 9007199254740993.10, "currency": "EUR"}}"#);
        assert_eq!(fields, json!({"a": {"value": "9007199254740993.10", "currency": "EUR"}}));
    }

    #[test]
    fn nulls_are_left_out_and_lists_stay() {
        assert_eq!(
            exact_text(r#"{"a": null, "b": [1, "x", true]}"#),
            json!({"b": ["1", "x", true]})
        );
    }

    #[test]
    fn what_is_too_deep_is_dropped_and_breaks_nothing() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(exact_text(&deep).to_string(), "[[[[[[[[null]]]]]]]]");
    }
}
