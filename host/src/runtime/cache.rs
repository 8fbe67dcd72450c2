//! Compiled code on disk, so that a host that starts again does not compile again.
//!
//! A file is named by the digest of the component and by what it was compiled with, and begins
//! with a MAC: compiled code is native code, and only this host's own is loaded.
#![expect(unsafe_code, reason = "loading compiled code, once its MAC is checked")]

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::{Path, PathBuf},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use super::RuntimeError;

/// The length of the MAC in front of the code, in bytes.
const MAC_BYTES: usize = 32;

/// The directory of compiled code.
pub(super) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    /// Wasmtime's version, settings and the machine's CPU features, as one number.
    engine: u64,
}

impl Cache {
    pub(super) fn new(dir: PathBuf, key: [u8; 32], engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { dir, key, engine: hasher.finish() }
    }

    /// The compiled form of `component`: from the cache, or compiled now and kept.
    /// `digest` names the code, as hexadecimal text.
    pub(super) fn load(
        &self,
        engine: &Engine,
        digest: &str,
        component: &[u8],
    ) -> Result<Component, RuntimeError> {
        let path = self.dir.join(format!("{digest}-{:016x}.cwasm", self.engine));
        if let Some(compiled) = self.read(&path) {
            // SAFETY: the MAC says that this host wrote these bytes, and the name and wasmtime's
            // own header say that an engine like this one compiled them.
            if let Ok(component) = unsafe { Component::deserialize(engine, compiled) } {
                return Ok(component);
            }
        }
        let compiled = engine.precompile_component(component).map_err(RuntimeError::Compile)?;
        if let Err(error) = self.write(&path, &compiled) {
            tracing::warn!(%error, file = %path.display(), "compiled code is not kept; the next start compiles again");
        }
        // SAFETY: compiled by this engine in the line above.
        unsafe { Component::deserialize(engine, compiled) }.map_err(RuntimeError::Compile)
    }

    fn mac(&self, path: &Path) -> Hmac<Sha256> {
        // A key of any length is good for HMAC, so this cannot fail.
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key).expect("any key length");
        // The name is part of it: one cache file cannot stand in for another.
        mac.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        mac
    }

    /// The code in `path`, if it is there and this host wrote it.
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let file = fs::read(path).ok()?;
        let (mac, compiled) = file.split_at_checked(MAC_BYTES)?;
        if self.mac(path).chain_update(compiled).verify_slice(mac).is_err() {
            tracing::warn!(file = %path.display(), "a compile cache file is forged or damaged; compiling again");
            return None;
        }
        Some(compiled.to_vec())
    }

    fn write(&self, path: &Path, compiled: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let mac = self.mac(path).chain_update(compiled).finalize().into_bytes();
        let part = path.with_extension("part");
        let mut file = fs::File::create(&part)?;
        file.write_all(&mac)?;
        file.write_all(compiled)?;
        // No sync: after a power cut the MAC tells a torn file, and it is compiled again.
        fs::rename(part, path)
    }
}
