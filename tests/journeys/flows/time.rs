//! A run sleeps for a while or until a time, whatever becomes of the host meanwhile.

use serde_json::json;

use super::{DAY, HOUR, NOON_MS, ON_DEAL, Story, flow, id, says, step};

fn reminder(rest: &str) -> String {
    let (thanks, asks) = (says("thanks", "\"thanks\""), says("asks", "\"happy?\""));
    flow("reminder", &[ON_DEAL, &thanks, &step("nap", rest), &asks])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_sleeps_for_a_week_and_not_a_moment_more() {
    let story = Story::begin(&[&reminder("sleep = \"7d\"")]).await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["thanks"]);
    let run = story.run("reminder").await;
    assert_eq!((&run["state"], &run["waiting"]["for"]), (&json!("waiting"), &json!("time")));
    let week_ms = u64::try_from((7 * DAY).as_millis()).unwrap();
    assert_eq!(run["waiting"]["until_ms"], NOON_MS + week_ms);
    story.passes(7 * DAY - HOUR).await;
    assert_eq!(story.said(), ["thanks"]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), ["thanks", "happy?"]);
    let run = story.run("reminder").await;
    assert_eq!(run["steps"]["nap"]["at_ms"], NOON_MS + week_ms);
    assert_eq!(run["steps"]["nap"]["output"], json!(null));
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_killed_while_a_run_sleeps_wakes_it_in_time() {
    let mut story = Story::begin(&[&reminder("sleep = \"7d\"")]).await;
    story.wins("Oven").await;
    story.is_killed().await;
    story.passes(7 * DAY - HOUR).await;
    story.is_killed().await;
    assert_eq!(story.said(), ["thanks"]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), ["thanks", "happy?"]);
    let run = story.run("reminder").await;
    let week_ms = u64::try_from((7 * DAY).as_millis()).unwrap();
    assert_eq!(run["steps"]["nap"]["at_ms"], NOON_MS + week_ms);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_slept_longer_than_the_run_wakes_it_at_once() {
    let mut story = Story::begin(&[&reminder("sleep = \"7d\"")]).await;
    story.wins("Oven").await;
    story.house.stop().await;
    story.clock.advance(30 * DAY);
    story.house.start().await;
    story.settle().await;
    assert_eq!(story.said(), ["thanks", "happy?"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_at_the_time_that_the_record_says() {
    let until = "until = '.event.record.title + \"T09:00:00+01:00\"'";
    let mut story = Story::begin(&[&reminder(until)]).await;
    story.wins("2026-03-05").await;
    story.is_killed().await;
    story.passes(3 * DAY - 4 * HOUR - HOUR / 2).await;
    assert_eq!(story.said(), ["thanks"]);
    story.passes(HOUR / 2).await;
    assert_eq!(story.said(), ["thanks", "happy?"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_passed_is_no_wait() {
    let until = "until = '.event.record.title + \"T09:00:00Z\"'";
    let story = Story::begin(&[&reminder(until)]).await;
    story.wins("2026-03-02").await;
    assert_eq!(story.said(), ["thanks", "happy?"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_time_stops_the_run_with_an_example_of_one() {
    let story = Story::begin(&[&reminder("until = '.event.record.title'")]).await;
    story.wins("next week").await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "bad-input");
    assert_eq!(
        letter["message"],
        "`until` of the step `nap` gave \"next week\", which is no time; write it like \
         \"2026-03-01T08:00:00+01:00\""
    );
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("reminder").await, ["cancelled"]);
    assert_eq!(story.said(), ["thanks"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_condition_does_not_hold_is_skipped_and_gives_nothing() {
    let gift = says("gift", "\"a gift\"") + "when = '.event.record.title == \"Oven\"'\n";
    let count = step("count", "set = '[.steps.gift, .event.record.title]'");
    let last = says("last", "\"\\(.steps.count)\"");
    let story = Story::begin(&[&flow("gifts", &[ON_DEAL, &gift, &count, &last])]).await;
    story.wins("Spoon").await;
    assert_eq!(story.said(), ["[null,\"Spoon\"]"]);
    let run = story.run("gifts").await;
    assert_eq!(run["steps"]["gift"]["skipped"], true);
    assert_eq!(run["steps"]["count"]["output"], json!([null, "Spoon"]));
    story.wins("Oven").await;
    assert_eq!(story.said()[1], "a gift");
    story.ends().await;
}
