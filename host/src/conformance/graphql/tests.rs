//! A small shop's schema, and what is wrong with what it is asked and answers.

use serde_json::{Value, json};

use super::Schema;

/// What introspection says of a shop, as far as it goes.
fn shop() -> Schema {
    let named = |kind: &str, name: &str| json!({ "kind": kind, "name": name });
    let always = |inner: Value| json!({ "kind": "NON_NULL", "ofType": inner });
    let field =
        |name: &str, ty: Value, args: Value| json!({ "name": name, "type": ty, "args": args });
    let id = json!([{ "name": "id", "type": always(named("SCALAR", "ID")) }]);
    let answer = json!({ "data": { "__schema": {
        "queryType": { "name": "Query" },
        "types": [
            { "kind": "OBJECT", "name": "Query", "interfaces": [], "fields": [
                field("order", named("OBJECT", "Order"), id),
            ]},
            { "kind": "OBJECT", "name": "Order", "interfaces": [], "fields": [
                field("id", always(named("SCALAR", "ID")), json!([])),
                field("state", named("ENUM", "State"), json!([])),
                field("notes", json!({ "kind": "LIST", "ofType": named("SCALAR", "String") }), json!([])),
            ]},
            { "kind": "SCALAR", "name": "ID" },
            { "kind": "SCALAR", "name": "String" },
            { "kind": "ENUM", "name": "State", "enumValues": [{ "name": "OPEN" }, { "name": "PAID" }] },
        ],
        "directives": [],
    }}});
    Schema::read(&answer).unwrap().unwrap()
}

fn asks(query: &str, variables: Value) -> Vec<u8> {
    json!({ "query": query, "variables": variables }).to_string().into_bytes()
}

const ORDER: &str = "query($id: ID!) { order(id: $id) { id state notes } }";

#[test]
fn a_request_is_held_against_the_schema() {
    let shop = shop();
    assert_eq!(shop.check_ask(&asks(ORDER, json!({ "id": "7" }))), [""; 0]);
    let wrong = shop.check_ask(&asks(&ORDER.replace("notes", "note"), json!({ "id": "7" })));
    assert!(wrong[0].contains("`Order` has no field `note`"), "{wrong:?}");
    let wrong = shop.check_ask(&asks(ORDER, json!({})));
    assert!(wrong[0].contains("`$id` is missing"), "{wrong:?}");
    let wrong = shop.check_ask(&asks(ORDER, json!({ "id": [true] })));
    assert!(wrong[0].contains("`$id` is no ID"), "{wrong:?}");
    let wrong = shop.check_ask(&asks("{ order { id { x } } }", json!({})));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    let wrong =
        shop.check_ask(&asks("query($id: String) { order(id: $id) @twice { state } }", json!({})));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(shop.check_ask(b"{}")[0].starts_with("it is no request of GraphQL"));
}

#[test]
fn an_answer_is_held_against_what_was_asked() {
    let (shop, asked) = (shop(), asks(ORDER, json!({ "id": "7" })));
    let wrong = |order: Value| {
        let answer = json!({ "data": { "order": order } }).to_string();
        shop.check_reply(&asked, answer.as_bytes()).join("; ")
    };
    assert_eq!(wrong(json!({ "id": "7", "state": "PAID", "notes": ["a", null] })), "");
    assert_eq!(wrong(Value::Null), "");
    assert_eq!(
        wrong(json!({ "id": null, "state": "LOST", "notes": "a", "total": 1 })),
        "`data/order/id` is null, and never is; `data/order/state` is no State; \
         `data/order/notes` is no list; `data/order/total` was not asked for"
    );
    assert_eq!(
        wrong(json!({ "id": "7", "notes": [] })),
        "`data/order/state` was asked for and is not there"
    );
}

#[test]
fn what_is_no_introspection_is_something_else() {
    assert!(Schema::read(&json!({ "openapi": "3.0.0" })).is_none());
    let empty = Schema::read(&json!({ "__schema": { "types": [] } })).unwrap();
    assert!(empty.is_err());
}
