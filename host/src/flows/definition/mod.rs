//! A flow as its file says it: `flows/NAME.toml`.
//!
//! Owns the words of the file and what each of them may be. Promises that a [`Flow`] is whole: each
//! step does one thing, every word belongs where it stands, and all that takes time has an end.
//! Whether connections, events and actions exist is not known here: `check` looks.

mod raw;
mod read;
mod steps;

#[cfg(test)]
mod tests;

use toml::Spanned;

use super::{FlowError, schedule::Schedule};

/// The most steps of a flow, those of its error branches included.
pub const STEPS_MAX: usize = 100;
/// The longest flow file, in bytes.
pub const FILE_BYTES_MAX: usize = 256 << 10;
/// The most items of a `for_each` where the flow says nothing.
pub const ITEMS: u32 = 100;
/// The most items that a flow may ask for.
pub const ITEMS_MAX: u32 = 1000;

/// A word of the file, with its place.
pub type Text = Spanned<String>;

/// When this happens, do these steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Its name: the same name applied again replaces it.
    pub name: String,
    /// What it is for, in a line.
    pub description: Option<String>,
    /// What starts it.
    pub on: Trigger,
    /// How its runs get along with each other.
    pub runs: Runs,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// What starts a flow.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// An event of a connection.
    Event(On),
    /// The clock.
    Schedule(Box<Schedule>),
    /// A person, or a step of another flow.
    Manual,
    /// The end of a run of another flow.
    Flow {
        /// The other flow.
        flow: Text,
        /// How its run must have ended.
        ended: Ended,
    },
}

/// An event that starts a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct On {
    /// The connection from which it comes.
    pub connection: Text,
    /// Its kind, such as `deal.won`.
    pub event: Text,
    /// An expression on the event: anything but `false` and `null` lets it through.
    pub when: Option<Text>,
    /// Whether what the host itself wrote at the system starts it too.
    pub echoes: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With its last step.
    Done,
    /// Before: by an event, a person, or a step that ends it.
    Cancelled,
}

/// How the runs of a flow get along with each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs {
    /// An expression on the event: runs with the same value belong together. Without one all runs
    /// of the flow do.
    pub key: Option<Text>,
    /// So many of those that belong together at a time; the others wait, in order.
    pub at_once: Option<u32>,
    /// A run starts once no further event has come for so long; the last event counts.
    pub debounce_ms: Option<u64>,
    /// No more starts than this; what is over waits.
    pub throttle: Option<Throttle>,
}

/// So many starts in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// How many.
    pub runs: u32,
    /// In how long, in milliseconds.
    pub per_ms: u64,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name, under which later steps find its output: `.steps.ID`.
    pub id: Text,
    /// An expression: unless it holds, the step is skipped and its output is `null`.
    pub when: Option<Text>,
    /// Once for each item of a list.
    pub for_each: Option<Each>,
    /// What it does.
    pub kind: Kind,
    /// What ends the run while the step waits.
    pub cancel_on: Option<Awaited>,
    /// What is done when it has failed for good.
    pub on_error: Vec<Step>,
    /// How the run goes on then; none if a dead letter waits for a person.
    pub after_error: Option<AfterError>,
}

/// Once for each item.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    /// An expression that gives an array.
    pub list: Text,
    /// More items than this are a mistake.
    pub at_most: u32,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An action through a connection.
    Act {
        /// The connection that acts.
        connection: Text,
        /// What it does there.
        action: Text,
        /// An expression that makes the action's input.
        input: Text,
    },
    /// Waits for so long, in milliseconds.
    Sleep(u64),
    /// Waits until a time that an expression gives.
    Until(Text),
    /// Waits for an event.
    WaitFor {
        /// Which one.
        event: Awaited,
        /// For how long, in milliseconds.
        timeout_ms: u64,
        /// What then.
        on_timeout: OnTimeout,
    },
    /// Waits for a person.
    Approve {
        /// An expression that gives what the person is asked.
        ask: Text,
        /// For how long, in milliseconds; none is as long as it takes.
        timeout_ms: Option<u64>,
        /// What then.
        on_timeout: OnTimeout,
        /// Whether the run goes on when the person says no.
        go_on_when_rejected: bool,
    },
    /// A run of another flow, and its end.
    Flow {
        /// The flow: a manual one.
        flow: Text,
        /// An expression that makes what that run finds as `.event.record`.
        input: Text,
    },
    /// The value of an expression.
    Set(Text),
}

