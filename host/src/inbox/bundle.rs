//! Bundles: a delivery, what the call that parsed it saw, and what it said, so that the call can be
//! run again anywhere.
//!
//! Owns their form. Promises that a call which is run again from a bundle by the same release says
//! the same, bit for bit, where the bundle is whole. Never holds a credential; see
//! [`capabilities::Recording`](crate::capabilities::Recording).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Delivery, Inbox, InboxError};
use crate::{
    capabilities::Recording,
    contract::{self, Event},
    fault::Fault,
    octets::Octets,
    store::{Batch, trees},
};

/// The form of bundles that this host writes and reads.
const FORM: u32 = 1;

/// A delivery, and the call that parsed it last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Which form this is.
    bundle: u32,
    /// The delivery's id.
    pub id: String,
    /// What is known of it, but for its id and its body.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// The bytes of the body, or of the part of it that is for the connection.
    pub body: Octets,
    /// The call.
    pub parsed: Parsed,
}

/// A call that parsed a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// The connection that made it.
    pub connection: String,
    /// The connector.
    pub connector: String,
    /// Its version.
    pub version: String,
    /// The release's digest.
    pub release: String,
    /// The connection's settings, as a person gave them.
    pub settings: BTreeMap<String, String>,
    /// What it was given of the body, where that is not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Octets>,
    /// What it saw.
    pub saw: Recording,
    /// What it said.
    pub said: Said,
}

/// What a call said that parsed a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// What the delivery means.
    Events(Vec<SaidEvent>),
    /// Why it could not be parsed.
    Failed {
        /// A short stable word.
        code: String,
        /// In words.
        message: String,
    },
}

/// An event as a component said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidEvent {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// When it happened, in milliseconds since 1970.
    pub occurred_at_ms: Option<u64>,
    /// Its record, the very text.
    pub record: String,
}

impl From<&Result<Vec<Event>, Fault>> for Said {
    fn from(said: &Result<Vec<Event>, Fault>) -> Self {
        let event = |event: &Event| SaidEvent {
            kind: event.kind.clone(),
            key: event.key.clone(),
            occurred_at_ms: event.occurred_at_ms,
            record: event.record.clone(),
        };
        match said {
            Ok(events) => Self::Events(events.iter().map(event).collect()),
            Err(fault) => {
                Self::Failed { code: fault.code.to_string(), message: fault.message.clone() }
            }
        }
    }
}

impl Parsed {
    /// Adds it to a batch: what the connection at whose endpoint the delivery arrived made of it, or
    /// that of another account, for which a part of it was.
    pub fn put(&self, batch: &mut Batch, delivery: &str, tenant: Option<&str>) {
        // Strings and numbers always make JSON.
        let value = serde_json::to_vec(self).expect("plain data");
        batch.put(trees::CALLS, &place(delivery, tenant), value);
    }
}

impl Bundle {
    /// Reads one.
    ///
    /// # Errors
    /// It is none, or of a form that this host does not know; in words.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            bundle: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|_| "it is no bundle".to_owned())?;
        if head.bundle != FORM {
            let form = head.bundle;
            return Err(format!("it has the form {form} and this jackfield reads {FORM}"));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The delivery as its connector saw it.
    pub fn for_connector(&self) -> contract::Delivery {
        let (id, body) = (self.id.clone(), self.body.0.clone());
        Delivery { id, body, ..self.delivery.clone() }.for_connector()
    }
}

/// Where a call stands: no id has a zero byte.
fn place(delivery: &str, tenant: Option<&str>) -> Vec<u8> {
    let tenant = tenant.map(|tenant| [b"\0", tenant.as_bytes()].concat());
    [delivery.as_bytes(), &tenant.unwrap_or_default()].concat()
}

impl Inbox {
    /// A delivery and the call that parsed it last; that of the part for another account, where it is
    /// named.
    pub fn bundle(&self, id: &str, tenant: Option<&str>) -> Result<Bundle, InboxError> {
        let delivery = self.get(id)?;
        let call = self.store.get(trees::CALLS, &place(id, tenant))?;
        let call = call.ok_or_else(|| InboxError::NoCall(id.into()))?;
        let mut parsed: Parsed = serde_json::from_slice(&call).map_err(|error| {
            InboxError::Unreadable { id: id.into(), why: format!("its call: {error}") }
        })?;
        Ok(Bundle {
            bundle: FORM,
            id: id.to_owned(),
            body: parsed.part.take().unwrap_or_else(|| Octets(delivery.body.clone())),
            delivery,
            parsed,
        })
    }
}
