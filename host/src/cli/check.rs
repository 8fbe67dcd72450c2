//! `jackfield connector check`: everything that is wrong with a manifest, at once.
//!
//! The manifest is read, what a connector without code leaves unsaid is looked for, and each jq
//! program is compiled in the sandbox. Nothing is built, and no host is asked.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jackfield_registry::manifest::{Manifest, ManifestError, Mistake, programs};
use serde_json::{Value, json};

use super::{
    Voice,
    build::Language,
    file,
    voice::{items, text},
};
use crate::{config, host};

/// The manifest in a connector's folder.
const MANIFEST: &str = "connector.toml";

/// What `connector check` is told.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The folder of a connector, or its manifest.
    #[arg(value_name = "DIR|FILE")]
    subject: PathBuf,
}

impl Check {
    pub(super) async fn run(self, voice: &mut Voice) -> anyhow::Result<u8> {
        let file = match self.subject.is_dir() {
            true => self.subject.join(MANIFEST),
            false => self.subject,
        };
        let manifest = file::read_text(&file)
            .context("there is no manifest\n  hint: name the folder of a connector")?;
        let found = mistakes(&manifest, &file).await?;
        let wrong = u8::from(!found.mistakes.is_empty());
        let told = json!({
            "file": found.file,
            "programs": programs(&manifest).len(),
            "mistakes": found.mistakes.iter().map(one).collect::<Vec<_>>(),
        });
        voice.data(&told, |voice, told| shown(voice, told, &found));
        Ok(wrong)
    }
}

/// Refuses a folder without code of which a program is no program; what else could be wrong, the
/// build says.
pub(super) async fn programs_of(dir: &Path) -> anyhow::Result<()> {
    let file = dir.join(MANIFEST);
    let Some(text) = Language::of(dir).is_none().then(|| file::read_text(&file).ok()).flatten()
    else {
        return Ok(());
    };
    let mistakes = wrong_programs(&text).await?;
    anyhow::ensure!(
        mistakes.is_empty(),
        ManifestError { file: file.display().to_string(), mistakes }
    );
    Ok(())
}

/// Everything that is wrong with a manifest, in the order of its text.
async fn mistakes(manifest: &str, file: &Path) -> anyhow::Result<ManifestError> {
    let name = file.display().to_string();
    let folder = file.parent().unwrap_or(Path::new(""));
    let read = match Language::of(folder).is_none() {
        true => Manifest::parse_declarative(manifest, &name),
        false => Manifest::parse(manifest, &name),
    };
    let mut found = match read {
        Ok(_) => ManifestError { file: name, mistakes: Vec::new() },
        Err(error) => error,
    };
    found.mistakes.extend(wrong_programs(manifest).await?);
    found.mistakes.sort();
    Ok(found)
}

async fn wrong_programs(manifest: &str) -> anyhow::Result<Vec<Mistake>> {
    let compiler = config::own_compiler().context("this program does not know its own file")?;
    Ok(host::check_programs(manifest, compiler).await?)
}

fn one(mistake: &Mistake) -> Value {
    let Mistake { line, column, message, hint } = mistake;
    json!({ "line": line, "column": column, "message": message, "hint": hint })
}

fn shown(voice: &mut Voice, told: &Value, found: &ManifestError) {
    match items(&told["mistakes"]).len() {
        0 => {
            let count = text(&told["programs"]);
            voice.line(&format!("`{}` is right; programs: {count}", found.file));
        }
        count => voice.complain(&format!("{found}\nmistakes: {count}")),
    }
}
