//! `jackfield flow …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{
    Common, Voice,
    client::escaped,
    file::read_text,
    voice::{items, text, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum Flow {
    /// Say what is wrong with a flow, against what is connected now.
    Check {
        /// The flow.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Check a flow and make it current. Runs in flight end on the version they began with.
    Apply {
        /// The flow.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List flows.
    List,
    /// Remove a flow: no event starts it any more; its runs in flight go on.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

impl Flow {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::Check { file } => {
                let path = format!("/v1/flows/check?file={}", escaped(&file.to_string_lossy()));
                let told = client.post_text(&path, read_text(&file)?).await?;
                voice.data(&told, |voice, told| {
                    voice.line(&format!("`{}` is right", text(&told["name"])));
                });
            }
            Self::Apply { file } => {
                let path = format!("/v1/flows?file={}", escaped(&file.to_string_lossy()));
                let told = client.post_text(&path, read_text(&file)?).await?;
                voice.data(&told, |voice, told| {
                    let on = &told["on"];
                    let (connection, event) = (text(&on["connection"]), text(&on["event"]));
                    let name = text(&told["name"]);
                    voice.line(&format!("applied `{name}`: `{event}` of `{connection}` starts it"));
                });
            }
            Self::Remove { name } => {
                let told = client.delete(&format!("/v1/flows/{}", escaped(&name))).await?;
                voice.data(&told, |voice, _| voice.line(&format!("removed `{name}`")));
            }
            Self::List => {
                let told = client.get("/v1/flows").await?;
                voice.data(&told, |voice, told| {
                    let rows = items(told).iter().map(|one| {
                        let on = &one["on"];
                        let on = format!("{} of {}", text(&on["event"]), text(&on["connection"]));
                        let steps: Vec<String> =
                            items(&one["steps"]).iter().map(|step| text(&step["action"])).collect();
                        let since = time(&one["applied_at_ms"]);
                        vec![text(&one["name"]), on, steps.join(", "), since]
                    });
                    let rows: Vec<_> = rows.collect();
                    voice.table(&["NAME", "ON", "ACTIONS", "APPLIED"], &rows);
                });
            }
        }
        Ok(())
    }
}
