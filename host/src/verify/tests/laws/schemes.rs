//! The schemes that an input chooses from: each kind, each place, each part of a message.
//!
//! Promises that a scheme keeps its letter: new ones are put at the end. Never the manifests of
//! the connectors, which may change while a kept input stays what it is.

use std::{collections::BTreeSet, sync::LazyLock};

use jackfield_registry::manifest::webhook::Webhook;
use url::form_urlencoded;

use super::{
    request::{
        header, json_text, need_form, need_header, need_json, path, set_form, set_header, set_json,
        set_query,
    },
    vendor::{Hash, Key, Proof, Text, Time, Vendor},
};
use crate::verify::Incoming;

/// A vendor with the block that verifies it.
pub struct Scheme {
    /// What verifies.
    pub webhook: Webhook,
    /// Who signs.
    pub vendor: &'static Vendor,
}

impl Scheme {
    /// Whether a request carries a proof that data can check.
    pub fn is_signed(&self) -> bool {
        self.vendor.proof != Proof::Nothing
    }
}

/// All schemes in the order of their letters.
pub fn all() -> &'static [Scheme] {
    static ALL: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
        let read = |vendor: &'static Vendor| {
            let webhook = toml::from_str(vendor.webhook)
                .unwrap_or_else(|error| panic!("{}\n{error}", vendor.webhook));
            Scheme { webhook, vendor }
        };
        VENDORS.iter().map(read).collect()
    });
    &ALL
}

/// A vendor that signs the body in a header, which the others differ from.
const PLAIN: Vendor = Vendor {
    webhook: include_str!("webhooks/a-body.toml"),
    key: Key::Text,
    time: Time::Absent,
    proof: Proof::Mac(Hash::Sha256, Text::Hex),
    covers: |incoming, _| Some(incoming.body.to_vec()),
    prepare: |_| (),
    write: |incoming, _, proof| set_header(incoming, "x-signature", &format!("sha256={proof}")),
};

/// A vendor that sends a secret, which covers nothing.
const BEARER: Vendor = Vendor { proof: Proof::Token, covers: |_, _| Some(Vec::new()), ..PLAIN };

