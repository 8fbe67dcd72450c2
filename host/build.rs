//! Builds the host's own components, the one that runs expressions and the one that carries out
//! manifests, and leaves them in `OUT_DIR`, so that a build from a fresh clone makes the whole
//! program.
//! The nested build has its own target directory and its own environment: whatever wraps
//! or flags the outer build (clippy, rustflags, profiles) never reaches it, and so nothing
//! is built twice. It builds nothing else; connectors are built by their authors.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The crates that become components, with their features, and the files in which they are left.
/// Each has a build of its own, since the second uses the first as a library.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("jackfield-expressions", "component", "expressions.wasm"),
    ("jackfield-rest", "", "rest.wasm"),
];
/// The only platform on which components run.
const TARGET: &str = "wasm32-wasip2";
/// The profile for components in the workspace's `Cargo.toml`.
const PROFILE: &str = "guest";
/// What the components are made of, below the workspace's root.
const SOURCES: [&str; 10] = [
    "sdk/expressions/build",
    "sdk/expressions/src",
    "sdk/expressions/Cargo.toml",
    "sdk/rest/src",
    "sdk/rest/Cargo.toml",
    "sdk/rust/src",
    "sdk/vocabulary/src",
    "sdk/vocabulary/Cargo.toml",
    "wit",
    "Cargo.lock",
];
/// What `connector new` writes, below the workspace's root: a folder for each language.
const TEMPLATES: &str = "sdk/templates";
/// Folders in a template that tools have left there.
const LEFT_BY_TOOLS: [&str; 4] = ["node_modules", "target", "__pycache__", ".venv"];
/// Beginnings of the `CARGO_…` variables that a user sets and that the nested build needs:
/// where Cargo lives, how it reaches its registry, and how many jobs may run at once.
const KEPT: [&str; 8] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("the host's own components could not be built\n{reason}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let root = directory("CARGO_MANIFEST_DIR")?.join("..");
    for source in SOURCES {
        println!("cargo:rerun-if-changed={}", root.join(source).display());
    }
    let out = directory("OUT_DIR")?;
    templates(&root.join(TEMPLATES), &out.join("templates.rs"))?;
    let target_dir = target_dir(&out)?.join("guests");
    install_target()?;
    for (package, features, file) in PACKAGES {
        let mut cargo = clean(&env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("build").arg("--manifest-path").arg(root.join("Cargo.toml"));
        cargo.args(["-p", package, "--features", features]);
        cargo.args(["--target", TARGET, "--profile", PROFILE]);
        cargo.arg("--target-dir").arg(&target_dir);
        run(&mut cargo)?;
        let artifact = format!("{}.wasm", package.replace('-', "_"));
        let made = target_dir.join(TARGET).join(PROFILE).join(artifact);
        fs::copy(&made, out.join(file))
            .map_err(|error| format!("copying `{}` failed: {error}", made.display()))?;
    }
    Ok(())
}

/// Writes the templates as a list in Rust: language, path, text.
fn templates(dir: &Path, list: &Path) -> Result<(), String> {
    println!("cargo:rerun-if-changed={}", dir.display());
    let mut files = Vec::new();
    gather(dir, &mut files)?;
    let mut text = String::from("&[\n");
    for file in files {
        let below = file.strip_prefix(dir).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let Some((language, path)) = below.split_once('/') else { continue };
        let file = file.canonicalize().map_err(|error| error.to_string())?;
        text.push_str(&format!("    ({language:?}, {path:?}, include_str!({file:?})),\n"));
    }
    text.push_str("]\n");
    fs::write(list, text).map_err(|error| format!("writing `{}` failed: {error}", list.display()))
}

/// Every file below a folder, in order.
fn gather(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("reading `{}` failed: {error}", dir.display());
    let entries = fs::read_dir(dir).map_err(failed)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    if let Ok(paths) = &mut paths {
        paths.sort();
    }
    for path in paths.map_err(failed)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() {
            files.push(path);
        } else if !LEFT_BY_TOOLS.contains(&name.as_str()) {
            gather(&path, files)?;
        }
    }
    Ok(())
}

/// A directory that Cargo names to build scripts.
fn directory(name: &str) -> Result<PathBuf, String> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("`{name}` is not set; run this through cargo"))
}

/// The outer build's target directory: Cargo marks it with `CACHEDIR.TAG`, and `OUT_DIR` lies
/// below it, at a depth that depends on the options of the build.
fn target_dir(out: &Path) -> Result<&Path, String> {
    out.ancestors()
        .find(|above| above.join("CACHEDIR.TAG").is_file())
        .ok_or_else(|| format!("no directory above `{}` has a CACHEDIR.TAG", out.display()))
}

/// Asks rustup for the platform's standard library where the compiler does not have it.
fn install_target() -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = run(clean(&rustc).args(["--print", "sysroot"]))?;
    if Path::new(printed.trim()).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    run(clean(OsStr::new("rustup")).args(["target", "add", TARGET])).map(|_| ()).map_err(|error| {
        format!("{error}\nhint: install the platform by hand: rustup target add {TARGET}")
    })
}

/// A command without anything that the outer Cargo, or a tool around it, has set.
fn clean(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let cargos = text.starts_with("CARGO") && !KEPT.iter().any(|kept| text.starts_with(kept));
        let compilers = ["RUSTC", "RUSTDOC", "CLIPPY_"].iter().any(|tool| text.starts_with(tool));
        if cargos || compilers || text == "RUSTFLAGS" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end and answers what it printed, or all that it complained of.
fn run(command: &mut Command) -> Result<String, String> {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    let output = command.output().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`{line}` failed:\n{}", String::from_utf8_lossy(&output.stderr)))
}
