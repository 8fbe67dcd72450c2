//! Where commands that run alone keep compiled code for the user who types them, and what else they
//! need for a while.
//!
//! Compiled code is native code: what somebody else could have written must never be run. So the
//! directory and the key in it are their owner's alone, and where they are not, none is kept.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::config;

/// The file of the key, in the cache.
const KEY_FILE: &str = "key";
/// The bits of a mode by which others than the owner may write.
const OTHERS_WRITE: u32 = 0o022;
/// The bits of a mode by which others than the owner may do anything.
const OTHERS: u32 = 0o077;

/// A directory of a command's own, which is gone with it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// One that nobody else has. Whoever writes into it makes it.
    pub fn new() -> Self {
        let name = format!("jackfield-{}", Uuid::new_v4().simple());
        Self(std::env::temp_dir().join(name))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The key and the directory of compiled code: the user's cache, so that the second command is
    /// quick, or a part of this where there is none that is the user's alone.
    pub fn compiled(&self) -> ([u8; 32], PathBuf) {
        let kept = config::cache_dir().and_then(|dir| Some((key(&dir)?, dir)));
        kept.unwrap_or_else(|| (fresh_key(), self.0.join("compiled")))
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left there is of no use to anybody, and no secret.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The key of a cache, made where there is none; none where others could write what is run.
fn key(dir: &Path) -> Option<[u8; 32]> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).ok()?;
    let path = dir.join(KEY_FILE);
    if !is_own(dir, OTHERS_WRITE) {
        return None;
    }
    if !path.exists() {
        write(dir, &path)?;
    }
    if !is_own(&path, OTHERS) {
        return None;
    }
    let text = fs::read_to_string(path).ok().filter(|text| !text.trim().is_empty())?;
    Some(Sha256::digest(text.trim()).into())
}

/// A key that nobody has had.
fn fresh_key() -> [u8; 32] {
    Sha256::digest(random()).into()
}

/// Writes a new key; of two commands that do so at once, the first one's stays.
fn write(dir: &Path, path: &Path) -> Option<()> {
    let draft = dir.join(format!("{KEY_FILE}.{}", Uuid::new_v4().simple()));
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let written = opened.and_then(|mut file| writeln!(file, "{}", hex::encode(random())));
    // A link, since it fails where something is.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    // The key itself stays under its own name.
    let _ = fs::remove_file(&draft);
    (linked.is_ok() || path.exists()).then_some(())
}

/// Sixteen random bytes twice: a version-4 UUID has 122 random bits.
fn random() -> Vec<u8> {
    [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat()
}

/// Whether something belongs to whoever runs this, and none of these bits is set.
fn is_own(path: &Path, others: u32) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|about| about.uid() == own && about.mode() & others == 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("jackfield");
        let first = key(&cache).unwrap();
        assert_eq!(key(&cache), Some(first));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache), mode(&cache.join(KEY_FILE))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn where_others_could_write_nothing_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("jackfield");
        key(&cache).unwrap();
        let file = cache.join(KEY_FILE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(key(&cache), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(key(&cache), None);
    }
}
