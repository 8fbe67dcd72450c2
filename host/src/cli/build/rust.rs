//! Rust: Cargo makes the component, for the platform and in the profile that suit the host.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The platform of components.
pub const TARGET: &str = "wasm32-wasip2";
/// How a component is optimised: quick, in one unit, with names for backtraces, and with a stack
/// that leaves its data where the host keeps memory ready between calls.
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=3",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=\"debuginfo\"",
    "target.wasm32-wasip2.rustflags=[\"-Clink-arg=-zstack-size=131072\"]",
];

/// Runs Cargo for the platform of components and answers the file that it made. `select` chooses
/// among several artifacts of a package, such as `["--example", "NAME"]`.
pub fn component(cargo_toml: &Path, select: &[&str]) -> anyhow::Result<PathBuf> {
    ensure_target()?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--target", TARGET, "--manifest-path"]).arg(cargo_toml);
    cargo.args(["--message-format", "json-render-diagnostics"]).args(select);
    for line in PROFILE {
        cargo.args(["--config", line]);
    }
    let mut cargo = cargo
        .stdout(Stdio::piped())
        .spawn()
        .context("`cargo` cannot be run\n  hint: install Rust from https://rustup.rs")?;
    // The output was asked for in the line above.
    let messages = BufReader::new(cargo.stdout.take().expect("a pipe"));
    let mut made = None;
    for line in messages.lines() {
        let line = line.context("cargo was cut off")?;
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        made = artifact(&message).or(made);
    }
    if !cargo.wait().context("cargo was cut off")?.success() {
        bail!("`{}` does not build; what cargo said is above", cargo_toml.display());
    }
    made.with_context(|| {
        format!(
            "`{}` makes no component\n  hint: it needs `[lib] crate-type = [\"cdylib\"]`",
            cargo_toml.display()
        )
    })
}

/// The component that a message of cargo tells of; the last is the one that was asked for.
fn artifact(message: &Value) -> Option<PathBuf> {
    let files = message["filenames"].as_array()?;
    let made = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm"));
    made.map(PathBuf::from)
}

/// Adds the platform to the toolchain, where it is not there.
fn ensure_target() -> anyhow::Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot =
        sysroot.context("`rustc` cannot be run\n  hint: install Rust from https://rustup.rs")?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if !added.is_ok_and(|status| status.success()) {
        bail!("the target {TARGET} is missing\n  hint: rustup target add {TARGET}");
    }
    Ok(())
}
