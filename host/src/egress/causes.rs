//! What lies beneath an error of the pool, and what egress says of it.

use std::error::Error as StdError;

use hyper_util::client::legacy;

use super::error::{EgressError, Stage};

/// An error and those beneath it, from the top.
fn beneath<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The text of the error at the bottom, which says most.
pub(super) fn deepest(error: &(dyn StdError + 'static)) -> String {
    beneath(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Whether hyper gave the request back without having begun to write it.
pub(super) fn is_returned(error: &legacy::Error) -> bool {
    beneath(error)
        .filter_map(|error| error.downcast_ref::<hyper::Error>())
        .any(hyper::Error::is_canceled)
}

/// The pool's error as egress tells it.
pub(super) fn explain(error: &legacy::Error, host: String, handed: bool) -> EgressError {
    if let Some(ours) = beneath(error).find_map(|error| error.downcast_ref::<EgressError>()) {
        return ours.clone();
    }
    let why = deepest(error);
    if error.is_connect() || !handed {
        EgressError::Connect { host, why }
    } else {
        EgressError::Broken { stage: Stage::Headers, why }
    }
}
