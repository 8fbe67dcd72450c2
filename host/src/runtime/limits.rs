//! What one call may use: CPU time, wall time, memory. Kept by the engine, not by the guest.

use std::time::Duration;

use jackfield_registry::manifest;
use serde::{Deserialize, Serialize};
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use super::{
    engine::{MEMORY_BYTES_MAX, TABLE_ELEMENTS_MAX, TICK},
    sandbox::Sandbox,
};

/// The limits of one call. The operator's grant sets them; a manifest may ask for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time, in milliseconds, measured in ticks of 5 ms.
    pub cpu_ms: u64,
    /// Time from the call to its answer, in milliseconds, waiting included.
    pub wall_ms: u64,
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cpu_ms: 200, wall_ms: 30_000, memory_bytes: 64 << 20 }
    }
}

impl Limits {
    /// Those that a manifest asks for.
    pub fn asked(limits: &manifest::Limits) -> Self {
        Self {
            cpu_ms: limits.cpu_ms,
            wall_ms: limits.wall_ms,
            memory_bytes: (limits.memory_mib as usize) << 20,
        }
    }
}

/// Counts what one call has used.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    ticks: u32,
    /// What was refused to the guest for its size, if anything was.
    pub(super) refused: Option<&'static str>,
    /// Whether the CPU time was used up.
    pub(super) spun: bool,
    /// How large the linear memory is, in bytes.
    pub(super) memory_bytes: usize,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ticks: 0, refused: None, spun: false, memory_bytes: 0 }
    }

    /// Begins to count for another call in the same memory.
    pub(super) fn begin(&mut self, limits: Limits) {
        *self = Self { memory_bytes: self.memory_bytes, ..Self::new(limits) };
    }
}

/// Called at each tick that finds a guest running: lets others run, and ends it at its budget.
pub(super) fn on_tick(mut store: StoreContextMut<'_, Sandbox>) -> wasmtime::Result<UpdateDeadline> {
    let meter = &mut store.data_mut().meter;
    meter.ticks += 1;
    if TICK.saturating_mul(meter.ticks) > Duration::from_millis(meter.limits.cpu_ms) {
        meter.spun = true;
        return Ok(UpdateDeadline::Interrupt);
    }
    Ok(UpdateDeadline::Yield(1))
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.limits.memory_bytes.min(MEMORY_BYTES_MAX);
        if allowed {
            self.memory_bytes = desired;
        } else {
            self.refused = Some("memory");
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= TABLE_ELEMENTS_MAX;
        if !allowed {
            self.refused = Some("table elements");
        }
        Ok(allowed)
    }
}
