//! Whose releases an operator trusts.

use jackfield_registry::package::Publisher;
use serde::{Deserialize, Serialize};

use super::{ConnectorError, Connectors};
use crate::{
    audit::{Actor, Line, Word},
    store::{Batch, Expect, trees},
};

/// The longest name of a publisher, in bytes.
const NAME_BYTES_MAX: usize = 48;

/// A publisher whose releases may be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// What the operator calls them.
    #[serde(skip)]
    pub name: String,
    /// Their key.
    pub publisher: Publisher,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

impl Connectors {
    /// The trusted publishers, by name.
    pub fn trusted(&self) -> Result<Vec<Trusted>, ConnectorError> {
        let found = self.0.store.scan_prefix(trees::PUBLISHERS, &[], None, usize::MAX)?;
        let trusted = found.into_iter().filter_map(|(name, value)| {
            let name = String::from_utf8_lossy(&name).into_owned();
            match serde_json::from_slice(&value) {
                Ok(trusted) => Some(Trusted { name, ..trusted }),
                Err(error) => {
                    tracing::error!(publisher = name, %error, "not trusted: it cannot be read");
                    None
                }
            }
        });
        Ok(trusted.collect())
    }

    /// What the operator calls a publisher.
    pub(super) fn trusted_as(&self, publisher: Publisher) -> Result<String, ConnectorError> {
        let mut trusted = self.trusted()?.into_iter();
        let known = trusted.find(|trusted| trusted.publisher == publisher);
        Ok(known.ok_or(ConnectorError::UntrustedPublisher(publisher))?.name)
    }

    /// Whether whoever signed something, if anybody did, is trusted now.
    pub(super) fn expect_trusted(&self, hand: Option<Publisher>) -> Result<(), ConnectorError> {
        hand.map_or(Ok(()), |publisher| self.trusted_as(publisher).map(drop))
    }

    /// Trusts a publisher from now on. A name keeps its key: nobody shall be replaced unawares.
    pub async fn trust(
        &self,
        name: &str,
        publisher: Publisher,
        actor: Actor,
    ) -> Result<(), ConnectorError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(is_plain) {
            return Err(ConnectorError::PublisherName(name.escape_debug().to_string()));
        }
        match self.trusted()?.iter().find(|known| known.name == name) {
            Some(known) if known.publisher == publisher => return Ok(()),
            Some(_) => return Err(ConnectorError::PublisherTaken(name.into())),
            None => {}
        }
        let since_ms = self.0.clock.now_ms();
        let mut batch = Batch::new();
        // A key and a number always make JSON.
        let value = serde_json::to_vec(&Trusted { name: String::new(), publisher, since_ms })
            .expect("plain data");
        batch.require(trees::PUBLISHERS, name.as_bytes(), Expect::Absent);
        batch.put(trees::PUBLISHERS, name.as_bytes(), value);
        Line::new(since_ms, actor, Word::PublisherTrusted, name)
            .detail("publisher", publisher)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Trusts a publisher no more. What is installed stays.
    pub async fn distrust(&self, name: &str, actor: Actor) -> Result<(), ConnectorError> {
        if self.0.store.get(trees::PUBLISHERS, name.as_bytes())?.is_none() {
            return Err(ConnectorError::UnknownPublisher(name.into()));
        }
        let mut batch = Batch::new();
        batch.delete(trees::PUBLISHERS, name.as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::PublisherDistrusted, name).record(&mut batch);
        self.0.store.commit(batch).await?;
        Ok(())
    }
}
