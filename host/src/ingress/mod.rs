//! The only room that listens for webhooks.
//!
//! Promises an answer in time to everybody who speaks HTTP: the vendor's own shape for what is
//! kept, 503 rather than silence, and never a 404 for an endpoint that exists. Nothing is
//! acknowledged before it is on disk. Never runs a connector before it has answered, but for the
//! few schemes that data cannot express.

mod limits;
mod read;
mod reply;
mod server;

#[cfg(test)]
mod tests;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use hyper::body::Incoming as Body;

pub use reply::Reply;
pub use server::{Ingress, IngressError};

use crate::{
    audit::{Actor, Line, Refusals, Word},
    clock::SharedClock,
    connections::{Connections, Live},
    inbox::{Inbox, Kept},
    verify::{self, Verdict},
};
