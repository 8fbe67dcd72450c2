//! `jackfield init`.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::{Common, Voice};
use crate::{
    admin::{TOKEN_FILE, Tokens},
    clock::SystemClock,
    host::open_vault,
    keys::Place,
    store::{self, Options},
    vault::Vault,
};

/// What `init` is told.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where the master key is kept [default: a file beside the data directory]: FILE, or
    /// aws-secrets-manager:NAME; written there, unless there is one.
    #[arg(long, env = "JACKFIELD_MASTER_KEY_FILE", value_name = "PLACE")]
    master_key: Option<Place>,
}

impl Init {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let data = common.data()?;
        let keys = common.keys(self.master_key)?;
        let store = store::open(&data, Options::default())?;
        // What was sealed before needs its own key, and no other.
        let made = Vault::sealed_under(&store)?.is_none() && keys.create().await?;
        open_vault(store.clone(), &keys).await?;
        Tokens::new(store, Arc::new(SystemClock)).ensure_local(&data).await?;
        let told = json!({
            "data": data,
            "master_key": keys.place().to_string(),
            "master_key_made": made,
            "token": data.join(TOKEN_FILE),
        });
        voice.data(&told, |voice, _| {
            voice.line(&format!("data directory: {}", data.display()));
            let new = if made { "new; keep a copy in a safe place" } else { "was there already" };
            voice.line(&format!("master key:     {} ({new})", keys.place()));
            voice.line(&format!("admin token:    {}", data.join(TOKEN_FILE).display()));
            voice.line("next: jackfield serve");
        });
        Ok(())
    }
}
