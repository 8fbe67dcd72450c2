//! The JSON Schema of `connector.toml`, for editors and for the reference.
//!
//! Made of the types that read a manifest, and of what their documentation says. Promises that
//! whatever a manifest's form allows is valid under it; what belongs together, only the manifest's
//! own check knows.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::manifest::Manifest;

/// The schema, under draft 7: the newest that Taplo reads.
pub fn connector() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = Value::from(generator.into_root_schema_for::<Manifest>());
    schema["title"] = "connector.toml".into();
    schema
}
