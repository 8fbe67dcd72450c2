//! The release files: written whole, named by their digests, removed when nobody needs them.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jackfield_registry::package::{Digest, Release};

use super::{ConnectorError, gates};
use crate::{runtime::Runtime, sweep};

/// The directory of release files. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Files {
    dir: PathBuf,
}

impl Files {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}.wasm", digest.to_hex()))
    }

    /// Reads a release.
    pub(super) fn read(
        &self,
        digest: &Digest,
        runtime: &Runtime,
    ) -> Result<Release, ConnectorError> {
        let path = self.path(digest);
        let bytes = fs::read(&path).map_err(|source| ConnectorError::File { path, source })?;
        let release = gates::read(runtime, bytes)?;
        if release.digest() != *digest {
            return Err(ConnectorError::Damaged(*digest));
        }
        Ok(release)
    }

    /// Writes a release so that after a power cut it is there whole or not at all.
    pub(super) fn write(&self, release: &Release) -> Result<(), ConnectorError> {
        let path = self.path(&release.digest());
        let written = write(&self.dir, &path, release.bytes());
        written.map_err(|source| ConnectorError::File { path, source })
    }

    /// Removes every file but those of `needed`: what an upgrade, a removal or a kill in the
    /// middle of an install left behind.
    pub(super) fn keep_only(&self, needed: &BTreeSet<Digest>) {
        let needed: BTreeSet<_> = needed.iter().map(|digest| self.path(digest)).collect();
        sweep::keep_only(&self.dir, |file| needed.contains(file));
    }

    /// Removes the file of a release.
    pub(super) fn remove(&self, digest: &Digest) {
        sweep::remove(&self.path(digest));
    }
}

fn write(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let part = path.with_extension("part");
    let mut file = fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(part, path)?;
    fs::File::open(dir)?.sync_all()
}
