//! The only room that knows wasmtime: compiles releases and runs calls in sandboxes.
//!
//! Promises that each call of a connector gets a fresh instance, that every call ends within its
//! limits, whatever the guest does, and that a failure comes out as a [`Fault`] that says whose it
//! was. Never keeps what one call worked on for another (the host's own component keeps compiled
//! expressions: [`Warm`]), and never sees a credential.

mod cache;
mod call;
mod compile;
mod engine;
mod fault;
mod limits;
mod package;
mod sandbox;
mod warm;

use std::{io, path::PathBuf, sync::Arc};

use thiserror::Error;
use wasmtime::{Engine, component::Linker};

pub use call::Called;
pub use compile::{COMPILE, Compiler, compile_here};
pub use limits::Limits;
pub use package::{Package, Tally};
pub use sandbox::Rows;
pub use warm::{Evaluation, Warm};

use sandbox::Sandbox;

#[expect(unused_imports, reason = "the header speaks of it")]
use crate::fault::Fault;

/// What can go wrong before a call begins.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The engine could not be made: a machine without enough address space, for one.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(#[source] wasmtime::Error),
    /// No thread for the ticker.
    #[error("the epoch thread does not start: {0}")]
    Thread(#[source] io::Error),
    /// The bytes are not a component that this engine can compile.
    #[error("the component does not compile: {0}")]
    Compile(String),
    /// It asks for something that a component cannot have here.
    #[error("the component cannot be instantiated: {0:#}")]
    Instantiate(#[source] wasmtime::Error),
    /// It does not get as far as being called.
    #[error("the component does not begin: {0}")]
    Begin(String),
    /// A role was asked for that the component does not export.
    #[error("the connector does not have the role `{0}`")]
    NoRole(&'static str),
}

/// The engine, what a guest can import, and the compile cache.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<Sandbox>,
    cache: cache::Cache,
    loaded: package::Loaded,
    _ticker: engine::Ticker,
}

impl Runtime {
    /// Starts the engine. Compiled code is kept in `cache_dir` under a MAC by `cache_key`, since
    /// a forged cache file would be native code of a stranger. `compiler` makes it.
    pub fn start(
        cache_dir: PathBuf,
        cache_key: [u8; 32],
        compiler: Compiler,
    ) -> Result<Self, RuntimeError> {
        let engine = engine::build()?;
        let mut linker = Linker::new(&engine);
        sandbox::link(&mut linker)?;
        let cache = cache::Cache::new(cache_dir, cache_key, compiler, &engine);
        let _ticker = engine::Ticker::start(engine.clone())?;
        Ok(Self(Arc::new(Inner {
            engine,
            linker,
            cache,
            loaded: package::Loaded::default(),
            _ticker,
        })))
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runtime")
    }
}
