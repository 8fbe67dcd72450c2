//! A delivery of a case on its way to the connector: verified as in a host, if it has secrets.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{bench::Subject, fixture::Delivery, outcome::Outcome};
use crate::{
    capabilities::{Means, Particulars, Window},
    contract::{self, roles::authenticator},
    runtime::{Limits, Runtime},
    secret::Secret,
    verify::{self, Incoming, Verdict},
};

/// Secrets by name, each with its values, the current one first.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawer(pub(super) BTreeMap<String, Vec<Vec<u8>>>);

impl Drawer {
    /// What a delivery and the host both know.
    pub(super) fn of(delivery: &Delivery) -> Self {
        let secrets = delivery.secrets.iter().flatten();
        Self(secrets.map(|(name, value)| (name.clone(), vec![value.clone().into()])).collect())
    }
}

impl verify::Secrets for Drawer {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        self.0.get(name).into_iter().flatten().cloned().map(Secret::new).collect()
    }
}

/// The delivery as it reaches `verify`; none if it is no HTTP.
pub(super) fn incoming(delivery: &Delivery) -> Option<Incoming> {
    let mut headers = HeaderMap::new();
    for (name, value) in &delivery.headers {
        let name: HeaderName = name.parse().ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let query = &delivery.query;
    let mark = if query.is_empty() { "" } else { "?" };
    Some(Incoming {
        method: delivery.method.parse::<Method>().ok()?,
        url: format!("{}{}{mark}{query}", delivery.url, delivery.path),
        path: delivery.path.clone(),
        query: query.clone(),
        headers,
        body: delivery.body.clone(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 443)),
        received_at_ms: delivery.at_ms,
    })
}

/// The delivery as the connector gets it, or what came of it before. One without secrets is not
/// verified.
pub(super) async fn judge(
    runtime: &Runtime,
    subject: &Subject,
    means: &Means,
    limits: Limits,
    delivery: &Delivery,
    later_ms: u64,
) -> Result<contract::Delivery, Outcome> {
    let refused = |why: &dyn ToString| Outcome::Refused(why.to_string());
    let arrived = incoming(delivery).ok_or_else(|| refused(&"it is no request of HTTP"))?;
    let at_ms = delivery.at_ms + later_ms;
    let (Some(webhook), Some(_)) = (&subject.manifest.webhook, &delivery.secrets) else {
        let headers = arrived.headers.iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        return Ok(as_contract(arrived, headers, at_ms));
    };
    let drawer = Drawer::of(delivery);
    let mut verdict = verify::verify(webhook, arrived, &drawer, delivery.at_ms);
    if let Verdict::AskComponent(asked) = verdict {
        let headers = asked.headers.iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let question = as_contract(asked.clone(), headers.collect(), at_ms);
        let window = Window::open(means, &Particulars { offline: true, ..Default::default() });
        let said = runtime.authenticate(&subject.package, window, limits, &question).await;
        verdict = match said.result {
            Ok(authenticator::Verdict::Genuine) => {
                verify::verified_by_component(webhook, asked, &drawer)
            }
            Ok(authenticator::Verdict::Forged) => {
                return Err(refused(&"the component does not believe it"));
            }
            Err(fault) => return Err(fault.into()),
        };
    }
    match verdict {
        Verdict::Verified(verified) => {
            let headers = verified.headers_for_connector();
            Ok(as_contract(verified.into_incoming(), headers, at_ms))
        }
        Verdict::Handshake(answer) => Err(Outcome::Handshake {
            status: answer.status,
            headers: answer.headers,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        }),
        Verdict::Forged(reason) => Err(refused(&reason)),
        Verdict::AwaitsSecret(unverified) => {
            Err(refused(&format!("the secret `{}` is not set", unverified.secret())))
        }
        Verdict::AskComponent(_) => Err(refused(&"nobody can say whether it is genuine")),
    }
}

fn as_contract(
    incoming: Incoming,
    headers: Vec<(String, String)>,
    received_at_ms: u64,
) -> contract::Delivery {
    contract::Delivery {
        // Another each time that it arrives.
        id: format!("delivery-{received_at_ms}"),
        received_at_ms,
        method: incoming.method.to_string(),
        path: incoming.path,
        query: incoming.query,
        headers: headers
            .into_iter()
            .map(|(name, value)| contract::Header { name, value })
            .collect(),
        body: incoming.body.to_vec(),
        ext: Vec::new(),
    }
}
