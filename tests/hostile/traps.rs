//! A trap in each export: the call fails with its reason; as work it ends at the repair desk.

use jackfield::{
    capabilities::{Particulars, Window},
    contract::Call,
    fault::{Blame, Fault},
};
use jackfield_tests::{
    calls,
    house::until,
    sender::{Delivery, Sender},
};
use serde_json::{Value, json};

use super::{probe::first, stage::Stage};

/// The worst that an export can do, and the code that it ends with.
const WORST: [(&str, &str); 3] = [("trap", "trap"), ("exit", "trap"), ("spin", "cpu-budget")];

#[tokio::test(flavor = "multi_thread")]
async fn each_export_may_trap_and_harms_nobody() {
    let stage = Stage::set_up().await;
    for (attack, code) in WORST {
        let account = format!("account-{attack}");
        stage.connect(&account, &["--set", &format!("attack={attack}")]).await;
        let rooms = stage.scene.house.rooms();
        let (bad, account) = (stage.scene.live("bad"), stage.scene.live(&account));
        let (package, limits) = (&bad.connector.package, bad.connector.limits);
        let open = || Window::open(&bad.means, &first());
        let ask = json!({ "attack": attack });
        let hook = json!({ "parse": ask, "authenticate": ask });
        let hook = calls::posted(hook.to_string());
        let call = Call { action: "attack.act".into(), input: ask.to_string(), ext: Vec::new() };
        let runtime = &rooms.runtime;
        let offline = Particulars { offline: true, ..first() };
        let offline = Window::open(&bad.means, &offline);
        let accounts = || Window::open(&account.means, &first());
        let ends: [(&str, Option<Fault>); 6] = [
            ("parse", runtime.parse(package, open(), limits, &hook).await.result.err()),
            ("invoke", runtime.invoke(package, open(), limits, &call).await.result.err()),
            ("recall", runtime.recall(package, open(), limits, &call).await.result.err()),
            ("check", runtime.check(package, accounts(), limits).await.result.err()),
            ("tenants", runtime.tenants(package, accounts(), limits).await.result.err()),
            (
                "authenticate",
                runtime.authenticate(package, offline, limits, &hook).await.result.err(),
            ),
        ];
        for (export, fault) in ends {
            let fault = fault.unwrap_or_else(|| panic!("{export} must fail"));
            let got = (fault.blame, fault.code.as_ref());
            assert_eq!(got, (Blame::Guest, code), "{export}: {fault}");
        }
        stage.stands().await;
    }
}

/// Sends a webhook to the endpoint of `bad`: the status of the answer.
async fn sends(stage: &Stage, body: &Value) -> u16 {
    let sender = Sender::new(&stage.scene.house.endpoint("bad"), 1).unwrap();
    sender.send(&Delivery::new(body.to_string())).await.unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_in_a_webhook_or_a_step_is_a_dead_letter_that_says_whose_it_was() {
    let stage = Stage::set_up().await;
    stage.apply_flow("bad", "attack.act").await;
    let trap = json!({ "attack": "trap" });
    let spin = json!({ "attack": "spin" });
    for body in [
        json!({ "parse": trap }),
        json!({ "parse": spin }),
        json!({ "event": trap }),
        json!({ "event": spin }),
    ] {
        assert_eq!(sends(&stage, &body).await, 200, "it is kept before it is run");
    }
    until("each is at the repair desk", || stage.scene.house.dead_letters() == 4).await;
    let letters = stage.scene.house.told(&["dead-letter", "list", "--all"]).await;
    let mut codes: Vec<&str> = Vec::new();
    for letter in letters.as_array().unwrap() {
        assert_eq!(letter["blame"], "guest", "{letter}");
        codes.push(letter["code"].as_str().unwrap());
    }
    codes.sort_unstable();
    assert_eq!(codes, ["cpu-budget", "cpu-budget", "trap", "trap"]);
    let trail = stage.scene.house.told(&["audit", "list"]).await;
    let stopped =
        trail.as_array().unwrap().iter().filter(|line| line["what"] == "work.stopped").count();
    assert_eq!(stopped, 4, "{trail:#}");
    stage.stands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_authenticated_is_told_to_come_again_and_nothing_is_kept() {
    let stage = Stage::set_up().await;
    for (attack, _) in WORST {
        let body = json!({ "authenticate": { "attack": attack } });
        assert_eq!(sends(&stage, &body).await, 503, "{attack}");
    }
    let body = json!({ "authenticate": { "attack": "sleep", "ms": 60_000 } });
    assert_eq!(sends(&stage, &body).await, 503, "it has 50 ms");
    assert!(stage.scene.house.rooms().inbox.list(1).unwrap().is_empty());
    stage.stands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_traps_is_told_to_the_operator_on_a_line() {
    let stage = Stage::set_up().await;
    stage.connect("account", &["--set", "attack=trap"]).await;
    let (code, _, err) = stage.scene.house.types(&["connection", "test", "account"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("index out of bounds"), "{err}");
    stage.stands().await;
}
