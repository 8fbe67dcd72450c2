//! Compiled code on disk, so that a host that starts again does not compile again.
//!
//! A file is named by the digest of the component and by what it was compiled with. Beside it
//! lies its MAC: compiled code is native code, and only this host's own is loaded. It is mapped,
//! not read, so that what no call needs takes no memory.
#![expect(unsafe_code, reason = "loading compiled code, once its MAC is checked")]

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use super::{RuntimeError, compile::Compiler};
use crate::sweep;

/// The directory of compiled code.
pub(super) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    compiler: Compiler,
    /// Wasmtime's version, settings and the machine's CPU features, as one number.
    engine: u64,
    /// What was loaded since the start.
    used: Mutex<BTreeSet<PathBuf>>,
}

impl Cache {
    pub(super) fn new(dir: PathBuf, key: [u8; 32], compiler: Compiler, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { dir, key, compiler, engine: hasher.finish(), used: Mutex::default() }
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.cwasm", self.engine))
    }

    /// The compiled form of `component`: from the cache, or compiled now and kept.
    /// `digest` names the code, as hexadecimal text.
    pub(super) fn load(
        &self,
        engine: &Engine,
        digest: &str,
        component: &[u8],
    ) -> Result<Component, RuntimeError> {
        let path = self.path(digest);
        // A panic while the lock is held leaves the set whole: each change is one insertion.
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        if let Some(component) = self.mapped(engine, &path) {
            return Ok(component);
        }
        let compiled = self.compiler.compile(component)?;
        match self.write(&path, &compiled) {
            Ok(()) => {
                if let Some(component) = self.mapped(engine, &path) {
                    return Ok(component);
                }
            }
            Err(error) => tracing::warn!(
                %error, file = %path.display(),
                "compiled code is not kept; the next start compiles again"
            ),
        }
        // SAFETY: our own compiler made it from these bytes for an engine like this one.
        let loaded = unsafe { Component::deserialize(engine, compiled) };
        loaded.map_err(|error| RuntimeError::Compile(format!("{error:#}")))
    }

    /// Removes what was compiled of a code. What is mapped stays until it is let go.
    pub(super) fn remove(&self, digest: &str) {
        let path = self.path(digest);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
        sweep::remove(&mac_path(&path));
        sweep::remove(&path);
    }

    /// Removes every file but those of these digests and those that were used.
    pub(super) fn keep_only(&self, digests: &BTreeSet<String>) {
        let mut needed = self.used.lock().unwrap_or_else(PoisonError::into_inner).clone();
        needed.extend(digests.iter().map(|digest| self.path(digest)));
        sweep::keep_only(&self.dir, |file| needed.contains(&file.with_extension("cwasm")));
    }

    fn mac(&self, path: &Path) -> Hmac<Sha256> {
        // A key of any length is good for HMAC, so this cannot fail.
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key).expect("any key length");
        // The name is part of it: one cache file cannot stand in for another.
        mac.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        mac
    }

    /// The code in `path`, if it is there and this host wrote it.
    fn mapped(&self, engine: &Engine, path: &Path) -> Option<Component> {
        let mut file = fs::File::open(path).ok()?;
        let wanted = fs::read(mac_path(path)).unwrap_or_default();
        let mut mac = self.mac(path);
        io::copy(&mut file, &mut Update(&mut mac)).ok()?;
        if mac.verify_slice(&wanted).is_err() {
            tracing::warn!(
                file = %path.display(),
                "a compile cache file is forged or damaged; compiling again"
            );
            return None;
        }
        // SAFETY: the MAC says that this host wrote the file, and the name and wasmtime's own
        // header say that an engine like this one compiled it. Nobody but the host's own user
        // can write into the directory, and the host replaces files, it does not change them.
        unsafe { Component::deserialize_file(engine, path) }.ok()
    }

    fn write(&self, path: &Path, compiled: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let mac = self.mac(path).chain_update(compiled).finalize().into_bytes();
        // No sync: after a power cut the MAC tells a torn file, and it is compiled again.
        for (path, bytes) in [(path.to_owned(), compiled), (mac_path(path), &mac[..])] {
            let part = path.with_added_extension("part");
            fs::write(&part, bytes)?;
            fs::rename(part, path)?;
        }
        Ok(())
    }
}

/// Where the MAC of a file stands.
fn mac_path(path: &Path) -> PathBuf {
    path.with_extension("mac")
}

/// Feeds a MAC.
struct Update<'a>(&'a mut Hmac<Sha256>);

impl io::Write for Update<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
