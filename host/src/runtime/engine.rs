//! How wasmtime is set: what a guest may use of WebAssembly, and what a slot of the pool holds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::RuntimeError;
use crate::clock::beats;

/// How often the epoch moves on: the grain in which CPU time is measured and shared.
pub const TICK: Duration = Duration::from_millis(5);
/// Calls that may be in a sandbox at the same time, over all connections.
pub const CALLS_AT_ONCE: u32 = 1000;
/// The most linear memory that any grant can give to one call.
pub const MEMORY_BYTES_MAX: usize = 256 << 20;
/// The most elements that a table of a guest may have; what a slot of the pool holds, so that
/// growth beyond it is refused by the limit, which says so.
pub const TABLE_ELEMENTS_MAX: usize = 20_000;
/// The stack of a guest; deeper recursion traps.
const STACK_BYTES: usize = 1 << 20;
/// The stack of a call: the guest's, and room for the host functions that it calls.
const CALL_STACK_BYTES: usize = 2 << 20;
/// Memory of a slot that is cleared and kept instead of given back to the system.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// The engine that all releases share.
pub(super) fn build() -> Result<Engine, RuntimeError> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(CALLS_AT_ONCE)
        .total_core_instances(CALLS_AT_ONCE * 4)
        .total_memories(CALLS_AT_ONCE)
        .total_tables(CALLS_AT_ONCE * 4)
        .total_stacks(CALLS_AT_ONCE)
        .max_memory_size(MEMORY_BYTES_MAX)
        .max_core_instances_per_component(16)
        .max_memories_per_component(1)
        .max_tables_per_component(16)
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .async_stack_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::No);
    let mut config = config();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .max_wasm_stack(STACK_BYTES)
        .async_stack_size(CALL_STACK_BYTES)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(32));
    Engine::new(&config).map_err(RuntimeError::Engine)
}

/// An engine that compiles for the one above and runs nothing, so it needs no pool.
pub(super) fn for_compiling() -> Result<Engine, RuntimeError> {
    Engine::new(&config()).map_err(RuntimeError::Engine)
}

/// What decides about the compiled code.
fn config() -> Config {
    let mut config = Config::new();
    config
        .memory_reservation(MEMORY_BYTES_MAX as u64)
        .memory_guard_size(32 << 20)
        .epoch_interruption(true)
        .wasm_component_model(true);
    config
}

/// Moves the epoch on, from a thread of its own: a guest that spins on every worker of tokio
/// cannot stop the clock that stops it.
#[derive(Debug)]
pub(super) struct Ticker(Arc<AtomicBool>);

impl Ticker {
    /// Starts the thread; it ends when the ticker is dropped.
    pub(super) fn start(engine: Engine) -> Result<Self, RuntimeError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        thread::Builder::new()
            .name("epoch".into())
            .spawn(move || {
                beats(TICK, || {
                    engine.increment_epoch();
                    !stopped.load(Ordering::Relaxed)
                });
            })
            .map_err(RuntimeError::Thread)?;
        Ok(Self(stop))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    #[test]
    fn what_the_compiling_engine_makes_fits_the_running_one() {
        let hash = |engine: wasmtime::Engine| {
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(super::for_compiling().unwrap()), hash(super::build().unwrap()));
    }
}
