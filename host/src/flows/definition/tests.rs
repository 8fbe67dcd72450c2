//! Flow files: what is read of them, and what is told of slips.

use super::*;

const HEAD: &str = "name = \"a\"\n[on]\nmanual = true\n";

/// What is told of a file, a line each.
fn told(text: &str) -> Vec<String> {
    match Flow::parse(text, "a.toml") {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(|line| line.trim().to_owned()).collect(),
    }
}

fn with_step(step: &str) -> String {
    format!("{HEAD}[[step]]\nid = \"one\"\n{step}\n")
}

#[test]
fn every_kind_of_step_is_read() {
    let text = r#"
name = "all"
description = "one of each"

[on]
connection = "crm"
event = "deal.won"
when = '.record.value'

[runs]
key = '.record.id'
at_once = 2
debounce = "30s"
throttle = { runs = 10, per = "1m" }

[[step]]
id = "contact"
for_each = '.event.record.people'
at_most = 5
connection = "books"
action = "contact.upsert"
input = '.item'

[[step.on_error]]
id = "tell"
connection = "chat"
action = "message.send"
input = '{ text: .errors.contact.message }'

[[step]]
id = "nap"
sleep = "7d"
cancel_on = { connection = "books", event = "invoice.paid", where = '.record.id == $run.id' }

[[step]]
id = "morning"
until = '"2026-03-01T08:00:00Z"'

[[step]]
id = "paid"
wait_for = { connection = "books", event = "invoice.paid" }
timeout = "30d"
on_timeout = "go-on"

[[step]]
id = "sure"
approve = '"really?"'
on_reject = "go-on"

[[step]]
id = "welcome"
flow = "welcome"
input = '{}'

[[step]]
id = "sum"
set = '1 + 1'
after_error = "go-on"
"#;
    let flow = Flow::parse(text, "all.toml").unwrap();
    let words: Vec<&str> = flow.steps.iter().map(Step::word).collect();
    assert_eq!(words, ["action", "sleep", "until", "wait_for", "approve", "flow", "set"]);
    assert_eq!(flow.runs.debounce_ms, Some(30_000));
    assert_eq!(flow.runs.throttle, Some(Throttle { runs: 10, per_ms: 60_000 }));
    assert_eq!(flow.steps[0].after_error, Some(AfterError::End));
    assert_eq!(flow.steps[6].after_error, Some(AfterError::GoOn));
    assert_eq!(flow.all_steps().len(), 8);
    let connections: Vec<&str> = flow.connections().collect();
    assert_eq!(connections, ["crm", "books", "chat", "books", "books"]);
}

#[test]
fn a_word_that_is_not_known_is_told_with_its_place_and_what_was_meant() {
    assert_eq!(
        told(&with_step("actoin = \"contact.upsert\"")),
        ["a.toml:6:1: the word `actoin` is not known here", "hint: did you mean `action`?"]
    );
}

#[test]
fn a_step_does_one_thing() {
    let nothing = told(&with_step(""));
    assert!(nothing[0].contains("the step `one` does nothing"), "{nothing:?}");
    let two = told(&with_step("sleep = \"1d\"\nset = '1'"));
    assert_eq!(
        two,
        [
            "a.toml:5:6: the step `one` does several things: `sleep`, `set`",
            "hint: make a step of each"
        ]
    );
}

#[test]
fn words_stand_where_they_belong() {
    assert_eq!(
        told(&with_step("set = '1'\ntimeout = \"1d\"")),
        [
            "a.toml:7:11: `timeout` belongs to `wait_for` and `approve`",
            "hint: take it out, or make it a step of its own"
        ]
    );
    let sleeping = told(&with_step("sleep = \"1d\"\nfor_each = '[]'"));
    assert!(sleeping[0].contains("`for_each` belongs to"), "{sleeping:?}");
}

#[test]
fn what_waits_must_have_an_end() {
    let endless = told(&with_step("wait_for = { connection = \"a\", event = \"b\" }"));
    assert_eq!(
        endless,
        ["a.toml:5:6: the step `one` has no `timeout`", "hint: add `timeout = \"30d\"`"]
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = with_step("sleep = \"soon\"") + "[[step]]\nid = \"one\"\nset = '1'\n";
    let told = told(&text);
    assert_eq!(told[0], "a.toml:6:9: `soon` is no duration");
    assert_eq!(told[2], "a.toml:8:6: there are two steps `one`");
}

#[test]
fn a_flow_says_what_starts_it_and_only_one_thing() {
    let with_on =
        |on: &str| told(&format!("name = \"a\"\n[on]\n{on}\n[[step]]\nid = \"x\"\nset = '1'"));
    for (on, what) in [
        ("", "does not say what starts"),
        ("manual = true\nflow = \"b\"", "names several things"),
        ("event = \"deal.won\"", "but not from where"),
        ("connection = \"crm\"", "but not which"),
        ("schedule = \"0 8 * * *\"", "in which time zone"),
        ("schedule = \"0 8 * *\"\nzone = \"Europe/London\"", "must have five"),
        ("schedule = \"0 8 * * *\"\nzone = \"Europe/Londn\"", "is no time zone"),
        ("manual = true\nzone = \"UTC\"", "`zone` belongs to `schedule`"),
    ] {
        let told = with_on(on);
        assert!(told.first().is_some_and(|line| line.contains(what)), "{on}: {told:?}");
    }
    let told = with_on("schedule = \"0 8 * * *\"\nzone = \"Europe/Londn\"");
    assert_eq!(told[1], "hint: did you mean `Europe/London`?");
}

#[test]
fn every_example_of_the_guide_is_a_flow() {
    let guide = include_str!("../../../../sdk/FLOWS.md");
    let examples: Vec<&str> =
        guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4, "the guide has lost its examples");
    for example in examples {
        Flow::parse(example, "FLOWS.md").unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_flow_or_has_mistakes(text in ".{0,400}") {
        let _ = Flow::parse(&text, "any.toml");
    }
}
