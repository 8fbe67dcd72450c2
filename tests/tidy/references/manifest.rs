//! The reference of `connector.toml`, as Markdown: a chapter for each block and each type in it,
//! with its keys, what they are and what they are when left out.

use std::fmt::Write as _;

use serde_json::Value;

/// How deep a type is described in place.
const DEPTH_MAX: usize = 4;

/// All of it, from the manifest's schema.
pub(super) fn reference(schema: &Value) -> String {
    let mut text = String::from(
        "# The manifest\n\nEvery key of `connector.toml`, made of the types that read it. What \
         belongs together, `jackfield connector check` says; what happens with it, the guide \
         ([GUIDE.md](GUIDE.md)).\n\n## Blocks\n\n",
    );
    rows(&mut text, schema);
    let types = schema["definitions"].as_object().into_iter().flatten();
    for (name, of) in types {
        let _ = write!(text, "\n## {name}\n\n");
        if let Some(said) = of["description"].as_str() {
            let _ = write!(text, "{said}\n\n");
        }
        described(&mut text, of);
    }
    text
}

/// A type: its keys, its forms, or the values that it can have.
fn described(text: &mut String, of: &Value) {
    let forms = of["oneOf"].as_array().or_else(|| of["anyOf"].as_array());
    let Some(forms) = forms else {
        if of["properties"].is_object() {
            rows(text, of);
        } else {
            let _ = writeln!(text, "{}.", kind(of, 0));
        }
        return;
    };
    for form in forms {
        let said = form["description"].as_str().map(line).unwrap_or_default();
        let named = form["properties"]["kind"]["const"].as_str();
        match named {
            Some(name) => {
                let _ = write!(text, "\n### `kind = \"{name}\"`\n\n{said}\n\n");
                rows(text, form);
            }
            None if form["properties"].is_object() => rows(text, form),
            None => {
                let _ = writeln!(text, "- {}{}", kind(form, 0), colon(&said));
            }
        }
    }
}

/// A table of an object's keys.
fn rows(text: &mut String, of: &Value) {
    let Some(members) = of["properties"].as_object().filter(|all| !all.is_empty()) else { return };
    text.push_str("| key | type | | what |\n|---|---|---|---|\n");
    let required: Vec<&str> =
        of["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, member) in members {
        if name == "kind" && member["const"].is_string() {
            continue;
        }
        let usual = match &member["default"] {
            _ if required.contains(&name.as_str()) => "needed".to_owned(),
            Value::Null => String::new(),
            Value::Array(all) if all.is_empty() => String::new(),
            Value::Object(all) if all.is_empty() => String::new(),
            Value::String(text) if text.is_empty() => String::new(),
            usual => format!("`{usual}`"),
        };
        let said = member["description"].as_str().map(line).unwrap_or_default();
        let _ = writeln!(text, "| `{name}` | {} | {usual} | {said} |", kind(member, 0));
    }
}

/// What a value is, in a few words; a type of its own is a link to its chapter.
fn kind(of: &Value, depth: usize) -> String {
    if depth > DEPTH_MAX {
        return "…".into();
    }
    if let Some(to) = of["$ref"].as_str() {
        let name = to.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(parts) = of[key].as_array() {
            let parts = parts.iter().filter(|part| part["type"] != "null");
            return parts.map(|part| kind(part, depth + 1)).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(one) = of["const"].as_str() {
        return format!("`\"{one}\"`");
    }
    if let Some(values) = of["enum"].as_array() {
        let values = values.iter().filter(|value| !value.is_null());
        return values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    let names = match &of["type"] {
        Value::String(name) => vec![name.as_str()],
        names => names.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let words = names.into_iter().filter(|name| *name != "null").map(|name| match name {
        "array" => format!("list of {}", kind(&of["items"], depth + 1)),
        "object" if of["additionalProperties"].is_object() => {
            format!("table of {}", kind(&of["additionalProperties"], depth + 1))
        }
        "object" => "table".into(),
        "integer" => "whole number".into(),
        "boolean" => "`true` or `false`".into(),
        "string" if of["pattern"] == "^[0-9]+[smhd]$" => "duration, such as `1m`".into(),
        "string" => "text".into(),
        other => other.to_owned(),
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "anything".into() } else { words.join(" or ") }
}

/// Words on one line, fit for a table.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
