//! A step that fails for good: a dead letter, unless the flow says what follows.

use http::Method;
use serde_json::json;

use super::{ON_DEAL, Story, flow, id, says, says_on_error, step};

/// A message whose text is the deal's title, and what follows when there is none.
fn branch(more: &str) -> String {
    let first = says("first", ".event.record.title") + more;
    let tell = says_on_error("tell", "\"failed: \\(.errors.first.code)\"");
    let last = says("last", "\"last: \\(.steps.first.text), \\(.errors.first.code)\"");
    flow("branch", &[ON_DEAL, &first, &tell, &last])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_the_branch_are_done_and_then_the_run_ends() {
    let mut story = Story::begin(&[&branch("")]).await;
    story.wins("").await;
    assert_eq!(story.said(), ["failed: bad-input"]);
    let run = story.run("branch").await;
    assert_eq!(run["state"], "cancelled");
    let why = run["why"].as_str().unwrap();
    assert!(why.starts_with("the step `first` failed: bad-input: input of the step"), "{why}");
    assert_eq!(run["steps"]["first"]["error"]["code"], "bad-input");
    assert_eq!(run["steps"]["first"]["output"], json!(null));
    story.is_killed().await;
    assert_eq!(story.house.dead_letters(), 0);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_goes_on_after_the_branch_where_it_may() {
    let story = Story::begin(&[&branch("after_error = \"go-on\"\n")]).await;
    story.wins("").await;
    assert_eq!(story.said(), ["failed: bad-input", "last: null, bad-input"]);
    assert_eq!(story.states("branch").await, ["done"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_branch_is_left_alone_where_nothing_fails() {
    let story = Story::begin(&[&branch("")]).await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["Oven", "last: Oven, null"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_system_is_followed_by_the_branch() {
    let story = Story::begin(&[&branch("after_error = \"go-on\"\n")]).await;
    story.twin.aim(Method::POST, "/message.send");
    story.twin.fail_next(1, 422);
    story.wins("Oven").await;
    assert_eq!(story.said(), ["failed: rejected", "last: null, rejected"]);
    let error = &story.run("branch").await["steps"]["first"]["error"];
    assert_eq!(error["code"], "rejected");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_needs_no_steps() {
    let first = says("first", ".event.record.title") + "after_error = \"go-on\"\n";
    let last = says("last", "\"last: \\(.errors | keys)\"");
    let story = Story::begin(&[&flow("bare", &[ON_DEAL, &first, &last])]).await;
    story.wins("").await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["last: [\"first\"]", "Oven", "last: []"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_the_branch_that_fails_waits_for_a_person() {
    let first = says("first", ".event.record.title");
    let tell = says_on_error("tell", ".event.record.title");
    let story = Story::begin(&[&flow("worse", &[ON_DEAL, &first, &tell])]).await;
    story.wins("").await;
    let letter = story.letter().await;
    assert!(letter["message"].as_str().unwrap().contains("the step `tell`"), "{letter}");
    let input = json!({ "to": "ada@milllane.example", "text": "sorry" });
    let input = story.house.file("input.json", &input.to_string());
    story.house.does(&["dead-letter", "edit", id(&letter), "--input", &input]).await;
    story.house.does(&["dead-letter", "retry", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["sorry"]);
    assert_eq!(story.states("worse").await, ["cancelled"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_happened_is_a_persons_to_decide_whatever_the_flow_says() {
    let post = "connection = \"chat\"\naction = \"message.post\"\n\
                input = '{ channel: \"sales\", text: .event.record.title }'\n\
                after_error = \"go-on\"";
    let tell = says_on_error("tell", "\"failed\"");
    let last = says("last", "\"posted: \\(.steps.post.text)\"");
    let mut story =
        Story::begin(&[&flow("post", &[ON_DEAL, &step("post", post), &tell, &last])]).await;
    story.twin.aim(Method::POST, "/message.post");
    story.twin.drop_answers(1);
    story.wins("Oven").await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "unknown-outcome");
    assert_eq!(story.states("post").await, ["dead"]);
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    // It did happen, so it is given up.
    assert_eq!(story.twin.done("chat", "message.post").len(), 1);
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("post").await, ["cancelled"]);
    assert_eq!(story.said(), [""; 0]);
    assert_eq!(story.twin.done("chat", "message.post").len(), 1);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_fails_is_followed_by_the_branch_once() {
    let each = says("each", "(if .item == \"x\" then null else .item end)")
        + "for_each = '.event.record.title | split(\" \")'\nafter_error = \"go-on\"\n";
    let tell = says_on_error("tell", "\"failed: \\(.errors.each.code)\"");
    let last = says("last", "\"last: \\(.steps.each)\"");
    let story = Story::begin(&[&flow("items", &[ON_DEAL, &each, &tell, &last])]).await;
    story.wins("a x b").await;
    assert_eq!(story.said(), ["a", "failed: bad-input", "last: null"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_in_vain_is_followed_by_the_branch_too() {
    let wait = "wait_for = { connection = \"books\", event = \"invoice.paid\" }\n\
                timeout = \"1d\"\nafter_error = \"go-on\"";
    let tell = says_on_error("tell", "\"failed: \\(.errors.paid.code)\"");
    let story = Story::begin(&[&flow("vain", &[ON_DEAL, &step("paid", wait), &tell])]).await;
    story.wins("Oven").await;
    story.passes(super::DAY).await;
    assert_eq!(story.said(), ["failed: timeout"]);
    assert_eq!(story.states("vain").await, ["done"]);
    // The wait is over: the event that comes late is heard by nobody.
    story.is_paid("i-1").await;
    assert_eq!(story.states("vain").await, ["done"]);
    story.ends().await;
}
