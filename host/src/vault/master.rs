//! The master key: one line of text in a file beside the data directory, or in the environment.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    VaultError,
    seal::{KEY_BYTES, Key},
};
use crate::secret::Secret;

/// How the text of a key begins.
const PREFIX: &str = "jackfield-master-1:";

/// The key under which all data keys are sealed; wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Key);

impl MasterKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Key::generate())
    }

    /// Reads the text of a key.
    pub fn from_text(text: &Secret<String>) -> Result<Self, VaultError> {
        let encoded = text.expose().trim().strip_prefix(PREFIX).ok_or(VaultError::Malformed)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| VaultError::Malformed)?);
        Key::from_bytes(&bytes).map(Self).ok_or(VaultError::Malformed)
    }

    /// The text of the key, for its file.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(self.0.bytes())))
    }

    /// A name for the key that tells nothing of it.
    pub fn id(&self) -> String {
        hex::encode(&self.derive("id")[..8])
    }

    /// A number that hangs on the key, for one purpose.
    fn derive(&self, purpose: &str) -> [u8; KEY_BYTES] {
        let hash = Sha256::new().chain_update("jackfield master key, ").chain_update(purpose);
        hash.chain_update([0]).chain_update(self.0.bytes()).finalize().into()
    }

    pub(super) fn key(&self) -> &Key {
        &self.0
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}
