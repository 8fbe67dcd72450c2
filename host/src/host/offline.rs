//! What can be said of flows without a running host.

use std::sync::Arc;

use uuid::Uuid;

use super::HostError;
use crate::{
    clock::SystemClock,
    flows::{Expressions, Flow, Source, check_alone},
    runtime::{Compiler, Runtime},
    store::{self, Options},
    tables::Tables,
};

/// Everything that is wrong with some flow files, as far as they tell themselves: whether what they
/// name is connected is not known. The expressions' own component is compiled for it, into a
/// directory that is gone afterwards.
pub async fn check_flows(sources: &[Source], compiler: Compiler) -> Result<Vec<Flow>, HostError> {
    let dir = std::env::temp_dir().join(format!("jackfield-{}", Uuid::new_v4().simple()));
    let looked = look(sources, compiler, &dir).await;
    // What is left there is of no use to anybody, and no secret.
    let _ = std::fs::remove_dir_all(&dir);
    looked
}

async fn look(
    sources: &[Source],
    compiler: Compiler,
    dir: &std::path::Path,
) -> Result<Vec<Flow>, HostError> {
    let key: [u8; 32] = std::array::from_fn(|_| Uuid::new_v4().as_bytes()[0]);
    let runtime = Runtime::start(dir.join("compiled"), key, compiler)?;
    let store = store::open(&dir.join("store"), Options::default())?;
    let tables = Tables::open(store, Arc::new(SystemClock))?;
    let expressions = Expressions::load(&runtime, tables)?;
    Ok(check_alone(&expressions, sources).await?)
}
