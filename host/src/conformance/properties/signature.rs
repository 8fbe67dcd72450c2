//! The signature matrix: a delivery that was signed is believed, and nothing else is.
//!
//! Asks `verify` itself, by what the manifest says, so that a mistake in `[webhook.verify]` shows
//! whatever the connector is made of.

use bytes::Bytes;
use jackfield_registry::manifest::webhook::{
    Field, Part, StandardHeaders, TimeSource, Verify, Webhook,
};
use serde_json::Value;

use super::{
    super::{
        diff,
        fixture::{Ask, Delivery},
        webhook::{Drawer, incoming},
    },
    Trying,
};
use crate::verify::{self, Verdict};

/// A day, in seconds.
const DAY_S: u64 = 24 * 60 * 60;
/// How many bits of one body are flipped.
const BODY_BITS_MAX: usize = 160;
/// How many bits of one signature are flipped.
const SIGNATURE_BITS_MAX: usize = 512;

/// Holds if a delivery is refused: with these secrets, at this time; the text says what was changed.
type Refused<'a> = dyn Fn(&Delivery, &Drawer, u64, &str) -> Result<(), String> + 'a;

/// What `verify` makes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdicts {
    Believed,
    Question,
    Refused,
    Waits,
    Component,
}

impl Trying<'_> {
    /// Tries each delivery that was verified with one thing changed.
    pub(super) fn signatures(&mut self) {
        let Some(webhook) = self.subject.manifest.webhook.clone() else { return };
        let deliveries = self.samples.iter().filter_map(|sample| match &sample.case.ask {
            Ask::Delivery(one) if one.secrets.is_some() => {
                Some((format!("`{}`", diff::short(&sample.case.name)), one.clone()))
            }
            _ => None,
        });
        let deliveries = deliveries.collect::<Vec<_>>();
        for (place, one) in deliveries {
            if asked(&webhook, &one, &Drawer::of(&one), one.at_ms) == Verdicts::Believed {
                self.matrix(&webhook, &place, &one);
            }
        }
    }

    fn matrix(&mut self, webhook: &Webhook, place: &str, one: &Delivery) {
        let now = one.at_ms;
        let drawer = Drawer::of(one);
        let refused = |one: &Delivery, drawer: &Drawer, at_ms: u64, what: &str| match asked(
            webhook, one, drawer, at_ms,
        ) {
            Verdicts::Refused => Ok(()),
            got => Err(format!("{what}: expected that it is refused, it is {got:?}")),
        };
        self.ledger.keep("signature.good", place, Ok(()));
        let method = Delivery { method: "PUT".into(), ..one.clone() };
        if !webhook.takes("PUT") {
            self.ledger.keep("signature.method", place, refused(&method, &drawer, now, "by PUT"));
        }
        if matches!(webhook.verify, Verify::None(_) | Verify::Component(_)) {
            return;
        }
        // The secrets: none, another, and the one before beside the new one.
        let got = asked(webhook, one, &Drawer::default(), now);
        let held = match got {
            Verdicts::Waits => Ok(()),
            got => Err(format!("without a secret nothing can be said, and it is {got:?}")),
        };
        self.ledger.keep("signature.no-secret", place, held);
        let mut other = drawer.clone();
        other.0.values_mut().flatten().for_each(|value| value.reverse());
        other.0.values_mut().flatten().for_each(|value| value.push(b'Q'));
        self.ledger.keep(
            "signature.other-secret",
            place,
            match asked(webhook, one, &other, now) {
                // A secret that is no key at all is as good as none.
                Verdicts::Refused | Verdicts::Waits => Ok(()),
                got => Err(format!("under another secret it is {got:?}")),
            },
        );
        let mut both = drawer.clone();
        for values in both.0.values_mut() {
            let mut new: Vec<u8> = values.first().cloned().unwrap_or_default();
            new.rotate_left(1);
            values.insert(0, new);
        }
        let held = match asked(webhook, one, &both, now) {
            Verdicts::Believed => Ok(()),
            got => Err(format!("signed with the secret before, which still counts, it is {got:?}")),
        };
        self.ledger.keep("signature.rotated-secret", place, held);
        self.headers(webhook, place, one, &drawer, &refused);
        if let Some(tolerance_s) = tolerance(&webhook.verify) {
            // A window of more than a day keeps nobody from sending it again.
            let far = (tolerance_s.saturating_add(61)).min(DAY_S) * 1000;
            let late = refused(one, &drawer, now + far, "late");
            self.ledger.keep("signature.stale", place, late);
            let early = refused(one, &drawer, now.saturating_sub(far), "before its time");
            self.ledger.keep("signature.from-the-future", place, early);
        }
        if signs_body(&webhook.verify) {
            self.body(place, one, &drawer, &refused);
        }
    }

    fn headers(
        &mut self,
        webhook: &Webhook,
        place: &str,
        one: &Delivery,
        drawer: &Drawer,
        refused: &Refused<'_>,
    ) {
        let Some(name) = header(&webhook.verify) else { return };
        let Some((_, value)) = one.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(&name))
        else {
            return;
        };
        let with = |new: Option<String>| {
            let mut changed = one.clone();
            changed.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(&name));
            changed.headers.extend(new.map(|value| (name.clone(), value)));
            changed
        };
        let now = one.at_ms;
        let held = refused(&with(None), drawer, now, "without the header");
        self.ledger.keep("signature.missing", place, held);
        let held = refused(&with(Some(String::new())), drawer, now, "with an empty header");
        self.ledger.keep("signature.empty", place, held);
        let mut twice = one.clone();
        twice.headers.push((name.clone(), value.clone()));
        let held = refused(&twice, drawer, now, "with the header twice");
        self.ledger.keep("signature.twice", place, held);
        // Not the last two characters: of Base64 they may hold bits that mean nothing.
        let end = value.len().saturating_sub(2);
        let bits: Vec<_> = (0..end).flat_map(|at| (0..7).map(move |bit| (at, bit))).collect();
        let bits = self.chance(&format!("signature {place}")).some(bits, SIGNATURE_BITS_MAX);
        let mut believed = Vec::new();
        for (at, bit) in bits {
            let mut bytes = value.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            // Hexadecimal digits and the names of schemes may be of either case, and spaces are
            // spaces.
            let trimmed = changed.trim() != changed || changed.contains(|c: char| c.is_control());
            if changed.eq_ignore_ascii_case(value) || trimmed {
                continue;
            }
            if refused(&with(Some(changed)), drawer, now, "").is_err() {
                believed.push(format!("bit {bit} of byte {at}"));
            }
        }
        let held = match believed.first() {
            None => Ok(()),
            Some(first) => Err(format!("it is believed with {first} of `{name}` flipped")),
        };
        self.ledger.keep("signature.bit", place, held);
    }

    fn body(&mut self, place: &str, one: &Delivery, drawer: &Drawer, refused: &Refused<'_>) {
        let with = |body: Vec<u8>| Delivery { body: Bytes::from(body), ..one.clone() };
        let bits = (0..one.body.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))).collect();
        let bits: Vec<_> = self.chance(&format!("body {place}")).some(bits, BODY_BITS_MAX);
        let flipped = bits.into_iter().find(|(at, bit)| {
            let mut body = one.body.to_vec();
            body[*at] ^= 1 << bit;
            refused(&with(body), drawer, one.at_ms, "").is_err()
        });
        let held = match flipped {
            None => Ok(()),
            Some((at, bit)) => {
                Err(format!("it is believed with bit {bit} of byte {at} of the body flipped"))
            }
        };
        self.ledger.keep("signature.body-bit", place, held);
        let longer = [one.body.as_ref(), b" "].concat();
        let held = refused(&with(longer), drawer, one.at_ms, "with a space after the body");
        self.ledger.keep("signature.body-longer", place, held);
        let again = serde_json::from_slice::<Value>(&one.body).ok().map(|json| format!("{json:#}"));
        if let Some(again) = again.filter(|again| again.as_bytes() != one.body.as_ref()) {
            let held = refused(&with(again.into()), drawer, one.at_ms, "written again as JSON");
            self.ledger.keep("signature.reserialised", place, held);
        }
    }
}

