//! Stand-ins: values of a schema, for what is not known before something is done.

use serde_json::{Map, Value, json};

use super::fields::resolve;

/// How deep a stand-in is made.
const DEPTH_MAX: usize = 8;

/// Texts of which the first that a schema allows is taken.
const TEXTS: [&str; 8] = [
    "1.00",
    "1",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "GBP",
    "GB",
    "ada@example.com",
    "https://example.com/",
];

/// A value of a schema; its texts say from which step they would come.
pub(super) fn stand_in(schema: &Value, step: &str) -> Value {
    make(schema, schema, &format!("steps.{step}"), 0)
}

fn make(root: &Value, schema: &Value, path: &str, depth: usize) -> Value {
    let Some((root, schema)) = resolve(root.clone(), schema.clone()) else { return Value::Null };
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    // Its own words come first: an example may lack what the system would add, such as the id.
    if let Some(properties) = schema["properties"].as_object() {
        let made = properties.iter().map(|(word, property)| {
            (word.clone(), make(&root, property, &format!("{path}.{word}"), depth + 1))
        });
        return Value::Object(made.collect::<Map<_, _>>());
    }
    if let Some(any) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let first = any.iter().find(|choice| choice["type"] != "null");
        return first.map_or(Value::Null, |first| make(&root, first, path, depth + 1));
    }
    if let Some(first) = schema["examples"].get(0).or_else(|| schema["enum"].get(0)) {
        return first.clone();
    }
    let is = |wanted: &str| match &schema["type"] {
        Value::String(is) => is == wanted,
        Value::Array(any) => any.iter().any(|is| is == wanted),
        _ => false,
    };
    match () {
        () if is("string") => text(&schema, path),
        () if is("array") => json!([make(&root, &schema["items"], path, depth + 1)]),
        () if is("integer") || is("number") => json!(1),
        () if is("boolean") => json!(true),
        () => Value::Null,
    }
}

/// A text that a schema allows.
fn text(schema: &Value, path: &str) -> Value {
    let plain = format!("<{path}>");
    // What is around a text's own rules may refer to other schemas; those rules alone do not.
    let words = ["type", "pattern", "format", "minLength", "maxLength"];
    let own: Map<String, Value> = words
        .iter()
        .filter_map(|word| Some(((*word).to_owned(), schema.get(*word)?.clone())))
        .collect();
    let Ok(rules) = jsonschema::options().should_validate_formats(true).build(&own.into()) else {
        return plain.into();
    };
    let texts = [plain.as_str()].into_iter().chain(TEXTS);
    let fits = texts.map(Value::from).find(|text| rules.is_valid(text));
    fits.unwrap_or_else(|| plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_says_from_where_its_texts_would_come() {
        let schema = json!({
            "properties": {
                "id": { "type": "string" },
                "amount": { "type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$" },
                "status": { "enum": ["draft"] },
                "lines": { "type": "array", "items": { "type": "integer" } },
            },
        });
        assert_eq!(
            stand_in(&schema, "invoice"),
            json!({ "id": "<steps.invoice.id>", "amount": "1.00", "status": "draft", "lines": [1] })
        );
    }

    #[test]
    fn a_stand_in_for_a_canonical_record_is_one() {
        let contact = stand_in(&json!({ "$ref": "model:contact" }), "customer");
        assert_eq!(contact["id"], "<steps.customer.id>");
        let invoice = stand_in(&json!({ "$ref": "model:invoice" }), "bill");
        assert_eq!(invoice["id"], "<steps.bill.id>");
        let message = stand_in(&json!({ "$ref": "model:message" }), "mail");
        assert_eq!(message["id"], "<steps.mail.id>");
    }
}
