//! What a release is: one `.wasm` file with its manifest inside, and everything that can be said
//! about it without running it.
//!
//! The tour, in the order in which a release is read:
//!
//! 1. [`package`]: the bytes. [`package::Release::read`] takes a file that nobody trusts, checks
//!    that it is a component, finds the manifest in it, and names the component by its digest.
//!    [`package::embed`] is the way there: component and manifest in, release out.
//! 2. [`manifest`]: the words. [`manifest::Manifest::parse`] reads `connector.toml` into types
//!    that hold only what makes sense, or answers every mistake with its line, what is wrong and
//!    what to write instead.
//! 3. `laws`: what holds for every input, for tests and fuzz targets only.
//!
//! Promises that any input whatever gives an answer in bounded time and memory, and no panic.
//! Never runs a component, never reads the network, the clock or the disk.

#[cfg(any(test, feature = "laws"))]
pub mod laws;
pub mod manifest;
pub mod package;
pub mod schema;
