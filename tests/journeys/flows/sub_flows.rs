//! Flows that start each other: as a step that waits for the other's end, and at the other's end.

use serde_json::json;

use super::{ON_DEAL, ON_HAND, Story, flow, id, says, step};

/// Asks a person, then greets.
fn welcome() -> String {
    let ask = step("sure", "approve = '\"Greet \\(.event.record.name)?\"'");
    let greet = says("greet", "\"welcome, \\(.event.record.name)\"");
    flow("welcome", &[ON_HAND, &ask, &greet])
}

/// Has the customer greeted, and goes on.
fn won() -> String {
    let sub = "flow = \"welcome\"\ninput = '{ name: .event.record.title }'";
    let last = says("last", "\"after: \\(.steps.hello.steps.greet.text)\"");
    flow("won", &[ON_DEAL, &step("hello", sub), &last])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_waits_for_the_run_that_it_started_and_has_its_outputs() {
    let mut story = Story::begin(&[&welcome(), &won()]).await;
    story.wins("Ada").await;
    let (parent, child) = (story.run("won").await, story.run("welcome").await);
    assert_eq!(
        (&parent["waiting"]["for"], &parent["waiting"]["run"]),
        (&json!("run"), &child["id"])
    );
    assert_eq!(child["parent"]["run"], parent["id"]);
    story.is_killed().await;
    story.house.does(&["run", "approve", id(&child)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["welcome, Ada", "after: welcome, Ada"]);
    let output = &story.run("won").await["steps"]["hello"]["output"];
    assert_eq!(output["run"], child["id"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cancelled_fails_the_step_that_waits_for_it() {
    let mut story = Story::begin(&[&welcome(), &won()]).await;
    story.wins("Ada").await;
    let child = story.run("welcome").await;
    story.house.does(&["run", "cancel", id(&child), "--why", "not this one"]).await;
    story.settle().await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "cancelled");
    let why = format!("its run {} was cancelled: not this one", id(&child));
    assert_eq!(letter["message"], why);
    assert_eq!(story.states("won").await, ["dead"]);
    // Tried again, it is another run.
    story.is_killed().await;
    story.house.does(&["dead-letter", "retry", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("welcome").await, ["cancelled", "waiting"]);
    let child = story.runs("welcome").await.remove(1);
    story.house.does(&["run", "approve", id(&child)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["welcome, Ada", "after: welcome, Ada"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_takes_the_run_that_is_its_step_with_it() {
    let story = Story::begin(&[&welcome(), &won()]).await;
    story.wins("Ada").await;
    let parent = story.run("won").await;
    story.house.does(&["run", "cancel", id(&parent)]).await;
    story.settle().await;
    assert_eq!(story.states("won").await, ["cancelled"]);
    let child = story.run("welcome").await;
    assert_eq!(child["state"], "cancelled");
    let why = format!("the run {} of which it is a step has ended", id(&parent));
    assert_eq!(child["why"], why);
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_item_has_a_run_of_its_own_one_after_the_other() {
    let sub = "flow = \"welcome\"\nfor_each = '.event.record.title | split(\" \")'\n\
               input = '{ name: .item }'";
    let last = says("last", "([.steps.hello[].steps.greet.text] | join(\"; \"))");
    let won = flow("won", &[ON_DEAL, &step("hello", sub), &last]);
    let mut story = Story::begin(&[&welcome(), &won]).await;
    story.wins("Ada Bea").await;
    for count in 1..=2 {
        story.is_killed().await;
        let runs = story.runs("welcome").await;
        assert_eq!(runs.len(), count);
        story.house.does(&["run", "approve", id(&runs[count - 1])]).await;
        story.settle().await;
    }
    assert_eq!(story.said(), ["welcome, Ada", "welcome, Bea", "welcome, Ada; welcome, Bea"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_others_use_is_not_removed() {
    let story = Story::begin(&[&welcome(), &won()]).await;
    let told = story.is_refused(&["flow", "remove", "welcome"]).await;
    assert!(
        told.contains("the flow `welcome` is used by the flow `won`: change or remove that first"),
        "{told}"
    );
    story.house.does(&["flow", "remove", "won"]).await;
    story.house.does(&["flow", "remove", "welcome"]).await;
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_steps_of_each_other_go_so_deep_and_no_deeper() {
    let story = Story::begin(&[]).await;
    let files: Vec<String> = (0..10)
        .map(|depth| {
            let next = format!("flow = \"deep-{}\"\ninput = '.event.record'", depth + 1);
            let last = "set = '1'".to_owned();
            let does = if depth < 9 { next } else { last };
            let name = format!("deep-{depth}");
            let text = flow(&name, &[ON_HAND, &step("again", &does)]);
            story.house.file(&format!("{name}.toml"), &text)
        })
        .collect();
    let apply: Vec<&str> =
        ["flow", "apply"].into_iter().chain(files.iter().map(String::as_str)).collect();
    story.house.does(&apply).await;
    story.house.does(&["flow", "run", "deep-0"]).await;
    story.settle().await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "too-deep");
    assert_eq!(letter["message"], "runs are steps of each other, 9 deep; 8 is most");
    let first = &story.runs("deep-0").await[0];
    story.house.does(&["run", "cancel", id(first)]).await;
    story.settle().await;
    for depth in 0..9 {
        assert_eq!(story.states(&format!("deep-{depth}")).await, ["cancelled"]);
    }
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_that_are_each_others_steps_are_refused() {
    let again = |name: &str, other: &str| {
        let sub = format!("flow = \"{other}\"\ninput = '.event.record'");
        flow(name, &[ON_HAND, &step("again", &sub)])
    };
    let story = Story::begin(&[]).await;
    let one = story.house.file("one.toml", &again("one", "two"));
    let two = story.house.file("two.toml", &again("two", "one"));
    let told = story.is_refused(&["flow", "apply", &one, &two]).await;
    assert!(told.contains("`two` is a step of itself in the end"), "{told}");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_starts_when_another_is_done_and_sees_what_it_did() {
    let first = flow("first", &[ON_DEAL, &says("one", "\"first: \\(.event.record.title)\"")]);
    let text = "\"then: \\(.event.record.flow), \\(.event.record.event.record.title), \
                \\(.event.record.steps.one.text)\"";
    let second = flow("second", &["[on]\nflow = \"first\"\n", &says("two", text)]);
    let mut story = Story::begin(&[&first, &second]).await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["first: Oven", "then: first, Oven, first: Oven"]);
    let run = story.run("second").await;
    assert_eq!(run["event"]["key"], story.run("first").await["id"]);
    story.is_killed().await;
    assert_eq!(story.states("second").await, ["done"]);
    let told = story.is_refused(&["flow", "remove", "first"]).await;
    assert!(told.contains("is used by the flow `second`"), "{told}");
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_starts_when_another_was_cancelled_and_only_then() {
    let ask = step("sure", "approve = '\"Sure?\"'");
    let first = flow("first", &[ON_DEAL, &ask]);
    let on = "[on]\nflow = \"first\"\nended = \"cancelled\"\n";
    let second = flow("second", &[on, &says("two", "\"cancelled: \\(.event.record.why)\"")]);
    let story = Story::begin(&[&first, &second]).await;
    story.wins("Oven").await;
    story.wins("Tray").await;
    let runs = story.runs("first").await;
    story.house.does(&["run", "approve", id(&runs[0])]).await;
    story.settle().await;
    assert_eq!(story.states("second").await, [""; 0]);
    story.house.does(&["run", "reject", id(&runs[1]), "--note", "late"]).await;
    story.settle().await;
    assert_eq!(story.said(), ["cancelled: a person said no to `sure`: late"]);
    story.ends().await;
}
