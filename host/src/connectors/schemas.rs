//! The JSON Schemas of a connector's actions and events, compiled.

use std::{collections::BTreeMap, fmt};

use jackfield_registry::manifest::{Manifest, SchemaRef};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use thiserror::Error;

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
    inputs: BTreeMap<String, Validator>,
}

impl Schemas {
    /// Compiles the input schema of each action.
    pub(super) fn compile(manifest: &Manifest) -> Result<Self, SchemaError> {
        let mut inputs = BTreeMap::new();
        for (name, action) in &manifest.actions {
            let Some(schema) = &action.input else { continue };
            let validator = validator(schema).map_err(|why| SchemaError {
                which: "input",
                of: name.clone(),
                why,
            })?;
            inputs.insert(name.clone(), validator);
        }
        Ok(Self { inputs })
    }

    /// What is wrong with an action's input: one line for each mistake, with its place; none if
    /// it is right.
    pub fn mistakes(&self, action: &str, input: &Value) -> Vec<String> {
        /// More would not help a person.
        const MISTAKES_MAX: usize = 10;
        let Some(validator) = self.inputs.get(action) else { return Vec::new() };
        let errors = validator.iter_errors(input).take(MISTAKES_MAX);
        errors.map(|error| place(&error.instance_path().to_string(), &error.to_string())).collect()
    }
}

fn place(path: &str, what: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    format!("`{path}`: {what}")
}

/// A validator for a canonical schema's name, or for a schema that may refer to some.
fn validator(schema: &SchemaRef) -> Result<Validator, String> {
    let schema = match schema {
        SchemaRef::Model(name) => json!({ "$ref": format!("model:{name}") }),
        SchemaRef::Inline(schema) => schema.clone(),
    };
    let mut models = Registry::new();
    for name in jackfield_model::names() {
        let text = jackfield_model::schema(name).unwrap_or("true");
        let model: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        models = models.add(format!("model:{name}"), model).map_err(|error| error.to_string())?;
    }
    let models = models.prepare().map_err(|error| error.to_string())?;
    jsonschema::options().with_registry(&models).build(&schema).map_err(|error| error.to_string())
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.inputs.keys()).finish()
    }
}
