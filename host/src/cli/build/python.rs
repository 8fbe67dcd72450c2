//! Python: componentize-py puts the interpreter and the folder's modules into one component, and
//! what its C library imports of files and sockets is cut out of it.
//!
//! The folder has `app.py` with the roles' classes and one world in `wit/`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{MADE, cut, given, made_by};

/// How the tool is had.
const HINT: &str = "run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` there";
/// The module with the classes.
const APP: &str = "app";

/// Makes the component of a folder with `app.py`.
pub(super) fn component(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let dir = dir.canonicalize().with_context(|| format!("`{}` is not there", dir.display()))?;
    given::python(&dir)?;
    let mut tool = Command::new(program(&dir));
    tool.args(["--quiet", "--wit-path", "wit", "componentize", APP, "--output", MADE]);
    tool.args(["--python-path", "."]);
    let made = made_by(&mut tool, &dir, HINT)?;
    cut::files_and_sockets(&made).context("the component cannot be cut down to the contract")
}

/// componentize-py of the environment `.venv` in the folder or above it, else whichever is found.
fn program(dir: &Path) -> PathBuf {
    let own = dir.ancestors().map(|above| above.join(".venv/bin/componentize-py"));
    own.into_iter().find(|program| program.is_file()).unwrap_or_else(|| "componentize-py".into())
}
