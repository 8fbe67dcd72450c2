//! `jackfield connector …`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use jackfield_registry::package::Release;
use serde_json::{Value, json};

use super::{
    Common, Voice, build,
    voice::{items, text, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum Connector {
    /// Build a connector: its crate as a component, with its manifest inside.
    Build {
        /// The folder with `connector.toml` and `Cargo.toml`.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Where to write the release [default: ID.wasm in the current directory].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say what a release may do, without running it.
    Inspect {
        /// The release.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Install a release into the running host, or put it in the place of an older one.
    Install {
        /// The release.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List installed connectors.
    List,
}

impl Connector {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        match self {
            Self::Build { dir, output } => {
                let release = build::connector(&dir)?;
                let id = &release.manifest().connector.id;
                let file = output.unwrap_or_else(|| format!("{id}.wasm").into());
                fs::write(&file, release.bytes())
                    .with_context(|| format!("`{}` cannot be written", file.display()))?;
                let told = json!({
                    "id": id,
                    "file": file,
                    "digest": release.digest(),
                    "bytes": release.bytes().len(),
                });
                voice.data(&told, |voice, told| {
                    let kib = release.bytes().len() >> 10;
                    voice.line(&format!(
                        "{} ({kib} KiB, {})",
                        file.display(),
                        text(&told["digest"])
                    ));
                });
            }
            Self::Inspect { file } => voice.data(&about(&read(&file)?), inspect),
            Self::Install { file } => {
                let bytes = fs::read(&file)
                    .with_context(|| format!("`{}` cannot be read", file.display()))?;
                let told = common.client()?.post_bytes("/v1/connectors", bytes).await?;
                voice.data(&told, |voice, told| {
                    let (id, version) = (text(&told["id"]), text(&told["version"]));
                    voice.line(&format!("installed {id} {version} ({})", text(&told["digest"])));
                });
            }
            Self::List => {
                let told = common.client()?.get("/v1/connectors").await?;
                voice.data(&told, |voice, told| {
                    let rows = items(told).iter().map(|one| {
                        let since = time(&one["installed_at_ms"]);
                        vec![text(&one["id"]), text(&one["version"]), text(&one["title"]), since]
                    });
                    voice
                        .table(&["ID", "VERSION", "TITLE", "INSTALLED"], &rows.collect::<Vec<_>>());
                });
            }
        }
        Ok(())
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Release> {
    let bytes = fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    Release::read(bytes).with_context(|| format!("`{}` is no release", file.display()))
}

/// What a release says of itself.
fn about(release: &Release) -> Value {
    let manifest = release.manifest();
    let connector = &manifest.connector;
    json!({
        "id": connector.id,
        "version": connector.version,
        "title": connector.title,
        "vendor": connector.vendor,
        "digest": release.digest(),
        "egress": manifest.egress.iter().map(|rule| json!({
            "origin": rule.origin,
            "methods": rule.methods,
            "paths": rule.paths,
            "auth": rule.auth,
            "why": rule.why,
        })).collect::<Vec<_>>(),
        "params": manifest.params.iter().map(|param| &param.name).collect::<Vec<_>>(),
        "secrets": manifest.secrets.iter().map(|secret| &secret.name).collect::<Vec<_>>(),
        "webhook": manifest.webhook.is_some(),
        "events": manifest.events.keys().collect::<Vec<_>>(),
        "actions": manifest.actions.iter().map(|(name, action)| json!({
            "name": name,
            "title": action.title,
            "mutates": action.mutates,
        })).collect::<Vec<_>>(),
        "limits": {
            "cpu_ms": manifest.limits.cpu_ms,
            "wall_ms": manifest.limits.wall_ms,
            "memory_mib": manifest.limits.memory_mib,
            "storage_kib": manifest.limits.storage_kib,
        },
        "imports_beyond_contract": release.imports_beyond_contract(),
    })
}

/// The same for a person: what this connector may do, in about ten lines.
fn inspect(voice: &mut Voice, about: &Value) {
    let list = |value: &Value| match items(value) {
        [] => "none".to_owned(),
        some => some.iter().map(text).collect::<Vec<_>>().join(", "),
    };
    voice.line(&format!(
        "{} {} — {}",
        text(&about["id"]),
        text(&about["version"]),
        text(&about["title"])
    ));
    voice.line(&format!("digest    {}", text(&about["digest"])));
    for rule in items(&about["egress"]) {
        let auth =
            rule["auth"].as_str().map_or("no credential".into(), |auth| format!("with `{auth}`"));
        voice.line(&format!(
            "may send  {} to {}{} ({auth}): {}",
            list(&rule["methods"]),
            text(&rule["origin"]),
            list(&rule["paths"]),
            text(&rule["why"])
        ));
    }
    voice.line(&format!("settings  {}", list(&about["params"])));
    voice.line(&format!("secrets   {} (it sees none of them)", list(&about["secrets"])));
    voice.line(&format!("webhooks  {}", if about["webhook"] == true { "yes" } else { "no" }));
    voice.line(&format!("events    {}", list(&about["events"])));
    let actions = items(&about["actions"]).iter().map(|action| {
        let reads = if action["mutates"] == true { "" } else { " (reads)" };
        format!("{}{reads}", text(&action["name"]))
    });
    let actions: Vec<String> = actions.collect();
    let actions = if actions.is_empty() { "none".into() } else { actions.join(", ") };
    voice.line(&format!("actions   {actions}"));
    let limits = &about["limits"];
    voice.line(&format!(
        "per call  {} ms CPU, {} ms in all, {} MiB memory; keeps up to {} KiB",
        limits["cpu_ms"], limits["wall_ms"], limits["memory_mib"], limits["storage_kib"]
    ));
    let beyond = items(&about["imports_beyond_contract"]);
    if !beyond.is_empty() {
        voice.line(&format!("REFUSED   it imports {}", list(&about["imports_beyond_contract"])));
    }
}
