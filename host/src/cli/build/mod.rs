//! Building a connector: its sources become a component, and the manifest goes inside.
//!
//! A folder's language is known by the file that its own tools look for. Each language has a file
//! here that runs those tools and answers the component; what is written into the folder for them
//! is `given`.

mod cut;
mod given;
mod js;
mod python;
mod rust;

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use anyhow::{Context as _, bail};
use jackfield_registry::{
    manifest::Manifest,
    package::{Release, embed},
};

pub use rust::{TARGET, component};

/// The component of every connector that has no code, made by the build script from `sdk/rest`.
static DECLARATIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rest.wasm"));

/// Where the tools of JavaScript and Python leave the component, below the folder.
const MADE: &str = "target/component.wasm";

/// The language of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A crate: `Cargo.toml`.
    Rust,
    /// JavaScript, or what becomes JavaScript: `package.json`.
    Js,
    /// Python: `pyproject.toml`, or `requirements.txt`.
    Python,
}

impl Language {
    /// The files by which a language is known, in the order in which they are looked for.
    const KNOWN_BY: [(&str, Self); 4] = [
        ("Cargo.toml", Self::Rust),
        ("package.json", Self::Js),
        ("pyproject.toml", Self::Python),
        ("requirements.txt", Self::Python),
    ];

    /// The language of a folder; none if it has no sources that are known.
    pub fn of(dir: &Path) -> Option<Self> {
        let found = Self::KNOWN_BY.into_iter().find(|(file, _)| dir.join(file).is_file());
        found.map(|(_, language)| language)
    }

    /// Runs the language's own tools in a folder.
    fn component(self, dir: &Path) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Rust => read(&rust::component(&dir.join("Cargo.toml"), &[])?),
            Self::Js => js::component(dir),
            Self::Python => python::component(dir),
        }
    }
}

/// Builds the connector in a folder: `connector.toml`, and beside it the sources of its code, if it
/// has any. One without is its manifest in the component that carries manifests out.
pub fn connector(dir: &Path) -> anyhow::Result<Release> {
    let manifest_file = dir.join("connector.toml");
    let text = fs::read_to_string(&manifest_file).with_context(|| {
        format!(
            "`{}` cannot be read\n  hint: name the folder of a connector",
            manifest_file.display()
        )
    })?;
    let file = manifest_file.display().to_string();
    // Mistakes in the manifest are told before anybody waits for a compiler.
    let component = match Language::of(dir) {
        Some(language) => {
            Manifest::parse(&text, &file)?;
            Cow::Owned(language.component(dir)?)
        }
        None => {
            Manifest::parse_declarative(&text, &file)?;
            Cow::Borrowed(DECLARATIVE)
        }
    };
    Ok(Release::read(embed(&component, &text)?)?)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

/// Has a tool make [`MADE`] anew, in the folder; `hint` says how the tool is had.
fn made_by(tool: &mut Command, dir: &Path, hint: &str) -> anyhow::Result<Vec<u8>> {
    let made: PathBuf = dir.join(MADE);
    let target = made.parent().unwrap_or(dir);
    fs::create_dir_all(target).with_context(|| format!("`{}` cannot be made", target.display()))?;
    // What an earlier build left must not be taken for this one's.
    let _ = fs::remove_file(&made);
    let name = tool.get_program().to_string_lossy().into_owned();
    let ended: ExitStatus = tool
        .current_dir(dir)
        .status()
        .with_context(|| format!("`{name}` cannot be run\n  hint: {hint}"))?;
    if !ended.success() {
        bail!("`{}` does not build; what `{name}` said is above", dir.display());
    }
    fs::read(&made).with_context(|| {
        format!("the build made no `{}`\n  hint: it must write the component there", made.display())
    })
}
