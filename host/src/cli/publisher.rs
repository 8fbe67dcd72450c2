//! `jackfield publisher …`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use jackfield_registry::package::{Publisher as Key, SigningKey};
use serde_json::json;

use super::{
    Common, Voice,
    client::escaped,
    file::write_secret,
    voice::{items, text, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum Publisher {
    /// Let releases be installed that are signed with a key.
    Trust {
        /// What you call whoever has the key, such as `acme`.
        #[arg(value_name = "NAME")]
        name: String,
        /// Their public key, such as `ed25519:…`, as they publish it.
        #[arg(value_name = "KEY")]
        key: Key,
    },
    /// Trust a publisher no more; what is installed stays.
    Distrust {
        /// What you call them.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List trusted publishers.
    List,
    /// Make a key to sign releases with, and print the public key that goes with it.
    Key {
        /// Where to write the signing key; nobody else may read it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Publisher {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        match self {
            Self::Key { file } => new_key(&file, voice)?,
            Self::Trust { name, key } => {
                let body = json!({ "name": name, "publisher": key });
                let told = common.client()?.post("/v1/publishers", &body).await?;
                voice.data(&told, |voice, _| voice.line(&format!("{name} is trusted")));
            }
            Self::Distrust { name } => {
                let told =
                    common.client()?.delete(&format!("/v1/publishers/{}", escaped(&name))).await?;
                voice.data(&told, |voice, _| voice.line(&format!("{name} is trusted no more")));
            }
            Self::List => {
                let told = common.client()?.get("/v1/publishers").await?;
                voice.data(&told, |voice, told| {
                    let rows = items(told).iter().map(|one| {
                        vec![text(&one["name"]), text(&one["publisher"]), time(&one["since_ms"])]
                    });
                    voice.table(&["NAME", "KEY", "SINCE"], &rows.collect::<Vec<_>>());
                });
            }
        }
        Ok(())
    }
}

/// Writes a new signing key into a file that is not there yet.
fn new_key(path: &Path, voice: &mut Voice) -> anyhow::Result<()> {
    let key = SigningKey::generate();
    write_secret("the signing key", path, &key.to_text())?;
    let told = json!({ "file": path, "publisher": key.publisher() });
    voice.data(&told, |voice, told| {
        voice.line(&format!("{} signs for {}", path.display(), text(&told["publisher"])));
        voice.line("keep the file to yourself; hosts trust the key after `signs for`");
    });
    Ok(())
}
