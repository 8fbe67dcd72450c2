//! The named trees, and what stands in each.

use super::pieces::PIECE_BYTES;

/// A tree: a name for people, and the byte with which its keys begin on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Its name in messages.
    pub name: &'static str,
    pub(super) byte: u8,
    /// The longest value, in bytes.
    pub(super) value_bytes_max: usize,
}

/// The longest value of a tree whose values may be long.
const LONG: usize = 64 << 20;

const fn short(byte: u8, name: &'static str) -> Tree {
    Tree { name, byte, value_bytes_max: PIECE_BYTES }
}

const fn long(byte: u8, name: &'static str) -> Tree {
    Tree { name, byte, value_bytes_max: LONG }
}

impl Tree {
    /// Whether a value may stand in several pieces.
    pub(super) const fn is_long(self) -> bool {
        self.value_bytes_max > PIECE_BYTES
    }
}

/// Facts about the data directory itself.
pub const META: Tree = short(1, "meta");
/// Raw deliveries by id.
pub const DELIVERIES: Tree = long(2, "deliveries");
/// What became of each delivery, by id.
pub const DELIVERY_STATUS: Tree = long(3, "delivery-status");
/// Which deliveries were seen: connection, then the delivery's name.
pub const DEDUPE: Tree = short(4, "dedupe");
/// Work by lane, time and id.
pub const DUE: Tree = short(5, "due");
/// Which events were seen: connection, kind and key.
pub const EVENTS: Tree = short(6, "events");
/// Runs by id.
pub const RUNS: Tree = long(7, "runs");
/// Effects by run and step.
pub const EFFECTS: Tree = long(8, "effects");
/// Dead letters by id.
pub const DEAD_LETTERS: Tree = long(9, "dead-letters");
/// The newer lines of the audit trail by sequence number.
pub const AUDIT: Tree = short(10, "audit");
/// Connections by name.
pub const CONNECTIONS: Tree = long(11, "connections");
/// Installed releases by connector id.
pub const RELEASES: Tree = long(12, "releases");
/// Flows by name, and their versions by digest.
pub const FLOWS: Tree = long(13, "flows");
/// Sealed secrets and sealed data keys.
pub const SECRETS: Tree = long(14, "secrets");
/// What connectors keep: connection, then key.
pub const STORAGE: Tree = long(15, "storage");
/// Counts, such as how much storage a connection uses.
pub const COUNTERS: Tree = short(16, "counters");
/// Publishers whose releases may be installed, by the operator's name for them.
pub const PUBLISHERS: Tree = short(17, "publishers");
/// How each sign-in stands: connection, then the name of its `[auth.NAME]`.
pub const SIGN_INS: Tree = long(18, "sign-ins");
/// What runs that rest were told: run, then number.
pub const SIGNALS: Tree = long(19, "signals");
/// Runs that wait for an event: connection, kind, path and value, then run.
pub const WATCHES: Tree = long(20, "watches");
/// Events that runs may ask for: connection, kind, path and value, then time.
pub const HEARD: Tree = long(21, "heard");
/// When something last happened to those that wait for an event: connection, kind, path and value.
pub const FENCES: Tree = short(22, "fences");
/// Bursts of events, allowances of starts, and turns of runs, by flow and key.
pub const GATES: Tree = long(23, "gates");
/// Runs that rest because their flow is paused: flow, then run.
pub const HELD: Tree = short(24, "held");
/// The items of a step that does something for each of many: run, step, place.
pub const ITEMS: Tree = long(25, "items");
/// What actions wrote lately: connection, kind of record, id.
pub const ECHOES: Tree = long(26, "echoes");
/// The operator's tables: what is known of each, and its text.
pub const TABLES: Tree = long(27, "tables");
/// What the last call that parsed a delivery saw: the delivery's id, and the account for which a part was.
pub const CALLS: Tree = long(28, "calls");

/// Dead letters by cause: the cause, then the letter's id.
pub const CAUSES: Tree = short(30, "causes");
/// Inputs of steps that a person edited: run and step.
pub const EDITS: Tree = long(31, "edits");
/// How alerts go out, and what was told.
pub const ALERTS: Tree = long(32, "alerts");
/// Older lines of the audit trail, many in one value: the number of the first.
pub const SEGMENTS: Tree = long(33, "audit-segments");

/// The pieces of long values; known to this room alone.
pub(super) const PIECES: Tree = short(255, "pieces");