fn asked(webhook: &Webhook, delivery: &Delivery, drawer: &Drawer, at_ms: u64) -> Verdicts {
    let Some(incoming) = incoming(delivery) else { return Verdicts::Refused };
    match verify::verify(webhook, incoming, drawer, at_ms) {
        Verdict::Verified(_) => Verdicts::Believed,
        Verdict::Handshake(_) => Verdicts::Question,
        Verdict::Forged(_) => Verdicts::Refused,
        Verdict::AwaitsSecret(_) => Verdicts::Waits,
        Verdict::AskComponent(_) => Verdicts::Component,
    }
}

/// How far a signed time may be from now, where one is signed; of a time that stands among the
/// items too.
fn tolerance(verify: &Verify) -> Option<u64> {
    match verify {
        Verify::Hmac(hmac) => {
            let time = hmac.timestamp.as_ref()?;
            let known = matches!(time.source, TimeSource::Item(_) | TimeSource::Field(_));
            known.then_some(time.tolerance_s)
        }
        Verify::StandardWebhooks(standard) => Some(standard.tolerance_s),
        _ => None,
    }
}

/// Whether the signature covers the bytes of the body.
fn signs_body(verify: &Verify) -> bool {
    match verify {
        Verify::Hmac(hmac) => hmac.message.has(&Part::Body),
        Verify::StandardWebhooks(_) => true,
        _ => false,
    }
}

/// The header in which the signature or the credential stands.
fn header(verify: &Verify) -> Option<String> {
    let field = |field: &Field| match field {
        Field::Header(name) => Some(name.as_str().to_owned()),
        _ => None,
    };
    match verify {
        Verify::Hmac(hmac) => field(&hmac.signature),
        Verify::Token(token) => field(&token.field),
        Verify::Basic(_) => Some("authorization".into()),
        Verify::Jwt(jwt) => Some(jwt.header.as_str().to_owned()),
        Verify::StandardWebhooks(standard) => Some(match standard.headers {
            StandardHeaders::Webhook => "webhook-signature".into(),
            StandardHeaders::Svix => "svix-signature".into(),
        }),
        Verify::Component(_) | Verify::None(_) => None,
    }
}
