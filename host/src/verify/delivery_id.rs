//! What a delivery is called when the host asks whether it came before.
//!
//! Promises the same name for the same request sent again, and different names for different
//! bodies wherever the vendor gives no id. Never trusts that an id has a sensible length.

use jackfield_registry::manifest::webhook::Webhook;
use sha2::{Digest, Sha256};

use super::{Incoming, fields::Fields};

/// The longest id of a vendor that is used as it is, in bytes.
const VENDOR_ID_BYTES_MAX: usize = 256;

/// The vendor's own id of a delivery, where the manifest says where it stands and it is there;
/// otherwise SHA-256 over path, query and body in 64 hexadecimal digits.
pub fn delivery_id(webhook: Option<&Webhook>, incoming: &Incoming) -> String {
    let place = webhook.and_then(|webhook| webhook.delivery_id.as_ref());
    let fields = Fields::of(incoming);
    let vendors = place.and_then(|place| fields.get(place).ok().flatten());
    let usable = vendors.filter(|id| (1..=VENDOR_ID_BYTES_MAX).contains(&id.len()));
    usable.map_or_else(|| digest(incoming), std::borrow::Cow::into_owned)
}

/// Each part with its length before it, so that no two requests run together to the same bytes.
fn digest(incoming: &Incoming) -> String {
    let mut digest = Sha256::new();
    for part in [incoming.path.as_bytes(), incoming.query.as_bytes(), &incoming.body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}
