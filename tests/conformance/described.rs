//! A vendor's description beside the fixtures: what is in neither is told.

use std::sync::Arc;

use jackfield::conformance::{Description, Plan};

use crate::bench::{Trial, failed, shop, shop_cases};

/// What the shop says of its own API, as far as messages and the account go.
const SPEC: &str = r#"
openapi: 3.0.0
servers: [{ url: "https://api.shop.example/v1" }]
paths:
  /me:
    get:
      responses:
        "200":
          description: the account
          content:
            application/json:
              schema:
                type: object
                required: [company]
                properties: { company: { type: string } }
  /messages:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [to]
              properties: { to: { type: string }, words: { type: string } }
      responses: { "201": { description: sent } }
"#;

#[tokio::test]
async fn a_request_that_the_vendor_does_not_describe_is_told() {
    let trial = Trial::open().await;
    let spec = Some(Arc::new(Description::read(SPEC).unwrap()));
    let plan = Plan { seed: 1, spec, ..Plan::default() };
    let only = |part: &str| -> Vec<_> {
        shop_cases().into_iter().filter(|case| case.name.contains(part)).collect()
    };
    let report = trial.on(&shop(), &only("account is called"), &plan).await;
    assert_eq!(failed(&report.properties), []);

    let report = trial.on(&shop(), &only("key of its intention"), &plan).await;
    let told = failed(&report.properties);
    let (_, why) = told.iter().find(|(id, _)| id == "request.described").unwrap();
    assert!(why.contains("/v1/messages") && why.contains("text"), "{why}");
}
