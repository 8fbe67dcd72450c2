//! `jackfield token …`.

use clap::Subcommand;
use serde_json::json;

use super::{
    Common, Voice,
    client::escaped,
    voice::{items, text, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token. It is shown this once.
    Create {
        /// Its name, which the audit trail will show.
        name: String,
    },
    /// List tokens by name.
    List,
    /// Make a token invalid at once.
    Revoke {
        /// Its name.
        name: String,
    },
}

impl Token {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::Create { name } => {
                let told = client.post("/v1/tokens", &json!({ "name": name })).await?;
                voice.data(&told, |voice, told| voice.line(&text(&told["token"])));
            }
            Self::List => {
                voice.data(&client.get("/v1/tokens").await?, |voice, told| {
                    let rows = items(told)
                        .iter()
                        .map(|one| vec![text(&one["name"]), time(&one["created_at_ms"])]);
                    voice.table(&["NAME", "CREATED"], &rows.collect::<Vec<_>>());
                });
            }
            Self::Revoke { name } => {
                let told = client.delete(&format!("/v1/tokens/{}", escaped(&name))).await?;
                voice.data(&told, |voice, _| voice.line(&format!("`{name}` is no longer valid")));
            }
        }
        Ok(())
    }
}
