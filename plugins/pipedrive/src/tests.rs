//! The connector against a fake host, and its manifest against its code.

use jackfield_registry::manifest::Manifest;
use jackfield_sdk::prelude::*;
use jackfield_sdk::{code, rfc3339_ms};
use jsonschema::Registry;

use crate::Pipedrive;

const WON: &str = include_str!("../fixtures/deal-won.json");
const PERSON_URL: &str = "https://acme.pipedrive.com/api/v2/persons/5";
const ORGANISATION_URL: &str = "https://acme.pipedrive.com/api/v2/organizations/3";
const USER_URL: &str = "https://acme.pipedrive.com/api/v1/users/me";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn company() -> FakeHost {
    FakeHost::new().setting("company", "acme")
}

/// A host at whose system the person and the organisation are.
fn host() -> FakeHost {
    company().on("GET", PERSON_URL, json_of(include_str!("../fixtures/person.json"))).on(
        "GET",
        ORGANISATION_URL,
        json_of(include_str!("../fixtures/organisation.json")),
    )
}

/// The fixture with a change made to it.
fn changed(change: impl FnOnce(&mut Value)) -> Delivery {
    let mut body = json_of(WON);
    change(&mut body);
    Delivery::post(body.to_string())
}

fn kinds(delivery: Delivery) -> Vec<String> {
    let events = Pipedrive::parse(&host(), delivery).unwrap();
    events.into_iter().map(|event| event.kind).collect()
}

