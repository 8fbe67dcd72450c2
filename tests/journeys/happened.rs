//! An answer is lost, a person looks: it happened, it did not, or it is given up. The rest of the
//! flow is done once, whatever the person finds.

use http::Method;
use jackfield_tests::{
    house::{House, until},
    patterns::Patterns,
};
use serde_json::{Value, json};

/// A message in the middle of a flow; the chat cannot tell whether it has one already.
const TOLD: &str = r#"
name = "told"
[on]
connection = "crm"
event = "deal.won"
[[step]]
id = "before"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "Won: \(.event.record.title)" }'
[[step]]
id = "post"
connection = "chat"
action = "message.post"
input = '{ channel: "sales", text: .event.record.title }'
[[step]]
id = "after"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "Posted as \(.steps.post.id // "something")" }'
"#;

/// A message for each line of an order.
const EACH: &str = r#"
name = "each"
[on]
connection = "crm"
event = "deal.won"
[[step]]
id = "post"
for_each = '["one", "two", "three"]'
connection = "chat"
action = "message.post"
input = '{ channel: "sales", text: .item }'
[[step]]
id = "after"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "\(.steps.post | length) posted" }'
"#;

/// The business with a flow; the answer to its first message in the chat is lost.
async fn scene(flow: &str) -> Patterns {
    let scene = Patterns::set_up(House::open().await, &[]).await;
    let file = scene.house.file("flow.toml", flow);
    scene.house.does(&["flow", "apply", &file]).await;
    scene.twin.aim(Method::POST, "/message.post");
    scene.twin.drop_answers(1);
    let deal = json!({ "id": "42", "title": "Website", "status": "won" });
    scene.tell("crm", "deal.won", &deal).await;
    until("a person is asked", || scene.house.dead_letters() == 1).await;
    scene
}

/// The commands that `show` offers.
fn offered(shown: &Value) -> Vec<&str> {
    shown["next"].as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect()
}

