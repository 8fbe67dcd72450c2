//! What can be said of flows and manifests without a running host.
//!
//! Owns the expressions' component for a command that runs alone. Its compiled form is kept in the
//! user's cache, so that the second check is quick; where there is none, it is compiled into a
//! directory that is gone afterwards. Never asks a host, and never leaves the machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jackfield_registry::manifest::{Mistake, Program, VARIABLES, programs};
use serde_json::{Map, Value};

use super::{HostError, Scratch};
use crate::{
    clock::SystemClock,
    flows::{Expressions, Flow, Source, check_alone},
    runtime::{Compiler, Runtime},
    store::{self, Options},
    tables::Tables,
};

/// What a program is told that names a variable which there is not.
const UNKNOWN_VARIABLE: &str = "unknown variable";

/// Everything that is wrong with some flow files, as far as they tell themselves: whether what they
/// name is connected is not known.
pub async fn check_flows(sources: &[Source], compiler: Compiler) -> Result<Vec<Flow>, HostError> {
    let alone = Alone::open(compiler)?;
    Ok(check_alone(&alone.expressions, sources).await?)
}

/// Every program of a manifest that is no program, or that names a variable which there is not.
/// None where the manifest does not read: that is said by whoever reads it.
pub async fn check_programs(manifest: &str, compiler: Compiler) -> Result<Vec<Mistake>, HostError> {
    let programs = programs(manifest);
    if programs.is_empty() {
        return Ok(Vec::new());
    }
    let alone = Alone::open(compiler)?;
    let texts: BTreeSet<&str> = programs.iter().map(|program| program.text.as_str()).collect();
    let mut wrong = BTreeMap::new();
    for text in texts {
        if let Some(why) = alone.wrong(text).await {
            wrong.insert(text.to_owned(), why);
        }
    }
    let mistake = |program: Program| {
        let Program { line, column, what, text } = program;
        let message = format!("{what}: {}", wrong.get(&text)?);
        let hint = "it is a jq program; sdk/expressions/FUNCTIONS.md has what it may use".into();
        Some(Mistake { line, column, message, hint })
    };
    Ok(programs.into_iter().filter_map(mistake).collect())
}

/// Expressions without a host.
struct Alone {
    expressions: Expressions,
    _scratch: Scratch,
}

impl Alone {
    fn open(compiler: Compiler) -> Result<Self, HostError> {
        let scratch = Scratch::new();
        let (key, dir) = scratch.compiled();
        let runtime = Runtime::start(dir, key, compiler)?;
        let store = store::open(&scratch.path().join("store"), Options::default())?;
        let tables = Tables::open(store, Arc::new(SystemClock))?;
        Ok(Self { expressions: Expressions::load(&runtime, tables)?, _scratch: scratch })
    }

    /// What is wrong with a program of a manifest.
    async fn wrong(&self, program: &str) -> Option<String> {
        if let Err(fault) = self.expressions.check_alone(program).await {
            return Some(fault.message);
        }
        if !program.contains('$') {
            return None;
        }
        // Names are judged where values are given to them: here, none of any worth. What becomes of
        // the values does not matter.
        let nothing: Map<String, Value> =
            VARIABLES.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        let ran = self.expressions.evaluate_with(program, &Value::Null, &nothing.into()).await;
        ran.err().map(|fault| fault.message).filter(|said| said.contains(UNKNOWN_VARIABLE))
    }
}
