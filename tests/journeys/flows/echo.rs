//! Echoes: what the host itself wrote comes back as a webhook, and starts nothing.

use jackfield_tests::house::until;
use serde_json::Value;

use super::{HOUR, MINUTE, ON_DEAL, Story, flow, says, step};

/// A deal becomes an invoice.
fn bills() -> String {
    let bill = "connection = \"books\"\naction = \"invoice.create\"\n\
                input = '{ contact: \"c-1\", reference: .event.record.title, lines: [] }'";
    flow("bills", &[ON_DEAL, &step("bill", bill)])
}

/// A new invoice is spoken of.
fn hears(more: &str) -> String {
    let on = format!("[on]\nconnection = \"books\"\nevent = \"invoice.created\"\n{more}");
    let text = "\"\\(.event.record.reference): \\(.event.record.status)\"";
    flow("hears", &[&on, &says("heard", text)])
}

/// The invoice that was written, as the books have it.
fn written(story: &Story) -> Value {
    story.twin.records("books", "invoice")[0].clone()
}

async fn echoes(story: &Story) -> usize {
    let trail = story.house.told(&["audit", "list", "--limit", "500"]).await;
    trail.as_array().unwrap().iter().filter(|line| line["what"] == "event.echo").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_wrote_itself_starts_nothing_when_it_comes_back() {
    let mut story = Story::begin(&[&bills(), &hears("")]).await;
    story.wins("Oven").await;
    story.is_killed().await;
    story.tell("books", "invoice.created", &written(&story)).await;
    story.settle().await;
    assert_eq!(story.said(), [""; 0]);
    assert_eq!(story.states("hears").await, [""; 0]);
    assert_eq!(echoes(&story).await, 1);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_or_changed_starts_the_flow() {
    let story = Story::begin(&[&bills(), &hears("")]).await;
    story.wins("Oven").await;
    let mut changed = written(&story);
    changed["status"] = "paid".into();
    story.tell("books", "invoice.created", &changed).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven: paid"]);
    let mut other = written(&story);
    other["id"] = "i-77".into();
    story.tell("books", "invoice.created", &other).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven: paid", "Oven: open"]);
    assert_eq!(echoes(&story).await, 0);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_much_later_is_no_echo() {
    let story = Story::begin(&[&bills(), &hears("")]).await;
    story.wins("Oven").await;
    story.passes(HOUR / 4 + MINUTE).await;
    story.tell("books", "invoice.created", &written(&story)).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven: open"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_may_ask_for_echoes() {
    let story = Story::begin(&[&bills(), &hears("echoes = true\n")]).await;
    story.wins("Oven").await;
    story.tell("books", "invoice.created", &written(&story)).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven: open"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_overtakes_the_answer_is_an_echo_all_the_same() {
    let story = Story::begin(&[&bills(), &hears("")]).await;
    story.twin.delay(1_500);
    story.tell("crm", "deal.won", &super::deal("Oven")).await;
    until("the invoice is written", || story.twin.effects().len() == 1).await;
    story.tell("books", "invoice.created", &written(&story)).await;
    story.settle().await;
    story.twin.delay(0);
    assert_eq!(story.states("bills").await, ["done"]);
    assert_eq!(story.said(), [""; 0]);
    assert_eq!(echoes(&story).await, 1);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_what_it_did_itself_hears_of_it() {
    let wait = "wait_for = { connection = \"books\", event = \"invoice.created\", \
                where = '.record.id == $run.steps.bill.id' }\ntimeout = \"1d\"";
    let text = bills() + &step("heard", wait) + &says("last", ".steps.heard.record.reference");
    let story = Story::begin(&[&text]).await;
    story.wins("Oven").await;
    assert_eq!(story.states("bills").await, ["waiting"]);
    story.tell("books", "invoice.created", &written(&story)).await;
    story.settle().await;
    assert_eq!(story.said(), ["Oven"]);
    story.ends().await;
}
