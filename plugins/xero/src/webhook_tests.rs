//! Deliveries and what they mean.

use jackfield_sdk::{FakeHost, Reply, code};
use serde_json::{Value, json};

use super::*;
use crate::testing::{TENANT_ID, assert_keeps, good, host, url};

const CONTACT_ID: &str = "5cc8cf28-567e-4d43-b287-687cfcaec47c";
const INVOICE_ID: &str = "046d8a6d-1ae1-4b4d-9340-5601bdf41b87";

fn delivery() -> Delivery {
    Delivery::post(include_str!("../fixtures/webhook.json"))
}

fn ready() -> FakeHost {
    host()
        .on_reply("GET", &url("Contacts"), good(include_str!("../fixtures/contact.json")))
        .on_reply(
            "GET",
            &url("Invoices"),
            good(include_str!("../fixtures/invoices_paid_and_bill.json")),
        )
}

fn one_notice(change: impl Fn(&mut Value)) -> Delivery {
    let mut notice = json!({
        "resourceId": INVOICE_ID, "eventDateUtc": "2026-02-20T10:00:00.902",
        "eventType": "UPDATE", "eventCategory": "INVOICE", "tenantId": TENANT_ID
    });
    change(&mut notice);
    Delivery::post(json!({ "events": [notice] }).to_string())
}

#[test]
fn a_delivery_becomes_events_with_whole_records() {
    let host = ready();
    let events = parse(&host, &delivery()).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["contact.created", "invoice.updated", "invoice.paid", "invoice.updated", "invoice.paid"]
    );
    for event in &events {
        let entity = event.kind.split('.').next().unwrap();
        assert_keeps(entity, &event.record);
        assert!(event.key.len() <= 256);
    }
    assert_eq!(events[0].record["email"], "ada@example.com");
    assert_eq!(events[1].record["amount_paid"], "9007199254741233.01");
    assert_eq!(events[0].occurred_at_ms, Some(1_769_851_800_250));
    // Two notices of one payment.
    assert_eq!(
        (&events[2].key, events[2].occurred_at_ms),
        (&events[4].key, Some(1_771_545_600_000))
    );
    assert_eq!(events[2].occurred_at_ms, events[4].occurred_at_ms);
}

#[test]
fn keys_name_the_change_and_are_the_same_each_time() {
    let keys = |host: &FakeHost| -> Vec<String> {
        parse(host, &delivery()).unwrap().into_iter().map(|event| event.key).collect()
    };
    let first = keys(&ready());
    assert_eq!(
        first,
        [
            format!("contact:{CONTACT_ID}:created:2026-01-31T09:30:00.25"),
            format!("invoice:{INVOICE_ID}:updated:2026-02-20T10:00:00.902"),
            format!("invoice:{INVOICE_ID}:paid:2026-02-20"),
            format!("invoice:{INVOICE_ID}:updated:2026-02-20T10:00:01.1"),
            format!("invoice:{INVOICE_ID}:paid:2026-02-20"),
        ]
    );
    assert_eq!(keys(&ready()), first);
}

#[test]
fn each_record_is_read_once_and_only_ours() {
    let host = ready();
    parse(&host, &delivery()).unwrap();
    let urls: Vec<_> = host.sent().into_iter().map(|request| request.url).collect();
    assert_eq!(urls.len(), 2);
    assert!(urls[0].contains(&format!("IDs={CONTACT_ID}&")), "{}", urls[0]);
    let bill = "b5bf02aa-6d1c-4f5b-8f9e-6f6c3c3f0d10";
    assert!(urls[1].contains(&format!("IDs={INVOICE_ID}%2C{bill}&")), "{}", urls[1]);
}

#[test]
fn what_is_left_out_is_logged() {
    let host = ready();
    parse(&host, &delivery()).unwrap();
    let lines: Vec<_> = host.logged().into_iter().map(|line| line.message).collect();
    assert_eq!(
        lines,
        [
            "left out: the notice is for another organisation",
            "left out: the connector has no event for this notice",
            "left out: it is not a sales invoice",
        ]
    );
}

#[test]
fn the_test_of_the_endpoint_has_no_events_and_asks_for_nothing() {
    let host = FakeHost::new();
    let delivery = Delivery::post(include_str!("../fixtures/intent_to_receive.json"));
    assert_eq!(parse(&host, &delivery).unwrap(), []);
    assert!(host.sent().is_empty());
}

#[test]
fn a_record_that_xero_does_not_give_is_left_out_with_a_warning() {
    let host = host().on("GET", &url("Invoices"), json!({"Invoices": []}));
    assert_eq!(parse(&host, &one_notice(|_| ())).unwrap(), []);
    assert_eq!(host.logged()[0].level, Level::Warn);
}

#[test]
fn a_malformed_delivery_is_a_dead_letter() {
    let bodies = ["", "{", "[]", "{}", r#"{"events": {}}"#, r#"{"events": [{}]}"#, "\u{feff}{}"];
    for body in bodies {
        let problem = parse(&host(), &Delivery::post(body)).unwrap_err();
        assert!(problem.is(code::INVALID), "{body:?}: {problem}");
    }
}

#[test]
fn an_id_that_would_ask_for_two_records_is_refused() {
    for id in [format!("{INVOICE_ID},{CONTACT_ID}"), "1".into(), "é".repeat(18)] {
        let host = host();
        let delivery = one_notice(|notice| notice["resourceId"] = json!(id));
        assert!(parse(&host, &delivery).unwrap_err().is(code::INVALID));
        assert!(host.sent().is_empty());
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    let delivery = one_notice(|notice| notice["eventDateUtc"] = json!("yesterday"));
    assert!(parse(&host(), &delivery).unwrap_err().is(code::INVALID));
}

#[test]
fn a_flood_is_refused() {
    let notice = json!({
        "resourceId": INVOICE_ID, "eventDateUtc": "2026-02-20T10:00:00", "eventType": "UPDATE",
        "eventCategory": "INVOICE", "tenantId": TENANT_ID
    });
    let body = json!({ "events": vec![notice; NOTICES_MAX + 1] });
    let problem = parse(&host(), &Delivery::post(body.to_string())).unwrap_err();
    assert!(problem.is(code::INVALID) && problem.message.contains("1001"), "{problem}");
}

#[test]
fn many_records_are_read_in_several_requests() {
    let notices: Vec<_> = (0..api::IDS_MAX + 1)
        .map(|n| {
            json!({
                "resourceId": format!("00000000-0000-0000-0000-{n:012}"),
                "eventDateUtc": "2026-02-20T10:00:00", "eventType": "UPDATE",
                "eventCategory": "CONTACT", "tenantId": TENANT_ID
            })
        })
        .collect();
    let host = host().on("GET", &url("Contacts"), json!({"Contacts": []}));
    parse(&host, &Delivery::post(json!({ "events": notices }).to_string())).unwrap();
    assert_eq!(host.sent().len(), 2);
}

#[test]
fn xero_being_away_is_worth_another_try() {
    let host = host().on_reply("GET", &url("Invoices"), Reply::new(503));
    let problem = parse(&host, &one_notice(|_| ())).unwrap_err();
    assert!(problem.is(code::UNAVAILABLE));
}
