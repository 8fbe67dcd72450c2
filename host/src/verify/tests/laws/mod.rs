//! What holds for every request and every scheme whatever, as functions that panic if it does
//! not.
//!
//! Owns the laws that the fuzz target and the kept corpus are held against; `host/fuzz` compiles
//! this folder a second time, by its path. Promises to return for any input: an `input` chooses a
//! scheme, and a `vendor` signs for it. Never a part of a host.

pub mod input;
mod request;
pub mod schemes;
mod told;
mod vendor;

use jackfield_registry::manifest::webhook::{Field, Verify, Webhook};

use crate::{
    secret::Secret,
    verify::{Incoming, Reason, Secrets, delivery_id, verified_by_component, verify},
};
use input::{Change, Input, Maker, NOW_S, aim};
use schemes::Scheme;
use told::Told;
use vendor::Vendor;

/// The longest id of a delivery, in bytes.
const ID_BYTES_MAX: usize = 256;

/// The digits of an id that the host gives.
const DIGEST_DIGITS: usize = 64;

/// Whoever does not sign is not believed, whoever signs is, and whatever is changed on the way
/// is noticed.
///
/// # Panics
/// If that does not hold.
pub fn webhook(bytes: &[u8]) {
    let Some(input) = Input::read(bytes) else { return };
    let scheme = &schemes::all()[input.scheme];
    let drawer = Drawer { vendor: scheme.vendor, input: &input };
    match input.maker {
        Maker::Stranger => stranger(scheme, &input.incoming, &drawer),
        Maker::Vendor => vendor(scheme, &input, &drawer),
        Maker::Tampered => {
            if let Some(incoming) = tampered(scheme, &input) {
                stranger(scheme, &incoming, &drawer);
            }
        }
    }
}

/// The secrets of the connection: all are set, and nobody can guess them.
struct Drawer<'a> {
    vendor: &'a Vendor,
    input: &'a Input,
}

impl Secrets for Drawer<'_> {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        let value = |name: &str| self.vendor.secret(&self.input.digest, name).0.into_bytes();
        let newer = self.input.is_previous.then(|| value(&format!("newer {name}")));
        newer.into_iter().chain([value(name)]).map(Secret::new).collect()
    }
}

/// A connection whose secrets nobody has set.
struct Empty;

impl Secrets for Empty {
    fn current(&self, _name: &str) -> Vec<Secret<Vec<u8>>> {
        Vec::new()
    }
}

/// The verdict, asked for twice.
fn ask(webhook: &Webhook, incoming: &Incoming, secrets: &dyn Secrets) -> Told {
    let now_ms = NOW_S.unsigned_abs() * 1000;
    let once = || Told::of(verify(webhook, incoming.clone(), secrets, now_ms), incoming);
    let told = once();
    assert!(told == once(), "asked twice, it is the same");
    told
}

/// The block with those handshakes alone that must be verified.
fn strict(webhook: &Webhook) -> Webhook {
    let mut webhook = webhook.clone();
    webhook.handshake.retain(|one| one.is_verified());
    webhook
}

/// The block without handshakes.
fn bare(webhook: &Webhook) -> Webhook {
    Webhook { handshake: Vec::new(), ..webhook.clone() }
}

/// What somebody sends who does not know the secret.
fn stranger(scheme: &Scheme, incoming: &Incoming, drawer: &Drawer<'_>) {
    let webhook = &scheme.webhook;
    named(webhook, incoming);
    unset(webhook, incoming);
    let told = ask(webhook, incoming, drawer);
    if let Told::Answered { body, headers, kept, .. } = &told {
        assert!(kept.is_none(), "nobody replaces a secret by asking");
        let said = headers.iter().map(|(_, value)| value.as_bytes()).chain([&**body]);
        for text in said {
            for name in webhook.secret_names() {
                let secret = scheme.vendor.secret(&drawer.input.digest, name).0;
                assert!(!holds(text, &secret), "an answer holds no secret");
            }
        }
    }
    let strictly = ask(&strict(webhook), incoming, drawer);
    match &webhook.verify {
        Verify::None(_) => {
            assert!(matches!(told, Told::Verified(_) | Told::Forged(Reason::Method)), "{told:?}");
        }
        Verify::Component(_) => {
            let asked = matches!(strictly, Told::Asked | Told::Forged(Reason::Method));
            assert!(asked, "{strictly:?}");
        }
        _ => {
            assert!(matches!(strictly, Told::Forged(_)), "a stranger is believed: {strictly:?}");
            let answered = matches!(told, Told::Answered { .. } | Told::Forged(_));
            assert!(answered, "a stranger is believed: {told:?}");
        }
    }
    no_say(webhook, incoming, drawer);
}

/// Before a secret is set, nothing is believed, and nothing that must be verified is answered.
fn unset(webhook: &Webhook, incoming: &Incoming) {
    let told = ask(&strict(webhook), incoming, &Empty);
    let waits = matches!(told, Told::Waits(_) | Told::Forged(Reason::Method));
    assert!(waits || matches!(webhook.verify, Verify::None(_)), "{told:?}");
    // Handshakes that need no proof are answered as well as they can be.
    ask(webhook, incoming, &Empty);
}

