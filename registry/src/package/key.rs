//! The keys of a publisher: the one that signs, and the one that all may know.
//!
//! Owns how both are written as text. Promises one way to write each, that a signing key is shown
//! by nothing but [`SigningKey::to_text`], and that its memory is wiped when it goes. Never reads or
//! writes a file.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{SECRET_KEY_LENGTH, Signature, Signer as _, VerifyingKey};
use rand_core::OsRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use zeroize::Zeroizing;

const PUBLISHER_PREFIX: &str = "ed25519:";
const SIGNING_KEY_PREFIX: &str = "jackfield-signing-key:";

/// What 32 bytes take as base64 without padding.
const KEY_CHARS: usize = 43;

/// The longest piece of foreign text in a message, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// Why a text is not a key. What could be a signing key is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not of the form.
    #[error(
        "`{0}` is not a publisher\n  hint: `{PUBLISHER_PREFIX}` and {KEY_CHARS} characters of \
         base64url without padding, as the publisher gave it"
    )]
    Publisher(String),
    /// Of the form, and no key can have it.
    #[error(
        "`{0}` is not the key of any publisher: it has the form of one, and no signature can hold \
         for it\n  hint: copy it again from the publisher"
    )]
    NoPoint(String),
    /// The secret half in the place of the public one.
    #[error(
        "this is a signing key, and a publisher is wanted\n  hint: give the text that begins with \
         `{PUBLISHER_PREFIX}`, and make a new signing key if others could have read this one"
    )]
    Secret,
    /// Not a signing key.
    #[error(
        "this is not a signing key\n  hint: one line of `{SIGNING_KEY_PREFIX}` and {KEY_CHARS} \
         characters of base64url without padding, as it was made"
    )]
    SigningKey,
}

/// Whoever holds the signing key of this ed25519 public key (RFC 8032).
///
/// As text, `ed25519:` and the 32 bytes in base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Publisher([u8; 32]);

impl Publisher {
    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The publisher with this key, if `signature` is theirs under `message`. As strict as can be:
    /// keys and signatures for which more than one message or form holds are refused.
    pub(super) fn of_signed(key: [u8; 32], message: &[u8], signature: [u8; 64]) -> Option<Self> {
        let signature = Signature::from_bytes(&signature);
        VerifyingKey::from_bytes(&key).ok()?.verify_strict(message, &signature).ok()?;
        Some(Self(key))
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLISHER_PREFIX}{}", BASE64.encode(self.0))
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Publisher {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.trim_start().starts_with(SIGNING_KEY_PREFIX) {
            return Err(KeyError::Secret);
        }
        let shown = || text.escape_debug().take(SHOWN_CHARS_MAX).collect();
        let key = text.strip_prefix(PUBLISHER_PREFIX).and_then(key_bytes);
        let key = *key.ok_or_else(|| KeyError::Publisher(shown()))?;
        match VerifyingKey::from_bytes(&key) {
            Ok(point) if !point.is_weak() => Ok(Self(key)),
            _ => Err(KeyError::NoPoint(shown())),
        }
    }
}

impl Serialize for Publisher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Publisher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The secret by which a publisher signs. Whoever has it can release in the publisher's name.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new one, from the system's source of randomness.
    ///
    /// # Panics
    /// If the system has none to give, as nothing could then be kept secret.
    pub fn generate() -> Self {
        Self(ed25519_dalek::SigningKey::generate(&mut OsRng))
    }

    /// Reads what [`SigningKey::to_text`] wrote; white space around it is no part of it.
    ///
    /// # Errors
    /// If it is anything else; the error does not repeat the text.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let seed = text.trim().strip_prefix(SIGNING_KEY_PREFIX).and_then(key_bytes);
        let seed = seed.ok_or(KeyError::SigningKey)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// The secret as one line without its end: `jackfield-signing-key:` and the 32 bytes of the
    /// seed in base64url without padding.
    pub fn to_text(&self) -> Zeroizing<String> {
        // All the space at once: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(SIGNING_KEY_PREFIX.len() + KEY_CHARS));
        text.push_str(SIGNING_KEY_PREFIX);
        BASE64.encode_string(self.0.as_bytes(), &mut text);
        text
    }

    /// Who signs with it.
    pub fn publisher(&self) -> Publisher {
        Publisher(self.0.verifying_key().to_bytes())
    }

    /// Its signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The 32 bytes that a text of exactly [`KEY_CHARS`] stands for.
