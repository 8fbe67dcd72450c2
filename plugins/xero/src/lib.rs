//! The Xero connector: contacts and sales invoices of one organisation, and their webhooks.
//!
//! It promises to match before it creates, to give the same change the same key, and to carry
//! money as Xero wrote it, digit by digit. It never sees the access token or the webhook key:
//! the host attaches the one and checks with the other, as `connector.toml` says.
//!
//! Facts about Xero are from its OpenAPI description 16.1.0 unless a comment says otherwise.

mod account;
mod api;
mod contacts;
mod dates;
mod invoices;
mod map;
mod record;
mod webhook;
mod wire;

#[cfg(test)]
mod manifest_tests;
#[cfg(test)]
mod testing;

use jackfield_sdk::prelude::*;

/// One organisation at Xero.
pub struct Xero;

impl Webhooks for Xero {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        webhook::parse(host, &delivery)
    }
}

impl Actions for Xero {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        match call.action.as_str() {
            "contact.upsert" => json(&contacts::upsert(host, &call.input()?)?),
            "invoice.create" => json(&invoices::create(host, &call.input()?)?),
            "invoice.get" => json(&invoices::get(host, &call.input()?)?),
            _ => Err(call.unknown()),
        }
    }

    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        match call.action.as_str() {
            "contact.upsert" => {
                contacts::recall(host, &call.input()?)?.map(|contact| json(&contact)).transpose()
            }
            // The others are repeated safely without a search: by the key in the header, or
            // because they only read.
            _ => Err(Problem::invalid(format!("the action `{}` cannot be recalled", call.action))),
        }
    }
}

impl Account for Xero {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        account::check(host)
    }

    fn tenants(host: &dyn Host) -> Result<Vec<Tenant>, Problem> {
        account::tenants(host)
    }
}

jackfield_sdk::connector!(Xero: webhooks, actions, account);

/// A canonical record as the JSON that an action answers.
fn json<T: Serialize>(record: &T) -> Result<Value, Problem> {
    serde_json::to_value(record)
        .map_err(|error| Problem::invalid(format!("the record is not json: {error}")))
}
