//! `jackfield dead-letter …`: what stopped, and what to do about it.

mod shown;

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Common, Voice,
    client::{Client, escaped},
    file::{edited, read_text},
    voice::{items, text},
};
use crate::queue::is_cause;
use shown::{groups, letters, show};

const EXAMPLES: &str = "\
Examples:
  jackfield dead-letter list                      what waits, by its cause
  jackfield dead-letter show 3f9a01c2             what is wrong, and what can be done about it
  jackfield dead-letter edit ID                   change the input of a step, in $EDITOR
  jackfield dead-letter happened ID --output -    it did happen: the run goes on
  jackfield dead-letter retry --cause 3f9a01c2    have all of one cause tried again
  jackfield dead-letter discard --cause 3f9a01c2 --yes";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum DeadLetter {
    /// List what waits for a person: by its cause, or one by one.
    #[command(after_help = EXAMPLES)]
    List {
        /// One by one.
        #[arg(long)]
        all: bool,
        /// Of this connection only.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// How many, the newest first.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Show one, or the newest of a cause: what is wrong, and what can be done about it.
    Show {
        /// Its id, or a cause.
        id: String,
    },
    /// Change the input of a step that stopped. It is held against the action's schema and kept
    /// beside the original; then retry.
    Edit {
        /// Its id, or a cause: the newest one of it.
        id: String,
        /// The new input as JSON: a file, or - for standard input [default: $EDITOR].
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
    },
    /// Say that an action of which nobody knows did happen: its run goes on with the next step.
    /// Look at the system first.
    Happened {
        /// The id of the dead letter.
        id: String,
        /// What the action answered, as JSON, for later steps: a file, or - for standard input.
        /// It is held against the action's schema [default: null].
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Put work back into the queue. If its outcome is not known, this says that it did not
    /// happen: look at the system first.
    #[command(after_help = EXAMPLES)]
    Retry(Those),
    /// Give work up for good.
    #[command(after_help = EXAMPLES)]
    Discard(Those),
}

/// One, or many alike.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["id", "cause", "all"]))]
pub(super) struct Those {
    /// The id of one, or a cause.
    id: Option<String>,
    /// All of one cause.
    #[arg(long, value_name = "CAUSE")]
    cause: Option<String>,
    /// All there are.
    #[arg(long)]
    all: bool,
    /// Yes: many are discarded, or tried again although nobody knows whether they happened.
    #[arg(long)]
    yes: bool,
}

impl DeadLetter {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::List { all, connection, limit } => {
                let mut path = format!("/v1/dead-letters?limit={limit}&all={all}");
                if let Some(connection) = connection {
                    path.push_str(&format!("&connection={}", escaped(&connection)));
                }
                voice.data(&client.get(&path).await?, if all { letters } else { groups });
            }
            Self::Show { id } => voice.data(&client.get(&path(&id)).await?, show),
            Self::Edit { id, input } => {
                let input = match input {
                    Some(file) => text_of(&file)?,
                    None => typed(&client, &id).await?,
                };
                let input: Value = serde_json::from_str(&input).context("the input is not JSON")?;
                let path = format!("{}/edit", path(&id));
                let told = client.post(&path, &json!({ "input": input })).await?;
                voice.data(&told, |voice, told| {
                    let id = text(&told["id"]);
                    voice.line(&format!(
                        "{id} has another input now; next: jackfield dead-letter retry {id}"
                    ));
                });
            }
            Self::Happened { id, output } => happened(&client, voice, &id, output).await?,
            Self::Retry(those) => those.run(&client, voice, "retry").await?,
            Self::Discard(those) => those.run(&client, voice, "discard").await?,
        }
        Ok(())
    }
}

fn path(id: &str) -> String {
    format!("/v1/dead-letters/{}", escaped(id))
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    if file != Path::new("-") {
        return read_text(file);
    }
    let mut given = String::new();
    io::stdin().lock().read_to_string(&mut given).context("standard input cannot be read")?;
    Ok(given)
}

