//! What is given up, and what waited in vain: the runs that hang on it go on, fail, or wait anew.

use std::{sync::Arc, time::Duration};

use http::Method;
use jackfield::{
    clock::{Clock as _, SystemClock, VirtualClock},
    dispatch::Backoff,
    fault::Fault,
    flows::LANE,
    queue::{DeadLetter, Task, Work},
    store::Batch,
};
use jackfield_tests::{
    house::{House, until},
    patterns::Patterns,
};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

/// One run of a customer at a time.
const IN_TURN: &str = r#"
name = "in-turn"
[on]
connection = "crm"
event = "deal.won"
[runs]
key = '.record.status'
at_once = 1
[[step]]
id = "post"
connection = "chat"
action = "message.post"
input = '{ channel: "sales", text: .event.record.title }'
"#;

/// A flow that is a step of another.
const CHILD: &str = r#"
name = "welcome"
[on]
manual = true
[[step]]
id = "post"
connection = "chat"
action = "message.post"
input = '{ channel: "sales", text: .event.record.title }'
"#;

const PARENT: &str = r#"
name = "parent"
[on]
connection = "crm"
event = "deal.won"
[[step]]
id = "welcome"
flow = "welcome"
input = '.event.record'
[[step]]
id = "after"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "welcomed" }'
"#;

/// A payment that is waited for.
const PATIENT: &str = r#"
name = "patient"
[on]
connection = "crm"
event = "deal.won"
[[step]]
id = "paid"
wait_for = { connection = "books", event = "invoice.paid", where = '.record.reference == $run.event.record.id' }
timeout = "2h"
[[step]]
id = "after"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "paid: \(.steps.paid.record.id)" }'
"#;

async fn business(clock: &VirtualClock, flows: &[&str]) -> Patterns {
    let house = House::with(Arc::new(clock.clone()), Backoff::default()).await;
    let scene = Patterns::set_up(house, &[]).await;
    for flow in flows {
        let file = scene.house.file("flow.toml", flow);
        scene.house.does(&["flow", "apply", &file]).await;
    }
    scene
}

async fn win(scene: &Patterns, id: &str) {
    let deal = json!({ "id": id, "title": format!("Deal {id}"), "status": "won" });
    scene.tell("crm", "deal.won", &deal).await;
}

