//! The connectors and guests that the tests install, each built once in a process.

use std::{
    collections::HashMap,
    env, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{self, ExitCode},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use jackfield::{
    cli::build,
    runtime::{COMPILE, Compiler, compile_here},
};
use jackfield_registry::package::{Digest, Release, embed};

use crate::orders::MANIFEST;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository")
}

/// Where Cargo builds, which is where what is made for the tests is kept too. Cargo marks it.
pub fn target() -> PathBuf {
    let own = env::current_exe().expect("a file of our own");
    let marked = own.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    marked.map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// What compiles releases for the hosts of tests: this program again if it is one of `demo`,
/// `measure` and `torture`, which begin with [`compile_if_asked`]; else `torture`, beside the
/// tests. It keeps what it compiled beside itself, so that each component is compiled once and
/// not once a host.
pub fn compiler() -> Compiler {
    let own = env::current_exe().expect("a file of our own");
    let dir = own.parent().expect("a directory of it");
    let program = if dir.ends_with("deps") { dir.with_file_name("torture") } else { own };
    assert!(program.exists(), "`cargo test` builds {}", program.display());
    Compiler::new(program, [COMPILE.into()])
}

/// Compiles a release instead of anything else, if this program was called for that.
pub fn compile_if_asked() -> Option<ExitCode> {
    env::args_os().nth(1).filter(|word| word == COMPILE)?;
    Some(match compile_once() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    })
}

/// Compiles from standard input to standard output, unless this program has done so before.
fn compile_once() -> anyhow::Result<()> {
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    // Another build of the program may compile otherwise.
    let own = env::current_exe()?;
    let built = fs::metadata(&own)?.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let dir = own.with_file_name("compiled-by");
    let dir = dir.join(format!("{name}-{built}"));
    let kept = dir.join(Digest::of(&component).to_hex());
    let compiled = match fs::read(&kept) {
        Ok(compiled) => compiled,
        Err(_) => {
            let mut compiled = Vec::new();
            compile_here(component.as_slice(), &mut compiled).map_err(anyhow::Error::msg)?;
            clear_older(&dir, &name);
            fs::create_dir_all(&dir)?;
            let part = kept.with_extension(process::id().to_string());
            fs::write(&part, &compiled)?;
            fs::rename(part, kept)?;
            compiled
        }
    };
    Ok(io::stdout().lock().write_all(&compiled)?)
}

/// Removes what older builds of the program compiled.
fn clear_older(dir: &Path, name: &str) {
    let Some(all) = dir.parent() else { return };
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("{name}-"))
            && entry.path() != dir
        {
            // Another process may be faster.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What was built so far, by name.
static BUILT: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);

fn once(name: &str, build: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.get_or_insert_default().entry(name.to_owned()).or_insert_with(build).clone()
}

/// The release of a connector in `plugins/`.
pub fn connector(id: &str) -> Vec<u8> {
    once(id, || {
        let dir = root().join("plugins").join(id);
        build::connector(&dir).expect("a connector that builds").bytes().to_vec()
    })
}

/// The same without its vendor's budgets, for runs that send more than a real account may.
pub fn without_budgets(id: &str) -> Vec<u8> {
    let file = root().join("plugins").join(id).join("connector.toml");
    let text = fs::read_to_string(file).expect("a manifest");
    let mut manifest: toml::Table = text.parse().expect("TOML");
    manifest.remove("budget");
    let release = Release::read(connector(id)).expect("a release");
    let text = toml::to_string(&manifest).expect("TOML again");
    embed(&release.code(), &text).expect("a release")
}

/// A tiny guest of `tests/guests`, as a component without a manifest.
pub fn component(name: &str) -> Vec<u8> {
    once(&format!("guest {name}"), || {
        let cargo_toml = root().join("tests/guests/Cargo.toml");
        let file =
            build::component(&cargo_toml, &["--example", name]).expect("a guest that builds");
        fs::read(file).expect("a component")
    })
}

/// A guest as a release, under the manifest that it needs.
pub fn guest(name: &str, manifest: &str) -> Vec<u8> {
    embed(&component(name), manifest).expect("a release")
}

/// A release of the orders guest under an id and in a version of its own.
pub fn orders(id: &str, version: &str) -> Vec<u8> {
    embed(&component("orders"), &orders_manifest(id, version)).expect("a release")
}

/// The same with code of its own, so that it is compiled for itself.
pub fn orders_with_own_code(id: &str, version: &str) -> Vec<u8> {
    let mut code = component("orders");
    // A custom section, which means nothing: its id, its size, the length of its name, its name.
    let name = format!("{id} {version}");
    let name_bytes = u8::try_from(name.len()).expect("a short name");
    code.extend([0, name_bytes + 1, name_bytes]);
    code.extend(name.as_bytes());
    embed(&code, &orders_manifest(id, version)).expect("a release")
}

/// The manifest of the orders guest under an id and in a version of its own.
pub fn orders_manifest(id: &str, version: &str) -> String {
    MANIFEST
        .replace("id = \"orders\"", &format!("id = \"{id}\""))
        .replace("version = \"0.1.0\"", &format!("version = \"{version}\""))
}

/// A version of the orders connector that traps on every delivery; it does no actions.
pub fn orders_trapping(version: &str) -> Vec<u8> {
    guest("trapping", &trapping_manifest(version))
}

/// The manifest of the same.
pub fn trapping_manifest(version: &str) -> String {
    let mut manifest = orders_manifest("orders", version);
    manifest.truncate(manifest.find("[actions.").expect("actions"));
    manifest
}

/// Where a release is written, for commands that take a file.
pub fn written(dir: &Path, name: &str, release: &[u8]) -> PathBuf {
    let file = dir.join(format!("{name}.wasm"));
    fs::write(&file, release).expect("a file in a temporary directory");
    file
}

/// How the manifest of a guest begins that stands for no system at all.
pub fn head(id: &str, title: &str) -> String {
    format!(
        r#"
[connector]
id = "{id}"
version = "0.1.0"
title = "{title}"
vendor = "Nobody"
category = "other"
roles = []
docs = "https://example.com"
licence = "Apache-2.0"
"#
    )
}
