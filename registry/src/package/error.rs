//! Why a file is not a release.
//!
//! Promises that each reason says what the file is or lacks, and what to do about it.

use std::fmt;

use thiserror::Error;

use super::{
    CONTRACT_SECTION, CONTRACT_VERSION, MANIFEST_SECTION, RELEASE_BYTES_MAX, Role,
    SIGNATURE_SECTION,
};
use crate::manifest::ManifestError;

/// The longest piece of foreign text in a message, in characters.
const SHOWN_CHARS_MAX: usize = 200;

/// Why a file is not a release, or cannot be made one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Over the bound.
    #[error("the file has {bytes} bytes, more than the {RELEASE_BYTES_MAX} of the largest release")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A module of core WebAssembly.
    #[error(
        "the file is a core module, not a component\n  hint: build it for `wasm32-wasip2`, or \
         make a component of it with `jackfield connector build`"
    )]
    CoreModule,
    /// WebAssembly as text.
    #[error("the file is WebAssembly as text, not a component\n  hint: compile the text first")]
    Text,
    /// Something else.
    #[error("the file is not WebAssembly: it does not begin as a component does")]
    Foreign,
    /// It begins as a component, and then breaks the rules.
    #[error("the file is not a valid component: {why} (at byte {at_byte})")]
    Invalid {
        /// What the validator says.
        why: String,
        /// Where.
        at_byte: usize,
    },
    /// A component that was never made a release.
    #[error(
        "the component has no manifest in it (section `{MANIFEST_SECTION}`)\n  hint: `jackfield \
         connector build` puts `connector.toml` in"
    )]
    NoManifest,
    /// No word of the contract.
    #[error(
        "the component does not say which contract it is made for (section \
         `{CONTRACT_SECTION}`)\n  hint: `jackfield connector build` puts that in"
    )]
    NoContract,
    /// Two that contradict each other, perhaps.
    #[error("the component has several sections `{0}`\n  hint: build it again from its source")]
    Repeated(&'static str),
    /// Made for another host.
    #[error(
        "the component is made for the contract `{found}`, and this host has {CONTRACT_VERSION}\n  \
         hint: build it again with an SDK of this version"
    )]
    Contract {
        /// What it says.
        found: String,
    },
    /// The manifest is not text.
    #[error("the manifest is not UTF-8 (from byte {at_byte} of it)\n  hint: save it as UTF-8")]
    ManifestEncoding {
        /// Where it ceases to be.
        at_byte: usize,
    },
    /// The manifest has mistakes.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest promises what the component does not have.
    #[error("{}", Lines(.0))]
    Unfilled(Vec<Unfilled>),
    /// A section of the signature that no `sign` has written.
    #[error(
        "the section `{SIGNATURE_SECTION}` has not the form of a signature: {bytes} bytes, and it \
         should have {wanted}\n  hint: fetch the release again, or build and sign it again from \
         its source"
    )]
    SignatureForm {
        /// The size of the section.
        bytes: usize,
        /// The size of each section that was written well.
        wanted: usize,
    },
    /// Something was added to a release that was signed already.
    #[error(
        "something stands behind the signature (section `{SIGNATURE_SECTION}`), which it does not \
         cover\n  hint: do not install it; fetch the release again, or build and sign it again \
         from its source"
    )]
    SignatureNotLast,
    /// The signature is not that of these bytes by that key.
    #[error(
        "the signature does not hold: the release was changed after it was signed, or damaged on \
         its way\n  hint: do not install it; fetch it again, or ask its publisher for another"
    )]
    SignatureBroken,
    /// Not a digest.
    #[error("`{0}` is not a digest\n  hint: `sha256:` and 64 hex digits in lower case")]
    Digest(String),
}

/// Something that a manifest declares and the component has no code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfilled {
    /// What the manifest has.
    pub declared: &'static str,
    /// Which exports would do; one of them is enough.
    pub wanted: &'static [Role],
}

struct Lines<'a>(&'a [Unfilled]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Unfilled { declared, wanted }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let wanted: Vec<_> = wanted.iter().map(|role| format!("`{role}`")).collect();
            let wanted = wanted.join(" or ");
            write!(
                f,
                "the manifest has {declared}, and the component does not export {wanted}\n  \
                 hint: export it from the component, or take {declared} out of the manifest"
            )?;
        }
        Ok(())
    }
}

/// What the validator or the section reader says, in a bounded message.
pub(super) fn invalid(error: &wasmparser::Error) -> PackageError {
    let why = error.message().chars().take(SHOWN_CHARS_MAX);
    let why = why.map(|c| if c.is_control() { ' ' } else { c }).collect();
    PackageError::Invalid { why, at_byte: error.offset() }
}
