//! Invoices: made once, read, and refused before anything is sent.

use jackfield_sdk::Reply;
use serde_json::{Value, json};

use super::*;
use crate::testing::{assert_keeps, good, host, url};

const ONE: &str = include_str!("../fixtures/invoice.json");
const ID: &str = "046d8a6d-1ae1-4b4d-9340-5601bdf41b87";

fn wanted(input: Value) -> Invoice {
    serde_json::from_value(input).unwrap()
}

fn website() -> Invoice {
    wanted(json!({
        "contact": "c-17", "currency": "GBP", "reference": "deal 42",
        "lines": [{"description": "Website", "quantity": "1", "unit_amount": "1200.00"}]
    }))
}

#[test]
fn an_invoice_is_created_as_a_draft_and_answered_with_id_number_and_total() {
    let host = host().on_reply("PUT", &url("Invoices"), good(ONE));
    let invoice = create(&host, &website()).unwrap();
    let record = serde_json::to_value(&invoice).unwrap();
    assert_keeps("invoice", &record);
    assert_eq!(record["id"], ID);
    assert_eq!(record["number"], "INV-0009");
    assert_eq!(record["total"], "9007199254741233.01");
    assert_eq!(record["status"], "draft");
    let sent = host.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, url("Invoices?unitdp=4"));
    assert_eq!(
        sent[0].body_json(),
        json!({"Invoices": [{
            "Type": "ACCREC", "Contact": {"ContactID": "c-17"}, "Reference": "deal 42",
            "Status": "DRAFT", "CurrencyCode": "GBP",
            "LineItems": [{"Description": "Website", "Quantity": 1, "UnitAmount": 1200}]
        }]})
    );
}

#[test]
fn the_connection_decides_state_and_account() {
    let host = host()
        .setting("invoice_status", "AUTHORISED")
        .setting("account_code", "200")
        .on_reply("PUT", &url("Invoices"), good(ONE));
    create(&host, &website()).unwrap();
    let sent = host.sent()[0].body_json();
    assert_eq!(sent["Invoices"][0]["Status"], "AUTHORISED");
    assert_eq!(sent["Invoices"][0]["LineItems"][0]["AccountCode"], "200");
}

#[test]
fn what_cannot_be_done_as_asked_is_refused_before_anything_is_sent() {
    let line = json!([{"description": "Website"}]);
    let inputs = [
        ("`id`", json!({"id": "i", "contact": "c", "lines": line})),
        ("`contact`", json!({"contact": " ", "lines": line})),
        ("`lines`", json!({"contact": "c", "lines": []})),
        ("`lines[0]`", json!({"contact": "c", "lines": [{"description": ""}]})),
        ("`paid`", json!({"contact": "c", "lines": line, "status": "paid"})),
    ];
    for (named, input) in inputs {
        let host = host();
        let problem = create(&host, &wanted(input)).unwrap_err();
        assert!(problem.is(code::INVALID) && problem.message.contains(named), "{problem}");
        assert!(host.sent().is_empty());
    }
}

#[test]
fn a_setting_that_xero_does_not_know_is_named() {
    let host = host().setting("invoice_status", "PAID");
    let problem = create(&host, &website()).unwrap_err();
    assert!(problem.is(code::INVALID) && problem.message.contains("`invoice_status`"));
}

#[test]
fn a_validation_error_is_a_rejection_and_a_server_error_is_not() {
    let said = include_str!("../fixtures/validation_error.json");
    let refused = host().on_reply("PUT", &url("Invoices"), Reply::new(400).body(said));
    assert!(create(&refused, &website()).unwrap_err().is(code::REJECTED));
    let down = host().on_reply("PUT", &url("Invoices"), Reply::new(503));
    assert!(create(&down, &website()).unwrap_err().is(code::UNAVAILABLE));
}

#[test]
fn a_reply_without_the_invoice_is_not_taken_for_success() {
    for body in [r#"{"Invoices": []}"#, r#"{}"#, "[", r#"{"Invoices": [{"Total": "x"}]}"#] {
        let host = host().on_reply("PUT", &url("Invoices"), good(body));
        assert!(create(&host, &website()).unwrap_err().is(code::UNAVAILABLE), "{body}");
    }
}

#[test]
fn an_invoice_is_read_by_its_id() {
    let host = host().on_reply("GET", &url(&format!("Invoices/{ID}")), good(ONE));
    let invoice = get(&host, &Get { id: ID.into() }).unwrap();
    assert_eq!(invoice.contact_name.as_deref(), Some("Example Works Ltd"));
}

#[test]
fn a_bill_or_an_unknown_id_is_not_found() {
    let bill = json!({"Invoices": [{"Type": "ACCPAY", "InvoiceID": "b"}]});
    let host = host().on("GET", &url("Invoices/b"), bill).on_reply(
        "GET",
        &url("Invoices/nope"),
        Reply::new(404),
    );
    for id in ["b", "nope"] {
        let problem = get(&host, &Get { id: id.into() }).unwrap_err();
        assert!(problem.is(code::NOT_FOUND) && problem.message.contains(id), "{problem}");
    }
}
