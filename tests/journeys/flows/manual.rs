//! Flows that a person starts.

use super::{ON_DEAL, ON_HAND, Story, flow, id, says};

fn report() -> String {
    let text = "\"\\(.event.record.month) for \\(.event.by.operator)\"";
    flow("report", &[ON_HAND, &says("write", text)])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_starts_one_run() {
    let mut story = Story::begin(&[&report()]).await;
    let input = story.house.file("input.json", r#"{ "month": "March" }"#);
    let words = ["flow", "run", "report", "--input", &input, "--key", "2026-03"];
    let told = story.house.does(&words).await;
    story.settle().await;
    story.is_killed().await;
    let again = story.house.does(&words).await;
    story.settle().await;
    assert_eq!(told, again);
    let run = story.run("report").await;
    assert_eq!(told, format!("the run {} of `report` begins\n", id(&run)));
    assert_eq!(run["event"]["key"], "2026-03");
    assert_eq!(story.said(), ["March for local"]);
    // Another key is another run.
    let input = story.house.file("input.json", r#"{ "month": "April" }"#);
    let words = ["flow", "run", "report", "--input", &input, "--key", "2026-04"];
    story.house.does(&words).await;
    story.settle().await;
    assert_eq!(story.said(), ["March for local", "April for local"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_typed_by_many_at_once_starts_one_run() {
    let story = Story::begin(&[&report()]).await;
    let words = ["flow", "run", "report", "--key", "2026-03"];
    let typed = (0..8).map(|_| story.house.types(&words));
    let mut told: Vec<String> = Vec::new();
    for (code, out, err) in futures_util::future::join_all(typed).await {
        assert_eq!(code, 0, "{err}");
        told.push(out);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    story.settle().await;
    assert_eq!(story.said(), ["null for local"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_each_start_is_its_own() {
    let story = Story::begin(&[&report()]).await;
    for month in ["March", "April"] {
        let input = story.house.file("input.json", &format!(r#"{{ "month": "{month}" }}"#));
        story.house.does(&["flow", "run", "report", "--input", &input]).await;
    }
    story.settle().await;
    assert_eq!(story.said().len(), 2);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_by_hand_is_told_with_what_can_be_done() {
    let story = Story::begin(&[&flow("won", &[ON_DEAL, &says("write", "\"won\"")])]).await;
    let told = story.is_refused(&["flow", "run", "won"]).await;
    let expected = "error: `won` starts at an event, not by hand\n  hint: `jackfield flow test \
                    FILE --event FILE` says what it would do; `jackfield delivery replay ID` has \
                    a delivery parsed again\n";
    assert_eq!(told, expected);
    let told = story.is_refused(&["flow", "run", "one"]).await;
    assert!(told.contains("there is no flow `one`; `jackfield flow list` shows those"), "{told}");
    let file = story.house.file("input.json", "{ month: March }");
    let told = story.is_refused(&["flow", "run", "won", "--input", &file]).await;
    assert!(told.contains("is not JSON"), "{told}");
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}
