//! `cancel_on`: an event that ends a run while it waits.

use super::{DAY, HOUR, ON_DEAL, Story, flow, says, step};

/// An index finds the run by this one.
const EQUAL: &str = ".record.id == $run.event.record.title";
/// By this one each run that waits is asked.
const ASKED: &str = "(.record.id | ascii_downcase) == ($run.event.record.title | ascii_downcase)";

fn until_paid(rest: &str, filter: &str) -> String {
    let cancel = format!(
        "{rest}\ncancel_on = {{ connection = \"books\", event = \"invoice.paid\", \
         where = '{filter}' }}"
    );
    let last = says("last", "\"please pay \\(.event.record.title)\"");
    let first = step("first", "sleep = \"1h\"");
    flow("unpaid", &[ON_DEAL, &first, &step("nap", &cancel), &last])
}

/// The event comes while the run sleeps.
async fn is_ended_by_its_own_invoice_alone(filter: &str) {
    let mut story = Story::begin(&[&until_paid("sleep = \"7d\"", filter)]).await;
    story.wins("i-1").await;
    story.wins("i-2").await;
    story.passes(HOUR).await;
    story.is_paid("i-9").await;
    assert_eq!(story.states("unpaid").await, ["waiting", "waiting"]);
    story.is_killed().await;
    story.is_paid("i-2").await;
    let runs = story.runs("unpaid").await;
    assert_eq!((&runs[0]["state"], &runs[1]["state"]), (&"waiting".into(), &"cancelled".into()));
    assert_eq!(runs[1]["why"], "the event `invoice.paid` came (change-3)");
    story.passes(8 * DAY).await;
    assert_eq!(story.said(), ["please pay i-1"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_ended_by_the_event_that_it_names() {
    is_ended_by_its_own_invoice_alone(EQUAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_ended_by_the_event_that_it_names_in_any_words() {
    is_ended_by_its_own_invoice_alone(ASKED).await;
}

/// The event comes after the run began, and before it is at the step that names the event.
async fn is_ended_by_what_came_before_its_sleep(filter: &str) {
    let mut story = Story::begin(&[&until_paid("sleep = \"7d\"", filter)]).await;
    story.is_paid("i-0").await;
    // What came before a run began is another's affair.
    story.clock.advance(HOUR);
    story.wins("i-0").await;
    story.wins("i-1").await;
    story.is_paid("i-1").await;
    story.is_killed().await;
    assert_eq!(story.states("unpaid").await, ["waiting", "waiting"]);
    story.passes(HOUR).await;
    assert_eq!(story.states("unpaid").await, ["waiting", "cancelled"]);
    story.passes(8 * DAY).await;
    assert_eq!(story.said(), ["please pay i-0"]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_came_before_the_sleep_counts() {
    is_ended_by_what_came_before_its_sleep(EQUAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_came_before_the_sleep_counts_in_any_words() {
    is_ended_by_what_came_before_its_sleep(ASKED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_ends_what_waits_until_a_time_and_who_asks_a_person() {
    for rest in ["until = '\"2026-03-09T12:00:00Z\"'", "approve = '\"Send it?\"'"] {
        let story = Story::begin(&[&until_paid(rest, EQUAL)]).await;
        story.wins("i-1").await;
        story.passes(HOUR).await;
        story.is_paid("i-1").await;
        assert_eq!(story.states("unpaid").await, ["cancelled"], "{rest}");
        story.passes(8 * DAY).await;
        assert_eq!(story.said(), [""; 0], "{rest}");
        story.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_ends_what_waits_for_another_event() {
    let rest = "wait_for = { connection = \"crm\", event = \"deal.won\", \
                where = '.record.title == $run.event.record.id' }\ntimeout = \"30d\"";
    let story = Story::begin(&[&until_paid(rest, EQUAL)]).await;
    story.wins("i-1").await;
    story.passes(HOUR).await;
    story.is_paid("i-1").await;
    assert_eq!(story.states("unpaid").await, ["cancelled"]);
    assert_eq!(story.said(), [""; 0]);
    story.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_after_the_sleep_ends_nothing() {
    let story = Story::begin(&[&until_paid("sleep = \"1d\"", EQUAL)]).await;
    story.wins("i-1").await;
    story.passes(HOUR).await;
    story.passes(DAY).await;
    assert_eq!(story.states("unpaid").await, ["done"]);
    story.is_paid("i-1").await;
    assert_eq!(story.states("unpaid").await, ["done"]);
    assert_eq!(story.said(), ["please pay i-1"]);
    story.ends().await;
}
