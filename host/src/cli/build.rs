//! Building a connector: its crate becomes a component, or the one that carries out manifests is
//! taken, and the manifest goes inside.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use jackfield_registry::{
    manifest::Manifest,
    package::{Release, embed},
};
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

/// The component of every connector that has no code, made by the build script from `sdk/rest`.
static DECLARATIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rest.wasm"));

/// Builds the connector in a folder: `connector.toml`, and beside it `Cargo.toml` where it has code
/// of its own.
pub fn connector(dir: &Path) -> anyhow::Result<Release> {
    let manifest_file = dir.join("connector.toml");
    let text = fs::read_to_string(&manifest_file).with_context(|| {
        format!(
            "`{}` cannot be read\n  hint: name the folder of a connector",
            manifest_file.display()
        )
    })?;
    let file = manifest_file.display().to_string();
    if !dir.join("Cargo.toml").exists() {
        Manifest::parse_declarative(&text, &file)?;
        return Ok(Release::read(embed(DECLARATIVE, &text)?)?);
    }
    // Mistakes in the manifest are told before anybody waits for a compiler.
    Manifest::parse(&text, &file)?;
    let component = component(&dir.join("Cargo.toml"), &[])?;
    let bytes = fs::read(&component)
        .with_context(|| format!("`{}` cannot be read", component.display()))?;
    Ok(Release::read(embed(&bytes, &text)?)?)
}

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
