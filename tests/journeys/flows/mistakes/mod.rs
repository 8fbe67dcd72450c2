//! What is told of flow files that are wrong: each mistake with its place, and what to write.
//!
//! The table is read by people: whoever changes a message reads it as somebody who has never
//! written a program.

mod files;

use std::fmt::Write as _;

use super::{ON_HAND, Story, flow, says};

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let sub = flow("ends-here", &["[on]\nflow = \"welcome\"\n", &says("a", "\"b\"")]);
    let story = Story::begin(&[&flow("welcome", &[ON_HAND, &says("a", "\"c\"")]), &sub]).await;
    let mut table = String::new();
    let files = files::all();
    assert!(files.len() >= 40, "{}", files.len());
    for (mistake, text) in files {
        let file = story.house.file("flow.toml", &text);
        let (code, out, err) = story.house.types(&["flow", "check", &file]).await;
        assert_eq!(code, 1, "{mistake}: {out}");
        let told = err.replace(&file, "flow.toml");
        let told = told.trim_start_matches("error: ").trim_end();
        assert_eq!(told.matches("hint: ").count(), told.lines().count() / 2, "{told}");
        writeln!(table, "{mistake}\n{told}\n").unwrap();
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("flow_files", table);
    });
    story.ends().await;
}
