//! What a request may have done at the system: the ground on which the host decides whether an
//! intention may be tried again.
//!
//! Promises to err in one direction only: [`Sent::Nothing`] is said when it is certain.

/// What became of one request, as far as changes at the system go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sent {
    /// Nothing changed: the request never reached a connection, it does not mutate, or the
    /// system refused it with a definite answer (4xx).
    #[default]
    Nothing,
    /// It mutates, and it took effect: a 2xx came back.
    Done,
    /// It mutates, it was handed to a connection, and no definite answer came back: none at
    /// all, a 5xx, or a 3xx (of which some say "done, look there" and some say "not here").
    Unknown,
}

impl Sent {
    /// What a request did, from whether it mutates, whether it was handed to a connection, and
    /// the status of the answer if its head was complete.
    pub(super) fn judge(mutates: bool, handed: bool, status: Option<u16>) -> Self {
        match (mutates, handed, status) {
            (false, ..) | (_, false, None) | (_, _, Some(400..=499)) => Self::Nothing,
            (_, _, Some(200..=299)) => Self::Done,
            (_, true, None) | (_, _, Some(_)) => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sent::{self, Done, Nothing, Unknown};

    #[test]
    fn nothing_is_said_only_when_it_is_certain() {
        for (mutates, handed, status, sent) in [
            (true, false, None, Nothing),
            (true, true, None, Unknown),
            (true, true, Some(200), Done),
            (true, true, Some(201), Done),
            (true, true, Some(302), Unknown),
            (true, true, Some(400), Nothing),
            (true, true, Some(422), Nothing),
            (true, true, Some(429), Nothing),
            (true, true, Some(500), Unknown),
            (true, true, Some(503), Unknown),
            (false, true, None, Nothing),
            (false, true, Some(500), Nothing),
        ] {
            assert_eq!(Sent::judge(mutates, handed, status), sent, "{mutates} {handed} {status:?}");
        }
    }
}
