//! Values of JSON with one thing changed.

use serde_json::{Map, Value, json};

/// A text that has what texts have elsewhere: accents that are their own character, letters from
/// right to left, characters beyond 16 bits, quotes, and what means something in a URL.
pub(super) const UNICODE: &str = "Zoë\u{301} \u{5d0}\u{5d1} 漢字 🧾 \"'&?#%/\\ \u{202e}x";

/// What a value that holds no others is changed to; none where it does not fit.
pub(super) type Change = fn(&Value) -> Option<Value>;

/// The places of all values that hold no others, as JSON pointers.
pub(super) fn leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, String::new(), &mut found);
    found
}

fn walk(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(member, format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at),
    }
}

/// The same with another value at a place.
pub(super) fn with(value: &Value, at: &str, new: Value) -> Value {
    let mut value = value.clone();
    if let Some(place) = value.pointer_mut(at) {
        *place = new;
    }
    value
}

/// A value of another type.
pub(super) fn of_another_type(value: &Value) -> Value {
    match value {
        Value::String(_) => json!({"unexpected": ["object"]}),
        Value::Number(_) => json!("a text"),
        Value::Bool(_) => json!(42),
        _ => json!([true]),
    }
}

/// The same with a member in each object that nobody knows.
pub(super) fn with_unknown_members(value: &Value) -> Value {
    each_object(value, &|mut members| {
        members.insert("unheard_of_7".into(), json!({"nested": [1, null, "x"]}));
        members
    })
}

/// The same with the members of each object in the other order.
pub(super) fn with_members_reversed(value: &Value) -> Value {
    each_object(value, &|members| members.into_iter().rev().collect())
}

fn each_object(value: &Value, change: &dyn Fn(Map<String, Value>) -> Map<String, Value>) -> Value {
    match value {
        Value::Object(members) => {
            let inner = members.iter();
            let inner = inner.map(|(name, member)| (name.clone(), each_object(member, change)));
            Value::Object(change(inner.collect()))
        }
        Value::Array(items) => items.iter().map(|item| each_object(item, change)).collect(),
        other => other.clone(),
    }
}

/// The array in a value that holds most objects, which is most likely the list: its place.
pub(super) fn list(value: &Value) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    lists(value, String::new(), &mut best);
    best.map(|(_, at)| at)
}

fn lists(value: &Value, at: String, best: &mut Option<(usize, String)>) {
    match value {
        Value::Array(items) => {
            let objects = items.iter().filter(|item| item.is_object()).count();
            if objects > 0 && best.as_ref().is_none_or(|(most, _)| objects > *most) {
                *best = Some((objects, at.clone()));
            }
            // What is listed is looked into last: the outermost list of a size counts.
            for (index, item) in items.iter().enumerate() {
                lists(item, format!("{at}/{index}"), best);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                lists(member, format!("{at}/{name}"), best);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_changed_and_the_rest_stays() {
        let value = json!({"a/b": [{"c": 1}, {"c": "x"}], "d": null});
        assert_eq!(leaves(&value), ["/a~1b/0/c", "/a~1b/1/c", "/d"]);
        assert_eq!(with(&value, "/a~1b/1/c", json!(2))["a/b"][1]["c"], 2);
        assert_eq!(list(&value).as_deref(), Some("/a~1b"));
        assert_eq!(list(&json!({"a": []})), None);
        let reversed = with_members_reversed(&value);
        assert_eq!(reversed.as_object().unwrap().keys().next().unwrap(), "d");
        assert_eq!(with_unknown_members(&value)["a/b"][0]["unheard_of_7"]["nested"][0], 1);
    }
}
