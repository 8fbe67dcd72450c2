//! Expressions in their sandbox: what is kept from one to the next, and the operator's tables.

use jackfield_tests::{house::House, releases, won_deal::WonDealScene};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn no_evaluation_sees_anything_of_the_one_before() {
    let house = House::open().await;
    let of_flow = house.rooms().expressions.of_flow("one");
    let ask = async |expression: &str, input: Value, vars: Value| {
        let told = of_flow.evaluate_with(expression, &input, &vars).await;
        told.map_err(|fault| fault.to_string())
    };
    for round in 0..3 {
        let got = ask("[., $x, test($x)]", json!(round.to_string()), json!({ "x": "1" })).await;
        let wanted = json!([round.to_string(), "1", round == 1]);
        assert_eq!(got.unwrap(), wanted, "the same program on other data");
        let gone = ask("[., $x]", json!(1), json!({ "y": 2 })).await.unwrap_err();
        assert!(gone.contains("unknown variable `$x`"), "{gone}");
        assert!(ask("error(\"no\")", json!(1), json!({})).await.is_err());
        assert!(ask("input_line_number", json!(1), json!({})).await.is_err());
        let same = ask("[range(3)] | (.[0] |= . + 1), .. = 7 | first", json!(1), json!({})).await;
        assert_eq!(
            same,
            ask("[range(3)] | (.[0] |= . + 1), .. = 7 | first", json!(1), json!({})).await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_evaluation_has_its_whole_budget_and_a_spinning_one_takes_its_instance_along() {
    let house = House::open().await;
    let of_flow = house.rooms().expressions.of_flow("one");
    let sum = "reduce range(50000) as $n (0; . + $n)";
    for _ in 0..40 {
        assert_eq!(of_flow.evaluate(sum, &json!(null)).await.unwrap(), 1_249_975_000);
    }
    let spun = of_flow.evaluate("last(range(1000000000000))", &json!(null)).await.unwrap_err();
    assert_eq!(spun.code, "cpu-budget", "{spun}");
    let hoards = "[range(100000000)] | length";
    assert!(of_flow.evaluate(hoards, &json!(null)).await.is_err());
    assert_eq!(of_flow.evaluate(sum, &json!(null)).await.unwrap(), 1_249_975_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_and_more_flows_than_instances_are_answered_right() {
    let house = House::open().await;
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..300_u32 {
        let of_flow = house.rooms().expressions.of_flow(&format!("flow {}", n % 100));
        asked.spawn(async move { (n, of_flow.evaluate(". + 1", &json!(n)).await) });
    }
    while let Some(answered) = asked.join_next().await {
        let (n, answer) = answered.unwrap();
        assert_eq!(answer.unwrap(), n + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_reaches_the_tables_that_it_names_and_no_other() {
    let house = House::open().await;
    let file = house.file("accounts.csv", "category,code,note\ntravel,493,by rail\nmeals,420,\n");
    house.does(&["table", "set", "accounts", &file]).await;
    let file = house.file("rates.json", r#"{"CHF": "1.04"}"#);
    house.does(&["table", "set", "rates", &file]).await;
    let expressions = &house.rooms().expressions;
    let ask = async |expression: &str, input: Value| {
        expressions.evaluate(expression, &input).await.map_err(|fault| fault.message)
    };
    assert_eq!(ask(r#"lookup("accounts"; .).code"#, json!("travel")).await.unwrap(), "493");
    assert_eq!(ask(r#"lookup("rates"; "CHF")"#, json!(1)).await.unwrap(), "1.04");
    let both = r#"[lookup("accounts"; .; null), lookup("rates"; .; "1")]"#;
    assert_eq!(ask(both, json!("boats")).await.unwrap(), json!([null, "1"]));
    let absent = ask(r#"lookup("accounts"; .)"#, json!("boats")).await.unwrap_err();
    assert!(absent.contains("the table `accounts` has no such key; add it"), "{absent}");
    let none = ask(r#"lookup("acounts"; .)"#, json!("boats")).await.unwrap_err();
    assert!(none.contains("there is no table `acounts`; did you mean `accounts`?"), "{none}");
    let computed = ask("lookup(.; 1)", json!("rates")).await.unwrap_err();
    assert!(computed.contains("column 1: `lookup` wants the name of its table"), "{computed}");
    // What was set anew counts at once, for who asked before as well.
    let file = house.file("accounts.csv", "category,code\ntravel,494\n");
    house.does(&["table", "set", "accounts", &file]).await;
    assert_eq!(ask(r#"lookup("accounts"; .).code"#, json!("travel")).await.unwrap(), "494");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_a_flow_names_is_there_and_stays() {
    let scene = WonDealScene::set_up().await;
    let flow = std::fs::read_to_string(releases::root().join("tests/flows/won-deal.toml")).unwrap();
    let named = |table: &str| {
        let looked_up =
            format!("lookup({table}; .event.record.value.currency; null) as $rate | {{");
        flow.replacen("input = '''{", &format!("input = '''{looked_up}"), 1).replacen(
            "input = '{",
            &format!("input = '{looked_up}"),
            1,
        )
    };
    let file = scene.house.file("flow.toml", &named("\"rates\""));
    let (code, _, err) = scene.house.types(&["flow", "check", &file]).await;
    assert!(code == 1 && err.contains("there is no table `rates`"), "{err}");
    let computed = scene.house.file("computed.toml", &named(".event.kind"));
    let (code, _, err) = scene.house.types(&["flow", "check", &computed]).await;
    assert!(code == 1 && err.contains("`lookup` wants the name of its table as it is"), "{err}");
    let table = scene.house.file("rates.csv", "currency,rate\nCHF,1.04\n");
    scene.house.does(&["table", "set", "rates", &table]).await;
    scene.house.does(&["flow", "apply", &file]).await;
    let (code, _, err) = scene.house.types(&["table", "remove", "rates"]).await;
    assert!(code == 1 && err.contains("the table `rates` is used by `won-deal"), "{err}");
    let original = scene.house.file("flow.toml", &flow);
    scene.house.does(&["flow", "apply", &original]).await;
    scene.house.does(&["table", "remove", "rates"]).await;
    assert_eq!(scene.house.told(&["table", "list"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_set_listed_shown_and_refused_at_the_command() {
    let house = House::open().await;
    let file = house.file("rates.csv", "currency,rate\nCHF,1.04\nEUR,1\nUSD,1.1\n");
    assert!(house.does(&["table", "set", "rates", &file]).await.contains("`rates` has 3 rows"));
    let listed = house.told(&["table", "list"]).await;
    assert_eq!((&listed[0]["name"], &listed[0]["rows"]), (&json!("rates"), &json!(3)));
    let shown = house.does(&["table", "show", "rates", "--rows", "1"]).await;
    assert!(shown.contains("CHF") && shown.contains("--rows 3 shows them"), "{shown}");
    assert!(house.does(&["table", "list"]).await.contains("currency, rate"));
    for (name, file, text, why) in [
        ("Rates", "rates.csv", "a,b\n1,2\n", "no name for a table"),
        ("rates", "rates.xlsx", "", "neither NAME.csv nor NAME.json"),
        ("rates", "bad.csv", "a,b\n1\n", "line 2: 1 cells where the headings are 2"),
        ("rates", "bad.json", "[]", "a table in JSON is one object"),
    ] {
        let file = house.file(file, text);
        let (code, _, err) = house.types(&["table", "set", name, &file]).await;
        assert!(code == 1 && err.contains(why) && err.contains("error: "), "{err}");
    }
    let (code, _, err) = house.types(&["table", "show", "rate"]).await;
    assert!(code == 1 && err.contains("did you mean `rates`?"), "{err}");
    let trail = house.told(&["audit", "list"]).await.to_string();
    assert!(trail.contains("table.set"), "{trail}");
}
