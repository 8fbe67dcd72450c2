//! The generic twin takes repeats as its actions say, and hangs where it is told to.

use http::Method;
use jackfield_registry::manifest::{Idempotency, Manifest};
use serde_json::{Value, json};

use super::{
    GenericTwin, Moment,
    acts::{self, ACTS, Way},
};
use crate::{
    patterns::MANIFEST,
    sender::{Answer, Delivery, Lane, SendError},
};

async fn asks(twin: &GenericTwin, action: &str, key: &str, input: &Value) -> Answer {
    try_ask(twin, action, key, input).await.expect("an answer")
}

async fn try_ask(
    twin: &GenericTwin,
    action: &str,
    key: &str,
    input: &Value,
) -> Result<Answer, SendError> {
    let mut input = input.clone();
    if acts::find(action).expect("an action").way == Way::Field {
        input["idempotency_key"] = key.into();
    }
    let delivery = Delivery::new(input.to_string())
        .with_text("authorization", &format!("Bearer {}", GenericTwin::token("one")))
        .with_text("idempotency-key", key);
    let mut lane = Lane::new(&format!("{}/{action}", twin.origin()))?.within(1_000);
    lane.send(&delivery).await
}

/// An input that every action which makes something takes.
fn anything() -> Value {
    json!({
        "email": "ada@example.com",
        "project": "p",
        "employee": "e",
        "order": "o",
        "name": "n",
        "reference": "r",
        "lines": [{ "product": "a", "quantity": "2", "unit_amount": "1.50" }],
    })
}

#[tokio::test]
async fn a_repeat_is_taken_as_the_kind_of_idempotency_says() {
    for act in ACTS.iter().filter(|act| !act.way.is_read() && act.way != Way::Change) {
        let twin = GenericTwin::start().await;
        for _ in 0..2 {
            assert_eq!(asks(&twin, act.name, "k1", &anything()).await.status, 200, "{}", act.name);
        }
        let twice_is_two = matches!(act.way, Way::Bare | Way::Search(_));
        assert_eq!(twin.effects().len(), 1 + usize::from(twice_is_two), "{}", act.name);
        assert_eq!(twin.doubles().len(), usize::from(twice_is_two), "{}", act.name);
        assert_eq!(twin.asked(), 2);
        asks(&twin, act.name, "k2", &anything()).await;
        let again = if matches!(act.way, Way::Upsert(_)) { 0 } else { 1 };
        assert_eq!(twin.effects().len(), 1 + usize::from(twice_is_two) + again, "{}", act.name);
    }
}

#[tokio::test]
async fn a_key_that_is_missing_or_was_used_for_something_else_is_refused() {
    let twin = GenericTwin::start().await;
    asks(&twin, "invoice.create", "k1", &anything()).await;
    let other = json!({ "contact": "other", "lines": [] });
    assert_eq!(asks(&twin, "invoice.create", "k1", &other).await.status, 400);
    assert_eq!(asks(&twin, "bill.create", "", &anything()).await.status, 200);
    assert_eq!(twin.counts()["one invoice.create"], 1);
}

#[tokio::test]
async fn what_was_made_is_found_by_its_fields_and_sums_are_worked_out() {
    let twin = GenericTwin::start().await;
    twin.give("one", "stock_level", json!({ "id": "s", "product": "a", "available": "3" }));
    asks(&twin, "invoice.create", "k", &anything()).await;
    let order = json!({ "id": "o-7", "lines": [{ "product": "a", "quantity": "2" }] });
    for expected in ["allocated", "short"] {
        let answer = asks(&twin, "stock.allocate", "k", &order).await;
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer["status"], expected);
    }
    assert_eq!(twin.records("one", "stock_level")[0]["available"], "0");
    assert_eq!(twin.records("one", "invoice")[0]["total"], "3.00");
    let url = format!("{}/stock.allocate?id=o-7", twin.origin());
    let search = Delivery::new("")
        .by(Method::GET)
        .with_text("authorization", &format!("Bearer {}", GenericTwin::token("one")));
    let found = Lane::new(&url).expect("a URL").send(&search).await.expect("an answer");
    let found: Value = serde_json::from_slice(&found.body).expect("JSON");
    assert_eq!(found.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn it_hangs_before_or_after_what_it_does_until_it_is_told_to_go_on() {
    for (moment, done) in [(Moment::Before, 1), (Moment::After, 2)] {
        let twin = GenericTwin::start().await;
        twin.hang_after(1, moment);
        asks(&twin, "message.post", "", &json!({ "text": "one" })).await;
        assert!(!twin.is_hanging());
        for text in ["two", "three"] {
            let hung = try_ask(&twin, "message.post", "", &json!({ "text": text })).await;
            assert!(matches!(hung, Err(SendError::Late { .. })), "{hung:?}");
        }
        assert!(twin.is_hanging());
        assert_eq!(twin.effects().len(), done);
        twin.answer_again();
        asks(&twin, "message.post", "", &json!({ "text": "four" })).await;
        assert_eq!(twin.effects().len(), done + 1);
    }
}

#[test]
fn the_twin_and_the_manifest_speak_of_the_same_actions_in_the_same_way() {
    let manifest = Manifest::parse(MANIFEST, "generic.toml").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(manifest.actions.len(), ACTS.len());
    for (name, action) in &manifest.actions {
        let way = acts::find(name).unwrap_or_else(|| panic!("no `{name}`")).way;
        let fits = match &action.idempotency {
            None => way.is_read(),
            Some(Idempotency::Header { .. }) => way == Way::Header,
            Some(Idempotency::Field) => way == Way::Field,
            Some(Idempotency::NaturalKey) => matches!(way, Way::Upsert(_) | Way::Change),
            Some(Idempotency::SearchFirst) => way.is_searched(),
            Some(Idempotency::None) => way == Way::Bare,
        };
        assert!(fits, "{name}: {:?} and {way:?}", action.idempotency);
        let path = format!("/{name}");
        assert_eq!(manifest.egress[0].safe_posts.contains(&path), !action.mutates, "{name}");
    }
}
