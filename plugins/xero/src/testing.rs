//! What the tests share: hosts with scripted replies, and the published schemas to hold records
//! against.

use jackfield_sdk::{FakeHost, Reply};
use jsonschema::Registry;
use serde_json::Value;

use crate::account::TENANT;
use crate::api::ACCOUNTING;

/// The organisation of the fixtures.
pub(crate) const TENANT_ID: &str = "7b2d4d0e-3c38-4f0f-9e39-2f5f0b7b8a11";

/// A connection to the organisation of the fixtures.
pub(crate) fn host() -> FakeHost {
    FakeHost::new().setting(TENANT, TENANT_ID)
}

/// The address under the accounting API.
pub(crate) fn url(path: &str) -> String {
    format!("{ACCOUNTING}/{path}")
}

/// A good reply with a fixture's exact text.
pub(crate) fn good(fixture: &str) -> Reply {
    Reply::new(200).header("content-type", "application/json").body(fixture)
}

/// Fails unless the record keeps the published schema of this name.
pub(crate) fn assert_keeps(name: &str, record: &Value) {
    let parsed = |name: &str| -> Value {
        serde_json::from_str(jackfield_model::schema(name).expect("a known schema")).expect("JSON")
    };
    let mut registry = Registry::new();
    for name in jackfield_model::names() {
        registry = registry.add(format!("model:{name}"), parsed(name)).expect("a good id");
    }
    let registry = registry.prepare().expect("references that resolve");
    let validator =
        jsonschema::options().with_registry(&registry).build(&parsed(name)).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(record).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{record:#} is no `{name}`: {errors:?}");
}
