//! `jackfield key …`.

use std::path::absolute;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Common, Voice, client::Client, voice::text};
use crate::{
    clock::{Clock as _, SystemClock},
    keys::Place,
};

/// How often the host is asked how far it is, in milliseconds.
const GLANCE_MS: u64 = 100;

const EXAMPLES: &str = "\
Examples:
  jackfield key show                        which key is in use, and what it seals
  jackfield key rotate                      a new one in its place
  jackfield key rotate --to /etc/new.key    … at another place
  jackfield key rotate --to aws-secrets-manager:jackfield/books";

/// What is done with the master key.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum Key {
    /// Show which master key is in use, where it is kept and what it seals.
    Show,
    /// Seal every secret anew under a new master key, while the host goes on working.
    #[command(after_help = EXAMPLES)]
    Rotate {
        /// Where the new key is written [default: in the place of the old one]: FILE on the
        /// host's machine, or aws-secrets-manager:NAME; there must be none yet.
        #[arg(long, value_name = "PLACE")]
        to: Option<Place>,
    },
}

impl Key {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::Show => {
                voice.data(&client.get("/v1/key").await?, show);
            }
            Self::Rotate { to } => {
                let to = to.map(from_here).transpose()?;
                let to = to.map(|to| to.to_string());
                client.post("/v1/key/rotate", &json!({ "to": to })).await?;
                let told = ended(&client, voice).await?;
                voice.data(&told, rotated);
            }
        }
        Ok(())
    }
}

/// The host may stand in another directory than whoever types.
fn from_here(place: Place) -> anyhow::Result<Place> {
    Ok(match place {
        Place::File(path) => absolute(&path).context("this directory has no name")?.into(),
        place => place,
    })
}

/// Waits until the rotation has ended, and says meanwhile how far it is.
async fn ended(client: &Client, voice: &mut Voice) -> anyhow::Result<Value> {
    let mut said = String::new();
    loop {
        let told = client.get("/v1/key/rotate").await?;
        match told["state"].as_str() {
            Some("running") => {}
            Some("failed") => bail!("{}", text(&told["error"])),
            _ => return Ok(told),
        }
        let line = format!("{} of {} secrets are sealed anew", told["done"], told["total"]);
        if line != said && told["total"] != 0 {
            voice.complain(&line);
            said = line;
        }
        SystemClock.sleep_until(SystemClock.now_ms() + GLANCE_MS).await;
    }
}

fn show(voice: &mut Voice, told: &Value) {
    voice.line(&format!("master key  {}", text(&told["id"])));
    voice.line(&format!("kept in     {}", text(&told["place"])));
    voice.line(&format!("data keys   {}", told["data_keys"]));
    voice.line(&format!("secrets     {}", told["secrets"]));
    let rotation = &told["rotation"];
    match rotation["state"].as_str() {
        Some("running") => voice.line(&format!(
            "rotation    under way to {}: {} of {} secrets",
            text(&rotation["to"]),
            rotation["done"],
            rotation["total"]
        )),
        Some("failed") => voice.line(&format!("rotation    stopped: {}", text(&rotation["error"]))),
        _ => {}
    }
}

fn rotated(voice: &mut Voice, told: &Value) {
    let [from, to, place, kept] = ["from", "to", "place", "kept"].map(|name| text(&told[name]));
    voice.line(&format!("the master key is {to} now, kept in {place}"));
    voice.line(&format!(
        "secrets sealed under it, each opened to make sure: {}; {from} opens nothing here now",
        told["done"]
    ));
    voice.line(&format!(
        "the old key stays in {kept}: backups made before need it; destroy it when none is left"
    ));
    if told["moved"] == true {
        voice.line(&format!(
            "next: start jackfield with --master-key {place} from now on, and without \
             JACKFIELD_MASTER_KEY"
        ));
    }
}
