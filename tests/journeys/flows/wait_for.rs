//! `wait_for`: a run goes on with the event that it waits for, or without it.

use serde_json::json;

use super::{DAY, HOUR, ON_DEAL, Story, flow, id, says, step};

fn waits(more: &str) -> String {
    let wait = format!(
        "wait_for = {{ connection = \"books\", event = \"invoice.paid\", \
         where = '.record.id == $run.event.record.title' }}\ntimeout = \"30d\"\n{more}"
    );
    let last = says("last", "\"paid: \\(.steps.paid.record.id // \"nothing\")\"");
    flow("waits", &[ON_DEAL, &step("paid", &wait), &last])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_with_the_event_it_waited_for() {
    let mut story = Story::begin(&[&waits("")]).await;
    story.wins("i-1").await;
    let listed = story.house.does(&["run", "list", "--state", "waiting"]).await;
    assert!(listed.contains("invoice.paid of books until 2026-04-01"), "{listed}");
    story.is_paid("i-9").await;
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(10 * DAY).await;
    story.is_paid("i-1").await;
    assert_eq!(story.said(), ["paid: i-1"]);
    let output = &story.run("waits").await["steps"]["paid"]["output"];
    assert_eq!((&output["kind"], &output["key"]), (&json!("invoice.paid"), &json!("change-2")));
    // It is over: neither the same event once more nor the end of the thirty days is heard.
    story.is_paid("i-1").await;
    story.passes(30 * DAY).await;
    assert_eq!(story.said(), ["paid: i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_heard_by_each_run_that_waits_for_it() {
    let story =
        Story::begin(&[&waits("").replace("to: \"ada", "reference: .event.key, to: \"ada")]).await;
    story.wins("i-1").await;
    story.wins("i-1").await;
    story.wins("i-2").await;
    story.is_paid("i-1").await;
    assert_eq!(story.states("waits").await, ["done", "done", "waiting"]);
    assert_eq!(story.said(), ["paid: i-1", "paid: i-1"]);
    story.is_paid("i-2").await;
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_came_while_an_earlier_step_was_under_way_is_not_missed() {
    let nap = step("nap", "sleep = \"1h\"\n");
    let text = waits("").replacen("[[step]]", &format!("{nap}[[step]]"), 1);
    let mut story = Story::begin(&[&text]).await;
    story.wins("i-1").await;
    story.is_paid("i-1").await;
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), ["paid: i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_in_time_is_a_dead_letter_and_is_waited_for_anew() {
    let mut story = Story::begin(&[&waits("")]).await;
    story.wins("i-1").await;
    story.passes(30 * DAY).await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "timeout");
    assert_eq!(letter["message"], "the step `paid` waited in vain");
    assert_eq!(story.states("waits").await, ["dead"]);
    story.house.does(&["dead-letter", "retry", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("waits").await, ["waiting"]);
    story.passes(29 * DAY).await;
    story.is_killed().await;
    assert_eq!(story.states("waits").await, ["waiting"]);
    story.is_paid("i-1").await;
    assert_eq!(story.said(), ["paid: i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_the_run_had_stopped_is_found_when_it_is_tried_again() {
    let story = Story::begin(&[&waits("")]).await;
    story.wins("i-1").await;
    story.passes(30 * DAY).await;
    story.is_paid("i-1").await;
    let letter = story.letter().await;
    story.house.does(&["dead-letter", "retry", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["paid: i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_without_the_event_where_it_may() {
    let mut story = Story::begin(&[&waits("on_timeout = \"go-on\"")]).await;
    story.wins("i-1").await;
    story.passes(30 * DAY - HOUR).await;
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), ["paid: nothing"]);
    assert_eq!(story.run("waits").await["steps"]["paid"]["output"], json!(null));
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_without_the_event_where_it_shall() {
    let story = Story::begin(&[&waits("on_timeout = \"end\"")]).await;
    story.wins("i-1").await;
    story.passes(30 * DAY).await;
    let run = story.run("waits").await;
    assert_eq!(run["state"], "cancelled");
    assert_eq!(run["why"], "the step `paid` waited in vain");
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}
