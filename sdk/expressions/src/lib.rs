//! The host's own component: runs jq expressions inside the sandbox.
//!
//! It owns what an expression may say and how its failures read. It promises that the same
//! expressions on the same input give the same values: it has no clock, no environment and
//! no randomness, and asks the host for rows of the operator's tables and nothing else. Between
//! two calls it keeps the programs that it made of expressions, and nothing that they ran on.
//!
//! Numbers: an integer of any size, and a decimal that an expression only passes on, keep
//! their exact text. Arithmetic (`+ - * /`) on decimals is binary floating point, as in every
//! jq; for money there are the `dec_…` functions, which are exact and give decimal strings.

pub mod evaluate;
pub mod failure;
pub mod functions;
mod json;
mod natives;
mod prelude;
mod program;
mod programs;
mod tables;
mod walk;

pub use evaluate::{check, evaluate};
pub use failure::Failure;
pub use tables::{Ask, NoTable, Row, none};

#[cfg(all(target_arch = "wasm32", feature = "component"))]
mod guest;
