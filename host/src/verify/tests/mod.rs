//! The vendors' own vectors, the schemes and the handshakes, told as stories.

mod corpus;
mod handshakes;
mod identity;
mod laws;
mod schemes;
mod vectors;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jackfield_registry::manifest::webhook::Webhook;

use super::*;
use crate::secret::Secret;

/// 2023-11-14, 22:13:20 UTC.
const NOW_MS: u64 = 1_700_000_000_000;

/// Secrets by name, each with its values, the current one first.
#[derive(Debug, Clone, Default)]
struct Drawer(BTreeMap<String, Vec<Vec<u8>>>);

impl Drawer {
    fn with(name: &str, value: &str) -> Self {
        Self::default().and(name, value)
    }

    fn and(mut self, name: &str, value: &str) -> Self {
        self.0.entry(name.to_owned()).or_default().push(value.as_bytes().to_vec());
        self
    }
}

impl Secrets for Drawer {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        self.0.get(name).into_iter().flatten().cloned().map(Secret::new).collect()
    }
}

fn webhook(text: &str) -> Webhook {
    toml::from_str(text).expect("a webhook block")
}

/// A request to `url`.
fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Incoming {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pair = |(name, value): &(&str, &str)| {
        (
            name.parse::<HeaderName>().expect("a name"),
            HeaderValue::from_str(value).expect("a value"),
        )
    };
    Incoming {
        method: method.parse::<Method>().expect("a method"),
        url: url.to_owned(),
        path: String::new(),
        query: query.to_owned(),
        headers: headers.iter().map(pair).collect::<HeaderMap>(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 4711)),
        received_at_ms: NOW_MS,
    }
}

/// A POST to an endpoint without a query.
fn post(headers: &[(&str, &str)], body: &str) -> Incoming {
    request("POST", "https://hooks.example/in/1", headers, body)
}

fn forged(verdict: Verdict) -> Reason {
    let Verdict::Forged(reason) = verdict else { panic!("not forged: {verdict:?}") };
    reason
}

fn genuine_one(verdict: Verdict) -> Verified {
    let Verdict::Verified(verified) = verdict else { panic!("not verified: {verdict:?}") };
    verified
}

fn answered(verdict: Verdict) -> Answer {
    let Verdict::Handshake(answer) = verdict else { panic!("not answered: {verdict:?}") };
    answer
}
