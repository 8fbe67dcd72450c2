//! `[limits]`: what one call of a connector asks to use.
//!
//! Owns the asks and their defaults. Never grants them; the operator does.

use schemars::JsonSchema;
use serde::Deserialize;

/// What one call may use, and what one connection may keep.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// Time from the call to its answer, in milliseconds, waiting included.
    pub wall_ms: u64,
    /// Linear memory, in MiB.
    pub memory_mib: u32,
    /// What a connection keeps through the interface `storage`, in KiB.
    pub storage_kib: u32,
    /// What for, in words for the person who grants it, where it is more than the default.
    pub why: String,
}

impl Limits {
    /// The most that can be asked for.
    pub const MAX: Self = Self {
        cpu_ms: 10_000,
        wall_ms: 300_000,
        memory_mib: 256,
        storage_kib: 64 << 10,
        why: String::new(),
    };

    /// Whether it is more than what a connector gets that asks for nothing.
    pub fn is_unusual(&self) -> bool {
        let usual = Self::default();
        self.cpu_ms > usual.cpu_ms
            || self.wall_ms > usual.wall_ms
            || self.memory_mib > usual.memory_mib
            || self.storage_kib > usual.storage_kib
    }
}

impl Default for Limits {
    fn default() -> Self {
        let why = String::new();
        Self { cpu_ms: 200, wall_ms: 30_000, memory_mib: 64, storage_kib: 1024, why }
    }
}