fn advice<'a>(shown: &'a Value, command: &str) -> &'a str {
    let mut next = shown["next"].as_array().unwrap().iter();
    let found = next.find(|one| one[0].as_str().unwrap().starts_with(command));
    found.unwrap_or_else(|| panic!("no `{command}`: {shown:#}"))[1].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_given_up_lets_the_next_of_its_key_go_on() {
    let scene = business(&VirtualClock::at(SystemClock.now_ms()), &[IN_TURN]).await;
    scene.twin.aim(Method::POST, "/message.post");
    scene.twin.fail_next(1, 422);
    win(&scene, "1").await;
    let (id, _) = scene.letter().await;
    win(&scene, "2").await;
    let is_held =
        || scene.house.is_settled() && scene.house.rooms().flows.runs(9).unwrap().len() == 2;
    until("the second waits for its turn", is_held).await;
    assert_eq!(scene.twin.done("chat", "message.post").len(), 0);
    scene.house.does(&["dead-letter", "discard", &id]).await;
    until("the second is done", || scene.twin.done("chat", "message.post").len() == 1).await;
    scene.settle().await;
    let runs = scene.house.told(&["run", "list"]).await;
    assert_eq!((&runs[0]["state"], &runs[1]["state"]), (&json!("done"), &json!("cancelled")));
    assert_eq!(runs[1]["why"], "a person gave it up");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_run_is_given_up_fails_and_a_retry_starts_another() {
    let scene = business(&VirtualClock::at(SystemClock.now_ms()), &[CHILD, PARENT]).await;
    scene.twin.aim(Method::POST, "/message.post");
    scene.twin.fail_next(1, 422);
    win(&scene, "1").await;
    let (id, child) = scene.letter().await;
    assert_eq!(child["stuck"]["flow"], "welcome", "{child:#}");
    scene.house.does(&["dead-letter", "discard", &id]).await;
    let fails = || scene.house.is_settled() && scene.house.dead_letters() == 1;
    until("the step that started it fails", fails).await;

    let (id, shown) = scene.letter().await;
    assert_eq!(shown["code"], "cancelled", "{shown:#}");
    assert_eq!(shown["what"], "the step `welcome` of the flow `parent`");
    let run = shown["halted"]["waiting"]["run"].as_str().unwrap();
    assert!(advice(&shown, &format!("jackfield run show {run}")).contains("why"), "{shown:#}");
    assert!(advice(&shown, "jackfield dead-letter retry").contains("once more"), "{shown:#}");
    let printed = scene.house.does(&["dead-letter", "show", &id]).await;
    assert!(printed.contains(&format!("the end of the run {run}")), "{printed}");

    scene.house.does(&["dead-letter", "retry", &id]).await;
    until("it is done", || scene.twin.done("mail", "message.send").len() == 1).await;
    scene.settle().await;
    assert_eq!(scene.twin.done("chat", "message.post").len(), 1);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_in_vain_is_shown_not_edited_and_waits_anew() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[PATIENT]).await;
    win(&scene, "1").await;
    scene.settle().await;
    clock.advance(3 * HOUR);
    let (id, shown) = scene.letter().await;
    let halted = &shown["halted"];
    assert_eq!((&halted["step"], &halted["does"]), (&json!("paid"), &json!("wait_for")));
    assert!(advice(&shown, "jackfield dead-letter retry").contains("wait once more"), "{shown:#}");
    let printed = scene.house.does(&["dead-letter", "show", &id]).await;
    assert!(printed.contains("the event `invoice.paid` of `books`, from "), "{printed}");
    let input = scene.house.file("input.json", "{}");
    let edit = ["dead-letter", "edit", &id, "--input", &input];
    for (command, why) in [
        (&edit[..], "the step `paid` does no action, so it has no input"),
        (&["dead-letter", "happened", &id], "the step `paid` does no action, so there is nothing"),
    ] {
        let (code, _, err) = scene.house.types(command).await;
        assert_eq!(code, 1, "{command:?}");
        assert!(err.contains(why), "{err}");
    }

    scene.house.does(&["dead-letter", "retry", &id]).await;
    scene.settle().await;
    clock.advance(HOUR);
    scene.settle().await;
    assert_eq!(scene.house.dead_letters(), 0, "it waits for two hours more");
    let paid = json!({ "id": "i-1", "reference": "1", "contact": "c-1", "lines": [] });
    scene.tell("books", "invoice.paid", &paid).await;
    until("it goes on", || scene.twin.done("mail", "message.send").len() == 1).await;
    scene.strike().await;
}

/// What comes while a person is asked is not missed.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_came_too_late_is_found_by_a_retry() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[PATIENT]).await;
    win(&scene, "1").await;
    scene.settle().await;
    clock.advance(3 * HOUR);
    let (id, _) = scene.letter().await;
    let paid = json!({ "id": "i-1", "reference": "1", "contact": "c-1", "lines": [] });
    scene.tell("books", "invoice.paid", &paid).await;
    scene.settle().await;
    assert_eq!(scene.twin.done("mail", "message.send").len(), 0);
    scene.house.does(&["dead-letter", "retry", &id]).await;
    until("it goes on", || scene.twin.done("mail", "message.send").len() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_a_run_that_is_cancelled_is_taken_away_with_it() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[PATIENT]).await;
    win(&scene, "1").await;
    scene.settle().await;
    clock.advance(3 * HOUR);
    let (_, shown) = scene.letter().await;
    let run = shown["task"]["run"].as_str().or(shown["run"].as_str()).unwrap();
    scene.house.does(&["run", "cancel", run]).await;
    scene.settle().await;
    assert_eq!(scene.house.dead_letters(), 0);
    scene.strike().await;
}

/// A flow by the clock, and one that waits for a burst of events to end.
const BY_THE_CLOCK: &str = r#"
name = "hourly"
[on]
schedule = "0 * * * *"
zone = "Europe/London"
[[step]]
id = "post"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: "an hour has passed" }'
"#;

