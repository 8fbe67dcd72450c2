//! `jackfield connector new`: a folder that builds and passes at once.
//!
//! From a template of its language; or, with `--openapi`, from what a vendor's own description
//! tells, with every decision that is a person's marked. Nothing that is there is written over.

mod templates;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    Voice, file,
    schema::Kind,
    voice::{items, text},
};
use crate::draft::{Draft, draft};
use templates::Names;

/// Where a folder keeps the schema of its manifest.
const SCHEMA: &str = ".jackfield/connector.schema.json";
/// The longest id of a connector, in bytes.
const ID_BYTES_MAX: usize = 48;

/// A file of the folder: its path in it, and its text.
type Written = (String, String);

/// What `connector new` is told.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Its id: small letters, digits and `-`.
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in.
    #[arg(long, value_name = "LANG", default_value = "toml")]
    lang: Language,
    /// The vendor's description in OpenAPI 3 or Swagger 2, as JSON or YAML: drafts a connector
    /// without code.
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// The resources of the description to draft [default: those of which it tells the most].
    #[arg(long, value_name = "NAME", requires = "openapi", num_args = 1..)]
    only: Vec<String>,
    /// The folder to make [default: NAME].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The Rust SDK, where it is not taken from the repository: the folder `sdk/rust`.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// What a connector is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// `connector.toml` alone, without code.
    Toml,
    /// A crate.
    Rust,
    /// JavaScript.
    Js,
    /// TypeScript.
    Ts,
    /// Python.
    Python,
}

impl New {
    pub(super) fn run(self, voice: &mut Voice) -> anyhow::Result<()> {
        if !is_id(&self.name) {
            bail!(
                "`{}` is no id of a connector\n  hint: begin with a letter, and use a-z, 0-9 and \
                 `-`, up to {ID_BYTES_MAX} of them",
                self.name.escape_debug()
            );
        }
        if self.openapi.is_some() && self.lang != Language::Toml {
            bail!(
                "a description is drafted as a connector without code\n  hint: leave out --lang; \
                 code can be added to the folder later"
            );
        }
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        let (files, draft) = self.files()?;
        written(&dir, &files)?;
        let told = json!({
            "dir": dir,
            "files": files.iter().map(|(path, _)| path).collect::<Vec<_>>(),
            "entities": draft.as_ref().map(|draft| &draft.entities),
            "left_out": draft.as_ref().map(|draft| &draft.left_out),
            "decisions": draft.as_ref().map(|draft| draft.decisions),
        });
        voice.data(&told, |voice, told| {
            for path in items(&told["files"]) {
                voice.line(&format!("wrote {}", dir.join(text(path)).display()));
            }
            if let Some(draft) = &draft {
                let entities = draft.entities.join(", ");
                voice.line(&format!("drafted: {entities}; left out: {}", draft.left_out.len()));
                voice.line(&format!("to decide: {} lines say `# DECIDE:`", draft.decisions));
            }
            let dir = dir.display();
            voice.line(&format!("next: jackfield connector check {dir}"));
            voice.line(&format!("      jackfield connector build {dir}"));
            if self.openapi.is_none() {
                voice.line(&format!("      jackfield connector test {dir}"));
            }
        });
        Ok(())
    }

    /// The files of the folder, and the draft that is among them.
    fn files(&self) -> anyhow::Result<(Vec<Written>, Option<Draft>)> {
        let schema = (SCHEMA.to_owned(), Kind::Connector.text());
        let Some(description) = &self.openapi else {
            let names = Names::new(&self.name, self.sdk.as_deref());
            let mut files = templates::files(self.lang.word(), &names);
            if files.is_empty() {
                bail!("this program was built without templates for {}", self.lang.word());
            }
            for (path, text) in &mut files {
                if path == "connector.toml" {
                    *text = format!("{}{text}", schema_line());
                }
            }
            files.push(schema);
            return Ok((files, None));
        };
        let named = description.display();
        let said = file::read_text(description)?;
        let draft = draft(&self.name, &said, &self.only)
            .with_context(|| format!("`{named}` gives no draft"))?;
        let manifest = format!("{}{}", schema_line(), draft.manifest);
        Ok((vec![("connector.toml".into(), manifest), schema], Some(draft)))
    }
}

impl Language {
    /// The name of its folder of templates.
    fn word(self) -> &'static str {
        match self {
            Self::Toml => "toml",
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Ts => "ts",
            Self::Python => "python",
        }
    }
}

/// The line by which Taplo, and with it VS Code, finds the schema of a manifest.
fn schema_line() -> String {
    format!("#:schema ./{SCHEMA}\n")
}

/// Whether a word can be the id of a connector.
fn is_id(word: &str) -> bool {
    word.len() <= ID_BYTES_MAX
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Writes the files, all or none: a folder in which one of them is already is left as it is.
fn written(dir: &Path, files: &[Written]) -> anyhow::Result<()> {
    if let Some((there, _)) = files.iter().find(|(path, _)| dir.join(path).exists()) {
        bail!(
            "`{}` is there already, and nothing was written\n  hint: name another folder with --dir",
            dir.join(there).display()
        );
    }
    for (path, text) in files {
        let path = dir.join(path);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder)
            .with_context(|| format!("`{}` cannot be made", folder.display()))?;
        file::write(&path, text.as_bytes())?;
    }
    Ok(())
}
