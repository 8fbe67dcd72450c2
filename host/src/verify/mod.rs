//! The only room that decides whether a vendor sent a request.
//!
//! The tour: an [`Incoming`] is a request that nobody believes yet. [`verify`] carries out what
//! the manifest's `[webhook]` says and gives a [`Verdict`]; only here is a [`Verified`] made.
//! Each scheme has a file; `fields` reads the request, `pieces` puts a signed message together,
//! `keys` makes keys of secrets, `mac` compares. Promises to fail closed, to compare in constant
//! time, and to verify the bytes that arrived. Never does I/O, never asks the clock, never names
//! a signature or a credential in a reason.

mod basic;
mod delivery_id;
mod fields;
mod handshake;
mod hmac;
mod incoming;
mod jwt;
mod keys;
mod mac;
mod pieces;
mod reason;
mod standard;
mod token;

#[cfg(test)]
mod tests;

use jackfield_registry::manifest::webhook::{Verify, Webhook};

pub use delivery_id::delivery_id;
pub use handshake::Answer;
pub use incoming::{Incoming, Unverified, Verified};
pub use keys::Secrets;
pub use reason::Reason;

use fields::Fields;
use keys::Keys;

/// What became of a request.
#[derive(Debug)]
pub enum Verdict {
    /// The vendor sent it: keep it and run it.
    Verified(Verified),
    /// It was a question about the endpoint: answer it, keep no delivery.
    Handshake(Answer),
    /// The vendor did not send it, or that cannot be shown: refuse it as `[webhook.refuse]` says.
    Forged(Reason),
    /// There is no usable secret yet, so nothing can be said: keep it, and run nothing until a
    /// person releases it.
    AwaitsSecret(Unverified),
    /// Only the component can say. If it says yes, go on with
    /// [`verified_by_component`].
    AskComponent(Incoming),
}

/// What a scheme says.
enum Finding {
    Genuine,
    NoSecret,
    AskComponent,
}

/// Decides whether the vendor sent a request, as of `now_ms` (since 1970).
///
/// Handshakes that the vendor does not sign are answered first. The body is read in place and
/// never copied for the plain message `{body}`.
pub fn verify(
    webhook: &Webhook,
    incoming: Incoming,
    secrets: &dyn Secrets,
    now_ms: u64,
) -> Verdict {
    let keys = Keys::new(secrets);
    let fields = Fields::of(&incoming);
    if let Some(answer) = handshake::answer(webhook, &fields, &keys, false) {
        return answer.map_or_else(Verdict::Forged, Verdict::Handshake);
    }
    let finding = if webhook.takes(incoming.method.as_str()) {
        scheme(webhook, &fields, &keys, now_ms)
    } else {
        Err(Reason::Method)
    };
    match finding {
        Ok(Finding::Genuine) => genuine(webhook, incoming, &keys),
        Ok(Finding::NoSecret) => {
            let names = webhook.verify.secret_names();
            let missing = names.iter().find(|name| keys.raw(name).is_empty()).or(names.first());
            let missing = missing.copied().unwrap_or_default().to_owned();
            Verdict::AwaitsSecret(Unverified::new(incoming, webhook, missing))
        }
        Ok(Finding::AskComponent) => Verdict::AskComponent(incoming),
        Err(reason) => Verdict::Forged(reason),
    }
}

/// Goes on after the component's `authenticator` said `genuine` about what
/// [`Verdict::AskComponent`] held. Where the manifest names another scheme the component has no
/// say, and the request is forged.
pub fn verified_by_component(
    webhook: &Webhook,
    incoming: Incoming,
    secrets: &dyn Secrets,
) -> Verdict {
    match webhook.verify {
        Verify::Component(_) => genuine(webhook, incoming, &Keys::new(secrets)),
        _ => Verdict::Forged(Reason::NotTheComponentsSay),
    }
}

/// The scheme's finding about a request.
fn scheme(
    webhook: &Webhook,
    fields: &Fields<'_>,
    keys: &Keys<'_>,
    now_ms: u64,
) -> Result<Finding, Reason> {
    match &webhook.verify {
        Verify::Hmac(scheme) => {
            hmac::check(scheme, webhook.delivery_id.as_ref(), fields, keys, now_ms)
        }
        Verify::Basic(scheme) => basic::check(scheme, fields, keys),
        Verify::Token(scheme) => token::check(scheme, fields, keys),
        Verify::Jwt(scheme) => jwt::check(scheme, fields, keys, now_ms),
        Verify::StandardWebhooks(scheme) => standard::check(scheme, fields, keys, now_ms),
        Verify::Component(scheme) => {
            let missing = scheme.secrets.iter().any(|name| keys.raw(name).is_empty());
            Ok(if missing { Finding::NoSecret } else { Finding::AskComponent })
        }
        Verify::None(_) => Ok(Finding::Genuine),
    }
}

/// What a genuine request is: a question that had to be genuine, or a delivery.
fn genuine(webhook: &Webhook, incoming: Incoming, keys: &Keys<'_>) -> Verdict {
    let asked = handshake::answer(webhook, &Fields::of(&incoming), keys, true);
    if let Some(answer) = asked {
        return answer.map_or_else(Verdict::Forged, Verdict::Handshake);
    }
    // A method that only asks for a handshake carries no delivery.
    if !webhook.methods.iter().any(|method| method.as_str() == incoming.method.as_str()) {
        return Verdict::Forged(Reason::Method);
    }
    Verdict::Verified(Verified::new(incoming, webhook))
}

/// Whether a signed time is within the tolerance of now, before or after.
fn fresh(time_ms: u64, now_ms: u64, tolerance_s: u64) -> Result<(), Reason> {
    let fresh = time_ms.abs_diff(now_ms) <= tolerance_s.saturating_mul(1000);
    if fresh { Ok(()) } else { Err(Reason::Stale) }
}
