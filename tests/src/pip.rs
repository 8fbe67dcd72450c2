//! What the tests need of PyPI, below `target`: installed once, then used without network.
//!
//! Exactly what is named is installed, in a virtual environment of its own, which is there as a
//! whole or not at all.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use jackfield_registry::package::Digest;

use crate::releases;

/// How long pip waits for an answer, in seconds.
const TIMEOUT_S: &str = "60";

/// The directory whose `.venv` has the packages, below `target` and the name, or what is missing
/// for that.
pub(crate) async fn installed(
    name: &'static str,
    packages: Vec<&'static str>,
) -> Result<PathBuf, String> {
    let all = releases::target().join(name);
    let made = tokio::task::spawn_blocking(move || environment(&all, &packages)).await;
    made.expect("no panic").map_err(|error| format!("{error:#}"))
}

fn environment(all: &Path, packages: &[&str]) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(all)?;
    // One process installs, the others wait for it.
    let lock = File::create(all.join("lock"))?;
    lock.lock()?;
    let dir = all.join(Digest::of(packages.join(" ").as_bytes()).to_hex());
    let whole = dir.join("whole");
    if whole.exists() {
        return Ok(dir);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let venv = dir.join(".venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let pip = ["-m", "pip", "install", "--quiet", "--timeout", TIMEOUT_S, "--retries", "1"];
    run(Command::new(venv.join("bin/python")).args(pip).args(packages))?;
    fs::write(whole, "")?;
    Ok(dir)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let ended = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        bail!("{}", said.lines().last().unwrap_or("it failed"));
    }
    Ok(())
}
