//! The kit of Jackfield's tests, which its demo, measures and torture stand on too.
//!
//! [`house::House`] is a whole host in a directory of its own, and [`calls`] goes past its doors;
//! [`twin`] has the vendors it talks to, [`sender`] sends webhooks as they do, a
//! [`browser`] goes where a person is sent; [`oidc`] is a real vendor of tokens where Node is
//! there; [`releases`] builds the connectors, once;
//! [`languages`] builds the templates of `sdk/templates` with their own tools, as [`guide`] says;
//! [`victim::Victim`] is a host in a process of its own, which can be killed;
//! [`won_deal::WonDealScene`] is the main job set up: a deal in Pipedrive becomes an invoice in
//! Xero, and [`patterns::Patterns`] the business around it, all of whose systems are generic.

pub mod browser;
pub mod calls;
pub mod club;
pub mod entries;
pub mod guide;
pub mod house;
pub mod languages;
pub mod moto;
mod npm;
pub mod oidc;
pub mod orders;
pub mod patterns;
mod pip;
pub mod releases;
pub mod sender;
pub mod signed;
pub mod twin;
pub mod victim;
pub mod won_deal;
