//! `flow check` and `flow apply`: all of them or none, and runs end on what they began with.

use std::fs;

use jackfield::{flows::Source, host::check_flows};
use jackfield_tests::releases;

use super::{ON_DEAL, Story, flow, id, says, step};

fn writes(name: &str, text: &str) -> String {
    flow(name, &[ON_DEAL, &says("write", text)])
}

/// A directory of these flows.
fn directory(story: &Story, flows: &[(&str, &str)]) -> String {
    let dir = story.house.dir().join("flows");
    fs::create_dir_all(&dir).unwrap();
    for (file, text) in flows {
        fs::write(dir.join(file), text).unwrap();
    }
    dir.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_one_bad_file_is_not_applied_at_all() {
    let mut story = Story::begin(&[]).await;
    let good = writes("good", "\"good\"");
    let bad = writes("bad", "\"bad\"").replace("message.send", "message.sent");
    let dir = directory(&story, &[("a.toml", &good), ("b.toml", &bad), ("notes.md", "# no flow")]);
    for word in ["check", "apply"] {
        let told = story.is_refused(&["flow", word, &dir]).await;
        let expected = format!(
            "error: {dir}/b.toml:9:10: the connector `generic` has no action `message.sent`\n  \
             hint: did you mean `message.send`?\n"
        );
        assert_eq!(told, expected);
    }
    assert_eq!(story.house.told(&["flow", "list"]).await, serde_json::json!([]));
    story.wins("Oven").await;
    assert_eq!(story.said(), [""; 0]);
    let dir = directory(&story, &[("b.toml", &writes("bad", "\"mended\""))]);
    assert_eq!(
        story.house.does(&["flow", "check", &dir]).await,
        "`good` is right\n`bad` is right\n"
    );
    let told = story.house.does(&["flow", "apply", &dir]).await;
    let both = "applied `good`: `deal.won` of `crm` starts it\n\
                applied `bad`: `deal.won` of `crm` starts it\n";
    assert_eq!(told, both);
    story.is_killed().await;
    story.wins("Oven").await;
    let mut said = story.said();
    said.sort();
    assert_eq!(said, ["good", "mended"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_version_leaves_the_one_before_in_its_place() {
    let story = Story::begin(&[&writes("writes", "\"one\"")]).await;
    let bad = story.house.file("bad.toml", &writes("writes", "\"two"));
    story.is_refused(&["flow", "apply", &bad]).await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["one"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_that_need_each_other_are_applied_in_one_go() {
    let sub = step("sub", "flow = \"sub\"\ninput = '{}'");
    let main = flow("main", &[ON_DEAL, &sub]);
    let sub = flow("sub", &["[on]\nmanual = true\n", &says("write", "\"sub\"")]);
    let story = Story::begin(&[]).await;
    let main = story.house.file("main.toml", &main);
    let sub = story.house.file("sub.toml", &sub);
    let told = story.is_refused(&["flow", "apply", &main]).await;
    assert!(told.contains("there is no flow `sub`"), "{told}");
    story.house.does(&["flow", "apply", &main, &sub]).await;
    story.wins("Oven").await;
    assert_eq!(story.said(), ["sub"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_on_the_version_with_which_it_began() {
    let version = |number: u32| {
        let ask = step("sure", "approve = '\"Sure?\"'");
        let text = format!("\"version {number} of \\(.event.record.title)\"");
        flow("writes", &[ON_DEAL, &ask, &says("write", &text)])
    };
    let mut story = Story::begin(&[&version(1)]).await;
    story.wins("Oven").await;
    story.apply(&version(2)).await;
    story.wins("Tray").await;
    story.is_killed().await;
    story.apply(&version(3)).await;
    for run in story.runs("writes").await {
        story.house.does(&["run", "approve", id(&run)]).await;
        story.settle().await;
    }
    assert_eq!(story.said(), ["version 1 of Oven", "version 2 of Tray"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_when_its_flow_is_removed() {
    let ask = step("sure", "approve = '\"Sure?\"'");
    let text = flow("writes", &[ON_DEAL, &ask, &says("write", ".event.record.title")]);
    let mut story = Story::begin(&[&text]).await;
    story.wins("Oven").await;
    story.house.does(&["flow", "remove", "writes"]).await;
    story.is_killed().await;
    story.wins("Tray").await;
    let run = story.run("writes").await;
    story.house.does(&["run", "approve", id(&run)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_looked_over_without_a_host_as_far_as_that_goes() {
    let look = async |texts: &[&str]| {
        let source = |(at, text): (usize, &&str)| {
            let file = format!("flow-{at}.toml");
            Source { file, text: (*text).to_owned() }
        };
        let sources: Vec<Source> = texts.iter().enumerate().map(source).collect();
        check_flows(&sources, releases::compiler()).await
    };
    // Nobody knows which connections there are.
    let elsewhere = writes("good", "\"good\"").replace("mail", "elsewhere");
    let flows = look(&[&elsewhere, &writes("other", "\"other\"")]).await.unwrap();
    assert_eq!(flows.len(), 2);
    let wrong = writes("wrong", ".event.record | frobnicate");
    let told = look(&[&elsewhere, &wrong]).await.unwrap_err().to_string();
    assert!(told.starts_with("flow-1.toml:10:9: "), "{told}");
    assert!(told.contains("frobnicate"), "{told}");
    let told = look(&[&elsewhere, &elsewhere]).await.unwrap_err().to_string();
    assert!(told.contains("there are two flows `good`"), "{told}");
}