/// An event for which a run waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Awaited {
    /// The connection from which it comes.
    pub connection: Text,
    /// Its kind.
    pub event: Text,
    /// An expression on the event, with `$run`: which of them is meant.
    pub filter: Option<Text>,
    /// The path on the event, and that on the run, which it says are equal, where it says so.
    pub equality: Option<(String, String)>,
}

/// What happens when something did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout {
    /// The step fails.
    Fail,
    /// The step's output is `null`.
    GoOn,
    /// The run ends.
    End,
}

/// How a run goes on after a step that failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// It ends.
    End,
    /// With the next step.
    GoOn,
}

impl Flow {
    /// The JSON Schema of a flow file, for editors: its words, and what each of them may be.
    pub fn schema() -> serde_json::Value {
        raw::schema()
    }

    /// Reads a flow file. `file` is its name, for the mistakes.
    pub fn parse(text: &str, file: &str) -> Result<Self, FlowError> {
        read::Reader::new(text, file).flow().map_err(FlowError::Mistakes)
    }

    /// Every step, those of error branches after the step to which they belong.
    pub fn all_steps(&self) -> Vec<&Step> {
        fn gather<'a>(steps: &'a [Step], all: &mut Vec<&'a Step>) {
            for step in steps {
                all.push(step);
                gather(&step.on_error, all);
            }
        }
        let mut all = Vec::new();
        gather(&self.steps, &mut all);
        all
    }

    /// A step by its id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.all_steps().into_iter().find(|step| step.id.get_ref() == id)
    }

    /// The connections that it names.
    pub fn connections(&self) -> impl Iterator<Item = &str> {
        let on = match &self.on {
            Trigger::Event(on) => Some(&on.connection),
            _ => None,
        };
        let steps = self.all_steps().into_iter().flat_map(|step| {
            let acts = match &step.kind {
                Kind::Act { connection, .. } => Some(connection),
                _ => None,
            };
            acts.into_iter().chain(step.awaited().map(|awaited| &awaited.connection))
        });
        on.into_iter().chain(steps).map(|text| text.get_ref().as_str())
    }

    /// The flows of which its steps start runs.
    pub fn sub_flows(&self) -> impl Iterator<Item = &Text> {
        self.all_steps().into_iter().filter_map(|step| match &step.kind {
            Kind::Flow { flow, .. } => Some(flow),
            _ => None,
        })
    }
}

impl Step {
    /// The events for which it waits, that which ends the run included.
    pub fn awaited(&self) -> impl Iterator<Item = &Awaited> {
        let event = match &self.kind {
            Kind::WaitFor { event, .. } => Some(event),
            _ => None,
        };
        event.into_iter().chain(&self.cancel_on)
    }

    /// What it does, in a word of the file.
    pub fn word(&self) -> &'static str {
        match &self.kind {
            Kind::Act { .. } => "action",
            Kind::Sleep(_) => "sleep",
            Kind::Until(_) => "until",
            Kind::WaitFor { .. } => "wait_for",
            Kind::Approve { .. } => "approve",
            Kind::Flow { .. } => "flow",
            Kind::Set(_) => "set",
        }
    }

    /// The lane of its work.
    pub fn lane(&self) -> &str {
        match &self.kind {
            Kind::Act { connection, .. } => connection.get_ref(),
            _ => super::LANE,
        }
    }

    /// Whether its failure is noted and leads somewhere, so that no person has to act.
    pub fn gives_way(&self) -> bool {
        self.after_error.is_some()
    }
}
