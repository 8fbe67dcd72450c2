//! Stories about deliveries and about subscriptions.

use super::*;

#[test]
fn each_item_becomes_the_events_that_it_is_and_a_record_is_read_once() {
    let host = shop()
        .on(
            "GET",
            &format!("{BASE}/contacts/c1"),
            json!({
                "data": {"uid": "c1", "name": "Ada", "owner_id": 4},
            }),
        )
        .on("GET", &format!("{BASE}/people/4"), json!({"id": 4, "name": "Bob"}));
    let delivery = Delivery::post(
        r#"{"events": [
            {"type": "contact", "id": "c1", "at": 1767225600},
            {"type": "order", "id": 7, "total": 10.50, "note": null},
            {"type": "contact", "id": "c1", "at": 1767225601000},
            {"type": "weather"}
        ]}"#,
    );
    let events = Rest::parse(&host, delivery).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["contact.updated", "order.paid", "contact.updated"]);
    assert_eq!(events[0].record, json!({"id": "c1", "name": "Ada", "owner": "Bob"}));
    assert_eq!(events[0].occurred_at_ms, Some(1_767_225_600_000));
    assert_eq!(events[1].key, "order.paid:7");
    assert_eq!(events[1].record, json!({"id": "7", "total": "10.50"}));
    assert_eq!(events[2].occurred_at_ms, Some(1_767_225_601_000));
    assert_eq!(host.sent().iter().filter(|sent| sent.url.ends_with("/contacts/c1")).count(), 1);
}

#[test]
fn a_record_that_is_gone_makes_no_event() {
    let host = shop().on_reply("GET", &format!("{BASE}/contacts/c1"), Reply::new(404));
    let delivery = Delivery::post(r#"{"events": [{"type": "contact", "id": "c1", "at": 1}]}"#);
    assert!(Rest::parse(&host, delivery).unwrap().is_empty());
}

#[test]
fn what_is_no_json_is_for_a_person() {
    let problem = Rest::parse(&shop(), Delivery::post("{\"events\": [")).unwrap_err();
    assert!(problem.is(code::INVALID), "{problem}");
}

#[test]
fn a_subscription_is_made_where_there_is_none_and_left_where_there_is_one() {
    let hooks = format!("{BASE}/hooks");
    let url = "https://jackfield.example/in/1";
    let there = json!({"id": 1, "address": url, "topic": "orders/paid"});
    let both = json!({"id": 2, "address": url, "topic": "contacts/update"});
    let host = shop()
        .on("GET", &hooks, json!({"hooks": [there, {"id": 9, "address": "https://other"}]}))
        .on("POST", &hooks, json!({"id": 2}))
        .on("GET", &hooks, json!({"hooks": [there, both]}));
    let kinds = ["order.paid".to_owned(), "contact.updated".to_owned()];
    let ensured = Rest::ensure(&host, url, &kinds).unwrap();
    assert_eq!(ensured.len(), 2);
    assert_eq!(ensured[1].kinds, ["contact.updated"]);
    let posts: Vec<_> = host.sent().into_iter().filter(|sent| sent.method == "POST").collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].body_json(), json!({"address": url, "topic": "contacts/update"}));
}

#[test]
fn a_subscription_that_lapses_soon_is_made_anew_before_the_old_one_goes() {
    let hooks = format!("{BASE}/hooks");
    let url = "https://jackfield.example/in/1";
    let old =
        json!({"id": 1, "address": url, "topic": "orders/paid", "until": "1970-01-02T00:00:00Z"});
    let host = shop()
        .on("GET", &hooks, json!({"hooks": [old]}))
        .on("POST", &hooks, json!({"id": 2}))
        .on("DELETE", &format!("{hooks}/1"), json!({}));
    Rest::ensure(&host, url, &["order.paid".to_owned()]).unwrap();
    let methods: Vec<_> = host.sent().into_iter().map(|sent| sent.method).collect();
    assert_eq!(methods, ["GET", "POST", "DELETE", "GET"]);
}

#[test]
fn a_record_that_two_events_carry_is_made_once() {
    let host = shop().on("GET", &format!("{BASE}/people/4"), json!({"id": 4, "name": "Bob"}));
    let order = json!({"order_id": 7, "sum": 1.5, "buyer_id": 4});
    let item = json!({"type": "order", "id": 7, "placed": true, "order": order, "total": 1});
    let events = Rest::parse(&host, Delivery::post(json!({"events": [item]}).to_string())).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["order.changed", "order.paid", "order.placed"]);
    assert_eq!(events[0].record, json!({"id": "7", "total": "1.5", "buyer": "Bob"}));
    assert_eq!(events[0].record, events[2].record);
    assert_eq!(host.sent().len(), 1, "the buyer was read once");
}

#[test]
fn what_is_of_no_kind_is_told_in_the_log() {
    let host = shop();
    let delivery = Delivery::post(r#"{"events": [{"type": "weather"}]}"#);
    assert!(Rest::parse(&host, delivery).unwrap().is_empty());
    assert_eq!(host.logged()[0].level, Level::Debug);
}
