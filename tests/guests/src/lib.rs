//! The guests are in `examples/`; this crate is only what holds them together.
