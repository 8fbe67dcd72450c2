//! A release: one `.wasm` file that is a component with its manifest inside.
//!
//! Owns the file's form: the component, and in it the custom sections [`MANIFEST_SECTION`],
//! [`CONTRACT_SECTION`] and [`SIGNATURE_SECTION`]. Promises that a [`Release`] is a valid component
//! whose exports bear out its manifest, whose signature holds if it has one, and that a file that
//! is not one is refused in time and memory that grow no faster than the file. Never compiles,
//! runs or fetches anything, and never decides whose signature is enough.

mod contract;
mod digest;
mod error;
mod key;
mod sections;
mod signature;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use wasmparser::{Validator, WasmFeatures};

pub use contract::{CONTRACT_VERSION, Role};
pub use digest::Digest;
pub use error::{PackageError, Unfilled};
pub use key::{KeyError, Publisher, SigningKey};
pub use sections::{CONTRACT_SECTION, Item, Kind, MANIFEST_SECTION, embed};
pub use signature::{SIGNATURE_SECTION, sign};

use crate::manifest::Manifest;
use sections::Sections;

/// The largest release, in bytes.
pub const RELEASE_BYTES_MAX: usize = 64 << 20;

/// The name that the mistakes of a manifest inside a release bear.
const MANIFEST_FILE: &str = "connector.toml";

/// A release, read and checked.
#[derive(Debug, Clone)]
pub struct Release {
    bytes: Vec<u8>,
    /// Where the code stands in the bytes: in one piece, unless somebody put our sections into
    /// the middle.
    code: Vec<Range<usize>>,
    digest: Digest,
    code_digest: Digest,
    publisher: Option<Publisher>,
    manifest: Manifest,
    imports: Vec<Item>,
    exports: Vec<Item>,
    roles: BTreeSet<Role>,
}

impl Release {
    /// Reads the bytes of a file that nobody trusts.
    ///
    /// # Errors
    /// What the file is instead, or what is wrong with it, and how to mend that.
    pub fn read(bytes: impl Into<Vec<u8>>) -> Result<Self, PackageError> {
        Self::read_knowing(bytes, |_| false)
    }

    /// The same, where code of which `is_known` says that it was read before, whatever manifest was in
    /// it, need not be looked at again. Most of the time goes into that.
    ///
    /// # Errors
    /// As [`Release::read`].
    pub fn read_knowing(
        bytes: impl Into<Vec<u8>>,
        is_known: impl FnOnce(&Digest) -> bool,
    ) -> Result<Self, PackageError> {
        let bytes = bytes.into();
        sections::expect_component(&bytes)?;
        let sections = Sections::read(&bytes)?;
        let code = sections.code.iter().map(|range| &bytes[range.clone()]);
        let code_digest = Digest::of_parts(code);
        if !is_known(&code_digest) {
            Validator::new_with_features(WasmFeatures::default())
                .validate_all(&bytes)
                .map_err(|error| error::invalid(&error))?;
        }
        let publisher = sections.signature.map(|it| signature::verify(&bytes, &it)).transpose()?;
        let manifest = sections.manifest.ok_or(PackageError::NoManifest)?;
        contract::expect_version(sections.contract)?;
        let text = std::str::from_utf8(manifest)
            .map_err(|error| PackageError::ManifestEncoding { at_byte: error.valid_up_to() })?;
        let manifest = Manifest::parse(text, MANIFEST_FILE)?;
        let roles = contract::roles(&sections.exports);
        contract::expect_roles(&manifest, &roles)?;
        let Sections { code, imports, exports, .. } = sections;
        Ok(Self {
            digest: Digest::of(&bytes),
            code_digest,
            bytes,
            code,
            publisher,
            manifest,
            imports,
            exports,
            roles,
        })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Who signed it, if it is signed; the signature has been verified. Anyone can take a
    /// signature off, so a release that should be signed and is not is to be refused.
    pub fn publisher(&self) -> Option<Publisher> {
        self.publisher
    }

    /// The digest of the whole file, its signature included: the release's name.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of [`Release::code`]: releases that differ only in their manifests share it,
    /// and so the compiled code.
    pub fn code_digest(&self) -> Digest {
        self.code_digest
    }

    /// The component, without the sections that are ours.
    pub fn code(&self) -> Cow<'_, [u8]> {
        match self.code.as_slice() {
            [whole] => Cow::Borrowed(&self.bytes[whole.clone()]),
            parts => {
                let parts = parts.iter().map(|range| &self.bytes[range.clone()]);
                Cow::Owned(parts.collect::<Vec<_>>().concat())
            }
        }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the component imports, in its own order.
    pub fn imports(&self) -> &[Item] {
        &self.imports
    }

    /// What the component exports, in its own order.
    pub fn exports(&self) -> &[Item] {
        &self.exports
    }

    /// The interfaces of the contract that the component exports. It may export more of them
    /// than its manifest has use for: one component can interpret many manifests.
    pub fn roles(&self) -> &BTreeSet<Role> {
        &self.roles
    }

    /// The names of the imports that no connector gets; empty for one that can be installed.
    pub fn imports_beyond_contract(&self) -> Vec<String> {
        let beyond = self.imports.iter().filter(|import| !contract::is_offered(import));
        beyond.map(|import| import.name.clone()).collect()
    }
}
