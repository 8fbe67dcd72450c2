//! Values that must not be seen: they print as `[secret]` and are wiped when dropped.
//!
//! Owns the type; the vault owns the values. Never implements `Serialize`, `Display` of the
//! inside, or comparison that is not in constant time.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A credential in memory. The safe way to print it is the short one; the inside is reached
/// by [`Secret::expose`] alone, which is easy to search for in a review.
#[derive(Clone)]
pub struct Secret<T: AsRef<[u8]> + zeroize::Zeroize>(Zeroizing<T>);

impl<T: AsRef<[u8]> + zeroize::Zeroize> Secret<T> {
    /// Takes `value` out of sight.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the moment of its use.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Whether `candidate` is the secret, in a time that does not depend on where they differ.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        self.0.as_ref().ct_eq(candidate).into()
    }
}

impl<T: AsRef<[u8]> + zeroize::Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: AsRef<[u8]> + zeroize::Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
