//! Journeys: whole ways through a whole host, from a webhook at the door to a record at a vendor.
//!
//! Each is a story that an operator could tell. Vendors are twins, but for the
//! authorisation server of `oidc`; everything else is real.

#![expect(clippy::unwrap_used, reason = "a test: what is not there is the failure")]

mod alerts;
mod alerts_through;
mod author;
mod aws;
mod breaker;
mod bundles;
mod command;
mod declarative;
mod desk;
mod dev;
mod door;
mod drop_dir;
mod expressions;
mod flows;
mod given_up;
mod grants;
mod guide;
mod happened;
mod key;
mod languages;
mod leftovers;
mod life;
mod oidc;
mod outage;
mod patterns;
mod priorities;
mod removal;
mod repair;
mod restart;
mod rotation;
mod sign_in;
mod sleepers;
mod tenants;
mod unknown;
mod upgrade;
mod won_deal;
mod xero_webhooks;