static VENDORS: [Vendor; 20] = [
    PLAIN,
    Vendor {
        webhook: include_str!("webhooks/b-list.toml"),
        time: Time::Seconds,
        covers: |incoming, time| Some([time.as_bytes(), b".", &incoming.body].concat()),
        write: |incoming, time, proof| {
            set_header(incoming, "x-signature", &format!("t={time},v0=00,v1=no,v1={proof} , v2=1"));
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/c-form.toml"),
        proof: Proof::Mac(Hash::Sha1, Text::Base64),
        covers: |incoming, _| Some([incoming.url.as_bytes(), &sorted_form(incoming)].concat()),
        prepare: need_form,
        write: |incoming, _, proof| set_header(incoming, "x-signature", proof),
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/d-decoded-url.toml"),
        time: Time::Milliseconds,
        proof: Proof::Mac(Hash::Sha256, Text::Base64),
        covers: |incoming, time| {
            let method = incoming.method.as_str().as_bytes();
            let url = decoded(&incoming.url);
            Some([method, url.as_bytes(), &incoming.body, time.as_bytes()].concat())
        },
        write: |incoming, time, proof| {
            set_header(incoming, "x-time", time);
            set_header(incoming, "x-signature", proof);
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/e-every-part.toml"),
        key: Key::Hex,
        time: Time::Seconds,
        proof: Proof::Mac(Hash::Sha512, Text::Base64url),
        covers: every_part,
        prepare: |incoming| {
            need_header(incoming, "x-a");
            need_header(incoming, "x-id");
            need_json(incoming);
            let name = json_text(incoming, "/a/b").unwrap_or_else(|| "17".to_owned());
            set_json(incoming, "a", "b", name.into());
        },
        write: |incoming, time, proof| {
            set_query(incoming, "time", time);
            set_header(incoming, "x-signature", proof);
        },
    },
    Vendor {
        webhook: include_str!("webhooks/f-json.toml"),
        time: Time::Seconds,
        covers: |incoming, _| {
            let parts = ["/signature/time", "/signature/token"];
            parts
                .map(|part| json_text(incoming, part))
                .into_iter()
                .collect::<Option<String>>()
                .map(Into::into)
        },
        prepare: |incoming| {
            need_json(incoming);
            let token = json_text(incoming, "/signature/token").unwrap_or_default();
            set_json(incoming, "signature", "token", token.into());
        },
        write: |incoming, time, proof| {
            let time: u64 = time.parse().expect("a time in digits");
            set_json(incoming, "signature", "time", time.into());
            set_json(incoming, "signature", "proof", proof.into());
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/g-query.toml"),
        proof: Proof::Mac(Hash::Sha256, Text::Base64),
        covers: |incoming, _| {
            let method = incoming.method.as_str().as_bytes();
            let origin = super::input::ORIGIN.as_bytes();
            let path = path(incoming).as_bytes();
            Some([method, b" ", origin, path, b"\n", &incoming.body].concat())
        },
        write: |incoming, _, proof| set_query(incoming, "sig", proof),
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/h-form-signature.toml"),
        time: Time::Seconds,
        covers: |incoming, time| Some([time, &header(incoming, "x-nonce")].concat().into_bytes()),
        prepare: |incoming| {
            need_form(incoming);
            need_header(incoming, "x-nonce");
        },
        write: |incoming, time, proof| {
            set_form(incoming, "time", time);
            set_form(incoming, "sig", proof);
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/i-standard.toml"),
        key: Key::Whsec,
        time: Time::Seconds,
        proof: Proof::Mac(Hash::Sha256, Text::Base64),
        covers: |incoming, time| Some(standard(incoming, "webhook-id", time)),
        prepare: |incoming| need_header(incoming, "webhook-id"),
        write: |incoming, time, proof| {
            set_header(incoming, "webhook-timestamp", time);
            set_header(incoming, "webhook-signature", &format!("v1,AAAA v1a,AAAA v1,{proof}"));
        },
    },
    Vendor {
        webhook: include_str!("webhooks/j-svix.toml"),
        key: Key::Whsec,
        time: Time::Seconds,
        proof: Proof::Mac(Hash::Sha256, Text::Base64),
        covers: |incoming, time| Some(standard(incoming, "svix-id", time)),
        prepare: |incoming| need_header(incoming, "svix-id"),
        write: |incoming, time, proof| {
            set_header(incoming, "svix-timestamp", time);
            set_header(incoming, "svix-signature", &format!("v1,{proof}"));
        },
    },
    Vendor {
        webhook: include_str!("webhooks/k-bare-list.toml"),
        key: Key::Whsec,
        proof: Proof::Mac(Hash::Sha512, Text::Base64),
        write: |incoming, _, proof| {
            set_header(incoming, "x-signature", &format!("AAAA; {proof} ;x"));
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/l-challenged.toml"),
        time: Time::Seconds,
        covers: |incoming, time| Some([b"v0:", time.as_bytes(), b":", &incoming.body].concat()),
        write: |incoming, time, proof| {
            set_header(incoming, "x-time", time);
            set_header(incoming, "x-signature", &format!("v0={proof}"));
        },
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/m-basic.toml"),
        proof: Proof::Basic,
        write: |incoming, _, proof| {
            set_header(incoming, "authorization", &format!("Basic {proof}"));
        },
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/n-token-header.toml"),
        write: |incoming, _, proof| {
            set_header(incoming, "authorization", &format!("Bearer {proof}"));
        },
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/o-token-query.toml"),
        write: |incoming, _, proof| set_query(incoming, "token", proof),
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/p-token-json.toml"),
        prepare: need_json,
        write: |incoming, _, proof| set_json(incoming, "auth", "token", proof.into()),
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/q-token-form.toml"),
        prepare: need_form,
        write: |incoming, _, proof| set_form(incoming, "token", proof),
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/r-jwt.toml"),
        key: Key::Hex,
        time: Time::End,
        proof: Proof::Jwt(Hash::Sha384, "HS384"),
        write: |incoming, _, proof| set_header(incoming, "x-jwt", &format!("JWT {proof}")),
        ..PLAIN
    },
    Vendor {
        webhook: include_str!("webhooks/s-component.toml"),
        proof: Proof::Nothing,
        write: |_, _, _| (),
        ..BEARER
    },
    Vendor {
        webhook: include_str!("webhooks/t-none.toml"),
        proof: Proof::Nothing,
        write: |_, _, _| (),
        ..BEARER
    },
];

/// What Standard Webhooks signs.
fn standard(incoming: &Incoming, id: &str, time: &str) -> Vec<u8> {
    let id = header(incoming, id);
    [id.as_bytes(), b".", time.as_bytes(), b".", &incoming.body].concat()
}

/// All parts of a template but the form, one after the other.
fn every_part(incoming: &Incoming, time: &str) -> Option<Vec<u8>> {
    let (method, path, query) = (incoming.method.as_str(), path(incoming), &incoming.query);
    let (url, decoded) = (&incoming.url, decoded(&incoming.url));
    let endpoint = format!("{}{path}", super::input::ORIGIN);
    let (header_a, id) = (header(incoming, "x-a"), header(incoming, "x-id"));
    let name = json_text(incoming, "/a/b")?;
    let text = format!(
        "{method} {path}|{query}|{endpoint}|{url}|{decoded}|{header_a}|{name}|{id}|{time}|{{"
    );
    Some([text.as_bytes(), &incoming.body, b"}"].concat())
}

/// The pairs of a form in their order, each once.
fn sorted_form(incoming: &Incoming) -> Vec<u8> {
    let pairs: BTreeSet<_> = form_urlencoded::parse(&incoming.body).collect();
    pairs.iter().map(|(name, value)| format!("{name}{value}")).collect::<String>().into_bytes()
}

/// A URL with the escapes undone that HubSpot undoes.
fn decoded(url: &str) -> String {
    let escapes = [
        ("3A", ":"),
        ("2F", "/"),
        ("3F", "?"),
        ("40", "@"),
        ("21", "!"),
        ("24", "$"),
        ("27", "'"),
        ("28", "("),
        ("29", ")"),
        ("2A", "*"),
        ("2C", ","),
        ("3B", ";"),
    ];
    escapes.iter().fold(url.to_owned(), |url, (code, plain)| {
        let url = url.replace(&format!("%{code}"), plain);
        url.replace(&format!("%{}", code.to_lowercase()), plain)
    })
}
