//! The sandbox's side of the SDK: the generated bindings, the real host, and the component that
//! [`connector!`](crate::connector) exports. It exists only in wasm, for natively a call of the
//! contract aborts the process. Nothing here is for connector authors.

// The generated bindings are the only unsafe code of the SDK.
#[allow(missing_docs, unsafe_code, clippy::all)]
pub mod bindings;
mod convert;
mod exports;
mod host;

pub use exports::Component;
pub(crate) use host::WasmHost;
