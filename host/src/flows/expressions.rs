//! Expressions: jq programs, run by the host's own component inside the sandbox.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    fault::{Blame, Fault, Retry},
    runtime::{Limits, Package, Runtime, RuntimeError},
};

/// The component, made by the build script from `sdk/expressions`.
static COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/expressions.wasm"));

/// What one evaluation may use: a mapping that needs more is a mistake.
const LIMITS: Limits = Limits { cpu_ms: 200, wall_ms: 5_000, memory_bytes: 64 << 20 };

/// The expression component, ready to run.
#[derive(Debug, Clone)]
pub struct Expressions {
    runtime: Runtime,
    package: Package,
}

impl Expressions {
    /// Loads the component; it compiles at the first start of a host, for about a second.
    pub fn load(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let digest = hex::encode(Sha256::digest(COMPONENT));
        let package = runtime.load_component(&digest, COMPONENT)?;
        Ok(Self { runtime: runtime.clone(), package })
    }

    /// Whether a text is an expression.
    pub async fn check(&self, expression: &str) -> Result<(), Fault> {
        self.runtime.check_expression(&self.package, LIMITS, expression.to_owned()).await.result
    }

    /// The value of an expression on `input`.
    pub async fn evaluate(&self, expression: &str, input: &Value) -> Result<Value, Fault> {
        self.evaluate_with(expression, input, &Value::Object(serde_json::Map::new())).await
    }

    /// The value of an expression on `input`, with the members of `vars` as `$name`.
    pub async fn evaluate_with(
        &self,
        expression: &str,
        input: &Value,
        vars: &Value,
    ) -> Result<Value, Fault> {
        let expressions = [expression.to_owned()];
        let (input, vars) = (input.to_string(), vars.to_string());
        let called = self.runtime.evaluate(&self.package, LIMITS, &expressions, input, vars);
        let values = called.await.result?;
        let broken = |why: String| Fault::new(Blame::Host, Retry::Never, "expressions", why);
        let value = values.first().ok_or_else(|| broken("no value came back".into()))?;
        serde_json::from_str(value).map_err(|error| broken(error.to_string()))
    }
}
