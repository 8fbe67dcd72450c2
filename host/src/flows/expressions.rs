//! Expressions: jq programs, run by the host's own component inside the sandbox.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    fault::{Blame, Fault, Retry},
    runtime::{Evaluation, Limits, Package, Rows, Runtime, RuntimeError, Warm},
    tables::{Table, Tables},
};

/// The component, made by the build script from `sdk/expressions`.
static COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/expressions.wasm"));

/// What one evaluation may use: a mapping that needs more is a mistake.
const LIMITS: Limits = Limits { cpu_ms: 200, wall_ms: 5_000, memory_bytes: 64 << 20 };

/// How many instances are kept with the expressions that they have compiled.
const WARM_MAX: usize = 64;
/// Of how many expressions it is remembered which tables they name.
const NAMED_MAX: usize = 1024;

/// The expression component, ready to run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Expressions {
    runtime: Runtime,
    package: Package,
    warm: Warm,
    tables: Tables,
    /// The tables that expressions name, by expression.
    named: Arc<Mutex<BTreeMap<String, Arc<[String]>>>>,
    /// The version of the flow whose expressions these are, if they are one flow's.
    whose: Option<Arc<str>>,
}

impl Expressions {
    /// Loads the component; it compiles at the first start of a host, for about a second.
    pub fn load(runtime: &Runtime, tables: Tables) -> Result<Self, RuntimeError> {
        Self::load_keeping(runtime, tables, WARM_MAX)
    }

    /// The same with another number of instances that are kept; with none, each evaluation
    /// compiles its expression.
    pub fn load_keeping(
        runtime: &Runtime,
        tables: Tables,
        most: usize,
    ) -> Result<Self, RuntimeError> {
        let digest = hex::encode(Sha256::digest(COMPONENT));
        let package = runtime.load_component(&digest, COMPONENT)?;
        let warm = Warm::new(runtime.clone(), package.clone(), LIMITS, most);
        let runtime = runtime.clone();
        Ok(Self { runtime, package, warm, tables, named: Arc::default(), whose: None })
    }

    /// The same for the expressions of one version of a flow, which share an instance. Without
    /// this, an instance evaluates one expression and no other.
    pub fn of_flow(&self, version: &str) -> Self {
        Self { whose: Some(version.into()), ..self.clone() }
    }

    /// Whether a text is an expression, and whether the tables that it names are there.
    pub async fn check(&self, expression: &str) -> Result<(), Fault> {
        let tables = self.looked_over(expression).await?;
        tables.iter().try_for_each(|name| self.tables.about(name).map(drop)).map_err(no_table)
    }

    /// Whether a text is an expression, whatever tables there are.
    pub async fn check_alone(&self, expression: &str) -> Result<(), Fault> {
        self.looked_over(expression).await.map(drop)
    }

    /// The tables in which an expression looks something up, whether they are there or not.
    pub async fn tables(&self, expression: &str) -> Result<Arc<[String]>, Fault> {
        // Few expressions look anything up.
        if !expression.contains("lookup") {
            return Ok(Arc::from([]));
        }
        if let Some(known) = self.named().get(expression) {
            return Ok(known.clone());
        }
        let tables: Arc<[String]> = self.looked_over(expression).await?.into();
        let mut named = self.named();
        if named.len() >= NAMED_MAX {
            named.clear();
        }
        named.insert(expression.to_owned(), tables.clone());
        Ok(tables)
    }

    /// The tables that any text in a flow file names, if it is an expression.
    pub async fn tables_in_flow(&self, flow: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<toml::Value> = toml::from_str(flow).into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                toml::Value::String(text) => {
                    // What is no expression names nothing.
                    let tables = self.tables(&text).await.unwrap_or_else(|_| Arc::from([]));
                    found.extend(tables.iter().cloned());
                }
                toml::Value::Array(items) => open.extend(items),
                toml::Value::Table(members) => open.extend(members.into_iter().map(|(_, v)| v)),
                _ => {}
            }
        }
        found
    }

    /// The value of an expression on `input`.
    pub async fn evaluate(&self, expression: &str, input: &Value) -> Result<Value, Fault> {
        self.evaluate_with(expression, input, &json!({})).await
    }

    /// The value of an expression on `input`, with the members of the object `vars` as `$name`.
    pub async fn evaluate_with(
        &self,
        expression: &str,
        input: &Value,
        vars: &Value,
    ) -> Result<Value, Fault> {
        let rows = self.reach(expression).await?;
        let whose = self.whose.as_deref().unwrap_or(expression);
        let expressions = [expression.to_owned()];
        let (input, vars) = (input.to_string(), vars.to_string());
        let evaluation = Evaluation { expressions: &expressions, input, vars };
        let values = self.warm.evaluate(whose, evaluation, rows).await?;
        let broken = |why: String| Fault::new(Blame::Host, Retry::Never, "expressions", why);
        let value = values.first().ok_or_else(|| broken("no value came back".into()))?;
        serde_json::from_str(value).map_err(|error| broken(error.to_string()))
    }

    /// The tables that an expression reaches: those that it names.
    async fn reach(&self, expression: &str) -> Result<Option<Rows>, Fault> {
        let names = self.tables(expression).await?;
        if names.is_empty() {
            return Ok(None);
        }
        let open = |name: &String| -> Result<_, Fault> {
            Ok((name.clone(), self.tables.get(name).map_err(no_table)?))
        };
        let tables: BTreeMap<String, Arc<Table>> =
            names.iter().map(open).collect::<Result<_, Fault>>()?;
        Ok(Some(Arc::new(move |table, key| {
            tables.get(table).map(|table| table.row(key).map(|row| row.to_string()))
        })))
    }

    /// Asks a fresh instance about an expression; answers the tables that it names.
    async fn looked_over(&self, expression: &str) -> Result<Vec<String>, Fault> {
        self.runtime.check_expression(&self.package, LIMITS, expression.to_owned()).await.result
    }

    /// A panic while the lock is held leaves the map whole: each change is one step.
    fn named(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<[String]>>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table that cannot be used; who runs the host can mend it.
fn no_table(error: crate::tables::TableError) -> Fault {
    Fault::operator("table", error.to_string())
}
