//! `jackfield run …`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{
    Common, Voice,
    client::escaped,
    voice::{items, text, time},
};

/// How far a run has come.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum State {
    /// A step is queued.
    Running,
    /// It waits for a time, an event, a person or another run.
    Waiting,
    /// It waits for its turn, or for its flow to be resumed.
    Held,
    /// Every step is settled.
    Done,
    /// It ended before its last step.
    Cancelled,
    /// A dead letter of it waits for a person.
    Dead,
}

#[derive(Debug, Subcommand)]
pub(super) enum Run {
    /// List the newest runs.
    List {
        /// How many, the newest first.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
        /// Of this flow only.
        #[arg(long, value_name = "NAME")]
        flow: Option<String>,
        /// In this state only.
        #[arg(long, value_name = "STATE")]
        state: Option<State>,
    },
    /// Show one, with its steps and effects.
    Show {
        /// Its id.
        id: String,
    },
    /// Say yes to a run that asks.
    Approve {
        /// Its id.
        id: String,
        /// What later steps find as `.steps.ID.note`.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Say no to a run that asks: it ends, unless its flow says otherwise.
    Reject {
        /// Its id.
        id: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// End a run before its last step. What it has done is not undone.
    Cancel {
        /// Its id.
        id: String,
        /// Why, for those who read of it.
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
}

impl Run {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::List { limit, flow, state } => {
                let mut path = format!("/v1/runs?limit={limit}");
                if let Some(flow) = flow {
                    path.push_str(&format!("&flow={}", escaped(&flow)));
                }
                if let Some(state) = state.and_then(|state| state.to_possible_value()) {
                    path.push_str(&format!("&state={}", state.get_name()));
                }
                voice.data(&client.get(&path).await?, list);
            }
            Self::Show { id } => {
                let told = client.get(&format!("/v1/runs/{}", escaped(&id))).await?;
                voice.data(&told, |voice, told| voice.line(&format!("{told:#}")));
            }
            Self::Approve { id, note } => {
                let said = json!({ "approved": true, "note": note });
                let told = client.post(&format!("/v1/runs/{}/answer", escaped(&id)), &said).await?;
                voice.data(&told, |voice, _| voice.line(&format!("{id} goes on")));
            }
            Self::Reject { id, note } => {
                let said = json!({ "approved": false, "note": note });
                let told = client.post(&format!("/v1/runs/{}/answer", escaped(&id)), &said).await?;
                voice.data(&told, |voice, _| voice.line(&format!("{id} was told no")));
            }
            Self::Cancel { id, why } => {
                let why = json!({ "why": why });
                let told = client.post(&format!("/v1/runs/{}/cancel", escaped(&id)), &why).await?;
                voice.data(&told, |voice, _| {
                    voice.line(&format!("{id} ends; a step that is under way ends first"));
                });
            }
        }
        Ok(())
    }
}

fn list(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let at = time(&one["started_at_ms"]);
        let steps = text(&one["steps_settled"]);
        vec![text(&one["id"]), at, text(&one["flow"]), text(&one["state"]), steps, about(one)]
    });
    voice.table(&["ID", "STARTED", "FLOW", "STATE", "STEPS", "ABOUT"], &rows.collect::<Vec<_>>());
}

/// For what a run waits, or why it was cancelled.
fn about(run: &Value) -> String {
    let waiting = &run["waiting"];
    match waiting["for"].as_str() {
        Some("person") => format!("asks: {}", text(&waiting["ask"])),
        Some("event") => {
            let until = time(&waiting["until_ms"]);
            format!("{} of {} until {until}", text(&waiting["event"]), text(&waiting["connection"]))
        }
        Some("run") => format!("the run {}", text(&waiting["run"])),
        Some(_) => format!("until {}", time(&waiting["until_ms"])),
        None => run["why"].as_str().unwrap_or_default().to_owned(),
    }
}
