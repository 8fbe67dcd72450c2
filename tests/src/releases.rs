//! The connectors and guests that the tests install, each built once in a process.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jackfield::cli::build;
use jackfield_registry::package::{Release, embed};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository")
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
    embed(release.code(), &text).expect("a release")
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

/// Where a release is written, for commands that take a file.
pub fn written(dir: &Path, name: &str, release: &[u8]) -> PathBuf {
    let file = dir.join(format!("{name}.wasm"));
    fs::write(&file, release).expect("a file in a temporary directory");
    file
}