async fn happened(
    client: &Client,
    voice: &mut Voice,
    id: &str,
    output: Option<PathBuf>,
) -> anyhow::Result<()> {
    let output = output.map(|file| text_of(&file)).transpose()?;
    let output = output.map(|output| serde_json::from_str::<Value>(&output));
    let output = output.transpose().context("the output is not JSON")?;
    let told = client.post(&format!("{}/happened", path(id)), &json!({ "output": output })).await?;
    voice.data(&told, |voice, told| {
        voice.line(&format!("{id} happened; its run goes on"));
        let readers: Vec<_> = items(&told["readers_without_output"]).iter().map(text).collect();
        if !readers.is_empty() {
            voice.line(&format!(
                "hint: its output is null, and `{}` will read it: where that is not enough, the run \
                 stops there, and `jackfield dead-letter edit` gives what is missing",
                readers.join("`, `")
            ));
        }
    });
    Ok(())
}

/// The input as a person leaves it in their editor.
async fn typed(client: &Client, id: &str) -> anyhow::Result<String> {
    let shown = client.get(&path(id)).await?;
    let before = match &shown["stuck"]["input"] {
        Value::Null => "{}".to_owned(),
        input => format!("{input:#}"),
    };
    edited("input.json", &before)
}

impl Those {
    async fn run(self, client: &Client, voice: &mut Voice, verb: &str) -> anyhow::Result<()> {
        let cause = self.cause.or(self.id.clone().filter(|id| is_cause(id)));
        if let (Some(id), None) = (&self.id, &cause) {
            let told = client.post(&format!("{}/{verb}", path(id)), &Value::Null).await?;
            voice.data(&told, |voice, _| match verb {
                "retry" => voice.line(&format!("{id} is back in the queue")),
                _ => voice.line(&format!("{id} is given up; the audit trail keeps that it was")),
            });
            return Ok(());
        }
        let mut wish = json!({ "cause": cause, "decided": self.yes });
        if verb == "discard" && !self.yes {
            let listed = client.get("/v1/dead-letters?limit=1000").await?;
            let meant = items(&listed)
                .iter()
                .filter(|group| cause.as_ref().is_none_or(|cause| text(&group["id"]) == *cause));
            let count: u64 = meant.filter_map(|group| group["count"].as_u64()).sum();
            if count > 1 {
                bail!("{count} dead letters would be given up for good\n  hint: --yes does it");
            }
        }
        let mut sum = Sum::default();
        loop {
            let told = client.post(&format!("/v1/dead-letters/{verb}"), &wish).await?;
            sum.add(&told);
            wish["upto"] = told["upto"].clone();
            if told["after"].is_null() {
                break;
            }
            wish["after"] = told["after"].clone();
            voice.progress(&format!("{} done", sum.done));
        }
        voice.progress("");
        voice.data(&sum.told(), |voice, _| sum.show(voice, verb));
        if sum.failed > 0 {
            bail!("{} of them are still there", sum.failed);
        }
        Ok(())
    }
}

/// What became of all batches.
#[derive(Default)]
struct Sum {
    done: u64,
    left_out: u64,
    failed: u64,
    failures: Vec<Value>,
}

impl Sum {
    fn add(&mut self, told: &Value) {
        self.done += told["done"].as_u64().unwrap_or_default();
        self.left_out += told["left_out"].as_u64().unwrap_or_default();
        self.failed += told["failed"].as_u64().unwrap_or_default();
        self.failures.extend(items(&told["failures"]).iter().cloned());
    }

    fn told(&self) -> Value {
        let Self { done, left_out, failed, failures } = self;
        json!({ "done": done, "left_out": left_out, "failed": failed, "failures": failures })
    }

    fn show(&self, voice: &mut Voice, verb: &str) {
        match verb {
            "retry" => voice.line(&format!("{} are back in the queue", self.done)),
            _ => voice.line(&format!("{} are given up; the audit trail keeps them", self.done)),
        }
        if self.left_out > 0 {
            voice.line(&format!(
                "{} are left, since nobody knows whether they happened: look at the system, then \
                 retry those that did not, with --yes if it is all of them",
                self.left_out
            ));
        }
        for failure in &self.failures {
            voice.line(&format!("{}: {}", text(&failure[0]), text(&failure[1])));
        }
    }
}
