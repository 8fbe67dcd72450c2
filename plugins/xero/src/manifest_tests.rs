//! Holds `connector.toml` against the rules of manifests and against the code.

use std::collections::BTreeSet;

use jackfield_registry::manifest::{Auth, Grant, Idempotency, Manifest};
use jackfield_sdk::prelude::*;

use crate::Xero;
use crate::account::TENANT;
use crate::api::{ACCOUNTING, CONNECTIONS};
use crate::testing::{good, host, url};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../connector.toml"), "connector.toml")
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_action_of_the_manifest_is_there_and_no_other() {
    for action in manifest().actions.keys() {
        // An input that fits no action fails on the input, not on the name.
        let problem = Xero::invoke(&host(), Call::new(action, &json!(0))).unwrap_err();
        assert!(problem.message.contains("does not fit"), "{problem}");
    }
    let problem = Xero::invoke(&host(), Call::new("invoice.burn", &json!({}))).unwrap_err();
    assert!(problem.message.contains("no action `invoice.burn`"), "{problem}");
}

#[test]
fn every_search_first_action_can_be_recalled_and_no_other() {
    for (name, action) in manifest().actions {
        let problem = Xero::recall(&host(), Call::new(&name, &json!(0))).unwrap_err();
        let recalls = !problem.message.contains("cannot be recalled");
        assert_eq!(recalls, matches!(action.idempotency, Some(Idempotency::SearchFirst)), "{name}");
    }
}

#[test]
fn every_event_that_is_told_is_declared() {
    let contacts = include_str!("../fixtures/contact.json");
    let invoices = include_str!("../fixtures/invoices_paid_and_bill.json");
    let host = host().on_reply("GET", &url("Contacts"), good(contacts)).on_reply(
        "GET",
        &url("Invoices"),
        good(invoices),
    );
    let declared = manifest().events;
    let delivery = Delivery::post(include_str!("../fixtures/webhook.json"));
    let told: BTreeSet<_> =
        Xero::parse(&host, delivery).unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|kind| declared.contains_key(kind)), "{told:?}");
}

#[test]
fn a_sign_in_can_be_renewed_and_its_organisation_is_chosen_from_what_is_listed() {
    let manifest = manifest();
    let Auth::OAuth2(oauth2) = &manifest.auth["token"] else { panic!("it is oauth2") };
    assert_eq!((oauth2.grant, oauth2.pkce), (Grant::Code, true));
    // Without this scope Xero gives no refresh token.
    assert!(oauth2.scopes.iter().any(|scope| scope == "offline_access"));
    assert!(manifest.is_chosen(TENANT));
    assert_eq!(manifest.egress[0].auth.as_deref(), Some("token"));
}

#[test]
fn every_address_is_granted() {
    let egress = &manifest().egress[0];
    let addresses = [url("Contacts"), url("Contacts/c1"), url("Invoices"), CONNECTIONS.to_owned()];
    assert!(ACCOUNTING.starts_with("https://api.xero.com/"));
    for address in addresses {
        let path = address.strip_prefix("https://api.xero.com").unwrap();
        assert!(egress.paths.iter().any(|granted| path.starts_with(granted)), "{path}");
    }
}
