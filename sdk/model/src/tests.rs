//! Every schema is valid, accepts its own examples and refuses what would do harm.

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use super::{SCHEME, names, schema};

fn parsed(name: &str) -> Value {
    serde_json::from_str(schema(name).expect("a known name")).expect("JSON")
}

fn validator(name: &str) -> Validator {
    let mut registry = Registry::new();
    for name in names() {
        registry = registry.add(format!("{SCHEME}{name}"), parsed(name)).expect("a good id");
    }
    let registry = registry.prepare().expect("references that resolve");
    jsonschema::options().with_registry(&registry).build(&parsed(name)).expect("a valid schema")
}

fn accepts(name: &str, value: &Value) -> bool {
    validator(name).is_valid(value)
}

#[test]
fn every_schema_is_a_valid_draft_2020_12_and_bears_its_name() {
    for name in names() {
        let schema = parsed(name);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        assert_eq!(schema["$id"], format!("{SCHEME}{name}"));
    }
}

#[test]
fn every_schema_accepts_its_own_examples() {
    for name in names() {
        let (schema, validator) = (parsed(name), validator(name));
        let examples = schema["examples"].as_array().expect("examples");
        assert!(examples.len() >= 2, "{name}");
        for example in examples {
            let errors: Vec<_> = validator.iter_errors(example).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}

#[test]
fn every_property_is_described() {
    fn visit(path: &str, node: &Value) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let described = property["description"].as_str().is_some_and(|text| text.len() > 9);
                assert!(described, "{path}/{name} has no description");
                visit(&format!("{path}/{name}"), property);
            }
        }
        for (name, definition) in node.get("$defs").and_then(Value::as_object).into_iter().flatten()
        {
            visit(&format!("{path}#{name}"), definition);
        }
    }
    for name in names() {
        visit(name, &parsed(name));
    }
}

#[test]
fn names_are_in_order_and_once_each() {
    let names: Vec<_> = names().collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn money_as_a_number_is_refused() {
    assert!(accepts(
        "deal",
        &json!({"title": "a", "value": {"amount": "1.10", "currency": "GBP"}})
    ));
    assert!(!accepts("deal", &json!({"title": "a", "value": {"amount": 1.1, "currency": "GBP"}})));
    assert!(!accepts("payment", &json!({"amount": 5})));
}

#[test]
fn what_is_not_a_decimal_is_refused() {
    for good in ["0", "-0.5", "1200.00", "9999999999999999999999999999"] {
        assert!(accepts("payment", &json!({ "amount": good })), "{good}");
    }
    for bad in ["", "1e3", "1,200.00", "01", ".5", "5.", "+1", " 1", "NaN"] {
        assert!(!accepts("payment", &json!({ "amount": bad })), "{bad:?}");
    }
}

#[test]
fn a_misspelt_member_is_refused_and_ext_takes_what_has_no_room() {
    let line = |member: &str| json!({"contact": "c", "lines": [{"description": "d", member: "1"}]});
    assert!(accepts("invoice", &line("unit_amount")));
    assert!(!accepts("invoice", &line("unit_price")));
    assert!(!accepts("contact", &json!({"name": "Ada", "nickname": "A"})));
    assert!(accepts("contact", &json!({"name": "Ada", "ext": {"nickname": "A"}})));
}

#[test]
fn a_null_reads_as_absent_but_not_where_a_value_is_required() {
    assert!(accepts("contact", &json!({"name": "Ada", "email": null, "organisation": null})));
    assert!(!accepts("contact", &json!({"name": null, "email": "ada@example.com"})));
    assert!(!accepts("contact", &json!({"name": ""})));
}

#[test]
fn a_reference_to_another_schema_is_followed() {
    assert!(accepts("deal", &json!({"title": "a", "person": {"name": "Ada"}})));
    assert!(!accepts("deal", &json!({"title": "a", "person": {"email": "ada@example.com"}})));
    assert!(!accepts("deal", &json!({"title": "a", "organisation": {"name": 5}})));
}

#[test]
fn an_invoice_without_lines_or_contact_is_refused() {
    assert!(accepts("invoice", &json!({"contact": "c", "lines": [{"description": "d"}]})));
    assert!(!accepts("invoice", &json!({"contact": "c"})));
    assert!(!accepts("invoice", &json!({"lines": [{"description": "d"}]})));
}

#[test]
fn a_message_goes_to_an_address_or_into_a_channel() {
    let message = |more: Value| {
        let mut message = json!({"text": "t"});
        message.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("one"));
        accepts("message", &message)
    };
    assert!(message(json!({"to": "ada@example.com", "channel": null})));
    assert!(message(json!({"channel": "sales"})));
    for nowhere in [json!({}), json!({"to": null}), json!({"to": ""}), json!({"channel": null})] {
        assert!(!message(nowhere.clone()), "{nowhere}");
    }
    assert!(!message(json!({"to": "ada@example.com", "channel": "sales"})));
}

#[test]
fn a_quantity_that_moves_goods_is_not_below_zero() {
    let order = |quantity: &str| json!({"lines": [{"product": "p", "quantity": quantity}]});
    assert!(accepts("order", &order("2.5")));
    assert!(!accepts("order", &order("-1")));
    assert!(!accepts("order", &json!({"lines": [{"product": "p", "quantity": 1}]})));
    let buy = |quantity: &str| json!({"supplier": "s", "lines": [{"product": "p", "quantity": quantity}]});
    assert!(accepts("purchase_order", &buy("40")) && !accepts("purchase_order", &buy("-40")));
    assert!(!accepts("time_entry", &json!({"hours": "-1"})));
    // Systems do count below zero what is on a shelf.
    assert!(accepts("stock_level", &json!({"product": "p", "on_hand": "-3"})));
}

#[test]
fn an_order_list_or_report_of_nothing_is_refused() {
    for (name, record) in [
        ("order", json!({"lines": []})),
        ("pick_list", json!({"order": "o", "lines": []})),
        ("purchase_order", json!({"supplier": "s", "lines": []})),
        ("report", json!({"title": "t", "lines": []})),
    ] {
        assert!(!accepts(name, &record), "{name}");
    }
}

#[test]
fn what_a_record_cannot_do_without_is_required() {
    for (name, whole) in [
        ("bill", json!({"contact": "c", "lines": []})),
        ("employee", json!({"name": "Grace"})),
        ("feedback_request", json!({"to": "ada@example.com"})),
        ("file", json!({"name": "a.pdf"})),
        ("folder", json!({"name": "a"})),
        ("milestone", json!({"project": "p", "title": "t"})),
        ("product", json!({"code": "c", "name": "n"})),
        ("project", json!({"name": "n"})),
        ("task", json!({"title": "t"})),
        ("time_entry", json!({"hours": "1"})),
    ] {
        assert!(accepts(name, &whole), "{name}");
        for field in whole.as_object().expect("an object").keys() {
            let mut part = whole.clone();
            part[field] = Value::Null;
            assert!(!accepts(name, &part), "{name} without {field}");
            let mut more = whole.clone();
            more[format!("{field}s")] = json!("slip");
            assert!(!accepts(name, &more), "{name} with {field}s");
        }
    }
}

#[test]
fn a_state_that_nobody_knows_is_refused() {
    for name in names() {
        let schema = parsed(name);
        if schema["properties"]["status"].is_object() {
            let mut record = schema["examples"][0].clone();
            record["status"] = json!("somewhere");
            assert!(!accepts(name, &record), "{name}");
        }
    }
}
