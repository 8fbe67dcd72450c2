//! `jackfield connector dev`: a connector under the author's hands. Each time its folder changes it
//! is built, tried on one connection of the running host, and the last real delivery is run again
//! by it, without sending anything, to show what it would say otherwise than before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, bail};
use clap::Args;
use jackfield_registry::package::Release;
use serde_json::{Value, json};

use super::{
    Common, Voice, build, check,
    client::{Client, escaped},
    connector::{Leave, let_in},
    test::{again_shown, bench},
    voice::{items, text},
};
use crate::{
    clock::{Clock as _, SystemClock},
    conformance::Bench,
    inbox::Bundle,
};

/// How often the folder is looked at, in milliseconds.
const GLANCE_MS: u64 = 100;
/// The most files that are looked at; a folder with more has something in it that is not a source.
const FILES_MAX: usize = 5_000;
/// What tools make or a build gives, which is no source.
const MADE: [&str; 6] = ["target", "node_modules", "dist", "__pycache__", "jackfield", "deps"];
/// How many of the newest deliveries are looked through for one of the connection.
const DELIVERIES_MAX: usize = 200;

/// What `connector dev` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jackfield connector dev acme                     try each change on the connection through acme
  jackfield connector dev acme --connection shop   where several connections go through it
  jackfield connector dev acme --rounds 1 --json   once, for a script")]
pub(super) struct Dev {
    /// The folder with `connector.toml`.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// On which connection it is tried [default: the only one through the connector].
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Which delivery is run again [default: the last of the connection].
    #[arg(long, value_name = "ID")]
    delivery: Option<String>,
    /// Allow all that it asks for, without being asked.
    #[arg(long, short)]
    yes: bool,
    /// End after so many builds, instead of with Ctrl-C.
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
}

/// A connector under somebody's hands.
struct Desk<'a> {
    dev: &'a Dev,
    client: Client,
    bench: Bench,
    leave: Leave,
    /// The connection on which it is tried, and the connector, once something is.
    tried: Option<(String, String)>,
}

/// A folder as it was at a look: the length and the time of each file.
type Look = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Dev {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<u8> {
        let (bench, _scratch) = bench().await?;
        let leave = Leave { yes: self.yes, unsigned: true, allowed: BTreeSet::new() };
        let client = common.client()?;
        let mut desk = Desk { dev: &self, client, bench, leave, tried: None };
        let ended = tokio::select! {
            ended = desk.rounds(voice) => ended,
            pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be listened for"),
        };
        desk.give_back(voice).await?;
        ended.map(|()| 0)
    }
}

