//! `flow test`: what a flow would do, without any of it.

use super::{ON_DEAL, Story, flow, says, step};

fn everything() -> String {
    let on = ON_DEAL.to_owned() + "when = '.record.title != \"Spoon\"'\n";
    let bill = "connection = \"books\"\naction = \"invoice.create\"\n\
                input = '{ contact: \"c-1\", reference: .event.record.title, lines: [] }'";
    let wait = "wait_for = { connection = \"books\", event = \"invoice.paid\" }\n\
                timeout = \"30d\"";
    let each = says("each", "\"\\(.index): \\(.item)\"")
        + "for_each = '.event.record.title | split(\" \")'\n";
    let skipped = says("skipped", "\"no\"") + "when = '.event.record.title == \"no\"'\n";
    let steps = [
        step("bill", bill),
        step("nap", "sleep = \"2d\""),
        step("paid", wait),
        step("sure", "approve = '\"Thank \\(.event.record.title)?\"'"),
        step("sum", "set = '.steps.bill.id'"),
        each,
        skipped,
        says("last", "\"\\(.steps.sum), \\(.steps.paid.record.id)\""),
    ];
    flow("everything", &[&on, &steps.concat()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_a_flow_would_do_and_nothing_is_sent() {
    let story = Story::begin(&[]).await;
    let file = story.house.file("everything.toml", &everything());
    let event = story.house.file("event.json", r#"{ "id": "42", "title": "Oven tray" }"#);
    let told = story.house.does(&["flow", "test", &file, "--event", &event]).await;
    assert_eq!(
        told,
        r#"bill: invoice.create through books
    {
      "contact": "c-1",
      "reference": "Oven tray",
      "lines": []
    }
nap: sleep (would sleep for 2 days)
paid: wait_for (would wait for `invoice.paid` of `books`, for 30 days at most)
sure: approve (would ask a person: Thank Oven tray?)
sum: set
each: message.send through mail (2 times)
    {
      "to": "ada@milllane.example",
      "text": "0: Oven"
    }
    {
      "to": "ada@milllane.example",
      "text": "1: tray"
    }
skipped: action (skipped: its `when` does not hold)
last: message.send through mail
    {
      "to": "ada@milllane.example",
      "text": "<steps.bill.id>, <steps.paid.id>"
    }
nothing was sent
"#
    );
    story.settle().await;
    assert_eq!(story.twin.effects(), []);
    assert_eq!(story.house.told(&["run", "list"]).await, serde_json::json!([]));
    assert_eq!(story.house.told(&["flow", "list"]).await, serde_json::json!([]));
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_what_a_step_would_give() {
    let story = Story::begin(&[]).await;
    let file = story.house.file("everything.toml", &everything());
    let event = story.house.file("event.json", r#"{ "id": "42", "title": "Oven" }"#);
    let paid = story.house.file("paid.json", r#"{ "record": { "id": "i-9" } }"#);
    let paid = format!("paid={paid}");
    let words = ["flow", "test", &file, "--event", &event, "--output", &paid];
    let told = story.house.does(&words).await;
    assert!(told.contains(r#""text": "<steps.bill.id>, i-9""#), "{told}");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_starts_nothing_is_told() {
    let story = Story::begin(&[]).await;
    let file = story.house.file("everything.toml", &everything());
    let event = story.house.file("event.json", r#"{ "id": "42", "title": "Spoon" }"#);
    let told = story.house.does(&["flow", "test", &file, "--event", &event]).await;
    assert_eq!(told, "the flow would not start: its `when` does not hold\n");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_step_at_which_a_flow_would_stop_is_the_last_that_is_shown() {
    let story = Story::begin(&[]).await;
    let steps = [says("one", ".event.record.title"), says("two", "\"two\"")].concat();
    let file = story.house.file("stops.toml", &flow("stops", &[ON_DEAL, &steps]));
    let event = story.house.file("event.json", r#"{ "id": "42", "title": "" }"#);
    let (code, out, err) = story.house.types(&["flow", "test", &file, "--event", &event]).await;
    assert_eq!(code, 1);
    assert_eq!(err, "error: the flow would stop there\n");
    assert!(out.contains("    wrong: "), "{out}");
    assert!(!out.contains("two: "), "{out}");
    assert_eq!(story.twin.effects(), []);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_mistakes_is_not_tried() {
    let story = Story::begin(&[]).await;
    let text = everything().replace("invoice.create", "invoice.crate");
    let file = story.house.file("everything.toml", &text);
    let event = story.house.file("event.json", r#"{ "id": "42", "title": "Oven" }"#);
    let told = story.is_refused(&["flow", "test", &file, "--event", &event]).await;
    assert!(told.contains("hint: did you mean `invoice.create`?"), "{told}");
    story.ends().await;
}
