//! Schemas of OpenAPI 3.0 as JSON Schema.
//!
//! Owns the differences: `nullable`, `$ref` into the description, boolean `exclusiveMinimum`,
//! `readOnly` and formats. Converts only what one operation reaches, since descriptions are
//! large. Requests are held more strictly than the description says: no unknown members.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Where schemas that others refer to lie in a description.
const SCHEMAS: &str = "#/components/schemas/";
/// How deep parts may lie in parts.
const PARTS_MAX: usize = 8;

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// To the vendor.
    Request,
    /// From the vendor.
    Answer,
}

/// The schema as JSON Schema, with all that it refers to under `$defs`.
pub fn convert(root: &Value, schema: &Value, way: Way) -> Value {
    let mut converter = Converter { root, way, wanted: Vec::new(), seen: BTreeSet::new() };
    let mut converted = converter.schema(schema, true);
    let mut definitions = Map::new();
    while let Some((name, alone)) = converter.wanted.pop() {
        let definition = converter.schema(&root["components"]["schemas"][&name], alone);
        definitions.insert(definition_name(&name, alone), definition);
    }
    if let Value::Object(members) = &mut converted {
        members.insert("$defs".to_owned(), Value::Object(definitions));
    }
    converted
}

/// A definition is there twice where it stands alone and is a part of others too.
fn definition_name(name: &str, alone: bool) -> String {
    if alone { name.to_owned() } else { format!("{name}--part") }
}

struct Converter<'a> {
    root: &'a Value,
    way: Way,
    wanted: Vec<(String, bool)>,
    seen: BTreeSet<(String, bool)>,
}

impl Converter<'_> {
    /// `alone` is false for a part of an `allOf`, whose other parts may have more members.
    fn schema(&mut self, schema: &Value, alone: bool) -> Value {
        let Value::Object(old) = schema else { return json!(true) };
        let mut new = Map::new();
        for (name, value) in old {
            match name.as_str() {
                "$ref" => {
                    new.insert(name.clone(), self.reference(value, alone));
                }
                "properties" => {
                    new.insert(name.clone(), self.properties(value));
                }
                "items" | "not" => {
                    new.insert(name.clone(), self.schema(value, true));
                }
                "additionalProperties" if value.is_object() => {
                    new.insert(name.clone(), self.schema(value, true));
                }
                "allOf" | "anyOf" | "oneOf" => {
                    // What another names is a whole one of several, and a part of all of them.
                    let alone = |part: &Value| name != "allOf" && part.get("$ref").is_some();
                    let parts = value.as_array().into_iter().flatten();
                    let parts: Vec<_> = parts.map(|part| self.schema(part, alone(part))).collect();
                    new.insert(name.clone(), parts.into());
                }
                "required" => {
                    new.insert(name.clone(), self.required(old, value));
                }
                "type"
                | "enum"
                | "const"
                | "minimum"
                | "maximum"
                | "minLength"
                | "maxLength"
                | "minItems"
                | "maxItems"
                | "pattern"
                | "multipleOf"
                | "additionalProperties" => {
                    new.insert(name.clone(), value.clone());
                }
                "format" if value == "uuid" => {
                    new.insert(
                        "pattern".to_owned(),
                        "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$".into(),
                    );
                }
                // Examples, titles, other formats: nothing to hold a body against.
                _ => {}
            }
        }
        exclusive(old, &mut new);
        let plain = old.contains_key("properties") && !old.contains_key("allOf");
        if self.way == Way::Request && alone && plain {
            new.entry("additionalProperties").or_insert(json!(false));
        }
        // All parts together say which members there are.
        if self.way == Way::Request && alone && old.contains_key("allOf") && self.names(schema, 0) {
            new.insert("unevaluatedProperties".to_owned(), json!(false));
        }
        if old.get("nullable") == Some(&json!(true)) {
            return json!({ "anyOf": [new, { "type": "null" }] });
        }
        Value::Object(new)
    }

    /// Whether a schema, or a part of it, says which members there are.
    fn names(&self, schema: &Value, depth: usize) -> bool {
        let name = schema["$ref"].as_str().and_then(|text| text.strip_prefix(SCHEMAS));
        let schema = name.map_or(schema, |name| &self.root["components"]["schemas"][name]);
        let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|of| schema[of].as_array());
        schema["properties"].is_object()
            || (depth < PARTS_MAX && parts.flatten().any(|part| self.names(part, depth + 1)))
    }

    fn reference(&mut self, value: &Value, alone: bool) -> Value {
        let Some(name) = value.as_str().and_then(|text| text.strip_prefix(SCHEMAS)) else {
            return value.clone();
        };
        if self.seen.insert((name.to_owned(), alone)) {
            self.wanted.push((name.to_owned(), alone));
        }
        format!("#/$defs/{}", definition_name(name, alone)).into()
    }

    fn properties(&mut self, value: &Value) -> Value {
        let members = value.as_object().into_iter().flatten();
        let converted = members.map(|(name, member)| {
            let barred = self.way == Way::Request && is_read_only(member);
            (name.clone(), if barred { json!(false) } else { self.schema(member, true) })
        });
        Value::Object(converted.collect())
    }

    /// What only the vendor writes cannot be required of a client.
    fn required(&self, schema: &Map<String, Value>, value: &Value) -> Value {
        let names = value.as_array().into_iter().flatten().filter(|name| {
            let member = name.as_str().and_then(|name| schema.get("properties")?.get(name));
            self.way == Way::Answer || !member.is_some_and(is_read_only)
        });
        names.cloned().collect()
    }
}

fn is_read_only(member: &Value) -> bool {
    member["readOnly"] == json!(true)
}

/// In 3.0 these are flags beside the bound; in JSON Schema they are the bound.
fn exclusive(old: &Map<String, Value>, new: &mut Map<String, Value>) {
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match old.get(flag) {
            Some(Value::Bool(true)) => {
                if let Some(value) = new.remove(bound) {
                    new.insert(flag.to_owned(), value);
                }
            }
            Some(number @ Value::Number(_)) => {
                new.insert(flag.to_owned(), number.clone());
            }
            _ => {}
        }
    }
}
