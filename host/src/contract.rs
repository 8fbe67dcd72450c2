//! The contract of `wit/` as Rust, generated: the host's windows and the roles of a component.
//!
//! Owns nothing but the shapes. Everything in the two modules is made by `bindgen!`; nothing is
//! written by hand. The documentation of each item is in `wit/`.

/// The interfaces and roles of a connector.
#[expect(missing_docs, reason = "generated; the documentation is in wit/")]
mod connector {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "connector",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

/// The role of the host's own expression component.
#[expect(missing_docs, reason = "generated; the documentation is in wit/")]
mod own {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "expressions-role",
        exports: { default: async },
        with: { "jackfield:connector/types": super::connector::jackfield::connector::types },
    });
}

pub use connector::{
    exports::jackfield::connector as roles,
    jackfield::connector::{context, http, log, manifest, secrets, storage, types},
};
pub use own::{exports::jackfield::connector::expressions, jackfield::connector::tables};
pub use types::{Call, Delivery, Event, Header, Page, Problem, Query, Reply, Request};

/// The version that a release must have been built against: the same minor before 1.0.
pub const VERSION: &str = "0.1.0";
