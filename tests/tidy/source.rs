//! The source files of the repository, read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jackfield_tests::releases::root;

/// Folders that hold no source of ours.
const SKIPPED: [&str; 3] = ["target", ".git", "fixtures"];

/// One file.
pub struct Source {
    /// Its path below the root of the repository, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files below a folder of the repository whose names end so.
pub fn below(folder: &str, ends: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), ends, &mut found);
    assert!(!found.is_empty(), "nothing ends in {ends} below {folder}");
    found
}

fn walk(dir: &Path, ends: &str, found: &mut Vec<Source>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&path, ends, found);
        } else if path.is_file() && name.ends_with(ends) {
            let text = fs::read_to_string(&path).expect("a text");
            let path = path.strip_prefix(root()).expect("below the root");
            found.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Everything that is Rust.
pub fn rust() -> Vec<Source> {
    let folders = ["host", "registry", "sdk", "plugins", "tests"];
    folders.iter().flat_map(|folder| below(folder, ".rs")).collect()
}