fn assert_is_deal(record: &Value) {
    let schema = |name: &str| json_of(jackfield_model::schema(name).unwrap());
    let mut registry = Registry::new();
    for name in jackfield_model::names() {
        registry = registry.add(format!("model:{name}"), schema(name)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let validator = jsonschema::options().with_registry(&registry).build(&schema("deal")).unwrap();
    let errors: Vec<_> = validator.iter_errors(record).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{record:#}");
}

#[test]
fn a_deal_that_is_won_is_an_event_with_all_that_a_flow_needs() {
    let host = host();
    let events = Pipedrive::parse(&host, Delivery::post(WON)).unwrap();

    assert_eq!(events.len(), 2);
    assert_eq!(events[0].kind, "deal.won");
    assert_eq!(events[0].key, "deal:7:won:2026-01-31T09:30:00Z");
    assert_eq!(events[0].occurred_at_ms, rfc3339_ms("2026-01-31T09:30:00.250Z"));
    assert_eq!(events[1].kind, "deal.updated");
    let record = &events[0].record;
    assert_eq!(record["title"], "New roof");
    assert_eq!(record["value"], json!({"amount": "1250.5", "currency": "EUR"}));
    assert_eq!(record["organisation"]["name"], "Analytical Engines Ltd");
    assert_eq!(record["organisation"]["address"]["line1"], "12 Dorset Street");
    assert_eq!(record["person"]["email"], "ada@engines.example");
    assert_eq!(record["person"]["name"], "Ada Lovelace");
    assert_is_deal(record);
    assert!(host.unused().is_empty());
}

#[test]
fn an_amount_in_a_custom_field_keeps_its_digits() {
    let events = Pipedrive::parse(&host(), Delivery::post(WON)).unwrap();
    let fields = &events[0].record["ext"]["custom_fields"];
    let amount = &fields["d4de1c1518b4531717c676029a45911c340390a6"]["value"];
    assert_eq!(amount, "9007199254740993.10");
}

#[test]
fn a_second_attempt_gives_the_same_keys() {
    let keys = |delivery| -> Vec<String> {
        let events = Pipedrive::parse(&host(), delivery).unwrap();
        events.into_iter().map(|event| event.key).collect()
    };
    let first = WON.to_owned();
    let second = first.replace("\"attempt\": 1", "\"attempt\": 2");
    assert_ne!(first, second);
    assert_eq!(keys(Delivery::post(first)), keys(Delivery::post(second)));
}

#[test]
fn two_changes_within_one_second_have_two_keys() {
    let key = |title: &str| {
        let delivery = changed(|body| body["data"]["title"] = json!(title));
        let events = Pipedrive::parse(&host(), delivery).unwrap();
        events.last().unwrap().key.clone()
    };
    assert_ne!(key("a"), key("b"));
}

#[test]
fn a_deal_won_again_has_another_key() {
    let again = changed(|body| body["data"]["won_time"] = json!("2026-03-01T00:00:00Z"));
    let events = Pipedrive::parse(&host(), again).unwrap();
    assert_eq!(events[0].key, "deal:7:won:2026-03-01T00:00:00Z");
}

#[test]
fn a_change_to_a_deal_that_was_won_before_is_only_an_update() {
    let unsaid = changed(|body| body["previous"] = json!({"title": "Old roof"}));
    assert_eq!(kinds(unsaid), ["deal.updated"]);
    let whole = changed(|body| body["previous"]["status"] = json!("won"));
    assert_eq!(kinds(whole), ["deal.updated"]);
    let null = changed(|body| body["previous"] = Value::Null);
    assert_eq!(kinds(null), ["deal.updated"]);
}

#[test]
fn a_deal_that_is_added_as_won_counts_as_won() {
    let added = changed(|body| {
        body["meta"]["action"] = json!("create");
        body["previous"] = Value::Null;
    });
    assert_eq!(kinds(added), ["deal.won", "deal.updated"]);
}

#[test]
fn a_deal_that_is_lost_says_so() {
    let lost = changed(|body| {
        body["data"]["status"] = json!("lost");
        body["data"]["lost_time"] = json!("2026-01-31T09:30:00Z");
        body["data"]["lost_reason"] = json!("too dear");
    });
    let events = Pipedrive::parse(&host(), lost).unwrap();
    assert_eq!(events[0].kind, "deal.lost");
    assert_eq!(events[0].key, "deal:7:lost:2026-01-31T09:30:00Z");
    assert_eq!(events[0].record["lost_reason"], "too dear");
    assert_is_deal(&events[0].record);
}

#[test]
fn what_is_not_about_a_deal_that_lasts_is_no_event() {
    let person = changed(|body| body["meta"]["entity"] = json!("person"));
    let deleted = changed(|body| {
        body["meta"]["action"] = json!("delete");
        body["data"] = Value::Null;
    });
    let host = company();
    for delivery in [person, deleted] {
        assert_eq!(Pipedrive::parse(&host, delivery).unwrap(), []);
    }
    assert_eq!(host.logged().len(), 2);
    assert!(host.sent().is_empty());
}

#[test]
fn a_deal_with_nothing_but_a_title_is_a_deal() {
    let bare = changed(|body| {
        body["data"] = json!({"id": 7, "title": "x", "value": null, "currency": null});
    });
    let host = FakeHost::new();
    let events = Pipedrive::parse(&host, bare).unwrap();
    assert_eq!(events[0].record, json!({"id": "7", "title": "x"}));
    assert_is_deal(&events[0].record);
}

#[test]
fn a_person_who_is_gone_leaves_a_gap_and_a_line() {
    let host = company().on_status("GET", PERSON_URL, 404, json!({"success": false})).on(
        "GET",
        ORGANISATION_URL,
        json_of(include_str!("../fixtures/organisation.json")),
    );
    let events = Pipedrive::parse(&host, Delivery::post(WON)).unwrap();
    assert!(events[0].record.get("person").is_none());
    assert_eq!(events[0].record["organisation"]["id"], "3");
    assert_eq!(host.logged()[0].level, Level::Warn);
}

#[test]
fn a_limit_at_pipedrive_is_waited_for() {
    let limited = Reply::new(429).header("retry-after", "2");
    let host = company().on_reply("GET", PERSON_URL, limited).on(
        "GET",
        ORGANISATION_URL,
        json_of(include_str!("../fixtures/organisation.json")),
    );
    let problem = Pipedrive::parse(&host, Delivery::post(WON)).unwrap_err();
    assert!(problem.is(code::RATE_LIMITED));
    assert_eq!(problem.retry_after_ms, Some(2_000));
}

#[test]
fn malformed_deliveries_are_invalid_and_say_why() {
    let cases = [
        ("", "the delivery is not"),
        ("[]", "the delivery is not"),
        (r#"{"meta": {}}"#, "version 1.0"),
        (r#"{"meta": {"v": 1, "action": "updated", "object": "deal", "id": 7}}"#, "version 1.0"),
        (
            r#"{"meta": {"version": "2.0", "action": "change", "entity": "deal"}, "data": {"id": "x"}}"#,
            "`data` of the webhook",
        ),
    ];
    for (body, why) in cases {
        let problem = Pipedrive::parse(&company(), Delivery::post(body)).unwrap_err();
        assert!(problem.is(code::INVALID), "{body}: {problem}");
        assert!(problem.message.contains(why), "{body}: {problem}");
    }
}

#[test]
fn a_company_cannot_point_the_request_elsewhere() {
    let host = FakeHost::new().setting("company", "evil.example/x?").on(
        "GET",
        "https://evil.example%2Fx%3F.pipedrive.com/api/v1/users/me",
        json!({"data": {}}),
    );
    assert!(Pipedrive::check(&host).unwrap_err().is(code::UNAVAILABLE));
    assert!(Pipedrive::check(&FakeHost::new()).unwrap_err().is(code::INVALID));
}

#[test]
fn the_account_is_called_by_its_company() {
    let host = company().on("GET", USER_URL, json_of(include_str!("../fixtures/user.json")));
    assert_eq!(Pipedrive::check(&host).unwrap(), "Engine Sales");
}

#[test]
fn a_token_that_is_refused_is_unauthorized() {
    let host = company().on_status("GET", USER_URL, 401, json!({"success": false}));
    assert!(Pipedrive::check(&host).unwrap_err().is(code::UNAUTHORIZED));
}

#[test]
fn the_manifest_names_what_the_component_does() {
    let manifest = Manifest::parse(include_str!("../connector.toml"), "connector.toml")
        .unwrap_or_else(|error| panic!("{error}"));
    let host = host();
    let events = Pipedrive::parse(&host, Delivery::post(WON)).unwrap();
    assert!(events.iter().all(|event| manifest.events.contains_key(&event.kind)));

    let egress = &manifest.egress[0];
    let origin = egress.origin.replace("{param:company}", "acme");
    for request in host.sent() {
        let path = request.url.strip_prefix(&origin).unwrap();
        assert!(egress.methods.contains(&request.method), "{}", request.method);
        assert!(egress.paths.iter().any(|prefix| path.starts_with(prefix)), "{path}");
    }
    assert!(
        USER_URL.strip_prefix(&origin).is_some_and(|path| egress.paths.iter().any(|p| p == path))
    );
}