/// A component has its say in its own scheme alone.
fn no_say(webhook: &Webhook, incoming: &Incoming, drawer: &Drawer<'_>) {
    let verdict = verified_by_component(webhook, incoming.clone(), drawer);
    let told = Told::of(verdict, incoming);
    if !matches!(webhook.verify, Verify::Component(_)) {
        assert!(told == Told::Forged(Reason::NotTheComponentsSay), "{told:?}");
    }
}

/// What the vendor sends is believed while it is fresh.
fn vendor(scheme: &Scheme, input: &Input, drawer: &Drawer<'_>) {
    let Scheme { webhook, vendor } = scheme;
    if !scheme.is_signed() {
        return stranger(scheme, &input.incoming, drawer);
    }
    let mut incoming = carried(webhook, &input.incoming);
    let proof = vendor.sign(input, &mut incoming);
    named(webhook, &incoming);
    let told = ask(&bare(webhook), &incoming, drawer);
    match &told {
        Told::Verified(seen) => {
            assert!(vendor.is_fresh(input.offset_s), "a stale request is believed");
            seen.hides(&proof, in_query(webhook));
        }
        Told::Forged(reason) => {
            let stale = [Reason::Stale, Reason::TokenTime].contains(reason);
            assert!(stale && !vendor.is_fresh(input.offset_s), "not believed: {reason}");
        }
        _ => panic!("the vendor signed it: {told:?}"),
    }
    // A handshake may be found in it; it makes nothing genuine, and nothing forged but itself.
    let with_handshakes = ask(webhook, &incoming, drawer);
    match &with_handshakes {
        Told::Verified(_) => assert!(with_handshakes == told, "a handshake changes it"),
        Told::Answered { .. } => {}
        Told::Forged(reason) => {
            let its_own = [Reason::Challenge, Reason::SecretKept].contains(reason);
            assert!(its_own || with_handshakes == told, "{reason}");
        }
        _ => panic!("the vendor signed it: {with_handshakes:?}"),
    }
    let Told::Waits(seen) = ask(&bare(webhook), &incoming, &Empty) else {
        panic!("without a secret a request waits");
    };
    seen.hides(&proof, in_query(webhook));
}

/// The request by a method that carries deliveries.
fn carried(webhook: &Webhook, incoming: &Incoming) -> Incoming {
    let mut incoming = incoming.clone();
    if !webhook.methods.iter().any(|method| method.as_str() == incoming.method.as_str()) {
        incoming.method = http::Method::POST;
    }
    incoming
}

/// What the vendor signed, changed on the way; none if that changes nothing that it signed, or
/// cannot arrive.
pub fn tampered(scheme: &Scheme, input: &Input) -> Option<Incoming> {
    let Scheme { webhook, vendor } = scheme;
    let mut incoming = carried(webhook, &input.incoming);
    let proof = vendor.sign(input, &mut incoming);
    let time = vendor.time_text(input.offset_s);
    let mut sent_time = time.clone();
    let signed = (vendor.covers)(&incoming, &time);
    match input.change {
        Change::Body => incoming.body = flipped(&incoming.body, input)?.into(),
        Change::Target => {
            let target = flipped(&incoming.url.as_bytes()[input::ORIGIN.len()..], input)?;
            aim(&mut incoming, &target).then_some(())?;
        }
        Change::Proof => {
            let other = String::from_utf8(flipped(proof.as_bytes(), input)?).ok()?;
            (vendor.write)(&mut incoming, &time, &other);
            return (!vendor.is_same_proof(&proof, &other)).then_some(incoming);
        }
        Change::Time => {
            sent_time = vendor.time_text(input.offset_s + 1 + i64::from(input.mask));
            (vendor.write)(&mut incoming, &sent_time, &proof);
        }
        Change::Method => {
            let method = webhook.methods[input.place % webhook.methods.len()];
            incoming.method = method.as_str().parse().ok()?;
        }
    }
    ((vendor.covers)(&incoming, &sent_time) != signed).then_some(incoming)
}

/// One bit changed.
fn flipped(bytes: &[u8], input: &Input) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let at = input.place.checked_rem(bytes.len())?;
    bytes[at] ^= input.mask;
    Some(bytes)
}

/// A delivery has a name of bounded length, and the same one each time.
fn named(webhook: &Webhook, incoming: &Incoming) {
    let id = delivery_id(Some(webhook), incoming);
    assert!((1..=ID_BYTES_MAX).contains(&id.len()), "{} bytes", id.len());
    assert_eq!(id, delivery_id(Some(webhook), incoming));
    let digest = delivery_id(None, incoming);
    assert!(digest.len() == DIGEST_DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(webhook.delivery_id.is_some() || id == digest);
}

/// Whether the credential stands in the query, from where it is taken out.
fn in_query(webhook: &Webhook) -> bool {
    matches!(&webhook.verify, Verify::Token(token) if matches!(token.field, Field::Query(_)))
}

/// Whether a text stands in others.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
