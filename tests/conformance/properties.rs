//! What must hold of every connector: it does of the shop, and a trial is the same each time.

use jackfield::conformance::{Plan, Verdict};

use crate::bench::{Trial, failed, shop, shop_cases};

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
    // The shop gives its deliveries no id, and nobody described it.
    let untried = ["delivery.vendors-id", "request.described", "reply.described"];
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