fn key_bytes(text: &str) -> Option<Zeroizing<[u8; SECRET_KEY_LENGTH]>> {
    if text.len() != KEY_CHARS {
        return None;
    }
    // The decoder asks for whole groups of three bytes.
    let mut space = Zeroizing::new([0; SECRET_KEY_LENGTH + 1]);
    let written = BASE64.decode_slice(text, &mut space[..]).ok()?;
    space[..written].try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                          5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn key() -> SigningKey {
        let seed = BASE64.encode(hex::decode(SEED).unwrap());
        SigningKey::from_text(&format!("jackfield-signing-key:{seed}\n")).unwrap()
    }

    #[test]
    fn a_key_signs_as_the_standard_says() {
        assert_eq!(hex::encode(key().publisher().as_bytes()), PUBLIC);
        // The test of the standard signs nothing at all.
        let signature = key().sign(b"");
        assert_eq!(hex::encode(signature), SIGNED);
        let publisher = key().publisher();
        assert_eq!(Publisher::of_signed(publisher.0, b"", signature), Some(publisher));
        assert_eq!(Publisher::of_signed(publisher.0, b"x", signature), None);
    }

    #[test]
    fn a_publisher_reads_back_what_it_writes() {
        let publisher = key().publisher();
        let text = publisher.to_string();
        insta::assert_snapshot!(text, @"ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(text.parse::<Publisher>().unwrap(), publisher);
        assert_eq!(format!("{publisher:?}"), text);
        let json = serde_json::to_string(&publisher).unwrap();
        assert_eq!(json, format!("{text:?}"));
        assert_eq!(serde_json::from_str::<Publisher>(&json).unwrap(), publisher);
    }

    #[test]
    fn only_one_way_of_writing_a_publisher_is_read() {
        let text = key().publisher().to_string();
        let bad = [
            String::new(),
            "ed25519:".into(),
            text[8..].into(),
            format!("{text}="),
            format!("{text}A"),
            format!(" {text}"),
            text.replace('_', "/"),
            text.to_uppercase(),
            // Bits that no byte has use for.
            format!("{}p", &text[..text.len() - 1]),
        ];
        for bad in bad {
            assert!(matches!(bad.parse::<Publisher>(), Err(KeyError::Publisher(_))), "{bad}");
        }
        let said = format!("ed25519:\u{1b}{}", "x".repeat(10_000)).parse::<Publisher>();
        let said = said.unwrap_err().to_string();
        assert!(said.len() < 300 && !said.contains('\u{1b}'), "{said}");
    }

    #[test]
    fn a_key_for_which_anything_holds_is_no_publisher() {
        // The neutral point, and a number that is no point.
        for (first, last) in [(1, 0), (2, 0), (0xec, 0x7f)] {
            let mut key = [if last == 0 { 0 } else { 0xff }; 32];
            (key[0], key[31]) = (first, last);
            let text = format!("ed25519:{}", BASE64.encode(key));
            assert!(matches!(text.parse::<Publisher>(), Err(KeyError::NoPoint(_))), "{text}");
        }
    }

    #[test]
    fn a_signing_key_given_for_a_publisher_is_not_repeated() {
        let secret = key().to_text();
        let said = secret.parse::<Publisher>().unwrap_err();
        assert_eq!(said, KeyError::Secret);
        assert!(!said.to_string().contains(&secret[25..]));
    }

    #[test]
    fn a_signing_key_is_shown_only_when_it_is_asked_for() {
        assert_eq!(format!("{:?}", key()), "[secret]");
        let text = key().to_text();
        assert_eq!(SigningKey::from_text(&text).unwrap().publisher(), key().publisher());
        for bad in ["", &text[1..], &text[..50], &format!("{}=", *text), &format!("{0}{0}", *text)]
        {
            let said = SigningKey::from_text(bad).unwrap_err().to_string();
            assert!(!said.contains(&text[30..40]), "{said}");
        }
        let publisher = key().publisher().to_string();
        assert_eq!(SigningKey::from_text(&publisher).unwrap_err(), KeyError::SigningKey);
    }

    #[test]
    fn two_new_keys_are_not_the_same() {
        assert_ne!(SigningKey::generate().publisher(), SigningKey::generate().publisher());
    }

    proptest! {
        #[test]
        fn any_seed_makes_a_key_that_is_read_back(seed in any::<[u8; 32]>()) {
            let text = format!("jackfield-signing-key:{}", BASE64.encode(seed));
            let key = SigningKey::from_text(&text).unwrap();
            prop_assert_eq!(&*key.to_text(), &text);
            let publisher = key.publisher();
            prop_assert_eq!(publisher.to_string().parse::<Publisher>().unwrap(), publisher);
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in any::<String>(), tail in "[A-Za-z0-9_=-]{40,46}") {
            let _ = text.parse::<Publisher>();
            let _ = SigningKey::from_text(&text);
            if let Ok(publisher) = format!("ed25519:{tail}").parse::<Publisher>() {
                prop_assert_eq!(publisher.to_string(), format!("ed25519:{tail}"));
            }
            let _ = SigningKey::from_text(&format!("jackfield-signing-key:{tail}"));
        }
    }
}
