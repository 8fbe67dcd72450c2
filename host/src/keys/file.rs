//! Master keys in files: each its owner's alone, and whole or not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{KeyError, parse};
use crate::{secret::Secret, vault::MasterKey};

/// The longest file that is read, in bytes; a key has 63.
const FILE_BYTES_MAX: u64 = 4 << 10;

/// The key of a file; none if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<MasterKey>, KeyError> {
    let failed = |source| KeyError::File { what: "read", path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    parse(&Secret::new(text), path.display()).map(Some)
}

/// Writes a key into a file that is not there yet, for its owner alone, onto the disk.
pub(super) fn write(path: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { what: "write", path: path.to_owned(), source };
    let draft = with(path, ".draft");
    // One that a kill left was never used.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let written = opened.and_then(|mut file| {
        writeln!(file, "{}", key.to_text().expose())?;
        file.sync_all()?;
        // A link, since it fails where something is.
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        linked
    });
    match written {
        Ok(()) => sync_dir(path).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(KeyError::Taken { place: path.display().to_string() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// Where the new key of a rotation stands.
pub(super) fn beside(path: &Path) -> PathBuf {
    with(path, ".next")
}

/// Has the new key take the place of the old one, which is kept under its id. May be done again
/// after a kill anywhere within.
pub(super) fn settle(path: &Path, next: &str) -> Result<PathBuf, KeyError> {
    let failed = |source| KeyError::File { what: "replace", path: path.to_owned(), source };
    let old = read(path)?.ok_or_else(|| KeyError::NoFile { path: path.to_owned() })?;
    let kept = with(path, &format!(".old-{}", old.id()));
    if read(&beside(path))?.is_none_or(|key| key.id() != next) {
        return Err(KeyError::NoFile { path: beside(path) });
    }
    match fs::hard_link(path, &kept) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    sync_dir(path).map_err(failed)?;
    fs::rename(beside(path), path).map_err(failed)?;
    sync_dir(path).map_err(failed)?;
    Ok(kept)
}

/// The path with something at the end of its name.
fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Makes it last which names a directory has.
fn sync_dir(file: &Path) -> io::Result<()> {
    let dir = match file.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    File::open(dir)?.sync_all()
}
