//! `approve`: a person says yes or no, and the run does as it was told.

use serde_json::json;

use super::{DAY, HOUR, ON_DEAL, Story, flow, id, says, step};

fn asks(more: &str) -> String {
    let ask = format!("approve = '\"Send an offer for \\(.event.record.title)?\"'\n{more}");
    let text = "\"\\(.steps.sure.approved), \\(.steps.sure.note), \\(.steps.sure.by.operator)\"";
    flow("asks", &[ON_DEAL, &step("sure", &ask), &says("offer", text)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_when_a_person_says_yes() {
    let mut story = Story::begin(&[&asks("")]).await;
    story.wins("Oven").await;
    story.passes(100 * DAY).await;
    story.is_killed().await;
    assert_eq!(story.said(), [""; 0]);
    let listed = story.house.does(&["run", "list", "--state", "waiting"]).await;
    assert!(listed.contains("asks: Send an offer for Oven?"), "{listed}");
    let run = story.run("asks").await;
    let told = story.house.does(&["run", "approve", id(&run), "--note", "by Friday"]).await;
    assert_eq!(told, format!("{} goes on\n", id(&run)));
    story.settle().await;
    assert_eq!(story.said(), ["true, by Friday, local"]);
    let trail = story.house.told(&["audit", "list", "--subject", id(&run)]).await;
    let answered =
        trail.as_array().unwrap().iter().find(|line| line["what"] == "run.answered").unwrap();
    assert_eq!(answered["actor"]["operator"], "local");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_when_a_person_says_no() {
    let story = Story::begin(&[&asks("")]).await;
    story.wins("Oven").await;
    let run = story.run("asks").await;
    story.house.does(&["run", "reject", id(&run), "--note", "too dear"]).await;
    story.settle().await;
    let run = story.run("asks").await;
    assert_eq!(run["state"], "cancelled");
    assert_eq!(run["why"], "a person said no to `sure`: too dear");
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_after_a_no_where_it_may() {
    let story = Story::begin(&[&asks("on_reject = \"go-on\"")]).await;
    story.wins("Oven").await;
    let run = story.run("asks").await;
    story.house.does(&["run", "reject", id(&run)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["false, null, local"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_a_run_that_asks_nobody_is_told_where_to_look() {
    let story = Story::begin(&[&asks("")]).await;
    story.wins("Oven").await;
    let run = story.run("asks").await;
    story.house.does(&["run", "approve", id(&run)]).await;
    story.settle().await;
    for word in ["approve", "reject"] {
        let told = story.is_refused(&["run", word, id(&run)]).await;
        let expected = format!(
            "error: the run `{0}` asks nobody at this moment\n  hint: `jackfield run list --state \
             waiting` shows what waits, and `jackfield run show {0}` for what\n",
            id(&run)
        );
        assert_eq!(told, expected);
    }
    let told = story.is_refused(&["run", "approve", "0123"]).await;
    assert!(told.contains("there is no run `0123`; `jackfield run list` shows"), "{told}");
    assert_eq!(story.said().len(), 1);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_sleeps_asks_nobody() {
    let nap = flow("naps", &[ON_DEAL, &step("nap", "sleep = \"1h\"")]);
    let story = Story::begin(&[&nap]).await;
    story.wins("Oven").await;
    let run = story.run("naps").await;
    let told = story.is_refused(&["run", "approve", id(&run)]).await;
    assert!(told.contains("asks nobody at this moment"), "{told}");
    story.passes(HOUR).await;
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answers_ends_as_the_flow_says() {
    let ways = [("fail", "dead"), ("go-on", "done"), ("end", "cancelled")];
    for (on_timeout, state) in ways {
        let more = format!("timeout = \"2d\"\non_timeout = \"{on_timeout}\"");
        let mut story = Story::begin(&[&asks(&more)]).await;
        story.wins("Oven").await;
        story.passes(2 * DAY - HOUR).await;
        story.is_killed().await;
        assert_eq!(story.states("asks").await, ["waiting"]);
        story.passes(HOUR).await;
        assert_eq!(story.states("asks").await, [state]);
        let said = story.said();
        match on_timeout {
            "go-on" => assert_eq!(said, ["null, null, null"]),
            _ => assert_eq!(said, [""; 0]),
        }
        if on_timeout == "fail" {
            // Tried again, it asks again, and an answer is still an answer.
            let letter = story.letter().await;
            assert_eq!(letter["code"], "timeout");
            story.house.does(&["dead-letter", "retry", id(&letter)]).await;
            story.settle().await;
            let run = story.run("asks").await;
            story.house.does(&["run", "approve", id(&run)]).await;
            story.settle().await;
            assert_eq!(story.said(), ["true, null, local"]);
        }
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_of_each_run_by_itself() {
    let story = Story::begin(&[&asks("")]).await;
    story.wins("Oven").await;
    story.wins("Spoon").await;
    let runs = story.runs("asks").await;
    assert_eq!(runs[1]["waiting"]["ask"], json!("Send an offer for Spoon?"));
    story.house.does(&["run", "approve", id(&runs[1])]).await;
    story.settle().await;
    assert_eq!(story.states("asks").await, ["waiting", "done"]);
    story.house.does(&["run", "reject", id(&runs[0])]).await;
    story.settle().await;
    assert_eq!(story.states("asks").await, ["cancelled", "done"]);
    assert_eq!(story.said().len(), 1);
    story.ends().await;
}
