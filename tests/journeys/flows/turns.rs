//! `[runs]`: how the runs of a flow get along with each other.

use serde_json::json;

use super::{MINUTE, ON_DEAL, SECOND, Story, flow, id, says, step};

/// One run of a deal at a time; each asks before it writes.
fn in_turn(more: &str) -> String {
    let runs = format!("[runs]\nkey = '.record.id'\nat_once = 1\n{more}");
    let ask = step("sure", "approve = '\"Write \\(.event.record.title)?\"'");
    flow("in-turn", &[ON_DEAL, &runs, &ask, &says("write", ".event.record.title")])
}

async fn changes(story: &Story, deal: &str, title: &str) {
    story.tell("crm", "deal.won", &json!({ "id": deal, "title": title })).await;
    story.settle().await;
}

/// Says yes to the run that asks about this, which has to be the only one of its deal that asks.
async fn approves(story: &Story, title: &str) {
    let runs = story.runs("in-turn").await;
    let asks = |title: &str| {
        let ask = format!("Write {title}?");
        runs.iter().find(|run| run["waiting"]["ask"] == ask.as_str()).unwrap().clone()
    };
    story.house.does(&["run", "approve", id(&asks(title))]).await;
    story.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_changes_of_one_deal_go_one_after_the_other_while_another_deal_goes_on() {
    let mut story = Story::begin(&[&in_turn("")]).await;
    for number in 1..=5 {
        changes(&story, "7", &format!("a{number}")).await;
    }
    changes(&story, "8", "b1").await;
    let held = ["held", "held", "held", "held"];
    assert_eq!(story.states("in-turn").await, [&["waiting"], &held[..], &["waiting"]].concat());
    approves(&story, "b1").await;
    assert_eq!(story.said(), ["b1"]);
    story.is_killed().await;
    for number in 1..=5 {
        let states = story.states("in-turn").await;
        assert_eq!(states.iter().filter(|state| *state == "waiting").count(), 1, "{states:?}");
        approves(&story, &format!("a{number}")).await;
    }
    assert_eq!(story.said(), ["b1", "a1", "a2", "a3", "a4", "a5"]);
    // The turn is free again.
    changes(&story, "7", "a6").await;
    approves(&story, "a6").await;
    assert_eq!(story.said().len(), 7);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_come_all_at_once_are_written_in_the_order_in_which_they_came() {
    let text = in_turn("").replace("approve = ", "set = ");
    let story = Story::begin(&[&text]).await;
    let mut expected = Vec::new();
    for number in 1..=20 {
        let title = format!("a{number}");
        story.tell("crm", "deal.won", &json!({ "id": "7", "title": title })).await;
        expected.push(title);
    }
    story.settle().await;
    let runs = story.runs("in-turn").await;
    let by_start: Vec<_> =
        runs.iter().map(|run| run["event"]["record"]["title"].as_str().unwrap()).collect();
    assert_eq!(story.said(), by_start);
    let mut said = story.said();
    said.sort_by_key(|title| title[1..].parse::<u32>().unwrap());
    assert_eq!(said, expected);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stopped_keeps_its_turn_until_it_is_given_up() {
    let text = in_turn("").replace("approve = ", "set = ");
    let mut story = Story::begin(&[&text]).await;
    changes(&story, "7", "").await;
    changes(&story, "7", "a2").await;
    changes(&story, "8", "b1").await;
    assert_eq!(story.states("in-turn").await, ["dead", "held", "done"]);
    story.is_killed().await;
    assert_eq!(story.states("in-turn").await, ["dead", "held", "done"]);
    let letter = story.letter().await;
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("in-turn").await, ["cancelled", "done", "done"]);
    assert_eq!(story.said(), ["b1", "a2"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_in_the_queue_leaves_its_turn_to_the_next() {
    let mut story = Story::begin(&[&in_turn("")]).await;
    for title in ["a1", "a2", "a3"] {
        changes(&story, "7", title).await;
    }
    let runs = story.runs("in-turn").await;
    story.house.does(&["run", "cancel", id(&runs[1])]).await;
    story.settle().await;
    assert_eq!(story.states("in-turn").await, ["waiting", "cancelled", "held"]);
    story.is_killed().await;
    story.house.does(&["run", "cancel", id(&runs[0])]).await;
    story.settle().await;
    assert_eq!(story.states("in-turn").await, ["cancelled", "cancelled", "waiting"]);
    approves(&story, "a3").await;
    assert_eq!(story.said(), ["a3"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_may_go_at_once_where_the_flow_says_so() {
    let text = in_turn("").replace("at_once = 1", "at_once = 2");
    let story = Story::begin(&[&text]).await;
    for title in ["a1", "a2", "a3", "a4"] {
        changes(&story, "7", title).await;
    }
    assert_eq!(story.states("in-turn").await, ["waiting", "waiting", "held", "held"]);
    approves(&story, "a2").await;
    assert_eq!(story.states("in-turn").await, ["waiting", "done", "waiting", "held"]);
    for title in ["a1", "a3", "a4"] {
        approves(&story, title).await;
    }
    assert_eq!(story.said(), ["a2", "a1", "a3", "a4"]);
    story.ends().await;
}

fn bursts() -> String {
    let runs = "[runs]\nkey = '.record.id'\ndebounce = \"30s\"\n";
    flow("bursts", &[ON_DEAL, runs, &says("write", ".event.record.title")])
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_changes_in_a_burst_are_one_run_with_the_last() {
    let mut story = Story::begin(&[&bursts()]).await;
    for number in 1..=10 {
        changes(&story, "7", &format!("a{number}")).await;
        story.passes(5 * SECOND).await;
    }
    changes(&story, "8", "b1").await;
    story.is_killed().await;
    story.passes(24 * SECOND).await;
    assert_eq!(story.states("bursts").await, [""; 0]);
    story.passes(SECOND).await;
    assert_eq!(story.said(), ["a10"]);
    story.passes(5 * SECOND).await;
    assert_eq!(story.said(), ["a10", "b1"]);
    // The next burst is another run.
    changes(&story, "7", "a11").await;
    story.passes(30 * SECOND).await;
    assert_eq!(story.said(), ["a10", "b1", "a11"]);
    assert_eq!(story.states("bursts").await.len(), 3);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_does_not_end_is_not_put_off_for_ever() {
    let story = Story::begin(&[&bursts()]).await;
    let mut number = 0;
    while story.said().is_empty() {
        number += 1;
        assert!(number <= 20, "ten times the span is the longest");
        changes(&story, "7", &format!("a{number}")).await;
        story.passes(20 * SECOND).await;
    }
    assert_eq!(story.said(), [format!("a{number}")]);
    assert_eq!(number, 15);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_down_at_the_end_of_a_burst_ends_it_later() {
    let mut story = Story::begin(&[&bursts()]).await;
    changes(&story, "7", "a1").await;
    changes(&story, "7", "a2").await;
    story.house.kill();
    story.clock.advance(10 * MINUTE);
    story.house.start().await;
    story.settle().await;
    assert_eq!(story.said(), ["a2"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_are_spread_over_the_time_that_the_flow_says() {
    let runs = "[runs]\nkey = '.record.id'\nthrottle = { runs = 2, per = \"1m\" }\n";
    let text = flow("spread", &[ON_DEAL, runs, &says("write", ".event.record.title")]);
    let mut story = Story::begin(&[&text]).await;
    for number in 1..=5 {
        changes(&story, "7", &format!("a{number}")).await;
    }
    changes(&story, "8", "b1").await;
    assert_eq!(story.said(), ["a1", "a2", "b1"]);
    for (at, count) in [(29, 3), (1, 4), (29, 4), (1, 5), (29, 5), (1, 6)] {
        story.passes(at * SECOND).await;
        assert_eq!(story.said().len(), count);
        story.is_killed().await;
    }
    assert_eq!(story.said(), ["a1", "a2", "b1", "a3", "a4", "a5"]);
    // After a quiet minute two may start at once again.
    story.passes(MINUTE).await;
    changes(&story, "7", "a6").await;
    changes(&story, "7", "a7").await;
    changes(&story, "7", "a8").await;
    assert_eq!(story.said().len(), 8);
    story.passes(30 * SECOND).await;
    assert_eq!(story.said().len(), 9);
    story.ends().await;
}
