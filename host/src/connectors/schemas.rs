//! The JSON Schemas of a connector's actions and events, compiled.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use jackfield_registry::manifest::{Action, Manifest, SchemaRef};
use jsonschema::{Registry, Validator};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::text::cut;

/// A schema in a manifest that is not one.
#[derive(Debug, Error)]
#[error("the {which} of `{of}` in connector.toml is not a JSON Schema: {why}")]
pub struct SchemaError {
    which: &'static str,
    of: String,
    why: String,
}

/// The compiled schemas of one connector.
#[derive(Default)]
pub struct Schemas {
    inputs: BTreeMap<String, (Value, Arc<Validator>)>,
}

/// One thing that is wrong with a value: where, by which rule, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Where in the value, as a JSON Pointer.
    pub pointer: String,
    /// The schema's rule, such as `minLength: 1`.
    pub rule: String,
    /// What is there, as JSON.
    pub value: String,
    /// What is wrong, in a line.
    pub message: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", place(&self.pointer, &self.message), self.rule)
    }
}

/// The longest rule or value that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;
/// The most mistakes of a value that are told; more would not help a person.
const MISTAKES_MAX: usize = 10;

impl Schemas {
    /// Compiles the input schema of each action.
    pub(super) fn compile(manifest: &Manifest) -> Result<Self, SchemaError> {
        let mut inputs = BTreeMap::new();
        for (name, action) in &manifest.actions {
            let Some(schema) = &action.input else { continue };
            let validator = compiled(schema).map_err(|why| SchemaError {
                which: "input",
                of: name.clone(),
                why,
            })?;
            inputs.insert(name.clone(), (whole(schema), validator));
        }
        Ok(Self { inputs })
    }

    /// What is wrong with an action's input: one line for each mistake, with its place; none if
    /// it is right.
    pub fn mistakes(&self, action: &str, input: &Value) -> Vec<String> {
        let broken = self.broken(action, input);
        broken.iter().map(|one| place(&one.pointer, &one.message)).collect()
    }

    /// The same, each with the rule and the value.
    pub fn broken(&self, action: &str, input: &Value) -> Vec<Broken> {
        let Some((schema, validator)) = self.inputs.get(action) else { return Vec::new() };
        broken(schema, validator, input)
    }
}

/// What is wrong with an output that a person gives for an action of this name. Connectors vouch
/// for their own, so the schema is compiled only when a person does.
pub fn broken_output(
    name: &str,
    action: &Action,
    output: &Value,
) -> Result<Vec<Broken>, SchemaError> {
    let Some(schema) = &action.output else { return Ok(Vec::new()) };
    let wrong = |why| SchemaError { which: "output", of: name.to_owned(), why };
    Ok(broken(&whole(schema), &*compiled(schema).map_err(wrong)?, output))
}

fn broken(schema: &Value, validator: &Validator, value: &Value) -> Vec<Broken> {
    let errors = validator.iter_errors(value).take(MISTAKES_MAX);
    let broken = errors.map(|error| Broken {
        pointer: error.instance_path().to_string(),
        rule: rule(schema, &error.evaluation_path().to_string(), error.kind().keyword()),
        value: cut(error.instance().to_string(), SHOWN_BYTES_MAX),
        message: error.to_string(),
    });
    broken.collect()
}

/// A rule as the schema says it, on the way that led to it: through a `$ref` into another document
/// or another part of this one.
fn rule(schema: &Value, way: &str, keyword: &str) -> String {
    let (mut document, mut at) = (schema.clone(), schema.clone());
    for part in way.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let next = match (&at, part.as_str()) {
            (Value::Object(rules), "$ref") => {
                let to = rules.get("$ref").and_then(Value::as_str).unwrap_or_default();
                let (name, inside) = to.split_once('#').unwrap_or((to, ""));
                if let Some(model) = name.strip_prefix("model:").and_then(jackfield_model::schema) {
                    document = serde_json::from_str(model).unwrap_or_default();
                }
                document.pointer(inside).cloned()
            }
            (Value::Object(rules), part) => rules.get(part).cloned(),
            (Value::Array(items), part) => {
                part.parse().ok().and_then(|n: usize| items.get(n).cloned())
            }
            _ => None,
        };
        match next {
            Some(next) => at = next,
            // A path that the schema does not have: the keyword says it.
            None => return keyword.to_owned(),
        }
    }
    cut(format!("{keyword}: {at}"), SHOWN_BYTES_MAX)
}

fn place(path: &str, what: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    format!("`{path}`: {what}")
}

/// A schema as it is compiled: that of a canonical record refers to it.
fn whole(schema: &SchemaRef) -> Value {
    match schema {
        SchemaRef::Model(name) => json!({ "$ref": format!("model:{name}") }),
        SchemaRef::Inline(schema) => schema.clone(),
    }
}

/// A schema of a manifest, compiled. Those of canonical records are compiled once and shared: a
/// hundred connectors speak of the same contact.
pub fn compiled(schema: &SchemaRef) -> Result<Arc<Validator>, String> {
    static MODELS: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let SchemaRef::Model(name) = schema else { return validator(&whole(schema)).map(Arc::new) };
    // Each change is one insertion, so that a panic leaves it whole.
    let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = models.get(name) {
        return Ok(known.clone());
    }
    let fresh = Arc::new(validator(&whole(schema))?);
    // A name that is no model does not come this far, so there are no more than models.
    models.insert(name.clone(), fresh.clone());
    Ok(fresh)
}

/// A validator for a schema that may refer to canonical ones.
fn validator(schema: &Value) -> Result<Validator, String> {
    static MODELS: LazyLock<Result<Registry, String>> = LazyLock::new(models);
    let models = MODELS.as_ref().map_err(String::clone)?;
    jsonschema::options().with_registry(models).build(schema).map_err(|error| error.to_string())
}

/// The canonical schemas, for those that refer to them.
fn models() -> Result<Registry<'static>, String> {
    let mut models = Registry::new();
    for name in jackfield_model::names() {
        let text = jackfield_model::schema(name).unwrap_or("true");
        let model: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        models = models.add(format!("model:{name}"), model).map_err(|error| error.to_string())?;
    }
    models.prepare().map_err(|error| error.to_string())
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.inputs.keys()).finish()
    }
}