async fn newest_run(scene: &Patterns) -> Value {
    let listed = scene.house.told(&["run", "list"]).await;
    scene.house.told(&["run", "show", listed[0]["id"].as_str().unwrap()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_not_done_again_and_the_rest_of_the_flow_is() {
    let scene = scene(TOLD).await;
    let (id, shown) = scene.letter().await;
    let next = offered(&shown);
    let ways = [
        format!("jackfield dead-letter happened {id} --output FILE"),
        format!("jackfield dead-letter retry {id}"),
        format!("jackfield dead-letter discard {id}"),
    ];
    assert_eq!(next[..3], ways, "{shown:#}");
    assert!(shown["next"][0][1].as_str().unwrap().contains("which `after` will read"), "{shown:#}");

    let no_message = scene.house.file("wrong.json", r#"{ "id": 7 }"#);
    let wrong = ["dead-letter", "happened", &id, "--output", &no_message];
    let (code, _, err) = scene.house.types(&wrong).await;
    assert_eq!(code, 1);
    assert!(err.contains("not what `message.post` gives") && err.contains("`/id`"), "{err}");
    assert_eq!(scene.house.dead_letters(), 1, "a refusal changes nothing");

    let answer = scene
        .house
        .file("answer.json", r#"{ "id": "m-1", "channel": "sales", "text": "Website" }"#);
    scene.house.does(&["dead-letter", "happened", &id, "--output", &answer]).await;
    scene.settle().await;
    assert_eq!(scene.twin.done("chat", "message.post").len(), 1);
    let mails = scene.twin.done("mail", "message.send");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1]["text"], "Posted as m-1");
    let run = newest_run(&scene).await;
    assert_eq!(run["run"]["state"], "done");
    let states: Vec<_> = run["effects"].as_array().unwrap().iter().map(|e| &e["state"]).collect();
    assert_eq!(states, ["settled"; 3], "{run:#}");

    let trail = scene.house.told(&["audit", "list"]).await;
    let line = |what| trail.as_array().unwrap().iter().find(|line| line["what"] == what).unwrap();
    assert_eq!(line("effect.decided")["details"]["happened"], "true");
    assert_eq!(line("effect.decided")["actor"], line("dead-letter.happened")["actor"]);
    assert_ne!(line("effect.decided")["actor"], line("run.done")["actor"], "a person decided");
    let (code, _, err) = scene.house.types(&["dead-letter", "happened", &id]).await;
    assert_eq!(code, 1);
    assert!(err.contains("there is no dead letter"), "{err}");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_nobody_gives_is_null_and_who_reads_it_is_named() {
    let scene = scene(TOLD).await;
    let (id, _) = scene.letter().await;
    let said = scene.house.does(&["dead-letter", "happened", &id]).await;
    assert!(said.contains("its output is null, and `after` will read it"), "{said}");
    scene.settle().await;
    assert_eq!(scene.twin.done("mail", "message.send")[1]["text"], "Posted as something");
    assert_eq!(scene.twin.done("chat", "message.post").len(), 1);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_happened_and_those_after_it_are_done() {
    let mut scene = scene(EACH).await;
    let (id, shown) = scene.letter().await;
    assert_eq!(shown["stuck"]["item"], 0, "{shown:#}");
    // What was decided outlives a kill.
    scene.house.does(&["connection", "pause", "chat"]).await;
    scene.house.does(&["dead-letter", "happened", &id]).await;
    scene.house.kill();
    scene.house.start().await;
    assert_eq!(scene.house.dead_letters(), 0);
    scene.house.does(&["connection", "resume", "chat"]).await;
    scene.settle().await;
    let posted = scene.twin.done("chat", "message.post");
    let texts: Vec<_> = posted.iter().map(|message| &message["text"]).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(scene.twin.done("mail", "message.send")[0]["text"], "3 posted");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_decide_at_once_make_one_decision() {
    let scene = scene(TOLD).await;
    let (id, _) = scene.letter().await;
    let (happened, retry) = (["dead-letter", "happened", &id], ["dead-letter", "retry", &id]);
    let (one, other) = tokio::join!(scene.house.types(&happened), scene.house.types(&retry));
    assert_eq!(one.0 + other.0, 1, "{} {}", one.2, other.2);
    scene.settle().await;
    let posts = if one.0 == 0 { 1 } else { 2 };
    assert_eq!(scene.twin.done("chat", "message.post").len(), posts);
    assert_eq!(scene.twin.done("mail", "message.send").len(), 2);
    assert_eq!(newest_run(&scene).await["run"]["state"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_have_happened_is_not_taken_for_it() {
    let scene = Patterns::set_up(House::open().await, &[]).await;
    let file = scene.house.file("flow.toml", TOLD);
    scene.house.does(&["flow", "apply", &file]).await;
    scene.twin.aim(Method::POST, "/message.post");
    scene.twin.fail_next(1, 422);
    scene.tell("crm", "deal.won", &json!({ "id": "42", "title": "Website" })).await;
    until("a person is asked", || scene.house.dead_letters() == 1).await;
    let (id, shown) = scene.letter().await;
    assert!(!offered(&shown).iter().any(|command| command.contains("happened")), "{shown:#}");
    let (code, _, err) = scene.house.types(&["dead-letter", "happened", &id]).await;
    assert_eq!(code, 1);
    assert!(err.contains("`message.post` surely did not happen at `chat`"), "{err}");
}

/// An action that can be sent again, and was tried in vain until a person was asked.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_sent_again_is_told_from_what_may_not() {
    let scene = Patterns::set_up(House::open().await, &[]).await;
    let file = scene.house.file("flow.toml", TOLD);
    scene.house.does(&["flow", "apply", &file]).await;
    scene.twin.aim(Method::POST, "/message.send");
    scene.twin.drop_answers(50);
    scene.tell("crm", "deal.won", &json!({ "id": "42", "title": "Website" })).await;
    until("a person is asked", || scene.house.dead_letters() == 1).await;
    scene.twin.calm();
    let (id, shown) = scene.letter().await;
    let retry = format!("jackfield dead-letter retry {id}");
    let next = shown["next"].as_array().unwrap().iter().find(|one| one[0] == retry.as_str());
    assert!(next.unwrap()[1].as_str().unwrap().contains("is done once"), "{shown:#}");
    scene.house.does(&["dead-letter", "happened", &id]).await;
    scene.settle().await;
    assert_eq!(scene.twin.done("mail", "message.send").len(), 2);
    assert_eq!(scene.twin.done("chat", "message.post").len(), 1);
    scene.strike().await;
}
