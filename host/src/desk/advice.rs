//! What a person can do about a letter: exact commands, the likeliest first.

use super::many::UNKNOWN;
use crate::{
    fault::Blame,
    flows::Stuck,
    queue::{DeadLetter, Group, Task},
};

/// Commands, and what each is for.
pub(super) fn advice(
    letter: &DeadLetter,
    group: &Group,
    stuck: Option<&Stuck>,
) -> Vec<(String, String)> {
    let (id, connection) = (&letter.id, &letter.connection);
    let mut next = Vec::new();
    let mut add = |command: String, what: &str| next.push((command, what.to_owned()));
    let unknown = letter.code == UNKNOWN || stuck.is_some_and(|stuck| stuck.unknown);
    if letter.code == "unauthorized" || letter.code == "forbidden" {
        add(format!("jackfield connection test {connection}"), "see whether it may act");
        add(
            format!("jackfield connection set {connection} --secret NAME=@FILE"),
            "set its secret anew",
        );
    }
    if letter.blame == Blame::Guest {
        add("jackfield connector upgrade FILE".to_owned(), "put a mended connector in its place");
    }
    if !unknown && let Some(stuck) = stuck {
        if stuck.broken.is_empty() && stuck.input.is_some() {
            add(format!("jackfield dead-letter edit {id}"), "change what is sent");
        } else {
            add(format!("jackfield dead-letter edit {id}"), "mend what is sent");
            let flow = &stuck.flow;
            add(
                format!("jackfield flow apply {flow}.toml"),
                "mend the flow, for events that are still to come",
            );
        }
    }
    if unknown {
        add(
            format!("jackfield dead-letter discard {id}"),
            "it did happen: look at the system first",
        );
        add(format!("jackfield dead-letter retry {id}"), "it did not happen: try it again");
    } else {
        add(format!("jackfield dead-letter retry {id}"), "try it again, once that is mended");
    }
    if group.count > 1 {
        let (cause, count) = (&group.id, group.count);
        let decided = if unknown { " --yes" } else { "" };
        add(
            format!("jackfield dead-letter retry --cause {cause}{decided}"),
            &format!("the same for all {count} of this cause"),
        );
    }
    if !unknown {
        add(format!("jackfield dead-letter discard {id}"), "give it up for good");
    }
    match &letter.task {
        Task::Parse { delivery } => {
            add(format!("jackfield delivery show {delivery}"), "see the whole webhook");
        }
        Task::Step { run } | Task::Wake { run } => {
            add(format!("jackfield run show {run}"), "see the whole run");
        }
        Task::Tick { flow, .. } | Task::Start { flow, .. } | Task::Burst { flow, .. } => {
            add(format!("jackfield flow show {flow}"), "see the flow");
        }
    }
    next
}
