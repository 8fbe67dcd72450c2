//! A short text that tells values apart, for the keys of events of systems that number nothing.
//!
//! It promises the same text for the same value, also where the members of an object come in
//! another order, and guards against nobody: whoever wants two values with one digest finds them.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;

use super::text_or_null;
use crate::{json, prelude::Data};

/// The longest value, in bytes of JSON: no delivery is longer.
const MAX_BYTES: usize = 10 << 20;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 1] = [("digest", 0, |cv| bome(digest(&cv.1)))];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// 16 hexadecimal digits: FNV-1a with 64 bits over the value as JSON.
fn digest(value: &Val) -> ValR<Val> {
    let text = json::write(&ordered(value), MAX_BYTES)
        .map_err(|failure| Error::str(failure.to_string()))?;
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    text_or_null(Some(format!("{hash:016x}")))
}

/// The value with the members of its objects in the order of their names. What was parsed or
/// computed is nested no deeper than `json` bounds it, or its writing fails.
fn ordered(value: &Val) -> Val {
    match value {
        Val::Arr(items) => items.iter().map(ordered).collect(),
        Val::Obj(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(n, v)| (n.clone(), ordered(v))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Val::obj(members.into_iter().collect())
        }
        other => other.clone(),
    }
}
