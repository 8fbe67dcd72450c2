//! Flows that the clock starts.

use super::{DAY, HOUR, MINUTE, Story, flow, says};

fn daily(hour: u32) -> String {
    let on = format!("[on]\nschedule = \"0 {hour} * * 1-5\"\nzone = \"Europe/London\"\n");
    flow("daily", &[&on, &says("write", "\"it is \\(.event.record.scheduled_at)\"")])
}

fn at(time: &str) -> String {
    format!("it is 2026-03-{time}+00:00")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_starts_at_its_time_and_once() {
    let mut story = Story::begin(&[&daily(8)]).await;
    let listed = story.house.does(&["flow", "list"]).await;
    assert!(listed.contains("`0 8 * * 1-5` in Europe/London, next 2026-03-03"), "{listed}");
    story.passes(20 * HOUR - MINUTE).await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(MINUTE).await;
    assert_eq!(story.said(), [at("03T08:00:00")]);
    story.is_killed().await;
    story.passes(DAY - MINUTE).await;
    assert_eq!(story.said().len(), 1);
    story.passes(MINUTE).await;
    assert_eq!(story.said(), [at("03T08:00:00"), at("04T08:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_in_the_morning_stays_eight_when_summer_time_begins() {
    let story = Story::begin(&[&daily(8)]).await;
    // Friday the 27th, the last before the change on the 29th.
    story.passes(24 * DAY + 20 * HOUR).await;
    let before = story.said().len();
    story.passes(3 * DAY - HOUR).await;
    let said = story.said();
    assert_eq!(said[before..], ["it is 2026-03-30T08:00:00+01:00"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_the_host_was_down_for_are_made_up_for_by_one_run() {
    let mut story = Story::begin(&[&daily(8)]).await;
    story.house.stop().await;
    // Over the mornings of Tuesday and Wednesday.
    story.clock.advance(2 * DAY);
    story.house.start().await;
    story.settle().await;
    assert_eq!(story.said(), [at("03T08:00:00")]);
    story.is_killed().await;
    assert_eq!(story.said().len(), 1);
    story.passes(20 * HOUR).await;
    assert_eq!(story.said(), [at("03T08:00:00"), at("05T08:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_applied_again_changes_nothing() {
    let story = Story::begin(&[&daily(8)]).await;
    story.passes(HOUR).await;
    story.apply(&daily(8)).await;
    story.passes(HOUR).await;
    story.apply(&daily(8)).await;
    story.passes(18 * HOUR).await;
    assert_eq!(story.said(), [at("03T08:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_takes_the_place_of_the_one_before() {
    let mut story = Story::begin(&[&daily(8)]).await;
    story.passes(HOUR).await;
    story.apply(&daily(9)).await;
    story.is_killed().await;
    story.passes(19 * HOUR).await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), [at("03T09:00:00")]);
    // And back: there is one morning, not two.
    story.apply(&daily(8)).await;
    story.passes(DAY).await;
    assert_eq!(story.said(), [at("03T09:00:00"), at("04T08:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_in_the_same_moment_leave_one_time() {
    let story = Story::begin(&[&daily(8)]).await;
    story.apply(&daily(9)).await;
    story.passes(20 * HOUR).await;
    assert_eq!(story.said(), [""; 0]);
    story.passes(HOUR).await;
    assert_eq!(story.said(), [at("03T09:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_was_removed_starts_no_more() {
    let story = Story::begin(&[&daily(8)]).await;
    story.passes(HOUR).await;
    story.house.does(&["flow", "remove", "daily"]).await;
    story.passes(3 * DAY).await;
    assert_eq!(story.said(), [""; 0]);
    story.apply(&daily(8)).await;
    story.passes(DAY).await;
    assert_eq!(story.said(), [at("06T08:00:00")]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_start_it_between_its_times() {
    let story = Story::begin(&[&daily(8)]).await;
    let input = story.house.file("input.json", r#"{ "scheduled_at": "now" }"#);
    story.house.does(&["flow", "run", "daily", "--input", &input]).await;
    story.settle().await;
    assert_eq!(story.said(), ["it is now"]);
    story.passes(20 * HOUR).await;
    assert_eq!(story.said()[1..], [at("03T08:00:00")]);
    story.ends().await;
}
