//! Everything that happened: append-only, each line chained to the one before.
//!
//! Owns the words in which it is told. Promises that a line is in the same commit as what it
//! tells of, and that a line that was changed, removed or moved is found, whether it stands alone
//! or is sealed with others. Never holds a credential or the body of a delivery.

mod kept;
mod line;
mod seal;
mod segment;
mod trail;

#[cfg(test)]
mod tests;

pub use line::{Actor, Line, Word};
pub use seal::seal;
pub use trail::{AuditError, Entry, Filter, Verified, list, verify};
