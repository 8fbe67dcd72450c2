//! Each vendor's vector is accepted, and nothing that differs from it by a single bit is.

use std::sync::LazyLock;

use jackfield_registry::manifest::webhook::{Encoding, Hmac};
use proptest::prelude::*;
use serde::Deserialize;
use url::form_urlencoded;

use super::*;

#[derive(Debug, Deserialize)]
struct Vectors {
    vector: Vec<Vector>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    vendor: String,
    #[serde(rename = "oracle")]
    _oracle: String,
    now_ms: u64,
    #[serde(default = "endpoint_url")]
    url: String,
    body: String,
    /// The header that carries signature or credential.
    proof: String,
    signed: Vec<String>,
    headers: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    webhook: Webhook,
}

fn endpoint_url() -> String {
    "https://hooks.example/in/1".to_owned()
}

static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    toml::from_str::<Vectors>(include_str!("vectors.toml")).expect("the vectors").vector
});

impl Vector {
    fn incoming(&self) -> Incoming {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        request("POST", &self.url, &headers, &self.body)
    }

    fn drawer(&self) -> Drawer {
        self.secrets.iter().fold(Drawer::default(), |all, (name, value)| all.and(name, value))
    }

    fn verify(&self, incoming: Incoming) -> Verdict {
        verify(&self.webhook, incoming, &self.drawer(), self.now_ms)
    }

    fn signs(&self, part: &str) -> bool {
        self.signed.iter().any(|signed| signed == part)
    }

    fn is_verified(&self, incoming: Incoming) -> bool {
        matches!(self.verify(incoming), Verdict::Verified(_))
    }

    fn hmac(&self) -> Option<&Hmac> {
        match &self.webhook.verify {
            Verify::Hmac(hmac) => Some(hmac),
            _ => None,
        }
    }
}

#[test]
fn every_vendors_vector_is_accepted() {
    assert_eq!(VECTORS.len(), 13);
    for vector in &*VECTORS {
        let verdict = vector.verify(vector.incoming());
        assert!(matches!(verdict, Verdict::Verified(_)), "{}: {verdict:?}", vector.vendor);
    }
}

#[test]
fn the_proof_is_not_among_the_headers_that_a_connector_sees() {
    for vector in &*VECTORS {
        let verified = genuine_one(vector.verify(vector.incoming()));
        let seen = verified.headers_for_connector();
        assert_eq!(seen.len(), vector.headers.len() - 1, "{}", vector.vendor);
        assert!(seen.iter().all(|(name, _)| *name != vector.proof), "{}", vector.vendor);
        assert_eq!(verified.into_incoming().body, vector.body);
    }
}

#[test]
fn without_its_proof_a_request_is_refused() {
    for vector in &*VECTORS {
        let mut incoming = vector.incoming();
        incoming.headers.remove(&vector.proof);
        let reason = forged(vector.verify(incoming));
        let missing = [Reason::MissingSignature, Reason::MissingCredential];
        assert!(missing.contains(&reason), "{}: {reason}", vector.vendor);
    }
}

#[test]
fn with_its_proof_twice_a_request_is_refused() {
    for vector in &*VECTORS {
        let mut incoming = vector.incoming();
        let name: HeaderName = vector.proof.parse().expect("a name");
        let proof = incoming.headers[&name].clone();
        incoming.headers.append(name, proof);
        assert_eq!(forged(vector.verify(incoming)), Reason::Repeated, "{}", vector.vendor);
    }
}

#[test]
fn without_a_secret_a_request_waits_and_is_not_believed() {
    for vector in &*VECTORS {
        for drawer in [
            Drawer::default(),
            vector.secrets.keys().fold(Drawer::default(), |all, name| all.and(name, "")),
        ] {
            let verdict = verify(&vector.webhook, vector.incoming(), &drawer, vector.now_ms);
            let Verdict::AwaitsSecret(waiting) = verdict else {
                panic!("{}: {verdict:?}", vector.vendor)
            };
            assert!(vector.secrets.contains_key(waiting.secret()), "{}", vector.vendor);
            assert!(waiting.headers_for_connector().iter().all(|(name, _)| *name != vector.proof));
        }
    }
}

#[test]
fn a_previous_secret_counts_as_long_as_it_is_valid() {
    for vector in &*VECTORS {
        let mut drawer = vector.drawer();
        for values in drawer.0.values_mut() {
            values.insert(0, b"c29tZXRoaW5nIG5ldw==".to_vec());
        }
        let verdict = verify(&vector.webhook, vector.incoming(), &drawer, vector.now_ms);
        assert!(matches!(verdict, Verdict::Verified(_)), "{}: {verdict:?}", vector.vendor);
    }
}

