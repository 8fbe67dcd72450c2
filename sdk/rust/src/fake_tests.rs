//! The fake host, held to what it promises.

use serde_json::json;

use super::*;
use crate::code;

const URL: &str = "https://api.example/x";

#[test]
fn replies_are_given_in_order_and_the_last_one_stays() {
    let host = FakeHost::new().on_status("GET", URL, 503, json!(null)).on("GET", URL, json!(2));
    let status = || host.send(Request::get(URL)).unwrap().status;
    assert_eq!([status(), status(), status()], [503, 200, 200]);
    assert_eq!(host.sent().len(), 3);
    assert!(host.unused().is_empty());
}

#[test]
fn a_script_without_a_query_stands_for_every_query_and_one_with_it_for_that() {
    let host = FakeHost::new().on("GET", URL, json!("any"));
    assert!(host.send(Request::get(URL).query("a", 1)).is_ok());
    let host = FakeHost::new().on("GET", "https://api.example/x?a=1", json!("one"));
    assert!(host.send(Request::get(URL).query("a", 1)).is_ok());
}

#[test]
#[should_panic(expected = "unexpected request POST https://api.example/x")]
fn an_unexpected_request_fails_the_test_and_names_itself() {
    let host = FakeHost::new().on("GET", URL, json!(1));
    let _ = host.send(Request::post(URL));
}

#[test]
fn a_request_can_fail() {
    let host = FakeHost::new().on_problem("GET", URL, Problem::unavailable("no answer"));
    assert!(host.send(Request::get(URL)).unwrap_err().is(code::UNAVAILABLE));
}

#[test]
fn macs_are_real() {
    // RFC 4231 §4.3 (test case 2).
    let host = FakeHost::new().secret("key", "Jefe");
    let mac = host.mac("key", Algorithm::Sha256, b"what do ya want for nothing?").unwrap();
    assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    assert!(host.mac("other", Algorithm::Sha1, b"").unwrap_err().is(code::NOT_FOUND));
    assert!(host.matches("key", b"Jefe").unwrap());
    assert!(!host.matches("key", b"Jef").unwrap());
}

#[test]
fn the_store_keeps_swaps_counts_and_lists() {
    let host = FakeHost::new();
    host.storage_set("a/1", b"x").unwrap();
    assert!(host.storage_swap("a/2", None, Some(b"y")).unwrap());
    assert!(!host.storage_swap("a/2", None, Some(b"z")).unwrap());
    assert_eq!(host.storage_increment("n", 2).unwrap(), 2);
    assert_eq!(host.storage_increment("n", -3).unwrap(), -1);
    assert!(host.storage_increment("a/1", 1).unwrap_err().is(code::INVALID));
    assert_eq!(host.storage_keys("a/", None).unwrap(), ["a/1", "a/2"]);
    assert_eq!(host.storage_keys("a/", Some("a/1")).unwrap(), ["a/2"]);
    host.storage_delete("a/1").unwrap();
    assert_eq!(host.storage_get("a/1").unwrap(), None);
}

#[test]
fn the_store_has_the_bounds_of_the_real_one() {
    let host = FakeHost::new();
    assert!(host.storage_set("", b"").unwrap_err().is(code::INVALID));
    assert!(host.storage_set(&"k".repeat(257), b"").unwrap_err().is(code::INVALID));
    assert!(host.storage_set("k", &vec![0; VALUE_BYTES + 1]).unwrap_err().is(code::INVALID));
}
