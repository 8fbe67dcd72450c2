//! Jackfield: a WebAssembly plugin host for business systems.
//!
//! The rooms, in the order in which a webhook meets them:
//!
//! 1. [`ingress`] listens, and answers once a delivery is on disk: [`ingress::Ingress::receive`];
//! 2. [`verify`] says whether the vendor sent it, by the scheme that the manifest states;
//! 3. [`inbox`] keeps it, once;
//! 4. [`dispatch`] works through the queue: [`dispatch::Dispatch::deliver`];
//! 5. [`flows`] decide what follows from an event, and see that one intention has one effect;
//! 6. [`connections`] are the accounts at the systems, through [`connectors`], which are
//!    installed releases;
//! 7. [`runtime`] runs a connector in a sandbox, which looks at the host through
//!    [`capabilities`];
//! 8. [`audit`] keeps what happened.
//!
//! The ground floor, on which all of them stand: [`queue`], [`egress`] (the only door out),
//! [`vault`], [`tables`], [`store`], [`contract`], [`problem`], [`secret`], [`fault`],
//! [`priority`], [`clock`], [`config`] and [`telemetry`]. Above all of them: [`host`] puts the
//! rooms together, [`admin`] is the HTTP API of the operator, `drop_dir` the directory into which
//! they copy releases, `draft` what becomes of a vendor's description, [`cli`] the command.
//!
//! A room imports only what is below it; `tests/tidy` holds that.

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

pub mod admin;
pub mod audit;
mod backoff;
pub mod capabilities;
pub mod cli;
pub mod clock;
pub mod config;
pub mod conformance;
pub mod connections;
pub mod connectors;
pub mod contract;
pub mod desk;
pub mod dispatch;
mod draft;
mod drop_dir;
pub mod egress;
pub mod fault;
pub mod flows;
pub mod host;
pub mod inbox;
pub mod ingress;
pub mod keys;
mod mac;
pub mod memory;
pub mod oauth;
mod octets;
pub mod priority;
pub mod problem;
pub mod queue;
pub mod runtime;
pub mod secret;
pub mod store;
mod sweep;
pub mod tables;
pub mod telemetry;
pub mod text;
pub mod vault;
pub mod verify;
