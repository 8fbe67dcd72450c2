//! `jackfield delivery|audit …`: what happened.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Common, Voice,
    client::escaped,
    file,
    voice::{items, text, time},
};

/// How many are wanted.
#[derive(Debug, Args)]
pub(super) struct Newest {
    /// How many, the newest first.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

#[derive(Debug, Subcommand)]
pub(super) enum Delivery {
    /// List the newest deliveries.
    List(Newest),
    /// Show one, with its body.
    Show {
        /// Its id.
        id: String,
        /// Write it, and all that the call saw which parsed it last, without secrets: for
        /// `jackfield connector test --bundle`.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
        /// Of a delivery that is for several accounts, the part for this one.
        #[arg(long, value_name = "ID", requires = "bundle")]
        tenant: Option<String>,
    },
    /// Have it parsed again. Events that were seen before start nothing.
    Replay {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// List the newest lines.
    List {
        #[command(flatten)]
        newest: Newest,
        /// Of this connection only.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// Of this delivery, run or connector only.
        #[arg(long, value_name = "ID")]
        subject: Option<String>,
    },
    /// Prove that no line was changed, removed or moved.
    Verify,
}

impl Delivery {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::List(Newest { limit }) => {
                let told = client.get(&format!("/v1/deliveries?limit={limit}")).await?;
                voice.data(&told, deliveries);
            }
            Self::Show { id, bundle: Some(bundle), tenant } => {
                let part = tenant.map(|tenant| format!("?tenant={}", escaped(&tenant)));
                let part = part.unwrap_or_default();
                let path = format!("/v1/deliveries/{}/bundle{part}", escaped(&id));
                let told = client.get(&path).await?;
                file::write(&bundle, format!("{told:#}\n").as_bytes())?;
                let whole = told["parsed"]["saw"]["whole"] == true;
                let told = json!({ "id": id, "file": bundle, "whole": whole });
                voice.data(&told, |voice, _| {
                    voice.line(&format!("{} holds {id}", bundle.display()));
                });
            }
            Self::Show { id, bundle: None, .. } => {
                let told = client.get(&format!("/v1/deliveries/{}", escaped(&id))).await?;
                voice.data(&told, |voice, told| voice.line(&format!("{told:#}")));
            }
            Self::Replay { id } => {
                let path = format!("/v1/deliveries/{}/replay", escaped(&id));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, _| {
                    voice.line(&format!("{id} will be parsed again"));
                });
            }
        }
        Ok(())
    }
}

fn deliveries(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let kinds: Vec<String> =
            items(&one["events"]).iter().map(|event| text(&event[0])).collect();
        let what = match one["fault"].as_str() {
            Some(fault) => fault.to_owned(),
            None => kinds.join(" "),
        };
        let at = time(&one["received_at_ms"]);
        vec![text(&one["id"]), at, text(&one["connection"]), text(&one["fate"]), what]
    });
    voice.table(&["ID", "RECEIVED", "CONNECTION", "FATE", "EVENTS"], &rows.collect::<Vec<_>>());
}

impl Audit {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::List { newest, connection, subject } => {
                let mut path = format!("/v1/audit?limit={}", newest.limit);
                for (name, value) in [("connection", connection), ("subject", subject)] {
                    if let Some(value) = value {
                        path.push_str(&format!("&{name}={}", escaped(&value)));
                    }
                }
                voice.data(&client.get(&path).await?, trail);
            }
            Self::Verify => {
                let told = client.get("/v1/audit/verify").await?;
                voice.data(&told, |voice, told| {
                    let (lines, head) = (text(&told["lines"]), text(&told["head"]));
                    voice.line(&format!("the trail of {lines} lines is whole; its head is {head}"));
                });
            }
        }
        Ok(())
    }
}

fn trail(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let details = one["details"].as_object().into_iter().flatten();
        let details: Vec<String> = details.map(|(k, v)| format!("{k}={}", text(v))).collect();
        let actor = match one["actor"]["operator"].as_str() {
            Some(name) => name.to_owned(),
            None => text(&one["actor"]),
        };
        vec![
            text(&one["sequence"]),
            time(&one["at_ms"]),
            actor,
            text(&one["what"]),
            text(&one["subject"]),
            details.join(" "),
        ]
    });
    let rows: Vec<_> = rows.collect();
    voice.table(&["LINE", "TIME", "ACTOR", "WHAT", "SUBJECT", "DETAILS"], &rows);
}
