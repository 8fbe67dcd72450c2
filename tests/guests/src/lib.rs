//! What guests of `examples/` share with native code: the same parsing, so that the cost of the
//! sandbox can be measured against it.

pub mod orders;