#[test]
fn a_signed_time_counts_for_five_minutes_before_and_after() {
    let timed = |vector: &&Vector| match &vector.webhook.verify {
        Verify::Hmac(hmac) => hmac.timestamp.is_some(),
        Verify::StandardWebhooks(_) => true,
        _ => false,
    };
    let mut seen = 0;
    for vector in VECTORS.iter().filter(timed) {
        seen += 1;
        let at = |now_ms| verify(&vector.webhook, vector.incoming(), &vector.drawer(), now_ms);
        for now_ms in [vector.now_ms + 300_000, vector.now_ms - 300_000] {
            assert!(matches!(at(now_ms), Verdict::Verified(_)), "{}", vector.vendor);
        }
        for now_ms in [vector.now_ms + 300_001, vector.now_ms - 300_001, 0, u64::MAX] {
            assert_eq!(forged(at(now_ms)), Reason::Stale, "{}", vector.vendor);
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn a_huge_header_is_refused() {
    for vector in &*VECTORS {
        let mut incoming = vector.incoming();
        let name: HeaderName = vector.proof.parse().expect("a name");
        let huge = "a=,".repeat(1 << 20);
        incoming.headers.insert(name, HeaderValue::from_str(&huge).expect("a value"));
        assert!(matches!(vector.verify(incoming), Verdict::Forged(_)), "{}", vector.vendor);
    }
}

/// Each way to turn one bit of some bytes.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

#[test]
fn any_bit_of_a_signed_body_makes_it_another() {
    let fields = |body: &[u8]| form_urlencoded::parse(body).into_owned().collect::<Vec<_>>();
    for vector in VECTORS.iter().filter(|vector| vector.signs("body")) {
        let sent = vector.body.as_bytes();
        for body in flips(sent) {
            // Twilio signs the decoded fields: `%2B` and `%2b` are the same.
            let same = vector.vendor == "twilio" && fields(&body) == fields(sent);
            let mut incoming = vector.incoming();
            incoming.body = body.into();
            assert_eq!(vector.is_verified(incoming), same, "{}", vector.vendor);
        }
    }
}

#[test]
fn any_bit_of_a_signed_url_makes_it_another() {
    for vector in VECTORS.iter().filter(|vector| vector.signs("url")) {
        // What is no text does not arrive.
        for url in flips(vector.url.as_bytes()).filter_map(|url| String::from_utf8(url).ok()) {
            let mut incoming = vector.incoming();
            incoming.url = url;
            assert!(!vector.is_verified(incoming), "{}", vector.vendor);
        }
    }
}

#[test]
fn any_bit_of_a_proof_makes_it_another() {
    for vector in &*VECTORS {
        let sent = vector.headers[&vector.proof].as_bytes();
        let is_hex = vector.hmac().is_some_and(|hmac| hmac.encoding == Encoding::Hex);
        // The case of a hexadecimal digit, and of the word `Basic`, means nothing.
        let any_case = |at: usize| is_hex || (vector.vendor == "pipedrive" && at < 5);
        for proof in flips(sent) {
            // What no header can hold does not arrive.
            let Ok(value) = HeaderValue::from_bytes(&proof) else { continue };
            let at = (0..sent.len()).find(|at| sent[*at] != proof[*at]).expect("a difference");
            if sent[at].eq_ignore_ascii_case(&proof[at]) && any_case(at) {
                continue;
            }
            let mut incoming = vector.incoming();
            let name: HeaderName = vector.proof.parse().expect("a name");
            incoming.headers.insert(name, value);
            assert!(!vector.is_verified(incoming), "{}: byte {at}", vector.vendor);
        }
    }
}

#[test]
fn any_bit_of_a_secret_makes_it_another() {
    for vector in &*VECTORS {
        for (name, value) in &vector.secrets {
            for other in flips(value.as_bytes()) {
                let mut drawer = vector.drawer();
                drawer.0.insert(name.clone(), vec![other]);
                let verdict = verify(&vector.webhook, vector.incoming(), &drawer, vector.now_ms);
                assert!(!matches!(verdict, Verdict::Verified(_)), "{}", vector.vendor);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_header_and_no_body_whatever_makes_a_panic_or_a_proof(
        which in 0..13_usize,
        value in proptest::collection::vec(prop_oneof![32..=126_u8, 128..=255_u8], 0..200),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let vector = &VECTORS[which];
        let mut incoming = vector.incoming();
        let name: HeaderName = vector.proof.parse().expect("a name");
        incoming.headers.insert(name, HeaderValue::from_bytes(&value).expect("a value"));
        incoming.body = body.into();
        prop_assert!(!vector.is_verified(incoming));
    }
}
