//! `for_each`: a step is done once for each item of a list, whatever comes in between.

use jackfield_tests::twin::Moment;
use serde_json::{Value, json};

use super::{ON_DEAL, Story, flow, id, invoice, says, step};

/// An invoice whose lines are written to the customer one by one.
fn lines(more: &str) -> String {
    let on = "[on]\nconnection = \"books\"\nevent = \"invoice.created\"\n";
    let each = says("each", "\"\\(.index): \\(.item.description)\"")
        + "for_each = '.event.record.lines'\n"
        + more;
    let sum = says("sum", "\"all: \\([.steps.each[].text] | join(\", \"))\"");
    flow("lines", &[on, &each, &sum])
}

fn of_lines(lines: &[&str]) -> Value {
    let mut invoice = invoice("i-1");
    invoice["lines"] = lines.iter().map(|text| json!({ "description": text })).collect();
    invoice
}

async fn creates(story: &Story, lines: &[&str]) {
    story.tell("books", "invoice.created", &of_lines(lines)).await;
    story.settle_or_hang().await;
}

const THREE: [&str; 3] = ["flour", "yeast", "salt"];
const WRITTEN: [&str; 4] = ["0: flour", "1: yeast", "2: salt", "all: 0: flour, 1: yeast, 2: salt"];

#[tokio::test(flavor = "multi_thread")]
async fn each_item_has_its_own_effect_in_order() {
    let story = Story::begin(&[&lines("")]).await;
    creates(&story, &THREE).await;
    assert_eq!(story.said(), WRITTEN);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_killed_between_items_does_each_of_them_once() {
    let mut story = Story::begin(&[&lines("")]).await;
    for item in 0..THREE.len() {
        for moment in [Moment::Before, Moment::After] {
            story.twin.begin_anew();
            story.twin.hang_after(item, moment);
            creates(&story, &THREE).await;
            assert!(story.twin.is_hanging());
            story.house.kill();
            story.twin.answer_again();
            story.house.start().await;
            story.settle().await;
            assert_eq!(story.said(), WRITTEN, "killed {moment:?} item {item}");
        }
    }
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_done_at_once() {
    let story = Story::begin(&[&lines("")]).await;
    creates(&story, &[]).await;
    assert_eq!(story.said(), ["all: "]);
    assert_eq!(story.run("lines").await["steps"]["each"]["output"], json!([]));
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_items_than_the_flow_allows_are_none() {
    let story = Story::begin(&[&lines("at_most = 2\n")]).await;
    creates(&story, &THREE).await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "too-many-items");
    assert_eq!(
        letter["message"],
        "`for_each` of the step `each` gave 3 items; the most is 2: raise `at_most`, or make the \
         list shorter"
    );
    assert_eq!(story.said(), [""; 0]);
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    creates(&story, &THREE[..2]).await;
    assert_eq!(story.said().len(), 3);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_told_with_how_to_write_one() {
    let each = says("each", "\"\\(.item)\"") + "for_each = '.event.record.title'\n";
    let story = Story::begin(&[&flow("titles", &[ON_DEAL, &each])]).await;
    story.wins("Oven").await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "bad-input");
    assert_eq!(
        letter["message"],
        "`for_each` of the step `each` gave no array; write one in brackets: `[…]`"
    );
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_stopped_is_mended_and_the_others_are_not_done_again() {
    let text = lines("").replace("\"\\(.index): \\(.item.description)\"", ".item.description");
    let mut story = Story::begin(&[&text]).await;
    // The second line has no words, so there is nothing to write.
    creates(&story, &["flour", "", "salt"]).await;
    let letter = story.letter().await;
    assert_eq!(letter["code"], "bad-input");
    assert_eq!(story.said(), ["flour"]);
    let shown = story.house.told(&["dead-letter", "show", id(&letter)]).await;
    assert_eq!(shown["stuck"]["item"], 1);
    story.is_killed().await;
    let input = json!({ "to": "ada@milllane.example", "text": "yeast" });
    let input = story.house.file("input.json", &input.to_string());
    story.house.does(&["dead-letter", "edit", id(&letter), "--input", &input]).await;
    story.house.does(&["dead-letter", "retry", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.said(), ["flour", "yeast", "salt", "all: flour, yeast, salt"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_between_items_leaves_the_rest_undone() {
    let text = lines("").replace("\"\\(.index): \\(.item.description)\"", ".item.description");
    let story = Story::begin(&[&text]).await;
    creates(&story, &["flour", "", "salt"]).await;
    let letter = story.letter().await;
    story.house.does(&["dead-letter", "discard", id(&letter)]).await;
    story.settle().await;
    assert_eq!(story.states("lines").await, ["cancelled"]);
    assert_eq!(story.said(), ["flour"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_made_of_each_item_too() {
    let each = step(
        "each",
        "for_each = '.event.record.title | split(\" \")'\nset = '\"\\(.index)\\(.item)\"'",
    );
    let last = says("last", "(.steps.each | join(\"+\"))");
    let story = Story::begin(&[&flow("words", &[ON_DEAL, &each, &last])]).await;
    story.wins("Oven and tray").await;
    assert_eq!(story.said(), ["0Oven+1and+2tray"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_step_that_is_skipped_is_not_even_made() {
    let each = says("each", "\"\\(.item)\"") + "for_each = 'error(\"no\")'\nwhen = 'false'\n";
    let story = Story::begin(&[&flow("skips", &[ON_DEAL, &each])]).await;
    story.wins("Oven").await;
    assert_eq!(story.states("skips").await, ["done"]);
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}
