//! What must hold of every connector: it does of the shop, and a trial is the same each time.

use jackfield::conformance::{Case, Plan, Verdict};
use serde_json::json;

use crate::bench::{Trial, failed, shop, shop_cases, shop_with};

#[tokio::test]
async fn a_connector_without_a_fault_has_every_property() {
    let trial = Trial::open().await;
    let report = trial.on(&shop(), &shop_cases(), &Plan { seed: 1, ..Plan::default() }).await;
    assert_eq!(failed(&report.properties), []);
    let tried = report.properties.iter();
    let tried = tried.filter(|one| matches!(one.verdict, Verdict::Passed { .. })).count();
    assert!(tried > 90, "only {tried} properties were tried");
    let skipped = report.properties.iter().filter_map(|one| match &one.verdict {
        Verdict::Skipped { .. } => Some(one.id.as_str()),
        _ => None,
    });
    // The shop gives its deliveries no id, fills no role, and nobody described it.
    let untried = [
        "delivery.vendors-id",
        "role.actions",
        "role.plain-input",
        "role.events",
        "request.described",
        "reply.described",
    ];
    assert_eq!(skipped.collect::<Vec<_>>(), untried);
}

#[tokio::test]
async fn the_same_seed_is_the_same_trial() {
    let (one, other) = (Trial::open().await, Trial::open().await);
    let cases: Vec<_> =
        shop_cases().into_iter().filter(|case| case.name.contains("invoice")).collect();
    let plan = Plan { seed: 7, ..Plan::default() };
    assert_eq!(one.on(&shop(), &cases, &plan).await, other.on(&shop(), &cases, &plan).await);
}

/// The one case with such a name, alone.
fn only(part: &str) -> Vec<Case> {
    shop_cases().into_iter().filter(|case| case.name.contains(part)).collect()
}

#[tokio::test]
async fn a_query_of_graphql_is_a_read_where_the_manifest_says_so() {
    let trial = Trial::open().await;
    let shop = shop_with(
        "output = \"invoice\"\nmutates = false\n",
        "output = \"invoice\"\nmutates = false\n\n[actions.\"invoice.get\".request]\nsend = \"POST \
         /graphql\"\ngraphql = \"query mutation { a }\"\n",
    );
    let report = trial.on(&shop, &only("money as text"), &Plan::default()).await;
    let told = failed(&report.properties);
    assert!(!told.iter().any(|(id, _)| id == "action.reads-only"), "{told:?}");
}

#[tokio::test]
async fn an_exchange_vouches_for_its_own_request_and_for_no_other() {
    let trial = Trial::open().await;
    let shop = shop_with(
        "idempotency = { kind = \"header\", name = \"idempotency-key\" }",
        "mutates = false",
    );
    let mut cases = only("key of its intention");
    cases[0].exchanges[0].request.headers.clear();
    cases[0].exchanges[0].request.reads = true;
    let report = trial.on(&shop, &cases, &Plan::default()).await;
    let told = failed(&report.properties);
    assert!(!told.iter().any(|(id, _)| id == "action.reads-only"), "{told:?}");

    cases[0].exchanges[0].request.json = Some(json!({ "to": "somebody else" }));
    let report = trial.on(&shop, &cases, &Plan::default()).await;
    let told = failed(&report.properties);
    assert!(told.iter().any(|(id, _)| id == "action.reads-only"), "{told:?}");
}
