//! A delivery and its fate, and how they stand on disk.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InboxError;
use crate::{
    contract,
    store::{Batch, Store, trees},
    verify::Incoming,
};

/// One webhook request, raw, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its name: 32 hexadecimal digits that sort by the time of arrival.
    #[serde(skip)]
    pub id: String,
    /// The connection at whose endpoint it arrived.
    pub connection: String,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: u64,
    /// The HTTP method.
    pub method: String,
    /// What followed the endpoint in the path.
    pub path: String,
    /// The query string.
    pub query: String,
    /// Headers in order, less those that carried the credential or the signature.
    pub headers: Vec<(String, String)>,
    /// Where it came from.
    pub peer: String,
    /// The exact bytes of the body.
    #[serde(skip)]
    pub body: Bytes,
}

impl Delivery {
    pub(super) fn of(
        id: Uuid,
        connection: &str,
        headers: Vec<(String, String)>,
        incoming: Incoming,
        now_ms: u64,
    ) -> Self {
        Self {
            id: id.simple().to_string(),
            connection: connection.to_owned(),
            received_at_ms: now_ms,
            method: incoming.method.to_string(),
            path: incoming.path,
            query: incoming.query,
            headers,
            peer: incoming.peer.to_string(),
            body: incoming.body,
        }
    }

    /// The length of the JSON part, the JSON part, the body: the body stays byte for byte.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and numbers always make JSON.
        let head = serde_json::to_vec(self).expect("plain data");
        // A head is bounded by the limit on headers, far below 4 GiB.
        let length = u32::try_from(head.len()).expect("a bounded head").to_be_bytes();
        [&length, head.as_slice(), &self.body].concat()
    }

    pub(super) fn from_bytes(id: &str, bytes: &[u8]) -> Result<Self, InboxError> {
        let unreadable = |why: &str| InboxError::Unreadable { id: id.into(), why: why.into() };
        let (length, rest) = bytes.split_first_chunk().ok_or_else(|| unreadable("too short"))?;
        let (head, body) = rest
            .split_at_checked(u32::from_be_bytes(*length) as usize)
            .ok_or_else(|| unreadable("cut off"))?;
        let head = serde_json::from_slice(head).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Self { id: id.to_owned(), body: Bytes::copy_from_slice(body), ..head })
    }

    /// The delivery as a connector sees it.
    pub fn for_connector(&self) -> contract::Delivery {
        let headers = self.headers.iter().cloned();
        contract::Delivery {
            id: self.id.clone(),
            received_at_ms: self.received_at_ms,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: headers.map(|(name, value)| contract::Header { name, value }).collect(),
            body: self.body.to_vec(),
            ext: Vec::new(),
        }
    }
}

/// A request that is not kept yet, as the component sees it that shall say whether the vendor
/// sent it.
pub fn as_contract(incoming: &Incoming) -> contract::Delivery {
    let headers = incoming.headers.iter().map(|(name, value)| contract::Header {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    });
    contract::Delivery {
        id: String::new(),
        received_at_ms: incoming.received_at_ms,
        method: incoming.method.to_string(),
        path: incoming.path.clone(),
        query: incoming.query.clone(),
        headers: headers.collect(),
        body: incoming.body.to_vec(),
        ext: Vec::new(),
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// On disk, not yet parsed.
    Kept,
    /// On disk, and nobody knows who sent it; it is parsed once a person has it replayed.
    Unverified,
    /// Parsed; what it meant has been routed.
    Parsed,
    /// Could not be parsed; a dead letter waits for a person.
    Dead,
}

/// What has become of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How far it has come.
    pub fate: Fate,
    /// What it meant: kind and key of each event.
    pub events: Vec<(String, String)>,
    /// The runs that it started.
    pub runs: Vec<String>,
    /// Why it could not be parsed, if it could not.
    pub fault: Option<String>,
}

impl Status {
    /// The status of a delivery that has just been kept; it is the one of a delivery that has no
    /// other.
    pub fn kept() -> Self {
        Self { fate: Fate::Kept, events: Vec::new(), runs: Vec::new(), fault: None }
    }

    /// Adds it to a batch.
    pub fn put(&self, batch: &mut Batch, delivery: &str) {
        // Strings always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::DELIVERY_STATUS, delivery.as_bytes(), value);
    }

    pub(super) fn get(store: &Store, delivery: &str) -> Result<Self, InboxError> {
        let Some(bytes) = store.get(trees::DELIVERY_STATUS, delivery.as_bytes())? else {
            return Ok(Self::kept());
        };
        serde_json::from_slice(&bytes)
            .map_err(|error| InboxError::Unreadable { id: delivery.into(), why: error.to_string() })
    }
}
