//! JavaScript: the folder's own `npm run build` makes the component, with componentize-js or
//! whatever else makes one that imports nothing beyond the contract.

use std::{path::Path, process::Command};

use anyhow::{Context as _, bail};

use super::{given, made_by};

/// Runs the build of a folder with `package.json`.
pub(super) fn component(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let dir = dir.canonicalize().with_context(|| format!("`{}` is not there", dir.display()))?;
    given::js(&dir)?;
    if !dir.ancestors().any(|above| above.join("node_modules").is_dir()) {
        bail!("`{}` has no `node_modules`\n  hint: run `npm install` there", dir.display());
    }
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build"]);
    made_by(&mut npm, &dir, "install Node with npm from https://nodejs.org")
}
