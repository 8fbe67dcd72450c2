//! `[webhook]`: how deliveries arrive, how they are known to be genuine, and what is answered.
//!
//! Owns the words with which a manifest says that. Promises that whatever was read can be
//! carried out: templates are parsed, names are possible, and a scheme is complete. Never sees
//! a request or a secret; that is the host's `verify`.

mod field;
mod handshake;
mod hmac;
mod route;
mod template;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jackfield_vocabulary::Jq;
use schemars::JsonSchema;
use serde::Deserialize;

pub use field::{Field, HeaderName, JsonPointer, NAME_BYTES_MAX};
pub use handshake::{Condition, Echo, EchoReply, Handshake, HashChallenge, MacChallenge, Ping};
pub use hmac::{Algorithm, Encoding, Hmac, Items, TimeSource, TimeUnit, Timestamp};
pub use route::{Route, RouteAt};
pub use template::{Part, TEMPLATE_BYTES_MAX, Template};
pub use verify::{
    Basic, Component, Jwt, JwtAlgorithm, LEEWAY_S, SecretEncoding, StandardHeaders,
    StandardWebhooks, TOLERANCE_S, Token, Unverified, Verify,
};

/// The largest body that a manifest may ask for, in bytes.
pub const BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The most handshakes of one connector.
pub const HANDSHAKES_MAX: usize = 16;

/// The longest fixed body of an answer, in bytes.
pub const REPLY_BYTES_MAX: usize = 4096;

/// The block `[webhook]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "WebhookKeys")]
#[schemars(with = "WebhookKeys")]
pub struct Webhook {
    /// The methods that carry deliveries. Default: `POST`.
    pub methods: Vec<Method>,
    /// How a delivery proves that it is genuine.
    pub verify: Verify,
    /// What a genuine delivery is answered.
    pub reply: Reply,
    /// What a forged delivery is answered.
    pub refuse: Refuse,
    /// The questions that are answered without being kept, tried in order.
    pub handshake: Vec<Handshake>,
    /// Where the vendor's own id of a delivery stands, if it gives one.
    pub delivery_id: Option<Field>,
    /// The largest body that is taken, in bytes; the host's own limit if it is absent.
    pub body_limit_bytes: Option<u64>,
    /// Where it says for which account a delivery is, if one URL gets those of all.
    pub route: Option<Route>,
    /// What happened, in a delivery's body, where a connector without code takes it apart.
    pub items: Option<Jq>,
}

/// An HTTP method of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

impl Method {
    /// The method as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// What a genuine delivery is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reply {
    /// The status, from 200 to 299. Default: 200.
    pub status: u16,
    /// The type of the body. Default: `text/plain` if there is a body.
    pub content_type: Option<String>,
    /// The body. Default: empty.
    pub body: String,
    /// Further headers, by name.
    pub headers: BTreeMap<HeaderName, String>,
}

impl Default for Reply {
    fn default() -> Self {
        Self { status: 200, content_type: None, body: String::new(), headers: BTreeMap::new() }
    }
}

/// What a forged delivery is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Refuse {
    /// The status, from 400 to 499. Default: 401.
    pub status: u16,
}

impl Default for Refuse {
    fn default() -> Self {
        Self { status: 401 }
    }
}

impl Webhook {
    /// The names of all secrets that verification and handshakes use or bring, in order.
    pub fn secret_names(&self) -> BTreeSet<&str> {
        let handshakes = self.handshake.iter().flat_map(Handshake::secret_names);
        self.verify.secret_names().into_iter().chain(handshakes).collect()
    }

    /// Whether a method carries deliveries or asks for a handshake.
    pub fn takes(&self, method: &str) -> bool {
        let handshakes = self.handshake.iter().map(Handshake::method);
        self.methods.iter().copied().chain(handshakes).any(|one| one.as_str() == method)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WebhookKeys {
    /// The methods that carry deliveries. Default: `POST`.
    #[serde(default = "post")]
    methods: Vec<Method>,
    /// How a delivery proves that it is genuine.
    verify: Verify,
    /// What a genuine delivery is answered.
    #[serde(default)]
    reply: Reply,
    /// What a forged delivery is answered.
    #[serde(default)]
    refuse: Refuse,
    /// The questions that are answered without being kept, tried in order.
    #[serde(default)]
    handshake: Vec<Handshake>,
    /// Where the vendor's own id of a delivery stands, if it gives one.
    delivery_id: Option<Field>,
    /// The largest body that is taken, in bytes; the host's own limit if it is absent.
    body_limit_bytes: Option<u64>,
    /// Where it says for which account a delivery is, if one URL gets those of all.
    route: Option<Route>,
    /// What happened, in a delivery's body, where a connector without code takes it apart.
    items: Option<Jq>,
}

impl TryFrom<WebhookKeys> for Webhook {
    type Error = String;

    fn try_from(keys: WebhookKeys) -> Result<Self, String> {
        let WebhookKeys { methods, verify, reply, refuse, handshake, delivery_id, .. } = keys;
        if methods.is_empty() {
            return Err("`methods` is empty\n  hint: leave it out for `POST`".into());
        }
        if let Verify::Hmac(hmac) = &verify
            && hmac.message.has(&Part::Id)
            && delivery_id.is_none()
        {
            return Err("`{id}` is signed, but nothing says where it stands\n  hint: add \
                        `delivery_id = { header = \"x-delivery-id\" }` to `[webhook]`"
                .into());
        }
        check_answers(&reply, &refuse)?;
        if handshake.len() > HANDSHAKES_MAX {
            return Err(format!(
                "more than {HANDSHAKES_MAX} handshakes\n  hint: keep those that the vendor sends"
            ));
        }
        if keys.body_limit_bytes.is_some_and(|limit| !(1..=BODY_BYTES_MAX).contains(&limit)) {
            return Err(format!(
                "`body_limit_bytes` must be from 1 to {BODY_BYTES_MAX}\n  hint: leave it out for \
                 the host's own limit"
            ));
        }
        let (body_limit_bytes, items, route) = (keys.body_limit_bytes, keys.items, keys.route);
        Ok(Self {
            methods,
            verify,
            reply,
            refuse,
            handshake,
            delivery_id,
            body_limit_bytes,
            route,
            items,
        })
    }
}

fn check_answers(reply: &Reply, refuse: &Refuse) -> Result<(), String> {
    if !(200..300).contains(&reply.status) {
        return Err("the status of `[webhook.reply]` must be from 200 to 299\n  hint: anything \
                    else makes the vendor send the delivery again"
            .into());
    }
    if matches!(refuse.status, 404 | 410) {
        return Err(
            "the status of `[webhook.refuse]` must not be 404 or 410\n  hint: some vendors \
                    switch a webhook off at once on either; most expect `status = 401`"
                .into(),
        );
    }
    if !(400..500).contains(&refuse.status) {
        return Err("the status of `[webhook.refuse]` must be from 400 to 499\n  hint: most \
                    vendors expect `status = 401`"
            .into());
    }
    if reply.body.len() > REPLY_BYTES_MAX {
        return Err(format!(
            "the body of `[webhook.reply]` is longer than {REPLY_BYTES_MAX} bytes\n  hint: \
             vendors read the status; leave the body out"
        ));
    }
    let visible = |text: &String| text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !reply.headers.values().chain(&reply.content_type).all(visible) {
        return Err("a header of `[webhook.reply]` has a control or non-ASCII character\n  \
                    hint: header values are plain ASCII"
            .into());
    }
    Ok(())
}

fn post() -> Vec<Method> {
    vec![Method::Post]
}