/// Lets this work stop, as it does where the disk fails for days.
async fn stops(scene: &Patterns, task: Task) -> (String, Value) {
    let rooms = scene.house.rooms();
    let now_ms = rooms.clock.now_ms();
    let (mut batch, fault) = (Batch::new(), Fault::operator("store", "the disk failed".to_owned()));
    let letter = DeadLetter::of(&Work::new(LANE, task, now_ms), &fault, None, now_ms);
    rooms.queue.bury(&mut batch, &letter);
    rooms.store.commit(batch).await.unwrap();
    scene.letter().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_given_up_does_not_stop_the_clock() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[BY_THE_CLOCK]).await;
    let queued = scene.house.rooms().queue.waiting(9).unwrap();
    let work = queued.iter().find(|work| work.task.subject() == "hourly").unwrap().clone();
    let mut batch = Batch::new();
    jackfield::queue::Queue::withdraw(&mut batch, &work);
    scene.house.rooms().store.commit(batch).await.unwrap();
    let (id, shown) = stops(&scene, work.task).await;
    assert_eq!(shown["what"], "to start the flow `hourly` by the clock");
    assert!(advice(&shown, "jackfield dead-letter retry").contains("start it again"), "{shown:#}");
    assert_eq!(advice(&shown, "jackfield flow show hourly"), "see the flow");
    scene.house.does(&["dead-letter", "discard", &id]).await;
    clock.advance(HOUR + HOUR);
    until("the clock goes on", || scene.twin.done("mail", "message.send").len() == 1).await;
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_step_is_shown_in_words() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[BY_THE_CLOCK, PATIENT]).await;
    win(&scene, "1").await;
    scene.settle().await;
    let run = scene.house.told(&["run", "list"]).await[0]["id"].as_str().unwrap().to_owned();
    let (burst, key) = ("hourly".to_owned(), "k".to_owned());
    for (task, what, retry, see) in [
        (
            Task::Wake { run: run.clone() },
            "to have the run `",
            "it is kept",
            format!("jackfield run show {run}"),
        ),
        (
            Task::Burst { flow: burst, key },
            "to start the flow `hourly` at the end",
            "with the last event",
            "jackfield flow show hourly".to_owned(),
        ),
    ] {
        let (id, shown) = stops(&scene, task).await;
        assert!(shown["what"].as_str().unwrap().starts_with(what), "{shown:#}");
        assert!(advice(&shown, "jackfield dead-letter retry").contains(retry), "{shown:#}");
        assert!(advice(&shown, &see).starts_with("see the whole") || see.contains("flow"));
        let printed = scene.house.does(&["dead-letter", "show", &id]).await;
        assert!(printed.contains(what), "{printed}");
        for verb in ["happened", "edit"] {
            let input = scene.house.file("input.json", "{}");
            let more: &[&str] = if verb == "edit" { &["--input", &input] } else { &[] };
            let (code, _, err) =
                scene.house.types(&[&["dead-letter", verb, &id], more].concat()).await;
            assert_eq!(code, 1);
            assert!(err.contains("is no step") || err.contains("is not edited"), "{err}");
        }
        scene.house.does(&["dead-letter", "discard", &id]).await;
    }
}

/// Three deals in a moment are one run.
const CALM: &str = r#"
name = "calm"
[on]
connection = "crm"
event = "deal.won"
[runs]
debounce = "1m"
[[step]]
id = "post"
connection = "mail"
action = "message.send"
input = '{ to: "ops@milllane.example", text: .event.record.title }'
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_is_given_up_does_not_swallow_the_next() {
    let clock = VirtualClock::at(SystemClock.now_ms());
    let scene = business(&clock, &[CALM]).await;
    win(&scene, "1").await;
    scene.settle().await;
    let queued = scene.house.rooms().queue.waiting(9).unwrap();
    let work = queued.iter().find(|work| work.task.subject() == "calm").unwrap().clone();
    let mut batch = Batch::new();
    jackfield::queue::Queue::withdraw(&mut batch, &work);
    scene.house.rooms().store.commit(batch).await.unwrap();
    let (id, _) = stops(&scene, work.task).await;
    scene.house.does(&["dead-letter", "discard", &id]).await;
    win(&scene, "2").await;
    scene.settle().await;
    clock.advance(HOUR);
    until("the next one starts", || scene.twin.done("mail", "message.send").len() == 1).await;
    assert_eq!(scene.twin.done("mail", "message.send")[0]["text"], "Deal 2");
    scene.strike().await;
}
