//! The Pipedrive connector: webhooks of version 2.0 become events about deals, each with the
//! whole deal, its person and its organisation as one canonical record. It only reads.

mod api;
mod exact;
mod map;
mod payload;
mod webhook;

use jackfield_sdk::prelude::*;

/// Pipedrive.
pub struct Pipedrive;

jackfield_sdk::connector!(Pipedrive: webhooks, account);

impl Webhooks for Pipedrive {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        webhook::parse(host, &delivery)
    }
}

impl Account for Pipedrive {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        api::account_label(host)
    }
}

#[cfg(test)]
mod tests;
