//! Stories about one manifest, without the sandbox.

mod lists;
mod webhooks;
mod writes;

use jackfield_sdk::prelude::*;
use jackfield_sdk::{FakeHost, code};

use crate::Rest;

const BASE: &str = "https://api.shop.example/v1";

/// A host of the connector in `shop.toml`.
fn shop() -> FakeHost {
    let manifest: toml::Table = toml::from_str(include_str!("shop.toml")).unwrap();
    FakeHost::new().with_manifest(serde_json::to_value(manifest).unwrap())
}

fn invoke(host: &FakeHost, action: &str, input: Value) -> Result<Value, Problem> {
    Rest::invoke(host, Call::new(action, &input))
}

/// Ada, as the shop has her.
fn ada() -> Value {
    json!({"data": {"uid": "c1", "name": "Ada", "mail": "ada@example.com", "tel": null}})
}

#[test]
fn the_account_is_called_what_the_system_calls_it() {
    let host = shop().on("GET", &format!("{BASE}/me"), json!({"company": "Acme Ltd"}));
    assert_eq!(Rest::check(&host).unwrap(), "Acme Ltd");
}

#[test]
fn a_failure_means_what_the_manifest_says_or_else_what_its_status_says() {
    let slow = json!({"error": {"code": "slow_down", "message": "easy", "wait_s": 3}});
    let host = shop().on("GET", &format!("{BASE}/contacts/c1"), slow);
    let problem = invoke(&host, "contact.get", json!({"id": "c1"})).unwrap_err();
    assert!(problem.is(code::RATE_LIMITED), "{problem}");
    assert_eq!((problem.message.as_str(), problem.retry_after_ms), ("easy", Some(3000)));

    let refused = Reply::new(422).with_json(&json!({"error": {"message": "no such tax"}}));
    let host = shop().on_reply("GET", &format!("{BASE}/contacts/c1"), refused);
    let problem = invoke(&host, "contact.get", json!({"id": "c1"})).unwrap_err();
    assert!(problem.is(code::REJECTED) && problem.message.ends_with(": no such tax"), "{problem}");
}

#[test]
fn a_page_of_html_is_no_answer() {
    let html = Reply::new(200).header("content-type", "text/html").body("<html>busy</html>");
    let host = shop().on_reply("GET", &format!("{BASE}/contacts/c1"), html);
    let problem = invoke(&host, "contact.get", json!({"id": "c1"})).unwrap_err();
    assert!(problem.is(code::UNAVAILABLE), "{problem}");
}

#[test]
fn a_form_and_headers_leave_out_what_is_null() {
    let host =
        shop().with_idempotency_key("k1").on("POST", &format!("{BASE}/messages"), json!({"ok": 7}));
    let input = json!({"to": "#a", "text": "1 & 2", "thread": null});
    assert_eq!(invoke(&host, "message.send", input).unwrap(), json!({"id": 7}));
    let sent = &host.sent()[0];
    assert_eq!(sent.body.as_deref(), Some(&b"to=%23a&text=1%20%26%202"[..]));
    assert_eq!((sent.get_header("x-thread"), sent.get_header("x-key")), (None, Some("k1")));
}

#[test]
fn steps_see_what_those_before_them_gave() {
    let host = shop()
        .on_reply("GET", &format!("{BASE}/customers/ada"), Reply::new(404))
        .on("POST", &format!("{BASE}/customers"), json!({"id": 5}))
        .on("POST", &format!("{BASE}/orders"), json!({"id": 9}));
    let input = json!({"customer": "ada", "total": "10.50"});
    assert_eq!(invoke(&host, "order.book", input).unwrap(), json!({"id": 9}));
    assert_eq!(host.sent()[2].body_json(), json!({"customer": 5, "total": "10.50"}));
}

#[test]
fn what_a_path_needs_cannot_be_empty_or_break_out_of_it() {
    let host = shop();
    let problem = invoke(&host, "order.book", json!({"customer": ""})).unwrap_err();
    assert!(problem.is(code::INVALID), "{problem}");
    let host = shop().on("GET", &format!("{BASE}/customers/..%2F..%3Fx"), json!({"id": 1})).on(
        "POST",
        &format!("{BASE}/orders"),
        json!({"id": 9}),
    );
    invoke(&host, "order.book", json!({"customer": "../..?x"})).unwrap();
    assert!(host.unused().is_empty(), "the customer was asked for under the name that was given");
}
