//! The schema of an action's input, as TOML: what its body must be, one line for each member.
//!
//! Promises an end and a length: one level, so many members, so many values to choose from. It is
//! a draft that a person reads.

use serde_json::{Map, Value};

use super::{
    document::Document,
    toml::{key, string},
};

/// The most members of an input.
const MEMBERS_MAX: usize = 24;
/// The most values to choose from.
const VALUES_MAX: usize = 12;
/// The longest value to choose from, in bytes.
const VALUE_BYTES_MAX: usize = 48;
/// The types that a schema can name.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// The block of an input's schema, below the action `name`: that of a body, and of the record's id
/// where `id` says so.
pub(super) fn input(document: &Document, name: &str, body: Option<&Value>, id: bool) -> String {
    let mut members = Map::new();
    let mut required: Vec<String> = Vec::new();
    if id {
        members.insert("id".into(), serde_json::json!({ "type": "string" }));
        required.push("id".into());
    }
    if let Some(body) = body {
        members.extend(document.members(body));
        let named = body["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        required.extend(named.filter(|name| *name != "id").map(str::to_owned));
    }
    let left = members.len().saturating_sub(MEMBERS_MAX);
    let kept: Vec<_> = members.iter().take(MEMBERS_MAX).collect();
    required.retain(|name| kept.iter().any(|(known, _)| *known == name));
    let required: Vec<String> = required.iter().map(|name| string(name)).collect();
    let mut text = format!("\n[actions.\"{name}\".input]\ntype = \"object\"\n");
    if !required.is_empty() {
        text.push_str(&format!("required = [{}]\n", required.join(", ")));
    }
    if kept.is_empty() {
        return text;
    }
    text.push_str(&format!("\n[actions.\"{name}\".input.properties]\n"));
    for (member, of) in kept {
        text.push_str(&format!("{} = {}\n", key(member), one(document, of)));
    }
    if left > 0 {
        text.push_str(&format!("# DECIDE: the description has {left} more.\n"));
    }
    text
}

/// One member: its type, and what it may be.
fn one(document: &Document, schema: &Value) -> String {
    let schema = document.follow(schema);
    let mut words = Vec::new();
    match &schema["type"] {
        Value::String(kind) if TYPES.contains(&kind.as_str()) => {
            words.push(format!("type = {}", string(kind)));
        }
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| TYPES.contains(kind));
            let kinds: Vec<_> = kinds.map(string).collect();
            if !kinds.is_empty() {
                words.push(format!("type = [{}]", kinds.join(", ")));
            }
        }
        _ if schema["properties"].is_object() => words.push("type = \"object\"".into()),
        _ => {}
    }
    let values: Vec<&str> =
        schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = schema["enum"].as_array().map_or(0, Vec::len);
    let short = values.iter().all(|value| value.len() <= VALUE_BYTES_MAX);
    if (1..=VALUES_MAX).contains(&all) && values.len() == all && short {
        let values: Vec<_> = values.into_iter().map(string).collect();
        words.push(format!("enum = [{}]", values.join(", ")));
    }
    if words.is_empty() { "{}".into() } else { format!("{{ {} }}", words.join(", ")) }
}

/// The jq path to a member: `.name`, or `."first-name"`.
pub(super) fn path(name: &str) -> String {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let plain = !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(word);
    if plain && !name.is_empty() { format!(".{name}") } else { format!(".{}", quoted(name)) }
}

/// A text as jq writes it.
fn quoted(name: &str) -> String {
    Value::String(name.into()).to_string()
}
