//! Values of JSON with one thing changed.

use serde_json::{Map, Value, json};

/// A text that has what texts have elsewhere: accents that are their own character, letters from
/// right to left, characters beyond 16 bits, quotes, and what means something in a URL.
pub(super) const UNICODE: &str = "Zoë\u{301} \u{5d0}\u{5d1} 漢字 🧾 \"'&?#%/\\ \u{202e}x";

/// A member that no system has.
const UNHEARD_OF: &str = "unheard_of_7";
/// Stands before the place of a number in [`in_text`]; no system writes it.
const MARK: char = '\u{f8ff}';

/// What a value that holds no others is changed to; none where it does not fit.
pub(super) type Change = fn(&Value) -> Option<Value>;

/// What a whole value is changed to.
pub(super) type Rewrite = fn(&Value) -> Value;

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
        members.insert(UNHEARD_OF.into(), json!({"nested": [1, null, "x"]}));
        members
    })
}

/// The same without such members below each `ext`, where the system's own goes as it is, and
/// without what then holds nothing.
pub(super) fn without_unknown_in_ext(value: &Value) -> Value {
    each_object(value, &|mut members| {
        let ext = members.remove("ext").and_then(|ext| known(&ext));
        members.extend(ext.map(|ext| ("ext".to_owned(), ext)));
        members
    })
}

fn known(value: &Value) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != UNHEARD_OF);
            let members = members.filter_map(|(name, one)| Some((name.clone(), known(one)?)));
            Some(members.collect::<Map<_, _>>()).filter(|kept| !kept.is_empty()).map(Value::Object)
        }
        other => Some(other.clone()),
    }
}

/// The text of JSON with something changed and each number as it was written: one that went through
/// a float would be a second change. None for what is no JSON.
pub(super) fn in_text(text: &str, change: impl Fn(&Value) -> String) -> Option<String> {
    let (mut marked, mut numbers) = (String::new(), Vec::new());
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            MARK => return None,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '0'..='9' | '-' if !quoted => {
                let of_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                taken = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
                marked.push_str(&format!("\"{MARK}{}\"", numbers.len()));
                numbers.push(&rest[..taken]);
                rest = &rest[taken..];
                continue;
            }
            _ => {}
        }
        marked.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    let changed = change(&serde_json::from_str(&marked).ok()?);
    let mark = format!("\"{MARK}");
    let mut pieces = changed.split(&mark);
    let mut whole = pieces.next()?.to_owned();
    for piece in pieces {
        let (place, after) = piece.split_once('"')?;
        whole.push_str(numbers.get(place.parse::<usize>().ok()?)?);
        whole.push_str(after);
    }
    Some(whole)
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

    #[test]
    fn numbers_stay_as_they_were_written() {
        let text = r#"{"a":9007199254740993.10,"b":["-1.50",-2.50e+3,{"\"7":12.0}]}"#;
        let reversed = in_text(text, |value| with_members_reversed(value).to_string());
        let expected = r#"{"b":["-1.50",-2.50e+3,{"\"7":12.0}],"a":9007199254740993.10}"#;
        assert_eq!(reversed.as_deref(), Some(expected));
        assert_eq!(in_text("{1", Value::to_string), None);
    }

    #[test]
    fn what_nobody_knows_may_be_in_ext_and_nowhere_else() {
        let known = json!({"output": {"id": "7"}});
        let more = json!({"output": {"id": "7", "ext": {"fields": {"unheard_of_7": 1}}}});
        assert_eq!(without_unknown_in_ext(&more), known);
        let outside = json!({"output": {"id": "7", "unheard_of_7": 1}});
        assert_ne!(without_unknown_in_ext(&outside), known);
    }
}
