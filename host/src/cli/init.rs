//! `jackfield init`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use serde_json::json;

use super::{Common, Voice, file::write_secret};
use crate::{
    admin::{TOKEN_FILE, Tokens},
    clock::SystemClock,
    config::{self, master_key_file},
    store::{self, Options},
    vault::{MasterKey, Vault},
};

/// What `init` is told.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where the master key is written [default: beside the data directory].
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
}

impl Init {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let data = common.data()?;
        let key_file = match self.master_key.or(common.file()?.master_key) {
            Some(file) => file,
            None => master_key_file(&data),
        };
        let made = write_key(&key_file)?;
        let master = config::master_key(&key_file)?;
        let store = store::open(&data, Options::default())?;
        Vault::open(store.clone(), master).await?;
        Tokens::new(store, Arc::new(SystemClock)).ensure_local(&data).await?;
        let told = json!({
            "data": data,
            "master_key": key_file,
            "master_key_made": made,
            "token": data.join(TOKEN_FILE),
        });
        voice.data(&told, |voice, _| {
            voice.line(&format!("data directory: {}", data.display()));
            let new = if made { "new; keep a copy in a safe place" } else { "was there already" };
            voice.line(&format!("master key:     {} ({new})", key_file.display()));
            voice.line(&format!("admin token:    {}", data.join(TOKEN_FILE).display()));
            voice.line("next: jackfield serve");
        });
        Ok(())
    }
}

/// Writes a new master key, unless there is one: an existing key is never overwritten.
fn write_key(path: &Path) -> anyhow::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    write_secret("the master key", path, MasterKey::generate().to_text().expose())?;
    Ok(true)
}
