//! `run cancel`: a person ends a run, wherever it stands.

use jackfield_tests::twin::Moment;

use super::{DAY, ON_DEAL, Story, flow, id, says, step};

/// Cancels the only run of a flow, and sees that nothing comes after.
async fn is_cancelled(story: &mut Story, name: &str, state: &str, said: &[&str]) {
    let run = story.run(name).await;
    assert_eq!(run["state"], state);
    story.house.does(&["run", "cancel", id(&run), "--why", "a mistake"]).await;
    story.settle().await;
    let run = story.run(name).await;
    assert_eq!((&run["state"], &run["why"]), (&"cancelled".into(), &"a mistake".into()));
    let trail = story.house.told(&["audit", "list", "--subject", id(&run)]).await;
    let lines = trail.as_array().unwrap();
    let line = lines.iter().find(|line| line["what"] == "run.cancelled").unwrap();
    assert_eq!(line["actor"]["operator"], "local");
    story.passes(30 * DAY).await;
    story.is_killed().await;
    assert_eq!(story.said(), said);
    let told = story.is_refused(&["run", "cancel", id(&run)]).await;
    assert!(told.contains("has ended already: it is"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_is_cancelled_whatever_it_waits_for() {
    for words in [
        "sleep = \"7d\"",
        "until = '\"2026-03-09T12:00:00Z\"'",
        "approve = '\"Sure?\"'",
        "wait_for = { connection = \"books\", event = \"invoice.paid\" }\ntimeout = \"7d\"",
    ] {
        let text = flow("waits", &[ON_DEAL, &step("wait", words), &says("write", "\"late\"")]);
        let mut story = Story::begin(&[&text]).await;
        story.wins("Oven").await;
        is_cancelled(&mut story, "waits", "waiting", &[]).await;
        story.is_paid("i-1").await;
        assert_eq!(story.said(), [""; 0], "{words}");
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_held_by_a_pause_is_cancelled() {
    let text = flow("writes", &[ON_DEAL, &says("write", "\"late\"")]);
    let mut story = Story::begin(&[&text]).await;
    story.house.does(&["flow", "pause", "writes"]).await;
    story.wins("Oven").await;
    is_cancelled(&mut story, "writes", "held", &[]).await;
    story.house.does(&["flow", "resume", "writes"]).await;
    story.settle().await;
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stopped_is_cancelled_and_its_dead_letter_is_gone() {
    let text = flow("writes", &[ON_DEAL, &says("write", ".event.record.title")]);
    let mut story = Story::begin(&[&text]).await;
    story.wins("").await;
    assert_eq!(story.house.dead_letters(), 1);
    is_cancelled(&mut story, "writes", "dead", &[]).await;
    assert_eq!(story.house.dead_letters(), 0);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_tried_again_later_is_cancelled_before_that() {
    let text = flow("writes", &[ON_DEAL, &says("write", "\"late\"")]);
    let mut story = Story::begin(&[&text]).await;
    story.twin.aim(http::Method::POST, "/message.send");
    story.twin.fail_next(1, 503);
    story.wins("Oven").await;
    let run = story.run("writes").await;
    assert_eq!(run["state"], "running");
    story.house.does(&["run", "cancel", id(&run), "--why", "a mistake"]).await;
    story.settle().await;
    story.passes(DAY).await;
    story.is_killed().await;
    assert_eq!(story.states("writes").await, ["cancelled"]);
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_under_way_ends_before_its_run_does() {
    let steps = [says("one", "\"one\""), says("two", "\"two\"")].concat();
    let mut story = Story::begin(&[&flow("writes", &[ON_DEAL, &steps])]).await;
    story.twin.hang_after(0, Moment::After);
    story.tell("crm", "deal.won", &super::deal("Oven")).await;
    story.settle_or_hang().await;
    let run = story.run("writes").await;
    let told = story.house.does(&["run", "cancel", id(&run)]).await;
    assert_eq!(told, format!("{} ends; a step that is under way ends first\n", id(&run)));
    // The answer never comes, and the host ends with the step under way.
    story.house.kill();
    story.twin.answer_again();
    story.house.start().await;
    story.settle().await;
    let run = story.run("writes").await;
    assert_eq!(run["state"], "cancelled");
    assert_eq!(run["why"], "a person cancelled it");
    assert_eq!(story.said(), ["one"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_has_ended_is_not_cancelled() {
    let text = flow("writes", &[ON_DEAL, &says("write", "\"written\"")]);
    let story = Story::begin(&[&text]).await;
    story.wins("Oven").await;
    let run = story.run("writes").await;
    let told = story.is_refused(&["run", "cancel", id(&run)]).await;
    assert_eq!(told, format!("error: the run `{}` has ended already: it is done\n", id(&run)));
    story.ends().await;
}
