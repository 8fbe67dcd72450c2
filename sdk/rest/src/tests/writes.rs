//! Stories about records that are written.

use super::*;

#[test]
fn a_contact_is_made_of_what_the_canonical_one_has() {
    let host = shop().on("POST", &format!("{BASE}/contacts"), ada());
    let input = json!({"name": "Ada", "email": "ada@example.com"});
    let made = invoke(&host, "contact.create", input).unwrap();
    assert_eq!(made, json!({"id": "c1", "name": "Ada", "email": "ada@example.com"}));
    let body = json!({"name": "Ada", "mail": "ada@example.com"});
    assert_eq!(host.sent()[0].body_json(), body, "null members are left out");
}

#[test]
fn an_upsert_changes_nothing_where_nothing_differs() {
    let found = json!({"data": [ada()["data"]]});
    let host = shop().on("GET", &format!("{BASE}/contacts"), found);
    let input = json!({"name": "Ada", "email": "ada@example.com"});
    let same = invoke(&host, "contact.upsert", input).unwrap();
    assert_eq!(same["id"], "c1");
    assert_eq!(host.sent().len(), 1);
    assert!(host.sent()[0].url.ends_with("/contacts?mail=ada%40example.com&exact=true"));
}

#[test]
fn an_upsert_changes_what_differs_and_makes_what_is_not_there() {
    let found = json!({"data": [ada()["data"]]});
    let host = shop().on("GET", &format!("{BASE}/contacts"), found).on(
        "PATCH",
        &format!("{BASE}/contacts/c1"),
        ada(),
    );
    invoke(&host, "contact.upsert", json!({"email": "ada@example.com", "phone": "1"})).unwrap();
    assert_eq!(host.sent()[1].body_json(), json!({"mail": "ada@example.com", "tel": "1"}));

    let host = shop().on("GET", &format!("{BASE}/contacts"), json!({"data": []})).on(
        "POST",
        &format!("{BASE}/contacts"),
        ada(),
    );
    invoke(&host, "contact.upsert", json!({"email": "ada@example.com"})).unwrap();
    assert_eq!(host.sent()[1].method, "POST");
}

#[test]
fn two_that_match_are_for_a_person() {
    let host = shop().on(
        "GET",
        &format!("{BASE}/contacts"),
        json!({"data": [{"uid": "c1"}, {"uid": "c2"}]}),
    );
    let problem = invoke(&host, "contact.upsert", json!({"email": "a@b.example"})).unwrap_err();
    assert!(problem.is(code::CONFLICT), "{problem}");
    assert_eq!(problem.details.as_deref(), Some(&json!({"candidates": ["c1", "c2"]})));
}

#[test]
fn a_create_whose_answer_was_lost_is_found_by_its_match_keys() {
    let call = Call::new("contact.create", &json!({"email": "ada@example.com"}));
    let found = json!({"data": [ada()["data"]]});
    let host = shop().on("GET", &format!("{BASE}/contacts"), found);
    assert_eq!(Rest::recall(&host, call.clone()).unwrap().unwrap()["id"], "c1");
    let host = shop().on("GET", &format!("{BASE}/contacts"), json!({"data": []}));
    assert_eq!(Rest::recall(&host, call).unwrap(), None);
}

#[test]
fn what_is_gone_already_is_removed() {
    let host = shop().on_reply("DELETE", &format!("{BASE}/contacts/c1"), Reply::new(404));
    assert_eq!(invoke(&host, "contact.delete", json!({"id": "c1"})).unwrap(), json!({"id": "c1"}));
}

#[test]
fn a_number_keeps_its_digits() {
    let exact = br#"{"data": {"uid": "c1", "name": 12345678901234567890.10}}"#;
    let reply = Reply::new(200).header("content-type", "application/json").body(&exact[..]);
    let host = shop().on_reply("POST", &format!("{BASE}/orders"), reply.clone()).on(
        "GET",
        &format!("{BASE}/customers/ada"),
        json!({"id": 1}),
    );
    let call = Call {
        action: "order.book".into(),
        input: r#"{"customer": "ada", "total": 0.10000000000000000001}"#.into(),
        ext: Vec::new(),
    };
    Rest::invoke(&host, call).unwrap();
    let body = String::from_utf8(host.sent()[1].body.clone().unwrap()).unwrap();
    assert!(body.contains("0.10000000000000000001"), "{body}");
}

#[test]
fn a_body_of_its_own_can_hold_the_fields() {
    let reply = json!({"results": [{"order_id": 7, "sum": 2}]});
    let host = shop().on("POST", &format!("{BASE}/orders/batch"), reply);
    let made = invoke(&host, "order.upsert", json!({"customer": "c1", "total": "2"})).unwrap();
    assert_eq!(made, json!({"id": "7", "total": "2"}));
    let fields = json!({"sum": "2", "to": "c1"});
    assert_eq!(host.sent()[0].body_json(), json!({"inputs": [{"key": "c1", "fields": fields}]}));
}

#[test]
fn a_recall_by_the_key_gives_the_canonical_record() {
    let call = Call::new("order.create", &json!({"total": "2"}));
    let recalled = |orders: Value| {
        let orders = json!({ "orders": orders });
        let host = shop().with_idempotency_key("k1").on("GET", &format!("{BASE}/orders"), orders);
        let recalled = Rest::recall(&host, call.clone()).unwrap();
        assert!(host.sent()[0].url.ends_with("/orders?key=k1"));
        recalled
    };
    let made = recalled(json!([{"order_id": 7, "sum": 2}]));
    assert_eq!(made, Some(json!({"id": "7", "total": "2"})));
    assert_eq!(recalled(json!([])), None);
}
