//! The host is killed again and again in a flow that has every word of the language, and the story
//! ends as if nothing had been.

use jackfield::audit::{Filter, list};
use serde_json::{Value, json};
use tokio::task::yield_now;

use super::{DAY, HOUR, ON_HAND, Story, deal, flow, id, invoice, says, says_on_error, step};

/// A flow with each kind of step.
fn everything() -> String {
    let on = super::ON_DEAL.to_owned() + "when = '.record.title != \"Spoon\"'\n";
    let runs = "[runs]\nkey = '.record.id'\nat_once = 1\n";
    let each = says("each", "\"\\(.index): \\(.item)\"")
        + "for_each = '.event.record.title | split(\" \")'\n";
    let bill = "connection = \"books\"\naction = \"invoice.create\"\n\
                input = '{ contact: \"c-1\", reference: .event.record.title, lines: [] }'";
    let project = "connection = \"projects\"\naction = \"project.create\"\n\
                   input = '{ name: .event.record.title, reference: .event.record.id }'";
    let task = "connection = \"projects\"\naction = \"task.create\"\n\
                input = '{ title: .event.record.title, project: .steps.project.id }'";
    let nap = "sleep = \"1d\"\ncancel_on = { connection = \"books\", event = \"invoice.paid\", \
               where = '.record.id == \"none\"' }";
    let wait = "wait_for = { connection = \"books\", event = \"invoice.paid\", \
                where = '.record.id == $run.event.record.id' }\ntimeout = \"30d\"";
    let sub = "flow = \"sub\"\ninput = '{ title: .event.record.title }'";
    let fails = says("fails", "(null)") + "after_error = \"go-on\"\n";
    let branch = says_on_error("branch", "\"failed: \\(.errors.fails.code)\"");
    let text = "\"\\(.steps.sure.note), \\(.steps.paid.record.id), \\(.steps.sub.steps.set)\"";
    let steps = [
        each,
        step("bill", bill),
        step("project", project),
        step("task", task),
        step("nap", nap),
        step("sure", "approve = '\"Sure?\"'"),
        step("paid", wait),
        step("sub", sub),
        fails,
        branch,
        says("last", text),
    ];
    flow("everything", &[&on, runs, &steps.concat()])
}

fn sub() -> String {
    let set = step("set", "set = '.event.record.title + \"!\"'");
    flow("sub", &[ON_HAND, &set, &says("sub", ".steps.set")])
}

/// The flow that begins when the other has ended.
fn after() -> String {
    let on = "[on]\nflow = \"everything\"\n";
    flow("after", &[on, &says("after", "\"after: \\(.event.record.steps.sub.steps.set)\"")])
}

/// Goes on with the story from wherever it stands, up to its end: who plays it does what a person
/// and the systems would, once, and does not know that the host was killed.
async fn play(story: &Story, part: &str) {
    let delivery = format!("{part} won");
    let mut record = deal(part);
    record["id"] = part.into();
    story.tell_again("crm", "deal.won", &delivery, &record).await;
    loop {
        story.settle().await;
        let listed = story.house.told(&["run", "list", "--state", "waiting"]).await;
        let Some(run) = listed.as_array().unwrap().first() else { return };
        match run["waiting"]["for"].as_str().unwrap() {
            "time" => story.clock.advance(6 * HOUR),
            "person" => {
                // Somebody who is told that it asks nobody has been heard already.
                story.house.types(&["run", "approve", id(run), "--note", "yes"]).await;
            }
            "event" => {
                let paid = format!("{part} paid");
                story.tell_again("books", "invoice.paid", &paid, &invoice(part)).await;
            }
            other => panic!("nothing happens while it waits for {other}"),
        }
    }
}

/// What is left in the end: what was done, and how the runs stand.
fn end_of(story: &Story, part: &str) -> Value {
    assert_eq!(story.house.dead_letters(), 0);
    let mut ends = Vec::new();
    for name in ["everything", "sub", "after"] {
        let mut runs = story.house.rooms().flows.runs_of(1000, Some(name), None).unwrap();
        runs.retain(|run| run.event.to_string().contains(&format!("\"{part}\"")));
        for run in runs {
            let steps: Vec<&String> = run.steps.keys().collect();
            ends.push(json!([name, run.state, steps]));
        }
    }
    let mut effects = Vec::new();
    for effect in story.twin.effects() {
        let mut input = effect.input.to_string();
        for (word, letter) in part.split(' ').zip(["P", "Q"]) {
            input = input.replace(word, letter);
        }
        effects.push(format!("{} {} {input}", effect.account, effect.action));
    }
    json!({ "effects": effects, "runs": ends })
}

/// How many lines the trail has: each commit that matters writes one or more.
fn lines(story: &Story) -> u64 {
    let rooms = story.house.rooms();
    list(&rooms.store, &Filter::default(), 1).unwrap()[0].sequence
}

/// Plays a part, and kills the host as soon as the trail is so many lines longer. Whether it was.
async fn is_killed_after(story: &mut Story, part: &str, more: u64) -> bool {
    let upto = lines(story) + more;
    let was_reached = async {
        while lines(story) < upto {
            yield_now().await;
        }
    };
    let killed = tokio::select! {
        () = play(story, part) => false,
        () = was_reached => true,
    };
    if killed {
        story.house.kill();
        story.house.start().await;
    }
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_with_every_word_ends_the_same_wherever_the_host_is_killed() {
    let mut story = Story::begin(&[&sub(), &everything(), &after()]).await;
    play(&story, "p0 q0").await;
    let wanted = end_of(&story, "p0 q0");
    let mut after = 1;
    loop {
        story.twin.begin_anew();
        let part = format!("p{after} q{after}");
        let killed = is_killed_after(&mut story, &part, after).await;
        play(&story, &part).await;
        let found = end_of(&story, &part);
        assert_eq!(found, wanted, "killed after {after} lines");
        if !killed {
            break;
        }
        after += 1;
    }
    assert!(after > 40, "the story has more commits than {after}");
    story.passes(DAY).await;
    story.ends().await;
}