impl Desk<'_> {
    /// Round after round; the folder is looked at before each, so that no change is missed.
    async fn rounds(&mut self, voice: &mut Voice) -> anyhow::Result<()> {
        let mut left = self.dev.rounds;
        loop {
            let look = look(&self.dev.dir)?;
            // What is wrong with the source is told, and the next change may mend it.
            if let Err(error) = self.round(voice).await {
                voice.error(&error);
            }
            left = left.map(|left| left.saturating_sub(1));
            if left == Some(0) {
                return Ok(());
            }
            changed(&self.dev.dir, look).await?;
        }
    }

    /// Builds it, has the connection try it, and runs the last delivery again.
    async fn round(&mut self, voice: &mut Voice) -> anyhow::Result<()> {
        let begun_ms = SystemClock.now_ms();
        let release = build::connector(&self.dev.dir)?;
        check::programs_of(&self.dev.dir).await?;
        let built_ms = SystemClock.now_ms();
        let connection = self.swap(&release, voice).await?;
        let swapped_ms = SystemClock.now_ms();
        let again = self.again(&release, &connection).await?;
        let ended_ms = SystemClock.now_ms();
        let about = &release.manifest().connector;
        let told = json!({
            "id": about.id,
            "version": about.version,
            "digest": release.digest(),
            "connection": connection,
            "build_ms": built_ms.saturating_sub(begun_ms),
            "swap_ms": swapped_ms.saturating_sub(built_ms),
            "again_ms": ended_ms.saturating_sub(swapped_ms),
            "again": again,
        });
        voice.data(&told, shown);
        Ok(())
    }

    /// Puts the release in the place of the one through which the connection goes; answers the
    /// connection.
    async fn swap(&mut self, release: &Release, voice: &mut Voice) -> anyhow::Result<String> {
        let id = release.manifest().connector.id.clone();
        let bytes = release.bytes().to_vec();
        let installed = self.client.get("/v1/connectors").await?;
        if !items(&installed).iter().any(|one| one["id"] == id.as_str()) {
            let_in(&self.client, voice, "/v1/connectors", &[], &bytes, &mut self.leave).await?;
        }
        let connection = self.connection(&id).await?;
        let more = [("connection", connection.clone())];
        let path = "/v1/connectors/upgrade";
        let_in(&self.client, voice, path, &more, &bytes, &mut self.leave).await?;
        self.tried = Some((connection.clone(), id));
        Ok(connection)
    }

    /// The connection on which it is tried.
    async fn connection(&self, id: &str) -> anyhow::Result<String> {
        if let Some(name) = &self.dev.connection {
            return Ok(name.clone());
        }
        let all = self.client.get("/v1/connections").await?;
        let through = items(&all).iter().filter(|one| one["connector"] == id);
        let names: Vec<String> = through.map(|one| text(&one["name"])).collect();
        match names.as_slice() {
            [name] => Ok(name.clone()),
            [] => bail!(
                "no connection goes through `{id}`, which is installed now\n  hint: add one with \
                 `jackfield connection add NAME --connector {id}`, and save the file again"
            ),
            _ => bail!(
                "several connections go through `{id}`: {}\n  hint: choose one with --connection",
                names.join(", ")
            ),
        }
    }

    /// The delivery, run again by the release; null where there is none yet.
    async fn again(&self, release: &Release, connection: &str) -> anyhow::Result<Value> {
        let id = match &self.dev.delivery {
            Some(id) => id.clone(),
            None => match self.last(connection).await? {
                Some(id) => id,
                None => return Ok(Value::Null),
            },
        };
        let path = format!("/v1/deliveries/{}/bundle", escaped(&id));
        let bundle = self.client.get(&path).await?;
        let bundle = Bundle::read(&bundle.to_string()).map_err(anyhow::Error::msg)?;
        let subject = self.bench.subject(release)?;
        let mut again = serde_json::to_value(self.bench.again(&subject, &bundle).await?)?;
        again["delivery"] = id.into();
        again["parsed_by"] = bundle.parsed.version.into();
        Ok(again)
    }

    /// The newest delivery of a connection that was parsed, well or not.
    async fn last(&self, connection: &str) -> anyhow::Result<Option<String>> {
        let newest = self.client.get(&format!("/v1/deliveries?limit={DELIVERIES_MAX}")).await?;
        let parsed = |one: &&Value| {
            one["connection"] == connection && (one["fate"] == "parsed" || one["fate"] == "dead")
        };
        Ok(items(&newest).iter().find(parsed).map(|one| text(&one["id"])))
    }

    /// Ends the trial: the connection goes through the installed release again.
    async fn give_back(&self, voice: &mut Voice) -> anyhow::Result<()> {
        let Some((connection, id)) = &self.tried else { return Ok(()) };
        let (id, name) = (escaped(id), escaped(connection));
        let path = format!("/v1/connectors/{id}/rollback?connection={name}");
        let back = self.client.post(&path, &json!({})).await?;
        let version = text(&back["version"]);
        voice.aside(|voice| voice.line(&format!("`{connection}` is back at {id} {version}")));
        Ok(())
    }
}

/// What a round came to, in a few lines.
fn shown(voice: &mut Voice, told: &Value) {
    let ms = |key: &str| text(&told[key]);
    voice.line(&format!(
        "{} {} built in {} ms, tried on `{}` in {} ms",
        text(&told["id"]),
        text(&told["version"]),
        ms("build_ms"),
        text(&told["connection"]),
        ms("swap_ms"),
    ));
    let again = &told["again"];
    if again.is_null() {
        voice.line("  no delivery yet; the next one is parsed by this release");
        return;
    }
    let (delivery, by) = (text(&again["delivery"]), text(&again["parsed_by"]));
    voice.line(&format!("  delivery {delivery}, parsed by {by}:"));
    again_shown(voice, again);
}

/// Waits until the folder is another than at a look, and for as long as it goes on changing.
async fn changed(dir: &Path, before: Look) -> anyhow::Result<()> {
    let mut last = before.clone();
    loop {
        SystemClock.sleep_until(SystemClock.now_ms() + GLANCE_MS).await;
        let now = look(dir)?;
        // An editor writes in several steps: the next look must be the same.
        if now != before && now == last {
            return Ok(());
        }
        last = now;
    }
}

/// Looks at a folder's sources.
fn look(dir: &Path) -> anyhow::Result<Look> {
    let mut look = Look::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = fs::read_dir(&dir)
            .with_context(|| format!("`{}` cannot be read", dir.display()))?
            .flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            // A file that is gone by now is one that is not there.
            let Ok(about) = entry.metadata() else { continue };
            if name.starts_with('.') || MADE.contains(&name.as_str()) {
                continue;
            }
            if about.is_dir() {
                open.push(entry.path());
            } else if !name.ends_with(".wasm") {
                look.insert(entry.path(), (about.len(), about.modified().ok()));
            }
            if look.len() > FILES_MAX {
                bail!(
                    "`{}` has more than {FILES_MAX} files\n  hint: name the folder of one \
                     connector",
                    dir.display()
                );
            }
        }
    }
    Ok(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_leaves_in_the_folder_is_no_change_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "text").expect("a file");
        };
        write("connector.toml");
        let before = look(folder.path()).expect("a look");
        for made in ["target/a", "jackfield/b.js", "wit/deps/jackfield/c.wit", ".git/d", "e.wasm"] {
            write(made);
        }
        assert_eq!(look(folder.path()).expect("a look"), before);
        write("fixtures/f.toml");
        assert_ne!(look(folder.path()).expect("a look"), before);
    }
}
