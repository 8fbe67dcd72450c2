//! `jackfield connector …`.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jackfield_registry::package::{SigningKey, sign};
use serde_json::{Value, json};

use super::{
    Common, Voice, build,
    check::{self, Check},
    client::{Client, escaped},
    dev::Dev,
    file,
    inspect::{about, inspect, read},
    new::New,
    test::Test,
    voice::{items, text, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum Connector {
    /// Begin a connector: a folder that builds and passes at once.
    New(New),
    /// Say all that is wrong with a manifest, each mistake with its line and the way out.
    Check(Check),
    /// Build a connector: one file with its code, if it has any, and its manifest inside.
    Build {
        /// The folder with `connector.toml`, and beside it `Cargo.toml`, `package.json` or
        /// `pyproject.toml` where it has code.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Where to write the release [default: ID.wasm in the current directory].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Try a connector on what its system really said, and on all that systems do wrong.
    Test(Test),
    /// Build a connector at each change, try it on one connection of the running host, and show what
    /// it makes of the last delivery.
    Dev(Dev),
    /// Say what a release may do, without running it.
    Inspect {
        /// The release.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Sign a release, so that hosts which trust the key let it in.
    Sign {
        /// The release.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The signing key, as `jackfield publisher key` writes it.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where to write the signed release [default: in its place].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Install a connector into the running host: shows what it asks for, and asks for a yes.
    Install(Letting),
    /// Put a release in the place of the one that is running, without missing a delivery.
    Upgrade {
        #[command(flatten)]
        letting: Letting,
        /// Try it on one connection first; the others stay as they are.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// Go back by itself if it fails more than the one before, in its first ten minutes.
        #[arg(long, conflicts_with = "connection")]
        watch: bool,
    },
    /// Go back to the release before; at once, for all connections.
    Rollback {
        /// The connector.
        #[arg(value_name = "ID")]
        id: String,
        /// End the trial of one connection instead.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
    },
    /// Remove a connector through which no connection goes.
    Remove {
        /// The connector.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// List installed connectors.
    List,
}

/// A release, and how it is let in.
#[derive(Debug, Args)]
pub(super) struct Letting {
    /// The release.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Allow all that it asks for, without being asked.
    #[arg(long, short)]
    yes: bool,
    /// Let it in although nobody signed it.
    #[arg(long)]
    unsigned: bool,
}

impl Connector {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<u8> {
        match self {
            Self::New(new) => new.run(voice)?,
            Self::Check(check) => return check.run(voice).await,
            Self::Test(test) => return test.run(voice).await,
            Self::Dev(dev) => return dev.run(common, voice).await,
            Self::Build { dir, output } => {
                check::programs_of(&dir).await?;
                built(&dir, output, voice)?;
            }
            Self::Inspect { file } => voice.data(&about(&read(&file)?), inspect),
            Self::Sign { file, key, output } => signed(&file, &key, output, voice)?,
            Self::Install(letting) => {
                let told = letting.let_in(common, voice, "/v1/connectors", &[]).await?;
                voice.data(&told, |voice, told| voice.line(&named("installed", told)));
            }
            Self::Upgrade { letting, connection, watch } => {
                let mut more = vec![("watch", watch.to_string())];
                more.extend(connection.clone().map(|name| ("connection", name)));
                let told = letting.let_in(common, voice, "/v1/connectors/upgrade", &more).await?;
                let what = match connection {
                    Some(name) => format!("`{name}` now tries"),
                    None => "now running".to_owned(),
                };
                voice.data(&told, |voice, told| voice.line(&named(&what, told)));
            }
            Self::Rollback { id, connection } => {
                let query = connection.map(|name| format!("?connection={}", escaped(&name)));
                let path = format!("/v1/connectors/{}/rollback", escaped(&id));
                let path = format!("{path}{}", query.unwrap_or_default());
                let told = common.client()?.post(&path, &json!({})).await?;
                voice.data(&told, |voice, told| voice.line(&named("back at", told)));
            }
            Self::Remove { id } => {
                let path = format!("/v1/connectors/{}", escaped(&id));
                let told = common.client()?.delete(&path).await?;
                voice.data(&told, |voice, _| voice.line(&format!("removed {id}")));
            }
            Self::List => {
                let told = common.client()?.get("/v1/connectors").await?;
                voice.data(&told, list);
            }
        }
        Ok(0)
    }
}

/// What a person allows of releases, and has allowed.
pub(super) struct Leave {
    /// All that they ask for.
    pub(super) yes: bool,
    /// That nobody signed them.
    pub(super) unsigned: bool,
    /// What was asked for and allowed before, and is not asked again.
    pub(super) allowed: BTreeSet<String>,
}

impl Letting {
    async fn let_in(
        self,
        common: &Common,
        voice: &mut Voice,
        path: &str,
        more: &[(&str, String)],
    ) -> anyhow::Result<Value> {
        let bytes = file::read(&self.file)?;
        let mut leave = Leave { yes: self.yes, unsigned: self.unsigned, allowed: BTreeSet::new() };
        let_in(&common.client()?, voice, path, more, &bytes, &mut leave).await
    }
}

/// Shows what the release asks for, has it allowed, and hands it over.
pub(super) async fn let_in(
    client: &Client,
    voice: &mut Voice,
    path: &str,
    more: &[(&str, String)],
    release: &[u8],
    leave: &mut Leave,
) -> anyhow::Result<Value> {
    let unsigned = format!("unsigned={}", leave.unsigned);
    let review = format!("/v1/connectors/review?{unsigned}");
    let review = client.post_bytes(&review, release.to_vec()).await?;
    let mut query = unsigned;
    for (name, value) in more {
        query.push_str(&format!("&{name}={}", escaped(value)));
    }
    let asked: BTreeSet<String> = items(&review["new"]).iter().map(Value::to_string).collect();
    if !asked.is_empty() {
        if !asked.is_subset(&leave.allowed) {
            voice.aside(|voice| voice.line(&text(&review["text"])));
            if !leave.yes && !agreed(voice.is_json())? {
                bail!("not allowed, and nothing has changed\n  hint: --yes allows all of it");
            }
        }
        leave.allowed.extend(asked);
        query.push_str(&format!("&approval={}", text(&review["approval"])));
    }
    client.post_bytes(&format!("{path}?{query}"), release.to_vec()).await
}

/// Asks the person at the terminal, if there is one.
fn agreed(json: bool) -> anyhow::Result<bool> {
    if json || !io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Allow this? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn named(what: &str, told: &Value) -> String {
    let (id, version) = (text(&told["id"]), text(&told["version"]));
    format!("{what} {id} {version} ({})", text(&told["digest"]))
}

fn built(dir: &Path, output: Option<PathBuf>, voice: &mut Voice) -> anyhow::Result<()> {
    let release = build::connector(dir)?;
    let id = &release.manifest().connector.id;
    let output = output.unwrap_or_else(|| format!("{id}.wasm").into());
    file::write(&output, release.bytes())?;
    let told = json!({
        "id": id,
        "file": output,
        "digest": release.digest(),
        "bytes": release.bytes().len(),
    });
    voice.data(&told, |voice, told| {
        let kib = release.bytes().len() >> 10;
        voice.line(&format!("{} ({kib} KiB, {})", output.display(), text(&told["digest"])));
    });
    Ok(())
}

fn signed(
    unsigned: &Path,
    key: &Path,
    output: Option<PathBuf>,
    voice: &mut Voice,
) -> anyhow::Result<()> {
    let release = read(unsigned)?;
    let key_text = fs::read_to_string(key)
        .with_context(|| format!("the signing key `{}` cannot be read", key.display()))?;
    let key = SigningKey::from_text(key_text.trim())
        .with_context(|| format!("`{}` holds no signing key", key.display()))?;
    let bytes = sign(release.bytes(), &key)?;
    let output = output.unwrap_or_else(|| unsigned.to_owned());
    file::write(&output, &bytes)?;
    let told = json!({ "file": output, "publisher": key.publisher() });
    voice.data(&told, |voice, told| {
        voice.line(&format!("{} is signed by {}", output.display(), text(&told["publisher"])));
    });
    Ok(())
}

fn list(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let before = items(&one["before"]).iter().map(text).collect::<Vec<_>>().join(" ");
        let signed = if one["publisher"].is_null() { "no" } else { "yes" };
        vec![
            text(&one["id"]),
            text(&one["version"]),
            before,
            text(&one["state"]),
            signed.to_owned(),
            text(&one["title"]),
            time(&one["installed_at_ms"]),
        ]
    });
    let head = ["ID", "VERSION", "BEFORE", "STATE", "SIGNED", "TITLE", "INSTALLED"];
    voice.table(&head, &rows.collect::<Vec<_>>());
}
