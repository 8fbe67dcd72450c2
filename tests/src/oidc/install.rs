//! The server's installation below `target/oidc`, in the versions that are locked.

use std::{fs, path::PathBuf, process};

use crate::npm::{self, Wanted};

const WANTED: Wanted = Wanted {
    name: "oidc",
    package: include_str!("../../oidc/package.json"),
    lock: include_str!("../../oidc/package-lock.json"),
};
const SERVER: &str = include_str!("../../oidc/server.mjs");

/// The directory where it is installed, or what is missing for that.
pub(super) async fn installed() -> Result<PathBuf, String> {
    let dir = npm::installed(&WANTED).await?;
    // The program may be newer than what it stands on.
    let part = dir.join(format!("server-{}.part", process::id()));
    let written = fs::write(&part, SERVER).and_then(|()| fs::rename(&part, dir.join("server.mjs")));
    written.map_err(|error| format!("`{}` cannot be written: {error}", dir.display()))?;
    Ok(dir)
}
