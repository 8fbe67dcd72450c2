//! What a person can do about a letter: exact commands, the likeliest first.

use crate::{
    fault::Blame,
    flows::{Halted, Stuck, UNDECIDED, WaitsFor},
    queue::{DeadLetter, Group, Task},
};

/// Commands, and when each is the right one.
type Next = Vec<(String, String)>;

/// What can be done about a letter.
pub(super) fn of(
    letter: &DeadLetter,
    group: &Group,
    stuck: Option<&Stuck>,
    halted: Option<&Halted>,
) -> Next {
    let (id, connection) = (&letter.id, &letter.connection);
    let unknown = letter.code == UNDECIDED || stuck.is_some_and(|stuck| stuck.unknown);
    let mut next = Vec::new();
    if letter.code == "unauthorized" || letter.code == "forbidden" {
        let command = format!("jackfield connection test {connection}");
        add(&mut next, command, "see whether it may act");
        let command = format!("jackfield connection set {connection} --secret NAME=@FILE");
        add(&mut next, command, "set its secret anew");
    }
    if letter.blame == Blame::Guest {
        let command = "jackfield connector upgrade FILE".to_owned();
        add(&mut next, command, "put a mended connector in its place");
    }
    match (stuck, halted) {
        (Some(stuck), _) if unknown => of_unknown(&mut next, letter, stuck),
        (Some(stuck), _) => of_stuck(&mut next, id, stuck),
        (None, Some(halted)) => of_halted(&mut next, id, halted),
        (None, None) => of_other(&mut next, letter),
    }
    if group.count > 1 {
        let (cause, count) = (&group.id, group.count);
        let decided = if letter.code == UNDECIDED { " --yes" } else { "" };
        let command = format!("jackfield dead-letter retry --cause {cause}{decided}");
        add(&mut next, command, &format!("the same for all {count} of this cause"));
    }
    let give_up = format!("jackfield dead-letter discard {id}");
    let what = match &letter.task {
        Task::Step { .. } => "give it up: the run ends here, as cancelled",
        Task::Parse { .. } => "give it up: nothing comes of the webhook",
        Task::Wake { .. } => "give it up: the run waits on for what else may come",
        Task::Tick { .. } | Task::Start { .. } => {
            "leave this time out: the flow starts at the next"
        }
        Task::Burst { .. } => "give it up: nothing comes of these events",
    };
    add(&mut next, give_up, what);
    see(&mut next, letter);
    next
}

/// What can be done about a letter of a run that has ended meanwhile.
pub(super) fn of_ended(letter: &DeadLetter) -> Next {
    let mut next = Vec::new();
    let command = format!("jackfield dead-letter discard {}", letter.id);
    add(&mut next, command, "take it off the desk: its run has ended, so nothing is left to do");
    see(&mut next, letter);
    next
}

/// Nobody knows whether it happened: what is true decides, and a person finds that out.
fn of_unknown(next: &mut Next, letter: &DeadLetter, stuck: &Stuck) {
    let (id, at) = (&letter.id, &stuck.connection);
    let happened = format!("jackfield dead-letter happened {id}");
    if stuck.readers.is_empty() {
        add(next, happened, &format!("it did happen at `{at}`: go on with the next step"));
    } else {
        let readers = stuck.readers.join("`, `");
        let what = format!(
            "it did happen at `{at}`: go on; FILE has what it answered, as JSON, which `{readers}` \
             will read"
        );
        add(next, format!("{happened} --output FILE"), &what);
    }
    let what = match letter.code == UNDECIDED {
        true => "it did not happen: try it again",
        // Its manifest says that a second one is known for the first.
        false => "whether it happened or not: this action can be sent again, and is done once",
    };
    add(next, format!("jackfield dead-letter retry {id}"), what);
}

/// An action that surely did not happen.
fn of_stuck(next: &mut Next, id: &str, stuck: &Stuck) {
    let edit = format!("jackfield dead-letter edit {id}");
    if stuck.broken.is_empty() && stuck.input.is_some() {
        add(next, edit, "change what is sent");
    } else {
        add(next, edit, "mend what is sent");
        of_flow(next, &stuck.flow);
    }
    add(next, format!("jackfield dead-letter retry {id}"), "try it again, once that is mended");
}

/// A step that does no action.
fn of_halted(next: &mut Next, id: &str, halted: &Halted) {
    let waiting = halted.waiting.as_ref().map(|waiting| &waiting.what);
    let again = match (halted.does, waiting) {
        ("flow", Some(WaitsFor::Run { run })) => {
            add(next, format!("jackfield run show {run}"), "see why the run that it started ended");
            "start that flow once more, and wait for its end"
        }
        ("wait_for", Some(_)) => "wait once more, for as long as the flow says",
        ("approve", Some(_)) => "ask once more, and wait for as long as the flow says",
        ("sleep" | "until", Some(_)) => "wait once more",
        _ => {
            of_flow(next, &halted.flow);
            "try it again, once what it looks up is there"
        }
    };
    add(next, format!("jackfield dead-letter retry {id}"), again);
}

/// What is no step, or cannot be read.
fn of_other(next: &mut Next, letter: &DeadLetter) {
    let what = match &letter.task {
        Task::Step { .. } | Task::Parse { .. } => "try it again, once that is mended",
        Task::Wake { .. } => "have the run hear it now: it is kept",
        Task::Tick { .. } => "have the clock start it again",
        Task::Start { .. } => "start it now, for the time that has passed",
        Task::Burst { .. } => "start it with the last event that came",
    };
    add(next, format!("jackfield dead-letter retry {}", letter.id), what);
}

fn of_flow(next: &mut Next, flow: &str) {
    let what = "mend the flow, for what begins from now on";
    add(next, format!("jackfield flow apply {flow}.toml"), what);
}

/// Where there is more to see.
fn see(next: &mut Next, letter: &DeadLetter) {
    let (command, what) = match &letter.task {
        Task::Parse { delivery, .. } => {
            (format!("jackfield delivery show {delivery}"), "see the whole webhook")
        }
        Task::Step { run } | Task::Wake { run } => {
            (format!("jackfield run show {run}"), "see the whole run")
        }
        Task::Tick { flow, .. } | Task::Start { flow, .. } | Task::Burst { flow, .. } => {
            (format!("jackfield flow show {flow}"), "see the flow")
        }
    };
    add(next, command, what);
}

fn add(next: &mut Next, command: String, what: &str) {
    next.push((command, what.to_owned()));
}
