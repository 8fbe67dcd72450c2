//! The words of `connector.toml` with which a connector without code says what it does.
//!
//! Owns their types: the registry reads them from TOML and refuses what has no meaning, and
//! `sdk/rest` carries them out in the sandbox. Promises that what was read can be carried out as
//! far as its form goes. Never runs an expression, and knows nobody's values.
//!
//! From the outside inwards: an [`Entity`] has operations, an [`Action`] does something, a
//! [`Webhook`] means [`Event`]s; each of them sends [`Request`]s, which are made of [`Template`]s
//! and [`Jq`] programs.

mod action;
mod entity;
mod event;
mod http;
mod jq;
mod paging;
mod request;
mod subscriptions;
mod template;
mod visit;

pub use action::{Action, Recall, Step};
pub use entity::{Changes, Entity, Find, List, Operation, Related};
pub use event::{Event, Webhook};
pub use http::{CODES, Discover, Health, Http, Refusal, Tenants};
pub use jq::{JQ_BYTES_MAX, Jq, VARIABLES};
pub use paging::Paging;
pub use request::{Body, METHODS, Request};
pub use subscriptions::{Each, Subscriptions};
pub use template::{Part, TEMPLATE_BYTES_MAX, Template};
pub use visit::{Path, Visit};
