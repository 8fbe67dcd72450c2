//! A verdict, as something that can be compared and looked into.
//!
//! Promises that each verdict holds what its type says: the bytes that arrived, an answer that
//! HTTP can carry. Never tells one verdict for another.

use http::{HeaderName, HeaderValue};

use crate::verify::{Answer, Incoming, Reason, Verdict};

/// The longest body of an answer, in bytes: an echo of 4096 bytes that JSON writes as six each,
/// and what stands around it.
const ANSWER_BYTES_MAX: usize = 6 * 4096 + 1024;

/// A verdict.
#[derive(Debug, PartialEq)]
pub enum Told {
    Verified(Seen),
    Waits(Seen),
    Answered { headers: Vec<(String, String)>, body: Vec<u8>, kept: Option<(String, Vec<u8>)> },
    Forged(Reason),
    Asked,
}

/// What is kept of a request, and what a connector sees of it.
#[derive(Debug, PartialEq)]
pub struct Seen {
    headers: Vec<(String, String)>,
    url: String,
    query: String,
}

impl Told {
    /// What a verdict about a request holds.
    pub fn of(verdict: Verdict, incoming: &Incoming) -> Self {
        match verdict {
            Verdict::Verified(verified) => {
                let headers = verified.headers_for_connector();
                Self::Verified(Seen::of(headers, verified.incoming(), incoming))
            }
            Verdict::AwaitsSecret(waiting) => {
                assert!(!waiting.secret().is_empty(), "a secret has a name");
                let headers = waiting.headers_for_connector();
                Self::Waits(Seen::of(headers, waiting.incoming(), incoming))
            }
            Verdict::Handshake(answer) => Self::answered(answer),
            Verdict::Forged(reason) => Self::Forged(reason),
            Verdict::AskComponent(kept) => {
                same(&kept, incoming);
                assert!(kept.headers == incoming.headers, "a component sees all of it");
                Self::Asked
            }
        }
    }

    /// An answer, which HTTP can carry and whose length is bounded.
    fn answered(answer: Answer) -> Self {
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.body.len());
        for (name, value) in &answer.headers {
            assert!(HeaderName::from_bytes(name.as_bytes()).is_ok(), "{name:?}");
            assert!(HeaderValue::from_str(value).is_ok(), "the value of `{name}`");
        }
        let kept = answer.keep_secret.map(|(name, secret)| (name, secret.expose().clone()));
        Self::Answered { headers: answer.headers, body: answer.body.to_vec(), kept }
    }
}

impl Seen {
    fn of(headers: Vec<(String, String)>, kept: &Incoming, incoming: &Incoming) -> Self {
        same(kept, incoming);
        let is_credential = |(name, _): &(String, String)| name == "authorization";
        assert!(!headers.iter().any(is_credential), "a connector sees a credential");
        Self { headers, url: kept.url.clone(), query: kept.query.clone() }
    }

    /// The proof is not among the headers, and not in the query if its scheme has it there.
    pub fn hides(&self, proof: &str, in_query: bool) {
        assert!(!self.headers.iter().any(|(_, value)| value.contains(proof)), "in a header");
        let shown = self.url.contains(proof) || self.query.contains(proof);
        assert!(!in_query || !shown, "in the query");
    }
}

/// What arrived is what is kept.
fn same(kept: &Incoming, incoming: &Incoming) {
    assert!(kept.body == incoming.body, "another body");
    assert!(kept.method == incoming.method && kept.path == incoming.path, "another place");
}
