//! What the tests need of npm, below `target`: installed once, then used without network.
//!
//! What a `package-lock.json` names is installed and nothing else, in a directory with the name of
//! that file's digest, which is there as a whole or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};

use jackfield_registry::package::Digest;
use tokio::{process::Command, time::timeout};

use crate::releases;

/// The oldest Node that runs what is installed.
const NODE_MAJOR_MIN: u32 = 20;
/// How long a program may take to say its version.
const VERSION_WAIT: Duration = Duration::from_secs(30);
/// How long npm may take.
const INSTALL_WAIT: Duration = Duration::from_secs(300);
/// The longest piece of npm's complaint that is shown, in characters.
const COMPLAINT_CHARS_MAX: usize = 200;

/// What is installed.
pub(crate) struct Wanted {
    /// The directory below `target`.
    pub(crate) name: &'static str,
    /// `package.json`.
    pub(crate) package: &'static str,
    /// `package-lock.json`.
    pub(crate) lock: &'static str,
}

/// The directory where it is installed, or what is missing for that.
pub(crate) async fn installed(wanted: &Wanted) -> Result<PathBuf, String> {
    let node = says("node").await?;
    let major = node.trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>().is_ok_and(|major| major < NODE_MAJOR_MIN) {
        return Err(format!("`node` is {node}, and it needs {NODE_MAJOR_MIN}"));
    }
    // Whatever else is locked is installed elsewhere: what is there is whole and right.
    let all = releases::target().join(wanted.name);
    let dir = all.join(Digest::of(wanted.lock.as_bytes()).to_hex());
    if !dir.is_dir() {
        says("npm").await?;
        let part = all.join(format!("part-{}", process::id()));
        let made = install(wanted, &part).await;
        if made.is_ok() {
            // Fails where another process was faster, which is as good.
            let _ = fs::rename(&part, &dir);
        }
        let _ = fs::remove_dir_all(&part);
        made?;
    }
    Ok(dir)
}

/// Installs what the lock file names into a directory of its own.
async fn install(wanted: &Wanted, dir: &Path) -> Result<(), String> {
    let written = fs::create_dir_all(dir)
        .and_then(|()| fs::write(dir.join("package.json"), wanted.package))
        .and_then(|()| fs::write(dir.join("package-lock.json"), wanted.lock));
    written.map_err(|error| format!("`{}` cannot be written: {error}", dir.display()))?;
    let mut npm = Command::new("npm");
    npm.current_dir(dir).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    npm.args(["--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]);
    npm.args(["--loglevel=error", "--no-update-notifier"]);
    npm.stdin(Stdio::null()).kill_on_drop(true);
    let ended = timeout(INSTALL_WAIT, npm.output()).await;
    let ended = ended.map_err(|_| format!("`npm ci` took over {} s", INSTALL_WAIT.as_secs()))?;
    let ended = ended.map_err(|error| format!("`npm` cannot be started: {error}"))?;
    if ended.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&ended.stderr);
    let complaint = complaint.split_whitespace().collect::<Vec<_>>().join(" ");
    let complaint: String = complaint.chars().take(COMPLAINT_CHARS_MAX).collect();
    Err(format!("`npm ci` failed: {complaint}"))
}

/// The version that a program says it has.
async fn says(program: &str) -> Result<String, String> {
    let asked = Command::new(program).arg("--version").kill_on_drop(true).output();
    let answer = timeout(VERSION_WAIT, asked).await;
    match answer {
        Ok(Ok(answer)) if answer.status.success() => {
            Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        }
        _ => Err(format!("no `{program}` is there")),
    }
}
