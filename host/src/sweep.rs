//! Files that nobody needs any more.
//!
//! Promises that one which stays costs space and nothing else: it is told of, and the next start
//! tries again. Never touches a directory below the one that it is given.

use std::{fs, io, path::Path};

/// Removes a file, if it is there.
pub fn remove(file: &Path) {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, file = %file.display(), "a file that nobody needs stays");
        }
        _ => {}
    }
}

/// Removes every file of a directory but those that are needed.
pub fn keep_only(dir: &Path, is_needed: impl Fn(&Path) -> bool) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if !is_needed(&entry.path()) {
            remove(&entry.path());
        }
    }
}
