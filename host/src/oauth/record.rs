//! What is kept of a sign-in: its tokens, sealed, and how it stands, for everybody to see.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{OAuthError, scheme::Scheme, tenants::Tenant};
use crate::{
    secret::Secret,
    store::{Batch, Store, trees},
    vault::Vault,
};

/// What a vendor gave. Never in the log, never outside the vault but in the memory of the host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// Which of the sign-in's tokens these are, from 1; those that came later have more.
    pub(super) number: u64,
    #[serde(with = "sealed")]
    pub(super) access: Secret<String>,
    pub(super) refresh: Option<Sealed>,
    /// The refresh token before, for as long as the vendor takes it too.
    pub(super) previous: Option<Previous>,
    /// When they were given, in milliseconds since 1970.
    pub(super) obtained_at_ms: u64,
    /// When the access token runs out; none if it does not.
    pub(super) expires_at_ms: Option<u64>,
}

impl Tokens {
    /// Whether others can be had without a person.
    pub(super) fn can_be_renewed(&self, scheme: &Scheme) -> bool {
        self.refresh.is_some() || scheme.asks_in_own_name()
    }
}

/// A refresh token that another has replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Previous {
    pub(super) refresh: Sealed,
    pub(super) until_ms: u64,
}

/// A secret that is written into what the vault seals, and nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sealed(#[serde(with = "sealed")] pub(super) Secret<String>);

/// The one way in which a token becomes text: on its way into the vault and out of it.
mod sealed {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        secret: &Secret<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret<String>, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// How a sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it can be used.
    pub state: State,
    /// Why not, in words for the operator; empty where it can.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Since when it stands so, in milliseconds since 1970.
    pub since_ms: u64,
    /// When its present token was given.
    #[serde(default)]
    pub obtained_at_ms: Option<u64>,
    /// When that runs out; none if it does not.
    #[serde(default)]
    pub expires_at_ms: Option<u64>,
    /// The account's own name, as its connector read it after the sign-in.
    #[serde(default)]
    pub account: Option<String>,
    /// The organisations that it opens, as its connector listed them after the sign-in; none
    /// where there is nothing to choose from, or they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenants: Option<Vec<Tenant>>,
}

/// Whether a sign-in can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was never used: a person has to sign in first, unless the host asks in its own name.
    New,
    /// It can, as far as anybody knows.
    Healthy,
    /// Only a person can renew it.
    NeedsPerson,
}

impl Standing {
    /// Of a sign-in that was never used.
    pub(super) fn new() -> Self {
        Self {
            state: State::New,
            why: String::new(),
            since_ms: 0,
            obtained_at_ms: None,
            expires_at_ms: None,
            account: None,
            tenants: None,
        }
    }
}

/// Where one sign-in is kept: of a connection, by an `[auth.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) connection: String,
    pub(super) auth: String,
}

impl Place {
    /// The name under which the vault has the tokens; no secret of a manifest has a colon.
    fn sealed(&self) -> String {
        format!("oauth:{}", self.auth)
    }

    /// The key of the standing.
    fn key(&self) -> Vec<u8> {
        [self.connection.as_bytes(), b"\0", self.auth.as_bytes()].concat()
    }

    /// What is kept there.
    pub(super) fn read(
        &self,
        store: &Store,
        vault: &Vault,
    ) -> Result<(Option<Tokens>, Option<Standing>), OAuthError> {
        let unreadable = || OAuthError::Unreadable {
            connection: self.connection.clone(),
            auth: self.auth.clone(),
        };
        let tokens = vault.get(&self.connection, &self.sealed())?;
        let tokens = tokens.map(|sealed| serde_json::from_slice(sealed.expose())).transpose();
        let standing = store.get(trees::SIGN_INS, &self.key())?;
        let standing = standing.map(|value| serde_json::from_slice(&value)).transpose();
        Ok((tokens.map_err(|_| unreadable())?, standing.map_err(|_| unreadable())?))
    }

    /// Adds to a batch what shall be kept.
    pub(super) fn write(
        &self,
        batch: &mut Batch,
        vault: &Vault,
        tokens: Option<&Tokens>,
        standing: &Standing,
    ) -> Result<(), OAuthError> {
        if let Some(tokens) = tokens {
            // Strings and numbers always make JSON.
            let text = Zeroizing::new(serde_json::to_vec(tokens).expect("plain data"));
            vault.put(batch, &self.connection, [(self.sealed().as_str(), text.as_slice())])?;
        }
        let value = serde_json::to_vec(standing).expect("plain data");
        batch.put(trees::SIGN_INS, &self.key(), value);
        Ok(())
    }
}

/// Adds to a batch that nothing is known any more of the sign-ins of a connection; their tokens
/// go with its other secrets.
pub(super) fn remove(batch: &mut Batch, store: &Store, connection: &str) -> Result<(), OAuthError> {
    let prefix = [connection.as_bytes(), b"\0"].concat();
    for (key, _) in store.scan_prefix(trees::SIGN_INS, &prefix, None, usize::MAX)? {
        batch.delete(trees::SIGN_INS, &key);
    }
    Ok(())
}
