//! A flow that is paused: what begins meanwhile waits, and nothing is lost.

use super::{DAY, HOUR, ON_DEAL, Story, flow, id, says, step};

fn writes() -> String {
    flow("writes", &[ON_DEAL, &says("write", ".event.record.title")])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_flow_is_paused_is_done_when_it_is_resumed() {
    let mut story = Story::begin(&[&writes()]).await;
    story.wins("a0").await;
    let told = story.house.does(&["flow", "pause", "writes"]).await;
    assert_eq!(told, "`writes` is paused; what begins meanwhile waits\n");
    story.wins("a1").await;
    story.wins("a2").await;
    story.is_killed().await;
    story.wins("a3").await;
    assert_eq!(story.states("writes").await, ["done", "held", "held", "held"]);
    let listed = story.house.told(&["flow", "list"]).await;
    assert_eq!(listed[0]["paused"], true);
    assert_eq!(story.said(), ["a0"]);
    let told = story.house.does(&["flow", "resume", "writes"]).await;
    assert_eq!(told, "`writes` goes on; runs that waited: 3\n");
    story.settle().await;
    let mut said = story.said();
    said.sort();
    assert_eq!(said, ["a0", "a1", "a2", "a3"]);
    story.is_killed().await;
    assert_eq!(story.states("writes").await, ["done"; 4]);
    // It goes on as before.
    story.wins("a4").await;
    assert_eq!(story.said().len(), 5);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_flow_goes_on() {
    let other = flow("others", &[ON_DEAL, &says("write", "\"other \\(.event.record.title)\"")]);
    let story = Story::begin(&[&writes(), &other]).await;
    story.house.does(&["flow", "pause", "writes"]).await;
    story.wins("a1").await;
    assert_eq!(story.said(), ["other a1"]);
    story.house.does(&["flow", "resume", "writes"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["other a1", "a1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_time_comes_in_the_pause_rests_until_it_is_over() {
    let nap = step("nap", "sleep = \"1d\"");
    let text = flow("naps", &[ON_DEAL, &nap, &says("write", ".event.record.title")]);
    let mut story = Story::begin(&[&text]).await;
    story.wins("a1").await;
    story.house.does(&["flow", "pause", "naps"]).await;
    assert_eq!(story.states("naps").await, ["waiting"]);
    story.passes(2 * DAY).await;
    assert_eq!(story.states("naps").await, ["held"]);
    story.is_killed().await;
    story.house.does(&["flow", "resume", "naps"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["a1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_the_pause_is_kept() {
    let ask = step("sure", "approve = '\"Sure?\"'");
    let text = flow("asks", &[ON_DEAL, &ask, &says("write", ".steps.sure.note")]);
    let mut story = Story::begin(&[&text]).await;
    story.wins("a1").await;
    story.house.does(&["flow", "pause", "asks"]).await;
    let run = story.run("asks").await;
    story.house.does(&["run", "approve", id(&run), "--note", "yes"]).await;
    story.settle().await;
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    story.house.does(&["flow", "resume", "asks"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["yes"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_the_pause_is_kept_for_the_run_whose_time_is_up() {
    let wait = "wait_for = { connection = \"books\", event = \"invoice.paid\" }\n\
                timeout = \"1d\"\non_timeout = \"go-on\"";
    let last = says("last", "\"paid: \\(.steps.paid.record.id)\"");
    let mut story = Story::begin(&[&flow("waits", &[ON_DEAL, &step("paid", wait), &last])]).await;
    story.wins("a1").await;
    story.house.does(&["flow", "pause", "waits"]).await;
    story.passes(DAY - HOUR).await;
    story.is_paid("i-1").await;
    story.passes(DAY).await;
    story.is_killed().await;
    story.house.does(&["flow", "resume", "waits"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["paid: i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_in_the_pause_is_not_resumed() {
    let mut story = Story::begin(&[&writes()]).await;
    story.house.does(&["flow", "pause", "writes"]).await;
    story.wins("a1").await;
    story.wins("a2").await;
    let runs = story.runs("writes").await;
    story.house.does(&["run", "cancel", id(&runs[0])]).await;
    story.settle().await;
    assert_eq!(story.states("writes").await, ["cancelled", "held"]);
    story.is_killed().await;
    let told = story.house.does(&["flow", "resume", "writes"]).await;
    assert_eq!(told, "`writes` goes on; runs that waited: 1\n");
    story.settle().await;
    assert_eq!(story.said(), ["a2"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_twice_and_removed_lets_its_runs_go() {
    let story = Story::begin(&[&writes()]).await;
    story.house.does(&["flow", "pause", "writes"]).await;
    story.house.does(&["flow", "pause", "writes"]).await;
    story.wins("a1").await;
    story.house.does(&["flow", "remove", "writes"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["a1"]);
    story.ends().await;
}
