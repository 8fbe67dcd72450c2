//! The file as TOML has it, before anybody asks whether its words belong together.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::Text;

/// A flow: when this happens, do these steps.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Flow")]
pub(super) struct RawFlow {
    /// Its name: the same name applied again replaces it.
    #[schemars(with = "String")]
    pub(super) name: Text,
    /// What it is for, in a line.
    pub(super) description: Option<String>,
    /// What starts it.
    #[schemars(with = "RawOn")]
    pub(super) on: Spanned<RawOn>,
    /// How its runs get along with each other.
    pub(super) runs: Option<RawRuns>,
    /// What it does, in order.
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<RawStep>,
}

/// What starts a flow: an event of a connection, a schedule, a person, or the end of another flow.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "On")]
pub(super) struct RawOn {
    /// The connection from which the event comes.
    #[schemars(with = "Option<String>")]
    pub(super) connection: Option<Text>,
    /// The kind of the event, such as `deal.won`.
    #[schemars(with = "Option<String>")]
    pub(super) event: Option<Text>,
    /// An expression on the event: anything but `false` and `null` lets it through.
    #[schemars(with = "Option<String>")]
    pub(super) when: Option<Text>,
    /// Whether what the host itself wrote at the system starts it too.
    #[schemars(with = "Option<bool>")]
    pub(super) echoes: Option<Spanned<bool>>,
    /// When the clock starts it, as cron writes it: `0 8 * * 1-5`.
    #[schemars(with = "Option<String>")]
    pub(super) schedule: Option<Text>,
    /// The time zone of the schedule, such as `Europe/London`.
    #[schemars(with = "Option<String>")]
    pub(super) zone: Option<Text>,
    /// A person, or a step of another flow.
    #[schemars(with = "Option<bool>")]
    pub(super) manual: Option<Spanned<bool>>,
    /// The other flow whose end starts it.
    #[schemars(with = "Option<String>")]
    pub(super) flow: Option<Text>,
    /// How that run must have ended: `done` or `cancelled`.
    #[schemars(with = "Option<String>")]
    pub(super) ended: Option<Text>,
}

/// How the runs of a flow get along with each other.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Runs")]
pub(super) struct RawRuns {
    /// An expression on the event: runs with the same value belong together.
    #[schemars(with = "Option<String>")]
    pub(super) key: Option<Text>,
    /// So many of those that belong together at a time; the others wait, in order.
    #[schemars(with = "Option<i64>")]
    pub(super) at_once: Option<Spanned<i64>>,
    /// A run starts once no further event has come for so long, such as `30s`.
    #[schemars(with = "Option<String>")]
    pub(super) debounce: Option<Text>,
    /// No more starts than this; what is over waits.
    pub(super) throttle: Option<RawThrottle>,
}

/// So many starts in so long a time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Throttle")]
pub(super) struct RawThrottle {
    /// How many.
    #[schemars(with = "i64")]
    pub(super) runs: Spanned<i64>,
    /// In how long, such as `1m`.
    #[schemars(with = "String")]
    pub(super) per: Text,
}

/// One step. It does one thing: `action`, `sleep`, `until`, `wait_for`, `approve`, `flow` or `set`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(super) struct RawStep {
    /// Its name, under which later steps find its output: `.steps.ID`.
    #[schemars(with = "String")]
    pub(super) id: Text,
    /// An expression: unless it holds, the step is skipped and its output is `null`.
    #[schemars(with = "Option<String>")]
    pub(super) when: Option<Text>,
    /// An expression that gives an array: the step is done once for each item.
    #[schemars(with = "Option<String>")]
    pub(super) for_each: Option<Text>,
    /// More items than this are a mistake.
    #[schemars(with = "Option<i64>")]
    pub(super) at_most: Option<Spanned<i64>>,
    /// The connection that acts.
    #[schemars(with = "Option<String>")]
    pub(super) connection: Option<Text>,
    /// What it does there.
    #[schemars(with = "Option<String>")]
    pub(super) action: Option<Text>,
    /// An expression that makes the input of the action, or of the other flow's run.
    #[schemars(with = "Option<String>")]
    pub(super) input: Option<Text>,
    /// Waits for so long, such as `2d`.
    #[schemars(with = "Option<String>")]
    pub(super) sleep: Option<Text>,
    /// Waits until a time that an expression gives.
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Text>,
    /// Waits for an event.
    #[schemars(with = "Option<RawAwaited>")]
    pub(super) wait_for: Option<Spanned<RawAwaited>>,
    /// Waits for a person: an expression that gives what they are asked.
    #[schemars(with = "Option<String>")]
    pub(super) approve: Option<Text>,
    /// A run of another flow, and its end.
    #[schemars(with = "Option<String>")]
    pub(super) flow: Option<Text>,
    /// The value of an expression.
    #[schemars(with = "Option<String>")]
    pub(super) set: Option<Text>,
    /// For how long it waits, such as `3d`.
    #[schemars(with = "Option<String>")]
    pub(super) timeout: Option<Text>,
    /// What then: `fail`, `go-on` or `end`.
    #[schemars(with = "Option<String>")]
    pub(super) on_timeout: Option<Text>,
    /// What happens when the person says no.
    #[schemars(with = "Option<String>")]
    pub(super) on_reject: Option<Text>,
    /// What ends the run while the step waits.
    #[schemars(with = "Option<RawAwaited>")]
    pub(super) cancel_on: Option<Spanned<RawAwaited>>,
    /// How the run goes on when the step has failed for good.
    #[schemars(with = "Option<String>")]
    pub(super) after_error: Option<Text>,
    /// What is done when it has failed for good.
    #[serde(default)]
    pub(super) on_error: Vec<RawStep>,
}

/// An event for which a run waits.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Awaited")]
pub(super) struct RawAwaited {
    /// The connection from which it comes.
    #[schemars(with = "String")]
    pub(super) connection: Text,
    /// Its kind.
    #[schemars(with = "String")]
    pub(super) event: Text,
    /// An expression on the event, with `$run`: which of them is meant.
    #[serde(rename = "where")]
    #[schemars(with = "Option<String>")]
    pub(super) filter: Option<Text>,
}

/// The JSON Schema of a flow file, under draft 7: the newest that Taplo reads.
pub(super) fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<RawFlow>().into()
}
